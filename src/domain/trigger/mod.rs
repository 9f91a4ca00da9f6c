//! All triggers, evaluated in the published order. One file a trigger.

use super::conversation::Conversation;
use super::decision::Signal;
use super::policy::Policy;
use super::turn::Turn;

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
    /// Rules that met a null or an absent key and therefore did not fire.
    pub rules_without_value: u32,
}

/// Asks every enabled trigger. Changes nothing but `conversation.evidence`.
pub fn evaluate(_moment: Moment<'_>, _conversation: &mut Conversation, _policy: &Policy) -> Evaluation {
    todo!("in work")
}

/// The `no_response` signal at a timer: the customer has waited since `conversation.waiting_since` and nobody answered.
pub fn no_response(_conversation: &Conversation, _due: super::ids::Millis, _policy: &Policy) -> Option<Signal> {
    todo!("in work")
}
