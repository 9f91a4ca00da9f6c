//! What happens because nothing happens: no answer, nobody picks up, silence, forgetting.
//!
//! A timer's events carry the moment it was due, and no trigger event id. One timer a step: the earliest.

use super::draft::{Draft, handoff_place};
use super::end::{Cause, end, unanswered};
use super::{Case, cancel, complete, decide, request};
use crate::domain::conversation::{Conversation, Phase, Waits};
use crate::domain::decision::{Decision, HandoffKind};
use crate::domain::ids::Millis;
use crate::domain::measure::Counter;
use crate::domain::policy::Policy;
use crate::domain::{Context, Refusal, Step, trigger};

/// What is due. Of the same moment, the first of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) enum Timer {
    /// The customer waits and the AI does not answer.
    NoResponse,
    /// Nobody has taken the hand-off.
    Unanswered,
    /// Silence ends the conversation.
    Silent,
    Forget,
}

/// The next moment something is due, and what.
pub(in crate::domain) fn next(waits: Waits, policy: &Policy) -> Option<(Millis, Timer)> {
    let life = &policy.lifecycle;
    let silent = |after_ms: Millis| Some((waits.last_at.saturating_add(after_ms), Timer::Silent));
    match waits.phase {
        Phase::Ai | Phase::Offered => {
            no_response_due(waits, policy).into_iter().chain(silent(life.idle_after_ms)).min()
        }
        Phase::Requested => {
            unanswered_due(waits, policy).into_iter().chain(silent(life.give_up_after_ms)).min()
        }
        Phase::Human => silent(life.idle_after_ms),
        Phase::Ended => Some((waits.last_at.saturating_add(life.forget_after_ms), Timer::Forget)),
    }
}

/// A wait lasts at most this many times as long where tools are at work.
const AT_WORK: Millis = 3;

/// Once a wait, and not before the AI has had its time: since a person gave the conversation back, and since a tool was
/// last called, within limits.
fn no_response_due(waits: Waits, policy: &Policy) -> Option<(Millis, Timer)> {
    let trigger = &policy.triggers.no_response;
    let since = waits.waiting_since.filter(|_| trigger.switch.enabled)?;
    let open = waits.no_response_checked.is_none_or(|checked| checked < since);
    let returned = waits.handoff.and_then(|handoff| handoff.closed_at);
    let from = returned.map_or(since, |returned| since.max(returned));
    let latest = from.saturating_add(trigger.after_ms.saturating_mul(AT_WORK));
    let due = from.max(waits.worked_at.unwrap_or(from)).saturating_add(trigger.after_ms).min(latest);
    open.then_some((due, Timer::NoResponse))
}

fn unanswered_due(waits: Waits, policy: &Policy) -> Option<(Millis, Timer)> {
    let handoff = waits.handoff?;
    let times = Millis::from(handoff.reminders) + 1;
    let within = policy.lifecycle.answer_within_ms.saturating_mul(times);
    (handoff.reminders < policy.lifecycle.reminders)
        .then(|| (handoff.requested_at.saturating_add(within), Timer::Unanswered))
}

/// The timer's step. One that is not due changes nothing.
pub(in crate::domain) fn meet(
    id: &str,
    before: Option<Box<Conversation>>,
    due: Millis,
    context: Context<'_>,
) -> Result<Step, Refusal> {
    let Some(state) = before else {
        let error = "a timer for a conversation that is not known".to_owned();
        return Err(Refusal { stage: "apply", error, field: None });
    };
    let next = next(state.waits(), context.policy);
    let Some((at, timer)) = next.filter(|(at, _)| *at <= due) else {
        return Ok(Draft::new(id, state, context, due, None).finish());
    };
    let mut draft = Draft::new(id, state, context, at, None);
    match timer {
        Timer::NoResponse => no_response(&mut draft),
        Timer::Unanswered => remind(&mut draft),
        Timer::Silent => fall_silent(&mut draft),
        Timer::Forget => return Ok(draft.forget()),
    }
    Ok(draft.finish())
}

fn no_response(draft: &mut Draft<'_>) {
    draft.state.no_response_checked = draft.state.waiting_since;
    let Some(waiting) = unanswered(draft) else {
        // Thanks and a goodbye wait for nothing: what is asked later is a wait of its own.
        draft.state.waiting_since = None;
        return;
    };
    let signal = trigger::no_response(&draft.state, draft.at, draft.context.policy);
    let Some(signal) = signal.filter(|signal| signal.fires()) else { return };
    if draft.state.phase == Phase::Offered && signal.decision >= Decision::Offer {
        // The second signal after an offer that nobody could answer.
        let case = draft.state.offer.clone().into_iter().fold(Case::of(vec![signal]), Case::after);
        request(draft, case, Some(waiting));
    } else {
        decide(draft, Case::of(vec![signal]), Some(waiting));
    }
}

/// Nobody answered in time: more urgent, and said again.
fn remind(draft: &mut Draft<'_>) {
    let Some(mut handoff) = draft.state.handoff.take() else { return };
    handoff.reminders = handoff.reminders.saturating_add(1);
    handoff.priority = more_urgent(handoff.priority, draft.context.policy.lifecycle.reminder_priority_step);
    draft.count_handoff(Counter::Unanswered, handoff_place(&handoff));
    draft.publish(HandoffKind::Unanswered, &handoff, None, None);
    draft.state.handoff = Some(handoff);
}

/// Smaller is more urgent, never under 1; the sign of the step does not matter, and what is 1 or less stays.
fn more_urgent(priority: i64, step: i64) -> i64 {
    if priority <= 1 { priority } else { priority.saturating_sub(step.saturating_abs()).max(1) }
}

fn fall_silent(draft: &mut Draft<'_>) {
    match draft.state.phase {
        Phase::Requested => cancel(draft, Some("nobody_answered".to_owned())),
        Phase::Human => complete(draft, Some("silent".to_owned())),
        Phase::Ai | Phase::Offered | Phase::Ended => {}
    }
    end(draft, Cause::Silence);
}
