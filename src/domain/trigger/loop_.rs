//! `loop`: the customer or the AI says nearly the same again and again. Compared by print with its own last four texts; an
//! AI whose platform sends no text is compared by its intents.
//!
//! What the AI says after a tool has worked is about something new, however alike it sounds; and courtesy is no answer that
//! could repeat itself ("You're welcome, happy to help!").

use super::{Look, counted, language};
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
    if turn.action.as_ref().is_some_and(|action| action.status == ToolStatus::Ok) {
        conversation.evidence.ai_prints.clear();
        conversation.evidence.ai_repeats.clear();
    }
    let print = print(look)?;
    let is_alike = |one: u64, other: u64| similarity(one, other) >= bounds.similarity;
    // Asked only of what repeats itself: it costs a look at every word.
    if turn.role == Role::Ai
        && conversation.evidence.ai_prints.iter().any(|kept| is_alike(*kept, print))
        && is_courtesy(look, conversation)
    {
        return None;
    }
    let evidence = &mut conversation.evidence;
    let (prints, streak) = match turn.role {
        Role::Customer => (&mut evidence.customer_prints, &mut evidence.customer_repeats),
        Role::Ai => (&mut evidence.ai_prints, &mut evidence.ai_repeats),
        Role::Tool | Role::Human | Role::System => return None,
    };
    count(streak, prints, is_alike, print, &turn.event_id);
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

fn is_courtesy(look: Look<'_>, conversation: &Conversation) -> bool {
    let turn = look.moment.turn;
    let (text, language) = (turn.text.as_deref(), language(turn, conversation));
    text.is_some_and(|text| look.policy.lexicon.only_welcomes(text, language.code()))
}

/// How many texts say the same: one more if the last did, else as many of the kept ones as say it, some perhaps only by way of
/// another that stands between: "cancel it", "cancel it please", "please do cancel it".
fn count(streak: &mut Streak, kept: &[u64], is_alike: impl Fn(u64, u64) -> bool, print: u64, event_id: &str) {
    let like =
        |print| (0..kept.len()).filter(|at| is_alike(kept[*at], print)).fold(0_u8, |set, at| set | 1 << at);
    let follows = kept.last().is_some_and(|last| is_alike(*last, print));
    let mut group = like(print);
    // So many steps reach all.
    for _ in kept {
        group = (0..kept.len()).filter(|at| group & 1 << at != 0).fold(group, |set, at| set | like(kept[at]));
    }
    let in_a_row = if follows { streak.count.saturating_add(1) } else { 1 };
    // Whose turns the ones before are is not known where something else stands between: none is named that may say otherwise.
    if !follows {
        streak.clear();
    }
    streak.add(event_id);
    streak.count = in_a_row.max(group.count_ones() as u16 + 1);
}
