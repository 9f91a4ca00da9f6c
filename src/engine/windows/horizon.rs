//! What is final: every window that ended at or before the horizon.
//!
//! The horizon follows the slowest conversation partition at a distance of `final_after_ms`, and never goes back, restarts
//! and changed settings included.

use std::collections::BTreeMap;

use crate::domain::ids::Millis;

/// Source of truth for what is final.
#[derive(Clone, Debug)]
pub(super) struct Horizon {
    /// How many conversation partitions must be heard of.
    sources: i32,
    final_after_ms: Millis,
    /// The latest partition time heard from each since start.
    heard: BTreeMap<i32, Millis>,
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

    pub(super) fn hear(&mut self, source: i32, partition_time: Millis) {
        let heard = self.heard.entry(source).or_insert(partition_time);
        *heard = partition_time.max(*heard);
    }

    /// Where the horizon may move to; where it is until all partitions have been heard of since start.
    pub(super) fn target(&self) -> Option<Millis> {
        let complete = i32::try_from(self.heard.range(0..self.sources).count()) == Ok(self.sources);
        let slowest = self.heard.values().min().filter(|_| complete);
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
            horizon.hear(source, time);
            targets.push(horizon.target());
        }
        let expected = [50, 50, 50, 200, 200, 200, 200, 250, 800];
        assert_eq!(targets, expected.map(Some));
        horizon.advance(800);
        horizon.advance(700);
        assert_eq!(horizon.at(), Some(800));
        assert_eq!([horizon.is_past(800), horizon.is_past(801)], [true, false]);
    }
}
