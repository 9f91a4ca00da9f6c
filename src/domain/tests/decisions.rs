//! When a person is asked for, and that it happens once.

use super::*;
use crate::domain::conversation::Phase;
use crate::domain::ids;
use HandoffKind::{Offered, Requested};

#[test]
fn a_quiet_turn_causes_nothing_but_its_counts() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is my order?").say(2_000, Role::Ai, "Let me look.");
    assert_eq!(story.totals(), totals(&[("conversations_started", 1), ("conversations_engaged", 1)]));
    assert_eq!(story.effects.len(), 2);
}

#[test]
fn a_record_seen_before_changes_nothing() {
    let mut story = Story::requested(10_000);
    let before = (story.state.clone(), story.effects.len());
    let mut again = Turn::new("t-1", ID, 9_000, Role::Customer);
    again.text = Some("agent!".into());
    let step = story.turn(&again).unwrap();
    assert!(step.duplicate);
    assert_eq!((story.state.clone(), story.effects.len()), before);

    story.outcome(&outcome("o-1", 11_000, OutcomeKind::Answered)).unwrap();
    assert!(story.outcome(&outcome("o-1", 11_000, OutcomeKind::Answered)).unwrap().duplicate);
    assert_eq!(story.total("answered"), 1);
}

#[test]
fn a_request_carries_everything_once() {
    let story = Story::requested(10_000);
    let event = story.event(Requested);
    assert_eq!(event.handoff_id, ids::handoff_id(ID, 9_000, 1));
    assert_eq!(
        (event.event_time, event.trigger_event_id.as_deref(), event.customer_waiting_since),
        (10_000, Some("t-2"), Some(9_000)),
        "the AI turn that causes the hand-off is no answer"
    );
    assert_eq!(
        (event.queue.as_deref(), event.priority, &event.skills[..]),
        (Some("general"), 3, &["chat".to_owned()][..])
    );
    assert_eq!((&*event.policy, &*event.policy_version), ("test", "7"));
    let package = event.package.as_ref().unwrap();
    assert_eq!(package.goal.as_deref(), Some("Where is my order?"));
    assert_eq!(package.open_question.as_deref(), Some("Where is my order?"));
    assert_eq!(
        (package.transcript.partition, package.transcript.first_offset, package.transcript.last_offset),
        (3, 10, 11)
    );
    assert_eq!(story.row().handoffs, 1);
    assert_eq!(story.row().revision, 1);
}

#[test]
fn nothing_more_is_requested_in_an_episode() {
    let mut story = Story::requested(10_000);
    story.say(11_000, Role::Customer, "I want to talk to an agent").say_with(12_000, Role::Ai, |turn| {
        turn.handoff_requested = Some("".into());
    });
    assert_eq!(story.kinds(), [Requested]);
    assert_eq!(story.total("handoffs"), 1);
}

#[test]
fn without_a_waiting_customer_the_wait_begins_with_the_trigger() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is my order?").say(2_000, Role::Ai, "I will ask.").say_with(
        5_000,
        Role::Ai,
        |turn| turn.handoff_requested = Some("".into()),
    );
    assert_eq!(story.event(Requested).customer_waiting_since, Some(5_000));
}

/// Two turns that were not understood: an offer at 4,000.
fn offer() -> Story {
    let mut story = Story::new();
    story
        .say(1_000, Role::Customer, "Where is my order?")
        .say_with(2_000, Role::Ai, |turn| turn.fallback = true)
        .say(3_000, Role::Customer, "My order, the blue one")
        .say_with(4_000, Role::Ai, |turn| turn.fallback = true);
    story
}

