//! How conversations end, and that the ends add up.

use super::*;
use crate::domain::conversation::Phase;
use HandoffKind::{Accepted, Canceled, Completed, Requested};

type Tell = fn(&mut Story);

#[test]
fn every_end_has_its_kind() {
    let stories: [(&str, Tell, &str, i64); 10] = [
        (
            "resolved_confirmed",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?")
                    .say_with(2_000, Role::Ai, |turn| turn.ended = Some("resolved".into()));
            },
            "contained_confirmed",
            0,
        ),
        (
            "resolved_confirmed",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?").say(2_000, Role::Ai, "There.").say(
                    3_000,
                    Role::Customer,
                    "Thank you!",
                );
            },
            "contained_confirmed",
            0,
        ),
        (
            "resolved_assumed",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?").say(2_000, Role::Ai, "There.");
            },
            "contained_assumed",
            0,
        ),
        (
            "resolved_assumed",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?")
                    .say_with(2_000, Role::Ai, |turn| turn.action = failed())
                    .say(3_000, Role::Ai, "I cannot see it.");
            },
            "contained_assumed",
            1,
        ),
        (
            "abandoned",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?")
                    .say_with(2_000, Role::System, |turn| turn.ended = Some("customer_left".into()));
            },
            "contained_abandoned",
            1,
        ),
        (
            "abandoned",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?")
                    .say_with(2_000, Role::Ai, |turn| turn.fallback = true);
            },
            "contained_abandoned",
            1,
        ),
        (
            "abandoned",
            |it| {
                it.say_with(1_000, Role::Customer, |turn| {
                    turn.text = Some("Where is it?".into());
                    turn.sentiment = Some(-0.7);
                })
                .say(2_000, Role::Ai, "There.");
            },
            "contained_abandoned",
            0,
        ),
        (
            "unengaged",
            |it| {
                it.say(1_000, Role::Ai, "Hello, can I help?");
            },
            "unengaged",
            0,
        ),
        (
            "handed_off",
            |it| {
                it.say(1_000, Role::Customer, "I want to talk to an agent")
                    .hear(2_000, OutcomeKind::Answered);
            },
            "closed_handed_off",
            0,
        ),
        (
            "handed_off",
            |it| {
                it.say(1_000, Role::Customer, "Where is it?").say(2_000, Role::Human, "I took over.");
            },
            "closed_handed_off",
            0,
        ),
    ];
    for (index, (kind, tell, counter, missed)) in stories.into_iter().enumerate() {
        let mut policy = policy();
        policy.triggers.no_response.switch.enabled = false;
        let mut story = Story::with(policy);
        tell(&mut story);
        story.wait(60 * MINUTE);
        assert_eq!((story.row().end_kind, story.total(counter)), (kind, 1), "{index}");
        assert_eq!(
            (story.total("conversations_closed"), story.total("missed_handoffs")),
            (1, missed),
            "{index}"
        );
        assert_eq!(story.row().missed_handoff, missed == 1, "{index}");
    }
}

fn failed() -> Option<super::super::turn::Action<'static>> {
    Some(super::super::turn::Action {
        name: "get_order".into(),
        status: super::super::turn::ToolStatus::Failed,
        arguments: Vec::new(),
        result: None,
    })
}

#[test]
fn the_platforms_reason_tells_the_end_before_the_customers_words_do() {
    for (reason, kind) in [
        ("resolved", "resolved_confirmed"),
        ("refund_completed", "resolved_confirmed"),
        ("customer_notified_resolved", "resolved_confirmed"),
        ("unresolved", "abandoned"),
        ("not_resolved", "abandoned"),
        ("failed", "abandoned"),
        ("transferred_to_agent", "handed_off"),
        ("session_over", "resolved_assumed"),
    ] {
        let mut story = Story::new();
        story.say(1_000, Role::Customer, "Where is it?").say(2_000, Role::Ai, "There.").say_with(
            3_000,
            Role::System,
            |turn| turn.ended = Some(reason.to_owned().into()),
        );
        assert_eq!(story.row().end_kind, kind, "{reason}");
    }
}

