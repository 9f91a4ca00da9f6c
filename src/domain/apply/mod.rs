//! What a turn brings to the conversation, before any trigger looks at it.
//!
//! A late turn (behind the newest one) fills only what newer turns left open.

mod facts;
mod scan;
mod words;

pub(super) use facts::is_id;

use std::borrow::Cow;

use super::conversation::{Conversation, KeptTurn, Newest, Phase, Sentiment};
use super::ids::Millis;
use super::keep;
use super::limits::{GOAL_CHARS, ID_BYTES, RECENT_TURNS, STEP_ARGUMENTS, STEPS, SUMMARY_CHARS, TEXT_CHARS};
use super::package::{StepTaken, Verification};
use super::policy::{Policy, Privacy};
use super::redact;
use super::squeeze::Squeezed;
use super::turn::{Action, Role, ToolStatus, Turn};

/// Whether a turn is behind the newest turn of its conversation: by ordinal where both have one, else by time.
pub(super) fn is_late(newest: Newest, turn: &Turn<'_>) -> bool {
    match (turn.turn_seq, newest.seq) {
        (Some(seq), Some(newest)) => seq < newest,
        _ => turn.event_time < newest.at,
    }
}

/// Takes everything a turn says. True if it brought a new fact, step or intent.
pub(super) fn turn(state: &mut Conversation, turn: &Turn<'_>, late: Lateness, policy: &Policy) -> bool {
    let privacy = &policy.privacy;
    let mut progressed = profile(state, turn, late, privacy);
    count(state, turn.role);
    goal_and_summary(state, turn, late, policy);
    sentiment(state, turn, late);
    progressed |= facts::learn(state, turn, privacy);
    verification(state, turn, privacy);
    if let Some(action) = &turn.action {
        progressed |= step_taken(state, action, &turn.event_id, privacy);
    }
    waiting(state, turn, late);
    if let Some(text) = &turn.text {
        remember(state, turn, keep::text(text, TEXT_CHARS, privacy));
    }
    if late == Lateness::Newest {
        state.newest = Newest { seq: turn.turn_seq, at: turn.event_time };
    }
    state.last_at = state.last_at.max(turn.event_time);
    progressed
}

/// Where a turn stands among those seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lateness {
    Newest,
    Late,
}

/// Sets `slot` to a turn's value; a late one only where nothing is known. True if it changed.
fn newer(slot: &mut Option<String>, value: Option<&str>, late: Lateness) -> bool {
    let Some(value) = value else { return false };
    if slot.as_deref() == Some(value) || (late == Lateness::Late && slot.is_some()) {
        return false;
    }
    *slot = Some(keep::cut_bytes(value, ID_BYTES).to_owned());
    true
}

/// True if the intent changed.
fn profile(state: &mut Conversation, turn: &Turn<'_>, late: Lateness, privacy: &Privacy) -> bool {
    let profile = &mut state.profile;
    profile.is_test |= turn.is_test;
    for (slot, value) in [
        (&mut profile.tenant, &turn.tenant),
        (&mut profile.channel, &turn.channel),
        (&mut profile.ai_agent, &turn.ai_agent),
        (&mut profile.ai_version, &turn.ai_version),
    ] {
        newer(slot, value.as_deref().map(|value| redact::text(value, privacy)).as_deref(), late);
    }
    // The customer's language is theirs; another's turn tells it only where nobody has.
    if turn.role == Role::Customer || profile.language.is_none() {
        newer(&mut profile.language, turn.language.as_deref(), late);
    }
    if let Some(customer) =
        turn.customer_ref.as_deref().filter(|value| profile.customer_ref.as_deref() != Some(*value))
    {
        newer(&mut profile.customer_ref, Some(&redact::text(customer, privacy)), late);
    }
    newer(
        &mut profile.intent,
        turn.intent.as_deref().map(|intent| redact::text(intent, privacy)).as_deref(),
        late,
    )
}

