//! What differs between two replays, how far, and what followed.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::app::embedded::{Embedded, Origin};
use crate::app::render::comparison::page;
use crate::app::render::{Colour, Style};
use crate::engine::port::Out;
use crate::engine::settings::TimeSource;

const PLAIN: Style = Style { colour: Colour::Plain, width: 100 };
/// 2025-11-24T16:00:00Z.
const START: Millis = 1_764_000_000_000;

/// A policy's side: conversation → second at which it hands off, reason, intent.
fn side(name: &str, requests: &[(&str, i64, &str, Option<&str>)]) -> Side {
    let mut side =
        Side { policy: Named { name: name.to_owned(), version: "1".to_owned() }, ..Side::default() };
    for (id, second, reason, intent) in requests {
        let event = json!({"type": "requested", "handoff_id": format!("h-{id}"), "conversation_id": id, "episode": 1,
            "event_time": START + second * 1_000, "reason": reason, "intent": intent, "queue": null});
        side.event(event.to_string().as_bytes());
    }
    side
}

/// The log that both have read: turns by conversation and second, outcomes by conversation, type and hand-off.
fn log(turns: &[(&str, i64)], outcomes: &[(&str, &str, Option<&str>)]) -> Embedded {
    let policy = Arc::new(wire::policy::built_in());
    let embedded = Embedded::new(1, policy, Origin::File, TimeSource::InputOnly);
    let append = |topic, value: serde_json::Value| {
        let value = value.to_string();
        let out = Out { topic, partition: Some(0), key: None, value: Some(value.as_bytes()), trace: None };
        embedded.broker.append(out, None).unwrap();
    };
    for (at, (id, second)) in turns.iter().enumerate() {
        append(
            Topic::Turns,
            json!({"event_id": format!("t-{at}"), "conversation_id": id, "event_time": START + second * 1_000,
                "role": "ai"}),
        );
    }
    for (at, (id, kind, handoff)) in outcomes.iter().enumerate() {
        append(
            Topic::Outcomes,
            json!({"event_id": format!("o-{at}"), "conversation_id": id, "event_time": START, "type": kind,
                "handoff_id": handoff}),
        );
    }
    embedded
}

/// a: unchanged; b: earlier; c, g: lost; d: added; e: later; f: unchanged for another reason.
fn found() -> Comparison {
    let mut before = side(
        "live",
        &[
            ("a", 1, "loop", None),
            ("b", 50, "loop", Some("billing")),
            ("c", 5, "policy", Some("billing")),
            ("e", 20, "loop", None),
            ("f", 9, "loop", None),
            ("g", 9, "policy", None),
        ],
    );
    for (kind, id) in [("accepted", "c"), ("returned", "c")] {
        before.event(json!({"type": kind, "handoff_id": format!("h-{id}")}).to_string().as_bytes());
    }
    for id in ["c", "x"] {
        before.event(json!({"type": "offered", "handoff_id": format!("h-{id}")}).to_string().as_bytes());
    }
    for (id, end_kind, missed, resolved) in
        [("d", "open", false, false), ("d", "abandoned", true, false), ("c", "handed_off", false, true)]
    {
        let row = json!({"conversation_id": id, "end_kind": end_kind, "missed_handoff": missed, "resolved": resolved});
        before.summary(row.to_string().as_bytes());
    }
    let mut after = side(
        "new",
        &[
            ("a", 1, "loop", None),
            ("b", 20, "safety", Some("billing")),
            ("d", 9, "loop", Some("refund")),
            ("e", 21, "loop", None),
            ("f", 9, "safety", None),
        ],
    );
    after.event(json!({"type": "offered", "handoff_id": "h-y"}).to_string().as_bytes());
    let turns = [("b", 10), ("b", 20), ("b", 30), ("x", 31), ("b", 40), ("b", 50), ("b", 60), ("e", 20)];
    let outcomes =
        [("g", "abandoned", Some("h-g")), ("c", "abandoned", Some("h-other")), ("d", "abandoned", None)];
    Comparison::of(&before, &after, &log(&turns, &outcomes), Outcomes::Given)
}

#[test]
fn a_comparison_names_what_was_added_lost_and_moved() {
    let found = found();
    let ids = |list: &[Difference]| list.iter().map(|one| one.conversation_id.clone()).collect::<String>();
    assert_eq!(found.lists().map(|(_, list)| ids(list)), ["d", "cg", "b", "e"]);
    assert_eq!((found.unchanged, found.other_reason, found.other_queue), (2, 2, 0));
}

#[test]
fn a_move_is_measured_in_turns_of_its_conversation_and_in_time() {
    let found = found();
    assert_eq!(found.earlier[0].moved, Some(Moved { turns: 3, ms: 30_000 }));
    assert_eq!(found.later[0].moved, Some(Moved { turns: 0, ms: 1_000 }));
}

