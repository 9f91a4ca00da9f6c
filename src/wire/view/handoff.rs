//! The offer and the hand-off of a conversation in the view, with the signals behind them.

use serde::Serialize;

use crate::domain::combination::Combined;
use crate::domain::conversation::{Handoff, Offer};
use crate::domain::decision::Signal;

#[derive(Serialize)]
struct SignalView<'a> {
    reason: &'static str,
    strength: f64,
    rule_id: Option<&'a str>,
    turns: &'a [String],
    observed: Option<f64>,
    threshold: Option<f64>,
    contribution: Option<f64>,
}

fn signals<'a>(signals: &'a [Signal], combined: Option<&Combined>) -> Vec<SignalView<'a>> {
    let contribution = |one: &Signal| combined.and_then(|combined| combined.contribution(one.reason));
    signals.iter().map(|one| SignalView { contribution: contribution(one), ..signal(one) }).collect()
}

fn signal(signal: &Signal) -> SignalView<'_> {
    SignalView {
        reason: signal.reason.name(),
        strength: signal.strength,
        rule_id: signal.rule_id.as_deref(),
        turns: &signal.turns,
        observed: signal.observed,
        threshold: signal.threshold,
        contribution: None,
    }
}

/// See [`offer`].
#[derive(Serialize)]
pub struct OfferView<'a> {
    at: i64,
    open: bool,
    reasons: Vec<SignalView<'a>>,
    combined_strength: Option<f64>,
    combined_threshold: Option<f64>,
}

/// The episode's offer.
pub fn offer(offer: &Offer) -> OfferView<'_> {
    let combined = offer.combined.as_deref();
    OfferView {
        at: offer.at,
        open: offer.open,
        reasons: signals(&offer.signals, combined),
        combined_strength: combined.map(|combined| combined.strength),
        combined_threshold: combined.map(|combined| combined.threshold),
    }
}

/// See [`handoff`].
#[derive(Serialize)]
pub struct HandoffView<'a> {
    handoff_id: String,
    episode: u32,
    requested_at: i64,
    reason: &'static str,
    reasons: Vec<SignalView<'a>>,
    combined_strength: Option<f64>,
    combined_threshold: Option<f64>,
    policy_version: &'a str,
    priority: i64,
    queue: Option<&'a str>,
    outcome_queue: Option<&'a str>,
    skills: &'a [String],
    customer_waiting_since: i64,
    queued_at: Option<i64>,
    answered_at: Option<i64>,
    closed_at: Option<i64>,
    reminders: u8,
    replies: u32,
    facts_given: &'a [String],
    reasked: bool,
    resolved: bool,
}

/// The last hand-off.
pub fn handoff(handoff: &Handoff) -> HandoffView<'_> {
    let combined = handoff.combined.as_deref();
    HandoffView {
        handoff_id: handoff.id.to_string(),
        episode: handoff.episode,
        requested_at: handoff.requested_at,
        reason: handoff.reason().name(),
        reasons: signals(&handoff.signals, combined),
        combined_strength: combined.map(|combined| combined.strength),
        combined_threshold: combined.map(|combined| combined.threshold),
        policy_version: &handoff.policy_version,
        priority: handoff.priority,
        queue: handoff.queue.as_deref(),
        outcome_queue: handoff.outcome_queue.as_deref(),
        skills: &handoff.skills,
        customer_waiting_since: handoff.customer_waiting_since,
        queued_at: handoff.queued_at,
        answered_at: handoff.answered_at,
        closed_at: handoff.closed_at,
        reminders: handoff.reminders,
        replies: handoff.replies,
        facts_given: &handoff.facts_given,
        reasked: handoff.reasked,
        resolved: handoff.resolved,
    }
}
