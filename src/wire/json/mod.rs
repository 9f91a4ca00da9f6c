//! JSON as text: a strict pull reader that borrows, and a writer of records straight into bytes. No tree in between.
//!
//! Why not a general deserialiser: a number or a nested value that a fact holds must stay as it was written
//! (`500.00`, an order number of 25 digits), an error must name a byte and never quote a customer's words, and a
//! turn must be read in about a microsecond.

mod read;
mod sink;
mod write;

pub use read::{DEPTH_MAX, Fault, Kind, Reader, check};
pub use sink::Json;
pub use write::{scalar, text};
