//! An outcome: what the agent desktop reports.
//!
//! It is about the hand-off it names, else about the one that was current at its event time. Refused (stage `apply`): an
//! unknown conversation; a `handoff_id` that is neither the current nor the previous one; what needs a hand-off where
//! none was made; a change of ownership by a hand-off that is over; a `csat` without a score.

use std::str::FromStr;

use uuid::Uuid;

use super::draft::{Draft, handoff_place};
use super::end::{Cause, end, take_back};
use super::ownership::moved;
use super::service::{self, any_place, waited};
use super::{Case, cancel, complete, decide, decline, start_episode};
use crate::domain::conversation::{Ask, Conversation, Handoff, Phase};
use crate::domain::decision::HandoffKind;
use crate::domain::ids::{self, Millis};
use crate::domain::keep;
use crate::domain::limits::ID_BYTES;
use crate::domain::measure::Counter;
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::domain::{Context, Refusal, Step};

/// Which of the two hand-offs that are kept an outcome is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Current,
    Previous,
}

/// What an outcome does to who owns the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Counts with or without a hand-off.
    Nothing,
    /// Counts for a hand-off, over or not.
    AnyHandoff,
    /// Changes the owner: only the current hand-off can.
    CurrentHandoff,
}

fn needs(kind: OutcomeKind) -> Needs {
    match kind {
        OutcomeKind::Offered
        | OutcomeKind::Declined
        | OutcomeKind::Resolved
        | OutcomeKind::CsatRequested
        | OutcomeKind::Csat => Needs::Nothing,
        OutcomeKind::Queued
        | OutcomeKind::Answered
        | OutcomeKind::CallbackRequested
        | OutcomeKind::Held
        | OutcomeKind::Retrieved
        | OutcomeKind::InfoRequested
        | OutcomeKind::Replied
        | OutcomeKind::Transferred
        | OutcomeKind::TransferredBack
        | OutcomeKind::WrappedUp => Needs::AnyHandoff,
        OutcomeKind::Abandoned | OutcomeKind::Returned | OutcomeKind::Closed | OutcomeKind::Reopened => {
            Needs::CurrentHandoff
        }
    }
}

/// See the module.
pub(in crate::domain) fn meet(
    id: &str,
    before: Option<Box<Conversation>>,
    outcome: &Outcome<'_>,
    context: Context<'_>,
) -> Result<Step, Refusal> {
    let Some(state) = before else {
        return refuse(
            "the conversation is not known: no turn of it was read, or it was forgotten",
            "conversation_id",
        );
    };
    // Its own name space: a desktop that counts 1, 2, 3 knows nothing of the turns' ids.
    let print = !ids::print(&outcome.event_id);
    if state.seen.contains(&print) {
        return Ok(Step::duplicate(state));
    }
    let which = select(&state, outcome)?;
    check(&state, outcome, which)?;
    let mut draft = Draft::new(id, state, context, outcome.event_time, Some(&outcome.event_id));
    draft.see(print);
    draft.state.last_at = draft.state.last_at.max(outcome.event_time);
    match which {
        Some(Which::Previous) => with_previous_as_current(&mut draft, outcome),
        Some(Which::Current) | None => act(&mut draft, outcome),
    }
    draft.at = outcome.event_time;
    service::count_late_event(&mut draft);
    Ok(draft.finish())
}

fn refuse<T>(error: &str, field: &'static str) -> Result<T, Refusal> {
    Err(Refusal { stage: "apply", error: error.to_owned(), field: Some(field) })
}

fn select(state: &Conversation, outcome: &Outcome<'_>) -> Result<Option<Which>, Refusal> {
    let (current, previous) = (state.handoff.as_deref(), state.previous.as_deref());
    if let Some(named) = outcome.handoff_id.as_deref() {
        let named = Uuid::from_str(named).ok();
        let is = |handoff: Option<&Handoff>| named.is_some() && handoff.map(|handoff| handoff.id) == named;
        return match (is(current), is(previous)) {
            (true, _) => Ok(Some(Which::Current)),
            (false, true) => Ok(Some(Which::Previous)),
            (false, false) => {
                refuse("the conversation has no such hand-off, or it is too long ago", "handoff_id")
            }
        };
    }
    Ok(current.map(|current| {
        let earlier = outcome.event_time < current.requested_at && previous.is_some();
        if earlier { Which::Previous } else { Which::Current }
    }))
}

