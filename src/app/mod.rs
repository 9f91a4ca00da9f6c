//! The composition root.
pub mod pipeline;
