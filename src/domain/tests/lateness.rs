//! Records that come late, or from long ago.

use super::*;

#[test]
fn an_unknown_conversation_is_not_raised_from_long_ago() {
    let mut story = Story::new();
    story.partition_time = 100 * 60 * MINUTE;
    let old = Turn::new("t", ID, 27 * 60 * MINUTE, Role::Customer);
    let refusal = story.turn(&old).unwrap_err();
    assert_eq!((refusal.stage, refusal.field), ("late", Some("event_time")));
    story.turn(&Turn::new("t", ID, 28 * 60 * MINUTE, Role::Customer)).unwrap();
}

#[test]
fn late_events_are_counted_beyond_the_lateness() {
    let mut story = Story::new();
    story.partition_time = 20_000;
    story.say(15_000, Role::Customer, "Where is it?").say(14_999, Role::Ai, "There.");
    assert_eq!(story.total("late_events"), 1);
}

#[test]
fn lateness_is_by_ordinal_where_both_have_one() {
    let fact = |seq: Option<i64>, value: &'static str| {
        move |turn: &mut Turn<'_>| {
            turn.turn_seq = seq;
            turn.intent = Some(value.into());
        }
    };
    type Place = (Millis, Option<i64>);
    let cases: [(&str, Place, Place, &str); 4] = [
        ("later ordinal, earlier time", (2_000, Some(1)), (1_000, Some(2)), "second"),
        ("earlier ordinal, later time", (1_000, Some(2)), (2_000, Some(1)), "first"),
        ("one without ordinal", (2_000, Some(1)), (1_000, None), "first"),
        ("same moment", (1_000, None), (1_000, None), "second"),
    ];
    for (name, first, second, newest) in cases {
        let mut story = Story::new();
        story.say_with(first.0, Role::Ai, fact(first.1, "first")).say_with(
            second.0,
            Role::Ai,
            fact(second.1, "second"),
        );
        assert_eq!(story.state().profile.intent.as_deref(), Some(newest), "{name}");
    }
}

#[test]
fn late_facts_fill_only_what_newer_turns_left_open() {
    let mut story = Story::new();
    let facts = |pairs: &'static [(&'static str, &'static str)]| {
        move |turn: &mut Turn<'_>| {
            turn.facts = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        }
    };
    story.say_with(1_000, Role::Ai, facts(&[("order_id", "A")]));
    story.say_with(3_000, Role::Ai, facts(&[("order_id", "C"), ("amount", "5")]));
    story.say_with(2_000, Role::Ai, facts(&[("order_id", "B"), ("amount", "4"), ("carrier", "X")]));
    let known: Vec<_> =
        story.state().facts.iter().map(|fact| (&*fact.name, &*fact.value, fact.values.join(","))).collect();
    assert_eq!(
        known,
        [
            ("order_id", "C", "B,A,C".to_owned()),
            ("amount", "5", "5".to_owned()),
            ("carrier", "X", "X".to_owned())
        ]
    );
}

#[test]
fn a_late_turn_finds_its_place_in_the_wait() {
    // An answer that was before the customer's last words does not end the wait.
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is it?").say(5_000, Role::Customer, "Hello?").say(
        3_000,
        Role::Ai,
        "There.",
    );
    assert_eq!(story.state().waiting_since, Some(5_000));
    // A customer turn that the AI has answered since begins none.
    let mut story = Story::new();
    story.say(5_000, Role::Ai, "There.").say(3_000, Role::Customer, "Where is it?");
    assert_eq!(story.state().waiting_since, None);
    story.say(8_000, Role::Customer, "And?").say(7_000, Role::Customer, "Hm");
    assert_eq!(story.state().waiting_since, Some(7_000));
}

#[test]
fn a_late_turn_still_asks_for_a_person_unless_it_is_decided() {
    let mut story = Story::new();
    story.say(1_000, Role::Ai, "Hello").say(5_000, Role::Ai, "Still there?");
    story.say(3_000, Role::Customer, "I want to talk to an agent");
    assert_eq!(story.told(), [(HandoffKind::Requested, 3_000, Some("t-3"))]);
    story.hear(6_000, OutcomeKind::Answered).hear(9_000, OutcomeKind::Returned);
    story.say(8_000, Role::Customer, "I want to talk to an agent");
    assert_eq!(story.kinds().len(), 3, "the person heard it");
}