fn count(state: &mut Conversation, role: Role) {
    let turns = &mut state.turns;
    let count = match role {
        Role::Customer => &mut turns.customer,
        Role::Ai => &mut turns.ai,
        Role::Tool => &mut turns.tool,
        Role::Human => &mut turns.human,
        Role::System => &mut turns.system,
    };
    *count = count.saturating_add(1);
}

/// The goal is what a turn says it is, else the customer's first words that are more than a greeting.
fn goal_and_summary(state: &mut Conversation, turn: &Turn<'_>, late: Lateness, policy: &Policy) {
    let privacy = &policy.privacy;
    let open = |slot: &Option<Squeezed>| late == Lateness::Newest || slot.is_none();
    if let Some(goal) = turn.goal.as_deref().filter(|_| open(&state.goal)) {
        state.goal = some(keep::text(goal, GOAL_CHARS, privacy));
    }
    if let Some(summary) = turn.summary.as_deref().filter(|_| open(&state.ai_summary)) {
        state.ai_summary = some(keep::text(summary, SUMMARY_CHARS, privacy));
    }
    if state.goal.is_none()
        && turn.role == Role::Customer
        && let Some(text) = turn.text.as_deref()
        && policy.lexicon.is_substantive(text, turn.language.as_deref().or(state.language()))
    {
        state.goal = some(keep::text(text, GOAL_CHARS, privacy));
    }
}

fn some(text: String) -> Option<Squeezed> {
    (!text.is_empty()).then(|| Squeezed::new(&text))
}

/// The sentiment of a human's own words says nothing about the customer.
fn sentiment(state: &mut Conversation, turn: &Turn<'_>, late: Lateness) {
    let Some(value) = turn.sentiment.filter(|_| turn.role != Role::Human) else { return };
    let value = value as f32;
    state.sentiment = Some(match (state.sentiment, late) {
        (None, _) => Sentiment { now: value, lowest: value, before: value },
        (Some(known), Lateness::Late) => Sentiment { lowest: known.lowest.min(value), ..known },
        (Some(known), Lateness::Newest) => Sentiment {
            now: value,
            lowest: known.lowest.min(value),
            before: (known.before + known.now) / 2.0,
        },
    });
}

/// What the platform says; else a tool call that carries a secret (it is an identity check, and its status the answer),
/// or an AI that says it cannot verify.
fn verification(state: &mut Conversation, turn: &Turn<'_>, privacy: &Privacy) {
    let (method, status) = if let Some(claim) = &turn.verification {
        (claim.method.as_deref(), &*claim.status)
    } else if let Some(action) = turn.action.as_ref().filter(|action| carries_secret(action, privacy)) {
        (Some(&*action.name), if action.status == ToolStatus::Ok { "passed" } else { "failed" })
    } else if turn.role == Role::Ai && turn.text.as_deref().is_some_and(says_it_cannot_verify) {
        (None, "failed")
    } else {
        return;
    };
    if state.verification.as_ref().is_none_or(|known| known.at <= turn.event_time) {
        state.verification = Some(Verification {
            method: method.map(|method| keep::cut_bytes(method, ID_BYTES).to_owned()),
            status: keep::cut_bytes(status, ID_BYTES).to_owned(),
            event_id: turn.event_id.to_string(),
            at: turn.event_time,
        });
    }
}

fn carries_secret(action: &Action<'_>, privacy: &Privacy) -> bool {
    action.arguments.iter().any(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        !lower.contains("cvv") && !lower.contains("cvc") && redact::value(name, value, privacy).is_none()
    })
}

fn says_it_cannot_verify(text: &str) -> bool {
    const CANNOT: [&str; 8] =
        ["cannot", "can't", "could not", "couldn't", "unable to", "not able to", "failed to", "was not able"];
    let short = keep::cut_chars(text, 400);
    if !short.contains("uthentic") && !short.contains("erif") {
        return false;
    }
    let lower = short.to_lowercase();
    CANNOT.iter().any(|cannot| {
        lower.find(cannot).is_some_and(|at| {
            let near = keep::cut_chars(&lower[at + cannot.len()..], 40);
            near.contains("authentic")
                || near.contains("verify your")
                || near.contains("verify you")
                || near.contains("verify the id")
        })
    })
}

