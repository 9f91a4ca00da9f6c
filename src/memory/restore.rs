//! The reading of changelog partitions, from the low watermark to what was the high watermark at the start.

use std::collections::BTreeMap;

use super::log::Isolation;
use super::state::State;
use crate::engine::error::Error;
use crate::engine::port::{Record, RestoreTarget, Topic};

#[derive(Debug)]
struct Reader {
    position: i64,
    high: i64,
}

#[derive(Debug)]
pub(super) struct Restores {
    topic: Topic,
    /// Records handed over of one partition in one poll.
    chunk_records: usize,
    readers: BTreeMap<i32, Reader>,
}

impl Restores {
    pub fn new(topic: Topic, chunk_records: usize) -> Restores {
        Restores { topic, chunk_records, readers: BTreeMap::new() }
    }

    pub fn start(&mut self, state: &State, partition: i32) -> Result<RestoreTarget, Error> {
        let log = state.log(self.topic, partition)?;
        let target = RestoreTarget { low: log.low(), high: log.high() };
        self.readers.insert(partition, Reader { position: target.low, high: target.high });
        Ok(target)
    }

    pub fn high(&self, state: &State, partition: i32) -> Result<i64, Error> {
        Ok(state.log(self.topic, partition)?.high())
    }

    pub fn stop(&mut self, partition: i32) {
        self.readers.remove(&partition);
    }

    pub fn clear(&mut self) {
        self.readers.clear();
    }

    /// Reads on. True if a reader moved or all have arrived, so that nobody needs to wait.
    pub fn read(&mut self, state: &State, into: &mut Vec<Record>) -> Result<bool, Error> {
        let mut moved = false;
        for (partition, reader) in &mut self.readers {
            let log = state.log(self.topic, *partition)?;
            let mut take = |record: &Record| into.push(record.clone());
            let position = log.read(reader.position, Isolation::Committed, self.chunk_records, &mut take);
            moved |= position != reader.position;
            reader.position = position;
        }
        Ok(moved || self.readers.values().all(|reader| reader.position >= reader.high))
    }

    pub fn positions(&self) -> Vec<(i32, i64)> {
        self.readers.iter().map(|(partition, reader)| (*partition, reader.position)).collect()
    }
}
