//! Segue watches AI-agent conversations on Kafka and hands each one to a human at the right moment.
//!
//! # The map
//!
//! Layers point one way, and `tests/tidy.rs` keeps them so: `main → app → {kafka, memory, http, registry} → engine → wire →
//! domain`; beside them `security`, which knows none of the others.
//!
//! - [`domain`]: pure. What a conversation is, and when a human should take over.
//! - [`wire`]: pure. Bytes to domain and back, one file a record type; owns formats and their compatibility.
//! - [`engine`]: the stream processor. No rdkafka, no HTTP, no async, no wall clock.
//! - [`kafka`]: the engine's port over a real cluster; the only place that names rdkafka.
//! - [`memory`]: the same port over an embedded log with real transaction semantics: demo, replay, tests, simulation.
//! - [`registry`]: writers' schemas by id and our own by subject; the only place that names the registry's client.
//! - [`http`]: the only place that names axum.
//! - [`security`]: secrets, certificates, and the client that asks over HTTP; the only place that names rustls.
//! - [`app`], [`cli`], [`config`], [`telemetry`]: the composition root and what a user touches.
//!
//! # Data flow
//!
//! ```text
//! bytes ─wire::turn::decode─▶ Turn ─┐
//!                                    ├─ domain::step(before, input, policy) ─▶ Step { after, effects }
//! store.get(id) ─▶ Conversation ─────┘        apply → triggers → decision → package → measures
//!    a record that cannot be read ⇒ dead letter in the same transaction; the partition goes on
//! effects ─wire::format─▶ records         after ─wire::conversation::encode─▶ changelog record (once a key and commit)
//! commit:  1 begin   2 send outputs, changelog and the partition record   3 offsets and checked group metadata
//!          4 commit  5 only now: staged state becomes the committed map, and the view is published
//!          abort ⇒ staged state is dropped, input seeks back
//! ```
//!
//! # Invariants
//!
//! 1. No transaction is open while polling. Gather → process → commit, on one thread; rebalance callbacks run only
//!    inside poll, so they never meet uncommitted work.
//! 2. Same state + same input + same policy ⇒ same step. No clock, no randomness, no hash-order iteration in `domain`;
//!    time is the input's; ids derive from content.
//! 3. The changelog is the state. What is not in a committed changelog record does not exist; HTTP never shows it.
//! 4. An unknown commit outcome means reload: new producer, `init_transactions`, read the commit number back.
//! 5. A bad record never stops a partition and is never lost.
//! 6. Domain types are not serialisable. `wire` owns compatibility.
//! 7. Everything has a limit; the domain's are in [`domain::limits`].
//! 8. A batch is judged by one policy. Which one judged which records stands in the partition record.
//! 9. A shadow policy changes nothing of what the acting policy does, writes or counts; where none is set, none is paid for.

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod http;
pub mod kafka;
pub mod memory;
pub mod registry;
pub mod security;
pub mod telemetry;
pub mod wire;
