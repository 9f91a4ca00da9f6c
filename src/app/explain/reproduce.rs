//! One conversation's records through the engine once more, and what each of them did.
//!
//! 1. the records of both inputs are taken in the order in which the engine takes them
//! 2. before each, partition time is what everything that was read before it made it
//! 3. what it causes is read from the outbox, what the triggers said from the observer, the state from the task
//! 4. where another policy came into force, it judges from there on
//! 5. at the end partition time moves to the end of everything that was read
//!
//! Invariant: nothing is decided here. Rules are read again with the values that they had, and change nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::history::{Cause, Did, End, Event, Heard, History, Moment, RuleHeard, Wait, Words};
use super::records::Records;
use super::verdict::{Case, judge};
use crate::domain::conversation::{Conversation, EndKind, Phase};
use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::domain::rule::View;
use crate::domain::turn::{Role, Turn};
use crate::engine::conversations::{Conversations, Observed, Observer, Shared};
use crate::engine::lane::Lane;
use crate::engine::outbox::Outbox;
use crate::engine::port::{Record, Topic, Topology};
use crate::engine::task::Task;
use crate::engine::terms::Terms;
use crate::wire;

/// Takes the records through the engine. Shared must write JSON.
pub fn reproduce(records: &Records, shared: Shared, terms: &Terms) -> History {
    let shared = Arc::new(shared);
    let heard: Arc<Mutex<Option<Said>>> = Arc::default();
    let mut run = Run {
        task: Conversations::new(records.partition, shared.clone(), Some(observer(heard.clone()))),
        shared,
        heard,
        terms,
        out: Outbox::new(Vec::new()),
        id: records.conversation_id.clone(),
        words: BTreeMap::new(),
        state: None,
        history: History::default(),
    };
    let mut lane = lane(records);
    while let Some(record) = lane.take(|record| records.order(record)) {
        run.advance(records.time_before(&record));
        run.take(&record);
    }
    run.advance(records.horizon());
    run.finish(records.horizon())
}

/// What was said at a turn: by the triggers, and by the combination.
#[derive(Clone)]
struct Said {
    signals: Vec<Signal>,
    combined: Option<f64>,
}

fn observer(heard: Arc<Mutex<Option<Said>>>) -> Observer {
    Arc::new(Mutex::new(move |seen: Observed<'_>| {
        let said = Said { signals: seen.signals.to_vec(), combined: seen.combined };
        *heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
    }))
}

/// Both inputs as a partition that is read from its beginning.
fn lane(records: &Records) -> Lane {
    let inputs = Topology::Conversations.inputs();
    let mut lane = Lane::new(inputs);
    for &topic in inputs {
        let last = records.own.iter().rev().find(|record| record.topic == topic);
        lane.start(topic, 0, last.map_or(0, |last| last.offset + 1));
    }
    records.own.iter().for_each(|record| lane.push(record.clone()));
    lane
}

struct Run<'t> {
    task: Conversations,
    shared: Arc<Shared>,
    terms: &'t Terms,
    /// What the triggers said at the last turn that was taken.
    heard: Arc<Mutex<Option<Said>>>,
    out: Outbox,
    id: String,
    /// Who said what, by event id.
    words: BTreeMap<String, Words>,
    /// As it stood after the last moment; `None`: not begun, or forgotten.
    state: Option<Box<Conversation>>,
    history: History,
}

/// What came out of a step: hand-off events, and why a record could not be taken.
#[derive(Default)]
struct Written {
    events: Vec<Value>,
    refused: Option<String>,
}

