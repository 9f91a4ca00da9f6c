//! What people do with a hand-off, outcome by outcome.

use super::*;
use crate::domain::conversation::Phase;
use crate::domain::ids;
use crate::domain::measure::Counter;
use HandoffKind::{Accepted, Canceled, Completed, Requested, Returned};
use OutcomeKind as O;

#[test]
fn an_answer_is_counted_with_its_wait() {
    let mut story = Story::requested(10_000);
    story.hear_with(11_000, O::Queued, |it| it.queue = Some("claims".into())).hear(41_000, O::Answered);
    assert_eq!(story.kinds(), [Requested, Accepted]);
    assert_eq!(story.event(Accepted).queue.as_deref(), Some("claims"));
    assert_eq!(
        story.totals(),
        totals(&[
            ("conversations_started", 1),
            ("conversations_engaged", 1),
            ("handoffs", 1),
            ("handoff_conversations", 1),
            ("queued", 1),
            ("answered", 1),
            ("answered_in_sl", 1),
            ("wait_ms_sum", 30_000),
            ("wait[3]", 1),
        ])
    );
    let answered = story.measures().last().unwrap();
    assert_eq!((answered.sl_threshold_ms, answered.place.queue.as_deref()), (Some(60_000), Some("claims")));
    assert_eq!((story.row().wait_ms, story.row().answered_at), (Some(30_000), Some(41_000)));
}

#[test]
fn the_desktop_knows_the_wait_better() {
    let mut story = Story::requested(10_000);
    story.hear_with(41_000, O::Answered, |it| it.wait_ms = Some(21_000));
    assert_eq!(
        (story.total("wait_ms_sum"), story.total("answered_in_sl"), story.total("wait[3]")),
        (21_000, 0, 1)
    );
}

#[test]
fn a_human_turn_is_an_answer_if_no_outcome_came() {
    let mut story = Story::requested(10_000);
    story.say(20_000, Role::Human, "Hello, I am Ann.");
    assert_eq!(story.told()[1], (Accepted, 20_000, Some("t-3")));
    assert_eq!(story.state().phase, Phase::Human);
    // The outcome comes late, and only corrects the moment.
    story.say(21_000, Role::Ai, "Anything else?").hear(15_000, O::Answered);
    assert_eq!(story.kinds(), [Requested, Accepted]);
    assert_eq!(
        (story.total("answered"), story.total("wait_ms_sum"), story.total("violations")),
        (1, 10_000, 1)
    );
}

#[test]
fn a_second_answer_counts_after_a_second_queue() {
    let mut story = Story::answered(10_000, 15_000);
    story
        .hear(16_000, O::Answered)
        .hear_with(20_000, O::Transferred, |it| it.queue = Some("claims".into()))
        .hear(20_000, O::Queued)
        .hear(27_000, O::Answered);
    assert_eq!(
        (story.total("answered"), story.total("wait_ms_sum"), story.total("transfers")),
        (2, 12_000, 1)
    );
    assert_eq!(story.kinds(), [Requested, Accepted]);
}

#[test]
fn an_ai_turn_over_a_person_is_a_violation_by_event_times() {
    let mut story = Story::answered(10_000, 15_000);
    story.say(15_000, Role::Ai, "Same moment: the turn came first").say(16_000, Role::Ai, "Over the person");
    assert_eq!(story.total("violations"), 1);

    // The answer comes late: the AI turns after it are counted at their own times.
    let mut story = Story::requested(10_000);
    story.say(14_000, Role::Ai, "Before").say(16_000, Role::Ai, "After").hear(15_000, O::Answered);
    let counted: Vec<_> = story
        .measures()
        .filter(|it| it.quantity == Quantity::Count(Counter::Violations))
        .map(|it| it.at)
        .collect();
    assert_eq!(counted, [16_000]);
    assert_eq!(story.state().tally.violations, 1);

    // The return comes late: what was counted after it is taken back.
    let mut story = Story::answered(10_000, 15_000);
    story.say(18_000, Role::Ai, "Over").say(22_000, Role::Ai, "Mine again").hear(20_000, O::Returned);
    assert_eq!((story.total("violations"), story.state().tally.violations), (1, 1));
}

