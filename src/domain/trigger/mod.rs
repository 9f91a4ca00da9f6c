//! All triggers, evaluated in the published order. One file a trigger.
//!
//! A signal from 0.5 on has met its bound; under that it only says how near it is (and carries no turn ids, because it
//! decides nothing). Invariant: nothing changes but `conversation.evidence` and what was heard of the language, and a
//! late turn changes neither.

mod ai_request;
mod customer_request;
mod frustration;
mod loop_;
mod low_confidence;
mod no_progress;
mod no_response;
mod not_understood;
pub mod policy;
mod safety;
mod tool_failure;
mod unsupported_language;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use super::conversation::{Conversation, Heard};
use super::decision::{Reason, Signal};
use super::ids::Millis;
use super::policy::{Policy, Switch};
use super::rule::RuleSet;
use super::text::{Language, Reading};
use super::turn::{Role, Turn};

/// A turn as the triggers meet it: `conversation` already holds what the turn brought (facts, steps, profile, counts).
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub turn: &'a Turn<'a>,
    /// The turn brought a new fact, step or intent.
    pub progressed: bool,
    /// Behind the newest turn of its conversation: only the turn's own triggers look at it, streaks stay as they are.
    pub late: bool,
}

/// What all triggers said.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Evaluation {
    /// In published order; weak signals (under 0.5) included.
    pub signals: Vec<Signal>,
    /// Strength of the combination, where these signals raised a peak of it.
    pub combined: Option<f64>,
    /// Rules that met a null or an absent key and therefore did not fire.
    pub rules_without_value: RuleSet,
    /// What the customer says to an offer of a person.
    pub answer: Option<Answer>,
}

/// Yes or no to an offer of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
}

/// Asks every enabled trigger. Changes nothing but `conversation.evidence` and `conversation.heard`.
///
/// `policy` comes fourth in the published order and may ask for any other signal of the turn, so it is asked last and put
/// in its place. `read`: the turn's text, if it was read before (see [`super::Context::reading`]).
pub fn evaluate(
    moment: Moment<'_>,
    conversation: &mut Conversation,
    policy: &Policy,
    read: &OnceCell<Reading>,
) -> Evaluation {
    let reading = reading(moment.turn, conversation, policy, read);
    let look = Look { moment, reading: reading.as_ref(), policy };
    hear(look, conversation);
    let mut signals = Vec::new();
    signals.extend(safety::signal(look));
    let answer = customer_request::answer(look, conversation);
    signals.extend(customer_request::signal(look, answer, conversation));
    signals.extend(ai_request::signal(look));
    let own = signals.len();
    if !moment.late {
        signals.extend(frustration::signal(look, conversation));
        signals.extend(tool_failure::signal(look, conversation));
        signals.extend(not_understood::signal(look, conversation));
        signals.extend(low_confidence::signal(look, conversation));
        signals.extend(loop_::signal(look, conversation));
        signals.extend(no_progress::signal(look, conversation));
        signals.extend(unsupported_language::signal(look, conversation));
    }
    let (by_rules, rules_without_value) = if policy.triggers.policy.enabled && !policy.rules.is_empty() {
        policy::signals(moment.turn, conversation, &signals, policy)
    } else {
        (Vec::new(), RuleSet::default())
    };
    let combination = Some(&policy.combination).filter(|it| it.enabled && !moment.late);
    let combined = combination
        .filter(|it| conversation.evidence.peaks.hear(&signals, &it.weights))
        .map(|it| it.strength(conversation.evidence.peaks.strengths()));
    signals.splice(own..own, by_rules);
    Evaluation { signals, combined, rules_without_value, answer }
}

/// The `no_response` signal at a timer: the customer has waited since `conversation.waiting_since` and nobody answered.
pub fn no_response(conversation: &Conversation, due: Millis, policy: &Policy) -> Option<Signal> {
    no_response::signal(conversation, due, policy)
}

