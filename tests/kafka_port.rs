//! Facts of the port against a real Kafka: what the engine's exactly-once rests on.
//!
//! Needs `SEGUE_TEST_BOOTSTRAP` (`scripts/kafka run -- cargo test --release --test kafka_port`); without it every test
//! says so and passes. Topics and groups are each test's own, so tests may run at once and a cluster be used again.
//! Deadlines only end a test that has failed; nothing is measured, and nothing waits for time to pass.

mod corner;
#[path = "port/mod.rs"]
mod port;
