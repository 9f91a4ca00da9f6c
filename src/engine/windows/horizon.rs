//! What is final: every window that ended at or before the horizon.
//!
//! The horizon follows the slowest conversation partition at a distance of `final_after_ms`, and never goes back, restarts
//! and changed settings included.
//!
//! A partition that no record has given a time holds nothing back while it is proven empty: it is as far as the slowest of the
//! others was at the proof before the last one. (Not our clock: what comes first may be older than today. And not the last
//! proof: it may have been made before the others told where they are, and be heard behind it.) Where no partition has a time
//! nothing is final. What it tells once it has a time takes the place of all that, be it earlier.

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
    heard: BTreeMap<i32, Heard>,
    at: Option<Millis>,
}

/// How far a partition is.
#[derive(Clone, Copy, Debug)]
enum Heard {
    /// By its records.
    At(Millis),
    /// It has no time. Where the slowest of the others stood when it was last proven empty, and at the proof before.
    Empty { last: Option<Millis>, before: Option<Millis> },
}

impl Heard {
    fn time(self) -> Option<Millis> {
        match self {
            Heard::At(time) => Some(time),
            Heard::Empty { before, .. } => before,
        }
    }
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

    /// A partition whose time nobody knows has told nothing.
    pub(super) fn hear(&mut self, source: i32, told: PartitionTime) {
        if told == PartitionTime::UNKNOWN {
            return;
        }
        let heard = self.heard.get(&source).copied();
        let now = match (told, heard) {
            (PartitionTime::At(now), Some(Heard::At(before))) => Heard::At(before.max(now)),
            (PartitionTime::At(now), _) => Heard::At(now),
            (PartitionTime::NoneAt(_), Some(Heard::Empty { last, .. })) => {
                Heard::Empty { last: self.slowest_with_time(), before: last }
            }
            (PartitionTime::NoneAt(_), _) => Heard::Empty { last: self.slowest_with_time(), before: None },
        };
        self.heard.insert(source, now);
    }

    fn slowest_with_time(&self) -> Option<Millis> {
        let times = self.heard.values().filter_map(|heard| match heard {
            Heard::At(time) => Some(*time),
            Heard::Empty { .. } => None,
        });
        times.min()
    }

    /// Where the horizon may move to; where it is until all partitions have been heard of since start.
    pub(super) fn target(&self) -> Option<Millis> {
        let complete = i32::try_from(self.heard.range(0..self.sources).count()) == Ok(self.sources);
        // One that is nowhere yet is the slowest.
        let slowest = self.heard.values().map(|heard| heard.time()).min().flatten().filter(|_| complete);
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
    fn a_partition_without_time_is_as_far_as_the_others_were_at_the_proof_before_the_last_until_it_has_one() {
        use PartitionTime::{At, NoneAt};
        let mut horizon = Horizon::new(2, 100);
        let proof = (1, NoneAt(1_000_000));
        let told =
            [proof, proof, (0, At(500)), proof, (0, At(900)), proof, proof, (1, At(350)), (0, At(800))];
        let targets = told.map(|(source, told)| {
            horizon.hear(source, told);
            horizon.target()
        });
        let expected = [None, None, None, None, None, Some(400), Some(800), Some(250), Some(250)];
        assert_eq!(targets, expected);
    }

    #[test]
    fn a_partition_whose_time_nobody_knows_is_not_taken_for_an_empty_one() {
        let mut horizon = Horizon::new(2, 100);
        horizon.hear(0, PartitionTime::At(500));
        for _ in 0..3 {
            horizon.hear(1, PartitionTime::UNKNOWN);
        }
        assert_eq!(horizon.target(), None);
        horizon.hear(1, PartitionTime::At(400));
        horizon.hear(1, PartitionTime::UNKNOWN);
        assert_eq!(horizon.target(), Some(300));
    }

    #[test]
    fn where_no_partition_has_a_time_nothing_is_final() {
        let mut horizon = Horizon::new(2, 100);
        for _ in 0..3 {
            horizon.hear(0, PartitionTime::NoneAt(1_000_000));
            horizon.hear(1, PartitionTime::NoneAt(1_000_000));
        }
        assert_eq!(horizon.target(), None);
    }
}
