//! The rules of the life of a conversation, told as stories: turns, outcomes and timers in, whole effects out.
//!
//! The policy is built by hand, with only the triggers on that a story needs: what a trigger fires on is tested beside it.

mod counts;
mod decisions;
mod ends;
mod lateness;
mod packages;
mod people;
mod properties;
mod shadows;
mod timers;
mod together;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::combination::Combination;
use super::conversation::Conversation;
use super::decision::{Decision, HandoffEvent, HandoffKind, Mode};
use super::hearing::{Hearing, Lists};
use super::ids::Millis;
use super::measure::Quantity;
use super::outcome::{Outcome, OutcomeKind};
use super::policy::*;
use super::summary::SummaryRow;
use super::text::Learned;
use super::turn::{Role, Turn};
use super::{Context, Effect, Input, Refusal, Step, next_due, step};

pub const ID: &str = "c-1";
pub const MINUTE: Millis = 60_000;

fn switch(decision: Decision) -> Switch {
    Switch { enabled: true, decision, queue: None, priority: None }
}

fn off() -> Switch {
    Switch { enabled: false, ..switch(Decision::Observe) }
}

/// The lists, compiled once for all stories.
static ENGLISH: LazyLock<Arc<Hearing>> = LazyLock::new(|| {
    let languages = vec!["en".to_owned()];
    Arc::new(Hearing::new(Lists { languages, ..Lists::default() }, Learned::nothing()))
});

/// On: customer_request and ai_request (hand off), not_understood (offer, two turns), no_response (hand off, 5 min).
pub fn policy() -> Policy {
    Policy {
        name: "test".into(),
        version: "7".into(),
        triggers: Triggers {
            safety: Safety { switch: off(), phrases: Vec::new(), learned_from: 0.9, weights_file: None },
            customer_request: CustomerRequest {
                switch: switch(Decision::HandOff),
                languages: vec!["en".to_owned()],
                phrases: Vec::new(),
                learned_from: 0.8,
                weights_file: None,
                weights_file_answer: None,
            },
            ai_request: switch(Decision::HandOff),
            policy: off(),
            frustration: Frustration {
                switch: off(),
                level: 0.6,
                weights_file: None,
                weights_file_elsewhere: None,
            },
            tool_failure: ToolFailure {
                switch: off(),
                same_tool: 2,
                any_tool: 3,
                nothing_worked: false,
                given_up: false,
            },
            not_understood: NotUnderstood { switch: switch(Decision::Offer), turns: 2, by_words: true },
            low_confidence: LowConfidence { switch: off(), below: 0.5, turns: 2, average_below: 0.4 },
            loop_: Loop { switch: off(), turns: 3, similarity: 0.9 },
            no_progress: NoProgress { switch: off(), turns: 8, failure_reports: 8, after_ms: 20 * MINUTE },
            no_response: NoResponse { switch: switch(Decision::HandOff), after_ms: 5 * MINUTE },
            unsupported_language: UnsupportedLanguage { switch: off(), supported: Vec::new() },
        },
        combination: Combination::off(),
        rules: Vec::new(),
        handoff: HandoffDefaults { queue: Some("general".into()), priority: 3, skills: vec!["chat".into()] },
        lifecycle: Lifecycle {
            idle_after_ms: 30 * MINUTE,
            answer_within_ms: 2 * MINUTE,
            reminders: 3,
            give_up_after_ms: 24 * 60 * MINUTE,
            reminder_priority_step: -1,
            forget_after_ms: 72 * 60 * MINUTE,
        },
        metrics: Metrics {
            sl_threshold_ms: 20_000,
            sl_threshold_ms_by_queue: vec![("claims".into(), 60_000)],
            short_abandon_ms: 5_000,
            csat_satisfied_from: 0.8,
        },
        privacy: Privacy { redact_email: false, redact_phone: false, transcript_turns: 2 },
        lexicon: ENGLISH.clone(),
    }
}

/// A conversation being told, with everything it caused.
pub struct Story {
    pub policy: Policy,
    pub state: Option<Box<Conversation>>,
    pub effects: Vec<Effect>,
    pub partition_time: Millis,
    pub mode: Mode,
    offset: i64,
    turns: u32,
    outcomes: u32,
}

impl Story {
    pub fn new() -> Story {
        Story::with(policy())
    }

    pub fn with(policy: Policy) -> Story {
        Story {
            policy,
            state: None,
            effects: Vec::new(),
            partition_time: 0,
            mode: Mode::Live,
            offset: 10,
            turns: 0,
            outcomes: 0,
        }
    }

    fn meet(&mut self, input: Input<'_>) -> Result<Step, Refusal> {
        let context = Context {
            policy: &self.policy,
            mode: self.mode,
            reading: &OnceCell::new(),
            partition: 3,
            offset: matches!(input, Input::Turn(_)).then_some(self.offset),
            partition_time: self.partition_time,
            lateness_ms: 5_000,
        };
        let step = step(ID, self.state.clone(), input, context)?;
        self.offset += 1;
        self.state = step.after.clone();
        self.effects.extend(step.effects.iter().cloned());
        Ok(step)
    }

