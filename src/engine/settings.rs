//! What the engine needs to know, as plain data.

use crate::domain::ids::Millis;
use crate::domain::window::Split;

/// Where time comes from when no record moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// Live: a partition proven idle advances with our clock.
    InputAndClock,
    /// Replay and `--until-caught-up`: the machine's clock plays no part; at the end of the input every partition moves
    /// to the largest event time of the whole input.
    InputOnly,
}

/// Bounds and habits of one worker. The same for all threads of a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Records gathered before a batch is processed.
    pub batch_records: usize,
    /// Bytes gathered before a batch is processed.
    pub batch_bytes: usize,
    /// Timers that fire in a batch: no further one begins beyond. What is left comes first in the next batch.
    pub batch_timers: usize,
    /// The largest record value that is accepted as input (`size` dead letter beyond), and that is ever produced.
    pub record_bytes_max: usize,
    /// How long a poll may wait when there is nothing to do.
    pub poll_wait_ms: u64,
    /// Gathers at least this long before it commits (0: a batch is what arrived during the last commit).
    pub gather_ms: Millis,
    /// How far behind partition time a record may be without being counted as late.
    pub lateness_ms: Millis,
    pub time: TimeSource,
    /// Goes on where committed offsets point below the input's low watermark, and counts the gap.
    pub gaps: Gaps,
    /// A restore without progress for this long asks what holds it.
    pub restore_stuck_ms: Millis,
    /// Commits offsets of everything owned at least this often, so that the group never forgets them.
    pub offsets_every_ms: Millis,
    /// Tells every delta partition the time at least this often (partition time).
    pub tell_time_every_ms: Millis,
    /// Dead letters in a row on a partition that raise the alarm.
    pub dead_letter_alarm: u64,
    /// Dead letters carry the original bytes.
    pub dead_letter_values: DeadLetterValues,
    /// What windows are split by.
    pub splits: Vec<Split>,
    /// Written into commits, to tell our own commit from another writer's. Never empty, no `/`.
    pub writer: String,
    /// The clock at start, for records that carry no Kafka timestamp (files): what "the future" is compared with.
    pub started_at: Millis,
}

/// What to do about input that was deleted before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    Refuse,
    Accept,
}

/// Whether dead letters carry the original bytes (they may hold personal data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterValues {
    LeaveOut,
    Include,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            batch_records: 20_000,
            batch_bytes: 32 << 20,
            batch_timers: 20_000,
            record_bytes_max: 900_000,
            poll_wait_ms: 100,
            gather_ms: 0,
            lateness_ms: 5_000,
            time: TimeSource::InputAndClock,
            gaps: Gaps::Refuse,
            restore_stuck_ms: 30_000,
            offsets_every_ms: 3_600_000,
            tell_time_every_ms: 60_000,
            dead_letter_alarm: 100,
            dead_letter_values: DeadLetterValues::LeaveOut,
            splits: Split::standard(),
            writer: "segue".to_owned(),
            started_at: 0,
        }
    }
}
