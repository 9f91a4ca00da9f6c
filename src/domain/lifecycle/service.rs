//! What people do with a hand-off: answer it, reply, ask again for what they were given. Waits are judged here.
//!
//! An answer counts once a hand-off. If a human turn comes before any `answered` outcome, it is the answer; the outcome,
//! when it comes, only corrects the moment. A second `answered` counts if the customer was queued again in between.

use super::draft::{Draft, handoff_place, place};
use super::ownership::moved;
use crate::domain::conversation::{Handoff, Phase};
use crate::domain::decision::HandoffKind;
use crate::domain::ids::Millis;
use crate::domain::measure::{Counter, Measure, Place, Quantity, wait_bucket};
use crate::domain::policy::Metrics;
use crate::domain::repeat;

/// A record further behind partition time than the engine waits for.
pub(super) fn count_late_event(draft: &mut Draft<'_>) {
    if draft.at < draft.context.partition_time.saturating_sub(draft.context.lateness_ms) {
        draft.count(Counter::LateEvents);
    }
}

/// A person takes the conversation for the first time.
pub(super) fn answer(draft: &mut Draft<'_>, wait_ms: Option<Millis>) {
    let at = draft.at;
    let Some(handoff) = &draft.state.handoff else { return };
    let wait_ms = waited(handoff, at, wait_ms);
    let place = handoff_place(handoff);
    let closed = handoff.closed_at;
    if draft.state.tally.answered_at.is_none() {
        draft.state.tally.answered_at = Some(at);
        draft.state.tally.wait_ms = Some(wait_ms);
    }
    count_answer(draft, wait_ms, place);
    if closed.is_some_and(|closed| closed >= at) {
        // It was over before this became known: counted, and nobody owns anything.
        moved(draft, |handoff| handoff.answered_at = Some(at));
    } else if closed.is_some() {
        own_again(draft, at);
        accept(draft);
    } else {
        moved(draft, |handoff| handoff.answered_at = Some(at));
        draft.state.phase = Phase::Human;
        accept(draft);
    }
    draft.summarize();
}

fn accept(draft: &mut Draft<'_>) {
    if let Some(handoff) = draft.state.handoff.take() {
        draft.publish(HandoffKind::Accepted, &handoff, None, None);
        draft.state.handoff = Some(handoff);
    }
}

/// A person owns a conversation again that had been closed: from now on, not for the time between.
pub(super) fn own_again(draft: &mut Draft<'_>, at: Millis) {
    moved(draft, |handoff| {
        handoff.ai_turns.retain(|turn| *turn > at);
        handoff.answered_at = Some(at);
        handoff.closed_at = None;
    });
    draft.state.phase = Phase::Human;
}

/// The wait for an answer or until giving up: as the desktop says, else since the queue, else since the request.
pub(super) fn waited(handoff: &Handoff, at: Millis, said: Option<Millis>) -> Millis {
    said.unwrap_or_else(|| at - handoff.queued_at.unwrap_or(handoff.requested_at)).max(0)
}

/// One answer with its wait.
pub(super) fn count_answer(draft: &mut Draft<'_>, wait_ms: Millis, place: Place) {
    let threshold = sl_threshold_ms(&draft.context.policy.metrics, place.queue.as_deref());
    let judged = |quantity, amount| Measure {
        quantity,
        amount,
        at: draft.at,
        place: place.clone(),
        sl_threshold_ms: Some(threshold),
        short_abandon_ms: None,
    };
    let answered = judged(Quantity::Count(Counter::Answered), 1);
    let in_sl = judged(Quantity::Count(Counter::AnsweredInSl), i64::from(wait_ms <= threshold));
    let bucket = judged(Quantity::Wait(wait_bucket(wait_ms) as u8), 1);
    draft.measure(answered);
    draft.measure(in_sl);
    draft.add(Counter::WaitMsSum, wait_ms, draft.at, place);
    draft.measure(bucket);
}

/// The customer gave up in the queue.
pub(super) fn count_abandon(draft: &mut Draft<'_>, wait_ms: Millis, place: Place) {
    let metrics = &draft.context.policy.metrics;
    let (threshold, short) = (sl_threshold_ms(metrics, place.queue.as_deref()), metrics.short_abandon_ms);
    let judged = |counter, amount| Measure {
        quantity: Quantity::Count(counter),
        amount,
        at: draft.at,
        place: place.clone(),
        sl_threshold_ms: Some(threshold),
        short_abandon_ms: Some(short),
    };
    let abandoned = judged(Counter::Abandoned, 1);
    let abandoned_short = judged(Counter::AbandonedShort, i64::from(wait_ms < short));
    draft.measure(abandoned);
    draft.measure(abandoned_short);
    draft.add(Counter::AbandonWaitMsSum, wait_ms, draft.at, place);
}

