//! The contracts as others see them: golden inputs are read as expected, golden outputs are written to the byte, and the
//! Avro contracts carry the same names as the JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use segue::domain::decision::{Decision, HandoffEvent, HandoffKind, Mode, Reason, Signal};
use segue::domain::ids;
use segue::domain::outcome::{Outcome, OutcomeKind};
use segue::domain::package::{
    Completeness, Fact, Mood, Package, RecentTurn, Source, StepTaken, Transcript, Verification,
};
use segue::domain::summary::SummaryRow;
use segue::domain::turn::{Action, Claim, Role, ToolStatus, Turn};
use segue::wire::{dead_letter, handoff, outcome, summary, turn};
use serde_json::Value;

const AT: i64 = 1_764_000_000_000;

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(schemas().join("golden").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn full_turn() -> Turn<'static> {
    Turn {
        turn_seq: Some(3),
        text: Some("It says delivered, but \"nothing\" arrived 😕".into()),
        channel: Some("chat".into()),
        language: Some("en".into()),
        tenant: Some("default".into()),
        intent: Some("missing_delivery".into()),
        intent_confidence: Some(0.93),
        confidence: Some(0.88),
        sentiment: Some(-0.4),
        goal: Some("find the parcel".into()),
        action: Some(Action {
            name: "get_order".into(),
            status: ToolStatus::Ok,
            arguments: vec![("order_id".into(), "#W123".into())],
            result: Some("delivered 2025-11-20".into()),
        }),
        facts: vec![("order_id".into(), "#W123".into())],
        verification: Some(Claim { method: Some("email_code".into()), status: "passed".into() }),
        ai_agent: Some("shopbot".into()),
        ai_version: Some("4.2".into()),
        customer_ref: Some("u-9".into()),
        ..Turn::new("t-3", "c-17", AT, Role::Customer)
    }
}

fn full_outcome() -> Outcome<'static> {
    Outcome {
        event_id: "o-1".into(),
        conversation_id: "c-17".into(),
        event_time: AT + 60_000,
        kind: OutcomeKind::Csat,
        handoff_id: Some("5b0a3f0e-6d0f-5c41-9a5e-0f6f3a1c2b4d".into()),
        agent_ref: Some("a-4".into()),
        queue: Some("claims".into()),
        reason: Some("wrapped".into()),
        field: Some("order_id".into()),
        wait_ms: Some(41_000),
        talk_ms: Some(300_000),
        hold_ms: Some(0),
        acw_ms: Some(20_000),
        score: Some(4.5),
        score_max: Some(5.0),
        attributes: vec![("site".into(), "north".into())],
    }
}

