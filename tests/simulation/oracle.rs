//! What must come out, from the input alone: a straight fold over each partition. No store, no lane, no worker.
//!
//! Order: of a partition's turns and outcomes the one with the smaller event time comes next (equal: turns first); one
//! without a readable time comes at once. Partition time is the largest min(event time, Kafka timestamp) of what was taken.
//! A conversation's timer due at d fires before its first record with an event time after d, or when partition time
//! passes d + lateness. At the end of the input every partition moves to the same time.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use segue::domain::conversation::Conversation;
use segue::domain::decision::Mode;
use segue::domain::ids::Millis;
use segue::domain::measure::Measure;
use segue::domain::policy::Policy;
use segue::domain::{self, Context, Effect, Input, limits};
use segue::engine::port::{Record, Topic};
use segue::wire::partition::Switch;
use segue::wire::{self, Problem};

/// What the fold needs to know of the settings.
pub struct Rules<'a> {
    /// Of each partition: who judged from where on.
    pub acting: &'a BTreeMap<i32, Vec<Reign>>,
    pub shadow: Option<&'a Policy>,
    pub lateness_ms: Millis,
    pub record_bytes_max: usize,
}

/// A policy, and the note of where it came into force.
pub struct Reign {
    pub since: Switch,
    pub policy: Arc<Policy>,
}

/// The inputs of one partition, each in offset order.
pub struct Inputs {
    pub turns: Vec<Record>,
    pub outcomes: Vec<Record>,
}

/// Where a dead letter's record lies, and the stage: topic, partition, offset, stage.
pub type Refused = (String, i32, i64, String);

/// Everything that must be seen in the end.
#[derive(Debug, Default)]
pub struct Expected {
    /// Whole values by conversation, in order.
    pub events: BTreeMap<String, Vec<Vec<u8>>>,
    /// What the shadow policy would have published.
    pub shadow_events: BTreeMap<String, Vec<Vec<u8>>>,
    pub summaries: BTreeMap<String, Vec<Vec<u8>>>,
    pub refused: Vec<Refused>,
    pub measures: Vec<Measure>,
    /// Values of the changelog by partition and key.
    pub states: BTreeMap<(i32, String), Vec<u8>>,
    /// Partition time at the end; `None` if there was no record in the whole input.
    pub time: Option<Millis>,
}

/// Folds all partitions. `at_least`: where live partitions stand already, moved there by the clock.
pub fn expect(inputs: &[Inputs], rules: &Rules<'_>, at_least: Option<Millis>) -> Expected {
    let mut expected = Expected::default();
    let mut folds = Vec::new();
    for (partition, inputs) in (0..).zip(inputs) {
        let mut fold =
            Fold { rules, partition, reign: 0, acting: BTreeMap::new(), shadow: BTreeMap::new(), time: None };
        for record in in_order(inputs) {
            let has_begun = |reign: &Reign| {
                let Switch { next_turns, next_outcomes, .. } = reign.since;
                record.offset >= if record.topic == Topic::Turns { next_turns } else { next_outcomes }
            };
            fold.switch_while(has_begun, &mut expected);
            fold.take(record, &mut expected);
        }
        fold.switch_while(|_| true, &mut expected);
        folds.push(fold);
    }
    expected.time = folds.iter().filter_map(|fold| fold.time).chain(at_least).max();
    for mut fold in folds {
        fold.move_time(expected.time, &mut expected);
        let packed = |conversation: &Conversation| {
            let mut bytes = Vec::new();
            wire::conversation::encode(conversation, &mut bytes);
            bytes
        };
        for (id, conversation) in fold.acting {
            expected.states.insert((fold.partition, id), packed(&conversation));
        }
        for (id, conversation) in fold.shadow {
            let print = rules.shadow.map(wire::shadow::print).unwrap_or_default();
            let key = wire::shadow::key(print, id.as_bytes());
            let mut value = Vec::new();
            wire::shadow::put(&packed(&conversation), &mut value);
            expected.states.insert((fold.partition, String::from_utf8_lossy(&key).into_owned()), value);
        }
    }
    expected.refused.sort();
    expected
}

fn in_order(inputs: &Inputs) -> impl Iterator<Item = &Record> {
    let (mut turns, mut outcomes) = (inputs.turns.iter().peekable(), inputs.outcomes.iter().peekable());
    let turn_time =
        |record: &Record| record.value().and_then(wire::turn::peek_event_time).unwrap_or(Millis::MIN);
    let outcome_time =
        |record: &Record| record.value().and_then(wire::outcome::peek_event_time).unwrap_or(Millis::MIN);
    std::iter::from_fn(move || match (turns.peek(), outcomes.peek()) {
        (Some(turn), Some(outcome)) if outcome_time(outcome) < turn_time(turn) => outcomes.next(),
        (Some(_), _) => turns.next(),
        (None, _) => outcomes.next(),
    })
}

struct Fold<'a> {
    rules: &'a Rules<'a>,
    partition: i32,
    /// Position of the one that judges.
    reign: usize,
    acting: BTreeMap<String, Box<Conversation>>,
    shadow: BTreeMap<String, Box<Conversation>>,
    time: Option<Millis>,
}

