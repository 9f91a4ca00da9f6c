//! What the engine counts about itself, shared with whoever exports it. Plain counters; telemetry gives them names.

use std::sync::atomic::{AtomicI64, AtomicU64};

/// Counters since the process started, over all threads of a topology. Written with relaxed ordering: they are statistics.
#[derive(Debug, Default)]
pub struct Stats {
    pub turns: AtomicU64,
    pub outcomes: AtomicU64,
    pub duplicates: AtomicU64,
    pub dead_letters: AtomicU64,
    /// Dead letters in a row on any one partition, now; the alarm of many in a row.
    pub dead_letters_in_a_row: AtomicU64,
    pub late_events: AtomicU64,
    pub handoffs: AtomicU64,
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
    /// Workers whose assigned partitions are all restored and whose broker answers.
    pub ready: AtomicU64,
    /// Records that were deleted before they were read (only with `--accept-gap`).
    pub gap_records: AtomicU64,
    /// Wall clock of the first record taken and of the last commit, epoch ms; 0 before.
    pub first_record_at: AtomicI64,
    pub last_commit_at: AtomicI64,
    /// Wall clock of the last finished loop, epoch ms: liveness.
    pub last_loop_at: AtomicI64,
}