#[test]
fn turns_of_today_and_of_older_writers_are_read() {
    let escalation = Turn {
        fallback: true,
        handoff_requested: Some("needs a review".into()),
        facts: vec![
            ("amount".into(), "500.00".into()),
            ("gift".into(), "false".into()),
            ("items".into(), r#"[{"sku":"A-1"}]"#.into()),
        ],
        is_test: true,
        attributes: vec![("plan".into(), "gold".into())],
        ..Turn::new("t-4", "c-17", AT + 1_500, Role::Ai)
    };
    let cases = [
        ("valid/turn.json", full_turn()),
        ("valid/turn-escalation.json", escalation),
        ("older/turn-minimal.json", Turn::new("t-1", "c-17", AT, Role::System)),
        (
            "older/turn-ended-flag.json",
            Turn { ended: Some("".into()), ..Turn::new("t-9", "c-17", AT, Role::System) },
        ),
    ];
    for (name, expected) in cases {
        assert_eq!(turn::decode(&golden(name)), Ok(expected), "{name}");
    }
}

#[test]
fn outcomes_of_today_and_of_older_writers_are_read() {
    let minimal = Outcome {
        event_id: "o-0".into(),
        event_time: AT + 30_000,
        kind: OutcomeKind::Answered,
        handoff_id: None,
        agent_ref: None,
        queue: None,
        reason: None,
        field: None,
        wait_ms: None,
        talk_ms: None,
        hold_ms: None,
        acw_ms: None,
        score: None,
        score_max: None,
        attributes: vec![],
        ..full_outcome()
    };
    for (name, expected) in [("valid/outcome.json", full_outcome()), ("older/outcome-minimal.json", minimal)]
    {
        assert_eq!(outcome::decode(&golden(name)), Ok(expected), "{name}");
    }
}

#[test]
fn invalid_records_are_refused_at_the_right_stage() {
    let expected = [
        ("outcome-empty.json", "decode", None),
        ("outcome-negative-wait.json", "validate", Some("wait_ms")),
        ("outcome-unknown-type.json", "validate", Some("type")),
        ("turn-action-status.json", "validate", Some("action.status")),
        ("turn-array.json", "decode", None),
        ("turn-confidence.json", "validate", Some("confidence")),
        ("turn-latin1.json", "decode", None),
        ("turn-microseconds.json", "validate", Some("event_time")),
        ("turn-no-role.json", "validate", Some("role")),
        ("turn-truncated.json", "decode", None),
        ("turn-unknown-role.json", "validate", Some("role")),
    ];
    let files: BTreeSet<String> = std::fs::read_dir(schemas().join("golden/invalid"))
        .expect("the golden folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    assert_eq!(files, expected.iter().map(|(name, ..)| (*name).to_owned()).collect());
    for (name, stage, field) in expected {
        let bytes = golden(&format!("invalid/{name}"));
        let problem = if name.starts_with("turn") {
            turn::decode(&bytes).expect_err(name)
        } else {
            outcome::decode(&bytes).expect_err(name)
        };
        assert_eq!((problem.stage, problem.field.as_deref()), (stage, field), "{name}");
        assert!(!problem.error.contains("card"), "{name} quotes the record");
    }
}

fn signals() -> Vec<Signal> {
    vec![
        Signal {
            reason: Reason::Policy,
            strength: 1.0,
            rule_id: some("review-high-value-replacement"),
            turns: vec!["t-3".to_owned()],
            observed: None,
            threshold: None,
            decision: Decision::HandOff,
        },
        Signal {
            reason: Reason::LowConfidence,
            strength: 0.75,
            rule_id: None,
            turns: vec!["t-2".to_owned(), "t-3".to_owned()],
            observed: Some(0.31),
            threshold: Some(0.5),
            decision: Decision::Observe,
        },
    ]
}

fn package() -> Package {
    let fact = |name: &str, values: &[&str], source, event_id: &str| Fact {
        loose: 0,
        name: name.to_owned(),
        value: (*values.last().expect("a value")).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        source,
        event_id: event_id.to_owned(),
        at: AT + 40_000,
    };
    Package {
        goal: some("find the parcel"),
        summary:
            "The order #W123 shows as delivered and never arrived. A replacement needs a person's review."
                .to_owned(),
        steps_attempted: vec![StepTaken {
            action: "get_order".to_owned(),
            arguments: vec![("order_id".to_owned(), "#W123".to_owned())],
            status: ToolStatus::Ok,
            result: some("delivered 2025-11-20"),
            event_id: "t-2".to_owned(),
        }],
        verification: Some(Verification {
            method: some("email_code"),
            status: "passed".to_owned(),
            event_id: "t-1".to_owned(),
            at: AT + 20_000,
        }),
        facts: vec![
            fact("order_id", &["#W12", "#W123"], Source::ToolArgument, "t-2"),
            fact("amount", &["612.50"], Source::Platform, "t-2"),
        ],
        sentiment: Some(Mood { now: -0.4, lowest: -0.6, trend: "falling" }),
        last_customer_text: some("It says delivered, but \"nothing\" arrived 😕"),
        open_question: some("Where is my parcel?"),
        transcript: Transcript {
            partition: 3,
            first_offset: 88_120,
            last_offset: 88_960,
            turns: vec![RecentTurn {
                event_id: "t-3".to_owned(),
                role: Role::Customer,
                at: AT + 60_000,
                text: "It says delivered, but \"nothing\" arrived 😕".to_owned(),
            }],
        },
        completeness: Completeness { score: 0.875, missing: vec!["agent_notes"] },
        flat: vec![("order_id".to_owned(), "#W123".to_owned()), ("amount".to_owned(), "612.50".to_owned())],
    }
}

fn requested() -> HandoffEvent {
    HandoffEvent {
        kind: HandoffKind::Requested,
        handoff_id: ids::handoff_id("c-17", AT, 1),
        conversation_id: "c-17".to_owned(),
        episode: 1,
        event_time: AT + 60_000,
        trigger_event_id: some("t-3"),
        reasons: signals(),
        policy: "policy.toml".to_owned(),
        policy_version: "7".to_owned(),
        mode: Mode::Live,
        priority: 2,
        queue: some("claims"),
        skills: vec!["orders".to_owned()],
        customer_waiting_since: Some(AT + 60_000),
        tenant: some("default"),
        channel: some("chat"),
        language: some("en"),
        intent: some("missing_delivery"),
        ai_agent: some("shopbot"),
        ai_version: some("4.2"),
        customer_ref: some("u-9"),
        is_test: false,
        note: None,
        package: Some(Box::new(package())),
    }
}

/// An event about which nothing is known but what must be.
fn canceled() -> HandoffEvent {
    HandoffEvent {
        kind: HandoffKind::Canceled,
        trigger_event_id: None,
        reasons: vec![],
        mode: Mode::Shadow,
        queue: None,
        skills: vec![],
        customer_waiting_since: None,
        tenant: None,
        channel: None,
        language: None,
        intent: None,
        ai_agent: None,
        ai_version: None,
        customer_ref: None,
        note: some("customer_left"),
        package: None,
        ..requested()
    }
}

fn row() -> SummaryRow {
    SummaryRow {
        conversation_id: "c-17".to_owned(),
        tenant: some("default"),
        channel: some("chat"),
        language: some("en"),
        intent: some("missing_delivery"),
        ai_agent: some("shopbot"),
        ai_version: some("4.2"),
        customer_ref: some("u-9"),
        is_test: false,
        started_at: AT,
        ended_at: Some(AT + 900_000),
        end_kind: "handed_off",
        turns_customer: 4,
        turns_ai: 3,
        turns_tool: 2,
        turns_human: 1,
        turns_system: 0,
        handoffs: 1,
        first_reason: Some("policy"),
        reasons: "policy,low_confidence".to_owned(),
        queue: some("claims"),
        requested_at: Some(AT + 60_000),
        answered_at: Some(AT + 101_000),
        wait_ms: Some(41_000),
        talk_ms: 300_000,
        hold_ms: 0,
        acw_ms: 20_000,
        transfers: 0,
        resolved: true,
        reopened: 0,
        csat: Some(4.5),
        repeat_requests: 1,
        violations: 0,
        missed_handoff: false,
        sentiment_lowest: Some(-0.6),
        completeness: Some(0.875),
        completeness_missing: "agent_notes".to_owned(),
        policy_version: "7".to_owned(),
        revision: 3,
        is_final: true,
    }
}

fn open_row() -> SummaryRow {
    SummaryRow {
        conversation_id: "c-18".to_owned(),
        started_at: AT,
        end_kind: "open",
        revision: 1,
        ..SummaryRow::default()
    }
}

fn letter() -> dead_letter::DeadLetter<'static> {
    dead_letter::DeadLetter {
        topic: "conversation.turns",
        partition: 3,
        offset: 88_961,
        timestamp: Some(AT),
        key: Some(b"c-17"),
        stage: "validate",
        error: "role: is missing",
        field: Some("role"),
        value: Some(b"{\"event_id\":\"t-1\"}"),
    }
}

/// Every golden output, as it is written today.
fn written() -> BTreeMap<&'static str, Vec<u8>> {
    let topic = Some("conversation.turns");
    let line = |put: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        put(&mut out);
        out.push(b'\n');
        out
    };
    BTreeMap::from([
        ("valid/handoff-requested.json", line(&|out| handoff::encode(&requested(), topic, out))),
        ("valid/handoff-canceled.json", line(&|out| handoff::encode(&canceled(), None, out))),
        ("valid/replay-package.json", line(&|out| handoff::encode_package("c-17", &package(), None, out))),
        ("valid/replay-signals.json", line(&|out| handoff::encode_signals("c-17", "t-3", &signals(), out))),
        ("valid/summary.json", line(&|out| summary::encode(&row(), out))),
        ("valid/summary-open.json", line(&|out| summary::encode(&open_row(), out))),
        ("valid/dead-letter.json", line(&|out| dead_letter::encode(&letter(), out))),
    ])
}

