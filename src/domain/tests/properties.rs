//! What holds for any sequence of records and timers, however mad.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::conversation::EndKind;

#[derive(Clone, Debug)]
enum Record {
    Turn {
        role: Role,
        text: usize,
        at: Millis,
        seq: Option<i64>,
        flags: u8,
        id: u8,
    },
    Outcome {
        kind: OutcomeKind,
        at: Millis,
        id: u8,
        named: Option<u32>,
    },
    /// Everything due by then.
    Wait(Millis),
    /// Any moment, due or not.
    Timer(Millis),
}

const TEXTS: [&str; 8] = [
    "I want to talk to an agent",
    "yes",
    "no thanks",
    "Thank you!",
    "order 12345 is missing?",
    "What is your order number?",
    "",
    "It does not work",
];

fn record() -> impl Strategy<Value = Record> {
    let at = || (0..200_i64).prop_map(|minutes| minutes * MINUTE / 2);
    let role = prop::sample::select(Role::ALL.to_vec());
    let kind = prop::sample::select(OutcomeKind::ALL.to_vec());
    prop_oneof![
        6 => (role, 0..TEXTS.len(), at(), prop::option::of(0..20_i64), any::<u8>(), any::<u8>())
            .prop_map(|(role, text, at, seq, flags, id)| Record::Turn { role, text, at, seq, flags, id }),
        5 => (kind, at(), any::<u8>(), prop::option::of(1..4_u32))
            .prop_map(|(kind, at, id, named)| Record::Outcome { kind, at, id, named }),
        2 => (0..100_i64).prop_map(|hours| Record::Wait(hours * 60 * MINUTE)),
        1 => at().prop_map(Record::Timer),
    ]
}

fn play(records: &[Record]) -> Story {
    let mut story = Story::new();
    for record in records {
        let started = story.state.as_ref().map_or(0, |state| state.started_at);
        match record {
            Record::Turn { role, text, at, seq, flags, id } => {
                let event_id = format!("t-{id}");
                let mut turn = Turn::new(&event_id, ID, *at, *role);
                turn.turn_seq = *seq;
                turn.text =
                    Some(TEXTS[*text].into()).filter(|text: &std::borrow::Cow<'_, str>| !text.is_empty());
                turn.fallback = flags & 1 > 0 && *role == Role::Ai;
                turn.ended = (flags & 14 == 14).then(|| "done".into());
                turn.handoff_requested = (flags & 48 == 48).then(|| "".into());
                turn.facts = if flags & 64 > 0 { vec![("order_id".into(), "1".into())] } else { Vec::new() };
                let _refused = story.turn(&turn).err();
            }
            Record::Outcome { kind, at, id, named } => {
                let event_id = format!("o-{id}");
                let mut outcome = outcome(&event_id, *at, *kind);
                outcome.score = Some(3.0);
                outcome.field = Some("order_id".into());
                outcome.handoff_id = named
                    .map(|episode| super::super::ids::handoff_id(ID, started, episode).to_string().into());
                let _refused = story.outcome(&outcome).err();
            }
            Record::Wait(to) => {
                story.wait(*to);
            }
            Record::Timer(at) => {
                let _refused = story.meet(Input::Timer(*at)).err();
            }
        }
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_life_keeps_the_rules(records in prop::collection::vec(record(), 1..60)) {
        let story = play(&records);
        let again = play(&records);
        prop_assert_eq!(&story.state, &again.state);
        prop_assert_eq!(&story.effects, &again.effects);

        // Ends add up, and nothing was taken back that had not been given.
        let kinds = ["contained_confirmed", "contained_assumed", "contained_abandoned", "unengaged", "closed_handed_off"];
        prop_assert_eq!(story.total("conversations_closed"), kinds.iter().map(|name| story.total(name)).sum::<i64>());
        for (name, total) in story.totals() {
            prop_assert!(total > 0, "{} is {}", name, total);
        }

        // One request an episode.
        let mut asked = BTreeSet::new();
        for event in story.events() {
            if event.kind == HandoffKind::Requested {
                prop_assert!(asked.insert(event.handoff_id), "requested twice: {}", event.handoff_id);
                prop_assert!(event.package.is_some() && !event.reasons.is_empty());
            }
        }
        prop_assert_eq!(story.total("handoffs"), asked.len() as i64);
        prop_assert!(story.total("answered_in_sl") <= story.total("answered"));
        prop_assert!(story.total("repeat_requests") <= story.total("info_requests"));
        prop_assert!(story.total("conversations_engaged") <= story.total("conversations_started"));

        // What is open is not counted as closed, and what has ended is.
        if let Some(state) = &story.state {
            let phase_ended = state.phase == crate::domain::conversation::Phase::Ended;
            prop_assert_eq!(state.end.is_some(), phase_ended);
            prop_assert!(next_due(state.waits(), &story.policy).is_some());
        }
        let open = i64::from(story.state.as_ref().is_some_and(|state| state.end.is_none()));
        prop_assert_eq!(story.total("conversations_started") - open, story.total("conversations_closed"));
        prop_assert!(EndKind::ALL.len() == kinds.len());
    }
}
