//! What the broker's lock guards, and how one call moves logs, coordinator, groups and offsets together.

use super::broker::{Settings, Written};
use super::coordinator::{Coordinator, Marker, Place};
use super::group::Group;
use super::log::{Outcome, PartitionLog, Writer};
use super::offsets::Offsets;
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::port::{Committed, Membership, Record, Topic, Topology};

#[derive(Debug)]
pub(super) struct State {
    /// By topic, then by partition.
    logs: Vec<Vec<PartitionLog>>,
    pub coordinator: Coordinator,
    groups: [Group; 2],
    offsets: [Offsets; 2],
    session_timeout_ms: Option<Millis>,
    transaction_timeout_ms: Option<Millis>,
    /// Something happened that a waiting reader may be waiting for.
    pub changed: bool,
}

fn index(topology: Topology) -> usize {
    match topology {
        Topology::Conversations => 0,
        Topology::Windows => 1,
    }
}

impl State {
    pub fn new(settings: &Settings) -> State {
        let logs =
            |topic: &Topic| (0..settings.partitions(*topic)).map(|_| PartitionLog::default()).collect();
        let group = |topology: Topology| Group::new(settings.partitions(topology.inputs()[0]));
        State {
            logs: Topic::ALL.iter().map(logs).collect(),
            coordinator: Coordinator::default(),
            groups: [group(Topology::Conversations), group(Topology::Windows)],
            offsets: [Offsets::default(), Offsets::default()],
            session_timeout_ms: settings.session_timeout_ms,
            transaction_timeout_ms: settings.transaction_timeout_ms,
            changed: false,
        }
    }

    /// What has become due: late markers, transactions over their time-out, members not heard of.
    pub fn tick(&mut self, now: Millis) {
        let markers = self.coordinator.due(now, self.transaction_timeout_ms);
        self.write(markers, now);
        if let Some(session_ms) = self.session_timeout_ms {
            for group in &mut self.groups {
                self.changed |= group.expire(now, session_ms);
            }
        }
    }

    pub fn partitions(&self, topic: Topic) -> i32 {
        self.logs[topic as usize].len() as i32
    }

    pub fn log(&self, topic: Topic, partition: i32) -> Result<&PartitionLog, Error> {
        let log = usize::try_from(partition).ok().and_then(|at| self.logs[topic as usize].get(at));
        log.ok_or_else(|| no_such_partition(topic, partition))
    }

    pub fn log_mut(&mut self, topic: Topic, partition: i32) -> Result<&mut PartitionLog, Error> {
        let log = usize::try_from(partition).ok().and_then(|at| self.logs[topic as usize].get_mut(at));
        log.ok_or_else(|| no_such_partition(topic, partition))
    }

    pub fn group(&self, topology: Topology) -> &Group {
        &self.groups[index(topology)]
    }

    pub fn group_mut(&mut self, topology: Topology) -> &mut Group {
        &mut self.groups[index(topology)]
    }

    pub fn offsets(&self, topology: Topology) -> &Offsets {
        &self.offsets[index(topology)]
    }

    /// Appends outside any transaction, at `offset` if one is given.
    pub fn append(&mut self, record: Record, offset: Option<i64>) -> Result<Written, Error> {
        let (topic, partition) = (record.topic, record.partition);
        let log = self.log_mut(topic, partition)?;
        if let Some(offset) = offset
            && !log.skip_to(offset)
        {
            return Err(Error::Fatal(format!(
                "{topic:?}-{partition} already has an offset {offset} or above"
            )));
        }
        let offset = log.append(record, None);
        self.changed = true;
        Ok(Written { partition, offset })
    }

    /// Produces into the open transaction of `id`; opens it first if there is none.
    pub fn produce(
        &mut self,
        id: &str,
        writer: Writer,
        records: &mut Vec<Record>,
        now: Millis,
    ) -> Result<(), Error> {
        let mut places = Vec::new();
        for record in records.iter() {
            let place = Place::Log(record.topic, record.partition);
            if !places.contains(&place) {
                self.log(record.topic, record.partition)?;
                places.push(place);
            }
        }
        let markers = self.coordinator.add(id, writer, &places, now)?;
        self.write(markers, now);
        for mut record in records.drain(..) {
            record.timestamp = Some(now);
            self.log_mut(record.topic, record.partition)?.append(record, Some(writer));
        }
        Ok(())
    }

    /// AddOffsetsToTxn and TxnOffsetCommit.
    pub fn send_offsets(
        &mut self,
        id: &str,
        writer: Writer,
        topology: Topology,
        offsets: &[Committed],
        membership: &Membership,
        now: Millis,
    ) -> Result<(), Error> {
        let markers = self.coordinator.add(id, writer, &[Place::Offsets(topology)], now)?;
        self.write(markers, now);
        self.group(topology).check(membership)?;
        self.offsets[index(topology)].add_pending(writer.id, offsets);
        Ok(())
    }

    pub fn end(
        &mut self,
        id: &str,
        writer: Writer,
        outcome: Outcome,
        late: &[Millis],
        now: Millis,
    ) -> Result<(), Error> {
        let markers = self.coordinator.end(id, writer, outcome, late, now)?;
        self.write(markers, now);
        Ok(())
    }

    pub fn init(&mut self, id: &str, now: Millis) -> Writer {
        let (writer, markers) = self.coordinator.init(id);
        self.write(markers, now);
        writer
    }

    /// Writes markers where they belong.
    pub fn write(&mut self, markers: Vec<Marker>, now: Millis) {
        for Marker { writer, outcome, place } in markers {
            match place {
                Place::Log(topic, partition) => {
                    if let Some(log) = self.logs[topic as usize].get_mut(partition as usize) {
                        log.mark(topic, partition, writer, outcome, now);
                    }
                }
                Place::Offsets(topology) => self.offsets[index(topology)].decide(writer.id, outcome),
            }
            self.changed = true;
        }
    }
}

fn no_such_partition(topic: Topic, partition: i32) -> Error {
    Error::Fatal(format!("{topic:?}-{partition} does not exist"))
}
