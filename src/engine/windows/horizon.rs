//! What is final: every window that ended at or before the horizon.
//!
//! The horizon follows the slowest conversation partition at a distance of `final_after_ms`, and never goes back, restarts
//! and changed settings included. A partition that no record has given a time is as far as our clock was when it was last
//! proven empty; what it tells once it has a time takes the place of that, be it earlier.

use std::collections::BTreeMap;

use crate::domain::ids::Millis;
use crate::wire::delta::PartitionTime;

/// Source of truth for what is final.
#[derive(Clone, Debug)]
pub(super) struct Horizon {
    /// How many conversation partitions must be heard of.
    sources: i32,
    final_after_ms: Millis,
    /// The latest heard from each since start.
    heard: BTreeMap<i32, PartitionTime>,
    at: Option<Millis>,
}

impl Horizon {
    pub(super) fn new(sources: i32, final_after_ms: Millis) -> Horizon {
        Horizon { sources, final_after_ms, heard: BTreeMap::new(), at: None }
    }

    pub(super) fn at(&self) -> Option<Millis> {
        self.at
    }

    /// Whether a window that ended then is final.
    pub(super) fn is_past(&self, end: Millis) -> bool {
        self.at.is_some_and(|at| end <= at)
    }

    pub(super) fn hear(&mut self, source: i32, told: PartitionTime) {
        use PartitionTime::{At, NoneAt};
        let heard = self.heard.entry(source).or_insert(told);
        *heard = match (*heard, told) {
            (At(before), At(now)) => At(before.max(now)),
            (NoneAt(before), NoneAt(now)) => NoneAt(before.max(now)),
            (At(_), NoneAt(_)) | (NoneAt(_), At(_)) => told,
        };
    }

    /// Where the horizon may move to; where it is until all partitions have been heard of since start.
    pub(super) fn target(&self) -> Option<Millis> {
        let complete = i32::try_from(self.heard.range(0..self.sources).count()) == Ok(self.sources);
        let slowest = self.heard.values().map(|heard| heard.ms()).min().filter(|_| complete);
        slowest.map(|slowest| slowest.saturating_sub(self.final_after_ms)).max(self.at)
    }

    /// Never back.
    pub(super) fn advance(&mut self, to: Millis) {
        self.at = self.at.max(Some(to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_slowest_of_all_and_never_goes_back() {
        let mut horizon = Horizon::new(2, 100);
        horizon.advance(50);
        let mut targets = vec![horizon.target()];
        for (source, time) in [(0, 500), (1, 120), (1, 300), (1, 200), (2, 350), (0, 900), (1, 900), (2, 900)]
        {
            horizon.hear(source, PartitionTime::At(time));
            targets.push(horizon.target());
        }
        let expected = [50, 50, 50, 200, 200, 200, 200, 250, 800];
        assert_eq!(targets, expected.map(Some));
        horizon.advance(800);
        horizon.advance(700);
        assert_eq!(horizon.at(), Some(800));
        assert_eq!([horizon.is_past(800), horizon.is_past(801)], [true, false]);
    }

    #[test]
    fn a_partition_without_time_is_as_far_as_it_was_proven_empty_until_it_has_one() {
        use PartitionTime::{At, NoneAt};
        let mut horizon = Horizon::new(2, 100);
        let told =
            [(0, At(500)), (1, NoneAt(400)), (1, NoneAt(900)), (1, NoneAt(700)), (1, At(350)), (0, At(800))];
        let targets = told.map(|(source, told)| {
            horizon.hear(source, told);
            horizon.target()
        });
        assert_eq!(targets, [None, Some(300), Some(400), Some(400), Some(250), Some(250)]);
    }
}
