//! `policy`: the user's rules.

use crate::domain::conversation::Conversation;
use crate::domain::decision::Signal;
use crate::domain::policy::Policy;
use crate::domain::turn::Turn;

/// Signals of the rules that fired, and how many met no value.
pub fn signals(
    _turn: &Turn<'_>,
    _conversation: &Conversation,
    _fired: &[Signal],
    _policy: &Policy,
) -> (Vec<Signal>, u32) {
    (Vec::new(), 0)
}
