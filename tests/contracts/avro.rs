//! The Avro side of the contracts. `schemas/golden/avro`: values in single-object encoding, to the byte, with the schemas of
//! their writers where these are not ours.
//!
//! `SEGUE_GOLDEN_WRITE=1` writes the files anew: for a new version of a contract, never for an old one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use segue::domain::turn::Turn;
use segue::wire::avro::{Contract, Frame, Plan, Reader, fingerprint_of};
use segue::wire::format::Format;
use segue::wire::record::Record;
use segue::wire::{handoff, json, outcome, turn};
use serde_json::Value;

use super::samples::*;

fn folder() -> PathBuf {
    schemas().join("golden/avro")
}

fn single(contract: Contract) -> Format {
    Format::Avro(Frame::SingleObject(contract.fingerprint()))
}

fn both(contract: Contract, record: &impl Record) -> (Contract, Vec<u8>, Vec<u8>) {
    let (mut avro, mut json) = (Vec::new(), Vec::new());
    single(contract).write(record, &mut avro);
    Format::Json.write(record, &mut json);
    (contract, avro, json)
}

/// Every record: its contract, Avro and JSON.
fn written() -> BTreeMap<&'static str, (Contract, Vec<u8>, Vec<u8>)> {
    let (requested, together, canceled) = (requested(), together(), canceled());
    let published = |event, transcript_topic| handoff::Published { event, transcript_topic };
    BTreeMap::from([
        ("handoff-requested", both(Contract::Event, &published(&requested, Some("conversation.turns")))),
        ("handoff-together", both(Contract::Event, &published(&together, Some("conversation.turns")))),
        ("handoff-canceled", both(Contract::Event, &published(&canceled, None))),
        ("summary", both(Contract::Summary, &row())),
        ("summary-open", both(Contract::Summary, &open_row())),
        ("metric-window", both(Contract::Window, &window_row())),
        ("dead-letter", both(Contract::DeadLetter, &letter())),
        ("turn", both(Contract::Turn, &full_turn())),
        ("turn-everything", both(Contract::Turn, &turn_with_everything())),
        ("outcome", both(Contract::Outcome, &full_outcome())),
    ])
}

