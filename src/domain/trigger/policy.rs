//! `policy`: the user's rules.

use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::policy::Policy;
use crate::domain::rule::{Rule, RuleSet, View};
use crate::domain::turn::Turn;

/// One signal a rule that fires, in the order of the rules, and which rules met no value.
///
/// `conversation` is as it stands after the turn; `fired` is what the other triggers said at it.
pub fn signals(
    turn: &Turn<'_>,
    conversation: &Conversation,
    fired: &[Signal],
    policy: &Policy,
) -> (Vec<Signal>, RuleSet) {
    if !policy.triggers.policy.enabled {
        return (Vec::new(), RuleSet::default());
    }
    ask(&policy.rules, View { turn, conversation, signals: fired })
}

fn ask(rules: &[Rule], view: View<'_>) -> (Vec<Signal>, RuleSet) {
    let mut signals = Vec::new();
    let mut without_value = RuleSet::default();
    for (position, rule) in rules.iter().enumerate() {
        match rule.condition.holds(view) {
            Some(true) => signals.push(Signal {
                reason: Reason::Policy,
                strength: 1.0,
                rule_id: Some(rule.id.clone()),
                turns: vec![view.turn.event_id.to_string()],
                observed: None,
                threshold: None,
                decision: rule.decision,
            }),
            Some(false) => {}
            None => without_value.insert(position),
        }
    }
    (signals, without_value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decision::Decision;
    use crate::domain::turn::Role;

    fn signal(rule_id: &str, decision: Decision) -> Signal {
        Signal {
            reason: Reason::Policy,
            strength: 1.0,
            rule_id: Some(rule_id.into()),
            turns: vec!["t-1".into()],
            observed: None,
            threshold: None,
            decision,
        }
    }

    #[test]
    fn rules_fire_in_their_order_and_those_without_a_value_are_told() {
        let rule = |id: &str, when: &str, decision| Rule::new(id.into(), when.into(), decision).unwrap();
        let rules = [
            rule("b", "turn.intent == 'refund'", Decision::Offer),
            rule("no", "turn.intent == 'other'", Decision::HandOff),
            rule("none", "number(facts.amount) > 5.0", Decision::HandOff),
            rule("a", "turn.role == 'customer'", Decision::HandOff),
        ];
        let turn = Turn { intent: Some("refund".into()), ..Turn::new("t-1", "c-1", 0, Role::Customer) };
        let conversation = Conversation::default();
        let fired = vec![signal("b", Decision::Offer), signal("a", Decision::HandOff)];
        let view = View { turn: &turn, conversation: &conversation, signals: &[] };
        let mut without_value = RuleSet::default();
        without_value.insert(2);
        assert_eq!(ask(&rules, view), (fired, without_value));
    }
}
