//! The records of one conversation, picked out of everything that was read, and what the rest says: how time went on.
//!
//! Source of truth for: what is reproduced, and in which order. Invariant: records of an input stand in the order in which
//! they lie there.
//!
//! Of the heads of two inputs the engine takes the one with the smaller event time. So a record is taken when the other
//! input has got past the largest event time up to and including it in its own: that decides the order of a few records as if
//! all were there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::app::replay_files::{InOrder, Lines, Progress, shown};
use crate::domain::ids::Millis;
use crate::domain::limits::FUTURE_MS;
use crate::domain::rule::nearest::nearest;
use crate::engine::port::{Record, Topic};
use crate::wire::{self, Problem};

/// Other ids that are kept to find the nearest one.
const IDS: usize = 10_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Records {
    pub conversation_id: String,
    /// Of the input; 0 in a file.
    pub partition: i32,
    /// Of both inputs, each in its order.
    pub own: Vec<Record>,
    /// Of each of them: how far its input had got with it, and the time before it.
    places: BTreeMap<(Topic, i64), Step>,
    /// How each input went on, as often as it did.
    steps: BTreeMap<Topic, Vec<Step>>,
    /// Records looked at, by input.
    pub scanned: BTreeMap<Topic, u64>,
    others: BTreeSet<String>,
    /// Lines that are no record, and the first of them with the reason: ours may be among them.
    pub unreadable: Option<(u64, String)>,
    /// What else casts doubt on what was read, in sentences.
    pub doubts: Vec<String>,
}

/// How far an input has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// The largest event time so far.
    leading: Millis,
    /// What it makes partition time: what comes from the future moves nothing.
    time: Millis,
}

/// Before the first record.
const NOWHERE: Step = Step { leading: Millis::MIN, time: Millis::MIN };

impl Records {
    pub fn new(conversation_id: &str) -> Records {
        Records { conversation_id: conversation_id.to_owned(), ..Records::default() }
    }

    /// Turns to another partition: its time is its own. What was looked at stays counted.
    pub fn begin(&mut self, partition: i32) {
        self.partition = partition;
        self.steps.clear();
    }

    /// Takes a look at a record: `id` is whose it is, if that can be read, and `event_time` when it happened. `now` is
    /// what a record without a Kafka timestamp is compared with. True if it is ours.
    pub fn look(
        &mut self,
        record: Record,
        id: Option<&[u8]>,
        event_time: Option<Millis>,
        now: Millis,
    ) -> bool {
        let topic = record.topic;
        *self.scanned.entry(topic).or_default() += 1;
        let steps = self.steps.entry(topic).or_default();
        let before = steps.last().copied().unwrap_or(NOWHERE);
        let time = event_time.and_then(|event_time| {
            let is_future = event_time > record.timestamp.unwrap_or(now).saturating_add(FUTURE_MS);
            (!is_future).then(|| record.timestamp.map_or(event_time, |timestamp| event_time.min(timestamp)))
        });
        let here = Step {
            leading: event_time.map_or(before.leading, |event_time| event_time.max(before.leading)),
            time: time.map_or(before.time, |time| time.max(before.time)),
        };
        if here != before {
            steps.push(here);
        }
        let is_ours = id == Some(self.conversation_id.as_bytes());
        if is_ours {
            self.places.insert((topic, record.offset), Step { time: before.time, ..here });
            self.own.push(record);
        } else if let Some(id) = id.filter(|_| self.others.len() < IDS) {
            self.others.insert(String::from_utf8_lossy(id).into_owned());
        }
        is_ours
    }

    /// What decides when one of ours is taken.
    pub fn order(&self, record: &Record) -> Option<Millis> {
        self.places.get(&(record.topic, record.offset)).map(|place| place.leading)
    }

    /// Partition time before one of ours, as both inputs have moved it; `None` before the first record.
    pub fn time_before(&self, record: &Record) -> Option<Millis> {
        let place = self.places.get(&(record.topic, record.offset))?;
        let others = self.steps.iter().filter(|(topic, _)| **topic != record.topic).map(|(_, steps)| {
            // Of equal times the turns come first.
            let goes_second = record.topic == Topic::Outcomes;
            let taken = steps.partition_point(|step| {
                step.leading < place.leading || goes_second && step.leading == place.leading
            });
            steps[..taken].last().unwrap_or(&NOWHERE).time
        });
        others.chain([place.time]).max().filter(|time| *time > NOWHERE.time)
    }

    /// Where partition time stands at the end of everything.
    pub fn horizon(&self) -> Option<Millis> {
        let ends = self.steps.values().filter_map(|steps| steps.last()).map(|step| step.time);
        ends.max().filter(|time| *time > NOWHERE.time)
    }