#[test]
fn a_return_begins_a_new_episode() {
    let mut story = Story::answered(10_000, 15_000);
    story.say(16_000, Role::Human, "Hello").hear(20_000, O::Returned);
    assert_eq!((story.state().phase, story.state().episode, story.total("returned")), (Phase::Ai, 2, 1));
    story.say(30_000, Role::Customer, "I want to talk to an agent");
    assert_eq!(story.kinds(), [Requested, Accepted, Returned, Requested]);
    let second = story.event(Requested);
    assert_eq!((second.episode, second.handoff_id), (2, ids::handoff_id(ID, 9_000, 2)));
    assert_eq!((story.total("handoffs"), story.total("handoff_conversations")), (2, 1));
    // Wrap-up of the first comes after the second was requested.
    let first = ids::handoff_id(ID, 9_000, 1).to_string();
    story.hear_with(31_000, O::WrappedUp, |it| {
        it.handoff_id = Some(first.clone().into());
        it.talk_ms = Some(4_000);
        it.acw_ms = Some(500);
    });
    assert_eq!(
        (story.total("handled"), story.total("talk_ms_sum"), story.total("acw_ms_sum")),
        (1, 4_000, 500)
    );
    assert_eq!(story.state().phase, Phase::Requested);
}

#[test]
fn what_the_customer_asked_after_a_late_return_is_decided_at_the_return() {
    let mut story = Story::answered(10_000, 15_000);
    story.say(25_000, Role::Customer, "I want to talk to an agent").hear(20_000, O::Returned);
    assert_eq!(story.told()[2..], [(Returned, 20_000, Some("o-2")), (Requested, 25_000, Some("t-3"))],);
    assert_eq!(story.event(Requested).customer_waiting_since, Some(25_000), "they were answered before");
}

#[test]
fn who_was_served_waits_for_nobody_after_the_return() {
    let mut story = Story::answered(10_000, 15_000);
    story.hear(20_000, O::Replied).hear(50_000, O::Returned).wait(20 * MINUTE);
    assert_eq!(story.kinds(), [Requested, Accepted, Returned]);
    let mut story = Story::answered(10_000, 15_000);
    story.hear(50_000, O::Returned).wait(20 * MINUTE);
    assert_eq!(story.kinds(), [Requested, Accepted, Returned], "a desktop that reports no replies");
}

#[test]
fn what_the_customer_asks_after_a_late_close_or_after_giving_up_is_decided() {
    let mut story = Story::answered(10_000, 15_000);
    story.say(25_000, Role::Customer, "I want to talk to an agent").hear(20_000, O::Closed);
    assert_eq!(story.kinds(), [Requested, Accepted, Completed, Requested]);
    assert_eq!((story.event(Requested).episode, story.event(Requested).event_time), (2, 25_000));
    assert_eq!((story.total("conversations_closed"), story.total("handoffs")), (0, 2));
    let mut story = Story::requested(10_000);
    story.say(25_000, Role::Customer, "I want to talk to an agent").hear(20_000, O::Abandoned);
    assert_eq!(story.kinds(), [Requested, Canceled, Requested]);
    assert_eq!((story.event(Requested).episode, story.event(Requested).event_time), (2, 25_000));
}

#[test]
fn hold_lasts_from_its_first_report_until_the_wrap_up_at_the_latest() {
    let mut story = Story::answered(10_000, 15_000);
    story.hear(20_000, O::Held).hear(30_000, O::Held).hear(50_000, O::WrappedUp);
    assert_eq!(story.total("hold_ms_sum"), 30_000);
}