#[test]
fn a_median_is_the_middle_or_the_mean_of_the_two_there() {
    let moved = |turns: i64| Difference {
        conversation_id: String::new(),
        episode: 1,
        before: None,
        after: None,
        moved: Some(Moved { turns, ms: 10 * turns }),
        acting: None,
    };
    for (turns, expected) in
        [(vec![], None), (vec![7], Some(7)), (vec![1, 4], Some(2)), (vec![9, 1, 4], Some(4))]
    {
        let list: Vec<Difference> = turns.iter().copied().map(moved).collect();
        assert_eq!(median(&list).map(|it| it.turns), expected, "{turns:?}");
    }
}

#[test]
fn what_followed_is_known_of_the_acting_policy_alone() {
    let found = found();
    let lost = Acting {
        end_kind: "handed_off".into(),
        resolved: true,
        answered: true,
        returned: true,
        ..Acting::default()
    };
    let left = Acting { end_kind: "open".into(), abandoned: true, ..Acting::default() };
    assert_eq!(found.lost.iter().map(|one| one.acting.clone()).collect::<Vec<_>>(), [Some(lost), Some(left)]);
    let added = Acting { end_kind: "abandoned".into(), missed_handoff: true, ..Acting::default() };
    assert_eq!(found.added[0].acting, Some(added));
    assert_eq!(found.earlier[0].acting, None);
}

#[test]
fn a_person_sees_a_page() {
    let expected = "\
━━ COMPARED ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ live 1 → new 1 ━━
  hand-offs 6 → 5: 2 unchanged, 1 added, 2 lost, 1 earlier, 1 later
            unchanged: at the same moment; with the same reason and queue too: 1
            of those that both make, 2 for another reason and 0 to another queue
  offers    2 → 1; of them led to a hand-off 1 → 0
  by reason                               before   added    lost earlier   later   after
            loop                               4      +1       ·       1       1       3
            policy                             2       ·      −2       ·       ·       ·
            safety                             ·       ·       ·       ·       ·       2
  by intent                               before   added    lost earlier   later   after
            _none                              4       ·      −1       ·       1       3
            billing                            2       ·      −1       1       ·       1
            refund                             ·      +1       ·       ·       ·       1
  earlier   by 3 turns and 30 s (median)
  later     by 0 turns and 1 s (median)
  added     as it was, without them, the conversation ended
            customer gave up       100.0 %  1 of 1 added
            missed hand-offs       100.0 %  1 of 1 added
  lost      as it was, the hand-off was
            answered                50.0 %  1 of 2 lost
            resolved                50.0 %  1 of 2 lost
            returned                50.0 %  1 of 2 lost
            abandoned               50.0 %  1 of 2 lost
  examples  added    d  2025-11-24 16:00:09 loop; customer gave up, a missed hand-off
            lost     c  2025-11-24 16:00:05 policy; answered, resolved, returned
                     and 1 more (--examples N, or --output json)
            earlier  b  2025-11-24 16:00:50 loop → 2025-11-24 16:00:20 safety, 3 turns and 30 s
            later    e  2025-11-24 16:00:20 loop → 2025-11-24 16:00:21 loop, 0 turns and 1 s
";
    let shown = page(&found(), 1, PLAIN);
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_machine_gets_every_difference_and_the_counts() {
    let found = found();
    let lines: Vec<serde_json::Value> =
        found.json_lines().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        lines[3],
        json!({"change": "earlier", "conversation_id": "b", "episode": 1, "turns": 3, "ms": 30_000, "acting": null,
            "before": {"event_time": START + 50_000, "reason": "loop", "intent": "billing", "queue": null,
                "trigger_event_id": null},
            "after": {"event_time": START + 20_000, "reason": "safety", "intent": "billing", "queue": null,
                "trigger_event_id": null}})
    );
    let counts = lines.last().unwrap();
    for (name, expected) in [
        ("unchanged", json!(2)),
        ("same", json!(1)),
        (
            "offers",
            json!({"before": {"made": 2, "led_to_handoff": 1}, "after": {"made": 1, "led_to_handoff": 0}}),
        ),
        ("left_out", json!({})),
        ("added", json!(1)),
        ("lost", json!(2)),
        ("earlier", json!(1)),
        ("later", json!(1)),
        ("earlier_median", json!({"turns": 3, "ms": 30_000})),
        ("lost_followed", json!({"answered": 1, "resolved": 1, "returned": 1, "abandoned": 1})),
        ("added_ended", json!({"abandoned": 1})),
        ("added_missed_handoffs", json!(1)),
    ] {
        assert_eq!(counts[name], expected, "{name}");
    }
    assert_eq!(
        counts["by_reason"]["policy"],
        json!({"before": 2, "after": 0, "added": 0, "lost": 2, "earlier": 0, "later": 0})
    );
}