impl Fold<'_> {
    /// Those that have begun judge from here on; what was due before is the business of who judged before.
    fn switch_while(&mut self, has_begun: impl Fn(&Reign) -> bool, expected: &mut Expected) {
        let reigns = &self.rules.acting[&self.partition];
        while let Some(next) = reigns.get(self.reign + 1).filter(|next| has_begun(next)) {
            self.move_time(Some(next.since.time), expected);
            self.reign += 1;
            self.move_time(None, expected);
        }
    }

    fn take(&mut self, record: &Record, expected: &mut Expected) {
        match self.try_take(record, expected) {
            Ok(time) => self.move_time(Some(time), expected),
            Err(stage) => {
                let topic = record.topic.default_name().to_owned();
                expected.refused.push((topic, record.partition, record.offset, stage.to_owned()));
            }
        }
    }

    /// The time that the record moves the partition to, or the stage that refuses it.
    fn try_take(&mut self, record: &Record, expected: &mut Expected) -> Result<Millis, &'static str> {
        let value = record.value().ok_or("decode")?;
        if value.len() > self.rules.record_bytes_max {
            return Err("size");
        }
        let stage = |problem: Problem| problem.stage;
        if record.topic == Topic::Turns {
            let turn = wire::turn::decode(value).map_err(stage)?;
            self.meet(record, &turn.conversation_id, turn.event_time, Input::Turn(&turn), expected)
        } else {
            let outcome = wire::outcome::decode(value).map_err(stage)?;
            self.meet(
                record,
                &outcome.conversation_id,
                outcome.event_time,
                Input::Outcome(&outcome),
                expected,
            )
        }
    }

    fn meet(
        &mut self,
        record: &Record,
        id: &str,
        at: Millis,
        input: Input<'_>,
        expected: &mut Expected,
    ) -> Result<Millis, &'static str> {
        let timestamp = record.timestamp.expect("the broker gives every record one");
        if record.key() != Some(id.as_bytes()) || at > timestamp + limits::FUTURE_MS {
            return Err("validate");
        }
        // What the shadow refuses is nobody's business.
        let _refused = self.meet_in(Mode::Shadow, record, id, at, input, expected);
        self.meet_in(Mode::Live, record, id, at, input, expected)?;
        Ok(at.min(timestamp))
    }

    fn meet_in(
        &mut self,
        mode: Mode,
        record: &Record,
        id: &str,
        at: Millis,
        input: Input<'_>,
        expected: &mut Expected,
    ) -> Result<(), &'static str> {
        while let Some(due) = self.due(mode, id).filter(|due| *due < at) {
            self.step(mode, id, Input::Timer(due), None, expected)?;
        }
        self.step(mode, id, input, Some(record.offset), expected)
    }

    fn policy(&self, mode: Mode) -> Option<&Policy> {
        match mode {
            Mode::Live => Some(&self.rules.acting[&self.partition][self.reign].policy),
            Mode::Shadow => self.rules.shadow,
        }
    }

    fn talks(&mut self, mode: Mode) -> &mut BTreeMap<String, Box<Conversation>> {
        match mode {
            Mode::Live => &mut self.acting,
            Mode::Shadow => &mut self.shadow,
        }
    }

    fn due(&mut self, mode: Mode, id: &str) -> Option<Millis> {
        let waits = self.talks(mode).get(id)?.waits();
        domain::next_due(waits, self.policy(mode)?)
    }

    fn step(
        &mut self,
        mode: Mode,
        id: &str,
        input: Input<'_>,
        offset: Option<i64>,
        expected: &mut Expected,
    ) -> Result<(), &'static str> {
        let before = self.talks(mode).get(id).cloned();
        let rules = self.rules;
        let policy = match mode {
            Mode::Live => &*rules.acting[&self.partition][self.reign].policy,
            Mode::Shadow => match rules.shadow {
                Some(shadow) => shadow,
                None => return Ok(()),
            },
        };
        let context = Context {
            policy,
            mode,
            reading: &OnceCell::new(),
            partition: self.partition,
            offset,
            partition_time: self.time.unwrap_or(Millis::MIN),
            lateness_ms: self.rules.lateness_ms,
        };
        let (after, effects, verdict): (_, _, Result<(), &str>) =
            match domain::step(id, before, input, context) {
                Ok(step) => (step.after, step.effects, Ok(())),
                Err(refusal) => (self.talks(mode).remove(id), Vec::new(), Err(refusal.stage)),
            };
        match after {
            Some(after) => _ = self.talks(mode).insert(id.to_owned(), after),
            None => _ = self.talks(mode).remove(id),
        }
        for effect in effects {
            let mut bytes = Vec::new();
            match effect {
                Effect::Handoff(event) => {
                    wire::handoff::encode(&event, Some(Topic::Turns.default_name()), &mut bytes);
                    let events = match mode {
                        Mode::Live => &mut expected.events,
                        Mode::Shadow => &mut expected.shadow_events,
                    };
                    events.entry(id.to_owned()).or_default().push(bytes);
                }
                Effect::Summary(row) => {
                    wire::summary::encode(&row, &mut bytes);
                    expected.summaries.entry(id.to_owned()).or_default().push(bytes);
                }
                Effect::Measure(measure) => expected.measures.push(measure),
            }
        }
        verdict
    }

    /// Partition time never goes back; every timer it passes by more than the lateness fires, the earliest first.
    fn move_time(&mut self, to: Option<Millis>, expected: &mut Expected) {
        self.time = self.time.max(to);
        let Some(time) = self.time else { return };
        loop {
            let ids = [(Mode::Live, &self.acting), (Mode::Shadow, &self.shadow)]
                .map(|(mode, talks)| talks.keys().map(|id| (mode, id.clone())).collect::<Vec<_>>())
                .concat();
            let due = ids.into_iter().filter_map(|(mode, id)| Some((self.due(mode, &id)?, id, mode)));
            let next =
                due.min_by(|(one, one_id, _), (other, other_id, _)| (one, one_id).cmp(&(other, other_id)));
            let lateness_ms = self.rules.lateness_ms;
            let Some((due, id, mode)) = next.filter(|(due, ..)| time > due.saturating_add(lateness_ms))
            else {
                return;
            };
            if self.step(mode, &id, Input::Timer(due), None, expected).is_err() {
                return;
            }
        }
    }
}
