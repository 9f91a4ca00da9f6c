//! `ai_request`: the AI asks for a person, by its flag or by a tool call whose name says so.
//!
//! A hand-off between two AI agents (`transfer_to_billing_agent`) is none: the name must speak of a human, or of escalation.

use super::{Look, fired, one};
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

/// Verbs of bringing someone in.
const MOVES: [&str; 10] = [
    "transfer", "escalat", "handoff", "handover", "connect", "route", "forward", "request", "redirect",
    "talk",
];
/// The same, and the beginning of other words: `handle`.
const HAND: &str = "hand";
/// Verbs in front that only look at something, or take it back.
const LOOKS: [&str; 20] = [
    "check", "get", "is", "has", "can", "list", "search", "find", "lookup", "fetch", "read", "cancel",
    "count", "verify", "validate", "show", "view", "update", "log", "handle",
];
/// What goes to a person too, and brings nobody in.
const MONEY: [&str; 5] = ["fund", "funds", "money", "payment", "amount"];
/// Who is brought in.
const PEOPLE: [&str; 11] = [
    "human",
    "person",
    "live",
    "representative",
    "operator",
    "supervisor",
    "staff",
    "manager",
    "liveagent",
    "humanagent",
    "specialist",
];
/// Words of a name that is about a hand-off and nothing else.
const PLAIN: [&str; 16] = [
    "handoff",
    "handover",
    "escalate",
    "escalation",
    "hand",
    "off",
    "over",
    "to",
    "agent",
    "request",
    "initiate",
    "start",
    "create",
    "trigger",
    "conversation",
    "chat",
];

/// Words behind a person in the name of a hand-off.
const GOES_ON: [&str; 22] = [
    "with",
    "for",
    "about",
    "by",
    "via",
    "on",
    "in",
    "and",
    "from",
    "now",
    "tool",
    "function",
    "help",
    "support",
    "assistance",
    "assist",
    "transfer",
    "queue",
    "call",
    "callback",
    "team",
    "rep",
];

pub(super) fn signal(look: Look<'_>) -> Option<Signal> {
    let switch = &look.policy.triggers.ai_request;
    let turn = look.moment.turn;
    if !switch.enabled || matches!(turn.role, Role::Customer | Role::Human) {
        return None;
    }
    let asked = turn.handoff_requested.is_some()
        || turn.action.as_ref().is_some_and(|action| names_a_person(&action.name));
    asked.then(|| fired(Reason::AiRequest, 1.0, one(turn), switch))
}

/// Whether a tool's name says transfer or escalate to a human.
fn names_a_person(name: &str) -> bool {
    // Most names have none of these letters together; only the others are taken apart.
    let might = |part: &str| {
        name.len() >= part.len()
            && name.as_bytes().windows(part.len()).any(|w| w.eq_ignore_ascii_case(part.as_bytes()))
    };
    if !might(HAND) && !MOVES.iter().any(|part| might(part)) {
        return false;
    }
    let words = words(name);
    if words.iter().find(|word| !word.is_empty()).is_some_and(|first| LOOKS.contains(&first.as_str()))
        || words.iter().any(|word| MONEY.contains(&word.as_str()))
    {
        return false;
    }
    let moves = words.iter().any(|word| word == HAND || MOVES.iter().any(|part| word.starts_with(part)));
    let people = (0..words.len()).any(|at| is_person(&words[at]) && ends_or_goes_on(words.get(at + 1)));
    let plain = words.iter().all(|word| PLAIN.contains(&word.as_str()))
        && (words
            .iter()
            .any(|word| matches!(word.as_str(), "handoff" | "handover" | "escalate" | "escalation"))
            || words.windows(2).any(|pair| pair[0] == "hand" && matches!(pair[1].as_str(), "off" | "over")));
    (moves && people) || plain
}

fn is_person(word: &str) -> bool {
    PEOPLE.iter().any(|person| word.trim_end_matches('s') == *person)
}

/// Behind a person: nothing more, or nothing that makes another thing of them (`request_live_score`, `request_staff_schedule`).
fn ends_or_goes_on(next: Option<&String>) -> bool {
    next.is_none_or(|next| {
        let next = next.trim_end_matches('s');
        PLAIN.contains(&next) || GOES_ON.contains(&next) || is_person(next)
    })
}

/// The words of a name in snake_case, kebab-case, dotted or camelCase.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::names_a_person;

    #[test]
    fn only_a_human_is_a_hand_off() {
        for (name, expected) in [
            ("transfer_to_human_agents", true),
            ("transferToHuman", true),
            ("escalate_to_human", true),
            ("escalate", true),
            ("request_handoff", true),
            ("hand_off_to_agent", true),
            ("live-agent-handoff", true),
            ("connect_live_agent", true),
            ("transfer_to_supervisor", true),
            ("transfer_to_billing_agent", false),
            ("transfer_to_agent", false),
            ("transfer_money", false),
            ("transfer_funds_to_person", false),
            ("check_human_handoff_availability", false),
            ("cancel_transfer_to_human", false),
            ("handle_person", false),
            ("get_order", false),
            ("forward_email", false),
            ("request_refund", false),
            ("handle_order", false),
            ("escalate_to_human_with_summary", true),
            ("transfer_to_live_support", true),
            ("request_live_score", false),
            ("request_staff_schedule", false),
        ] {
            assert_eq!(names_a_person(name), expected, "{name}");
        }
    }
}
