//! Policy files: every key, every problem, and back again.

use super::*;
use crate::domain::decision::Reason;

/// Everything of a policy but its compiled parts.
fn values(policy: &Policy) -> String {
    let rules: Vec<RuleText> = policy.rules.iter().map(RuleText::of).collect();
    let Policy { version, triggers, combination, handoff, lifecycle, metrics, privacy, .. } = policy;
    format!(
        "{version:?} {triggers:?} {combination:?} {rules:?} {handoff:?} {lifecycle:?} {metrics:?} {privacy:?}"
    )
}

#[test]
fn the_built_in_policy_names_every_key_that_is_not_optional() {
    let mut reader = Reader::new(document::parse("built-in", BUILT_IN).unwrap());
    let mut policy = keys::blank();
    keys::head(&mut policy, &mut reader);
    keys::body(&mut policy, &mut reader);
    let missing: Vec<&String> = reader
        .missing
        .iter()
        .filter(|path| {
            ![".queue", ".priority", ".weights_file", ".weights_file_elsewhere", ".weights_file_answer"]
                .iter()
                .any(|key| path.ends_with(key))
        })
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn the_built_in_policy_is_the_documented_one() {
    let policy = built_in();
    assert_eq!((policy.name.as_str(), policy.version.as_str()), ("built-in", "built-in-1"));
    for reason in Reason::ALL {
        assert!(policy.triggers.switch(reason).enabled, "{reason:?}");
    }
    for reason in [Reason::Safety, Reason::CustomerRequest, Reason::AiRequest, Reason::Policy] {
        assert_eq!(policy.triggers.switch(reason).decision, Decision::HandOff, "{reason:?}");
    }
    let rules: Vec<RuleText> = policy.rules.iter().map(RuleText::of).collect();
    assert_eq!(
        rules,
        [RuleText {
            id: "review-high-value-replacement".into(),
            when: r#"turn.intent == "missing_delivery" && number(facts.amount) >= 500.0"#.into(),
            decision: Decision::HandOff,
            queue: Some("claims".into()),
            priority: Some(2),
            skills: vec!["orders".into()],
        }]
    );
}

const FULL: &str = r#"
version = "7"
[triggers.low_confidence]
below = 0.6
turns = 4
decision = "observe"
queue = "quality \"desk\""
[triggers.no_response]
after = "5m"
[triggers.unsupported_language]
supported = ["en", "de"]
[combination]
hand_off = 0.8
[combination.weights]
loop = -1.5
[handoff]
queue = "main"
priority = 4
skills = ["a", "b'c"]
[metrics.sl_threshold_ms_by_queue]
"claims desk" = "1h"
vip = 1000
[privacy]
redact_email = true
[[rules]]
id = "one"
when = '''
turn.text.contains('it\'s "here"') &&
  state.turns > 3
'''
decision = "offer"
[[rules]]
id = "two"
when = "has(facts.order_id)"
priority = 1
"#;

#[test]
fn what_a_file_does_not_name_keeps_its_built_in_value() {
    let policy = load("policies/full.toml", FULL).unwrap();
    let mut expected = built_in();
    expected.version = "7".into();
    expected.triggers.low_confidence.below = 0.6;
    expected.triggers.low_confidence.turns = 4;
    expected.triggers.low_confidence.switch.decision = Decision::Observe;
    expected.triggers.low_confidence.switch.queue = Some("quality \"desk\"".into());
    expected.triggers.no_response.after_ms = 300_000;
    expected.triggers.unsupported_language.supported = vec!["en".into(), "de".into()];
    expected.combination.hand_off = 0.8;
    expected.combination.weights[4] = -1.5;
    expected.handoff.queue = Some("main".into());
    expected.handoff.priority = 4;
    expected.handoff.skills = vec!["a".into(), "b'c".into()];
    expected.metrics.sl_threshold_ms_by_queue =
        vec![("claims desk".into(), 3_600_000), ("vip".into(), 1_000)];
    expected.privacy.redact_email = true;
    let when = "turn.text.contains('it\\'s \"here\"') &&\n  state.turns > 3\n".to_owned();
    let two = Rule::new("two".into(), "has(facts.order_id)".into(), Decision::HandOff).unwrap();
    expected.rules =
        vec![Rule::new("one".into(), when, Decision::Offer).unwrap(), Rule { priority: Some(1), ..two }];
    assert_eq!(values(&policy), values(&expected));
    assert_eq!(policy.name, "full.toml");
}

#[test]
fn what_is_shown_loads_back_to_the_same_policy() {
    for text in ["", FULL, "rules = []", BUILT_IN] {
        let policy = load("p.toml", text).unwrap();
        let shown = show(&policy);
        let again = load("p.toml", &shown).unwrap_or_else(|problems| panic!("{problems}\n{shown}"));
        assert_eq!(values(&again), values(&policy), "{shown}");
        assert_eq!(show(&again), shown);
    }
}

#[test]
fn every_problem_is_reported_with_its_line_and_a_remedy() {
    for (text, expected) in [
        ("vresion = \"2\"", "p.toml:1: vresion: unknown key; did you mean version?"),
        ("version = 2", "p.toml:1: version: a text is wanted (in quotes), not a whole number"),
        (
            "[triggers.low_confidance]\nbelow = 0.5",
            "p.toml:1: triggers.low_confidance: unknown key; did you mean triggers.low_confidence?",
        ),
        (
            "[triggers.low_confidence]\nbelow = 1.5",
            "p.toml:2: triggers.low_confidence.below: 1.5 is out of range; set it from 0 to 1",
        ),
        (
            "[triggers.loop]\nturns = 0\nenabled = \"yes\"",
            "p.toml:2: triggers.loop.turns: 0 is out of range; set it from 2 to 1000\n\
             p.toml:3: triggers.loop.enabled: true or false is wanted (without quotes), not a text",
        ),
        (
            "[triggers.loop]\ndecision = \"handoff\"",
            "p.toml:2: triggers.loop.decision: \"handoff\" is not known here; did you mean \"hand_off\"?",
        ),
        (
            "[lifecycle]\nidle_after_ms = \"soon\"",
            "p.toml:2: lifecycle.idle_after_ms: a duration is wanted; write idle_after_ms = 60000 or idle_after = \
             \"60s\" (ms, s, m, h, d)",
        ),
        (
            "[lifecycle]\nidle_after = \"1ms\"",
            "p.toml:2: lifecycle.idle_after: 1 ms is out of range; set it from 1 s to 30 d",
        ),
        ("triggers = 1", "p.toml:1: triggers: a table is wanted; write [triggers], not a whole number"),
        (
            "[triggers.customer_request]\nlanguages = [\"en\", \"german\"]",
            "p.toml:2: triggers.customer_request.languages: \"german\" is not a language; write two small letters \
             (ISO 639-1), such as \"en\"",
        ),
        (
            "[[rules]]\nid = \"a\"\nwhen = 'true'\n[[rules]]\nid = \"a\"\nwhen = 'true'\n",
            "p.toml:5: rule \"a\": the id is taken by the rule at p.toml:2; give every rule its own",
        ),
        (
            "[[rules]]\nid = \"a\"\nwhen = '''\ntrue &&\nturn.intend == \"x\"'''\n",
            "p.toml:5: rule \"a\": unknown field turn.intend; did you mean turn.intent?",
        ),
        (
            "[[rules]]\nid = \"a\"\nwhen = 'true'\nqeue = \"x\"\n[[rules]]\nwhen = 'true'\n[[rules]]\nid = \"b\"",
            "p.toml:4: rules[1].qeue: unknown key; did you mean rules[1].queue?\n\
             p.toml:6: rules: a rule needs an id; write id = \"what-it-is-for\"\n\
             p.toml:8: rule \"b\": a rule needs a condition; write when = 'turn.intent == \"...\"'",
        ),
    ] {
        assert_eq!(load("p.toml", text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn check_says_what_is_there() {
    assert_eq!(check("p.toml", "version = \"7\""), Ok("p.toml: policy 7 is valid: 1 rule".to_owned()));
}

#[test]
fn the_example_policy_loads() {
    let text = include_str!("../../../deploy/policies/example.toml");
    assert!(check("example.toml", text).is_ok_and(|said| said.ends_with("3 rules")));
}