fn check(state: &Conversation, outcome: &Outcome<'_>, which: Option<Which>) -> Result<(), Refusal> {
    if outcome.kind == OutcomeKind::Csat && outcome.score.is_none() {
        return refuse("a csat outcome needs a score", "score");
    }
    let without = matches!(outcome.kind, OutcomeKind::Closed | OutcomeKind::Reopened);
    match (needs(outcome.kind), which) {
        (Needs::Nothing, _) | (Needs::AnyHandoff, Some(_)) => Ok(()),
        (Needs::CurrentHandoff, None) if without => Ok(()),
        (Needs::AnyHandoff | Needs::CurrentHandoff, None) => {
            refuse("no hand-off of the conversation was requested", "conversation_id")
        }
        (Needs::CurrentHandoff, Some(Which::Previous)) => {
            refuse("the hand-off is over and another was requested since", "handoff_id")
        }
        (Needs::CurrentHandoff, Some(Which::Current)) => {
            let over = state.handoff.as_ref().is_some_and(|handoff| handoff.closed_at.is_some());
            match outcome.kind {
                OutcomeKind::Returned if over => {
                    refuse("the hand-off is over: there is nothing to return", "type")
                }
                _ => Ok(()),
            }
        }
    }
}

/// Counts for the hand-off before the current one. Who owns the conversation is the current one's business.
fn with_previous_as_current(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let Some(mut previous) = draft.state.previous.take() else { return };
    if outcome.kind == OutcomeKind::Answered {
        if previous.answered_at.is_none() {
            previous.answered_at = Some(draft.at);
            service::count_answer(
                draft,
                waited(&previous, draft.at, outcome.wait_ms),
                handoff_place(&previous),
            );
        }
        draft.state.previous = Some(previous);
        return;
    }
    let current = draft.state.handoff.replace(previous);
    act(draft, outcome);
    draft.state.previous = draft.state.handoff.take();
    draft.state.handoff = current;
}

fn act(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let at = draft.at;
    if let (Some(handoff), Some(queue)) = (&mut draft.state.handoff, &outcome.queue) {
        handoff.outcome_queue = Some(keep::cut_bytes(queue, ID_BYTES).to_owned());
    }
    let place = any_place(draft, draft.state.handoff.as_deref());
    match outcome.kind {
        OutcomeKind::Queued => {
            with_handoff(draft, |handoff| handoff.queued_at = Some(at));
            service::count_queued(draft, place);
            draft.summarize();
        }
        // The desktop offers the case to an agent; before a hand-off `declined` is the customer's no to our offer.
        OutcomeKind::Declined if draft.state.phase == Phase::Offered && outcome.handoff_id.is_none() => {
            decline(draft);
        }
        OutcomeKind::Offered | OutcomeKind::Declined => {}
        OutcomeKind::Answered => answered(draft, outcome.wait_ms),
        OutcomeKind::Abandoned => abandoned(draft, outcome),
        OutcomeKind::CallbackRequested => draft.count_handoff(Counter::Callbacks, place),
        OutcomeKind::Held => with_handoff(draft, |handoff| {
            handoff.held_since.get_or_insert(at);
        }),
        OutcomeKind::Retrieved => with_handoff(draft, |handoff| {
            let measured = handoff.held_since.take().map_or(0, |since| at - since);
            handoff.held_ms += outcome.hold_ms.unwrap_or(measured).max(0);
        }),
        OutcomeKind::InfoRequested => service::info_requested(draft, outcome.field.as_deref()),
        OutcomeKind::Replied => {
            with_handoff(draft, |handoff| {
                let after = handoff.answered_at.is_some_and(|answered| answered <= at);
                handoff.replied = handoff.replied.saturating_add(u32::from(after));
            });
            end_wait(draft, at);
        }
        OutcomeKind::Transferred => {
            draft.count_handoff(Counter::Transfers, place);
            draft.state.tally.transfers += 1;
            draft.summarize();
        }
        OutcomeKind::TransferredBack => {
            draft.count_handoff(Counter::TransferBacks, place);
            draft.summarize();
        }
        OutcomeKind::Returned => returned(draft, outcome),
        OutcomeKind::WrappedUp => wrapped_up(draft, outcome),
        OutcomeKind::Resolved => resolved(draft),
        OutcomeKind::Closed => closed(draft, outcome),
        OutcomeKind::Reopened => reopened(draft),
        OutcomeKind::CsatRequested => draft.count_handoff(Counter::CsatRequests, place),
        OutcomeKind::Csat => csat(draft, outcome),
    }
}

