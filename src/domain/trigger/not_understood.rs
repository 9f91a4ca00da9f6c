//! `not_understood`: turns in a row in which the AI understood nothing. The platform flags them as fallbacks, or the AI's own
//! words say so ("Sorry, I didn't get that").
//!
//! Some platforms flag the AI's turn, others the customer's: only a turn of the role that counted last, and that does not
//! count itself, ends the row. What the AI says about a customer's turn that was flagged already is the same failure, and counts once.

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
    let says_so = bounds.by_words
        && turn.role == Role::Ai
        && look.reading.is_some_and(|reading| reading.not_understood);
    let evidence = &mut conversation.evidence;
    let by = if evidence.customer_not_understood { Role::Customer } else { Role::Ai };
    let by = Some(by).filter(|_| evidence.not_understood.count > 0);
    if turn.fallback || (says_so && by != Some(Role::Customer)) {
        evidence.customer_not_understood = turn.role == Role::Customer;
        let streak = &mut evidence.not_understood;
        streak.add(&turn.event_id);
        return counted(Reason::NotUnderstood, streak.count, bounds.turns, &streak.turns, &bounds.switch);
    }
    if by == Some(turn.role) {
        evidence.not_understood.clear();
    }
    None
}
