//! `tool_failure`: tool calls that fail or are denied; the same tool in a row, or any tool in the episode.

use super::{Look, counted};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::ToolStatus;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.tool_failure;
    let action = look.moment.turn.action.as_ref().filter(|_| bounds.switch.enabled)?;
    let evidence = &mut conversation.evidence;
    match action.status {
        ToolStatus::Ok => {
            if evidence.failing_tool.as_ref().is_some_and(|(name, _)| *name == action.name) {
                evidence.failing_tool = None;
            }
            return None;
        }
        ToolStatus::Failed | ToolStatus::Denied => {}
    }
    evidence.tool_failures.add(&look.moment.turn.event_id);
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