#[test]
fn an_outcome_with_the_id_of_a_turn_is_no_duplicate() {
    let mut story = Story::requested(10_000);
    story.hear_with(11_000, O::Answered, |it| it.event_id = "t-1".into());
    story.hear_with(11_000, O::Answered, |it| it.event_id = "t-1".into());
    assert_eq!((story.state().phase, story.total("answered")), (Phase::Human, 1));
}

#[test]
fn an_abandoned_queue_cancels() {
    let mut story = Story::requested(10_000);
    story.hear(11_000, O::Queued).hear(14_000, O::Abandoned);
    let canceled = story.event(Canceled);
    assert_eq!((canceled.note.as_deref(), canceled.event_time), (Some("customer_left"), 14_000));
    let counted = ["abandoned", "abandoned_short", "abandon_wait_ms_sum", "canceled", "answered"]
        .map(|name| story.total(name));
    assert_eq!(counted, [1, 1, 3_000, 1, 0]);
    // The same customer again: another episode.
    story.say(20_000, Role::Customer, "I want to talk to an agent");
    assert_eq!(story.event(Requested).episode, 2);
}

#[test]
fn closing_completes_and_ends() {
    let mut story = Story::answered(10_000, 15_000);
    story.say(16_000, Role::Human, "Done.").hear(17_000, O::Resolved).hear(18_000, O::Closed).hear_with(
        19_000,
        O::WrappedUp,
        |it| (it.talk_ms, it.hold_ms, it.acw_ms) = (Some(3_000), Some(100), Some(1_000)),
    );
    assert_eq!(story.kinds(), [Requested, Accepted, Completed]);
    let row = story.row();
    assert_eq!((row.end_kind, row.ended_at, row.resolved), ("handed_off", Some(18_000), true));
    assert_eq!((row.talk_ms, row.hold_ms, row.acw_ms), (3_000, 100, 1_000));
    let counted = ["resolved", "resolved_first_reply", "conversations_closed", "closed_handed_off"]
        .map(|name| story.total(name));
    assert_eq!(counted, [1, 1, 1, 1]);
}

#[test]
fn replies_are_counted_from_turns_or_outcomes() {
    for (name, turns, outcomes, first_reply) in [
        ("one turn", 1, 0, 1),
        ("one outcome", 0, 1, 1),
        ("both say the same", 1, 1, 1),
        ("two", 2, 1, 0),
        ("none", 0, 0, 0),
    ] {
        let mut story = Story::answered(10_000, 15_000);
        for turn in 0..turns {
            story.say(16_000 + turn, Role::Human, "Done.");
        }
        for reply in 0..outcomes {
            story.hear(16_000 + reply, O::Replied);
        }
        story.hear(20_000, O::Resolved).hear(21_000, O::Resolved);
        assert_eq!(
            (story.total("resolved"), story.total("resolved_first_reply")),
            (1, first_reply),
            "{name}"
        );
    }
}

#[test]
fn a_reopened_case_takes_its_end_back() {
    let mut story = Story::answered(10_000, 15_000);
    story.hear(18_000, O::Closed).hear(20_000, O::Reopened);
    assert_eq!((story.state().phase, story.row().end_kind), (Phase::Human, "open"));
    assert_eq!(
        ["conversations_closed", "closed_handed_off", "reopened"].map(|name| story.total(name)),
        [0, 0, 1]
    );
    let back: Vec<_> = story.measures().filter(|it| it.amount < 0).map(|it| (it.quantity, it.at)).collect();
    assert_eq!(
        back,
        [
            (Quantity::Count(Counter::ConversationsClosed), 18_000),
            (Quantity::Count(Counter::ClosedHandedOff), 18_000)
        ]
    );
    // The AI spoke between: nobody was talked over.
    story.say(19_000, Role::Ai, "Bye").hear(22_000, O::Closed);
    assert_eq!((story.total("violations"), story.total("conversations_closed")), (0, 1));
}