impl Run<'_> {
    fn advance(&mut self, to: Option<Millis>) {
        if let Some(to) = to {
            self.task.advance(to, to, &mut self.out);
            let written = self.settle();
            self.timers(&written.events);
        }
    }

    /// Empties the outbox and looks at the state.
    fn settle(&mut self) -> Written {
        self.task.commit();
        let mut written = Written::default();
        for record in self.out.records() {
            let Some(json) = record.value.and_then(|value| serde_json::from_slice::<Value>(value).ok())
            else {
                continue;
            };
            match record.topic {
                Topic::Events => written.events.push(json),
                Topic::DeadLetters => {
                    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
                    written.refused = Some(format!("{} ({})", text("error"), text("stage")));
                }
                Topic::Summaries => self.history.end = end(&json),
                Topic::Turns
                | Topic::Outcomes
                | Topic::Metrics
                | Topic::Shadow
                | Topic::Policies
                | Topic::Changelog
                | Topic::Deltas => {}
            }
        }
        self.out.clear();
        self.state = self.task.seen(&self.id).map(|seen| seen.conversation);
        written
    }

    fn take(&mut self, record: &Record) {
        let before = self.state.clone();
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.task.take(record, 0, &mut self.out);
        let written = self.settle();
        let said = self.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Timers that were due before the record, or are due since, are moments of their own.
        let by_record = |event: &Value| event["trigger_event_id"].is_string();
        let first = written.events.iter().position(by_record).unwrap_or(written.events.len());
        self.timers(&written.events[..first]);
        let (own, after): (Vec<Value>, Vec<Value>) =
            written.events[first..].iter().cloned().partition(by_record);
        self.moment(record, before.as_deref(), &own, said, written.refused);
        self.timers(&after);
    }

    fn moment(
        &mut self,
        record: &Record,
        before: Option<&Conversation>,
        events: &[Value],
        said_here: Option<Said>,
        refused: Option<String>,
    ) {
        let shared = self.shared.clone();
        let mut scratch = Vec::new();
        let json = record.value().and_then(|value| shared.codec.reader.document(value, &mut scratch).ok());
        let turn = json
            .as_ref()
            .filter(|_| record.topic == Topic::Turns)
            .and_then(|document| wire::turn::decode(document.json).ok());
        let outcome = json
            .as_ref()
            .filter(|_| record.topic == Topic::Outcomes)
            .and_then(|document| wire::outcome::decode(document.json).ok());
        let state = self.state.clone();
        let (cause, at) = match (&turn, &outcome) {
            (Some(turn), _) => {
                if let Some(refused) = &refused {
                    let (id, at) = (&turn.event_id, record.offset);
                    self.history.refused.push(format!("turn {id} (at {at}) was not taken: {refused}"));
                } else {
                    self.note_wait(before, turn.event_time);
                }
                let words = said(turn, state.as_deref());
                self.words.entry(words.event_id.clone()).or_insert_with(|| words.clone());
                let cause = Cause::Turn {
                    words,
                    offset: record.offset,
                    turn_seq: turn.turn_seq,
                    confidence: turn.confidence,
                    intent: state.as_ref().and_then(|state| state.profile.intent.clone()),
                };
                (cause, turn.event_time)
            }
            (None, Some(outcome)) => (
                Cause::Outcome {
                    event_id: outcome.event_id.to_string(),
                    offset: record.offset,
                    outcome: outcome.kind.name(),
                },
                outcome.event_time,
            ),
            (None, None) => {
                (Cause::Unreadable { offset: record.offset }, record.timestamp.unwrap_or_default())
            }
        };
        let events = self.events(events);
        let combined = said_here.as_ref().and_then(|said| said.combined);
        let signals = said_here.map(|said| said.signals);
        let policy = &self.terms.all()[self.terms.at(record)].in_force.policy;
        let together = combined.and_then(|strength| policy.combination.decision(strength));
        let together = together.map(|(decision, _)| decision);
        let case = Case {
            combined,
            together,
            turn: turn.as_ref(),
            before,
            after: state.as_deref(),
            signals: signals.as_deref(),
            events: &events,
            refused: refused.as_deref(),
        };
        let (did, why) = judge(&case);
        let rules = if let (Some(turn), Some(state), Some(signals)) = (&turn, &state, &signals) {
            rules(turn, state, signals, &events, policy)
        } else {
            Vec::new()
        };
        let heard = signals.unwrap_or_default();
        let signals = heard.iter().map(|signal| Heard::of(signal, |id| self.words(id))).collect();
        let phase = |state: Option<&Conversation>| state.map_or(Phase::Ai, |state| state.phase).name();
        self.history.moments.push(Moment {
            at,
            cause,
            signals,
            combined,
            combined_decision: together.map(Decision::name),
            rules,
            did,
            why,
            phase_before: phase(before),
            phase: phase(state.as_deref()),
            episode: state.as_ref().map_or(1, |state| state.episode),
            events,
        });
    }

    /// Each event of a timer is a moment.
    fn timers(&mut self, events: &[Value]) {
        for json in events {
            for event in self.events(std::slice::from_ref(json)) {
                let last = self.history.moments.last();
                let phase_before = last.map_or(Phase::Ai.name(), |last| last.phase);
                let (did, phase) = match event.kind.as_str() {
                    "requested" => (Did::HandOff, Phase::Requested),
                    "offered" => (Did::Offer, Phase::Offered),
                    "unanswered" => (Did::None, Phase::Requested),
                    _ => (Did::None, Phase::Ended),
                };
                let why = match did {
                    Did::HandOff | Did::Offer => "the customer waited and nobody answered".to_owned(),
                    Did::Hold | Did::Observe | Did::None | Did::Refuse | Did::Duplicate => {
                        match &event.note {
                            Some(note) => format!("{}: {note}", event.kind),
                            None => format!("{}: nobody took the hand-off in time", event.kind),
                        }
                    }
                };
                let signals = if event.is_decision() { event.reasons.clone() } else { Vec::new() };
                self.history.moments.push(Moment {
                    at: event.event_time,
                    cause: Cause::Timer,
                    signals,
                    combined: None,
                    combined_decision: None,
                    rules: Vec::new(),
                    did,
                    why,
                    phase_before,
                    phase: phase.name(),
                    episode: event.episode,
                    events: vec![event],
                });
            }
        }
    }

    fn events(&mut self, events: &[Value]) -> Vec<Event> {
        self.history.published.extend(events.iter().cloned());
        events.iter().filter_map(|event| Event::of(event, |id| self.words(id))).collect()
    }

    /// Who said what at a turn.
    fn words(&self, event_id: &str) -> Words {
        let unknown = || Words { event_id: event_id.to_owned(), role: None, text: None };
        self.words.get(event_id).cloned().unwrap_or_else(unknown)
    }

    /// The customer has waited until `at`, as `no_response` counts: since a tool was last called, or a person gave the
    /// conversation back.
    fn note_wait(&mut self, before: Option<&Conversation>, at: Millis) {
        let Some(state) = before else { return };
        let Some(since) = state.waiting_since.filter(|_| matches!(state.phase, Phase::Ai | Phase::Offered))
        else {
            return;
        };
        let returned = state.handoff.as_deref().and_then(|handoff| handoff.closed_at);
        let ms = [state.worked_at, returned]
            .into_iter()
            .flatten()
            .fold(at.saturating_sub(since), |ms, from| ms.min(at.saturating_sub(from)));
        if self.history.longest_wait.as_ref().is_none_or(|known| known.ms < ms) {
            let began = state.recent.iter().find(|turn| turn.role == Role::Customer && turn.at >= since);
            let since = began.map(|turn| self.words(&turn.event_id));
            self.history.longest_wait = Some(Wait { ms, since });
        }
    }

    fn finish(mut self, horizon: Option<Millis>) -> History {
        if let (Some(state), Some(horizon)) = (self.state.clone(), horizon) {
            self.note_wait(Some(&state), horizon);
        }
        self.history
    }
}

