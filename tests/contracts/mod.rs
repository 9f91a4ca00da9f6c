//! What the tests of the contracts are made of.

mod avro;
pub mod samples;
mod whole;
