//! The librdkafka properties that exactly-once depends on, or that another setting decides.

/// Each with what to do instead, or why it stands.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set kafka.bootstrap_servers"),
    ("metadata.broker.list", "set kafka.bootstrap_servers"),
    ("group.id", "set engine.application_id, it derives from it"),
    ("group.instance.id", "set engine.instance_id"),
    ("group.protocol", "only the classic protocol keeps the generation of a commit"),
    ("group.remote.assignor", "only the classic protocol keeps the generation of a commit"),
    ("partition.assignment.strategy", "turns and outcomes follow each other under cooperative-sticky"),
    ("transactional.id", "set engine.application_id and engine.instance_id, it derives from them"),
    ("enable.idempotence", "it is always on"),
    ("enable.gapless.guarantee", "the default is needed"),
    ("acks", "it is always all"),
    ("request.required.acks", "it is always all"),
    ("max.in.flight", "the default is needed"),
    ("max.in.flight.requests.per.connection", "the default is needed"),
    ("retries", "the default is needed"),
    ("message.send.max.retries", "the default is needed"),
    ("queuing.strategy", "the default is needed"),
    ("isolation.level", "it is always read_committed"),
    ("enable.auto.commit", "offsets are committed in the transaction"),
    ("auto.commit.enable", "offsets are committed in the transaction"),
    ("auto.commit.interval.ms", "offsets are committed in the transaction"),
    ("enable.auto.offset.store", "offsets are committed in the transaction"),
    ("auto.offset.reset", "a first start reads from the earliest record; a gap is named, not jumped over"),
    ("enable.partition.eof", "positions are compared instead"),
    ("partitioner", "outputs are written as Kafka's Java client does"),
    ("message.max.bytes", "set engine.record_bytes_max"),
    ("allow.auto.create.topics", "use `segue topics create`"),
];

/// Why a property is not accepted under `[kafka.properties]`; `None` if it is.
pub fn refused(property: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(name, _)| *name == property).map(|(_, why)| *why)
}
