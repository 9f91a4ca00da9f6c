//! Cases: every problem of a file, every difference, and that a case is decided as a replay decides it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::format::{What, read};
use super::*;
use crate::app::embedded::{Embedded, Origin};
use crate::app::render::Colour;
use crate::engine::port::{Out, Topic};
use crate::engine::settings::{Settings, TimeSource};

const PLAIN: Style = Style { colour: Colour::Plain, width: 100 };

const SHIPPED: [(&str, &str, &str); 2] = [
    ("built-in.cases.toml", include_str!("../../../deploy/policies/built-in.cases.toml"), ""),
    (
        "example.cases.toml",
        include_str!("../../../deploy/policies/example.cases.toml"),
        include_str!("../../../deploy/policies/example.toml"),
    ),
];

fn one(text: &str) -> Case {
    read("c.toml", &format!("[[cases]]\nname = 'one'\n{text}"))
        .unwrap_or_else(|problems| panic!("{problems}"))
        .cases
        .remove(0)
}

/// A case up to its turns, and one up to what is expected of it.
const NAMED: &str = "[[cases]]\nname = 'one'\n";
const SPOKEN: &str = "[[cases]]\nname = 'one'\nturns = [{ role = 'ai', text = 'x' }]\n";

fn refused(text: &str) -> String {
    read("c.toml", text).unwrap_err()
}

#[test]
fn every_problem_of_a_file_is_told_with_its_place_and_a_remedy() {
    let none = "c.toml:1: cases: there are none; write [[cases]] with a name, turns and expect";
    for (text, expected) in [
        (String::new(), none.to_owned()),
        ("case = 1".to_owned(), format!("{none}\nc.toml:1: case: unknown key; did you mean cases?")),
        (
            "[[cases]]\nturns = [{ role = 'ai' }]".to_owned(),
            "c.toml:2: cases: a case needs a name; write name = \"what it shows\"".to_owned(),
        ),
        (
            NAMED.to_owned(),
            "c.toml:2: case \"one\": turns: a case needs a turn; write turns = [{ role = \"customer\", text = \"...\" }]"
                .to_owned(),
        ),
        (
            format!("{SPOKEN}{SPOKEN}"),
            "c.toml:5: cases: the name \"one\" is taken by the case at c.toml:2; give every case its own".to_owned(),
        ),
        (
            format!("{SPOKEN}expects = {{}}"),
            "c.toml:4: cases[1].expects: unknown key; did you mean cases[1].expect?".to_owned(),
        ),
        (
            format!("{SPOKEN}anything = 1"),
            "c.toml:4: cases[1].anything: unknown key; known here: name, turns, events, expect".to_owned(),
        ),
        (
            format!("{NAMED}turns = 5"),
            "c.toml:3: cases[1].turns: a list of tables is wanted; write [[cases.turns]], not a whole number".to_owned(),
        ),
        (
            format!("{NAMED}turns = ['hi']"),
            "c.toml:3: cases[1].turns[1]: a table is wanted; write [[cases.turns]]".to_owned(),
        ),
        (
            format!("{NAMED}turns = [{{ text = 'hi' }}]"),
            "c.toml:3: cases[1].turns[1]: an entry is a turn (it has a role), an outcome, or silence; write role = \
             \"customer\", outcome = \"answered\" or silence = \"3m\""
                .to_owned(),
        ),
        (
            format!("{SPOKEN}events = ['request']"),
            "c.toml:4: cases[1].events: \"request\" is not known here; did you mean \"requested\"?".to_owned(),
        ),
    ] {
        assert_eq!(refused(&text), expected, "{text}");
    }
}

