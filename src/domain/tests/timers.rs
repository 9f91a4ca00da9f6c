//! What happens because nothing happens.

use super::*;
use crate::domain::conversation::Phase;
use crate::domain::turn::{Action, ToolStatus};
use HandoffKind::{Accepted, Canceled, Completed, Requested, Unanswered};

#[test]
fn a_customer_without_an_answer_is_handed_off_once() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is my order?").say(2_000, Role::Customer, "Hello?");
    let due = 1_000 + 5 * MINUTE;
    assert_eq!(next_due(story.state().waits(), &story.policy), Some(due));
    story.wait(due);
    assert_eq!(story.told(), [(Requested, due, None)]);
    assert_eq!(story.event(Requested).customer_waiting_since, Some(1_000));
}

#[test]
fn a_tool_at_work_is_waited_for_within_limits() {
    let works = |turn: &mut Turn<'_>| {
        turn.action =
            Some(Action { name: "find".into(), status: ToolStatus::Ok, arguments: vec![], result: None });
    };
    let mut story = Story::new();
    story.say(0, Role::Customer, "Where is my order?").say_with(4 * MINUTE, Role::Tool, works);
    assert_eq!(next_due(story.state().waits(), &story.policy), Some(9 * MINUTE));
    story.say_with(8 * MINUTE, Role::Tool, works).say_with(12 * MINUTE, Role::Tool, works);
    assert_eq!(next_due(story.state().waits(), &story.policy), Some(15 * MINUTE));
    story.say(13 * MINUTE, Role::Ai, "It is here.").say(14 * MINUTE, Role::Customer, "Where?");
    assert_eq!(next_due(story.state().waits(), &story.policy), Some(19 * MINUTE));
}

#[test]
fn an_observed_silence_is_looked_at_once_a_wait() {
    let mut policy = policy();
    policy.triggers.no_response.switch.decision = Decision::Observe;
    let mut story = Story::with(policy);
    story.say(1_000, Role::Customer, "Where is my order?").wait(6 * MINUTE);
    assert_eq!(next_due(story.state().waits(), &story.policy), Some(1_000 + 30 * MINUTE));
    story.say(7 * MINUTE, Role::Ai, "Sorry.").say(8 * MINUTE, Role::Customer, "So where?");
    assert_eq!(next_due(story.state().waits(), &story.policy), Some(13 * MINUTE));
}

#[test]
fn nobody_answers_and_it_becomes_more_urgent() {
    let mut story = Story::requested(10_000);
    story.wait(25 * 60 * MINUTE);
    let silent = 10_000 + 24 * 60 * MINUTE;
    assert_eq!(
        story.told(),
        [
            (Requested, 10_000, Some("t-2")),
            (Unanswered, 10_000 + 2 * MINUTE, None),
            (Unanswered, 10_000 + 4 * MINUTE, None),
            (Unanswered, 10_000 + 6 * MINUTE, None),
            (Canceled, silent, None),
        ]
    );
    let priorities: Vec<_> = story.events().iter().map(|event| event.priority).collect();
    assert_eq!(priorities, [3, 2, 1, 1, 1], "never under 1");
    assert_eq!(
        (story.total("unanswered"), story.total("canceled"), story.total("closed_handed_off")),
        (3, 1, 1)
    );
}

#[test]
fn an_answer_after_giving_up_takes_the_end_back() {
    let mut story = Story::requested(10_000);
    let late = 25 * 60 * MINUTE;
    story.wait(late).hear(late, OutcomeKind::Answered);
    assert_eq!(story.kinds().last(), Some(&Accepted));
    assert_eq!(story.state().phase, Phase::Human);
    assert_eq!((story.total("conversations_closed"), story.total("answered")), (0, 1));
}

#[test]
fn a_person_who_falls_silent_completes() {
    let mut story = Story::answered(10_000, 15_000);
    story.wait(40 * MINUTE);
    assert_eq!(story.told()[2], (Completed, 15_000 + 30 * MINUTE, None));
    assert_eq!(story.row().ended_at, Some(15_000 + 30 * MINUTE));
}

#[test]
fn an_ended_conversation_is_forgotten_with_a_final_row() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Thank you!").wait(80 * 60 * MINUTE);
    assert_eq!(story.state, None);
    let row = story.row();
    assert!(row.is_final);
    assert_eq!((row.revision, row.end_kind), (2, "resolved_confirmed"));
}

#[test]
fn an_open_hand_off_is_not_forgotten() {
    let mut policy = policy();
    policy.lifecycle.give_up_after_ms = Millis::MAX;
    let mut story = Story::with(policy);
    story.say(1_000, Role::Customer, "I want to talk to an agent").wait(100 * 60 * MINUTE);
    assert_eq!(story.state().phase, Phase::Requested);
}

#[test]
fn a_timer_that_is_not_due_changes_nothing() {
    let mut story = Story::requested(10_000);
    let before = story.state.clone();
    let step = story.meet(Input::Timer(10_001)).unwrap();
    assert_eq!((step.after, step.effects), (before, Vec::new()));
}
