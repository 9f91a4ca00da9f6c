//! What is explained of small conversations.

use super::history::{Did, Moment};
use super::*;
use crate::app::render::Colour;
use crate::engine::port::Record;
use crate::wire;

const PLAIN: Style = Style { colour: Colour::Plain, width: 100 };
const RULES: &str = r#"version = "7"
[triggers.frustration]
decision = "observe"
[[rules]]
id = "large"
when = '''
turn.intent == "missing_delivery" &&
  number(facts.amount) >= 500.0
'''
queue = "claims"
skills = ["orders"]
"#;

/// A turn of c-1 `at` seconds after the start, with more fields.
fn turn(at: i64, role: &str, text: &str, more: &str) -> String {
    let event_time = 1_764_000_000_000 + at * 1_000;
    format!(
        r#"{{"event_id":"t-{at}","conversation_id":"c-1","event_time":{event_time},"role":"{role}","text":"{text}"{more}}}"#
    )
}

fn other(at: i64) -> String {
    turn(at, "system", "", "").replace("c-1", "c-2")
}

fn records(lines: &[String]) -> Records {
    let mut records = Records::new("c-1");
    for (at, line) in lines.iter().enumerate() {
        let (id, event_time, topic) = match wire::outcome::decode(line.as_bytes()) {
            Ok(outcome) => (outcome.conversation_id.into_owned(), outcome.event_time, Topic::Outcomes),
            Err(_) => {
                let turn = wire::turn::decode(line.as_bytes()).expect("a turn");
                (turn.conversation_id.into_owned(), turn.event_time, Topic::Turns)
            }
        };
        let id = id.as_bytes();
        let record = Record::new(topic, 0, at as i64 + 1, None, Some(id), Some(line.as_bytes()));
        records.look(record, Some(id), Some(event_time), event_time);
    }
    records
}

fn explained(policy: &str, lines: &[String], asked: &Asked) -> Result<Explanation, String> {
    let policy = wire::policy::load("folder/p.toml", policy).expect("a policy");
    let settings = engine::settings::Settings { started_at: i64::MAX / 2, ..Default::default() };
    let terms = Terms::only(InForce::own(Arc::new(policy)));
    let shared = shared(settings, (0, &terms), Codec::default(), None);
    let from = (vec!["turns.jsonl".to_owned()], Vec::new());
    conclude(&records(lines), (shared, &terms), asked, from, None).map_err(|failure| failure.message)
}