#[test]
fn an_offer_is_made_and_can_be_accepted() {
    let mut story = offer();
    story.say(5_000, Role::Customer, "Yes please");
    assert_eq!(story.told(), [(Offered, 4_000, Some("t-4")), (Requested, 5_000, Some("t-5"))]);
    let (offered, requested) = (story.event(Offered), story.event(Requested));
    assert_eq!(offered.handoff_id, requested.handoff_id);
    assert!(offered.package.is_some());
    assert_eq!(
        requested.reasons.iter().map(|one| one.reason.name()).collect::<Vec<_>>().last(),
        Some(&"not_understood")
    );
    assert_eq!((story.total("offers"), story.total("offers_declined"), story.total("handoffs")), (1, 0, 1));
}

#[test]
fn a_yes_means_what_was_asked_last_whether_or_not_requests_are_heard() {
    let asked = "I can get you an agent. First, is your order number 5512?";
    for (question, kinds) in
        [("Would you like to talk to an agent?", vec![Offered, Requested]), (asked, vec![Offered])]
    {
        let mut policy = policy();
        policy.triggers.customer_request.switch.enabled = false;
        let mut story = Story::with(policy);
        story
            .say_with(1_000, Role::Ai, |turn| turn.fallback = true)
            .say_with(2_000, Role::Ai, |turn| turn.fallback = true)
            .say(3_000, Role::Ai, question)
            .say(4_000, Role::Customer, "Yes");
        assert_eq!(story.kinds(), kinds, "{question}");
    }
}

#[test]
fn who_wants_no_person_is_offered_none_until_they_ask() {
    let mut story = Story::new();
    story
        .say(1_000, Role::Customer, "Where is my order? Please do not transfer me to an agent.")
        .say_with(2_000, Role::Ai, |turn| turn.fallback = true)
        .say(3_000, Role::Customer, "My order, the blue one")
        .say_with(4_000, Role::Ai, |turn| turn.fallback = true);
    assert_eq!((story.kinds(), story.total("offers")), (vec![], 0));
    story.say(5_000, Role::Customer, "Well then, let me talk to an agent");
    assert_eq!(story.kinds(), [Requested]);
}

#[test]
fn an_offer_ends_without_a_hand_off() {
    type Tell = fn(&mut Story);
    let ways: [(&str, Tell); 3] = [
        ("the customer says no", |story| {
            story.say(5_000, Role::Customer, "No thanks");
        }),
        ("the customer wants no person", |story| {
            story.say(5_000, Role::Customer, "I really don't want to be transferred to anyone");
        }),
        ("the conversation goes on with the AI", |story| {
            story.say(5_000, Role::Customer, "It was the blue one with dots").say(
                6_000,
                Role::Ai,
                "Found it.",
            );
        }),
    ];
    for (name, tell) in ways {
        let mut story = offer();
        tell(&mut story);
        assert_eq!(story.total("offers_declined"), 1, "{name}");
        assert_eq!(story.state().phase, Phase::Ai, "{name}");
        // Once an episode.
        story
            .say_with(8_000, Role::Ai, |turn| turn.fallback = true)
            .say_with(9_000, Role::Ai, |turn| turn.fallback = true);
        assert_eq!(story.kinds(), [Offered], "{name}");
        story.say(10_000, Role::Customer, "I want to talk to an agent");
        assert_eq!(story.kinds(), [Offered, Requested], "{name}");
    }
}

#[test]
fn a_second_signal_turns_an_offer_into_a_hand_off() {
    let mut story = offer();
    story
        .say(5_000, Role::Customer, "The blue one with dots")
        .say_with(6_000, Role::Ai, |turn| turn.fallback = true);
    assert_eq!(story.told(), [(Offered, 4_000, Some("t-4")), (Requested, 6_000, Some("t-6"))]);
}

#[test]
fn a_test_conversation_is_published_and_never_counted() {
    let mut story = Story::new();
    story.say_with(1_000, Role::Customer, |turn| {
        turn.is_test = true;
        turn.text = Some("I want to talk to an agent".into());
    });
    assert!(story.event(Requested).is_test);
    story.hear(2_000, OutcomeKind::Answered).hear(3_000, OutcomeKind::Closed);
    assert_eq!(story.totals(), totals(&[]));
    assert!(story.row().is_test);
}
