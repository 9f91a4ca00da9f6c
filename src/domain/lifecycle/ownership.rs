//! Whether a person owned the conversation at a moment, and what follows for the AI's turns.
//!
//! A person owns it after `answered_at` up to and including `closed_at` (of records of one moment, turns come first). An
//! answer or a return that arrives late moves these moments, and the violations counted so far are put right.

use super::draft::{Draft, requested_place};
use crate::domain::conversation::Handoff;
use crate::domain::ids::Millis;
use crate::domain::limits::AI_TURNS_SINCE_REQUEST;
use crate::domain::measure::Counter;

impl Handoff {
    /// A person owned the conversation at `at`.
    pub(super) fn owned_at(&self, at: Millis) -> bool {
        self.answered_at.is_some_and(|answered| answered < at)
            && self.closed_at.is_none_or(|closed| at <= closed)
    }

    /// A person has said something since the answer.
    pub(super) fn person_replied(&self) -> bool {
        self.replies > 0 || self.replied > 0
    }
}

/// An AI turn at `draft.at`: remembered while a hand-off is open, and a violation where a person owned the conversation.
pub(super) fn ai_spoke(draft: &mut Draft<'_>) {
    let at = draft.at;
    let Some(handoff) = &mut draft.state.handoff else { return };
    if at < handoff.requested_at || handoff.closed_at.is_some_and(|closed| closed < at) {
        return;
    }
    if handoff.ai_turns.len() == AI_TURNS_SINCE_REQUEST {
        handoff.ai_turns.remove(0);
    }
    handoff.ai_turns.push(at);
    if handoff.owned_at(at) {
        correct(draft, 1, at);
    }
}

/// Changes the moments of ownership by `change`, and the violations with them.
pub(super) fn moved(draft: &mut Draft<'_>, change: impl FnOnce(&mut Handoff)) {
    let Some(handoff) = &mut draft.state.handoff else { return };
    let before = handoff.clone();
    change(handoff);
    let corrections: Vec<(i64, Millis)> = handoff
        .ai_turns
        .iter()
        .map(|at| (i64::from(handoff.owned_at(*at)) - i64::from(before.owned_at(*at)), *at))
        .collect();
    for (amount, at) in corrections {
        correct(draft, amount, at);
    }
}

fn correct(draft: &mut Draft<'_>, amount: i64, at: Millis) {
    let Some(handoff) = &draft.state.handoff else { return };
    let place = requested_place(handoff);
    let violations = &mut draft.state.tally.violations;
    *violations = violations.saturating_add_signed(amount as i32);
    draft.add(Counter::Violations, amount, at, place);
}