#[test]
fn outputs_are_written_to_the_byte() {
    for (name, bytes) in written() {
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&golden(name)), "{name}");
    }
}

/// A turn with every field, so that the encoder shows every name.
fn turn_with_everything() -> Vec<u8> {
    let mut out = Vec::new();
    let everything = Turn {
        summary: Some("so far".into()),
        fallback: true,
        handoff_requested: Some("too hard".into()),
        ended: Some("resolved".into()),
        is_test: true,
        attributes: vec![("plan".into(), "gold".into())],
        ..full_turn()
    };
    turn::encode(&everything, &mut out);
    out
}

#[test]
fn contracts_carry_the_names_of_the_json() {
    let mut outcome_bytes = Vec::new();
    outcome::encode(&full_outcome(), &mut outcome_bytes);
    let written = written();
    let cases = [
        ("conversation-turn.avsc", &turn_with_everything()),
        ("handoff-outcome.avsc", &outcome_bytes),
        ("handoff-event.avsc", &written["valid/handoff-requested.json"]),
        ("handoff-event.avsc", &written["valid/handoff-canceled.json"]),
        ("conversation-summary.avsc", &written["valid/summary.json"]),
        ("conversation-summary.avsc", &written["valid/summary-open.json"]),
        ("dead-letter.avsc", &written["valid/dead-letter.json"]),
    ];
    for (name, bytes) in cases {
        let text = std::fs::read_to_string(schemas().join(name)).expect(name);
        apache_avro::Schema::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let contract: Value = serde_json::from_str(&text).expect(name);
        same_names(name, &contract, &serde_json::from_slice(bytes).expect(name));
        follows_the_rules(name, &contract);
    }
}

