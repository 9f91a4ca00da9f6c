//! What was learned of requests and danger: it counts where no rule speaks, from the policy's bound on, and says how sure it is.

use std::borrow::Cow;

use super::*;
use crate::domain::text::{Head, Model, Weights};

/// A model that finds the same log-odds in every text.
fn always(log_odds: f64) -> Weights {
    let head = Head { bits: 1, unit: 0.0, bias: log_odds, ordinary: 0.0, texts: 1, positive: 1 };
    Weights::new(head, Cow::Owned(vec![0, 0])).expect("as many cells as the head says")
}

/// A policy that asks `model` from `from` on, and what its model then finds: .88.
fn asking(model: Model, from: f64) -> (Policy, f64) {
    let mut policy = policy();
    match model {
        Model::Danger => policy.triggers.safety.learned_from = from,
        _ => policy.triggers.customer_request.learned_from = from,
    }
    policy.lexicon = Arc::new(policy.lexicon.with_learned(Learned::nothing().with(model, always(2.0))));
    (policy, 1.0 / (1.0 + (-2.0_f64).exp()))
}

/// What the policy finds in a text that a customer says in this conversation.
fn told(policy: &Policy, text: &str, late: bool, conversation: &mut Conversation) -> Vec<Signal> {
    let turn = &says("t1", Role::Customer, text);
    keep(turn, conversation);
    let moment = Moment { turn, progressed: false, late };
    evaluate(moment, conversation, policy, &OnceCell::new()).signals
}

fn fired_by(policy: &Policy, text: &str) -> Vec<(Reason, f64, Option<f64>, Option<f64>)> {
    let signals = told(policy, text, false, &mut Conversation::default());
    let fired = signals.into_iter().filter(Signal::fires);
    fired.map(|signal| (signal.reason, signal.strength, signal.observed, signal.threshold)).collect()
}

#[test]
fn what_was_learned_counts_from_the_bound_on_and_says_both() {
    for (model, reason) in [(Model::Request, Reason::CustomerRequest), (Model::Danger, Reason::Safety)] {
        let (policy, sure) = asking(model, 0.8);
        assert_eq!(fired_by(&policy, "where is my parcel"), [(reason, sure, Some(sure), Some(0.8))]);
        for from in [0.9, 1.0] {
            assert_eq!(fired_by(&asking(model, from).0, "where is my parcel"), [], "{model:?} from {from}");
        }
    }
}

#[test]
fn where_a_rule_speaks_nothing_learned_is_asked() {
    let (policy, _) = asking(Model::Request, 0.5);
    assert_eq!(
        fired_by(&policy, "I want to talk to a person"),
        [(Reason::CustomerRequest, 0.84, None, None)]
    );
    assert_eq!(fired_by(&policy, "I don't want to talk to a person"), [], "they decline");
    let (policy, _) = asking(Model::Danger, 0.5);
    assert_eq!(fired_by(&policy, "I want to kill myself"), [(Reason::Safety, 1.0, None, None)]);
}

#[test]
fn a_learned_request_takes_back_that_no_person_was_wanted_unless_it_is_late() {
    let (policy, _) = asking(Model::Request, 0.8);
    let mut conversation = Conversation::default();
    told(&policy, "I don't want to talk to a person", false, &mut conversation);
    assert!(conversation.evidence.person_declined);
    let late = told(&policy, "where is my parcel", true, &mut conversation);
    assert!(late.iter().any(Signal::fires) && conversation.evidence.person_declined, "said before");
    told(&policy, "where is my parcel", false, &mut conversation);
    assert!(!conversation.evidence.person_declined);
}

#[test]
fn where_the_rules_hear_no_yes_to_an_offer_what_was_learned_may() {
    let asks = |ai: &str, learned_from: f64, answer: &str| {
        let mut policy = policy();
        policy.triggers.customer_request.learned_from = learned_from;
        let learned = Learned::nothing().with(Model::Answer, always(3.0));
        policy.lexicon = Arc::new(policy.lexicon.with_learned(learned));
        let mut conversation = Conversation::default();
        let ai = &says("t0", Role::Ai, ai);
        keep(ai, &mut conversation);
        let moment = Moment { turn: ai, progressed: false, late: false };
        evaluate(moment, &mut conversation, &policy, &OnceCell::new());
        told(&policy, answer, false, &mut conversation).iter().any(Signal::fires)
    };
    let offer = "Shall I connect you to an agent?";
    let other = "Shall I send the form to your old address? You can also talk to an agent.";
    assert!(asks(offer, 0.85, "let us have it, she has all morning"));
    assert!(!asks("The parcel is on its way.", 0.85, "let us have it"), "nobody was offered");
    assert!(!asks(other, 0.85, "let us have it"), "something else was asked");
    assert!(!asks(offer, 1.0, "let us have it, she has all morning"), "the policy goes by no model");
    assert!(!asks(offer, 0.85, "no, I don't want to talk to a person"), "they decline");
}
