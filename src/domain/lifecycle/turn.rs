//! A turn: what it brings, what the triggers say to it, and whether it is time for a person.
//!
//! 1. a record seen before changes nothing; an unknown conversation's turn far behind partition time is refused
//! 2. a turn after the end reopens the conversation
//! 3. what it brings is taken (`apply`), and the conversation is counted as started and engaged
//! 4. who speaks: an AI turn while a person owns the conversation is a violation; a human turn is an answer if no
//!    outcome has said so
//! 5. triggers, and the decision
//! 6. the end, if the turn says so

use super::draft::Draft;
use super::end::{Cause, end, last_customer, says_handed_over, take_back};
use super::ownership;
use super::service;
use super::{Case, cancel, complete, decide, decline, request, start_episode};
use crate::domain::apply::{self, Lateness};
use crate::domain::conversation::{Ask, Conversation, End, Phase};
use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::ids::{self, Millis};
use crate::domain::limits::{ASKS_KEPT, VALUE_BYTES};
use crate::domain::measure::Counter;
use crate::domain::trigger::{self, Answer, Evaluation, Moment};
use crate::domain::turn::{Role, Turn};
use crate::domain::{Context, Refusal, Step, keep};

/// See the module.
pub(in crate::domain) fn meet(
    id: &str,
    before: Option<Box<Conversation>>,
    turn: &Turn<'_>,
    context: Context<'_>,
) -> Result<Step, Refusal> {
    let print = ids::print(&turn.event_id);
    let started = before.is_none();
    let state = match before {
        Some(state) if state.seen.contains(&print) => return Ok(Step::duplicate(state)),
        Some(state) => state,
        None => new_life(turn, &context)?,
    };
    let mut draft = Draft::new(id, state, context, turn.event_time, Some(&turn.event_id));
    draft.see(print);
    reopen(&mut draft, turn);

    let lateness =
        if !started && apply::is_late(draft.state.newest, turn) { Lateness::Late } else { Lateness::Newest };
    let waiting_before = draft.state.waiting_since;
    let progressed = apply::turn(&mut draft.state, turn, lateness, context.policy);
    if let Some(offset) = context.offset {
        draft.state.offsets.last = draft.state.offsets.last.max(offset);
    }
    count(&mut draft, turn, started);
    speak(&mut draft, turn);

    let moment = Moment { turn, progressed, late: lateness == Lateness::Late };
    let said = trigger::evaluate(moment, &mut draft.state, context.policy, context.reading);
    let requests = draft.state.tally.handoffs;
    draft.weighed_in = draft.state.phase;
    consider(&mut draft, turn, lateness, &said, waiting_before);
    if let Some(reason) = turn.ended.as_deref().filter(|_| draft.state.tally.handoffs == requests) {
        ended(&mut draft, turn, reason);
    }
    draft.said = said;
    Ok(draft.finish())
}

fn new_life(turn: &Turn<'_>, context: &Context<'_>) -> Result<Box<Conversation>, Refusal> {
    let oldest = context.partition_time.saturating_sub(context.policy.lifecycle.forget_after_ms);
    if turn.event_time < oldest {
        let behind = context.partition_time - turn.event_time;
        let error =
            format!("the conversation is not known and the turn is {behind} ms behind partition time");
        return Err(Refusal { stage: "late", error, field: Some("event_time") });
    }
    let offset = context.offset.unwrap_or_default();
    let mut state = Box::<Conversation>::default();
    (state.started_at, state.last_at) = (turn.event_time, turn.event_time);
    state.episode = 1;
    (state.offsets.first, state.offsets.last) = (offset, offset);
    Ok(state)
}

fn count(draft: &mut Draft<'_>, turn: &Turn<'_>, started: bool) {
    if started {
        draft.count(Counter::ConversationsStarted);
    }
    if turn.role == Role::Customer && draft.state.turns.customer == 1 {
        draft.count(Counter::ConversationsEngaged);
    }
    service::count_late_event(draft);
}

/// A turn after the end takes the end back. After silence anyone's; after somebody said that it is over only the
/// customer's, if it is more than thanks or a goodbye, or an AI that asks for a person.
fn reopen(draft: &mut Draft<'_>, turn: &Turn<'_>) {
    let silent = draft.state.end.as_ref().filter(|end| reopens(draft, end, turn)).map(|end| end.silent);
    let Some(silent) = silent else { return };
    take_back(draft);
    let at = draft.at;
    let (handoff, episode) = (draft.state.handoff.as_ref(), draft.state.episode);
    let of_this_episode = handoff.filter(|handoff| handoff.episode == episode);
    let goes_on =
        silent && turn.role == Role::Human && of_this_episode.is_some_and(|it| it.answered_at.is_some());
    if goes_on {
        service::own_again(draft, at);
    } else if of_this_episode.is_some() {
        start_episode(draft);
    } else {
        draft.state.phase = Phase::Ai;
    }
}

fn reopens(draft: &Draft<'_>, end: &End, turn: &Turn<'_>) -> bool {
    let closes = |text: &str| draft.context.policy.lexicon.closes(text, draft.state.language());
    let speaks = match turn.role {
        Role::Customer => !turn.text.as_deref().is_some_and(closes),
        Role::Ai => end.silent || turn.handoff_requested.is_some(),
        Role::Human => end.silent,
        Role::Tool | Role::System => false,
    };
    speaks && turn.event_time > end.at && turn.ended.is_none()
}

