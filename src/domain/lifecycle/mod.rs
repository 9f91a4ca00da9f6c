//! The life of a conversation: who owns it, and how it passes from one to the other.
//!
//! ```text
//!  ai ──offer──▶ offered ──accepts / 2nd signal──▶ requested ──answered──▶ human ──returned──▶ ai (a new episode)
//!   └────────────── hand off ───────────────────────▲  │                    └──closed──▶ ended
//!                                                      ├─ nobody answers in time ▶ unanswered: priority up, event again
//!                                                      └─ customer leaves / solves it ▶ canceled
//! ```
//!
//! Invariants: one `requested` and one `accepted` event an episode; every episode begins without evidence and without an
//! offer; whether a person owned the conversation at a moment is decided by event times alone (see [`ownership`]).

mod case;
mod draft;
mod end;
pub(super) mod outcome;
mod ownership;
mod routing;
mod service;
pub(super) mod timer;
pub(super) mod turn;

use super::conversation::{Evidence, Handoff, Offer, Phase};
use super::decision::{Decision, HandoffKind, Signal};
use super::ids::{self, Millis};
use super::measure::{Counter, Place};
use super::package;
use case::Case;
use draft::{Draft, handoff_place, place, requested_place};

/// The policy decides while the AI owns the conversation. `waiting` is since when the customer waits.
fn decide(draft: &mut Draft<'_>, case: Case, waiting: Option<Millis>) {
    match case.wants {
        Some(Decision::HandOff) => request(draft, case, waiting),
        // An offer is made once an episode, and not to a customer who has said that they want no person.
        Some(Decision::Offer) if draft.state.offer.is_none() && !draft.state.evidence.person_declined => {
            offer(draft, case);
        }
        Some(Decision::Offer | Decision::Observe) | None => {}
    }
}

/// Asks the customer first.
fn offer(draft: &mut Draft<'_>, case: Case) {
    let (signals, combined) = case.primary_first();
    let routing = routing::route(&signals, draft.context.policy);
    let offer = Offer { at: draft.at, open: true, signals, combined };
    draft.state.phase = Phase::Offered;
    draft.state.offer = Some(offer.clone());
    draft.add(Counter::Offers, 1, draft.at, offer_place(draft, &offer.signals));
    let package = package::package(draft.id, &draft.state, draft.context.partition, draft.context.policy);
    draft.publish_offer(&offer, routing, package);
}

/// The customer does not want a person, or goes on with the AI: the offer is closed, and no other is made this episode.
fn decline(draft: &mut Draft<'_>) {
    let Some(offer) = &mut draft.state.offer else { return };
    offer.open = false;
    let signals = offer.signals.clone();
    draft.state.phase = Phase::Ai;
    draft.add(Counter::OffersDeclined, 1, draft.at, offer_place(draft, &signals));
}

/// Offers are filed under the reason for which they are made.
fn offer_place(draft: &Draft<'_>, signals: &[Signal]) -> Place {
    Place { reason: signals.first().map(|signal| signal.reason.name().to_owned()), ..place(&draft.state) }
}

/// The one hand-off of this episode.
fn request(draft: &mut Draft<'_>, case: Case, waiting: Option<Millis>) {
    let policy = draft.context.policy;
    let (signals, combined) = case.primary_first();
    let routing = routing::route(&signals, policy);
    let profile = &draft.state.profile;
    let handoff = Handoff {
        id: ids::handoff_id(draft.id, draft.state.started_at, draft.state.episode),
        episode: draft.state.episode,
        requested_at: draft.at,
        priority: routing.priority,
        queue: routing.queue,
        skills: routing.skills,
        policy: policy.name.clone(),
        policy_version: policy.version.clone(),
        customer_waiting_since: waiting.unwrap_or(draft.at),
        tenant: profile.tenant.clone(),
        channel: profile.channel.clone(),
        intent: profile.intent.clone(),
        ai_version: profile.ai_version.clone(),
        signals,
        combined,
        ..Handoff::default()
    };
    if let Some(offer) = &mut draft.state.offer {
        offer.open = false;
    }
    draft.state.phase = Phase::Requested;
    draft.state.previous = draft.state.handoff.replace(Box::new(handoff));
    publish_request(draft);
}

/// Everything that is said about the hand-off just made.
fn publish_request(draft: &mut Draft<'_>) {
    let package = package::package(draft.id, &draft.state, draft.context.partition, draft.context.policy);
    let Some(mut handoff) = draft.state.handoff.take() else { return };
    handoff.facts_given = package.facts.iter().map(|fact| fact.name.clone()).collect();
    handoff.facts_given.extend(package.goal.is_some().then(|| "goal".to_owned()));
    let place = requested_place(&handoff);
    let tally = &mut draft.state.tally;
    let first = tally.handoffs == 0;
    tally.handoffs += 1;
    if first {
        tally.first_reason = Some(handoff.reason());
        tally.first_handoff = Some(Box::new(place.clone()));
        tally.requested_at = Some(draft.at);
        tally.completeness = Some((
            package.completeness.score,
            package.completeness.missing.iter().map(|name| (*name).to_owned()).collect(),
        ));
    }
    for signal in &handoff.signals {
        if let Err(index) = tally.reasons.binary_search(&signal.reason) {
            tally.reasons.insert(index, signal.reason);
        }
    }
    draft.count_handoff(Counter::Handoffs, place.clone());
    if first {
        draft.count_handoff(Counter::HandoffConversations, place);
    }
    draft.publish(HandoffKind::Requested, &handoff, None, Some(package));
    draft.state.handoff = Some(handoff);
    draft.summarize();
}

/// Nobody is needed any more: the customer left the queue, or it solved itself.
fn cancel(draft: &mut Draft<'_>, note: Option<String>) {
    let Some(mut handoff) = draft.state.handoff.take() else { return };
    handoff.closed_at = Some(draft.at);
    draft.count_handoff(Counter::Canceled, handoff_place(&handoff));
    draft.publish(HandoffKind::Canceled, &handoff, note, None);
    draft.state.handoff = Some(handoff);
    draft.summarize();
}

/// The person is done, and the conversation ends with it.
fn complete(draft: &mut Draft<'_>, note: Option<String>) {
    let Some(mut handoff) = draft.state.handoff.take() else { return };
    handoff.closed_at = Some(draft.at);
    draft.publish(HandoffKind::Completed, &handoff, note, None);
    draft.state.handoff = Some(handoff);
    draft.summarize();
}

/// The AI owns the conversation again, and what led to the last hand-off does not count again.
fn start_episode(draft: &mut Draft<'_>) {
    let state = &mut draft.state;
    state.phase = Phase::Ai;
    state.episode += 1;
    state.evidence = Evidence::default();
    state.offer = None;
}
