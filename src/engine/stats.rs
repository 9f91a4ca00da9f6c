//! What the engine counts about itself, shared with whoever exports it. Plain counters; telemetry gives them names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::domain::decision::Reason;

/// Counters since the process started, over all threads of a topology. Written with relaxed ordering: they are statistics.
#[derive(Debug, Default)]
pub struct Stats {
    pub turns: AtomicU64,
    pub outcomes: AtomicU64,
    pub duplicates: AtomicU64,
    pub dead_letters: AtomicU64,
    /// Dead letters in a row on the worst partition, now; see [`Stats::dead_in_a_row`].
    pub dead_letters_in_a_row: AtomicU64,
    /// The same of every partition that has any.
    dead_rows: Mutex<BTreeMap<i32, u64>>,
    pub late_events: AtomicU64,
    pub handoffs: AtomicU64,
    /// The same by primary reason, in the order of [`Reason::ALL`]; see [`Stats::handoff`].
    pub handoffs_by_reason: [AtomicU64; Reason::ALL.len()],
    pub offers: AtomicU64,
    pub timers: AtomicU64,
    pub commits: AtomicU64,
    pub aborts: AtomicU64,
    pub reloads: AtomicU64,
    pub restores: AtomicU64,
    pub restored_records: AtomicU64,
    pub restore_ms_last: AtomicU64,
    pub rules_without_value: AtomicU64,
    pub open_conversations: AtomicI64,
    pub partitions: AtomicI64,
    /// Partitions of the topology in all; 0 while that is not known.
    pub partitions_all: AtomicI64,
    /// Workers that there should be; set by whoever starts them.
    pub threads: AtomicU64,
    /// Workers whose assigned partitions are all restored and whose broker answers.
    pub ready: AtomicU64,
    /// Records that were deleted before they were read (only with `--accept-gap`).
    pub gap_records: AtomicU64,
    /// Wall clock of the first record taken and of the last commit, epoch ms; 0 before.
    pub first_record_at: AtomicI64,
    pub last_commit_at: AtomicI64,
    /// Wall clock of the last finished loop, epoch ms: liveness.
    pub last_loop_at: AtomicI64,
    /// Bytes of packed conversation state held.
    pub state_bytes: AtomicI64,
    /// From begin to the return of commit.
    pub commit_time: Durations,
    /// From a record's Kafka timestamp to the return of the commit that carries what it caused.
    pub latency: Durations,
}

impl Stats {
    /// Every worker that there should be is ready.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed) >= self.threads.load(Ordering::Relaxed).max(1)
    }

    /// A partition's row of dead letters is so long now; 0: a good record ended it, or the partition is not ours any more.
    pub fn dead_in_a_row(&self, partition: i32, row: u64) {
        let mut rows = self.dead_rows.lock().unwrap_or_else(PoisonError::into_inner);
        match row {
            0 => _ = rows.remove(&partition),
            row => _ = rows.insert(partition, row),
        }
        self.dead_letters_in_a_row.store(rows.values().copied().max().unwrap_or(0), Ordering::Relaxed);
    }

    /// Counts a live hand-off request under its primary reason.
    pub fn handoff(&self, reason: Reason) {
        self.handoffs.fetch_add(1, Ordering::Relaxed);
        if let Some(at) = Reason::ALL.iter().position(|known| *known == reason) {
            self.handoffs_by_reason[at].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Upper bounds of [`Durations`]' buckets, milliseconds, inclusive; one more bucket holds the rest.
pub const DURATION_BOUNDS_MS: [u64; 14] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000];

/// A histogram of durations that several threads add to.
#[derive(Debug, Default)]
pub struct Durations {
    buckets: [AtomicU64; DURATION_BOUNDS_MS.len() + 1],
    sum_us: AtomicU64,
}

impl Durations {
    /// Adds one duration, in microseconds.
    pub fn add_us(&self, us: u64) {
        self.add_many_us(us, 1);
    }

    /// Adds the same duration `times` times (all records of one batch).
    pub fn add_many_us(&self, us: u64, times: u64) {
        let bucket = DURATION_BOUNDS_MS
            .iter()
            .position(|bound| us <= bound * 1_000)
            .unwrap_or(DURATION_BOUNDS_MS.len());
        self.buckets[bucket].fetch_add(times, Ordering::Relaxed);
        self.sum_us.fetch_add(us.saturating_mul(times), Ordering::Relaxed);
    }

    /// Counts a bucket (not cumulative), the open one last, and the sum in microseconds.
    pub fn read(&self) -> ([u64; DURATION_BOUNDS_MS.len() + 1], u64) {
        let mut counts = [0; DURATION_BOUNDS_MS.len() + 1];
        for (count, bucket) in counts.iter_mut().zip(&self.buckets) {
            *count = bucket.load(Ordering::Relaxed);
        }
        (counts, self.sum_us.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        let durations = Durations::default();
        for us in [0, 1_000, 1_001, 60_000_000, 60_000_001] {
            durations.add_us(us);
        }
        let (counts, sum_us) = durations.read();
        assert_eq!((counts, sum_us), ([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], 120_002_002));
    }

    #[test]
    fn the_gauge_of_dead_letters_is_the_worst_partitions_row_now() {
        let stats = Stats::default();
        let rows = [(0, 2), (1, 1), (0, 3), (0, 0), (0, 0), (1, 0)];
        let shown = rows.map(|(partition, row)| {
            stats.dead_in_a_row(partition, row);
            stats.dead_letters_in_a_row.load(Ordering::Relaxed)
        });
        assert_eq!(shown, [2, 2, 3, 1, 1, 0]);
    }

    #[test]
    fn a_handoff_is_counted_once_and_under_its_reason() {
        let stats = Stats::default();
        stats.handoff(Reason::Loop);
        let by_reason: Vec<u64> =
            stats.handoffs_by_reason.iter().map(|n| n.load(Ordering::Relaxed)).collect();
        assert_eq!(
            (stats.handoffs.load(Ordering::Relaxed), by_reason),
            (1, vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
        );
    }
}