/// True if this call was not made before with the same arguments, and it worked.
fn step_taken(state: &mut Conversation, action: &Action<'_>, event_id: &str, privacy: &Privacy) -> bool {
    let arguments: Vec<(String, String)> = action
        .arguments
        .iter()
        .filter_map(|(name, value)| {
            let value = keep::value(name, value, privacy)?;
            Some((keep::cut_bytes(name, ID_BYTES).to_owned(), value))
        })
        .take(STEP_ARGUMENTS)
        .collect();
    let step = StepTaken {
        action: keep::cut_bytes(&action.name, ID_BYTES).to_owned(),
        arguments,
        status: action.status,
        result: action.result.as_deref().and_then(|result| keep::value("result", result, privacy)),
        event_id: event_id.to_owned(),
    };
    let repeated = state.steps.iter().any(|known| {
        known.action == step.action && known.arguments == step.arguments && known.status == step.status
    });
    if state.steps.len() == STEPS {
        state.steps.remove(0);
    }
    state.steps.push(step);
    !repeated && action.status == ToolStatus::Ok
}

/// The customer waits from the first customer turn that no AI or human turn has followed. An AI turn that only calls a
/// tool answers nothing, but shows that it is at work.
fn waiting(state: &mut Conversation, turn: &Turn<'_>, late: Lateness) {
    let at = turn.event_time;
    let answers = match turn.role {
        Role::Customer => {
            let open = late == Lateness::Newest || state.last_answer_at.is_none_or(|answer| answer < at);
            // Who writes after the end without opening the conversation again says thanks.
            if open && state.phase != Phase::Ended {
                state.waiting_since = Some(state.waiting_since.map_or(at, |since| since.min(at)));
            }
            return;
        }
        Role::Ai => speaks(turn),
        Role::Human => true,
        Role::Tool | Role::System => false,
    };
    if !answers {
        if turn.action.is_some() && state.waiting_since.is_some() {
            state.worked_at = Some(state.worked_at.map_or(at, |known| known.max(at)));
        }
        return;
    }
    state.worked_at = None;
    state.last_answer_at = Some(state.last_answer_at.map_or(at, |known| known.max(at)));
    state.waiting_since = match late {
        Lateness::Newest => None,
        Lateness::Late => still_waiting(state, at),
    };
}

/// The turn says something: it is not only a tool call or a flag.
pub(super) fn speaks(turn: &Turn<'_>) -> bool {
    let silent = turn.action.is_some() || turn.handoff_requested.is_some() || turn.ended.is_some();
    turn.text.is_some() || !silent
}

/// The wait that is left when an answer of the past moment `at` becomes known.
fn still_waiting(state: &Conversation, at: Millis) -> Option<Millis> {
    let since = state.waiting_since?;
    if since > at {
        return Some(since);
    }
    state.recent.iter().find(|turn| turn.role == Role::Customer && turn.at > at).map(|turn| turn.at)
}

/// Keeps the last turns in order of time; of the oldest ones, never the customer's last words.
fn remember(state: &mut Conversation, turn: &Turn<'_>, text: String) {
    if text.is_empty() {
        return;
    }
    let recent = &mut state.recent;
    let at = recent.iter().rposition(|known| known.at <= turn.event_time).map_or(0, |index| index + 1);
    let event_id: Cow<'_, str> = Cow::Borrowed(&turn.event_id);
    recent.insert(
        at,
        KeptTurn {
            event_id: event_id.into_owned(),
            role: turn.role,
            at: turn.event_time,
            text: Squeezed::new(&text),
        },
    );
    if recent.len() > RECENT_TURNS {
        let customer = recent.iter().rposition(|turn| turn.role == Role::Customer);
        recent.remove(usize::from(customer == Some(0)));
    }
}