/// How the conversation ended, as its row of the summaries says.
fn end(summary: &Value) -> Option<End> {
    let kind = EndKind::ALL.into_iter().find(|kind| Some(kind.name()) == summary["end_kind"].as_str())?;
    let missed_handoff = summary["missed_handoff"].as_bool().unwrap_or_default();
    Some(End { at: summary["ended_at"].as_i64()?, kind: kind.name(), missed_handoff })
}

/// The turn's words, or the call of a tool, as the state keeps them.
fn said(turn: &Turn<'_>, state: Option<&Conversation>) -> Words {
    let id = turn.event_id.as_ref();
    let text = state.and_then(|state| {
        let kept = state.recent.iter().find(|kept| kept.event_id == id).map(|kept| kept.text.text());
        let step = state.steps.iter().rev().find(|step| step.event_id == id).map(|step| {
            let arguments: Vec<String> =
                step.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let result = step.result.as_ref().map(|result| format!(" → {result}")).unwrap_or_default();
            format!("{}({}) {}{result}", step.action, arguments.join(", "), step.status.name())
        });
        kept.into_iter().chain(step).reduce(|text, step| format!("{text} [{step}]"))
    });
    Words { event_id: id.to_owned(), role: Some(turn.role.name()), text }
}

/// What every rule said at a turn. `state` is as it stands after the whole step, and a rule is asked before the end that a
/// turn may bring: of what a rule can name only `state.human_owns` may differ by then.
fn rules(
    turn: &Turn<'_>,
    state: &Conversation,
    signals: &[Signal],
    events: &[Event],
    policy: &Policy,
) -> Vec<RuleHeard> {
    if !policy.triggers.policy.enabled {
        return Vec::new();
    }
    let others: Vec<Signal> = signals.iter().filter(|one| one.reason != Reason::Policy).cloned().collect();
    let mut asked = state.clone();
    if events.iter().any(|event| event.kind == "completed") {
        asked.phase = Phase::Human;
    }
    let view = View { turn, conversation: &asked, signals: &others };
    policy.rules.iter().map(|rule| RuleHeard::of(rule, rule.condition.met(view, &policy.privacy))).collect()
}
