//! The stream processor. No rdkafka, no HTTP, no async, no wall clock.
pub mod deltas;
pub mod error;
pub mod partitioner;
pub mod port;
pub mod stats;
pub mod view;
pub mod windows;
