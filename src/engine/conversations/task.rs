//! The partition of conversations as the loop sees it: restored, fed, sealed, committed or rolled back.

use std::sync::Arc;

use super::shadows::Taken;
use super::{Conversations, terms};
use crate::domain::ids::Millis;
use crate::engine::codec;
use crate::engine::error::Error;
use crate::engine::outbox::{Outbox, Tell};
use crate::engine::policies::{Heard, SWITCHES};
use crate::engine::port::{Record, Topic};
use crate::engine::task::{Resume, Task};
use crate::engine::view::Seen;
use crate::wire;
use crate::wire::delta::PartitionTime;
use crate::wire::partition::PartitionRecord;

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
        self.take_in(record, clock, out);
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