#[test]
fn thanks_open_no_wait_that_hides_a_later_one() {
    let mut story = Story::new();
    story.say(0, Role::Customer, "Where is it?").say(5_000, Role::Ai, "There.");
    story.say(10_000, Role::Customer, "ok thanks!").wait(10 * MINUTE);
    story.say(10 * MINUTE, Role::Customer, "And where is the other one?").wait(16 * MINUTE);
    assert_eq!(story.kinds(), [HandoffKind::Requested]);
    assert_eq!(story.event(HandoffKind::Requested).event_time, 15 * MINUTE);
    // Nor do thanks after the end: what is asked an hour later is answered at once.
    let mut story = Story::new();
    story.say(0, Role::Customer, "Where is it?").say(5_000, Role::Ai, "There.");
    story.say_with(8_000, Role::System, |turn| turn.ended = Some("resolved".into()));
    story.say(10_000, Role::Customer, "ok thanks!").say(60 * MINUTE, Role::Customer, "And the other one?");
    story.say(60 * MINUTE + 3_000, Role::Ai, "There, too.").wait(70 * MINUTE);
    assert_eq!(story.kinds(), []);
}

#[test]
fn a_goodbye_waits_for_no_answer() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is it?").say(2_000, Role::Ai, "There.").say(
        3_000,
        Role::Customer,
        "ok, bye",
    );
    story.wait(60 * MINUTE);
    assert_eq!(story.kinds(), []);
    assert_eq!(story.row().end_kind, "resolved_assumed");
}

#[test]
fn the_customer_leaves_while_waiting_or_served() {
    let leave: Tell = |it| {
        it.say_with(20_000, Role::Customer, |turn| turn.ended = Some("".into()));
    };
    let mut story = Story::requested(10_000);
    leave(&mut story);
    assert_eq!(story.kinds(), [Requested, Canceled]);
    assert_eq!(story.event(Canceled).note.as_deref(), Some("customer_left"));
    let mut story = Story::answered(10_000, 15_000);
    leave(&mut story);
    assert_eq!(story.kinds(), [Requested, Accepted, Completed]);
    assert_eq!(story.state().phase, Phase::Ended);
}

#[test]
fn the_ai_session_that_ends_for_a_hand_off_is_no_end() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is it?").say_with(2_000, Role::Ai, |turn| {
        turn.handoff_requested = Some("".into());
        turn.ended = Some("done".into());
    });
    assert_eq!(story.state().phase, Phase::Requested);
    story.say_with(3_000, Role::System, |turn| turn.ended = Some("escalated".into()));
    assert_eq!(story.state().phase, Phase::Requested);
    assert_eq!(story.kinds(), [Requested]);
}

#[test]
fn a_turn_after_the_end_reopens_it() {
    let mut story = Story::new();
    story
        .say(1_000, Role::Customer, "Where is it?")
        .say_with(2_000, Role::Ai, |turn| turn.ended = Some("resolved".into()));
    story.say(3_000, Role::Customer, "Thanks!").say(4_000, Role::Ai, "You are welcome.");
    assert_eq!(story.state().phase, Phase::Ended, "thanks are no new conversation");
    story.say(5_000, Role::Customer, "It is still not here");
    assert_eq!((story.state().phase, story.state().episode), (Phase::Ai, 1));
    assert_eq!((story.total("conversations_closed"), story.total("contained_confirmed")), (0, 0));
    assert_eq!(story.row().end_kind, "open");
    assert_eq!(story.total("conversations_started"), 1);

    let mut story = Story::answered(10_000, 15_000);
    story.hear(18_000, OutcomeKind::Closed).say(20_000, Role::Customer, "I want to talk to an agent");
    assert_eq!(story.kinds(), [Requested, Accepted, Completed, Requested]);
    assert_eq!(story.state().episode, 2);
}

#[test]
fn a_person_who_goes_on_after_silence_still_owns_it() {
    let mut story = Story::answered(10_000, 15_000);
    story.wait(40 * MINUTE).say(50 * MINUTE, Role::Human, "Sorry for the delay");
    assert_eq!((story.state().phase, story.state().episode), (Phase::Human, 1));
    assert_eq!(story.total("conversations_closed"), 0);
}

#[test]
fn a_turn_of_before_the_end_undoes_nothing() {
    let mut story = Story::new();
    story
        .say(1_000, Role::Customer, "Where is it?")
        .say_with(9_000, Role::Ai, |turn| turn.ended = Some("resolved".into()));
    story.say(5_000, Role::Customer, "I want to talk to an agent");
    assert_eq!(story.state().phase, Phase::Ended);
    assert_eq!(story.kinds(), []);
}
