//! Rules: what loads, what is refused with which hint, and what fires.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program, Value as Cel};

use super::*;
use crate::domain::conversation::{Conversation, Profile, Sentiment, Streak, TurnCounts};
use crate::domain::decision::{Reason, Signal};
use crate::domain::package::{Fact, Source, StepTaken, Verification};
use crate::domain::turn::{Action, Role, ToolStatus, Turn};

fn fact(name: &str, value: &str) -> Fact {
    Fact {
        loose: 0,
        name: name.into(),
        value: value.into(),
        values: vec![value.into()],
        source: Source::Platform,
        event_id: "t-1".into(),
        at: 0,
    }
}

fn step(action: &str, status: ToolStatus) -> StepTaken {
    StepTaken { action: action.into(), arguments: Vec::new(), status, result: None, event_id: "t-1".into() }
}

fn conversation() -> Conversation {
    let mut conversation = Conversation {
        started_at: 0,
        last_at: 90_000,
        profile: Profile {
            intent: Some("missing_delivery".into()),
            tenant: Some("acme".into()),
            ..Profile::default()
        },
        turns: TurnCounts { customer: 3, ai: 2, tool: 1, human: 0, system: 0 },
        facts: vec![fact("amount", "899.00"), fact("order_id", "#W123"), fact("note", "n/a")],
        steps: vec![step("get_order", ToolStatus::Ok), step("refund", ToolStatus::Denied)],
        verification: Some(Verification {
            method: None,
            status: "Passed".into(),
            event_id: "t-1".into(),
            at: 0,
        }),
        sentiment: Some(Sentiment { now: -0.5, lowest: -0.5, before: 0.0 }),
        episode: 1,
        ..Conversation::default()
    };
    conversation.evidence.tool_failures = Streak { count: 1, turns: vec!["t-2".into()] };
    conversation
}

fn turn() -> Turn<'static> {
    Turn {
        intent: Some("missing_delivery".into()),
        text: Some("It never arrived, please help".into()),
        confidence: Some(0.88),
        turn_seq: Some(3),
        action: Some(Action {
            name: "refund".into(),
            status: ToolStatus::Denied,
            arguments: vec![("order_id".into(), "#W123".into())],
            result: None,
        }),
        attributes: vec![("plan".into(), "gold".into())],
        ..Turn::new("t-3", "c-1", 90_000, Role::Customer)
    }
}

