//! An embedded log with Kafka's transaction semantics, in one process: what `demo` and `replay` run on, and the model
//! that tests and the simulation check the engine against. The engine reaches it through [`port::MemoryPort`].
//!
//! - [`broker`]: the door. One lock over everything; who waits, waits there.
//! - `state`: what the lock guards: logs, coordinator, groups, offsets, and how one call moves them together.
//! - `log`: one partition: offsets with gaps, control markers, high watermark and last stable offset, compaction.
//! - `coordinator`: transactional ids, epochs, and the markers that end a transaction, at once or later.
//! - `group`, `offsets`: membership in generations (cooperative: revoke first, assign in the next), offsets pending
//!   until their transaction commits.
//! - [`producer`], `consumer`, `restore`: the client sides; [`port`] joins them; [`faults`] makes them fail on purpose.
//!
//! Where the model is stricter or simpler than a cluster: a partition knows a new epoch at once (no hanging
//! transactions); a rebalance completes at the moment its last member has called in, so "the client's background thread"
//! acts exactly when the engine calls the port; nothing is ever truncated.
//!
//! Architecture invariant: same calls, same clock, same faults ⇒ same log. No randomness, no wall clock (but for the
//! blocking waits of [`broker::Waits::Block`]), no hash-order iteration, no global state.

pub mod broker;
pub mod clock;
mod consumer;
mod coordinator;
pub mod faults;
mod group;
mod log;
mod offsets;
pub mod port;
pub mod producer;
mod restore;
mod state;

#[cfg(test)]
mod facts;

pub use log::{Isolation, Tombstones};
