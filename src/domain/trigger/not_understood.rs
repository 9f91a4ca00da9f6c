//! `not_understood`: fallbacks in a row. Some platforms flag the AI's turn, others the customer's: only an unflagged turn
//! of the role that was flagged last ends the row.

use super::{Look, counted};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.not_understood;
    let turn = look.moment.turn;
    if !bounds.switch.enabled || !matches!(turn.role, Role::Customer | Role::Ai) {
        return None;
    }
    if turn.fallback {
        let streak = &mut conversation.evidence.not_understood;
        streak.add(&turn.event_id);
        return counted(Reason::NotUnderstood, streak.count, bounds.turns, &streak.turns, &bounds.switch);
    }
    let last = conversation.evidence.not_understood.turns.last()?;
    let flagged =
        conversation.recent.iter().find(|kept| kept.event_id == *last).map_or(Role::Ai, |kept| kept.role);
    if turn.role == flagged {
        conversation.evidence.not_understood.clear();
    }
    None
}
