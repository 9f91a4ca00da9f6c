//! One test's corner of a real cluster: its own topics, group and ports.

use std::time::{Duration, Instant};

use segue::engine::error::Error;
use segue::engine::port::{Change, Committed, Out, Port, Record, Topic, Topology};
use segue::kafka::topics::{self, Spec};
use segue::kafka::{KafkaConfig, KafkaPort, Names, Properties};

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const WAIT: Duration = Duration::from_millis(100);

/// One test's corner of the cluster.
pub struct Corner {
    pub spec: Spec,
    pub application_id: String,
}

impl Corner {
    /// `None` (and a line that says why) where there is no cluster.
    pub fn new(test: &str, partitions: i32) -> Option<Corner> {
        let Ok(bootstrap) = std::env::var("SEGUE_TEST_BOOTSTRAP") else {
            assert!(std::env::var_os("SEGUE_TEST_REQUIRE_KAFKA").is_none(), "{test}: a cluster is required");
            eprintln!("skipped {test}: SEGUE_TEST_BOOTSTRAP is not set (scripts/kafka run -- ...)");
            return None;
        };
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
        let application_id = format!("{test}-{}", since_epoch.as_nanos());
        let names = Names::new(&format!("{application_id}."), &application_id);
        let spec = Spec {
            bootstrap,
            properties: Properties::default(),
            names,
            partitions: Some(partitions),
            replication: Some(1),
        };
        topics::create(&spec).expect("topics");
        Some(Corner { spec, application_id })
    }

    pub fn config(&self, instance: &str) -> KafkaConfig {
        KafkaConfig {
            bootstrap: self.spec.bootstrap.clone(),
            properties: Properties::default(),
            application_id: self.application_id.clone(),
            instance_id: instance.to_owned(),
            thread: 0,
            topology: Topology::Conversations,
            names: self.spec.names.clone(),
            message_bytes_max: 900_000,
        }
    }

    pub fn port(&self, instance: &str) -> KafkaPort {
        KafkaPort::new(self.config(instance)).expect("a port")
    }

    /// A port of another group: it owns all partitions, writes what a test needs and reads outputs back.
    pub fn side(&self, instance: &str) -> KafkaPort {
        self.side_with(instance, Properties::default())
    }

    /// The same, and no broker ends its open transaction before the test has waited in vain.
    pub fn patient_side(&self, instance: &str) -> KafkaPort {
        let timeout = ("transaction.timeout.ms".to_owned(), PATIENCE.as_millis().to_string());
        self.side_with(instance, vec![timeout].into())
    }

    fn side_with(&self, instance: &str, properties: Properties) -> KafkaPort {
        let application_id = format!("{}-side", self.application_id);
        KafkaPort::new(KafkaConfig { application_id, properties, ..self.config(instance) }).expect("a port")
    }
}

/// Repeats a call while it asks for that.
pub fn retry<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call() {
            Err(Error::Retry(text)) => assert!(Instant::now() < deadline, "gave up: {text}"),
            other => return other,
        }
    }
}

/// Polls until `done`; collects changes and records.
pub fn poll_until(
    port: &mut KafkaPort,
    done: impl Fn(&[Change], &[Record]) -> bool,
) -> (Vec<Change>, Vec<Record>) {
    let (mut changes, mut records) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    while !done(&changes, &records) {
        assert!(Instant::now() < deadline, "gave up after {changes:?}, {records:?}");
        changes.extend(retry(|| port.poll(WAIT, 10_000, &mut records)).expect("poll"));
    }
    (changes, records)
}

/// The partitions owned after these changes.
pub fn owned(changes: &[Change]) -> Vec<i32> {
    let mut owned = Vec::new();
    for change in changes {
        match change {
            Change::Assigned(partitions) => owned.extend(partitions),
            Change::Revoked(partitions) => owned.retain(|partition| !partitions.contains(partition)),
        }
    }
    owned.sort_unstable();
    owned
}

/// Joins, owns all partitions, and reads them from where the group stands.
pub fn join(port: &mut KafkaPort, partitions: i32) {
    poll_until(port, |changes, _| owned(changes).len() == partitions as usize);
    read_on(port, &(0..partitions).collect::<Vec<_>>());
}

pub fn read_on(port: &mut KafkaPort, partitions: &[i32]) {
    for committed in retry(|| port.committed(partitions)).expect("committed") {
        let at = committed.offset.unwrap_or(0);
        retry(|| port.seek(committed.topic, committed.partition, at)).expect("seek");
        port.resume(committed.topic, committed.partition).expect("resume");
    }
}

pub fn out<'a>(topic: Topic, key: &'a str, value: &'a str) -> Out<'a> {
    Out { topic, partition: None, key: Some(key.as_bytes()), value: Some(value.as_bytes()), trace: None }
}

/// One transaction that writes these records and commits no offsets.
pub fn write(port: &mut KafkaPort, records: &[Out<'_>]) {
    port.begin().expect("begin");
    for record in records {
        port.send(*record).expect("send");
    }
    port.commit().expect("commit");
}

/// A transaction whose records are in the log and aborted. (An abort at once would take them back from the queue.)
pub fn write_and_abort(port: &mut KafkaPort, record: Out<'_>, high: i64) {
    let partition = record.partition.expect("a partition");
    port.begin().expect("begin");
    port.send(record).expect("send");
    let deadline = Instant::now() + PATIENCE;
    while retry(|| port.restore_high(partition)).expect("high") < high {
        assert!(Instant::now() < deadline, "the record does not reach the log");
    }
    port.abort().expect("abort");
}

pub fn ready(port: &mut KafkaPort) {
    retry(|| port.poll(Duration::ZERO, 0, &mut Vec::new())).expect("poll");
}

pub fn text(record: &Record) -> (Topic, String, String) {
    let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec()).expect("text");
    (record.topic, text(record.key()), text(record.value()))
}

pub fn commit_of(record: &Record, number: u64) -> Committed {
    Committed {
        topic: record.topic,
        partition: record.partition,
        offset: Some(record.offset + 1),
        metadata: number.to_string(),
    }
}
