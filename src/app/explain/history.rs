//! What happened to a conversation, moment by moment, as values that a person or a machine can be shown.
//!
//! Every text comes from the state, which holds it redacted and cut.

use serde::Serialize;
use serde_json::Value;

use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::ids::Millis;
use crate::domain::rule::{Met, Rule};

/// Everything that was reproduced.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct History {
    pub moments: Vec<Moment>,
    /// The hand-off events of all moments as they would be published.
    pub published: Vec<Value>,
    pub end: Option<End>,
    pub longest_wait: Option<Wait>,
    /// Records that were not taken, and why, in sentences.
    pub refused: Vec<String>,
}

impl History {
    /// All hand-off events in their order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.moments.iter().flat_map(|moment| &moment.events)
    }
}

/// One record, or a timer, and what it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Event time, epoch ms.
    pub at: Millis,
    pub cause: Cause,
    /// What every trigger said, in published order; of a timer, what its event says.
    pub signals: Vec<Heard>,
    /// Strength of the combination, where the turn raised a peak of it.
    pub combined: Option<f64>,
    /// What that strength wants; null: it met no bound.
    pub combined_decision: Option<&'static str>,
    /// What every rule said, in the order of the policy.
    pub rules: Vec<RuleHeard>,
    pub did: Did,
    /// The same in words.
    pub why: String,
    /// Who owns the conversation before and after, and the episode after.
    pub phase_before: &'static str,
    pub phase: &'static str,
    pub episode: u32,
    pub events: Vec<Event>,
}

impl Moment {
    pub fn event_id(&self) -> Option<&str> {
        match &self.cause {
            Cause::Turn { words, .. } => Some(&words.event_id),
            Cause::Outcome { event_id, .. } => Some(event_id),
            Cause::Timer | Cause::Unreadable { .. } => None,
        }
    }
}

/// What made the moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    Turn {
        #[serde(flatten)]
        words: Words,
        /// Offset in its partition; the line in a file.
        offset: i64,
        turn_seq: Option<i64>,
        confidence: Option<f64>,
        intent: Option<String>,
    },
    Outcome {
        event_id: String,
        offset: i64,
        /// `answered`, `closed`, ...
        outcome: &'static str,
    },
    Timer,
    /// A record that cannot be read.
    Unreadable {
        offset: i64,
    },
}

/// Who said what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    pub event_id: String,
    /// `None`: not among the records that were read.
    pub role: Option<&'static str>,
    /// Of a tool: its call and what came of it.
    pub text: Option<String>,
}

/// What the policy did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    HandOff,
    Offer,
    /// A signal fired, and the life of the conversation forbids a decision.
    Hold,
    /// A signal fired, and the policy only watches it.
    Observe,
    None,
    /// The record could not be taken.
    Refuse,
    /// It was seen before.
    Duplicate,
}

/// A signal with the words it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heard {
    pub reason: &'static str,
    pub strength: f64,
    pub fired: bool,
    pub observed: Option<f64>,
    pub threshold: Option<f64>,
    /// Log-odds that it added to a decision of the combination.
    pub contribution: Option<f64>,
    /// What the policy does if it fires.
    pub decision: &'static str,
    pub rule_id: Option<String>,
    pub turns: Vec<Words>,
}

impl Heard {
    /// `words` finds who said what at a turn.
    pub fn of(signal: &Signal, words: impl Fn(&str) -> Words) -> Heard {
        Heard {
            reason: signal.reason.name(),
            strength: signal.strength,
            fired: signal.fires(),
            observed: signal.observed,
            threshold: signal.threshold,
            contribution: None,
            decision: signal.decision.name(),
            rule_id: signal.rule_id.clone(),
            turns: signal.turns.iter().map(|id| words(id)).collect(),
        }
    }
}

/// A rule and how it read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleHeard {
    pub id: String,
    /// `file:line`.
    pub place: String,
    pub when: String,
    pub decision: &'static str,
    /// Null: it met no value, and does not fire.
    pub holds: Option<bool>,
    pub terms: usize,
    pub terms_met: usize,
    pub variables: Vec<VariableHeard>,
}

/// A variable of a rule as it was; null: no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariableHeard {
    pub name: String,
    pub value: Option<String>,
    /// What the rule wanted to read in the value, and could not; left out where it could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_no: Option<&'static str>,
}

impl RuleHeard {
    pub fn of(rule: &Rule, met: Met) -> RuleHeard {
        let heard = |variable: crate::domain::rule::Variable| VariableHeard {
            name: variable.name,
            value: variable.value,
            is_no: variable.is_no,
        };
        RuleHeard {
            id: rule.id.clone(),
            place: rule.place.clone(),
            when: rule.when.trim().to_owned(),
            decision: Decision::name(rule.decision),
            holds: met.holds,
            terms: met.terms,
            terms_met: met.terms_met,
            variables: met.variables.into_iter().map(heard).collect(),
        }
    }
}

/// A hand-off event without its package, as it is published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    pub handoff_id: String,
    pub episode: u32,
    pub event_time: Millis,
    pub trigger_event_id: Option<String>,
    /// The primary one first.
    pub reasons: Vec<Heard>,
    /// Where several signals decided together: their strength, and the bound it met.
    pub combined_strength: Option<f64>,
    pub combined_threshold: Option<f64>,
    pub policy: String,
    pub policy_version: String,
    pub priority: i64,
    pub queue: Option<String>,
    pub skills: Vec<String>,
    pub customer_waiting_since: Option<Millis>,
    pub note: Option<String>,
}

impl Event {
    /// Reads a published event. `words` as in [`Heard::of`]. `None`: it is none.
    pub fn of(json: &Value, words: impl Fn(&str) -> Words) -> Option<Event> {
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        Some(Event {
            kind: text("type")?,
            handoff_id: text("handoff_id")?,
            episode: u32::try_from(json["episode"].as_u64()?).ok()?,
            event_time: json["event_time"].as_i64()?,
            trigger_event_id: text("trigger_event_id"),
            reasons: list(&json["reasons"])
                .iter()
                .filter_map(|reason| {
                    let contribution = reason["contribution"].as_f64();
                    Some(Heard { contribution, ..Heard::of(&signal(reason)?, &words) })
                })
                .collect(),
            combined_strength: json["combined_strength"].as_f64(),
            combined_threshold: json["combined_threshold"].as_f64(),
            policy: text("policy")?,
            policy_version: text("policy_version")?,
            priority: json["priority"].as_i64()?,
            queue: text("queue"),
            skills: list(&json["skills"]).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            customer_waiting_since: json["customer_waiting_since"].as_i64(),
            note: text("note"),
        })
    }

    /// It asks for a person, or asks the customer whether they want one.
    pub fn is_decision(&self) -> bool {
        self.kind == "requested" || self.kind == "offered"
    }
}

/// One of an event's `reasons`.
fn signal(json: &Value) -> Option<Signal> {
    let turns = json["turns"].as_array()?.iter();
    Some(Signal {
        reason: Reason::named(json["reason"].as_str()?)?,
        strength: json["strength"].as_f64()?,
        rule_id: json["rule_id"].as_str().map(str::to_owned),
        turns: turns.filter_map(Value::as_str).map(str::to_owned).collect(),
        observed: json["observed"].as_f64(),
        threshold: json["threshold"].as_f64(),
        decision: Decision::ALL.into_iter().find(|one| json["decision"] == one.name())?,
    })
}

/// How the conversation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    pub at: Millis,
    pub kind: &'static str,
    pub missed_handoff: bool,
}

/// The longest time that the customer waited for a word, and since which turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wait {
    pub ms: Millis,
    pub since: Option<Words>,
}
