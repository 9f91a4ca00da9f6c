//! The contracts as others see them: golden inputs are read as expected, golden outputs are written to the byte, in JSON and
//! in Avro, and the Avro contracts carry the same names as the JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use segue::domain::outcome::{Outcome, OutcomeKind};
use segue::domain::turn::{Role, Turn};
use segue::wire::{dead_letter, handoff, outcome, summary, turn};
use serde_json::Value;

mod contracts;

use contracts::samples::*;

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
        ("valid/handoff-together.json", line(&|out| handoff::encode(&together(), topic, out))),
        ("valid/handoff-canceled.json", line(&|out| handoff::encode(&canceled(), None, out))),
        ("valid/replay-package.json", line(&|out| handoff::encode_package("c-17", &package(), None, out))),
        (
            "valid/replay-signals.json",
            line(&|out| handoff::encode_signals("c-17", "t-3", &signals(), Some(0.5625), out)),
        ),
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

#[test]
fn contracts_carry_the_names_of_the_json() {
    let (mut turn_bytes, mut outcome_bytes) = (Vec::new(), Vec::new());
    turn::encode(&turn_with_everything(), &mut turn_bytes);
    outcome::encode(&full_outcome(), &mut outcome_bytes);
    let written = written();
    let cases = [
        ("conversation-turn.avsc", &turn_bytes),
        ("handoff-outcome.avsc", &outcome_bytes),
        ("handoff-event.avsc", &written["valid/handoff-requested.json"]),
        ("handoff-event.avsc", &written["valid/handoff-together.json"]),
        ("handoff-event.avsc", &written["valid/handoff-canceled.json"]),
        ("conversation-summary.avsc", &written["valid/summary.json"]),
        ("conversation-summary.avsc", &written["valid/summary-open.json"]),
        ("dead-letter.avsc", &written["valid/dead-letter.json"]),
        ("metric-window.avsc", &golden("metric-window.valid.json")),
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

/// A doc for every record and field; no enums; unions only of null and one type, with null as default; `_ms` is a long; moments are `timestamp-millis`.
fn follows_the_rules(path: &str, contract: &Value) {
    match contract {
        Value::Array(items) => items.iter().for_each(|item| follows_the_rules(path, item)),
        Value::Object(object) => {
            assert_ne!(object.get("type"), Some(&Value::from("enum")), "{path}");
            if let (Some(name), Some(kind)) = (object.get("name").and_then(Value::as_str), object.get("type"))
            {
                assert!(object.get("doc").is_some_and(|doc| doc != ""), "{path}.{name} has no doc");
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

/// The same conversations, explained: the program's exit codes and what it prints where.
#[test]
fn the_sample_turns_are_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let explain = |id: &str, more: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_segue"))
            .args(["policy", "explain", "--conversation", id, "--turns"])
            .arg(root.join("samples/turns.jsonl"))
            .args(more)
            .output()
            .expect("segue runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, said, error) = explain("c-1001", &["--output", "json"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    let document: Value = serde_json::from_str(&said).expect("one JSON document");
    let decision = &document["decisions"][0];
    assert_eq!(
        serde_json::json!({
            "why": decision["why"], "trigger": decision["event"]["trigger_event_id"], "queue": decision["event"]["queue"],
            "variables": decision["rules"][0]["variables"], "policy": document["policy"]["version"],
        }),
        serde_json::json!({
            "why": "rule “review-high-value-replacement”", "trigger": "c-1001-t5", "queue": "claims",
            "variables": [
                {"name": "turn.intent", "value": "\"missing_delivery\""}, {"name": "facts.amount", "value": "\"649.0\""}],
            "policy": "built-in-1",
        })
    );
    let (code, said, _) = explain("c-1002", &[]);
    assert!(code == Some(0) && said.contains("NO HAND-OFF AND NO OFFER"), "{said}");
    for (id, more, code, part) in [
        ("c-1O02", &[][..], 1, "did you mean c-1002?"),
        ("c-1001", &["--turn", "c-1001-t9"], 1, "no turn or outcome with the event_id c-1001-t9"),
        ("c-1001", &["--outcomes", "nowhere.jsonl"], 1, "nowhere.jsonl: "),
        ("c-1001", &["--policy", "nowhere.toml"], 2, "nowhere.toml: the policy file cannot be read"),
    ] {
        let (found, said, error) = explain(id, more);
        assert!(found == Some(code) && said.is_empty() && error.contains(part), "{id} {more:?}: {error}");
    }
}