#[test]
fn every_problem_of_a_turn_is_told_with_its_field_and_what_that_holds() {
    for (turn, expected) in [
        ("role = 'custmer'", ".role: \"custmer\" is not known here; did you mean \"customer\"?"),
        ("role = 'ai', afetr = '5s'", ".afetr: unknown key; did you mean cases[1].turns[1].after?"),
        ("silence = '3m', foo = 1", ".foo: unknown key; known here: silence, silence_ms"),
        ("role = 'ai', txt = 'x'", ".txt: unknown key; did you mean cases[1].turns[1].text?"),
        (
            "role = 'ai', confidence = 2",
            ".confidence: 2 is out of range; it holds: The AI's confidence in its own turn, 0 to 1.",
        ),
        (
            "role = 'tool', action = { name = 'a', status = 'bad' }",
            ".action.status: \"bad\" is not one of the words of the contract; it holds: ok, failed or denied.",
        ),
        (
            "role = 'tool', action = { name = 'a', status = 'ok', results = 'x' }",
            ".action.results: unknown key; did you mean cases[1].turns[1].action.result?",
        ),
        ("role = 'tool', action = { status = 'ok' }", ".action.name: is missing; it holds: The tool."),
        (
            "role = 'ai', event_time = 5",
            ".event_time: the test gives it; remove it (a pause before a turn is after = \"5m\")",
        ),
        (
            "role = 'ai', after = '5 parsecs'",
            ".after: a duration is wanted; write after_ms = 60000 or after = \"60s\" (ms, s, m, h, d)",
        ),
        (
            "role = 'ai', silence = '1s'",
            ": an entry is a turn (it has a role), an outcome, or silence; write role = \"customer\", \
             outcome = \"answered\" or silence = \"3m\"",
        ),
        (
            "role = 'ai', text = 2026-01-01",
            ".text: a date cannot be sent; write a text (in quotes) or a number",
        ),
        (
            "role = 'ai', confidence = nan",
            ".confidence: a number without end cannot be sent; write a text (in quotes) or a number",
        ),
    ] {
        let shown = refused(&format!("{NAMED}turns = [\n{{ {turn} }}, {{ role = 'ai' }}]"));
        assert_eq!(shown, format!("c.toml:4: cases[1].turns[1]{expected}"), "{turn}");
    }
    let shown = refused(&format!("{NAMED}turns = [{{ role = 'ai' }},\n{{ outcome = 'anwsered' }}]"));
    let expected =
        "c.toml:4: cases[1].turns[2].outcome: \"anwsered\" is not known here; did you mean \"answered\"?";
    assert_eq!(shown, expected);
}

#[test]
fn every_problem_of_what_is_expected_is_told() {
    for (expect, expected) in [
        (
            "{ turn = 1 }",
            "expect: what is decided is missing; write decision = \"hand_off\", \"offer\" or \"none\"",
        ),
        (
            "{ decision = 'handoff' }",
            "cases[1].expect[1].decision: \"handoff\" is not known here; did you mean \"hand_off\"?",
        ),
        (
            "{ decision = 'none', queue = 'q' }",
            "cases[1].expect[1].queue: where nothing is decided there is nothing to say of it; remove it",
        ),
        (
            "[{ decision = 'none' },\n { decision = 'offer' }]",
            "expect: none stands alone; remove it, or what stands beside it",
        ),
        (
            "{ decision = 'offer', turn = 2 }",
            "cases[1].expect[1].turn: 2 is out of range; set it from 1 to 1",
        ),
        (
            "{ decision = 'offer', reasn = 'loop' }",
            "cases[1].expect[1].reasn: unknown key; did you mean cases[1].expect[1].reason?",
        ),
        (
            "{ decision = 'offer', anything = 1 }",
            "cases[1].expect[1].anything: unknown key; known here: decision, turn, after, after_ms, reason, rule, queue, \
             priority, skills, facts",
        ),
        (
            "{ decision = 'offer', reason = 'tool_failed' }",
            "cases[1].expect[1].reason: \"tool_failed\" is not known here; did you mean \"tool_failure\"?",
        ),
    ] {
        let shown = refused(&format!("{SPOKEN}expect = {expect}"));
        assert_eq!(shown, format!("c.toml:4: {expected}"), "{expect}");
    }
}

/// Asks for a person at turn 2, after a turn at which nothing happens.
const ASKS: &str = "turns = [{ role = 'customer', text = 'My parcel is late.' }, \
                    { role = 'customer', text = 'Let me talk to a person.' }]\n";

