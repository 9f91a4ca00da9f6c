//! Where counts go.

use super::*;
use crate::domain::measure::{Counter, Place};

#[test]
fn counts_of_a_hand_off_stay_where_it_was_requested() {
    let mut story = Story::new();
    story.say_with(1_000, Role::Customer, |turn| {
        turn.text = Some("I want to talk to an agent".into());
        (turn.tenant, turn.channel, turn.intent, turn.ai_version) =
            (Some("acme".into()), Some("chat".into()), Some("missing".into()), Some("4.2".into()));
    });
    story.say_with(2_000, Role::Customer, |turn| turn.intent = Some("refund".into()));
    story.hear_with(3_000, OutcomeKind::Queued, |it| it.queue = Some("claims".into()));
    story.hear(4_000, OutcomeKind::Answered).hear(5_000, OutcomeKind::Closed);
    let requested = Place {
        tenant: Some("acme".into()),
        channel: Some("chat".into()),
        queue: Some("general".into()),
        reason: Some("customer_request".into()),
        intent: Some("missing".into()),
        ai_version: Some("4.2".into()),
        policy: None,
    };
    let claims = Place { queue: Some("claims".into()), ..requested.clone() };
    let ended = Place { intent: Some("refund".into()), ..claims.clone() };
    let started = Place { queue: None, reason: None, ..requested.clone() };
    for (counter, place, at) in [
        (Counter::ConversationsStarted, &started, 1_000),
        (Counter::Handoffs, &requested, 1_000),
        (Counter::HandoffConversations, &requested, 1_000),
        (Counter::Queued, &claims, 3_000),
        (Counter::Answered, &claims, 4_000),
        (Counter::WaitMsSum, &claims, 4_000),
        (Counter::ConversationsClosed, &ended, 5_000),
        (Counter::ClosedHandedOff, &ended, 5_000),
    ] {
        let measure = story.measures().find(|it| it.quantity == Quantity::Count(counter)).unwrap();
        assert_eq!((&measure.place, measure.at), (place, at), "{}", counter.name());
    }
}

#[test]
fn summary_rows_are_written_when_something_changed() {
    let mut story = Story::answered(10_000, 15_000);
    let revision = |story: &Story| story.row().revision;
    assert_eq!(revision(&story), 2);
    story.say(16_000, Role::Human, "Hello").say(17_000, Role::Customer, "Hi");
    assert_eq!(revision(&story), 2, "not at every turn");
    story.hear(18_000, OutcomeKind::Transferred).hear(19_000, OutcomeKind::Closed);
    assert_eq!(revision(&story), 4);
}
