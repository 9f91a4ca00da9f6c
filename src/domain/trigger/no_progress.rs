//! `no_progress`: too many customer turns, or too much time, without a new fact, step or intent.
//!
//! Time counts only while the customer keeps writing without anything new: a pause alone is no standstill.

use super::{Look, counted, fired, one};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

/// Turns without progress before time counts.
const TURNS_BEFORE_TIME: u16 = 2;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.no_progress;
    let turn = look.moment.turn;
    if !bounds.switch.enabled {
        return None;
    }
    let evidence = &mut conversation.evidence;
    if look.moment.progressed {
        evidence.turns_without_progress = 0;
        evidence.progress_at = Some(turn.event_time);
        return None;
    }
    let since = *evidence.progress_at.get_or_insert(turn.event_time);
    if turn.role != Role::Customer {
        return None;
    }
    evidence.turns_without_progress = evidence.turns_without_progress.saturating_add(1);
    let turns = evidence.turns_without_progress;
    let waited_ms = turn.event_time - since;
    if turns < bounds.turns && turns >= TURNS_BEFORE_TIME && waited_ms >= bounds.after_ms {
        let mut signal = fired(Reason::NoProgress, 0.5, one(turn), &bounds.switch);
        (signal.observed, signal.threshold) = (Some(waited_ms as f64), Some(bounds.after_ms as f64));
        return Some(signal);
    }
    counted(Reason::NoProgress, turns, bounds.turns, &one(turn), &bounds.switch)
}
