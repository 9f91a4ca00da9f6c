//! `tool_failure`: tool calls that fail or are denied. Many retries succeed, so a single failure says little by itself.
//! It fires where
//!
//! 1. one tool has failed so often in a row, or any tools so often in the episode
//! 2. the AI tells of a failure and asks for nothing, and no call of the episode has worked: there is no way on
//! 3. the customer gives up after a failure that they were told of: a few words of resignation, no other wish

use super::{Look, counted, fired, language};
use crate::domain::conversation::{Conversation, Evidence, Failure};
use crate::domain::decision::{Reason, Signal};
use crate::domain::policy;
use crate::domain::text::is_question;
use crate::domain::turn::{Action, Role, ToolStatus, Turn};

/// How sure it is that a failure that was told ends the matter.
const TOLD: f64 = 0.6;
const GIVEN_UP: f64 = 0.8;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.tool_failure;
    if !bounds.switch.enabled {
        return None;
    }
    let turn = look.moment.turn;
    let gives_up = |conversation: &Conversation| {
        let (text, language) = (turn.text.as_deref(), language(turn, conversation));
        text.is_some_and(|text| look.policy.lexicon.gives_up(text, language.code()))
    };
    let was_told = turn.role == Role::Customer && conversation.evidence.failure == Failure::Told;
    let gives_up = was_told && bounds.given_up && gives_up(conversation);
    let evidence = &mut conversation.evidence;
    if let Some(action) = &turn.action {
        return called(action, turn, evidence, bounds);
    }
    match turn.role {
        Role::Ai if evidence.failure == Failure::Silent => {
            evidence.failure = Failure::Told;
            let no_way_on =
                bounds.nothing_worked && !evidence.tools_worked && !asks_back(look) && tells_failure(look);
            no_way_on.then(|| told(TOLD, turn, evidence, bounds))
        }
        Role::Customer => gives_up.then(|| told(GIVEN_UP, turn, evidence, bounds)),
        Role::Ai | Role::Tool | Role::Human | Role::System => None,
    }
}

/// Case 1.
fn called(
    action: &Action<'_>,
    turn: &Turn<'_>,
    evidence: &mut Evidence,
    bounds: &policy::ToolFailure,
) -> Option<Signal> {
    match action.status {
        ToolStatus::Ok => {
            if evidence.failing_tool.as_ref().is_some_and(|(name, _)| *name == action.name) {
                evidence.failing_tool = None;
            }
            (evidence.tools_worked, evidence.failure) = (true, Failure::None);
            return None;
        }
        ToolStatus::Failed | ToolStatus::Denied => evidence.failure = Failure::Silent,
    }
    evidence.tool_failures.add(&turn.event_id);
    let same = match &mut evidence.failing_tool {
        Some((name, count)) if *name == action.name => {
            *count = count.saturating_add(1);
            *count
        }
        other => {
            *other = Some((action.name.to_string(), 1));
            1
        }
    };
    let any = evidence.tool_failures.count;
    // The bound that is nearer to being met speaks.
    let by_same =
        u32::from(same) * u32::from(bounds.any_tool) >= u32::from(any) * u32::from(bounds.same_tool);
    let (count, bound) = if by_same { (same, bounds.same_tool) } else { (any, bounds.any_tool) };
    let turns = &evidence.tool_failures.turns;
    let shown = &turns[turns.len().saturating_sub(usize::from(count))..];
    counted(Reason::ToolFailure, count, bound, shown, &bounds.switch)
}

/// Cases 2 and 3: shown by the failed call and by this turn.
fn told(strength: f64, turn: &Turn<'_>, evidence: &Evidence, bounds: &policy::ToolFailure) -> Signal {
    let failed = evidence.tool_failures.turns.last().cloned();
    let turns = failed.into_iter().chain([turn.event_id.to_string()]).collect();
    let mut signal = fired(Reason::ToolFailure, strength, turns, &bounds.switch);
    (signal.observed, signal.threshold) = (Some(f64::from(evidence.tool_failures.count)), Some(1.0));
    signal
}

/// Its words, where there are any, say that something is wrong, cannot be done, or is not so.
fn tells_failure(look: Look<'_>) -> bool {
    look.reading.is_none_or(|reading| reading.refuses || reading.manner.bad_news || reading.negates())
}

/// The AI wants something from the customer: the matter goes on.
fn asks_back(look: Look<'_>) -> bool {
    look.moment.turn.text.as_deref().is_some_and(is_question)
        || look.reading.is_some_and(|reading| reading.asks_back)
}