fn with_handoff(draft: &mut Draft<'_>, change: impl FnOnce(&mut Handoff)) {
    if let Some(handoff) = &mut draft.state.handoff {
        change(handoff);
    }
}

fn answered(draft: &mut Draft<'_>, wait_ms: Option<Millis>) {
    let at = draft.at;
    let Some(handoff) = &draft.state.handoff else { return };
    match handoff.answered_at {
        None => {
            if handoff.closed_at.is_some_and(|closed| closed < at) {
                take_back(draft);
            }
            service::answer(draft, wait_ms);
        }
        // After a transfer the customer stood in a queue again.
        Some(first) if handoff.queued_at.is_some_and(|queued| queued > first && queued <= at) => {
            service::count_answer(draft, waited(handoff, at, wait_ms), handoff_place(handoff));
            with_handoff(draft, |handoff| handoff.queued_at = None);
        }
        // A human turn was taken for the answer; it was earlier.
        Some(first) if at < first => moved(draft, |handoff| handoff.answered_at = Some(at)),
        Some(_) => {}
    }
}

fn abandoned(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let Some(handoff) = &draft.state.handoff else { return };
    let at = draft.at;
    let (wait_ms, place) = (waited(handoff, at, outcome.wait_ms), handoff_place(handoff));
    service::count_abandon(draft, wait_ms, place);
    if draft.state.phase == Phase::Requested {
        let note = note(draft, outcome, "customer_left");
        cancel(draft, note);
        draft.state.waiting_since = None;
        start_episode(draft);
        decide_asked_since(draft, at);
    }
}

/// A person has spoken to the customer, or has had them: who began to wait before that waits no more.
fn end_wait(draft: &mut Draft<'_>, at: Millis) {
    let state = &mut draft.state;
    state.waiting_since = state.waiting_since.filter(|since| *since > at);
    state.last_answer_at = state.last_answer_at.max(Some(at));
}

/// What the desktop gives as the reason, else `otherwise`.
fn note(draft: &Draft<'_>, outcome: &Outcome<'_>, otherwise: &str) -> Option<String> {
    let given = outcome.reason.as_deref();
    let privacy = &draft.context.policy.privacy;
    given
        .and_then(|reason| keep::value("reason", reason, privacy))
        .or_else(|| Some(otherwise.to_owned()).filter(|it| !it.is_empty()))
}

fn returned(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let at = draft.at;
    let note = note(draft, outcome, "");
    moved(draft, |handoff| handoff.closed_at = Some(at));
    let Some(handoff) = draft.state.handoff.take() else { return };
    draft.count_handoff(Counter::Returned, handoff_place(&handoff));
    draft.publish(HandoffKind::Returned, &handoff, note, None);
    let served = handoff.answered_at.is_some_and(|answered| answered <= at);
    draft.state.handoff = Some(handoff);
    if served {
        end_wait(draft, at);
    }
    start_episode(draft);
    draft.summarize();
    decide_asked_since(draft, at);
}

/// What the customer asked after the hand-off was over, while we still thought that a person would hear it.
fn asked_since(draft: &Draft<'_>, over_at: Millis) -> Option<Ask> {
    let handoff = draft.state.handoff.as_deref()?;
    handoff.asks.iter().find(|ask| ask.at > over_at).cloned()
}

/// Decides it, at its own time.
fn decide_asked_since(draft: &mut Draft<'_>, over_at: Millis) {
    let Some(ask) = asked_since(draft, over_at) else { return };
    let ai_turns = draft.state.handoff.iter().flat_map(|handoff| &handoff.ai_turns);
    let spoken_since: Vec<Millis> = ai_turns.copied().filter(|turn| *turn > over_at).collect();
    let waiting = draft.state.waiting_since.filter(|since| *since <= ask.at).unwrap_or(ask.at);
    draft.at = ask.at;
    draft.cause = Some(ask.event_id.into());
    decide(draft, Case::of(ask.signals), Some(waiting));
    if draft.state.phase == Phase::Requested {
        with_handoff(draft, |handoff| handoff.ai_turns = spoken_since);
    }
}