/// What a trigger looks at.
#[derive(Clone, Copy)]
struct Look<'a> {
    moment: Moment<'a>,
    /// The text of a customer or AI turn, read.
    reading: Option<&'a Reading>,
    policy: &'a Policy,
}

impl<'a> Look<'a> {
    /// The reading, if the turn is the customer's.
    fn customer_text(&self) -> Option<&'a Reading> {
        self.reading.filter(|_| self.moment.turn.role == Role::Customer)
    }
}

/// What is known of the language of a turn before its text is read.
fn language<'a>(turn: &'a Turn<'_>, conversation: &'a Conversation) -> Language<'a> {
    let declared = turn.language.as_deref().or(conversation.profile.language.as_deref());
    match (declared, &conversation.heard) {
        (Some(tag), _) => Language::Declared(tag),
        (None, Some(heard)) => Language::Earlier(heard.language()),
        (None, None) => Language::Unknown,
    }
}

/// The turn's text, read. `read` serves where what was known of its language then is what is known now.
fn reading(
    turn: &Turn<'_>,
    conversation: &Conversation,
    policy: &Policy,
    read: &OnceCell<Reading>,
) -> Option<Reading> {
    let text = turn.text.as_deref()?;
    let language = language(turn, conversation);
    let anew = || match turn.role {
        Role::Customer => Some(policy.lexicon.read_customer(text, language, turn.sentiment.is_some())),
        Role::Ai => Some(policy.lexicon.read(text, language)),
        Role::Tool | Role::Human | Role::System => None,
    };
    if let Some(known) = read.get().filter(|known| known.known == language.print()) {
        return Some(*known);
    }
    let reading = anew()?;
    // Another's stays for whoever knows what they know.
    let _ = read.set(reading);
    Some(reading)
}

/// Remembers the language that a customer's text tells.
fn hear(look: Look<'_>, conversation: &mut Conversation) {
    let Some(reading) = look.customer_text().filter(|_| !look.moment.late) else { return };
    if let Some(language) = reading.language {
        conversation.heard = Some(Heard::add(conversation.heard, language, reading.words));
    }
}

/// A signal that has met its bound, shown by `turns`.
fn fired(reason: Reason, strength: f64, turns: Vec<String>, switch: &Switch) -> Signal {
    Signal {
        reason,
        strength: strength.clamp(Signal::FIRES, 1.0),
        rule_id: None,
        turns,
        observed: None,
        threshold: None,
        decision: switch.decision,
    }
}

/// A signal on the way to its bound.
fn weak(reason: Reason, strength: f64, switch: &Switch) -> Signal {
    Signal {
        reason,
        strength: strength.clamp(0.0, WEAKEST_UNDER),
        rule_id: None,
        turns: Vec::new(),
        observed: None,
        threshold: None,
        decision: switch.decision,
    }
}

/// The most a weak signal says.
const WEAKEST_UNDER: f64 = 0.49;

/// A count against its bound: weak on the way up, 0.5 at the bound, 1 at twice the bound. Nothing at 0.
fn counted(reason: Reason, count: u16, bound: u16, turns: &[String], switch: &Switch) -> Option<Signal> {
    if count == 0 {
        return None;
    }
    let ratio = f64::from(count) / f64::from(bound.max(1));
    let mut signal = if count >= bound.max(1) {
        fired(reason, ratio * Signal::FIRES, turns.to_vec(), switch)
    } else {
        weak(reason, ratio * WEAKEST_UNDER, switch)
    };
    signal.observed = Some(f64::from(count));
    signal.threshold = Some(f64::from(bound));
    Some(signal)
}

/// The same signal with what was observed, and the bound that it met.
fn measured(signal: Signal, observed: f64, threshold: f64) -> Signal {
    Signal { observed: Some(observed), threshold: Some(threshold), ..signal }
}

fn one(turn: &Turn<'_>) -> Vec<String> {
    vec![turn.event_id.to_string()]
}
