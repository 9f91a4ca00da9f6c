//! librdkafka's properties: what we set by default and why, what a user may change, and what exactly-once depends on.
//!
//! Order: our defaults, then the user's properties, then what must not change.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

use super::KafkaConfig;
use crate::engine::error::Error;

/// Commit must not outlive this; a crashed process blocks its successors' reads for at most as long.
const TRANSACTION_TIMEOUT_MS: u64 = 10_000;

/// Beside the key and value, what librdkafka counts into a message's size, with room.
const MESSAGE_OVERHEAD: usize = 1024;

/// Properties a user may not set, each with what to do instead.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set kafka.bootstrap_servers"),
    ("metadata.broker.list", "set kafka.bootstrap_servers"),
    ("group.id", "it derives from engine.application_id"),
    ("group.instance.id", "threads of one process would share it"),
    ("group.protocol", "only the classic protocol keeps the generation of a commit"),
    ("group.remote.assignor", "only the classic protocol keeps the generation of a commit"),
    ("partition.assignment.strategy", "turns and outcomes follow each other under cooperative-sticky"),
    ("transactional.id", "it derives from engine.application_id and engine.instance_id"),
    ("enable.idempotence", "exactly-once needs it"),
    ("enable.gapless.guarantee", "exactly-once needs the default"),
    ("acks", "exactly-once needs all"),
    ("request.required.acks", "exactly-once needs all"),
    ("max.in.flight", "exactly-once needs the default"),
    ("max.in.flight.requests.per.connection", "exactly-once needs the default"),
    ("retries", "exactly-once needs the default"),
    ("message.send.max.retries", "exactly-once needs the default"),
    ("isolation.level", "exactly-once needs read_committed"),
    ("enable.auto.commit", "offsets are committed in the transaction"),
    ("auto.commit.enable", "offsets are committed in the transaction"),
    ("enable.auto.offset.store", "offsets are committed in the transaction"),
    ("auto.offset.reset", "a first start reads from the earliest record; a gap is named, not jumped over"),
    ("enable.partition.eof", "positions are compared instead"),
    ("partitioner", "outputs are written as Kafka's Java client does"),
    ("message.max.bytes", "the engine bounds its records"),
    ("allow.auto.create.topics", "use `segue topics create`"),
];

/// Why a property is not accepted under `[kafka.properties]`; `None` if it is.
pub fn refused(property: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(name, _)| *name == property).map(|(_, why)| *why)
}

/// Refuses the first property of [`REFUSED`] that the user set.
pub(super) fn check(properties: &[(String, String)]) -> Result<(), Error> {
    for (name, _) in properties {
        if let Some(why) = refused(name) {
            return Err(Error::Fatal(format!("kafka.properties.{name} cannot be set: {why}")));
        }
    }
    Ok(())
}

type Properties = &'static [(&'static str, &'static str)];

const COMMON: Properties = &[
    // An outage ends when the cluster is back, not up to ten seconds later.
    ("reconnect.backoff.max.ms", "2000"),
    ("socket.keepalive.enable", "true"),
    // A client that met a partition between two leaders may not ask again by itself until then (default: five minutes).
    ("topic.metadata.refresh.interval.ms", "10000"),
];

