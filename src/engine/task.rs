//! The seam between the loop and a topology: one partition's state and what it makes of a record.
//!
//! Two implementations: [`super::conversations::Conversations`] and [`super::windows_task::Windows`].

use super::error::Error;
use super::outbox::Outbox;
use super::port::Record;
use super::view::Seen;
use crate::domain::ids::Millis;

/// Where the changelog says that a partition's inputs stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Next offset of each input, in the topology's order.
    pub next: Vec<i64>,
    pub commit_number: u64,
}

/// One partition's work. Nothing staged is visible to [`Task::seen`] before [`Task::commit`].
pub trait Task {
    /// RESTORE 3: one committed changelog record.
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Error>;

    /// RESTORE 4: the changelog is read. What it says about the inputs (`None`: no partition record), given the extra part
    /// of the committed offset metadata.
    fn restored(&mut self, extra: &str) -> Result<Option<Resume>, Error>;

    /// RESTORE 4: what the changelog rests on is known here by now. Asked again until it is.
    fn can_resume(&mut self) -> bool {
        true
    }

    /// A batch begins: nothing is staged, and the next records of the inputs are these. Writes what that causes into the
    /// outbox.
    fn begin(&mut self, _next: impl FnOnce() -> Vec<i64>, _out: &mut Outbox) {}

    /// The event time of an input record, for the order of two inputs.
    fn event_time(&self, record: &Record) -> Option<Millis>;

    /// Whether an input record can be taken now. One whose schema must still be fetched waits, and its partition with it.
    fn can_take(&self, _record: &Record) -> bool {
        true
    }

    /// Takes one record: stages what it causes, writes into the outbox. A bad record becomes a dead letter.
    /// `clock` is our clock now.
    fn take(&mut self, record: &Record, clock: Millis, out: &mut Outbox);

    /// Partition time is at least `to` (proof of idleness, or the end of the input). `clock` is our clock then.
    fn advance(&mut self, to: Millis, clock: Millis, out: &mut Outbox);

    /// Largest partition time so far and our clock when it was set; `None` before the first record.
    fn time(&self) -> Option<(Millis, Millis)>;

    /// Something would happen if partition time were `to` (a timer, a time to tell): a proof is worth asking for.
    fn wants_time(&self, to: Millis) -> bool;

    /// No record has given a time, and the windows have not heard of it for long: a proof is worth asking for. `clock` is our
    /// clock now.
    fn wants_word(&self, _clock: Millis) -> bool {
        false
    }

    /// No record has given a time, and at this moment of our clock there was none.
    fn found_empty(&mut self, _clock: Millis) {}

    /// Timers are due that the batch had no room for. They fire first in the next one: until then no record is taken and time
    /// does not move.
    fn is_behind(&self) -> bool {
        false
    }

    /// Anything staged since the last commit, or left to do.
    fn is_dirty(&self) -> bool;

    /// COMMIT 2: changelog and partition record into the outbox. `next` are the offsets that will be committed.
    fn seal(&mut self, next: &[i64], commit_number: u64, out: &mut Outbox);

    /// Goes behind the commit number in the offset metadata; read back by [`Task::restored`]. No `/`.
    fn metadata(&self) -> String {
        String::new()
    }

    /// COMMIT 5, and its opposite.
    fn commit(&mut self);
    fn rollback(&mut self);

    /// The committed state of a conversation, where this topology has such.
    fn seen(&self, conversation_id: &str) -> Option<Seen>;
}