    /// The partition's time went on to `time` in the end, as something else shows.
    pub fn reach(&mut self, time: Millis) {
        let time = self.horizon().map_or(time, |horizon| horizon.max(time));
        self.steps.entry(Topic::Turns).or_default().push(Step { leading: Millis::MAX, time });
    }

    /// The first turn that is ours.
    pub fn first_turn(&self) -> Option<&Record> {
        self.own.iter().find(|record| record.topic == Topic::Turns)
    }

    /// Says that the conversation is not there, and which one may have been meant. `within`: what was looked at.
    pub fn unknown(&self, within: &str) -> String {
        let count = |topic| self.scanned.get(&topic).copied().unwrap_or(0);
        let id = &self.conversation_id;
        let mut text = format!(
            "{id}: no turn of this conversation in {within} ({} turns and {} outcomes were looked at)",
            count(Topic::Turns),
            count(Topic::Outcomes)
        );
        if let Some(near) = nearest(id, self.others.iter().map(String::as_str)) {
            text.push_str(&format!("; did you mean {near}?"));
        }
        if let Some((lines, first)) = &self.unreadable {
            text.push_str(&format!("; {lines} line(s) could not be read, the first: {first}"));
        }
        text
    }
}

/// Reads the conversation from files of JSON lines; a line's offset is its number. `now`: our clock. Errors: a file cannot
/// be read.
pub fn from_files(
    conversation_id: &str,
    turns: &Path,
    outcomes: Option<&Path>,
    now: Millis,
) -> Result<Records, String> {
    let mut records = Records::new(conversation_id);
    read(&mut records, Topic::Turns, turns, now, |line| {
        let turn = wire::turn::decode(line)?;
        Ok((turn.conversation_id.into_owned(), turn.event_time))
    })?;
    if let Some(outcomes) = outcomes {
        read(&mut records, Topic::Outcomes, outcomes, now, |line| {
            let outcome = wire::outcome::decode(line)?;
            Ok((outcome.conversation_id.into_owned(), outcome.event_time))
        })?;
    }
    Ok(records)
}

fn read(
    records: &mut Records,
    topic: Topic,
    file: &Path,
    now: Millis,
    decode: impl Fn(&[u8]) -> Result<(String, Millis), Problem>,
) -> Result<(), String> {
    let mut lines = Lines::open(file)?;
    let name = shown(file);
    let progress = Progress::bytes("reading", lines.total());
    let (mut line, mut order) = (Vec::new(), InOrder::at(now));
    while let Some(number) = lines.next_into(&mut line)? {
        progress.set(lines.bytes());
        match decode(&line) {
            Ok((id, event_time)) => {
                order.meet(number, event_time);
                let id = id.as_bytes();
                let record = Record::new(topic, 0, number as i64, None, Some(id), Some(&line));
                records.look(record, Some(id), Some(event_time), now);
            }
            Err(problem) => {
                let first = || (0, format!("{name}:{number}: {}", problem.error));
                records.unreadable.get_or_insert_with(first).0 += 1;
            }
        }
    }
    progress.finish();
    records.doubts.extend(order.doubt(file));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(topic: Topic, offset: i64, timestamp: Option<Millis>) -> Record {
        Record::new(topic, 0, offset, timestamp, None, Some(b"{}"))
    }

    #[test]
    fn time_before_a_record_is_what_others_made_it_and_the_future_moves_nothing() {
        let mut records = Records::new("c-1");
        let now = 1_000_000;
        for (offset, id, event_time, timestamp) in [
            (0, "c-1", 10, None),
            (1, "c-2", 500, None),
            (2, "c-2", 700, Some(600)),
            (3, "c-2", now + FUTURE_MS + 1, None),
            (4, "c-1", 20, None),
        ] {
            records.look(record(Topic::Turns, offset, timestamp), Some(id.as_bytes()), Some(event_time), now);
        }
        records.look(record(Topic::Outcomes, 0, None), Some(b"c-1"), Some(650), now);
        let order: Vec<Option<Millis>> = records.own.iter().map(|own| records.order(own)).collect();
        assert_eq!(order, [Some(10), Some(now + FUTURE_MS + 1), Some(650)]);
        let before: Vec<Option<Millis>> = records.own.iter().map(|own| records.time_before(own)).collect();
        assert_eq!((before, records.horizon()), (vec![None, Some(650), Some(500)], Some(650)));
    }

    #[test]
    fn an_unknown_conversation_is_told_with_the_nearest_one() {
        let mut records = Records::new("c-1O01");
        for (offset, id) in ["c-1001", "x"].into_iter().enumerate() {
            records.look(record(Topic::Turns, offset as i64, None), Some(id.as_bytes()), None, 0);
        }
        let said = records.unknown("turns.jsonl");
        assert_eq!(
            said,
            "c-1O01: no turn of this conversation in turns.jsonl (2 turns and 0 outcomes were looked at); \
             did you mean c-1001?"
        );
    }
}
