//! `low_confidence`: confidence under a bound for some turns, or a falling average. Missing confidence is missing, not zero.
//!
//! Strength ranks: within the same count, less confidence is stronger, also before any bound is met.

use super::{Look, fired, one, weak};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

/// Weight of the newest confidence in the average.
const NEWEST: f64 = 0.4;
/// Weak signals of less than this are not worth a line.
const NOTHING: f64 = 0.0005;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.low_confidence;
    let turn = look.moment.turn;
    let confidence = turn
        .confidence
        .filter(|_| bounds.switch.enabled && matches!(turn.role, Role::Customer | Role::Ai))?;
    let evidence = &mut conversation.evidence;

    let before = evidence.confidence_average.map(f64::from);
    let average = before.map_or(confidence, |before| before + NEWEST * (confidence - before));
    evidence.confidence_average = Some(average as f32);
    if confidence < bounds.below {
        evidence.low_confidence.add(&turn.event_id);
    } else {
        evidence.low_confidence.clear();
    }

    let count = evidence.low_confidence.count;
    let needed = bounds.turns.max(1);
    if count >= needed {
        let depth = (bounds.below - confidence) / bounds.below;
        let turns = evidence.low_confidence.turns.clone();
        return Some(measured(
            fired(Reason::LowConfidence, 0.5 + 0.5 * depth, turns, &bounds.switch),
            confidence,
            bounds.below,
        ));
    }
    if before.is_some_and(|before| average < before) && average < bounds.average_below {
        let depth = (bounds.average_below - average) / bounds.average_below;
        let turns = if count > 0 { evidence.low_confidence.turns.clone() } else { one(turn) };
        return Some(measured(
            fired(Reason::LowConfidence, 0.5 + 0.5 * depth, turns, &bounds.switch),
            average,
            bounds.average_below,
        ));
    }
    let steps = f64::from(count.saturating_sub(1)) + (1.0 - confidence);
    let strength = 0.49 * steps / f64::from(needed);
    (strength >= NOTHING)
        .then(|| measured(weak(Reason::LowConfidence, strength, &bounds.switch), confidence, bounds.below))
}

fn measured(signal: Signal, observed: f64, threshold: f64) -> Signal {
    Signal { observed: Some(observed), threshold: Some(threshold), ..signal }
}
