//! The whole program on a real Kafka, under faults: afterwards every hand-off event and every window row is what
//! `segue replay` makes of the same input. None lost, none doubled.
//!
//! `scripts/kafka run -- cargo test --release --test kafka_live -- --test-threads=1 --skip three_brokers --skip secure`, and with
//! `--brokers 3` and `--secure` the others. Without a cluster a test says so and passes; with `SEGUE_TEST_REQUIRE_KAFKA` set it fails.
//! One at a time: some stop the broker.

mod cases;
mod documented;
mod live;
