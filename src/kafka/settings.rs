//! librdkafka's properties: what we set by default and why, and what must not change.
//!
//! Order: our defaults, then the user's properties, then what must not change.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

use super::{KafkaConfig, Properties};
use crate::engine::error::Error;

/// Commit must not outlive this; a crashed process blocks its successors' reads for at most as long.
const TRANSACTION_TIMEOUT_MS: u64 = 10_000;

/// Beside the key and value, what librdkafka counts into a message's size, with room.
const MESSAGE_OVERHEAD: usize = 1024;

type Ours = &'static [(&'static str, &'static str)];

const COMMON: Ours = &[
    // An outage ends when the cluster is back, not up to ten seconds later.
    ("reconnect.backoff.max.ms", "2000"),
    ("socket.keepalive.enable", "true"),
    // A client that met a partition between two leaders may not ask again by itself until then (default: five minutes).
    ("topic.metadata.refresh.interval.ms", "10000"),
];

const MEMBER: Ours = &[
    // A killed process's partitions move after this; heartbeats have their own thread, so work may take longer.
    ("session.timeout.ms", "15000"),
    // Only a heartbeat tells a member that partitions move; until all have heard, some belong to nobody.
    ("heartbeat.interval.ms", "1000"),
    // A partition that is resumed joins the next fetch: the one under way must not last long.
    ("fetch.wait.max.ms", "100"),
    // The default of a second starves a consumer whose queue is bounded.
    ("fetch.queue.backoff.ms", "25"),
    ("queued.max.messages.kbytes", "65536"),
    ("check.crcs", "true"),
];

const MEMBER_FIXED: Ours = &[
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("isolation.level", "read_committed"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Where to start is the engine's decision; an offset that is gone must be an error, never a jump.
    ("auto.offset.reset", "error"),
    ("allow.auto.create.topics", "false"),
];

const PRODUCER: Ours = &[
    // EndTxn answers before the markers are written, and the next transaction meets CONCURRENT_TRANSACTIONS: with the
    // default of 100 ms that is what a busy transaction costs.
    ("retry.backoff.ms", "2"),
    ("linger.ms", "5"),
    ("compression.type", "lz4"),
    ("queue.buffering.max.messages", "1000000"),
    ("queue.buffering.max.kbytes", "262144"),
    // Successful deliveries are of no interest: commit says whether all arrived.
    ("delivery.report.only.error", "true"),
];

const FEED: Ours = &[("linger.ms", "5"), ("compression.type", "lz4"), ("message.timeout.ms", "0")];

const PRODUCER_FIXED: Ours = &[("enable.idempotence", "true"), ("partitioner", "murmur2_random")];

const READER: Ours = &[
    // It is assigned only what it must read, and at the end of that every question waits for the fetch before it.
    ("fetch.wait.max.ms", "10"),
    ("fetch.queue.backoff.ms", "2"),
    // A restore is one long sequential read: large answers, deep queue.
    ("fetch.message.max.bytes", "4194304"),
    ("fetch.max.bytes", "67108864"),
    ("queued.min.messages", "1000000"),
    ("queued.max.messages.kbytes", "131072"),
    // A restored state is not read before its conversation goes on: damage must show here.
    ("check.crcs", "true"),
];

const READER_FIXED: Ours = &[
    ("isolation.level", "read_committed"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Compaction moves nothing we need: whatever is the earliest record now is where a changelog begins.
    ("auto.offset.reset", "earliest"),
    ("allow.auto.create.topics", "false"),
];

const MARKS_FIXED: Ours = &[("isolation.level", "read_uncommitted"), ("allow.auto.create.topics", "false")];

/// Any client of this cluster.
pub(super) fn client(bootstrap: &str, properties: &Properties) -> Result<ClientConfig, Error> {
    layered(bootstrap, &[], properties, &[])
}

/// The member of the consumer group.
pub(super) fn member(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut built = layered(&config.bootstrap, MEMBER, &config.properties, MEMBER_FIXED)?;
    built.set("group.id", config.group());
    Ok(named(built, config, "in"))
}

/// The transactional producer.
pub(super) fn producer(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut built = layered(&config.bootstrap, PRODUCER, &config.properties, PRODUCER_FIXED)?;
    if config.properties.get("transaction.timeout.ms").is_none() {
        built.set("transaction.timeout.ms", TRANSACTION_TIMEOUT_MS.to_string());
    }
    built.set("transactional.id", config.transactional_id());
    built.set("message.max.bytes", (config.message_bytes_max + MESSAGE_OVERHEAD).to_string());
    Ok(named(built, config, "out"))
}

/// How long a transaction of a producer with these settings may take. What is no number librdkafka refuses.
pub(super) fn transaction_timeout(producer: &ClientConfig) -> Duration {
    let ms = producer.get("transaction.timeout.ms").and_then(|ms| ms.parse().ok());
    Duration::from_millis(ms.unwrap_or(TRANSACTION_TIMEOUT_MS))
}

/// The reader of changelogs. It names the group (librdkafka assigns nothing without one), never joins, never commits.
pub(super) fn reader(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut built = layered(&config.bootstrap, READER, &config.properties, READER_FIXED)?;
    built.set("group.id", config.group());
    Ok(named(built, config, "restore"))
}

/// The client that asks for high watermarks: their meaning follows its own isolation level.
pub(super) fn marks(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    Ok(named(layered(&config.bootstrap, &[], &config.properties, MARKS_FIXED)?, config, "marks"))
}

/// The producer of the demo's records: no transaction, and an outage is waited for.
pub(super) fn feed(bootstrap: &str, properties: &Properties) -> Result<ClientConfig, Error> {
    layered(bootstrap, FEED, properties, PRODUCER_FIXED)
}

/// A reader of one topic's beginning, in no group's name.
pub(super) fn sampler(bootstrap: &str, properties: &Properties, group: &str) -> Result<ClientConfig, Error> {
    let mut built = layered(bootstrap, &[], properties, READER_FIXED)?;
    built.set("group.id", group);
    built.set("enable.partition.eof", "true");
    Ok(built)
}

/// Errors: a file with a secret cannot be read just now.
fn layered(bootstrap: &str, ours: Ours, users: &Properties, fixed: Ours) -> Result<ClientConfig, Error> {
    let mut built = ClientConfig::new();
    built.set_log_level(RDKafkaLogLevel::Info);
    built.set("bootstrap.servers", bootstrap);
    for (name, value) in COMMON.iter().chain(ours) {
        built.set(*name, *value);
    }
    for (name, value) in users.resolve()? {
        built.set(name, value);
    }
    for (name, value) in fixed {
        built.set(*name, *value);
    }
    Ok(built)
}

fn named(mut built: ClientConfig, config: &KafkaConfig, role: &str) -> ClientConfig {
    if built.get("client.id").is_none() {
        built.set("client.id", format!("{}-{role}", config.transactional_id()));
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_win_over_defaults_and_lose_to_what_is_fixed() {
        let users =
            [("linger.ms", "50"), ("partitioner", "random")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let built = layered("h:1", PRODUCER, &users.to_vec().into(), PRODUCER_FIXED).unwrap();
        assert_eq!(
            ["linger.ms", "partitioner", "compression.type", "bootstrap.servers"].map(|name| built.get(name)),
            [Some("50"), Some("murmur2_random"), Some("lz4"), Some("h:1")]
        );
    }
}
