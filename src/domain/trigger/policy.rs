//! `policy`: the user's rules.

use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::policy::Policy;
use crate::domain::rule::View;
use crate::domain::turn::Turn;

/// One signal a rule that fires, in the order of the rules, and how many rules met no value.
///
/// `conversation` is as it stands after the turn; `fired` is what the other triggers said at it.
pub fn signals(
    turn: &Turn<'_>,
    conversation: &Conversation,
    fired: &[Signal],
    policy: &Policy,
) -> (Vec<Signal>, u32) {
    if !policy.triggers.policy.enabled {
        return (Vec::new(), 0);
    }
    let view = View { turn, conversation, signals: fired };
    let mut signals = Vec::new();
    let mut without_value = 0;
    for rule in &policy.rules {
        match rule.condition.holds(view) {
            Some(true) => signals.push(Signal {
                reason: Reason::Policy,
                strength: 1.0,
                rule_id: Some(rule.id.clone()),
                turns: vec![turn.event_id.to_string()],
                observed: None,
                threshold: None,
                decision: rule.decision,
            }),
            Some(false) => {}
            None => without_value += 1,
        }
    }
    (signals, without_value)
}
