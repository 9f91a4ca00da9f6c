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
    /// Partitions that a thread of this process has.
    here: BTreeSet<i32>,
    /// Our clock when a thread that was done first found partitions missing; and that this was told.
    missed_since: Option<Millis>,
    told: bool,
}

impl Finish {
    /// `partitions`: how many the topology has in all.
    pub fn new(partitions: i32) -> Finish {
        Finish { partitions: partitions.max(0) as usize, progress: Mutex::default() }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A thread of this process has the partition now.
    pub fn assigned(&self, partition: i32) {
        let mut progress = self.progress();
        progress.here.insert(partition);
        progress.missed_since = None;
    }

    /// It has it no more.
    pub fn revoked(&self, partition: i32) {
        self.progress().here.remove(&partition);
    }

    /// The partitions that neither are done nor belong to this process, once they have been missing for `patience`. Told once:
    /// without another member of the group there are none.
    pub fn missing(&self, now: Millis, patience: Millis) -> Option<Vec<i32>> {
        let mut progress = self.progress();
        let is_missing =
            |partition: &i32| !progress.done.contains_key(partition) && !progress.here.contains(partition);
        let missing: Vec<i32> = (0..self.partitions as i32).filter(is_missing).collect();
        if missing.is_empty() {
            progress.missed_since = None;
            return None;
        }
        let since = *progress.missed_since.get_or_insert(now);
        (now - since >= patience && !std::mem::replace(&mut progress.told, true)).then_some(missing)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_that_others_hold_are_told_once_after_a_while() {
        let finish = Finish::new(3);
        finish.assigned(0);
        finish.done(0, None);
        assert_eq!(finish.missing(0, 100), None);
        finish.assigned(1);
        assert_eq!(finish.missing(150, 100), None, "the assignment has just changed");
        assert_eq!(finish.missing(250, 100), Some(vec![2]));
        assert_eq!(finish.missing(999, 100), None, "told");
    }

    #[test]
    fn a_partition_that_a_thread_still_works_on_is_not_missing() {
        let finish = Finish::new(2);
        finish.assigned(0);
        finish.assigned(1);
        finish.done(0, None);
        assert_eq!((finish.missing(0, 0), finish.missing(9, 0)), (None, None));
        finish.revoked(1);
        assert_eq!(finish.missing(9, 0), Some(vec![1]));
    }
}