fn delivery() -> Vec<String> {
    vec![
        turn(0, "customer", "my parcel is not here", r#","intent":"missing_delivery","sentiment":-0.3"#),
        turn(
            4,
            "tool",
            "",
            r#","action":{"name":"get_order","status":"ok","arguments":{"order_id":"W1"},"result":"delivered"}"#,
        ),
        turn(9, "customer", "nobody has it", r#","intent":"missing_delivery","facts":{"amount":"649.00"}"#),
        turn(20, "customer", "please let me talk to a human agent", ""),
    ]
}

#[test]
fn a_decision_is_shown_with_its_rule_its_values_and_the_turns_that_led_to_it() {
    let explanation = explained(RULES, &delivery(), &Asked::Decisions).unwrap();
    let id = explanation.decisions[0].event.handoff_id.clone();
    let print = explanation.policy.fingerprint.clone();
    let expected = format!(
        "\
━━ c-1 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ policy p.toml, version 7@{print} ━━
  read      4 turns and 0 outcomes, from turns.jsonl
━━ HAND-OFF REQUESTED ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2025-11-24 16:00:09 ━━
  why       rule “large”
  at        t-9, episode 1
  went to   queue claims, priority 3, skills orders
  hand-off  {id}
  signals   ● policy “large” 1.00 → hand_off
                customer t-9 “nobody has it”
  rule      “large” holds (folder/p.toml:7)
              │ turn.intent == \"missing_delivery\" &&
              │   number(facts.amount) >= 500.0
              turn.intent  = \"missing_delivery\"
              facts.amount = \"649.00\"
  turns     2025-11-24
            16:00:00 customer t-0 “my parcel is not here”
                     ○ frustration 0.08 (0.15 at a bound of 0.6)
            16:00:04 tool t-4 “get_order(order_id=W1) ok → delivered”
            16:00:09 customer t-9 “nobody has it”
                     ● policy “large” 1.00 → hand_off
                     ○ frustration 0.13 (0.32 at a bound of 0.6)
                     → hand off: rule “large” (ai → requested, episode 1)
"
    );
    let shown = shown::text(&explanation, PLAIN);
    assert_eq!(shown, expected, "\n{shown}");
}

/// What was done at each moment, in words.
fn done(policy: &str, lines: &[String]) -> Vec<(Did, String)> {
    let explanation = explained(policy, lines, &Asked::All).unwrap();
    explanation.moments.into_iter().map(|moment: Moment| (moment.did, moment.why)).collect()
}

#[test]
fn what_the_policy_did_not_do_has_a_reason() {
    let ask = |at| turn(at, "customer", "please let me talk to a human agent", "");
    let angry = |at| turn(at, "customer", "this is terrible", r#","sentiment":-1"#);
    let upset = |at| turn(at, "customer", "you have lost my order", r#","sentiment":-1"#);
    let ai = |at| turn(at, "ai", "let me see", "");
    let outcome = |at: i64, kind: &str| {
        let event_time = 1_764_000_000_000 + at * 1_000;
        format!(
            r#"{{"event_id":"o-{at}","conversation_id":"c-1","event_time":{event_time},"type":"{kind}"}}"#
        )
    };
    let table = [
        (
            "under way",
            vec![ask(1), ask(2)],
            vec![
                (Did::HandOff, "customer_request"),
                (Did::Hold, "a hand-off of episode 1 is under way, and an episode has one"),
            ],
        ),
        (
            "a person owns it",
            vec![ask(1), outcome(2, "answered"), ask(3)],
            vec![
                (Did::HandOff, "customer_request"),
                (Did::None, "accepted"),
                (Did::Hold, "a person owns the conversation"),
            ],
        ),
        (
            "the customer leaves the queue",
            vec![ask(1), turn(2, "system", "", r#","ended":"customer_left""#)],
            vec![(Did::HandOff, "customer_request"), (Did::None, "nothing met its bound; canceled")],
        ),
        (
            "an offer, accepted",
            vec![angry(1), angry(2), ai(3), turn(4, "customer", "yes please", "")],
            vec![
                (Did::None, "nothing met its bound"),
                (Did::Offer, "the customer is asked first: frustration"),
                (Did::None, "nothing met its bound"),
                (Did::HandOff, "customer_request"),
            ],
        ),
        (
            "an offer to nobody who wants none",
            vec![turn(1, "customer", "please do not transfer me to an agent", ""), angry(2), angry(3)],
            vec![
                (Did::None, "nothing met its bound"),
                (Did::None, "nothing met its bound"),
                (Did::Hold, "the customer wants no person, and is offered none until they ask"),
            ],
        ),
        (
            "an offer, closed, and no other",
            vec![angry(1), angry(2), turn(3, "customer", "no thanks", ""), upset(4)],
            vec![
                (Did::None, "nothing met its bound"),
                (Did::Offer, "the customer is asked first: frustration"),
                (Did::Hold, "the customer says no to the offer, and an episode has one"),
                (Did::Hold, "an offer was made in this episode, and an episode has one"),
            ],
        ),
        (
            "the same record again",
            vec![ai(1), ai(1)],
            vec![
                (Did::None, "nothing met its bound"),
                (Did::Duplicate, "a record with this event_id was taken before"),
            ],
        ),
        (
            "nobody answers, as another conversation's time shows",
            vec![turn(1, "customer", "where is my parcel", ""), other(500)],
            vec![
                (Did::None, "nothing met its bound"),
                (Did::HandOff, "the customer waited and nobody answered"),
                (Did::None, "unanswered: nobody took the hand-off in time"),
            ],
        ),
    ];
    for (what, lines, expected) in table {
        let expected: Vec<(Did, String)> =
            expected.into_iter().map(|(did, why)| (did, why.to_owned())).collect();
        assert_eq!(done("", &lines), expected, "{what}");
    }
    let observed = "the policy only observes frustration".to_owned();
    assert_eq!(done(RULES, &[angry(1), angry(2)])[1], (Did::Observe, observed));
}

#[test]
fn what_signals_come_to_together_is_held_where_it_met_its_bound() {
    let policy = "[combination]\noffer = 0.2\n[combination.weights]\nfrustration = 3.0\n";
    let lines = [
        turn(1, "customer", "please do not transfer me to an agent", ""),
        turn(2, "customer", "this is terrible", r#","sentiment":-1"#),
    ];
    let why = "the customer wants no person, and is offered none until they ask";
    assert_eq!(done(policy, &lines)[1], (Did::Hold, why.to_owned()));
    let shown = |asked| shown::text(&explained(policy, &lines, &asked).unwrap(), PLAIN);
    let (all, none) = (shown(Asked::Turn("t-2".to_owned())), shown(Asked::Decisions));
    assert!(all.contains("● together 0.") && all.contains(" → offer\n"), "{all}");
    assert!(none.contains(&format!("met its bound, but {why}\n")), "{none}");
}

#[test]
fn the_day_is_shown_where_it_changes() {
    let night = 86_400 - 16 * 3_600;
    let lines = [-1, 1, 2].map(|at| turn(night + at, "ai", "let me see", ""));
    let shown = shown::text(&explained("", &lines, &Asked::All).unwrap(), PLAIN);
    let rows: Vec<&str> = shown.lines().map(str::trim).filter(|row| row.starts_with("20")).collect();
    assert_eq!(rows, ["2025-11-24", "2025-11-25"], "{shown}");
    assert!(shown.contains("23:59:59 ai") && shown.contains("00:00:01 ai"), "{shown}");
}

#[test]
fn a_value_that_a_rule_cannot_read_is_called_so() {
    let lines =
        [turn(0, "customer", "it never came", r#","intent":"missing_delivery","facts":{"amount":"649,00"}"#)];
    let shown = shown::text(&explained(RULES, &lines, &Asked::Turn("t-0".to_owned())).unwrap(), PLAIN);
    assert!(shown.contains("“large” meets a value that it cannot read, 1 of 2 terms hold"), "{shown}");
    assert!(shown.contains("facts.amount = \"649,00\", which is no number\n"), "{shown}");
}

#[test]
fn where_nothing_was_decided_the_nearest_signals_and_rules_are_shown() {
    let lines = &delivery()[..2];
    let explanation = explained(RULES, lines, &Asked::Decisions).unwrap();
    let print = explanation.policy.fingerprint.clone();
    let expected = format!(
        "\
━━ c-1 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ policy p.toml, version 7@{print} ━━
  read      2 turns and 0 outcomes, from turns.jsonl
━━ NO HAND-OFF AND NO OFFER ━━━━━━━━━━━━━━━━━━━━━━━━━━ the nearest first; a signal fires from 0.5 ━━
  signals   ○ frustration 0.08, 0.42 short (0.15 at a bound of 0.6)
                takes a level of 0.6 or more
                customer t-0 “my parcel is not here”
            ○ no_response 0.02, 0.48 short (4 s at a bound of 2 min)
                takes 2 min without an answer (tools at work: after the last call, three times as
                long at most)
                customer t-0 “my parcel is not here”
  rules     “large” meets no value, 1 of 2 terms hold (folder/p.toml:7)
              │ turn.intent == \"missing_delivery\" &&
              │   number(facts.amount) >= 500.0
              turn.intent  = \"missing_delivery\"
              facts.amount = no value
              at customer t-0 “my parcel is not here”
  silent    safety: words of danger; or a learned probability of 0.85 or more
            customer_request: the customer asks for a person (en, de, fr, es, it, pt, nl, pl, tr,
            vi, id, ru, hi, zh, ja, ko), or says yes to the AI's offer of one; or a learned
            probability of 0.85 or more
            ai_request: the AI asks for a person: its flag, or a tool whose name says so
            tool_failure: 3 failures of one tool in a row, 5 of any in the episode; or one that the
            AI tells of, where no call has worked; or the customer gives up after one
            not_understood: 3 fallbacks in a row, by flag, or the AI's own words
            low_confidence: 2 turns in a row under 0.5, or an average that falls under 0.4
            loop: 3 texts in a row of one side alike by 0.7 or more
            no_progress: 12 customer turns without anything new, or 15 min of them; or 3 reports
            that it still fails
            unsupported_language: never: the policy names no languages
  end       it goes on
"
    );
    let shown = shown::text(&explanation, PLAIN);
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_turn_is_shown_with_every_rule_and_what_it_met() {
    let explanation = explained(RULES, &delivery(), &Asked::Turn("t-0".to_owned())).unwrap();
    let print = explanation.policy.fingerprint.clone();
    let expected = format!(
        "\
━━ c-1 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ policy p.toml, version 7@{print} ━━
  read      4 turns and 0 outcomes, from turns.jsonl
━━ MOMENTS ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ UTC ━━
            2025-11-24
            16:00:00 customer t-0 “my parcel is not here”
                     ○ frustration 0.08 (0.15 at a bound of 0.6)
                     “large” meets no value, 1 of 2 terms hold (folder/p.toml:7)
                       │ turn.intent == \"missing_delivery\" &&
                       │   number(facts.amount) >= 500.0
                       turn.intent  = \"missing_delivery\"
                       facts.amount = no value
                     → nothing met its bound (ai, episode 1)
"
    );
    let shown = shown::text(&explanation, PLAIN);
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn what_must_not_leave_is_in_no_explanation() {
    let policy = r#"
[[rules]]
id = "card"
when = 'turn.text.contains("card") && facts.pin == "1234" && turn.attributes["pin code"] != ""'
"#;
    let lines = [turn(
        1,
        "customer",
        "my card is 4111 1111 1111 1111 and I want a human agent",
        r#","facts":{"pin":"1234","card":"4111111111111111"},"attributes":{"pin code":"9876"}"#,
    )];
    for asked in [Asked::Decisions, Asked::All, Asked::Turn("t-1".to_owned())] {
        let explanation = explained(policy, &lines, &asked).unwrap();
        let said = shown::text(&explanation, PLAIN) + &serde_json::to_string(&explanation).unwrap();
        assert!(said.contains("my card is"), "{said}");
        // The rule's own text is the policy's.
        let said = said.replace("facts.pin == \"1234\"", "").replace("facts.pin == \\\"1234\\\"", "");
        for secret in ["4111", "1234", "9876"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[test]
fn an_id_that_is_not_there_is_told_with_what_is() {
    let told = |lines: &[String], asked| explained("", lines, &asked).unwrap_err();
    let turn = |id: &str| Asked::Turn(id.to_owned());
    let lines = delivery();
    assert_eq!(
        told(&lines, turn("t-200")),
        "c-1: no turn or outcome with the event_id t-200; did you mean t-20?"
    );
    assert_eq!(
        told(&lines, turn("somewhere")),
        "c-1: no turn or outcome with the event_id somewhere; its event ids go from t-0 to t-20"
    );
    let id = explained("", &lines, &Asked::All).unwrap().decisions[0].event.handoff_id.clone();
    assert_eq!(told(&lines, Asked::Handoff("x".to_owned())), format!("c-1: no hand-off x; there is {id}"));
    assert_eq!(
        told(&lines[..1], Asked::Handoff("x".to_owned())),
        "c-1: no hand-off x; none was made; without --handoff it is explained why"
    );
    let found = explained("", &lines, &Asked::Handoff(id.to_uppercase())).unwrap();
    assert_eq!(found.decisions.len(), 1);
}