/// What follows from who speaks.
fn speak(draft: &mut Draft<'_>, turn: &Turn<'_>) {
    match turn.role {
        Role::Ai if apply::speaks(turn) => ownership::ai_spoke(draft),
        Role::Human => service::human_spoke(draft, turn.text.as_deref()),
        Role::Ai | Role::Customer | Role::Tool | Role::System => {}
    }
}

/// What the signals mean in this phase.
fn consider(
    draft: &mut Draft<'_>,
    turn: &Turn<'_>,
    lateness: Lateness,
    said: &Evaluation,
    waiting_before: Option<Millis>,
) {
    // An AI turn that causes the hand-off is no answer.
    let waiting = if turn.role == Role::Ai { waiting_before } else { draft.state.waiting_since };
    match draft.state.phase {
        Phase::Ai if belongs_to_the_past(draft, turn) => {}
        Phase::Ai => decide(draft, case(draft, said), waiting),
        Phase::Offered => offered(draft, turn, lateness, said, waiting),
        Phase::Requested | Phase::Human => keep_ask(draft, turn, &said.signals),
        Phase::Ended => {}
    }
}

/// What the turn wants decided. The combination is heard where it goes further than every signal does alone.
fn case(draft: &Draft<'_>, said: &Evaluation) -> Case {
    let fired = said.signals.iter().filter(|signal| signal.fires()).cloned().collect();
    let case = Case::of(fired);
    let (policy, evidence) = (draft.context.policy, &draft.state.evidence);
    let together = said.combined.and_then(|strength| policy.combination.decide(strength, evidence));
    match together.filter(|(decision, _)| Some(*decision) > case.wants) {
        Some((decision, combined)) => {
            let signals = combined.signals(&said.signals, evidence, &policy.triggers);
            case.together(decision, combined, signals)
        }
        None => case,
    }
}

/// The turn is of an episode that was decided and is over.
fn belongs_to_the_past(draft: &Draft<'_>, turn: &Turn<'_>) -> bool {
    let closed = draft.state.handoff.as_ref().and_then(|handoff| handoff.closed_at);
    closed.is_some_and(|closed| turn.event_time <= closed)
}

/// The customer was asked whether a person should take over.
fn offered(
    draft: &mut Draft<'_>,
    turn: &Turn<'_>,
    lateness: Lateness,
    said: &Evaluation,
    waiting: Option<Millis>,
) {
    let Some(offer) = draft.state.offer.clone() else { return };
    let case = case(draft, said);
    let second = match case.wants {
        Some(Decision::HandOff) => true,
        Some(Decision::Offer) => {
            said.answer != Some(Answer::No) && case.alone.iter().any(|one| is_news(one, &offer.signals))
        }
        Some(Decision::Observe) | None => false,
    };
    if second || said.answer == Some(Answer::Yes) {
        request(draft, case.after(offer), waiting);
        return;
    }
    // The customer spoke since the offer, and the AI goes on.
    let goes_on = turn.role == Role::Ai
        && lateness == Lateness::Newest
        && waiting.is_some_and(|since| since > offer.at);
    if goes_on || said.answer == Some(Answer::No) || draft.state.evidence.person_declined {
        decline(draft);
    }
}

/// A signal that a turn after the offer shows, and not the same turns again.
fn is_news(signal: &Signal, offered: &[Signal]) -> bool {
    signal.decision >= Decision::Offer
        && !offered
            .iter()
            .any(|known| known.reason == signal.reason && known.turns.last() == signal.turns.last())
}

/// Remembers what was asked of the person, in case that the hand-off turns out to have been over before.
fn keep_ask(draft: &mut Draft<'_>, turn: &Turn<'_>, signals: &[Signal]) {
    let alone = |signal: &&Signal| {
        let own = matches!(
            signal.reason,
            Reason::Safety | Reason::CustomerRequest | Reason::AiRequest | Reason::Policy
        );
        own && signal.fires() && signal.decision > Decision::Observe
    };
    let signals: Vec<Signal> = signals.iter().filter(alone).cloned().collect();
    let Some(handoff) = draft.state.handoff.as_mut().filter(|_| !signals.is_empty()) else { return };
    if handoff.asks.len() == ASKS_KEPT {
        handoff.asks.remove(0);
    }
    handoff.asks.push(Ask { at: turn.event_time, event_id: turn.event_id.to_string(), signals });
}

/// The turn says that the conversation is over. Not if a person takes over, or if the customer has gone on since.
fn ended(draft: &mut Draft<'_>, turn: &Turn<'_>, reason: &str) {
    let went_on = last_customer(&draft.state).is_some_and(|last| last.at > turn.event_time);
    let note = || {
        let by_customer = turn.role == Role::Customer && reason.is_empty();
        let reason = if by_customer { "customer_left" } else { reason };
        keep::value("reason", reason, &draft.context.policy.privacy)
            .map(|note| keep::cut_bytes(&note, VALUE_BYTES).to_owned())
    };
    let note = note();
    match draft.state.phase {
        _ if went_on => return,
        Phase::Requested | Phase::Human if says_handed_over(reason) => return,
        Phase::Requested => cancel(draft, note),
        Phase::Human => complete(draft, note),
        Phase::Ai | Phase::Offered => {}
        Phase::Ended => return,
    }
    end(draft, Cause::Said(reason));
}
