//! The explanation of a conversation's decisions, as a value: what was asked for, picked out of the history.

use serde::Serialize;

use super::history::{Event, History, Moment, RuleHeard};
use super::published::Published;
use super::why_not::{WhyNot, why_not};
use crate::domain::policy::Policy;
use crate::domain::rule::nearest::nearest;
use crate::engine::policies::InForce;

/// Which decisions are explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Every hand-off and offer; if there was none, why not.
    Decisions,
    /// What happened at a turn (or outcome), whatever it was.
    Turn(String),
    Handoff(String),
    /// Every moment.
    All,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub conversation_id: String,
    pub policy: PolicyUsed,
    /// Those that were in force for earlier records of it.
    pub earlier_policies: Vec<PolicyUsed>,
    pub input: Input,
    pub decisions: Vec<Decided>,
    /// Asked for by `--turn` or `--all`.
    pub moments: Vec<Moment>,
    pub why_not: Option<WhyNot>,
    /// `None`: files say nothing of it.
    pub published: Option<Published>,
}

/// A policy that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyUsed {
    pub name: String,
    pub version: String,
    /// Of everything it says (`wire::policy::fingerprint`).
    pub fingerprint: String,
}

impl PolicyUsed {
    pub fn of(in_force: &InForce) -> PolicyUsed {
        PolicyUsed {
            name: in_force.policy.name.clone(),
            version: in_force.policy.version.clone(),
            fingerprint: in_force.fingerprint().to_owned(),
        }
    }
}

/// What was read, and what of it casts doubt on the explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// A file, or a topic and its partition.
    pub from: Vec<String>,
    /// Of this conversation.
    pub turns: usize,
    pub outcomes: usize,
    /// Sentences.
    pub doubts: Vec<String>,
}

/// One decision: to hand off, or to ask the customer first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    pub event: Event,
    /// In words.
    pub why: String,
    /// The rules among its reasons, as they read when they fired.
    pub rules: Vec<RuleHeard>,
    /// The moments since the decision before it, its own the last. Of rules only those that held.
    pub moments: Vec<Moment>,
    /// What became of it, until the next decision.
    pub then: Vec<Event>,
}

/// Picks out what was asked for. Errors: there is no such turn or hand-off; what there is instead.
pub fn pick(history: &History, asked: &Asked, policy: &Policy) -> Result<Picked, String> {
    let mut picked = Picked { decisions: decisions(history), moments: Vec::new(), why_not: None };
    match asked {
        Asked::Decisions => {}
        Asked::All => picked.moments = history.moments.iter().map(only_held).collect(),
        Asked::Turn(id) => {
            let is_it = |moment: &&Moment| moment.event_id() == Some(id);
            picked.moments = history.moments.iter().filter(is_it).cloned().collect();
            if picked.moments.is_empty() {
                return Err(no_turn(history, id));
            }
            picked.decisions.retain(|one| one.event.trigger_event_id.as_ref() == Some(id));
        }
        Asked::Handoff(id) => {
            let there = handoffs(&picked.decisions);
            picked.decisions.retain(|one| one.event.handoff_id.eq_ignore_ascii_case(id));
            if picked.decisions.is_empty() {
                return Err(format!("no hand-off {id}; {there}"));
            }
        }
    }
    let of_all = matches!(asked, Asked::Decisions | Asked::All);
    picked.why_not = (of_all && picked.decisions.is_empty()).then(|| why_not(history, policy));
    Ok(picked)
}

/// See [`pick`].
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    pub decisions: Vec<Decided>,
    pub moments: Vec<Moment>,
    pub why_not: Option<WhyNot>,
}

fn decisions(history: &History) -> Vec<Decided> {
    let mut found: Vec<Decided> = Vec::new();
    let mut since: Vec<Moment> = Vec::new();
    for moment in &history.moments {
        since.push(only_held(moment));
        for event in &moment.events {
            if event.is_decision() {
                found.push(Decided {
                    event: event.clone(),
                    why: moment.why.clone(),
                    rules: rules(history, event),
                    moments: std::mem::take(&mut since),
                    then: Vec::new(),
                });
            } else if let Some(last) =
                found.iter_mut().rev().find(|one| one.event.handoff_id == event.handoff_id)
            {
                last.then.push(event.clone());
            }
        }
    }
    found
}

/// The rules among the reasons of an event: an offer's may have fired turns before.
fn rules(history: &History, event: &Event) -> Vec<RuleHeard> {
    let read = |heard: &super::history::Heard| {
        let (id, turn) = (heard.rule_id.as_ref()?, heard.turns.last()?);
        let at = history.moments.iter().find(|moment| moment.event_id() == Some(&turn.event_id))?;
        at.rules.iter().find(|rule| rule.id == *id).cloned()
    };
    event.reasons.iter().filter_map(read).collect()
}

fn only_held(moment: &Moment) -> Moment {
    let mut moment = moment.clone();
    moment.rules.retain(|rule| rule.holds == Some(true));
    moment
}

fn no_turn(history: &History, id: &str) -> String {
    let known = || history.moments.iter().filter_map(Moment::event_id);
    let hint = match (nearest(id, known()), known().next(), known().next_back()) {
        (Some(near), ..) => format!("did you mean {near}?"),
        (None, Some(first), Some(last)) => format!("its event ids go from {first} to {last}"),
        (None, None, _) | (None, _, None) => "it has none".to_owned(),
    };
    format!("no turn or outcome with the event_id {id}; {hint}")
}

fn handoffs(decisions: &[Decided]) -> String {
    let mut ids: Vec<&str> = decisions.iter().map(|one| one.event.handoff_id.as_str()).collect();
    ids.dedup();
    if ids.is_empty() {
        return "none was made; without --handoff it is explained why".to_owned();
    }
    format!("there is {}", ids.join(", "))
}