#[test]
fn holds_count_where_the_wrap_up_does_not_say() {
    let mut story = Story::answered(10_000, 15_000);
    story.hear(16_000, O::Held).hear(18_000, O::Retrieved).hear(30_000, O::WrappedUp);
    assert_eq!(story.total("hold_ms_sum"), 2_000);
}

#[test]
fn surveys_count_for_the_hand_off() {
    let mut story = Story::answered(10_000, 15_000);
    story
        .hear(18_000, O::Closed)
        .hear(19_000, O::CsatRequested)
        .hear_with(20_000, O::Csat, |it| (it.score, it.score_max) = (Some(4.0), Some(5.0)))
        .hear_with(21_000, O::Csat, |it| (it.score, it.score_max) = (Some(3.0), Some(5.0)));
    let counted =
        ["csat_requests", "csat_responses", "csat_satisfied", "csat_score_sum"].map(|name| story.total(name));
    assert_eq!(counted, [1, 2, 1, 7]);
    assert_eq!(story.row().csat, Some(3.0));
}

/// A hand-off whose package holds an order id, answered at 15,000.
fn with_order() -> Story {
    let mut story = Story::new();
    story.say_with(9_000, Role::Customer, |turn| {
        turn.text = Some("I want to talk to an agent".into());
        turn.facts = vec![("order_id".into(), "#W1".into()), ("pin".into(), "1234".into())];
    });
    story.hear(15_000, O::Answered);
    story
}

#[test]
fn asking_for_what_was_given_is_repeat_effort() {
    let ask = |story: &mut Story, at, field: &'static str| {
        story.hear_with(at, O::InfoRequested, |it| it.field = Some(field.into()));
    };
    let mut story = with_order();
    ask(&mut story, 16_000, "order_number");
    ask(&mut story, 17_000, "shoe_size");
    ask(&mut story, 18_000, "pin");
    ask(&mut story, 19_000, "order_id");
    let counted = |story: &Story| {
        ["info_requests", "repeat_requests", "handoff_conversations_reasked"].map(|name| story.total(name))
    };
    assert_eq!(counted(&story), [4, 2, 1]);
    let reasked = story
        .measures()
        .find(|it| it.quantity == Quantity::Count(Counter::HandoffConversationsReasked))
        .map(|it| it.at);
    assert_eq!(reasked, Some(9_000), "beside handoff_conversations");

    // A human turn asks, and the desktop reports the same question.
    let mut story = with_order();
    story.say(16_000, Role::Human, "Could you give me your order number?");
    assert_eq!(counted(&story), [1, 1, 1]);
    ask(&mut story, 16_000, "order_id");
    assert_eq!(counted(&story), [1, 1, 1]);
}

#[test]
fn outcomes_that_fit_nothing_are_refused() {
    let unknown = Story::new().outcome(&outcome("o", 1, O::Answered));
    assert_eq!(unknown.map_err(|it| (it.stage, it.field)).err(), Some(("apply", Some("conversation_id"))));

    let mut quiet = Story::new();
    quiet.say(1_000, Role::Customer, "Where is my order?");
    let refused = |story: &mut Story, kind, fill: fn(&mut Outcome<'_>)| {
        let mut it = outcome("o", 20_000, kind);
        fill(&mut it);
        story.outcome(&it).err().and_then(|it| it.field)
    };
    assert_eq!(refused(&mut quiet, O::Answered, |_| ()), Some("conversation_id"));
    assert_eq!(refused(&mut quiet, O::Csat, |_| ()), Some("score"));
    assert_eq!(refused(&mut quiet, O::Resolved, |_| ()), None);
    let mut story = Story::answered(10_000, 15_000);
    assert_eq!(refused(&mut story, O::WrappedUp, |it| it.handoff_id = Some("x".into())), Some("handoff_id"));
    story.hear(18_000, O::Returned);
    assert_eq!(refused(&mut story, O::Returned, |_| ()), Some("type"));
}