fn signals() -> Vec<Signal> {
    vec![Signal {
        reason: Reason::Frustration,
        strength: 0.7,
        rule_id: None,
        turns: Vec::new(),
        observed: None,
        threshold: None,
        decision: Decision::Offer,
    }]
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

/// Conditions with a value for all they name: CEL's own interpreter must agree.
const WITH_VALUES: &[(&str, bool)] = &[
    ("true", true),
    (r#"turn.intent == "missing_delivery" && number(facts.amount) >= 500.0"#, true),
    (r#"turn.intent == "missing_delivery" && number(facts.amount) >= 900"#, false),
    (r#"turn.role == "customer""#, true),
    (r#"turn.role != "customer""#, false),
    (r#"state.intent == turn.intent"#, true),
    (r#"turn["intent"] == 'missing_delivery'"#, true),
    (r##"facts["order_id"] == "#W123""##, true),
    (r#"facts.order_id.startsWith("\u0023W")"#, true),
    (r#"turn.text.contains("never") && turn.text.endsWith("help")"#, true),
    (r#"turn.text.matches("(?i)IT NEVER|refund")"#, true),
    (r#"matches(turn.text, "^never")"#, false),
    ("size(turn.text) == 29", true),
    ("turn.text.size() > 100", false),
    ("size(facts) == 3", true),
    ("state.steps.size() == 2", true),
    (r#"state.steps[1].action == "refund" && state.steps[1].status == "denied""#, true),
    (r#"turn.action.arguments.order_id == facts.order_id"#, true),
    (r#"turn.attributes.plan in ["gold", "silver"]"#, true),
    (r#"!(turn.attributes.plan in ["bronze"])"#, true),
    (r#""plan" in turn.attributes"#, true),
    (r#""colour" in turn.attributes"#, false),
    ("has(turn.text)", true),
    ("has(turn.action)", true),
    ("has(facts.amount)", true),
    ("has(facts.colour)", false),
    ("!has(facts.colour) || facts.colour == 'red'", true),
    ("has(facts.colour) && facts.colour == 'red'", false),
    ("state.turns == 6 && state.customer_turns > 2 && state.ai_turns < 3", true),
    ("state.turns / 4 == 1 && state.turns % 4 == 2", true),
    ("state.minutes >= 1.5", true),
    ("state.minutes * 2.0 + 1.0 == 4.0", true),
    ("state.tool_failures >= 1 && state.fallbacks == 0", true),
    ("state.verified && !state.human_owns", true),
    ("state.sentiment < 0.0 && -state.sentiment > 0.4", true),
    ("signals.frustration > 0.5", true),
    (r#"signals["frustration"] > 0.9"#, false),
    ("turn.fallback ? state.turns > 100 : state.turns > 1", true),
    ("turn.turn_seq + 1 == 4", true),
    (r#"turn.intent + "!" == "missing_delivery!""#, true),
    ("int(turn.confidence * 100.0) == 88", true),
    ("string(state.turns) == '6'", true),
    ("double(state.turns) == 6.0", true),
    ("turn.event_time > 80000", true),
];

#[test]
fn conditions_with_values_are_true_or_false() {
    let (turn, conversation, signals) = (turn(), conversation(), signals());
    let view = View { turn: &turn, conversation: &conversation, signals: &signals };
    for (text, expected) in WITH_VALUES {
        let condition = Condition::compile(text).unwrap_or_else(|flaw| panic!("{text}: {flaw:?}"));
        assert_eq!(condition.holds(view), Some(*expected), "{text}");
    }
}

fn map<const N: usize>(entries: [(&str, Cel); N]) -> Cel {
    HashMap::from(entries.map(|(name, value)| (name.to_owned(), value))).into()
}

/// The same turn and conversation as CEL's interpreter takes them.
fn oracle() -> Context<'static, 'static> {
    let mut context = Context::default();
    let step = |action: &str, status: &str| map([("action", action.into()), ("status", status.into())]);
    let arguments = map([("order_id", "#W123".into())]);
    let turn = map([
        ("role", "customer".into()),
        ("intent", "missing_delivery".into()),
        ("text", "It never arrived, please help".into()),
        ("confidence", 0.88.into()),
        ("turn_seq", 3_i64.into()),
        ("event_time", 90_000_i64.into()),
        ("fallback", false.into()),
        ("action", map([("name", "refund".into()), ("status", "denied".into()), ("arguments", arguments)])),
        ("attributes", map([("plan", "gold".into())])),
    ]);
    let state = map([
        ("intent", "missing_delivery".into()),
        ("turns", 6_i64.into()),
        ("customer_turns", 3_i64.into()),
        ("ai_turns", 2_i64.into()),
        ("steps", Cel::List(Arc::new(vec![step("get_order", "ok"), step("refund", "denied")]))),
        ("tool_failures", 1_i64.into()),
        ("fallbacks", 0_i64.into()),
        ("verified", true.into()),
        ("sentiment", (-0.5).into()),
        ("minutes", 1.5.into()),
        ("human_owns", false.into()),
    ]);
    let facts = map([("amount", "899.00".into()), ("order_id", "#W123".into()), ("note", "n/a".into())]);
    context.add_variable_from_value("turn", turn);
    context.add_variable_from_value("state", state);
    context.add_variable_from_value("facts", facts);
    context.add_variable_from_value("signals", map([("frustration", 0.7.into())]));
    context.add_function("number", |text: Arc<String>| text.parse::<f64>().unwrap_or(f64::NAN)).unwrap();
    context
}

#[test]
fn cel_itself_says_the_same_where_all_values_are_there() {
    let context = oracle();
    for (text, expected) in WITH_VALUES {
        let program = Program::compile(text).unwrap();
        assert_eq!(program.execute(&context), Ok(Cel::Bool(*expected)), "{text}");
    }
}

#[test]
fn a_condition_that_meets_no_value_is_neither_true_nor_false() {
    let (turn, conversation, signals) = (turn(), conversation(), signals());
    let view = View { turn: &turn, conversation: &conversation, signals: &signals };
    for (text, expected) in [
        (r#"turn.channel == "chat""#, None),
        (r#"turn.channel != "chat""#, None),
        (r#"!(turn.channel == "chat")"#, None),
        (r#"turn.channel in ["chat"]"#, None),
        (r#"facts.colour == "red""#, None),
        ("number(facts.colour) > 1.0", None),
        ("number(facts.note) > 1.0", None),
        ("number(facts.note) > 1.0 || true", YES),
        ("true || number(facts.note) > 1.0", YES),
        ("number(facts.note) > 1.0 && false", NO),
        ("false && number(facts.note) > 1.0", NO),
        ("true && number(facts.note) > 1.0", None),
        ("false || number(facts.note) > 1.0", None),
        (r#"turn.fallback ? facts.colour == "red" : true"#, YES),
        (r#"facts.colour == "red" ? true : true"#, None),
        ("state.steps[2].action == 'x'", None),
        ("state.steps[-1].action == 'x'", None),
        ("signals.loop > 0.1", None),
        ("has(signals.loop)", NO),
        ("state.turns / 0 == 1", None),
        ("state.turns % 0 == 1", None),
        ("state.turns * 9223372036854775807 > 0", None),
        ("int(turn.text) == 1", None),
        ("turn.action.result == 'x'", None),
        ("has(turn.action.result)", NO),
        ("has(turn.verification)", NO),
    ] {
        let condition = Condition::compile(text).unwrap_or_else(|flaw| panic!("{text}: {flaw:?}"));
        assert_eq!(condition.holds(view), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_is_refused_at_load_with_a_hint() {
    for (text, expected) in [
        ("intent == 'x'", "unknown variable intent; did you mean turn.intent?"),
        ("trun.intent == 'x'", "unknown variable trun; did you mean turn?"),
        ("minuts > 5", "unknown variable minuts; did you mean state.minutes?"),
        ("turn.intent == missing", "unknown variable missing; a text is written in quotes"),
        ("turn.intend == 'x'", "unknown field turn.intend; did you mean turn.intent?"),
        ("turn.action.state == 'x'", "unknown field turn.action.state; did you mean turn.action.status?"),
        ("state.colour == 'x'", "unknown field state.colour; known are intent, language"),
        ("signals.frustrated > 0.5", "unknown field signals.frustrated; did you mean signals.frustration?"),
        ("signals.policy > 0.5", "rules do not see each other"),
        ("state.steps[0].name == 'x'", "unknown field state.steps[..].name; known are action, status"),
        (
            "number(facts.amount) > 'x'",
            "a double cannot be compared with a string; number(..) makes a number",
        ),
        ("facts.amount > 500", "a string cannot be compared with a int; number(..) makes a number"),
        ("turn.text + 1 == 'x'", "+ is not defined for string and int"),
        (
            "number(facts.amount) * 2 > 1.0",
            "* is not defined for double and int; write the number with a point",
        ),
        ("turn.fallback > false", "true and false have no order"),
        ("turn.text", "the condition is a string, not true or false"),
        ("turn", "the condition is turn, not true or false"),
        ("number(facts.amount)", "the condition is a double"),
        ("!turn.text", "! wants a bool, not a string"),
        ("turn.text && true", "&& wants a bool, not a string"),
        ("turn.fallback ? 1 : 'x'", "both sides of : must have one type"),
        ("turn.intent == null", "a comparison with null meets no value and never fires"),
        ("turn.role == 'costumer'", "this field is never \"costumer\"; did you mean \"customer\"?"),
        (
            "turn.action.status in ['failure']",
            "this field is never \"failure\"; it is one of ok, failed, denied",
        ),
        ("1 in ['a']", "a int is never in a list of string"),
        ("'a' in turn.text", "in wants a list or a map, not string"),
        ("numbr(facts.amount) > 1.0", "unknown function numbr; did you mean number?"),
        ("number(facts.amount, 1) > 1.0", "number does not take 2 arguments"),
        ("turn.text.matches('(')", "is not a regular expression"),
        ("turn.text.matches(turn.intent)", "matches wants its pattern in quotes"),
        ("state.steps.exists(s, s.action == 'x')", "loops (all, exists"),
        ("[1, 2].all(x, x > 0)", "loops (all, exists"),
        ("size(state.steps.map(s, s.action)) > 0", "loops (all, exists"),
        ("state.steps.exists_one(s, true)", "loops (all, exists"),
        ("state.steps.filter(s, true).size() > 0", "loops (all, exists"),
        ("1u == 1u", "unsigned numbers are not used in rules; write 1"),
        ("{'a': 1}.a == 1", "maps and messages cannot be made in rules"),
        ("turn.intent == ", "this is not a CEL expression: mismatched input the end"),
        ("turn.intent = 'a'", "this is not a CEL expression: write == for ="),
        ("turn.intent == 'a' and turn.text != ''", "this is not a CEL expression: write && for and"),
        ("", "this is not a CEL expression"),
    ] {
        match Condition::compile(text) {
            Ok(_) => panic!("{text} was accepted"),
            Err(flaw) => assert!(flaw.message.contains(expected), "{text}: {}", flaw.message),
        }
    }
}

#[test]
fn long_and_deep_conditions_are_refused_and_never_break() {
    for text in [
        format!("{}true{}", "(".repeat(900), ")".repeat(900)),
        format!("{}true", "!(".repeat(900)),
        format!("{}1 > 0", "-(".repeat(900)),
        format!("1{} > 0", "+1".repeat(990)),
        format!("turn{} == 'x'", ".a".repeat(900)),
        format!("[{}", "[".repeat(1900)),
        "true || ".repeat(300) + "true",
    ] {
        match Condition::compile(&text) {
            Ok(_) => panic!("{} was accepted", &text[..20]),
            Err(flaw) => assert!(!flaw.message.is_empty()),
        }
    }
    let chain = "state.turns > 1 && ".repeat(90) + "true";
    assert!(Condition::compile(&chain).is_ok());
}

#[test]
fn a_flaw_knows_its_line() {
    let flaw = Condition::compile("true &&\n  true &&\n  turn.intend == 'x'").unwrap_err();
    assert_eq!(flaw.line, 2);
    let flaw = Condition::compile("true &&\n  true && &&").unwrap_err();
    assert_eq!(flaw.line, 1);
}

#[test]
fn what_a_condition_met_is_told_in_its_order_and_without_secrets() {
    let (mut turn, conversation, signals) = (turn(), conversation(), signals());
    turn.text = Some("card 4111 1111 1111 1111".into());
    turn.attributes.push(("pin code".into(), "9876".into()));
    let view = View { turn: &turn, conversation: &conversation, signals: &signals };
    let privacy =
        crate::domain::policy::Privacy { redact_email: false, redact_phone: false, transcript_turns: 0 };
    type Table =
        [(&'static str, Option<bool>, (usize, usize), &'static [(&'static str, Option<&'static str>)])];
    let table: &Table = &[
        ("true", YES, (1, 1), &[]),
        (
            r#"turn.intent == "billing" && number(facts.amount) >= 500.0 && facts.colour == "red""#,
            NO,
            (1, 3),
            &[
                ("turn.intent", Some("\"missing_delivery\"")),
                ("facts.amount", Some("\"899.00\"")),
                ("facts.colour", None),
            ],
        ),
        (
            r#"turn.text.contains("card") || has(turn.action) || facts.amount == facts["unit price"]"#,
            YES,
            (1, 1),
            &[
                ("turn.text", Some("\"card [card]\"")),
                ("turn.action.name", Some("\"refund\"")),
                ("facts.amount", Some("\"899.00\"")),
                ("facts[\"unit price\"]", None),
            ],
        ),
        (
            r#"turn.attributes["pin code"] == "0" || state.steps[1].status == "ok" || size(state.steps) > 2"#,
            NO,
            (0, 1),
            &[
                ("turn.attributes[\"pin code\"]", Some("(a secret, left out)")),
                ("state.steps[1].status", Some("\"denied\"")),
                ("size(state.steps)", Some("2")),
            ],
        ),
        (
            "(turn.fallback ? signals.frustration : signals.loop) > 0.5 && !state.human_owns && size(facts) in [3]",
            None,
            (2, 3),
            &[
                ("turn.fallback", Some("false")),
                ("signals.frustration", Some("0.7")),
                ("signals.loop", None),
                ("state.human_owns", Some("false")),
                ("size(facts)", Some("3")),
            ],
        ),
    ];
    for (text, holds, (terms_met, terms), variables) in table {
        let variables = variables
            .iter()
            .map(|(name, value)| Variable {
                name: (*name).into(),
                value: value.map(str::to_owned),
                is_no: None,
            })
            .collect();
        let expected = Met { holds: *holds, terms: *terms, terms_met: *terms_met, variables };
        assert_eq!(Condition::compile(text).unwrap().met(view, &privacy), expected, "{text}");
    }
}

#[test]
fn a_value_that_cannot_be_read_is_told_with_what_was_wanted() {
    let turn = Turn::new("t-1", "c-1", 0, Role::Customer);
    let facts = vec![fact("amount", "649,00"), fact("n", "3")];
    let conversation = Conversation { facts, ..Conversation::default() };
    let view = View { turn: &turn, conversation: &conversation, signals: &[] };
    let privacy =
        crate::domain::policy::Privacy { redact_email: false, redact_phone: false, transcript_turns: 0 };
    for (text, expected) in [
        ("has(facts.amount) && number(facts.amount) > 1.0", Some(("facts.amount", "number"))),
        ("int(facts.amount) > 1", Some(("facts.amount", "whole number"))),
        ("number(facts.n) > 1.0", None),
        ("number(facts.other) > 1.0", None),
    ] {
        let met = Condition::compile(text).unwrap().met(view, &privacy);
        let unread: Vec<(&str, &str)> =
            met.variables.iter().filter_map(|it| Some((it.name.as_str(), it.is_no?))).collect();
        assert_eq!(unread.first().copied(), expected, "{text}");
    }
}