fn wrapped_up(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let Some(handoff) = &mut draft.state.handoff else { return };
    // Who wraps up has hung up, on hold or not.
    let held_ms = std::mem::take(&mut handoff.held_ms)
        + handoff.held_since.take().map_or(0, |since| (draft.at - since).max(0));
    let place = handoff_place(handoff);
    let ms = |said: Option<Millis>| said.unwrap_or(0).max(0);
    let (talk, hold, acw) = (ms(outcome.talk_ms), ms(outcome.hold_ms.or(Some(held_ms))), ms(outcome.acw_ms));
    draft.count_handoff(Counter::Handled, place.clone());
    for (counter, amount) in
        [(Counter::TalkMsSum, talk), (Counter::HoldMsSum, hold), (Counter::AcwMsSum, acw)]
    {
        draft.add(counter, amount, draft.at, place.clone());
    }
    let tally = &mut draft.state.tally;
    tally.talk_ms = tally.talk_ms.saturating_add(talk);
    tally.hold_ms = tally.hold_ms.saturating_add(hold);
    tally.acw_ms = tally.acw_ms.saturating_add(acw);
    draft.summarize();
}

/// Counted once, until it is reopened. On first reply: exactly one, and never reopened.
fn resolved(draft: &mut Draft<'_>) {
    let place = any_place(draft, draft.state.handoff.as_deref());
    let tally = &mut draft.state.tally;
    let (known, first_reply) = match &mut draft.state.handoff {
        Some(handoff) => (
            std::mem::replace(&mut handoff.resolved, true),
            handoff.replies.max(handoff.replied) == 1 && tally.reopened == 0,
        ),
        None => (tally.resolved, false),
    };
    tally.resolved = true;
    if known {
        return;
    }
    draft.count_handoff(Counter::Resolved, place.clone());
    if first_reply {
        draft.count_handoff(Counter::ResolvedFirstReply, place);
    }
    draft.summarize();
}

/// The desktop closes the case: the conversation ends, unless its hand-off was over before, or the customer has asked for a person
/// since.
fn closed(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let over = draft.state.handoff.as_ref().is_some_and(|handoff| handoff.closed_at.is_some());
    match draft.state.phase {
        Phase::Ended => return,
        Phase::Requested => {
            let note = note(draft, outcome, "closed");
            cancel(draft, note);
        }
        Phase::Human => {
            let note = note(draft, outcome, "");
            complete(draft, note);
        }
        Phase::Ai | Phase::Offered if over => return,
        Phase::Ai | Phase::Offered => {}
    }
    let at = draft.at;
    if asked_since(draft, at).is_some() {
        end_wait(draft, at);
        start_episode(draft);
        draft.summarize();
        decide_asked_since(draft, at);
    } else {
        end(draft, Cause::Said(outcome.reason.as_deref().unwrap_or("")));
    }
}

/// The desktop opens the case again: a person owns it if one did.
fn reopened(draft: &mut Draft<'_>) {
    let at = draft.at;
    let place = any_place(draft, draft.state.handoff.as_deref());
    draft.count_handoff(Counter::Reopened, place);
    draft.state.tally.reopened += 1;
    draft.state.tally.resolved = false;
    with_handoff(draft, |handoff| handoff.resolved = false);
    take_back(draft);
    draft.summarize();
    let answered = draft.state.handoff.as_ref().is_some_and(|handoff| handoff.answered_at.is_some());
    match draft.state.phase {
        Phase::Ended | Phase::Ai | Phase::Offered if answered => {
            if let Some(offer) = &mut draft.state.offer {
                offer.open = false;
            }
            service::own_again(draft, at);
        }
        Phase::Ended if draft.state.handoff.is_some() => start_episode(draft),
        Phase::Ended => draft.state.phase = Phase::Ai,
        Phase::Ai | Phase::Offered | Phase::Requested | Phase::Human => {}
    }
}

fn csat(draft: &mut Draft<'_>, outcome: &Outcome<'_>) {
    let Some(score) = outcome.score else { return };
    let place = any_place(draft, draft.state.handoff.as_deref());
    let satisfied =
        score / outcome.score_max.unwrap_or(5.0) >= draft.context.policy.metrics.csat_satisfied_from;
    draft.count_handoff(Counter::CsatResponses, place.clone());
    draft.add(Counter::CsatSatisfied, i64::from(satisfied), draft.at, place.clone());
    draft.add(Counter::CsatScoreSum, score.round() as i64, draft.at, place);
    draft.state.tally.csat = Some(score);
    draft.summarize();
}