fn pinned(name: &str, bytes: &[u8]) {
    let path = folder().join(name);
    if std::env::var_os("SEGUE_GOLDEN_WRITE").is_some() {
        std::fs::write(&path, bytes).expect("a golden file");
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(bytes, golden, "{name}");
}

/// What another implementation reads: every name, nulls too.
fn oracle(schema: &Schema, value: &[u8]) -> Value {
    let mut datum = &value[10..];
    let read = GenericDatumReader::builder(schema)
        .build()
        .expect("a schema")
        .read_value(&mut datum)
        .expect("a record");
    assert!(datum.is_empty());
    read.try_into().expect("JSON")
}

#[test]
fn avro_is_written_to_the_byte_and_says_what_json_says() {
    for (name, (contract, avro, json)) in written() {
        pinned(&format!("valid/{name}.avro"), &avro);
        let mut expected: Value = serde_json::from_slice(&json).expect("JSON");
        let mut seen = oracle(&contract.schema(), &avro);
        // Turns and outcomes leave out of JSON what is not there.
        if matches!(contract, Contract::Turn | Contract::Outcome) {
            only_what_is_there(&mut seen);
            only_what_is_there(&mut expected);
        }
        assert_eq!(seen, expected, "{name}");
        let mut scratch = Vec::new();
        let reader = Reader::default();
        let document = reader.document(&avro, &mut scratch).expect(name);
        let mut unfolded: Value = serde_json::from_slice(document.json).expect(name);
        only_what_is_there(&mut unfolded);
        only_what_is_there(&mut expected);
        assert_eq!(unfolded, expected, "{name}");
    }
}

/// Names in JSON stand in the order of the schema: what the encoder of Avro goes by.
#[test]
fn names_stand_in_the_order_of_the_schema() {
    for (name, (contract, _, json)) in written() {
        let Schema::Record(schema) = contract.schema() else { panic!("{name}") };
        let text = String::from_utf8(json).expect("UTF-8");
        let mut reader = json::Reader::new(&text);
        reader.open().expect(name);
        let mut names = Vec::new();
        while let Some(name) = reader.next_name().expect("a name") {
            names.push(name.into_owned());
            reader.raw().expect("a value");
        }
        let order: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        let mut rest = order.iter();
        for name in &names {
            assert!(rest.any(|field| field == name), "{name} of {} is not in its place", contract.name());
        }
    }
}

fn only_what_is_there(json: &mut Value) {
    if let Value::Object(object) = json {
        object.values_mut().for_each(only_what_is_there);
        object.retain(|_, value| !value.is_null() && *value != false && *value != serde_json::json!({}));
    }
    if let Value::Array(items) = json {
        items.iter_mut().for_each(only_what_is_there);
    }
}

fn writer(name: &str) -> (String, Schema) {
    let text = std::fs::read_to_string(folder().join(name)).expect(name);
    let schema = Schema::parse_str(&text).expect(name);
    (text, schema)
}

fn by(schema: &Schema, text: &str, fields: &[(&str, Avro)]) -> Vec<u8> {
    let mut value = Vec::new();
    Frame::SingleObject(fingerprint_of(text).expect("a schema")).write(&mut value);
    let record =
        Avro::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
    let writer = GenericDatumWriter::builder(schema).build().expect("a schema");
    value.extend(writer.write_value_to_vec(record).expect("a record"));
    value
}

fn words(text: &str) -> Avro {
    Avro::String(text.to_owned())
}

fn maybe(value: Avro) -> Avro {
    Avro::Union(1, Box::new(value))
}

/// One before most fields were there, and one that has fields of next year, an enum and an int.
#[test]
fn older_and_newer_writers_are_read() {
    let (older, older_schema) = writer("older/turn.avsc");
    let (newer, newer_schema) = writer("newer/turn.avsc");
    let old = by(
        &older_schema,
        &older,
        &[
            ("event_id", words("t-1")),
            ("conversation_id", words("c-17")),
            ("event_time", Avro::TimestampMillis(AT)),
            ("role", words("customer")),
            ("text", maybe(words("Where is my parcel?"))),
        ],
    );
    let new = by(
        &newer_schema,
        &newer,
        &[
            ("event_id", words("t-2")),
            ("conversation_id", words("c-17")),
            ("event_time", Avro::TimestampMillis(AT)),
            ("role", Avro::Enum(1, "ai".to_owned())),
            ("turn_seq", maybe(Avro::Int(4))),
            ("mood", Avro::Record(vec![("level".to_owned(), Avro::Double(0.5))])),
            ("handoff_requested", maybe(words(""))),
            ("confidence", maybe(Avro::Float(0.25))),
        ],
    );
    pinned("older/turn.avro", &old);
    pinned("newer/turn.avro", &new);
    let plans = [older, newer].map(|text| Plan::parse(&text).expect("a schema"));
    let reader = Reader::new(plans.to_vec(), std::sync::Arc::new(segue::wire::avro::NoRegistry));
    let first = Turn {
        text: Some("Where is my parcel?".into()),
        ..Turn::new("t-1", "c-17", AT, segue::domain::turn::Role::Customer)
    };
    let second = Turn {
        turn_seq: Some(4),
        handoff_requested: Some("".into()),
        confidence: Some(0.25),
        ..Turn::new("t-2", "c-17", AT, segue::domain::turn::Role::Ai)
    };
    for (value, expected) in [(old, first), (new, second)] {
        let mut scratch = Vec::new();
        let document = reader.document(&value, &mut scratch).expect("a turn");
        assert_eq!(turn::decode(document.json), Ok(expected));
        assert_eq!(reader.event_time(&value, |_| None), Some(AT));
    }
}

#[test]
fn invalid_values_are_refused_at_the_right_stage() {
    let framed = |datum: &[u8], contract: Contract| {
        let mut value = Vec::new();
        Frame::SingleObject(contract.fingerprint()).write(&mut value);
        [&value, datum].concat()
    };
    let whole = written().remove("turn").expect("a turn").1;
    let role = {
        let mut value = Vec::new();
        single(Contract::Turn)
            .write(&Turn::new("t-1", "c-17", AT, segue::domain::turn::Role::Human), &mut value);
        let place = value.windows(5).position(|five| five == b"human").expect("the role");
        value[place..place + 5].copy_from_slice(b"robot");
        value
    };
    let negative = {
        let mut value = Vec::new();
        let outcome = segue::domain::outcome::Outcome { wait_ms: Some(-1), ..full_outcome() };
        single(Contract::Outcome).write(&outcome, &mut value);
        value
    };
    type Case = (&'static str, Vec<u8>, &'static str, Option<&'static str>, &'static str);
    let cases: [Case; 8] = [
        ("turn-truncated", whole[..whole.len() - 1].to_vec(), "decode", Some("attributes"), "ends inside"),
        ("turn-trailing", [&whole[..], &[0]].concat(), "decode", None, "bytes follow"),
        (
            "turn-no-branch",
            framed(&[2, b't', 2, b'c', 0, 4, b'a', b'i', 4], Contract::Turn),
            "decode",
            Some("turn_seq"),
            "no such branch",
        ),
        ("turn-unknown-role", role, "validate", Some("role"), "fingerprint"),
        (
            "turn-unknown-fingerprint",
            vec![0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0],
            "decode",
            None,
            "registry.folder",
        ),
        ("turn-id-without-registry", vec![0, 0, 0, 0, 7, 2, b't'], "decode", None, "schema id 7"),
        ("turn-cut-frame", vec![0xc3, 1, 1], "decode", None, "fingerprint"),
        ("outcome-negative-wait", negative, "validate", Some("wait_ms"), "fingerprint"),
    ];
    let reader = Reader::default();
    for (name, value, stage, field, says) in cases {
        pinned(&format!("invalid/{name}.avro"), &value);
        let mut scratch = Vec::new();
        let problem = match reader.document(&value, &mut scratch) {
            Err(problem) => problem,
            Ok(document) => {
                let problem = if name.starts_with("turn") {
                    turn::decode(document.json).map(drop)
                } else {
                    outcome::decode(document.json).map(drop)
                };
                document.explain(problem.expect_err(name))
            }
        };
        assert_eq!((problem.stage, problem.field.as_deref()), (stage, field), "{name}: {}", problem.error);
        assert!(problem.error.contains(says), "{name}: {}", problem.error);
    }
}