    pub fn turn(&mut self, turn: &Turn<'_>) -> Result<Step, Refusal> {
        self.partition_time = self.partition_time.max(turn.event_time);
        self.meet(Input::Turn(turn))
    }

    pub fn outcome(&mut self, outcome: &Outcome<'_>) -> Result<Step, Refusal> {
        self.partition_time = self.partition_time.max(outcome.event_time);
        self.meet(Input::Outcome(outcome))
    }

    /// The next turn at `at`, its event id `t-<n>` counted from 1.
    pub fn say(&mut self, at: Millis, role: Role, text: &str) -> &mut Story {
        self.say_with(at, role, |turn| turn.text = Some(text.to_owned().into()))
    }

    pub fn say_with(&mut self, at: Millis, role: Role, fill: impl FnOnce(&mut Turn<'_>)) -> &mut Story {
        self.turns += 1;
        let event_id = format!("t-{}", self.turns);
        let mut turn = Turn::new(&event_id, ID, at, role);
        fill(&mut turn);
        self.turn(&turn).expect("a turn is taken");
        self
    }

    pub fn hear(&mut self, at: Millis, kind: OutcomeKind) -> &mut Story {
        self.hear_with(at, kind, |_| ())
    }

    pub fn hear_with(
        &mut self,
        at: Millis,
        kind: OutcomeKind,
        fill: impl FnOnce(&mut Outcome<'_>),
    ) -> &mut Story {
        self.outcomes += 1;
        let event_id = format!("o-{}", self.outcomes);
        let mut outcome = outcome(&event_id, at, kind);
        fill(&mut outcome);
        self.outcome(&outcome).expect("an outcome is taken");
        self
    }

    /// Lets event time pass: every timer due by `to` fires.
    pub fn wait(&mut self, to: Millis) -> &mut Story {
        while let Some(due) = self
            .state
            .as_ref()
            .and_then(|state| next_due(state.waits(), &self.policy))
            .filter(|due| *due <= to)
        {
            self.meet(Input::Timer(due)).expect("a timer is taken");
        }
        self.partition_time = self.partition_time.max(to);
        self
    }

    /// A customer who waits, and an AI that asks for a person one second later.
    pub fn requested(at: Millis) -> Story {
        let mut story = Story::new();
        story.say(at - 1_000, Role::Customer, "Where is my order?").say_with(at, Role::Ai, |turn| {
            turn.handoff_requested = Some("refund".into());
        });
        story
    }

    pub fn answered(at: Millis, answered: Millis) -> Story {
        let mut story = Story::requested(at);
        story.hear(answered, OutcomeKind::Answered);
        story
    }

    pub fn state(&self) -> &Conversation {
        self.state.as_deref().expect("the conversation is known")
    }

    pub fn events(&self) -> Vec<&HandoffEvent> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Handoff(event) => Some(&**event),
                Effect::Summary(_) | Effect::Measure(_) => None,
            })
            .collect()
    }

    pub fn event(&self, kind: HandoffKind) -> &HandoffEvent {
        self.events().into_iter().rfind(|event| event.kind == kind).expect("the event was published")
    }

    /// Kind, event time and cause of every event.
    pub fn told(&self) -> Vec<(HandoffKind, Millis, Option<&str>)> {
        let told = |event: &&HandoffEvent| event.kind;
        self.events()
            .iter()
            .map(|event| (told(event), event.event_time, event.trigger_event_id.as_deref()))
            .collect()
    }

    pub fn kinds(&self) -> Vec<HandoffKind> {
        self.events().iter().map(|event| event.kind).collect()
    }

    pub fn row(&self) -> &SummaryRow {
        self.effects
            .iter()
            .rev()
            .find_map(|effect| match effect {
                Effect::Summary(row) => Some(&**row),
                Effect::Handoff(_) | Effect::Measure(_) => None,
            })
            .expect("a summary was written")
    }

    /// Sum of every counter, zeros left out; wait buckets are `wait[i]`.
    pub fn totals(&self) -> BTreeMap<String, i64> {
        let mut totals = BTreeMap::new();
        for measure in self.measures() {
            let name = match measure.quantity {
                Quantity::Count(counter) => counter.name().to_owned(),
                Quantity::Wait(bucket) => format!("wait[{bucket}]"),
            };
            *totals.entry(name).or_insert(0) += measure.amount;
        }
        totals.retain(|_, amount| *amount != 0);
        totals
    }

    pub fn total(&self, name: &str) -> i64 {
        self.totals().get(name).copied().unwrap_or(0)
    }

    pub fn measures(&self) -> impl Iterator<Item = &super::measure::Measure> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Measure(measure) => Some(measure),
            Effect::Handoff(_) | Effect::Summary(_) => None,
        })
    }
}

pub fn outcome<'a>(event_id: &'a str, at: Millis, kind: OutcomeKind) -> Outcome<'a> {
    Outcome {
        event_id: event_id.into(),
        conversation_id: ID.into(),
        event_time: at,
        kind,
        handoff_id: None,
        agent_ref: None,
        queue: None,
        reason: None,
        field: None,
        wait_ms: None,
        talk_ms: None,
        hold_ms: None,
        acw_ms: None,
        score: None,
        score_max: None,
        attributes: Vec::new(),
    }
}

pub fn totals(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
    pairs.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
}
