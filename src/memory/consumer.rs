//! The reading side of a member: which input partitions it is assigned, where it stands in each, and which are paused.

use std::collections::BTreeMap;

use super::log::Isolation;
use super::state::State;
use crate::engine::error::Error;
use crate::engine::port::{Change, Record, Topic, Topology};

#[derive(Debug)]
struct Input {
    /// `None` until a seek, or the first fetch (from the committed offset, else the low watermark).
    position: Option<i64>,
    paused: bool,
}

#[derive(Debug)]
pub(super) struct Consumer {
    topology: Topology,
    assigned: BTreeMap<(Topic, i32), Input>,
    /// Where the next fetch begins, so that no partition starves another.
    turn: usize,
}

impl Consumer {
    pub fn new(topology: Topology) -> Consumer {
        Consumer { topology, assigned: BTreeMap::new(), turn: 0 }
    }

    /// Partitions of the leading input that are assigned.
    pub fn partitions(&self) -> Vec<i32> {
        let leading = self.topology.inputs()[0];
        self.assigned.keys().filter(|(topic, _)| *topic == leading).map(|(_, partition)| *partition).collect()
    }

    /// All inputs follow the leading one, partition by partition; a new one is paused.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Assigned(partitions) => {
                    for (topic, partition) in self.co_partitions(partitions) {
                        self.assigned.insert((topic, partition), Input { position: None, paused: true });
                    }
                }
                Change::Revoked(partitions) => {
                    for place in self.co_partitions(partitions) {
                        self.assigned.remove(&place);
                    }
                }
            }
        }
    }

    pub fn co_partitions(&self, partitions: &[i32]) -> Vec<(Topic, i32)> {
        let inputs = self.topology.inputs().iter();
        inputs.flat_map(|topic| partitions.iter().map(move |partition| (*topic, *partition))).collect()
    }

    fn input(&mut self, topic: Topic, partition: i32) -> Result<&mut Input, Error> {
        let not_ours = || Error::Fatal(format!("{topic:?}-{partition} is not assigned to this member"));
        self.assigned.get_mut(&(topic, partition)).ok_or_else(not_ours)
    }

    pub fn pause(&mut self, topic: Topic, partition: i32) -> Result<(), Error> {
        self.input(topic, partition)?.paused = true;
        Ok(())
    }

    pub fn resume(&mut self, topic: Topic, partition: i32) -> Result<(), Error> {
        self.input(topic, partition)?.paused = false;
        Ok(())
    }

    pub fn seek(&mut self, topic: Topic, partition: i32, offset: i64) -> Result<(), Error> {
        self.input(topic, partition)?.position = Some(offset);
        Ok(())
    }

    /// The same without complaint: nothing for a partition that is not assigned.
    pub fn known_position(&self, topic: Topic, partition: i32) -> Option<i64> {
        self.assigned.get(&(topic, partition))?.position
    }

    pub fn position(&mut self, topic: Topic, partition: i32) -> Result<Option<i64>, Error> {
        Ok(self.input(topic, partition)?.position)
    }

    /// At most `limit` records: an equal share from each partition that has any, what is left over from whoever has more.
    pub fn fetch(&mut self, state: &State, limit: usize, into: &mut Vec<Record>) -> Result<(), Error> {
        let mut active: Vec<_> = self.assigned.iter_mut().filter(|(_, input)| !input.paused).collect();
        if active.is_empty() {
            return Ok(());
        }
        self.turn = (self.turn + 1) % active.len();
        active.rotate_left(self.turn);
        let full = into.len() + limit;
        for share in [limit.div_ceil(active.len()), limit] {
            for ((topic, partition), input) in &mut active {
                let room = share.min(full - into.len());
                let log = state.log(*topic, *partition)?;
                let committed = || state.offsets(self.topology).get(*topic, *partition).offset;
                let from = input.position.or_else(committed).unwrap_or(log.low());
                let position =
                    log.read(from, Isolation::Committed, room, &mut |record| into.push(record.clone()));
                input.position = Some(position);
            }
        }
        Ok(())
    }
}
