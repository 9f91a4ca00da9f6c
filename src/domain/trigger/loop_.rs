//! `loop`: the customer or the AI says nearly the same again and again. Compared by print with its own last four texts; an
//! AI whose platform sends no text is compared by its intents.
//!
//! What the AI says after a tool has worked is about something new, however alike it sounds.

use super::{Look, counted};
use crate::domain::conversation::{Conversation, Streak};
use crate::domain::decision::{Reason, Signal};
use crate::domain::ids;
use crate::domain::text::similarity;
use crate::domain::turn::{Role, ToolStatus};

/// Prints kept a role.
const PRINTS: usize = 4;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.loop_;
    if !bounds.switch.enabled {
        return None;
    }
    let turn = look.moment.turn;
    let evidence = &mut conversation.evidence;
    if turn.action.as_ref().is_some_and(|action| action.status == ToolStatus::Ok) {
        evidence.ai_prints.clear();
        evidence.ai_repeats.clear();
    }
    let print = print(look)?;
    let (prints, streak) = match turn.role {
        Role::Customer => (&mut evidence.customer_prints, &mut evidence.customer_repeats),
        Role::Ai => (&mut evidence.ai_prints, &mut evidence.ai_repeats),
        Role::Tool | Role::Human | Role::System => return None,
    };
    count(streak, prints, print, bounds.similarity, &turn.event_id);
    if prints.len() == PRINTS {
        prints.remove(0);
    }
    prints.push(print);
    if streak.count < 2 {
        return None;
    }
    counted(Reason::Loop, streak.count, bounds.turns, &streak.turns, &bounds.switch)
}

/// What the turn is compared by.
fn print(look: Look<'_>) -> Option<u64> {
    let turn = look.moment.turn;
    match (look.reading, turn.role) {
        (Some(reading), _) => reading.has_content.then_some(reading.print),
        (None, Role::Ai) => turn.intent.as_ref().map(|intent| ids::print(intent)),
        (None, Role::Customer | Role::Tool | Role::Human | Role::System) => None,
    }
}

/// How many texts in a row say the same: one more if the last did, else as many as the kept ones tell.
fn count(streak: &mut Streak, prints: &[u64], print: u64, bound: f64, event_id: &str) {
    let alike = prints.iter().filter(|kept| similarity(**kept, print) >= bound).count() as u16;
    let follows = prints.last().is_some_and(|last| similarity(*last, print) >= bound);
    let in_a_row = if follows { streak.count.saturating_add(1) } else { 1 };
    if alike == 0 {
        streak.clear();
    }
    streak.add(event_id);
    streak.count = in_a_row.max(alike + 1);
}
