//! What a case expected beside what came.

use std::collections::BTreeMap;

use super::format::{Case, Expected};
use super::play::{Decided, Played};
use crate::app::render::cases::when;
use crate::domain::policy::Policy;
use crate::domain::rule::nearest::nearest;

/// What differs, a few words each; none: the case passed.
pub fn differences(case: &Case, played: &Played, policy: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(expected) = &case.expected {
        decisions(expected, &played.decided, policy, &mut found);
    }
    if let Some(events) = case.events.as_ref().filter(|events| **events != played.events) {
        found.push(format!("events {}, not {}", listed(&played.events), listed(events)));
    }
    found.extend(played.refused.iter().cloned());
    found
}

/// Each expectation is met by the next decision of its kind; what is left over was not expected.
fn decisions(expected: &[Expected], came: &[Decided], policy: &Policy, found: &mut Vec<String>) {
    let mut rest = came;
    for one in expected {
        match rest.iter().position(|decided| decided.decision == one.decision) {
            Some(at) => {
                found.extend(rest[..at].iter().map(unexpected));
                found.extend(details(one, &rest[at], policy));
                rest = &rest[at + 1..];
            }
            None => found.push(format!("no {} came", one.decision.name())),
        }
    }
    found.extend(rest.iter().map(unexpected));
}

fn unexpected(decided: &Decided) -> String {
    format!("{} {} is not expected", decided.decision.name(), when(decided.turn, decided.after_ms))
}

fn details(expected: &Expected, came: &Decided, policy: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    let event = &came.event;
    let after_ms = expected.after_ms.or(expected.turn.map(|_| 0)).unwrap_or(came.after_ms);
    let wanted = (expected.turn.unwrap_or(came.turn), after_ms);
    if wanted != (came.turn, came.after_ms) {
        found.push(format!("{}, not {}", when(came.turn, came.after_ms), when(wanted.0, wanted.1)));
    }
    let reason = event.reasons.first().map(|signal| signal.reason);
    if let Some(wanted) = expected.reason.filter(|wanted| Some(*wanted) != reason) {
        found.push(format!(
            "reason {}, not {}",
            reason.map_or("none", |reason| reason.name()),
            wanted.name()
        ));
    }
    if let Some(wanted) = &expected.rule {
        found.extend(rule(wanted, came, policy));
    }
    let queue = event.queue.as_deref().unwrap_or_default();
    if let Some(wanted) = expected.queue.as_deref().filter(|wanted| *wanted != queue) {
        found.push(format!("queue {}, not {}", spelled_queue(queue), spelled_queue(wanted)));
    }
    if let Some(wanted) = expected.priority.filter(|wanted| *wanted != event.priority) {
        found.push(format!("priority {}, not {wanted}", event.priority));
    }
    if let Some(wanted) = expected.skills.as_ref().filter(|wanted| **wanted != event.skills) {
        found.push(format!("skills {}, not {}", listed(&event.skills), listed(wanted)));
    }
    found.extend(facts(&expected.facts, came));
    found
}

/// The default queue has no name.
fn spelled_queue(name: &str) -> &str {
    if name.is_empty() { "(default)" } else { name }
}

fn rule(wanted: &str, came: &Decided, policy: &Policy) -> Option<String> {
    let fired: Vec<&str> = came.event.reasons.iter().filter_map(|signal| signal.rule_id.as_deref()).collect();
    if wanted.is_empty() {
        return (!fired.is_empty()).then(|| format!("rule {}, not none", listed(&fired)));
    }
    if fired.contains(&wanted) {
        return None;
    }
    let mut said = format!("rule {}, not {wanted}", listed(&fired));
    let ids = policy.rules.iter().map(|rule| rule.id.as_str());
    if ids.clone().all(|id| id != wanted) {
        said.push_str(", which the policy does not have");
        said.extend(nearest(wanted, ids).map(|near| format!(" (did you mean {near}?)")));
    }
    Some(said)
}

fn facts(wanted: &BTreeMap<String, String>, came: &Decided) -> Vec<String> {
    let known = came.event.package.as_ref().map_or(&[][..], |package| &package.facts);
    let differs = |(name, wanted): (&String, &String)| {
        let value = known.iter().find(|fact| fact.name == *name).map(|fact| fact.value.as_str());
        (!value.is_some_and(|value| same(value, wanted)))
            .then(|| format!("fact {name} {}, not {wanted}", value.unwrap_or("is not there")))
    };
    wanted.iter().filter_map(differs).collect()
}

/// Equal, or equal as numbers: TOML may write a number in another way.
fn same(value: &str, wanted: &str) -> bool {
    let numbers = value.parse::<f64>().ok().zip(wanted.parse::<f64>().ok());
    value == wanted || numbers.is_some_and(|(value, wanted)| value == wanted)
}

fn listed<T: AsRef<str>>(texts: &[T]) -> String {
    match texts {
        [] => "none".to_owned(),
        _ => texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
    }
}
