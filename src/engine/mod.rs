//! The stream processor. No rdkafka, no HTTP, no async, no wall clock.
//!
//! One [`worker::Worker`] a thread runs the loop over a [`port::Port`]; a topology is a [`task::Task`] a partition:
//! [`conversations`] (turns and outcomes → hand-offs, summaries, increments) and [`windows_task`] (increments → rows).

pub mod codec;
mod commit;
mod complaint;
pub mod conversations;
pub mod deltas;
pub mod error;
pub mod finish;
mod gather;
pub mod lane;
pub mod outbox;
pub mod partitioner;
pub mod policies;
pub mod port;
mod process;
mod restore;
pub mod settings;
mod settle;
pub mod spans;
pub mod spread;
mod standing;
pub mod stats;
pub mod store;
mod tally;
pub mod task;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod view;
pub mod windows;
pub mod windows_task;
pub mod worker;
