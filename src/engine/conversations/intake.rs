//! How a partition of conversations takes a record in: read, checked, met by its conversation; or refused, and a dead letter.

use std::cell::OnceCell;
use std::sync::PoisonError;

use super::judge::Desk;
use super::{Conversations, Observed};
use crate::domain::ids::Millis;
use crate::domain::{Input, limits};
use crate::engine::outbox::Outbox;
use crate::engine::port::{Record, Topic};
use crate::engine::settings::DeadLetterValues;
use crate::wire::{self, Problem};

impl Conversations {
    /// A turn or an outcome. Moves partition time, but for one that is refused.
    pub(super) fn take_in(&mut self, record: &Record, clock: Millis, out: &mut Outbox) {
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
