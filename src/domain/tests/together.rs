//! Several weak signals decide together, where none decides alone.

use super::*;
use crate::domain::combination::{NEVER, Peaks, place};
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::{Action, ToolStatus};
use HandoffKind::{Offered, Requested};

/// A failed call and a fallback are 0.65 together, and less than 0.5 each.
fn weighed(offer: f64, hand_off: f64) -> Policy {
    let mut policy = policy();
    policy.triggers.tool_failure = ToolFailure {
        switch: switch(Decision::Observe),
        same_tool: 3,
        any_tool: 5,
        ..policy.triggers.tool_failure
    };
    let mut weights = Combination::off().weights;
    for reason in [Reason::ToolFailure, Reason::NotUnderstood] {
        weights[place(reason).expect("it is combined")] = 4.0;
    }
    policy.combination = Combination { enabled: true, offer, hand_off, intercept: -1.0, weights };
    policy
}

fn fails(turn: &mut Turn<'_>) {
    let action = Action { name: "find".into(), status: ToolStatus::Failed, arguments: vec![], result: None };
    turn.action = Some(action);
}

/// At 2,000 a call fails, at 3,000 the AI does not understand.
fn told(policy: Policy) -> Story {
    let mut story = Story::with(policy);
    story.say(1_000, Role::Customer, "Where is my order?").say_with(2_000, Role::Tool, fails).say_with(
        3_000,
        Role::Ai,
        |turn| turn.fallback = true,
    );
    story
}

/// Reason, strength, turns and contribution to two places of every reason of an event.
fn reasons(event: &HandoffEvent) -> Vec<(Reason, String, Vec<&str>, Option<String>)> {
    let of = |signal: &Signal| event.combined.as_ref()?.contribution(signal.reason);
    let shown = |signal| -> Option<String> { of(signal).map(|added| format!("{added:.2}")) };
    let each = event.reasons.iter();
    each.map(|signal| {
        let turns = signal.turns.iter().map(String::as_str).collect();
        (signal.reason, format!("{:.2}", signal.strength), turns, shown(signal))
    })
    .collect()
}

#[test]
fn weak_signals_offer_a_person_together_with_what_each_adds() {
    let story = told(weighed(0.6, NEVER));
    assert_eq!(story.told(), [(Offered, 3_000, Some("t-3"))]);
    let event = story.event(Offered);
    let two = |text: &str| Some(text.to_owned());
    assert_eq!(
        reasons(event),
        [
            (Reason::NotUnderstood, "0.24".into(), vec!["t-3"], two("0.97")),
            (Reason::ToolFailure, "0.16".into(), vec!["t-2"], two("0.66")),
        ],
        "the one that adds most leads"
    );
    let combined = event.combined.as_ref().expect("they decided together");
    assert_eq!((format!("{:.2}", combined.strength), combined.threshold), ("0.65".to_owned(), 0.6));
    assert_eq!(story.total("offers"), 1);
    let place = &story.measures().last().expect("a count").place;
    assert_eq!(place.reason.as_deref(), Some("not_understood"));
}

#[test]
fn the_bounds_say_what_is_done() {
    for (offer, hand_off, expected) in [
        (0.7, NEVER, vec![]),
        (NEVER, NEVER, vec![]),
        (0.6, 0.7, vec![Offered]),
        (NEVER, 0.6, vec![Requested]),
        (0.6, 0.6, vec![Requested]),
        (0.0, NEVER, vec![Offered]),
    ] {
        assert_eq!(told(weighed(offer, hand_off)).kinds(), expected, "{offer} {hand_off}");
    }
    let off = Combination { enabled: false, ..weighed(0.0, 0.0).combination };
    let story = told(Policy { combination: off, ..weighed(0.0, 0.0) });
    assert_eq!((story.kinds(), story.state().evidence.peaks), (vec![], Peaks::default()));
}

#[test]
fn what_decides_alone_stays_above_and_leads() {
    let mut story = told(weighed(0.6, NEVER));
    story.say(4_000, Role::Customer, "I want to talk to a person");
    let leads: Vec<Reason> = story.event(Requested).reasons.iter().map(|signal| signal.reason).collect();
    assert_eq!(leads, [Reason::CustomerRequest, Reason::ToolFailure, Reason::NotUnderstood]);

    let mut story = told(weighed(0.6, NEVER));
    story.say(4_000, Role::Customer, "yes please");
    let event = story.event(Requested);
    assert_eq!(event.reasons[0].reason, Reason::CustomerRequest, "yes to an offer is a request");
    assert!(event.combined.is_some(), "and why it was offered is still said");

    let mut both = told(weighed(0.9, NEVER));
    both.say_with(4_000, Role::Ai, |turn| turn.fallback = true);
    let event = both.event(Offered);
    assert_eq!(
        (event.reasons.len(), event.combined.as_deref()),
        (1, None),
        "the second fallback alone offers"
    );
}

#[test]
fn a_turn_that_makes_nothing_stronger_decides_nothing() {
    let mut story = told(weighed(NEVER, NEVER));
    story.policy.combination.offer = 0.6;
    story.say(4_000, Role::Customer, "hm");
    assert_eq!(story.kinds(), []);
    story.say_with(5_000, Role::Tool, fails);
    assert_eq!(story.kinds(), [Offered], "a second failed call");
}

#[test]
fn a_new_episode_knows_nothing_of_the_old() {
    let mut story = told(weighed(NEVER, 0.6));
    story.hear(4_000, OutcomeKind::Answered).hear(5_000, OutcomeKind::Returned);
    assert_eq!(story.state().evidence.peaks, Peaks::default());
    story.say_with(6_000, Role::Tool, fails);
    assert_eq!(story.total("handoffs"), 1);
}

#[test]
fn a_late_turn_raises_nothing() {
    let mut story = told(weighed(NEVER, NEVER));
    let before = story.state().evidence.peaks;
    story.say_with(1_500, Role::Tool, fails).say_with(1_600, Role::Tool, fails);
    assert_eq!(story.state().evidence.peaks, before);
}
