//! What the embedded log promises, one fact a test: the whole through [`MemoryPort`] and [`Producer`].

mod faults;
mod members;
mod reading;
mod transactions;

use std::sync::Arc;
use std::time::Duration;

use super::Isolation;
use super::broker::{Broker, Settings, Waits};
use super::clock::ManualClock;
use super::faults::{Call, Fault, script};
use super::port::MemoryPort;
use super::producer::Producer;
use crate::engine::error::Error;
use crate::engine::port::{
    Bounds, Change, Committed, Membership, Out, Port, Record, RestoreTarget, Topic, Topology,
};

const CONVERSATIONS: Topology = Topology::Conversations;
const UNFENCED: Membership = Membership { generation: -1, member_id: String::new() };

/// A broker under virtual time: two partitions, sessions of 10 s, transactions of 5 s.
struct World {
    clock: Arc<ManualClock>,
    broker: Arc<Broker>,
}

impl World {
    fn new() -> World {
        let clock = Arc::new(ManualClock::new(1_000));
        let mut settings = Settings::new(2);
        settings.session_timeout_ms = Some(10_000);
        settings.transaction_timeout_ms = Some(5_000);
        settings.send_buffer_records = 1;
        settings.waits = Waits::ReturnAtOnce;
        World { broker: Broker::new(settings, clock.clone()), clock }
    }

    fn producer(&self, id: &str) -> Producer {
        Producer::new(Arc::clone(&self.broker), id)
    }

    fn port(&self, name: &str) -> MemoryPort {
        MemoryPort::new(Arc::clone(&self.broker), CONVERSATIONS, name, name)
    }

    fn failing(&self, name: &str, steps: Vec<(Call, u64, Fault)>) -> MemoryPort {
        self.port(name).with_faults(script(steps))
    }

    fn committed(&self, topic: Topic, partition: i32) -> Vec<String> {
        lines(&self.broker.read_committed(topic, partition, 0))
    }
}

fn lines(records: &[Record]) -> Vec<String> {
    let line = |record: &Record| {
        let value = record.value().map_or("-".into(), String::from_utf8_lossy);
        format!("{:?}-{}@{}={value}", record.topic, record.partition, record.offset)
    };
    records.iter().map(line).collect()
}

fn out(topic: Topic, partition: i32, value: &str) -> Out<'_> {
    Out { topic, partition: Some(partition), key: Some(b"k"), value: Some(value.as_bytes()), trace: None }
}

fn next(partition: i32, offset: i64) -> Committed {
    let metadata = format!("commit {offset}");
    Committed { topic: Topic::Turns, partition, offset: Some(offset), metadata }
}

fn poll(port: &mut MemoryPort) -> (Vec<Change>, Vec<String>) {
    let mut records = Vec::new();
    let changes = port.poll(Duration::from_secs(60), 100, &mut records).expect("a poll");
    (changes, lines(&records))
}

/// Polls and resumes what it is assigned, from the committed offset.
fn join(port: &mut MemoryPort) -> Vec<Change> {
    let (changes, _) = poll(port);
    for change in &changes {
        if let Change::Assigned(partitions) = change {
            for partition in partitions {
                port.resume(Topic::Turns, *partition).expect("resumed");
                port.resume(Topic::Outcomes, *partition).expect("resumed");
            }
        }
    }
    changes
}

/// One transaction of a port: an event with this value on partition 0, and the next offset of turns 0.
fn transact(port: &mut MemoryPort, value: &str, offset: i64) -> Result<(), Error> {
    port.begin()?;
    port.send(out(Topic::Events, 0, value))?;
    let membership = port.membership().unwrap_or(UNFENCED);
    port.send_offsets(&[next(0, offset)], &membership)?;
    port.commit()
}

fn is_lost<T: std::fmt::Debug>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Lost(_)))
}
