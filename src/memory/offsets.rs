//! The committed offsets of one group.
//!
//! Source of truth for: where the group goes on reading. An offset sent within a transaction is pending, and neither
//! read nor replaced, until the marker of that transaction arrives.

use std::collections::BTreeMap;

use super::log::Outcome;
use crate::engine::port::{Committed, Topic};

#[derive(Debug, Default)]
pub(super) struct Offsets {
    stored: BTreeMap<(Topic, i32), Committed>,
    /// By producer id.
    pending: BTreeMap<i64, BTreeMap<(Topic, i32), Committed>>,
}

impl Offsets {
    pub fn add_pending(&mut self, producer: i64, offsets: &[Committed]) {
        let pending = self.pending.entry(producer).or_default();
        for offset in offsets {
            pending.insert((offset.topic, offset.partition), offset.clone());
        }
    }

    pub fn decide(&mut self, producer: i64, outcome: Outcome) {
        let decided = self.pending.remove(&producer).unwrap_or_default();
        match outcome {
            Outcome::Commit => self.stored.extend(decided),
            Outcome::Abort => {}
        }
    }

    pub fn is_pending(&self, topic: Topic, partition: i32) -> bool {
        self.pending.values().any(|offsets| offsets.contains_key(&(topic, partition)))
    }

    pub fn get(&self, topic: Topic, partition: i32) -> Committed {
        let nothing = || Committed { topic, partition, offset: None, metadata: String::new() };
        self.stored.get(&(topic, partition)).cloned().unwrap_or_else(nothing)
    }

    pub fn all(&self) -> Vec<Committed> {
        self.stored.values().cloned().collect()
    }
}