#[test]
fn every_difference_is_told() {
    for (expect, expected) in [
        (
            "expect = { decision = 'hand_off', turn = 2, after = '0s', reason = 'customer_request', priority = 3, \
             skills = [] }",
            vec![],
        ),
        ("expect = { decision = 'hand_off' }\nevents = ['requested']", vec![]),
        ("expect = { decision = 'hand_off', queue = '', rule = '' }", vec![]),
        ("events = ['requested']", vec![]),
        ("", vec!["hand_off at turn 2 is not expected"]),
        ("expect = { decision = 'none' }", vec!["hand_off at turn 2 is not expected"]),
        ("expect = { decision = 'offer' }", vec!["no offer came", "hand_off at turn 2 is not expected"]),
        ("expect = [{ decision = 'hand_off' }, { decision = 'hand_off' }]", vec!["no hand_off came"]),
        ("expect = { decision = 'hand_off', turn = 1 }", vec!["at turn 2, not at turn 1"]),
        (
            "expect = { decision = 'hand_off', turn = 2, after = '2m' }",
            vec!["at turn 2, not 2 min after turn 2"],
        ),
        (
            "expect = { decision = 'hand_off', reason = 'safety', rule = 'review-high-value-replacment', queue = 'q', \
             priority = 1, skills = ['a', 'b'], facts = { order_id = '1' } }",
            vec![
                "reason customer_request, not safety",
                "rule none, not review-high-value-replacment, which the policy does not have (did you mean \
                 review-high-value-replacement?)",
                "queue (default), not q",
                "priority 3, not 1",
                "skills none, not a, b",
                "fact order_id is not there, not 1",
            ],
        ),
        (
            "expect = { decision = 'hand_off' }\nevents = ['requested', 'accepted']",
            vec!["events requested, not requested, accepted"],
        ),
    ] {
        let verdict = verdict(&one(&format!("{ASKS}{expect}")), &wire::policy::built_in());
        assert_eq!(verdict["differences"], json!(expected), "{expect}");
        assert_eq!(verdict["passed"], json!(expected.is_empty()), "{expect}");
    }
}

#[test]
fn a_number_may_be_written_in_another_way_and_a_fact_must_be_the_same() {
    let turns = "turns = [{ role = 'customer', text = 'Let me talk to a person.', \
                 facts = { amount = 649.0, order_id = '#W1' } }]\n";
    for (facts, expected) in [
        ("amount = 649", vec![]),
        ("amount = '649.00', order_id = '#W1'", vec![]),
        ("amount = 648, order_id = '#W2'", vec!["fact amount 649.0, not 648", "fact order_id #W1, not #W2"]),
    ] {
        let case = one(&format!("{turns}expect = {{ decision = 'hand_off', facts = {{ {facts} }} }}"));
        assert_eq!(verdict(&case, &wire::policy::built_in())["differences"], json!(expected), "{facts}");
    }
}

#[test]
fn what_a_conversation_does_not_take_fails_the_case() {
    let case = one("turns = [{ role = 'customer', text = 'hello' }, { outcome = 'answered' }]");
    let expected =
        "outcome answered after turn 1 is not taken: no hand-off of the conversation was requested";
    assert_eq!(verdict(&case, &wire::policy::built_in())["differences"], json!([expected]));
}

#[test]
fn time_passes_as_the_case_says() {
    let case = one(
        "turns = [{ role = 'ai' }, { role = 'ai', after = '1m' }, { silence = '2m' }, { outcome = 'queued' }]",
    );
    let start = case.happens[0].at;
    let passed: Vec<i64> = case.happens.iter().map(|happens| happens.at - start).collect();
    assert_eq!(passed, [0, 60_000, 180_000, 185_000]);
}

