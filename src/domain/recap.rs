//! The summary where the AI sent none: what the customer wants, what is known, what was tried, why it stops here.

use super::conversation::Conversation;
use super::decision::{Reason, Signal};
use super::package::StepTaken;

/// A few plain sentences; empty if nothing is known.
pub(super) fn recap(state: &Conversation, reasons: &[Signal]) -> String {
    let mut sentences: Vec<String> = Vec::new();
    if let Some(goal) = &state.goal {
        sentences.push(format!("The customer says: \"{}\"", goal.text()));
    }
    if !state.facts.is_empty() {
        let facts = state.facts.iter().map(|fact| format!("{} {}", fact.name, fact.value));
        sentences.push(format!("Known: {}.", list(facts)));
    }
    if !state.steps.is_empty() {
        sentences.push(format!("Tried: {}.", steps(&state.steps)));
    }
    if let Some(verification) = &state.verification {
        let method = verification.method.as_deref().map(|method| format!(" ({method})")).unwrap_or_default();
        sentences.push(format!("Verification: {}{method}.", verification.status));
    }
    if let Some(first) = reasons.first() {
        let rule = first.rule_id.as_deref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        sentences.push(format!("It stops here because {}{rule}.", because(first.reason)));
    }
    sentences.join(" ")
}

/// `get_order: ok, refund: denied`.
pub(super) fn steps(steps: &[StepTaken]) -> String {
    list(steps.iter().map(|step| format!("{}: {}", step.action, step.status.name())))
}

/// Comma list.
pub(super) fn list<S: AsRef<str>>(items: impl Iterator<Item = S>) -> String {
    let mut list = String::new();
    for item in items {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(item.as_ref());
    }
    list
}

fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::Safety => "of a safety concern",
        Reason::CustomerRequest => "the customer asked for a person",
        Reason::AiRequest => "the AI asked for a person",
        Reason::Policy => "policy requires a person",
        Reason::Frustration => "the customer is frustrated",
        Reason::ToolFailure => "tools failed",
        Reason::NotUnderstood => "the AI did not understand the customer",
        Reason::LowConfidence => "the AI was not confident",
        Reason::Loop => "the conversation went in circles",
        Reason::NoProgress => "the conversation made no progress",
        Reason::NoResponse => "the AI did not answer the customer",
        Reason::UnsupportedLanguage => "the AI does not serve the customer's language",
    }
}