/// The customer stands in a queue.
pub(super) fn count_queued(draft: &mut Draft<'_>, place: Place) {
    let threshold = sl_threshold_ms(&draft.context.policy.metrics, place.queue.as_deref());
    draft.measure(Measure {
        quantity: Quantity::Count(Counter::Queued),
        amount: 1,
        at: draft.at,
        place,
        sl_threshold_ms: Some(threshold),
        short_abandon_ms: None,
    });
}

fn sl_threshold_ms(metrics: &Metrics, queue: Option<&str>) -> Millis {
    let by_queue = metrics.sl_threshold_ms_by_queue.iter().find(|(name, _)| Some(name.as_str()) == queue);
    by_queue.map_or(metrics.sl_threshold_ms, |(_, threshold)| *threshold)
}

/// A human turn: an answer if nobody answered yet, a reply, and perhaps a question for what was given.
pub(super) fn human_spoke(draft: &mut Draft<'_>, text: Option<&str>) {
    let at = draft.at;
    let Some(handoff) = draft.state.handoff.as_ref().filter(|handoff| handoff.requested_at <= at) else {
        return;
    };
    if draft.state.phase == Phase::Requested && handoff.answered_at.is_none() {
        answer(draft, None);
    }
    let Some(handoff) = &mut draft.state.handoff else { return };
    let in_charge = handoff.answered_at.is_some_and(|answered| answered <= at)
        && handoff.closed_at.is_none_or(|closed| at <= closed);
    if !in_charge {
        return;
    }
    handoff.replies = handoff.replies.saturating_add(1);
    if handoff.questions_reported {
        return;
    }
    let given = handoff.facts_given.iter().filter(|name| !handoff.asked_in_turns.contains(name));
    let facts = &draft.state.facts;
    let asked =
        text.and_then(|text| repeat::asked_for(text, given.map(String::as_str), facts)).map(str::to_owned);
    if let Some(name) = asked {
        handoff.asked_in_turns.push(name);
        let place = handoff_place(handoff);
        draft.count_handoff(Counter::InfoRequests, place);
        count_repeat(draft);
    }
}

/// A person asked for something that the package of the current hand-off held.
fn count_repeat(draft: &mut Draft<'_>) {
    let Some(handoff) = &mut draft.state.handoff else { return };
    handoff.reasked = true;
    let place = handoff_place(handoff);
    draft.count_handoff(Counter::RepeatRequests, place);
    draft.state.tally.repeat_requests += 1;
    // Counted once a conversation, beside `handoff_conversations`: when and where the first hand-off was.
    if draft.state.tally.repeat_requests == 1
        && let (Some(first), Some(at)) =
            (draft.state.tally.first_handoff.clone(), draft.state.tally.requested_at)
    {
        draft.add(Counter::HandoffConversationsReasked, 1, at, *first);
    }
    draft.summarize();
}

/// The desktop reports that a person asked for `field`.
pub(super) fn info_requested(draft: &mut Draft<'_>, field: Option<&str>) {
    let at = draft.at;
    let Some(handoff) = &mut draft.state.handoff else { return };
    handoff.questions_reported = true;
    if let Some(field) = field
        && let Some(known) = handoff.asked_in_turns.iter().position(|asked| repeat::same_field(asked, field))
    {
        // The question was found in a human turn already.
        handoff.asked_in_turns.remove(known);
        return;
    }
    let repeated = field.is_some_and(|field| {
        at >= handoff.requested_at && handoff.facts_given.iter().any(|given| repeat::same_field(given, field))
    });
    let place = handoff_place(handoff);
    draft.count_handoff(Counter::InfoRequests, place);
    if repeated {
        count_repeat(draft);
    }
}

/// Where a count goes that may come without any hand-off.
pub(super) fn any_place(draft: &Draft<'_>, handoff: Option<&Handoff>) -> Place {
    handoff.map_or_else(|| place(&draft.state), handoff_place)
}
