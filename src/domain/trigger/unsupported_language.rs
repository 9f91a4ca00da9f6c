//! `unsupported_language`: the customer's language is not among those the AI serves. Declared by the platform, plain to
//! see from the script, or told by the words of several turns or of a long text: a few words are no proof.

use super::{Look, fired, one};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::text::primary;
use crate::domain::turn::Role;

/// How sure a declaration is, how sure a script is, and how sure words are.
const DECLARED: f64 = 1.0;
const SEEN: f64 = 0.8;
const HEARD: f64 = 0.7;
/// So many words in a row that tell one language leave no doubt.
const HEARD_WORDS: u32 = 20;

pub(super) fn signal(look: Look<'_>, conversation: &Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.unsupported_language;
    let turn = look.moment.turn;
    if !bounds.switch.enabled || bounds.supported.is_empty() || turn.role != Role::Customer {
        return None;
    }
    let is_served = |language: &str| {
        bounds.supported.iter().any(|supported| primary(supported).eq_ignore_ascii_case(primary(language)))
    };
    let declared = turn.language.as_deref().or(conversation.profile.language.as_deref());
    // `und`, `unknown`, `eng`: what is no two-letter code tells nothing.
    let declared = declared.filter(|tag| primary(tag).len() == 2);
    let is_foreign = declared.is_some_and(|language| !is_served(language));
    let script = look.reading.and_then(|reading| reading.script);
    let is_unreadable =
        script.is_some_and(|script| !script.languages().iter().any(|language| is_served(language)));
    let heard = conversation.heard.as_ref().filter(|heard| heard.words >= HEARD_WORDS);
    let is_heard = heard.is_some_and(|heard| !is_served(heard.language()));
    let strength = match () {
        () if is_foreign => DECLARED,
        () if is_unreadable => SEEN,
        () if declared.is_none() && is_heard => HEARD,
        () => return None,
    };
    Some(fired(Reason::UnsupportedLanguage, strength, one(turn), &bounds.switch))
}
