//! Policies that are changed while instances run: `segue policy apply` writes one into a topic, and every instance follows.
//!
//! ```text
//! FILE ─apply─▶ segue.policies ─follow─▶ Board ─▶ each partition, at the start of its next batch
//!                     └─ Library ─▶ explain: the text that was in force
//! ```

pub mod apply;
mod follow;
mod library;
mod terms;

pub use follow::{follow, read};
pub use library::{Library, Newest};
pub use terms::{Term, Terms, terms};