/// Records have the names of the objects, and values the types of the contract.
fn same_names(path: &str, contract: &Value, json: &Value) {
    match (contract["type"].as_str(), contract) {
        (_, Value::Array(_)) if json.is_null() => {}
        (_, Value::Array(union)) => same_names(path, &union[1], json),
        (Some("record"), _) => {
            let object = json.as_object().unwrap_or_else(|| panic!("{path} is no object"));
            let fields = contract["fields"].as_array().expect(path);
            let names: BTreeSet<&str> =
                fields.iter().map(|field| field["name"].as_str().expect(path)).collect();
            assert_eq!(names, object.keys().map(String::as_str).collect(), "{path}");
            for field in fields {
                let name = field["name"].as_str().expect(path);
                same_names(&format!("{path}.{name}"), &field["type"], &object[name]);
            }
        }
        (Some("map"), _) => {
            let map = json.as_object().unwrap_or_else(|| panic!("{path} is no map"));
            map.values().for_each(|value| same_names(path, &contract["values"], value));
        }
        (Some("array"), _) => {
            let array = json.as_array().unwrap_or_else(|| panic!("{path} is no array"));
            array.iter().for_each(|item| same_names(path, &contract["items"], item));
        }
        (_, primitive) => {
            let is_right = match primitive["type"].as_str().or(primitive.as_str()).expect(path) {
                "string" => json.is_string(),
                "long" | "int" => json.is_i64(),
                "double" => json.is_f64(),
                "boolean" => json.is_boolean(),
                other => panic!("{path}: {other} is no type of the contracts"),
            };
            assert!(is_right, "{path}: {primitive} and {json}");
        }
    }
}

/// No enums; unions only of null and one type, with null as default; `_ms` is a long; moments are `timestamp-millis`.
fn follows_the_rules(path: &str, contract: &Value) {
    match contract {
        Value::Array(items) => items.iter().for_each(|item| follows_the_rules(path, item)),
        Value::Object(object) => {
            assert_ne!(object.get("type"), Some(&Value::from("enum")), "{path}");
            if let (Some(name), Some(kind)) = (object.get("name").and_then(Value::as_str), object.get("type"))
            {
                if let Value::Array(union) = kind {
                    assert_eq!((union.len(), &union[0]), (2, &Value::from("null")), "{path}.{name}");
                    assert_eq!(object.get("default"), Some(&Value::Null), "{path}.{name}");
                }
                let plain = kind.as_array().map_or(kind, |union| &union[1]);
                assert!(!name.ends_with("_ms") || plain == "long", "{path}.{name}");
                let is_moment = name.ends_with("_at") || ["at", "event_time", "timestamp"].contains(&name);
                assert!(!is_moment || plain["logicalType"] == "timestamp-millis", "{path}.{name}");
            }
            object.values().for_each(|value| follows_the_rules(path, value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The README shows it to whoever tries Segue for the first time.
#[test]
fn the_sample_turns_hand_two_of_three_conversations_off() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let replayed = std::process::Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["replay", "--decisions", "-", "--turns"])
        .arg(root.join("samples/turns.jsonl"))
        .arg("--compare")
        .arg(root.join("policies/example.toml"))
        .output()
        .expect("segue runs");
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    let events: Vec<(String, String)> = String::from_utf8_lossy(&replayed.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|event| (event["conversation_id"].to_string(), event["reason"].to_string()))
        .collect();
    let expected = [("\"c-1001\"", "\"policy\""), ("\"c-1003\"", "\"customer_request\"")]
        .map(|(id, reason)| (id.to_owned(), reason.to_owned()));
    assert_eq!(events, expected);
}
