//! One partition of conversations: turns and outcomes in, hand-offs, summaries, changelog and increments out.
//!
//! Source of truth for: partition time and the conversations of the partition (through `judge`; those of shadow policies
//! through `shadows`).
//! Partition time is the largest min(event time, Kafka timestamp) read; it never goes back; it is kept with the state.
//! A timer due at d fires before the first record of its own conversation with an event time after d, or when partition
//! time passes d + lateness. A batch has room for a bounded number of timers: what is left fires first in the next one, and
//! until then no record is taken and no other policy comes into force. The windows hear of a time when all is done that was
//! due by then. (Who takes a partition over with timers left, and knows a newer policy only, fires them by that one.)
//! The acting policy changes only at the start of a batch; the partition record says from which records on. What has happened
//! is judged again by who judged it then ([`Shared::past`]).

mod judge;
mod shadows;
mod standing;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::codec::{self, Codec};
use super::error::Error;
use super::outbox::{Outbox, Tell};
use super::policies::{Board, Heard, InForce, Patience, SWITCHES};
use super::port::{Record, Topic};
use super::settings::{DeadLetterValues, Settings};
use super::stats::Stats;
use super::tally::Tally;
use super::task::{Resume, Task};
use super::terms::Terms;
use super::view::Seen;
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::Signal;
use crate::domain::ids::Millis;
use crate::domain::{Input, limits};
use crate::wire::delta::PartitionTime;
use crate::wire::partition::PartitionRecord;
use crate::wire::{self, Problem};
use judge::{Desk, Judge, Seat};
pub use shadows::Shadow;
use shadows::{Shadows, Taken};
use standing::Standing;

/// What a turn did, for those who want to watch (`replay --signals`, `--packages`).
#[derive(Debug)]
pub struct Observed<'a> {
    pub conversation_id: &'a str,
    pub event_id: &'a str,
    pub partition: i32,
    pub signals: &'a [Signal],
    /// Strength of the combination, where the turn raised a peak of it.
    pub combined: Option<f64>,
    /// Who owned the conversation when the signals were weighed.
    pub weighed_in: Phase,
    pub after: &'a Conversation,
}

