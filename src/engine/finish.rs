//! The end of a bounded run, over all threads: when every partition has taken what was in the inputs at the start, all move
//! to the largest event time of the whole input, and when all have done so, the run is over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::domain::ids::Millis;

/// Shared by the workers of one topology. Source of truth for: how far a bounded run has got.
#[derive(Debug)]
pub struct Finish {
    partitions: usize,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    /// Partition → its partition time when its backlog was done (`None`: no record at all).
    done: BTreeMap<i32, Option<Millis>>,
    /// Partitions that have moved to the horizon and committed it.
    moved: BTreeSet<i32>,
}

impl Finish {
    /// `partitions`: how many the topology has in all.
    pub fn new(partitions: i32) -> Finish {
        Finish { partitions: partitions.max(0) as usize, progress: Mutex::default() }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A partition's backlog is committed, and its time stands at `time`.
    pub fn done(&self, partition: i32, time: Option<Millis>) {
        self.progress().done.insert(partition, time);
    }

    /// The largest event time of the whole input, once every partition is done; `Some(None)` if there was no record.
    pub fn horizon(&self) -> Option<Option<Millis>> {
        let progress = self.progress();
        (progress.done.len() >= self.partitions).then(|| progress.done.values().copied().flatten().max())
    }

    /// A partition stands at the horizon, committed.
    pub fn moved(&self, partition: i32) {
        self.progress().moved.insert(partition);
    }

    /// Every partition stands at the horizon.
    pub fn is_over(&self) -> bool {
        self.progress().moved.len() >= self.partitions
    }
}
