//! How a conversation ends, and how an end is taken back.
//!
//! The kinds, in this order: `handed_off` (a hand-off was requested, or a person spoke), `unengaged` (no customer turn), what the
//! platform's reason says (that it went to a person: `handed_off`, that it failed: `abandoned`, that it did not:
//! `resolved_confirmed`), `resolved_confirmed` (the customer's last words are thanks), `abandoned` (the last customer turn stands
//! unanswered, was not understood or was negative), `resolved_assumed` (the rest).
//! A missed hand-off: nothing was requested or offered, and it was abandoned with strong evidence, or its last tool call
//! had failed.

use super::draft::{Draft, place};
use crate::domain::conversation::{Conversation, End, EndKind, KeptTurn, Phase};
use crate::domain::ids::Millis;
use crate::domain::measure::Counter;
use crate::domain::text::is_question;
use crate::domain::turn::{Role, ToolStatus};

/// Sentiment from which a customer counts as negative at the end.
const NEGATIVE: f32 = -0.25;
/// Frustration level from which a conversation ended badly.
const FRUSTRATED: f32 = 0.5;

/// What brings the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause<'a> {
    /// Somebody said that it is over, with a reason (possibly empty).
    Said(&'a str),
    Silence,
}

/// Ends the conversation at `draft.at`, counts it, and remembers where.
pub(super) fn end(draft: &mut Draft<'_>, cause: Cause<'_>) {
    let kind = kind(draft, cause);
    let missed = missed(draft, kind);
    let place = place(&draft.state);
    draft.add(Counter::ConversationsClosed, 1, draft.at, place.clone());
    draft.add(counter(kind), 1, draft.at, place.clone());
    if missed {
        draft.add(Counter::MissedHandoffs, 1, draft.at, place.clone());
    }
    let state = &mut draft.state;
    state.end = Some(Box::new(End { at: draft.at, kind, missed, silent: cause == Cause::Silence, place }));
    state.phase = Phase::Ended;
    state.waiting_since = None;
    if let Some(offer) = &mut state.offer {
        offer.open = false;
    }
    draft.summarize();
}

/// Takes the end back where it was counted. The caller says who owns the conversation now.
pub(super) fn take_back(draft: &mut Draft<'_>) {
    let Some(end) = draft.state.end.take() else { return };
    draft.add(Counter::ConversationsClosed, -1, end.at, end.place.clone());
    draft.add(counter(end.kind), -1, end.at, end.place.clone());
    if end.missed {
        draft.add(Counter::MissedHandoffs, -1, end.at, end.place);
    }
    draft.summarize();
}

fn counter(kind: EndKind) -> Counter {
    match kind {
        EndKind::ResolvedConfirmed => Counter::ContainedConfirmed,
        EndKind::ResolvedAssumed => Counter::ContainedAssumed,
        EndKind::Abandoned => Counter::ContainedAbandoned,
        EndKind::Unengaged => Counter::Unengaged,
        EndKind::HandedOff => Counter::ClosedHandedOff,
    }
}

fn kind(draft: &Draft<'_>, cause: Cause<'_>) -> EndKind {
    let state = &draft.state;
    if state.tally.handoffs > 0 || state.turns.human > 0 {
        EndKind::HandedOff
    } else if state.turns.customer == 0 {
        EndKind::Unengaged
    } else if let Some(kind) = told(cause) {
        kind
    } else if thanked(draft) {
        EndKind::ResolvedConfirmed
    } else if unanswered(draft).is_some() || not_understood(state) || negative(state) {
        EndKind::Abandoned
    } else {
        EndKind::ResolvedAssumed
    }
}

fn missed(draft: &Draft<'_>, kind: EndKind) -> bool {
    let state = &draft.state;
    let failed = state.steps.last().is_some_and(|step| step.status != ToolStatus::Ok);
    let nothing_fired = state.tally.handoffs == 0 && state.offer.is_none();
    let badly = match kind {
        EndKind::Abandoned => {
            failed
                || not_understood(state)
                || unanswered(draft).is_some()
                || state.evidence.frustration >= FRUSTRATED
        }
        EndKind::ResolvedAssumed => failed,
        EndKind::ResolvedConfirmed | EndKind::Unengaged | EndKind::HandedOff => false,
    };
    nothing_fired && badly
}

/// What the platform's reason says: `transferred_to_agent`, `unresolved`, `not_resolved`, `resolved`.
fn told(cause: Cause<'_>) -> Option<EndKind> {
    let Cause::Said(reason) = cause else { return None };
    if says_handed_over(reason) {
        return Some(EndKind::HandedOff);
    }
    let reason = reason.to_lowercase();
    let says =
        |known: &[&str]| reason.split(|c: char| !c.is_alphanumeric()).any(|word| known.contains(&word));
    match (says(&FAILURE), says(&NEGATIONS), says(&SUCCESS)) {
        (true, _, _) | (false, true, true) => Some(EndKind::Abandoned),
        (false, false, true) => Some(EndKind::ResolvedConfirmed),
        (false, _, false) => None,
    }
}

const NEGATIONS: [&str; 4] = ["not", "no", "never", "without"];
const SUCCESS: [&str; 9] = [
    "resolved",
    "solved",
    "confirmed",
    "success",
    "successful",
    "successfully",
    "completed",
    "complete",
    "fulfilled",
];
const FAILURE: [&str; 11] = [
    "unresolved",
    "unsolved",
    "unconfirmed",
    "unsuccessful",
    "incomplete",
    "failed",
    "failure",
    "abandoned",
    "abandon",
    "error",
    "dropped",
];

/// The session of the AI ends because a person takes over: no end of the conversation.
pub(super) fn says_handed_over(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["transfer", "escalat", "handoff", "hand_off", "hand-off", "handed"]
        .iter()
        .any(|word| reason.contains(word))
}

/// The customer's last words.
pub(super) fn last_customer(state: &Conversation) -> Option<&KeptTurn> {
    state.recent.iter().rev().find(|turn| turn.role == Role::Customer)
}

fn thanked(draft: &Draft<'_>) -> bool {
    let (state, lexicon) = (&draft.state, &draft.context.policy.lexicon);
    last_customer(state).is_some_and(|turn| lexicon.thanks(&turn.text.text(), state.language()))
}

/// Since when the customer waits for an answer. Thanks and a goodbye wait for none, nor does an "ok" to what asked nothing.
pub(super) fn unanswered(draft: &Draft<'_>) -> Option<Millis> {
    let (state, lexicon) = (&draft.state, &draft.context.policy.lexicon);
    let waits_for_none = |turn: &KeptTurn| {
        let (text, language) = (turn.text.text(), state.language());
        lexicon.closes(&text, language) || (!was_asked(state) && lexicon.acknowledges(&text, language))
    };
    state.waiting_since.filter(|_| !last_customer(state).is_some_and(waits_for_none))
}

/// The AI's words before the customer's last ones ask something, or there are none.
fn was_asked(state: &Conversation) -> bool {
    let before = state.recent.iter().rev().skip_while(|turn| turn.role != Role::Customer);
    let ai = before.skip(1).find(|turn| turn.role == Role::Ai);
    ai.is_none_or(|turn| is_question(&turn.text.text()))
}

fn not_understood(state: &Conversation) -> bool {
    state.evidence.not_understood.count > 0
}

fn negative(state: &Conversation) -> bool {
    state.sentiment.is_some_and(|sentiment| sentiment.now <= NEGATIVE)
        || state.evidence.frustration >= FRUSTRATED
}