const MEMBER: Properties = &[
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

const MEMBER_FIXED: Properties = &[
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("isolation.level", "read_committed"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Where to start is the engine's decision; an offset that is gone must be an error, never a jump.
    ("auto.offset.reset", "error"),
    ("allow.auto.create.topics", "false"),
];

const PRODUCER: Properties = &[
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

const FEED: Properties = &[("linger.ms", "5"), ("compression.type", "lz4"), ("message.timeout.ms", "0")];

const PRODUCER_FIXED: Properties = &[("enable.idempotence", "true"), ("partitioner", "murmur2_random")];

const READER: Properties = &[
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

const READER_FIXED: Properties = &[
    ("isolation.level", "read_committed"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Compaction moves nothing we need: whatever is the earliest record now is where a changelog begins.
    ("auto.offset.reset", "earliest"),
    ("allow.auto.create.topics", "false"),
];

const MARKS_FIXED: Properties =
    &[("isolation.level", "read_uncommitted"), ("allow.auto.create.topics", "false")];

/// Any client of this cluster.
pub(super) fn client(bootstrap: &str, properties: &[(String, String)]) -> ClientConfig {
    layered(bootstrap, &[], properties, &[])
}

/// The member of the consumer group.
pub(super) fn member(config: &KafkaConfig) -> ClientConfig {
    let mut built = layered(&config.bootstrap, MEMBER, &config.properties, MEMBER_FIXED);
    built.set("group.id", config.group());
    named(built, config, "in")
}

/// The transactional producer.
pub(super) fn producer(config: &KafkaConfig) -> ClientConfig {
    let mut built = layered(&config.bootstrap, PRODUCER, &config.properties, PRODUCER_FIXED);
    if !config.properties.iter().any(|(name, _)| name == "transaction.timeout.ms") {
        built.set("transaction.timeout.ms", TRANSACTION_TIMEOUT_MS.to_string());
    }
    built.set("transactional.id", config.transactional_id());
    built.set("message.max.bytes", (config.message_bytes_max + MESSAGE_OVERHEAD).to_string());
    named(built, config, "out")
}

/// How long a transaction of a producer with these settings may take. What is no number librdkafka refuses.
pub(super) fn transaction_timeout(producer: &ClientConfig) -> Duration {
    let ms = producer.get("transaction.timeout.ms").and_then(|ms| ms.parse().ok());
    Duration::from_millis(ms.unwrap_or(TRANSACTION_TIMEOUT_MS))
}

/// The reader of changelogs. It names the group (librdkafka assigns nothing without one), never joins, never commits.
pub(super) fn reader(config: &KafkaConfig) -> ClientConfig {
    let mut built = layered(&config.bootstrap, READER, &config.properties, READER_FIXED);
    built.set("group.id", config.group());
    named(built, config, "restore")
}

/// The client that asks for high watermarks: their meaning follows its own isolation level.
pub(super) fn marks(config: &KafkaConfig) -> ClientConfig {
    named(layered(&config.bootstrap, &[], &config.properties, MARKS_FIXED), config, "marks")
}

/// The producer of the demo's records: no transaction, and an outage is waited for.
pub(super) fn feed(bootstrap: &str, properties: &[(String, String)]) -> ClientConfig {
    layered(bootstrap, FEED, properties, PRODUCER_FIXED)
}

/// A reader of one topic's beginning, in no group's name.
pub(super) fn sampler(bootstrap: &str, properties: &[(String, String)], group: &str) -> ClientConfig {
    let mut built = layered(bootstrap, &[], properties, READER_FIXED);
    built.set("group.id", group);
    built.set("enable.partition.eof", "true");
    built
}

fn layered(bootstrap: &str, ours: Properties, users: &[(String, String)], fixed: Properties) -> ClientConfig {
    let mut built = ClientConfig::new();
    built.set_log_level(RDKafkaLogLevel::Info);
    built.set("bootstrap.servers", bootstrap);
    for (name, value) in COMMON.iter().chain(ours) {
        built.set(*name, *value);
    }
    for (name, value) in users {
        built.set(name, value);
    }
    for (name, value) in fixed {
        built.set(*name, *value);
    }
    built
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
    fn what_exactly_once_depends_on_is_refused_with_a_reason() {
        let set =
            |name: &str| vec![("linger.ms".to_owned(), "1".to_owned()), (name.to_owned(), "x".to_owned())];
        assert_eq!(check(&set("sasl.username")), Ok(()));
        for name in ["isolation.level", "enable.auto.commit", "transactional.id", "group.protocol", "acks"] {
            let Err(Error::Fatal(text)) = check(&set(name)) else { panic!("{name} was accepted") };
            assert!(text.starts_with(&format!("kafka.properties.{name} cannot be set: ")), "{text}");
        }
    }

    #[test]
    fn users_win_over_defaults_and_lose_to_what_is_fixed() {
        let users =
            [("linger.ms", "50"), ("partitioner", "random")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let built = layered("h:1", PRODUCER, &users, PRODUCER_FIXED);
        assert_eq!(
            ["linger.ms", "partitioner", "compression.type", "bootstrap.servers"].map(|name| built.get(name)),
            [Some("50"), Some("murmur2_random"), Some("lz4"), Some("h:1")]
        );
    }
}
