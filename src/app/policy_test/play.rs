//! One case played: its records meet the policy as the engine would have them meet it, without a log.
//!
//! Invariant: the events are those of a replay of the same records (`tests.rs` compares them).

use std::cell::OnceCell;

use super::format::{CONVERSATION, Case, What, turn_of};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Decision, HandoffEvent, HandoffKind, Mode, Reason, Signal};
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::domain::rule::{Rule, RuleSet, Variable, View};
use crate::domain::turn::Turn;
use crate::domain::{self, Context, Effect, Input, Refusal};
use crate::engine::settings::Settings;
use crate::wire;

/// What a policy made of a case.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Played {
    pub turns: Vec<Seen>,
    /// Hand-offs and offers, in order.
    pub decided: Vec<Decided>,
    /// The types of all hand-off events, in order.
    pub events: Vec<&'static str>,
    /// Records that the policy's conversation does not take: which, and why.
    pub refused: Vec<String>,
}

/// A turn and what the policy said of it. Turns are counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub turn: usize,
    pub role: &'static str,
    /// Its words; of a tool call the call.
    pub words: String,
    /// Weak ones included.
    pub signals: Vec<Signal>,
    /// What they and those before came to together, where that was asked: 0..1.
    pub combined: Option<f64>,
    /// Ids of rules that met no value, and so did not fire.
    pub without_value: Vec<String>,
    /// Those of them that met a value which they could not read, with its variable.
    pub unread: Vec<(String, Variable)>,
}

/// A hand-off or an offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    pub decision: Decision,
    /// The turn that decided it, or the last one before.
    pub turn: usize,
    /// So long after that turn; 0 where the turn itself decided it.
    pub after_ms: Millis,
    pub event: HandoffEvent,
}

/// What was said of a record.
#[derive(Default)]
struct Said {
    signals: Vec<Signal>,
    combined: Option<f64>,
    without_value: RuleSet,
}

/// Plays a case. The same case and policy give the same.
pub fn play(case: &Case, policy: &Policy) -> Played {
    let mut stage = Stage {
        policy,
        lateness_ms: Settings::default().lateness_ms,
        state: None,
        time: Millis::MIN,
        times: Vec::new(),
        played: Played::default(),
    };
    for happens in &case.happens {
        match &happens.what {
            What::Turn(json) => {
                stage.wait(happens.at - 1);
                stage.turn(json);
            }
            What::Outcome(json) => {
                stage.wait(happens.at - 1);
                stage.outcome(json);
            }
            What::Silence => stage.wait(happens.at),
        }
        stage.time = happens.at;
    }
    stage.played
}

/// The conversation being played.
struct Stage<'a> {
    policy: &'a Policy,
    lateness_ms: Millis,
    state: Option<Box<Conversation>>,
    /// Event time of the last record, or of the end of the last silence.
    time: Millis,
    /// Event times of the turns so far.
    times: Vec<Millis>,
    played: Played,
}

impl Stage<'_> {
    /// Every timer that is due by then fires.
    fn wait(&mut self, until: Millis) {
        while let Some(due) = self
            .state
            .as_ref()
            .and_then(|state| domain::next_due(state.waits(), self.policy))
            .filter(|due| *due <= until)
        {
            if self.meet(Input::Timer(due), None).is_err() {
                return;
            }
        }
    }

    fn turn(&mut self, json: &[u8]) {
        // It was read once before: the case was checked.
        let Ok(turn) = wire::turn::decode(json) else { return };
        self.times.push(turn.event_time);
        let number = self.times.len();
        let Said { signals, combined, without_value } =
            match self.meet(Input::Turn(&turn), Some(number as i64)) {
                Ok(said) => said,
                Err(refusal) => {
                    self.refused(format!("turn {number}"), &refusal);
                    Default::default()
                }
            };
        let rules: Vec<&Rule> =
            without_value.positions().filter_map(|position| self.policy.rules.get(position)).collect();
        let unread = rules.iter().filter_map(|rule| self.unread(rule, &turn, &signals)).collect();
        let without_value = rules.iter().map(|rule| rule.id.clone()).collect();
        let (role, words) = (turn.role.name(), words(&turn));
        let seen = Seen { turn: number, role, words, signals, combined, without_value, unread };
        self.played.turns.push(seen);
    }

    /// The value that a rule met at a turn and could not read.
    fn unread(&self, rule: &Rule, turn: &Turn<'_>, signals: &[Signal]) -> Option<(String, Variable)> {
        let others: Vec<Signal> =
            signals.iter().filter(|one| one.reason != Reason::Policy).cloned().collect();
        let view = View { turn, conversation: self.state.as_deref()?, signals: &others };
        let met = rule.condition.met(view, &self.policy.privacy);
        met.variables.into_iter().find(|it| it.is_no.is_some()).map(|variable| (rule.id.clone(), variable))
    }

    fn outcome(&mut self, json: &[u8]) {
        let Ok(outcome) = wire::outcome::decode(json) else { return };
        if let Err(refusal) = self.meet(Input::Outcome(&outcome), None) {
            let which = format!("outcome {} after turn {}", outcome.kind.name(), self.times.len());
            self.refused(which, &refusal);
        }
    }

    fn refused(&mut self, which: String, refusal: &Refusal) {
        self.played.refused.push(format!("{which} is not taken: {}", refusal.error));
    }

    /// One step; what the triggers said. Errors: the state stays as it was.
    fn meet(&mut self, input: Input<'_>, offset: Option<i64>) -> Result<Said, Refusal> {
        let reading = OnceCell::new();
        let context = Context {
            policy: self.policy,
            mode: Mode::Live,
            reading: &reading,
            partition: 0,
            offset,
            partition_time: self.time,
            lateness_ms: self.lateness_ms,
        };
        let step = domain::step(CONVERSATION, self.state.clone(), input, context)?;
        self.state = step.after;
        for effect in step.effects {
            if let Effect::Handoff(event) = effect {
                self.take(*event);
            }
        }
        let (signals, combined, without_value) = (step.signals, step.combined, step.rules_without_value);
        Ok(Said { signals, combined, without_value })
    }

    fn take(&mut self, event: HandoffEvent) {
        self.played.events.push(event.kind.name());
        let decision = match event.kind {
            HandoffKind::Requested => Decision::HandOff,
            HandoffKind::Offered => Decision::Offer,
            HandoffKind::Accepted
            | HandoffKind::Unanswered
            | HandoffKind::Returned
            | HandoffKind::Completed
            | HandoffKind::Canceled => return,
        };
        let named = event.trigger_event_id.as_deref().and_then(turn_of);
        let turn = named.unwrap_or(self.times.len());
        let spoken_at = self.times.get(turn.saturating_sub(1)).copied().unwrap_or(event.event_time);
        let after_ms = event.event_time - spoken_at;
        self.played.decided.push(Decided { decision, turn, after_ms, event });
    }
}

/// What a turn says, or does.
fn words(turn: &Turn<'_>) -> String {
    match (&turn.text, &turn.action) {
        (Some(text), _) => text.to_string(),
        (None, Some(action)) => format!("{} {}", action.name, action.status.name()),
        (None, None) => String::new(),
    }
}
