//! What the engine counts about itself, shared with whoever exports it. Plain counters; telemetry gives them names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::port::Topic;
use super::spread::{Durations, Sizes};
use crate::domain::decision::Reason;
use crate::domain::ids::Millis;

/// Counters since the process started, of one thread or of all threads of a topology. Written with relaxed ordering: they
/// are statistics. What a transaction did is added once it is committed.
#[derive(Debug, Default)]
pub struct Stats {
    pub turns: AtomicU64,
    pub outcomes: AtomicU64,
    pub duplicates: AtomicU64,
    pub late_events: AtomicU64,
    /// In the order of [`STAGES`].
    pub dead_letters: [AtomicU64; STAGES.len()],
    /// Dead letters in a row on the worst partition, now; see [`Stats::dead_in_a_row`].
    pub dead_letters_in_a_row: AtomicU64,
    /// The same of every partition that has any.
    dead_rows: Mutex<BTreeMap<i32, u64>>,
    pub handoffs: AtomicU64,
    /// The same by primary reason, in the order of [`Reason::ALL`].
    pub handoffs_by_reason: [AtomicU64; Reason::ALL.len()],
    pub offers: AtomicU64,
    pub timers: AtomicU64,
    /// Evaluations of a rule that met no value, by the rule's id. See [`Stats::rule_without_value`].
    rule_errors: Mutex<BTreeMap<String, u64>>,
    /// Hand-offs that shadow policies would have requested, by the policy's position. See [`Stats::for_shadows`].
    pub shadow_handoffs: Box<[AtomicU64]>,
    /// Records and bytes of keys and values written by committed transactions, in the order of [`Topic::ALL`].
    pub outputs: [AtomicU64; Topic::ALL.len()],
    pub output_bytes: [AtomicU64; Topic::ALL.len()],
    /// In the order of [`Answer::ALL`].
    pub transactions: [AtomicU64; Answer::ALL.len()],
    pub reloads: AtomicU64,
    /// Partitions assigned, and partitions revoked, each a poll that told of it.
    pub assignments: AtomicU64,
    pub revocations: AtomicU64,
    pub restores: AtomicU64,
    pub restored_records: AtomicU64,
    pub restored_bytes: AtomicU64,
    pub restore_ms_last: AtomicU64,
    /// Partitions being restored now; offsets their restores have to read, and have read.
    pub restoring: AtomicU64,
    pub restore_target: AtomicU64,
    pub restore_done: AtomicU64,
    pub open_conversations: AtomicI64,
    /// Bytes of packed conversation state held.
    pub state_bytes: AtomicI64,
    pub partitions: AtomicI64,
    /// Partitions of the topology in all; 0 while that is not known.
    pub partitions_all: AtomicI64,
    /// Workers that there should be; set by whoever starts them.
    pub threads: AtomicU64,
    /// Workers whose assigned partitions are all restored and whose broker answers.
    pub ready: AtomicU64,
    /// 1 while the last call to the log was answered.
    pub connected: AtomicU64,
    /// Records that were deleted before they were read (only with `--accept-gap`).
    pub gap_records: AtomicU64,
    /// Wall clock of the first record taken and of the last commit, epoch ms; 0 before.
    pub first_record_at: AtomicI64,
    pub last_commit_at: AtomicI64,
    /// Wall clock of the last finished loop, epoch ms: liveness.
    pub last_loop_at: AtomicI64,
    /// From begin to the return of commit.
    pub commit_time: Durations,
    /// Input records of one committed transaction.
    pub batch: Sizes,
    /// From a record's Kafka timestamp to the return of the commit that carries what it caused.
    pub latency: Durations,
    standing: Mutex<Standing>,
}

/// How metrics call the rules that are too many to be told apart.
pub const OTHER_RULES: &str = "_other";

/// Why a record became a dead letter: the closed list of `stage`.
pub const STAGES: [&str; 6] = ["decode", "validate", "late", "apply", "size", "state"];

/// How a transaction was answered. Each is counted once: what became of an unknown one is read back, not counted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Committed,
    /// Its records are read again.
    Aborted,
    /// None came, or one that says nothing.
    Unknown,
    /// Another producer has our transactional id.
    Fenced,
}

impl Answer {
    pub const ALL: [Answer; 4] = [Answer::Committed, Answer::Aborted, Answer::Unknown, Answer::Fenced];

    pub fn name(self) -> &'static str {
        match self {
            Answer::Committed => "committed",
            Answer::Aborted => "aborted",
            Answer::Unknown => "unknown",
            Answer::Fenced => "fenced",
        }
    }
}

/// Where the inputs of the owned partitions stand, as of at most a second ago.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub inputs: Vec<InputStanding>,
    /// Partition and partition time, epoch ms.
    pub times: Vec<(i32, Millis)>,
}

/// How far one input partition is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputStanding {
    pub topic: Topic,
    pub partition: i32,
    /// Offsets between what is taken and the end that the last fetch told.
    pub lag_records: u64,
    /// The oldest record not taken is not older than this epoch ms; `None`: there is none.
    pub behind_since: Option<Millis>,
}

impl Stats {
    /// Counts for so many shadow policies.
    pub fn for_shadows(shadows: usize) -> Stats {
        Stats { shadow_handoffs: (0..shadows).map(|_| AtomicU64::new(0)).collect(), ..Stats::default() }
    }

    /// A rule met no value so many times more.
    pub fn rule_without_value(&self, rule: &str, times: u64) {
        let mut errors = self.rule_errors.lock().unwrap_or_else(PoisonError::into_inner);
        *errors.entry(rule.to_owned()).or_default() += times;
    }

    /// Evaluations that met no value, of every rule that had any, by its id.
    pub fn rules_without_value(&self) -> BTreeMap<String, u64> {
        self.rule_errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every worker that there should be is ready.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed) >= self.threads.load(Ordering::Relaxed).max(1)
    }

    /// The last call of the worker to the log was answered.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed) > 0
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

    /// A transaction was answered.
    pub fn transaction(&self, answer: Answer) {
        self.transactions[answer as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Transactions that were answered so.
    pub fn transactions(&self, answer: Answer) -> u64 {
        self.transactions[answer as usize].load(Ordering::Relaxed)
    }

    /// Where the inputs stand: written by their worker, read at a scrape.
    pub fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn an_answer_is_counted_in_its_own_place() {
        let stats = Stats::default();
        stats.transaction(Answer::Fenced);
        assert_eq!(Answer::ALL.map(|answer| stats.transactions(answer)), [0, 0, 0, 1]);
    }
}