#[test]
fn a_failed_case_shows_what_was_expected_what_came_and_why() {
    let case = one(&format!("{ASKS}expect = {{ decision = 'hand_off', turn = 1, queue = 'claims' }}"));
    let expected = "\
✗ one  c.toml:2
  expected  hand_off, at turn 1, queue claims
  came      hand_off, at turn 2, customer_request, queue (default), priority 3
  differs   at turn 2, not at turn 1
            queue (default), not claims
  turn 1    customer “My parcel is late.”
            0.08  frustration (0.14 at a bound of 0.6), too weak
  turn 2    customer “Let me talk to a person.”
            0.84  customer_request, hand_off
            0.08  frustration (0.13 at a bound of 0.6), too weak
            0.04  no_progress (1 at a bound of 12), too weak
            0.16  together (at a bound of 0.7), too weak
";
    let shown = cases::block(&verdict(&case, &wire::policy::built_in()), PLAIN);
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn the_default_queue_and_no_rule_can_be_expected() {
    let policy = "[[rules]]\nid = 'late'\nwhen = 'turn.text.contains(\"late\")'\nqueue = 'claims'\n";
    let policy = wire::policy::load("p.toml", policy).unwrap();
    let case = one("turns = [{ role = 'customer', text = 'It is late.' }]\n\
                    expect = { decision = 'hand_off', queue = '', rule = '' }");
    let verdict = verdict(&case, &policy);
    assert_eq!(verdict["differences"], json!(["rule late, not none", "queue claims, not (default)"]));
    let shown = cases::block(&verdict, PLAIN);
    assert!(shown.contains("  expected  hand_off, rule none, queue (default)\n"), "{shown}");
}

#[test]
fn what_signals_decide_together_is_shown_with_its_bound() {
    let policy = wire::policy::load("p.toml", "[combination]\noffer = 0.15\n").unwrap();
    let case = one(
        "turns = [{ role = 'customer', text = 'Where is my parcel?' }, { role = 'ai', text = 'One moment.' }, \
                    { role = 'customer', text = 'It is still not here, this is awful.' }]\n\
                    expect = { decision = 'none' }",
    );
    let verdict = verdict(&case, &policy);
    let came = &verdict["came"][0];
    assert_eq!(
        (came["decision"].as_str(), came["combined_threshold"].as_f64()),
        (Some("offer"), Some(0.15)),
        "{verdict}"
    );
    let shown = cases::block(&verdict, PLAIN);
    assert!(
        shown.contains("together 0.") && shown.contains(" together (at a bound of 0.15), offer\n"),
        "{shown}"
    );
}

#[test]
fn rules_that_met_no_value_are_named_at_their_turn() {
    let case = one("turns = [{ role = 'customer', text = 'It never came.', intent = 'missing_delivery' }]\n\
                    expect = { decision = 'hand_off' }");
    let expected = "\
✗ one  c.toml:2
  expected  hand_off
  came      neither a hand-off nor an offer
  differs   no hand_off came
  turn 1    customer “It never came.”
            0.09  frustration (0.21 at a bound of 0.6), too weak
            met no value: review-high-value-replacement
";
    let shown = cases::block(&verdict(&case, &wire::policy::built_in()), PLAIN);
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_rule_that_met_a_value_it_cannot_read_says_which() {
    let case = one(
        "turns = [{ role = 'customer', text = 'It never came.', intent = 'missing_delivery', facts = { amount = '649,00' } }]\n\
         expect = { decision = 'hand_off', skills = [] }",
    );
    let shown = cases::block(&verdict(&case, &wire::policy::built_in()), PLAIN);
    let row = "            met a value that it cannot read: review-high-value-replacement; facts.amount = \"649,00\" is no number\n";
    assert!(shown.ends_with(row) && !shown.contains("met no value"), "{shown}");
    assert!(shown.contains("  expected  hand_off, skills none\n"), "{shown}");
}

#[test]
fn a_case_is_decided_as_a_replay_of_its_records_decides_it() {
    for (file, text, policy) in SHIPPED {
        let policy = Arc::new(wire::policy::load("p.toml", policy).unwrap());
        for case in read(file, text).unwrap().cases {
            let played = play::play(&case, &policy);
            let (kinds, decided) = replayed(&case, policy.clone());
            let mine = played.decided.iter().map(|it| {
                let mut line = Vec::new();
                wire::handoff::encode(&it.event, None, &mut line);
                serde_json::from_slice(&line).unwrap()
            });
            assert_eq!(played.events, kinds, "{}", case.name);
            assert_eq!(mine.collect::<Vec<Value>>(), decided, "{}", case.name);
        }
    }
}

/// The types of the events of a replay, and those that decide.
fn replayed(case: &Case, policy: Arc<Policy>) -> (Vec<String>, Vec<Value>) {
    let embedded = Embedded::new(1, policy, Origin::File, TimeSource::InputOnly);
    let append = |topic, key: &str, value: &[u8], offset| {
        let out =
            Out { topic, partition: Some(0), key: Some(key.as_bytes()), value: Some(value), trace: None };
        embedded.broker.append_at(out, offset, None).unwrap();
    };
    let (mut turns, mut outcomes) = (0, 0);
    for happens in &case.happens {
        match &happens.what {
            What::Turn(json) => {
                turns += 1;
                append(Topic::Turns, CONVERSATION, json, turns);
            }
            What::Outcome(json) => {
                outcomes += 1;
                append(Topic::Outcomes, CONVERSATION, json, outcomes);
            }
            What::Silence => {}
        }
    }
    // Another conversation moves time to the end of the case, past what may come late.
    let end = case.happens.last().unwrap().at + Settings::default().lateness_ms + 1;
    let clock = json!({ "event_id": "end", "conversation_id": "clock", "event_time": end, "role": "system" });
    append(Topic::Turns, "clock", clock.to_string().as_bytes(), turns + 1);
    embedded.run_to_end(1, Arc::new(AtomicBool::new(false))).unwrap();
    let events = embedded.values(Topic::Events);
    let events: Vec<Value> = events.iter().map(|event| serde_json::from_slice(event).unwrap()).collect();
    let kind = |event: &Value| event["type"].as_str().unwrap_or_default().to_owned();
    let decides = |event: &&Value| ["requested", "offered"].contains(&kind(event).as_str());
    (events.iter().map(kind).collect(), events.iter().filter(decides).cloned().collect())
}
