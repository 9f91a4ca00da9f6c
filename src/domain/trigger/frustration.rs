//! `frustration`: how displeased the customer is by now. The platform's sentiment where a turn has it, else the words.
//!
//! The level moves towards each customer turn, faster up than down, from calm (0). It is the state so far, not the turn
//! alone: a single bad turn in a calm conversation says little, curt turns throughout say much.

use super::{Look, fired, weak};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

/// Share of the way towards a turn that is worse, or better, than the level.
const RISE: f64 = 0.5;
const FALL: f64 = 0.2;
/// A turn at least this bad is shown as evidence.
const SHOWN_FROM: f64 = 0.4;
/// Repeating oneself is displeasure too.
const REPEAT: f64 = 0.15;
/// Levels under this are calm and give no signal.
const CALM: f64 = 0.02;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.frustration;
    let turn = look.moment.turn;
    if !bounds.switch.enabled || turn.role != Role::Customer {
        return None;
    }
    let evidence = &mut conversation.evidence;
    let repeats = if evidence.customer_repeats.count > 1 { REPEAT } else { 0.0 };
    let displeasure = match (turn.sentiment, look.reading) {
        (Some(sentiment), _) => (-sentiment).clamp(0.0, 1.0),
        (None, Some(reading)) => (reading.displeasure + repeats).min(1.0),
        (None, None) => return None,
    };
    let level = f64::from(evidence.frustration);
    let share = if displeasure > level { RISE } else { FALL };
    let level = level + share * (displeasure - level);
    evidence.frustration = level as f32;
    evidence.frustration_samples = evidence.frustration_samples.saturating_add(1);
    if displeasure >= SHOWN_FROM {
        evidence.frustration_turns.add(&turn.event_id);
    }
    if level < CALM {
        return None;
    }
    let mut signal = if level >= bounds.level {
        let over = (level - bounds.level) / (1.0 - bounds.level).max(f64::EPSILON);
        fired(Reason::Frustration, 0.5 + 0.5 * over, evidence.frustration_turns.turns.clone(), &bounds.switch)
    } else {
        weak(Reason::Frustration, 0.49 * level / bounds.level, &bounds.switch)
    };
    signal.observed = Some(level);
    signal.threshold = Some(bounds.level);
    Some(signal)
}