/// Called for every turn that was taken, before its batch commits. Shared by the partitions of a worker.
pub type Observer = Arc<Mutex<dyn FnMut(Observed<'_>) + Send>>;

/// What all partitions of a worker share.
#[derive(Clone)]
pub struct Shared {
    pub settings: Settings,
    /// The acting policy, and who is told of another.
    pub policies: Arc<Board>,
    /// Of each partition, who judged which records: then nobody is told of another.
    pub past: Option<Arc<BTreeMap<i32, Terms>>>,
    /// Policies that watch beside it.
    pub shadows: Vec<Shadow>,
    pub stats: Arc<Stats>,
    /// Name of the turns topic in transcripts; `None` when a file is replayed.
    pub transcript_topic: Option<String>,
    /// Names of the inputs, for dead letters.
    pub turns_name: String,
    pub outcomes_name: String,
    pub codec: Codec,
}

/// See the module.
pub struct Conversations {
    partition: i32,
    shared: Arc<Shared>,
    /// Whose policy the acting judge judges by.
    in_force: Arc<InForce>,
    acting: Judge,
    shadows: Shadows,
    standing: Standing,
    committed: Standing,
    patience: Patience,
    /// Position of the term that judges, where the past is known.
    term: usize,
    dirty: bool,
    /// Timers are left that are due by partition time.
    behind: bool,
    tally: Tally,
    /// What this partition has added to the gauges of open conversations and of bytes.
    counted_open: i64,
    counted_bytes: i64,
    observer: Option<Observer>,
}

impl Conversations {
    pub fn new(partition: i32, shared: Arc<Shared>, observer: Option<Observer>) -> Conversations {
        let in_force = match terms(&shared, partition) {
            Some(terms) => Arc::new(terms.all()[0].in_force.clone()),
            None => shared.policies.newest(),
        };
        let standing = Standing { told_time: Millis::MIN, ..Standing::default() };
        Conversations {
            partition,
            acting: Judge::new(in_force.policy.clone(), Seat::Acting),
            shadows: Shadows::new(&shared.shadows, &in_force.policy),
            in_force,
            patience: Patience::default(),
            term: 0,
            shared,
            committed: standing.clone(),
            standing,
            dirty: false,
            behind: false,
            tally: Tally::default(),
            counted_open: 0,
            counted_bytes: 0,
            observer,
        }
    }

    /// Judges by another policy from here on.
    fn adopt(&mut self, in_force: Arc<InForce>) {
        self.acting.adopt(in_force.policy.clone());
        self.shadows.meet_acting(&in_force.policy);
        self.in_force = in_force;
    }

    /// The past's policies up to this one come into force, each at the time that its note says.
    fn come_to(&mut self, term: usize, clock: Millis, out: &mut Outbox) {
        let shared = self.shared.clone();
        let Some(terms) = terms(&shared, self.partition) else { return };
        while self.term < term {
            if let Some(time) = terms.time(self.term + 1) {
                self.move_time(time, clock);
                self.fire_due(out);
            }
            self.term += 1;
            self.adopt(Arc::new(terms.all()[self.term].in_force.clone()));
            self.fire_due(out);
        }
    }

    fn count_open(&mut self) {
        let store = &self.acting.store;
        let (open, bytes) = (store.len() as i64, (store.bytes() + self.shadows.bytes()) as i64);
        self.shared.stats.open_conversations.fetch_add(open - self.counted_open, Relaxed);
        self.shared.stats.state_bytes.fetch_add(bytes - self.counted_bytes, Relaxed);
        (self.counted_open, self.counted_bytes) = (open, bytes);
    }

    fn partition_time(&self) -> Millis {
        self.standing.time.map_or(Millis::MIN, |(time, _)| time)
    }

    fn move_time(&mut self, to: Millis, clock: Millis) {
        if to > self.partition_time() {
            self.standing.time = Some((to, clock));
        }
    }

    fn take_turn(&mut self, record: &Record, value: &[u8], out: &mut Outbox) -> Result<Millis, Problem> {
        let mut unfolded = Vec::new();
        let document = self.shared.codec.reader.document(value, &mut unfolded)?;
        let turn = wire::turn::decode(document.json).map_err(|problem| document.explain(problem))?;
        check_key(record, &turn.conversation_id)?;
        let time = self.check_time(record, turn.event_time)?;
        self.meet(&turn.conversation_id, Input::Turn(&turn), record, out)?;
        self.tally.turns += 1;
        Ok(time)
    }

    fn take_outcome(&mut self, record: &Record, value: &[u8], out: &mut Outbox) -> Result<Millis, Problem> {
        let mut unfolded = Vec::new();
        let document = self.shared.codec.reader.document(value, &mut unfolded)?;
        let outcome = wire::outcome::decode(document.json).map_err(|problem| document.explain(problem))?;
        check_key(record, &outcome.conversation_id)?;
        let time = self.check_time(record, outcome.event_time)?;
        self.meet(&outcome.conversation_id, Input::Outcome(&outcome), record, out)?;
        self.tally.outcomes += 1;
        Ok(time)
    }

    /// min(event time, Kafka timestamp), or a refusal of what comes from the future.
    fn check_time(&self, record: &Record, event_time: Millis) -> Result<Millis, Problem> {
        let reference = record.timestamp.unwrap_or(self.shared.settings.started_at);
        if event_time > reference.saturating_add(limits::FUTURE_MS) {
            return Err(Problem {
                stage: "validate",
                error: format!(
                    "event_time is {} s ahead of the record's timestamp (at most {} s): check the sender's clock",
                    (event_time - reference) / 1000,
                    limits::FUTURE_MS / 1000
                ),
                field: Some("event_time".to_owned()),
            });
        }
        Ok(record.timestamp.map_or(event_time, |timestamp| event_time.min(timestamp)))
    }

    /// The conversation meets a record, under the acting policy and under each that watches. Errors: the acting one refuses
    /// it.
    fn meet(&mut self, id: &str, input: Input<'_>, record: &Record, out: &mut Outbox) -> Result<(), Problem> {
        self.shadows.take_over(id, &self.acting.store);
        let reading = OnceCell::new();
        let mut desk = Desk {
            shared: &self.shared,
            partition: self.partition,
            partition_time: self.standing.time.map_or(Millis::MIN, |(time, _)| time),
            tally: &mut self.tally,
            out,
        };
        let met = self.acting.meet(id, input, record.offset, &reading, &mut desk);
        self.shadows.meet(id, input, record.offset, &reading, &mut desk);
        let step = met?;
        if step.duplicate {
            self.tally.duplicates += 1;
            return Ok(());
        }
        self.tally.without_value(step.rules_without_value);
        if let (Input::Turn(turn), Some(observer), Some(after)) = (input, &self.observer, &step.after) {
            let (event_id, signals, partition) = (&turn.event_id, &step.signals, self.partition);
            let mut observe = observer.lock().unwrap_or_else(PoisonError::into_inner);
            let (combined, weighed_in) = (step.combined, step.weighed_in);
            observe(Observed {
                conversation_id: id,
                event_id,
                partition,
                signals,
                combined,
                weighed_in,
                after,
            });
        }
        Ok(())
    }

    /// The last moment that partition time has passed by more than the lateness: strictly.
    fn until(&self) -> Millis {
        self.partition_time().saturating_sub(self.shared.settings.lateness_ms).saturating_sub(1)
    }

    fn earliest_due(&self) -> Option<Millis> {
        self.acting.store.earliest_due().into_iter().chain(self.shadows.earliest_due()).min()
    }

    fn has_due(&self) -> bool {
        self.earliest_due().is_some_and(|due| due <= self.until())
    }

    /// Partition time, as far as everything is done that was due by then.
    fn settled_time(&self) -> Option<Millis> {
        let (time, _) = self.standing.time?;
        let left = self.earliest_due().filter(|_| self.behind);
        Some(left.map_or(time, |due| time.min(due.saturating_add(self.shared.settings.lateness_ms))))
    }

    /// Fires the timers that partition time has passed by more than the lateness, as many as the batch has room for.
    fn fire_due(&mut self, out: &mut Outbox) {
        let (until, partition_time) = (self.until(), self.partition_time());
        let mut desk = Desk {
            shared: &self.shared,
            partition: self.partition,
            partition_time,
            tally: &mut self.tally,
            out,
        };
        self.dirty |= self.acting.fire_due(until, &mut desk);
        self.dirty |= self.shadows.fire_due(until, &mut desk);
        self.behind = self.has_due();
    }

    fn dead_letter(&mut self, record: &Record, problem: &Problem, out: &mut Outbox) {
        let shared = &self.shared;
        let is_outcome = record.topic == Topic::Outcomes;
        let topic = if is_outcome { &shared.outcomes_name } else { &shared.turns_name };
        self.tally.dead_letter(problem.stage);
        self.standing.dead_in_a_row += 1;
        if self.standing.dead_in_a_row == shared.settings.dead_letter_alarm {
            tracing::error!(
                topic,
                partition = record.partition,
                offset = record.offset,
                in_a_row = self.standing.dead_in_a_row,
                "many dead letters in a row: is the sender's format right? (the partition goes on)"
            );
        }
        shared.stats.dead_in_a_row(self.partition, self.standing.dead_in_a_row);
        let fits = |value: &&[u8]| value.len() < shared.settings.record_bytes_max / 2;
        let letter = wire::dead_letter::DeadLetter {
            topic,
            partition: record.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key(),
            stage: problem.stage,
            error: &problem.error,
            field: problem.field.as_deref(),
            value: match shared.settings.dead_letter_values {
                DeadLetterValues::LeaveOut => None,
                DeadLetterValues::Include => record.value().filter(fits),
            },
        };
        let key = record.key().filter(|key| key.len() <= 4 * limits::ID_BYTES).unwrap_or_default();
        let format = shared.codec.formats.of(Topic::DeadLetters);
        out.push(Topic::DeadLetters, None, key, |bytes| format.write(&letter, bytes));
        self.dirty = true;
    }
}

fn terms(shared: &Shared, partition: i32) -> Option<&Terms> {
    shared.past.as_ref()?.get(&partition)
}

impl Drop for Conversations {
    fn drop(&mut self) {
        self.shared.stats.open_conversations.fetch_sub(self.counted_open, Relaxed);
        self.shared.stats.state_bytes.fetch_sub(self.counted_bytes, Relaxed);
        if self.standing.dead_in_a_row > 0 {
            self.shared.stats.dead_in_a_row(self.partition, 0);
        }
    }
}

/// The record's key must be the conversation id: the key is what keeps a conversation on one partition.
fn check_key(record: &Record, conversation_id: &str) -> Result<(), Problem> {
    if record.key() == Some(conversation_id.as_bytes()) {
        return Ok(());
    }
    let error = match record.key() {
        None => "the record has no key: send the conversation_id as key",
        Some(_) => "the record's key is not its conversation_id: send the conversation_id as key",
    };
    Err(Problem { stage: "validate", error: error.to_owned(), field: Some("key".to_owned()) })
}

impl Task for Conversations {
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Error> {
        if key == wire::partition::KEY {
            let Some(value) = value else { return Ok(()) };
            let record = wire::partition::decode(value).map_err(|problem| {
                Error::Fatal(format!("partition record of {}: {}", self.partition, problem.error))
            })?;
            self.standing.time =
                (record.partition_time != Millis::MIN).then_some((record.partition_time, record.clock));
            self.standing.told_time = record.told_time;
            self.standing.next = vec![record.next_turns, record.next_outcomes];
            self.standing.commit_number = record.commit_number;
            self.standing.recorded = true;
            self.standing.switches = record.switches;
            self.shadows.recorded(record.shadows);
            return Ok(());
        }
        match self.shadows.restore(key, value)? {
            Taken::Ours => Ok(()),
            Taken::NotOurs => self.acting.restore(key, value),
        }
    }

    fn restored(&mut self, _extra: &str) -> Result<Option<Resume>, Error> {
        self.committed = self.standing.clone();
        let next_turn = self.standing.next.first().filter(|_| self.standing.recorded);
        self.shadows.restored(next_turn.copied());
        self.behind = self.has_due();
        self.count_open();
        Ok(self
            .standing
            .recorded
            .then(|| Resume { next: self.standing.next.clone(), commit_number: self.standing.commit_number }))
    }

    fn can_resume(&mut self) -> bool {
        let Some(last) = self.standing.switches.last() else { return true };
        let (partition, policy, revision) = (self.partition, &last.policy, last.revision);
        match self.patience.ask(&self.shared.policies, last) {
            Heard::Known => true,
            Heard::NotYet => false,
            Heard::Unreadable => {
                tracing::error!(
                    partition,
                    policy,
                    revision,
                    "the policy that was in force is one that this version cannot use; going on with the newest that it can"
                );
                true
            }
            Heard::Gone => {
                tracing::error!(
                    partition,
                    policy,
                    revision,
                    "the policy that was in force is not in the topic of policies any more (was the topic deleted?); going on \
                     with the newest that is known"
                );
                true
            }
        }
    }

    fn begin(&mut self, next: impl FnOnce() -> Vec<i64>, out: &mut Outbox) {
        if terms(&self.shared, self.partition).is_some() {
            return;
        }
        let newest = self.shared.policies.newest();
        let noted = self.standing.switches.last();
        if self.behind && noted.is_some_and(|noted| self.in_force.is_noted_by(noted)) {
            // They are due by the policy in force. It gives way in a batch that leaves nothing to it if it is dropped.
            return self.fire_due(out);
        }
        let is_noted = noted.is_some_and(|noted| newest.is_noted_by(noted));
        if is_noted && Arc::ptr_eq(&newest, &self.in_force) {
            return;
        }
        if !is_noted {
            let note = newest.note(&next(), self.partition_time());
            // The first note is no news, and goes with the first commit.
            self.dirty |= noted.is_some_and(|noted| noted.policy != note.policy);
            let switches = &mut self.standing.switches;
            switches.push(note);
            switches.drain(..switches.len().saturating_sub(SWITCHES));
        }
        // A note that is only made again changes no timer.
        if !Arc::ptr_eq(&newest, &self.in_force) {
            self.adopt(newest);
        }
        // By the new policy they were due before.
        self.fire_due(out);
    }

    fn event_time(&self, record: &Record) -> Option<Millis> {
        codec::event_time(&self.shared.codec.reader, record.topic, record.value()?)
    }

    fn can_take(&self, record: &Record) -> bool {
        let fits = |value: &[u8]| value.len() <= self.shared.settings.record_bytes_max;
        record.value().is_none_or(|value| !fits(value) || self.shared.codec.reader.is_at_hand(value))
    }

    fn take(&mut self, record: &Record, clock: Millis, out: &mut Outbox) {
        self.dirty = true;
        if let Some(terms) = terms(&self.shared, self.partition) {
            let term = terms.at(record);
            self.come_to(term, clock, out);
        }
        let max = self.shared.settings.record_bytes_max;
        let taken = match record.value() {
            None => Err(Problem {
                stage: "decode",
                error: "a tombstone: this topic is not compacted, send a turn with `ended` instead"
                    .to_owned(),
                field: None,
            }),
            Some(value) if value.len() > max => Err(Problem {
                stage: "size",
                error: format!("the record has {} bytes (at most {max})", value.len()),
                field: None,
            }),
            Some(value) if record.topic == Topic::Outcomes => self.take_outcome(record, value, out),
            Some(value) => self.take_turn(record, value, out),
        };
        match taken {
            Ok(time) => {
                if std::mem::take(&mut self.standing.dead_in_a_row) > 0 {
                    self.shared.stats.dead_in_a_row(self.partition, 0);
                }
                self.move_time(time, clock);
            }
            Err(problem) => self.dead_letter(record, &problem, out),
        }
        self.fire_due(out);
    }

    fn advance(&mut self, to: Millis, clock: Millis, out: &mut Outbox) {
        if let Some(terms) = terms(&self.shared, self.partition) {
            let term = terms.by(to);
            self.come_to(term, clock, out);
        }
        self.move_time(to, clock);
        self.fire_due(out);
        if self.wants_time(self.partition_time()) {
            self.dirty = true; // at least the time must be told
        }
    }

    fn time(&self) -> Option<(Millis, Millis)> {
        self.standing.time
    }

    fn wants_time(&self, to: Millis) -> bool {
        let tell = to.saturating_sub(self.standing.told_time) >= self.shared.settings.tell_time_every_ms;
        tell || self
            .earliest_due()
            .is_some_and(|due| to.saturating_sub(self.shared.settings.lateness_ms) > due)
    }

    fn wants_word(&self, clock: Millis) -> bool {
        let is_due = |at| clock - at >= self.shared.settings.tell_time_every_ms;
        self.standing.time.is_none() && self.standing.empty_at.is_none_or(is_due)
    }

    fn found_empty(&mut self, clock: Millis) {
        self.standing.empty_at = Some(clock);
        self.dirty = true; // it must be told
    }

    fn is_behind(&self) -> bool {
        self.behind
    }

    fn is_dirty(&self) -> bool {
        self.dirty || self.behind || self.shadows.has_gone()
    }

    fn seal(&mut self, next: &[i64], commit_number: u64, out: &mut Outbox) {
        let partition = Some(self.partition);
        for (key, packed) in self.acting.store.staged() {
            match packed {
                Some(packed) => {
                    out.push(Topic::Changelog, partition, key, |bytes| bytes.extend_from_slice(packed));
                }
                None => out.push_tombstone(Topic::Changelog, partition, key),
            }
        }
        let shadows = self.shadows.seal(self.partition, out);
        if let Some(time) = self.settled_time() {
            let told =
                time.saturating_sub(self.standing.told_time) >= self.shared.settings.tell_time_every_ms;
            let tell = if told { Tell::All } else { Tell::Touched };
            out.note_time(self.partition, PartitionTime::At(time), tell);
            if told {
                self.standing.told_time = time;
            }
        } else if let Some(at) = self.standing.empty_at
            && self.committed.empty_at != Some(at)
        {
            out.note_time(self.partition, PartitionTime::NoneAt(at), Tell::All);
        }
        self.standing.next = next.to_vec();
        self.standing.commit_number = commit_number;
        self.standing.recorded = true;
        let (partition_time, clock) = self.standing.time.unwrap_or((Millis::MIN, 0));
        let record = PartitionRecord {
            partition_time,
            clock,
            next_turns: next.first().copied().unwrap_or(0),
            next_outcomes: next.get(1).copied().unwrap_or(0),
            commit_number,
            policy_version: self.in_force.policy.version.clone(),
            told_time: self.standing.told_time,
            switches: self.standing.switches.clone(),
            shadows,
        };
        out.push(Topic::Changelog, partition, wire::partition::KEY, |bytes| {
            wire::partition::encode(&record, bytes)
        });
    }

    fn commit(&mut self) {
        self.standing.tell_switch(&self.committed, self.partition);
        self.acting.store.commit();
        self.shadows.commit();
        self.tally.publish(&self.shared.stats, &self.acting.policy.rules);
        self.count_open();
        self.committed = self.standing.clone();
        self.dirty = false;
    }

    fn rollback(&mut self) {
        self.acting.rollback();
        self.shadows.rollback();
        if self.standing.dead_in_a_row != self.committed.dead_in_a_row {
            self.shared.stats.dead_in_a_row(self.partition, self.committed.dead_in_a_row);
        }
        // With the note of a switch: the next batch makes it again.
        self.standing = self.committed.clone();
        self.tally.forget();
        self.dirty = false;
        self.behind = self.has_due();
    }

    fn seen(&self, conversation_id: &str) -> Option<Seen> {
        let conversation = self.acting.store.committed(conversation_id.as_bytes())?;
        Some(Seen { partition: self.partition, conversation })
    }
}

#[cfg(test)]
mod tests;
