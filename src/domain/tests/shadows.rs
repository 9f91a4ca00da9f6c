//! A shadow's conversation goes on as it would if its policy acted; only what is said of it differs.

use super::*;
use crate::domain::measure::{Counter, Measure, Place};
use OutcomeKind as O;

/// An offer that is declined, a hand-off with everything that people do, a return, a second hand-off, silence, the end.
fn whole_life(mode: Mode, is_test: bool) -> Story {
    let mut story = Story { mode, ..Story::new() };
    story.say_with(1_000, Role::Customer, |turn| {
        turn.text = Some("Where is my order?".into());
        (turn.tenant, turn.channel, turn.is_test) = (Some("acme".into()), Some("chat".into()), is_test);
    });
    story.say_with(2_000, Role::Ai, |turn| turn.handoff_requested = Some("refund".into()));
    story.hear(3_000, O::Queued).hear(4_000, O::Answered).hear(5_000, O::Returned);
    story.say_with(6_000, Role::Ai, |turn| turn.handoff_requested = Some("again".into()));
    story.wait(100 * 24 * 60 * MINUTE);
    story
}

#[test]
fn its_events_are_those_of_the_policy_acting_but_for_the_mode() {
    let (live, shadow) = (whole_life(Mode::Live, false), whole_life(Mode::Shadow, false));
    let marked = |event: &&HandoffEvent| HandoffEvent { mode: Mode::Shadow, ..(*event).clone() };
    let expected: Vec<HandoffEvent> = live.events().iter().map(marked).collect();
    assert!(expected.len() > 4, "{expected:?}");
    assert_eq!(shadow.events().into_iter().cloned().collect::<Vec<_>>(), expected);
    assert_eq!((live.state, shadow.state), (None, None), "both are forgotten");
}

#[test]
fn it_makes_no_summary_and_counts_only_its_own_hand_offs_and_offers_under_its_policy() {
    let shadow = whole_life(Mode::Shadow, false);
    let summaries = shadow.effects.iter().filter(|effect| matches!(effect, Effect::Summary(_))).count();
    assert_eq!(summaries, 0);
    let place =
        Place { tenant: Some("acme".into()), policy: Some(shadow.policy.label()), ..Place::default() };
    let one = |counter, at| Measure {
        quantity: Quantity::Count(counter),
        amount: 1,
        at,
        place: place.clone(),
        sl_threshold_ms: None,
        short_abandon_ms: None,
    };
    let measures: Vec<Measure> = shadow.measures().cloned().collect();
    let expected =
        [(Counter::Handoffs, 2_000), (Counter::HandoffConversations, 2_000), (Counter::Handoffs, 6_000)];
    assert_eq!(measures, expected.map(|(counter, at)| one(counter, at)));
}

#[test]
fn a_test_conversation_is_published_and_not_counted() {
    let shadow = whole_life(Mode::Shadow, true);
    assert!(!shadow.events().is_empty());
    assert_eq!(shadow.measures().count(), 0);
}

#[test]
fn an_outcome_of_a_hand_off_that_only_the_acting_policy_made_changes_nothing() {
    let mut story = Story { mode: Mode::Shadow, ..Story::new() };
    story.say(1_000, Role::Customer, "Where is my order?");
    let (state, told) = (story.state.clone(), story.effects.clone());
    let mut answered = outcome("o-1", 2_000, O::Answered);
    answered.handoff_id = Some(crate::domain::ids::handoff_id(ID, 1_000, 1).to_string().into());
    assert_eq!(story.outcome(&answered).map_err(|refusal| refusal.stage), Err("apply"));
    assert_eq!((story.state, story.effects), (state, told));
}
