//! apache-avro is the oracle: what we write it reads, what we read it reads alike. And no bytes do harm.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::domain::turn::{Action, Claim, Role, ToolStatus, Turn};
use crate::wire::format::Format;
use crate::wire::record::Record;
use crate::wire::{outcome, turn};

/// Made ready once for all cases.
static READER: std::sync::LazyLock<Reader> = std::sync::LazyLock::new(Reader::default);

fn datum(record: &impl Record) -> Vec<u8> {
    let mut out = Vec::new();
    record.fields(&mut Avro::new(&mut out));
    out
}

/// apache-avro's reading, as JSON.
fn oracle(writer: &Schema, reader: Option<&Schema>, bytes: &[u8]) -> Json {
    let mut rest = bytes;
    let one = GenericDatumReader::builder(writer).maybe_reader_schema(reader).build().unwrap();
    let value = one.read_value(&mut rest).unwrap();
    assert!(rest.is_empty());
    value.try_into().unwrap()
}

fn plan(text: &str) -> Plan {
    Plan::parse(text).unwrap()
}

fn unfolded(plan: &Plan, datum: &[u8]) -> Result<String, Fault> {
    let mut out = Vec::new();
    unfold(plan, datum, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn write(schema: &Schema, fields: Vec<(&str, Value)>) -> Vec<u8> {
    let record = Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    GenericDatumWriter::builder(schema).build().unwrap().write_value_to_vec(record).unwrap()
}

#[test]
fn the_schema_in_force_is_the_last_released_one() {
    for contract in Contract::ALL {
        let released = contract.released();
        let last = released.last().unwrap();
        let plain = |text: &str| {
            let mut json: Json = serde_json::from_str(text).unwrap();
            without_docs(&mut json);
            json
        };
        assert_eq!(
            plain(last),
            plain(contract.text()),
            "{}: a changed schema is a new version: schemas/released/{0}.v{}.avsc",
            contract.name(),
            released.len() + 1
        );
    }
}

fn without_docs(json: &mut Json) {
    match json {
        Json::Object(object) => {
            object.remove("doc");
            object.values_mut().for_each(without_docs);
        }
        Json::Array(items) => items.iter_mut().for_each(without_docs),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// FULL_TRANSITIVE: every version reads every other, and a field that comes or goes has a default.
#[test]
fn every_released_version_fits_every_other() {
    for contract in Contract::ALL {
        let versions = contract.released();
        for (at, one) in versions.iter().enumerate() {
            contract.fits(one).unwrap_or_else(|why| panic!("{} v{}: {why}", contract.name(), at + 1));
            for other in &versions[..at] {
                full(&Schema::parse_str(one).unwrap(), &Schema::parse_str(other).unwrap()).unwrap();
            }
        }
    }
}

fn full(one: &Schema, other: &Schema) -> Result<(), String> {
    resolves(one, other)?;
    resolves(other, one)?;
    let (Schema::Record(one), Schema::Record(other)) = (one, other) else {
        return Err("no record".to_owned());
    };
    for (here, there) in [(one, other), (other, one)] {
        for field in here.fields.iter().filter(|field| field.default.is_none()) {
            if !there.fields.iter().any(|same| same.name == field.name) {
                return Err(format!("{} has no default", field.name));
            }
        }
    }
    Ok(())
}

#[test]
fn a_version_that_does_not_fit_is_told_with_its_reason() {
    let text = Contract::Summary.text();
    let table = [
        (r#"{"name": "violations", "type": "long""#, r#"{"name": "violations", "type": "string""#),
        (r#"{"name": "violations", "type": "long""#, r#"{"name": "breaches", "type": "long""#),
        (r#"{"name": "is_final", "type": "boolean""#, r#"{"name": "is_final", "type": ["null", "boolean"]"#),
    ];
    for (from, to) in table {
        assert!(text.contains(from), "{from}");
        assert!(Contract::Summary.fits(&text.replace(from, to)).is_err(), "{to}");
    }
    let grown = text.replace(
        r#"{"name": "revision","#,
        r#"{"name": "mood", "type": ["null", "string"], "default": null, "doc": "x"}, {"name": "revision","#,
    );
    assert_eq!(Contract::Summary.fits(&grown), Ok(()));
    assert!(Contract::Summary.fits("{").unwrap_err().starts_with("it cannot be parsed"));
}

/// Older writers leave out what has a default, newer ones say more, others keep numbers and words in other types.
#[test]
fn writers_of_other_versions_are_read() {
    let older = r#"{"type": "record", "name": "ConversationTurn", "namespace": "segue", "fields": [
        {"name": "role", "type": {"type": "enum", "name": "Role", "symbols": ["ai", "customer"]}},
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "turn_seq", "type": "int"},
        {"name": "confidence", "type": ["null", "float"], "default": null},
        {"name": "mood", "type": {"type": "record", "name": "Mood", "fields": [{"name": "raw", "type": "bytes"}]}},
        {"name": "ended", "type": "boolean"},
        {"name": "facts", "type": {"type": "map", "values": ["null", "string", "double", "boolean",
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}]}},
        {"name": "text", "type": ["string", "null"]},
        {"name": "conversation_id", "type": "string"}]}"#;
    let schema = Schema::parse_str(older).unwrap();
    let union = |place, value| Value::Union(place, Box::new(value));
    let facts = [
        ("amount", union(4, Value::Decimal(vec![0xff, 0x3c].into()))),
        ("gift", union(3, Value::Boolean(true))),
        ("none", union(0, Value::Null)),
        ("weight", union(2, Value::Double(1.5))),
    ];
    let datum = write(
        &schema,
        vec![
            ("role", Value::Enum(1, "customer".to_owned())),
            ("event_id", Value::String("t-1".to_owned())),
            ("event_time", Value::TimestampMicros(1_764_000_000_000_999)),
            ("turn_seq", Value::Int(3)),
            ("confidence", union(1, Value::Float(0.5))),
            ("mood", Value::Record(vec![("raw".to_owned(), Value::Bytes(vec![0xff, 0xfe]))])),
            ("ended", Value::Boolean(true)),
            ("facts", Value::Map(facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
            ("text", union(0, Value::String("Wo \"ist\" es?".to_owned()))),
            ("conversation_id", Value::String("c-1".to_owned())),
        ],
    );
    let plan = plan(older);
    assert_eq!(peek(&plan, &datum, "event_time"), Some(1_764_000_000_000));
    let json = unfolded(&plan, &datum).unwrap();
    let mut read = turn::decode(json.as_bytes()).unwrap();
    read.facts.sort();
    let expected = Turn {
        turn_seq: Some(3),
        confidence: Some(0.5),
        ended: Some("".into()),
        facts: [("amount", "-1.96"), ("gift", "true"), ("weight", "1.5")]
            .map(|(n, v)| (n.into(), v.into()))
            .to_vec(),
        text: Some("Wo \"ist\" es?".into()),
        ..Turn::new("t-1", "c-1", 1_764_000_000_000, Role::Customer)
    };
    assert_eq!(read, expected);
}

#[test]
fn what_does_not_fit_its_schema_is_told_with_its_place() {
    let text = r#"{"type": "record", "name": "R", "fields": [
        {"name": "role", "type": ["null", "string"]}, {"name": "fallback", "type": "boolean"},
        {"name": "action", "type": {"type": "record", "name": "A", "fields": [
            {"name": "name", "type": "string"}, {"name": "status", "type": {"type": "enum", "name": "E", "symbols": ["ok"]}}]}}]}"#;
    let plan = plan(text);
    let table: [(&[u8], &str, &str, usize); 9] = [
        (&[0, 1, 2, b'a', 0], "", "", 0),
        (&[], "role", "the record ends inside a value", 0),
        (&[4], "role", "a union has no such branch", 1),
        (&[1], "role", "a union has no such branch", 1),
        (&[2, 3, b'a'], "role", "a length is negative", 2),
        (&[2, 0xfe, 0xff, 0xff, 0xff, 0x0f, b'a'], "role", "the record ends inside a value", 6),
        (&[0, 2], "fallback", "a boolean is neither 0 nor 1", 2),
        (&[0, 1, 2, b'a', 2], "action.status", "an enum has no such symbol", 5),
        (&[0, 1, 2, b'a', 0, 0], "", "bytes follow the record", 5),
    ];
    for (bytes, field, what, at) in table {
        let read = unfolded(&plan, bytes);
        if what.is_empty() {
            assert_eq!(read, Ok(r#"{"fallback":true,"action":{"name":"a","status":"ok"}}"#.to_owned()));
        } else {
            assert_eq!(
                read,
                Err(Fault { what: read.clone().unwrap_err().what, at, field: field.to_owned() }),
                "{bytes:?}"
            );
            assert_eq!(read.unwrap_err().what, what, "{bytes:?}");
        }
    }
    let long = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert_eq!(unfolded(&plan, &long).unwrap_err().what, "a number has more than 64 bits");
}

/// What a schema may legally say, and bytes that make a decoder without limits run out of stack, memory or time.
#[test]
fn nothing_grows_without_a_limit() {
    let list =
        r#"{"type": "record", "name": "List", "fields": [{"name": "facts", "type": ["null", "List"]}]}"#;
    let deep = vec![2; 900_000];
    assert_eq!(unfolded(&plan(list), &deep).unwrap_err().what, "nested too deep");

    let nulls = r#"{"type": "record", "name": "R", "fields": [{"name": "facts", "type": {"type": "array", "items": "null"}}]}"#;
    let count = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(unfolded(&plan(nulls), &count).unwrap_err().what, "more values than its bytes can hold");

    let name = "n".repeat(4_000);
    let wide = format!(
        r#"{{"type": "record", "name": "R", "fields": [{{"name": "facts", "type": {{"type": "array", "items":
            {{"type": "record", "name": "I", "fields": [{{"name": "{name}", "type": "int"}}]}}}}}}]}}"#
    );
    let mut bytes = vec![0x80, 0xb5, 0x18];
    bytes.resize(200_000, 0);
    assert_eq!(unfolded(&plan(&wide), &bytes).unwrap_err().what, "it unfolds to far more than its bytes");

    let mut schema = "\"string\"".to_owned();
    for _ in 0..100 {
        schema = format!(r#"{{"type": "array", "items": {schema}}}"#);
    }
    let schema =
        format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "x", "type": {schema}}}]}}"#);
    assert!(Plan::parse(&schema).unwrap_err().contains("nests deeper"));
    assert!(Plan::parse("\"string\"").unwrap_err().contains("no"));
}

#[test]
fn a_frame_without_a_schema_says_what_to_do() {
    let reader = Reader::default();
    let say = |value: &[u8]| {
        let mut scratch = Vec::new();
        reader.document(value, &mut scratch).map(|document| document.json.to_vec()).unwrap_err()
    };
    let unknown = say(&[0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
    assert!(unknown.error.starts_with("fingerprint 0807060504030201: no schema"), "{}", unknown.error);
    assert!(say(&[0, 0, 0, 0, 7, 0]).error.starts_with("schema id 7: no registry is set"));
    assert_eq!(say(&[0, 0]).stage, "decode");
    let mut wrong = Vec::new();
    Format::Avro(Frame::SingleObject(Contract::Turn.fingerprint())).write(&small_turn(), &mut wrong);
    wrong.truncate(20);
    let problem = say(&wrong);
    let expected = format!(
        "conversation_id: the record ends inside a value at byte 5 of the datum (Avro, fingerprint {:016x})",
        Contract::Turn.fingerprint()
    );
    assert_eq!((problem.error, problem.field.as_deref()), (expected, Some("conversation_id")));
}

fn small_turn() -> Turn<'static> {
    Turn::new("t-1", "c-12345678", 1_764_000_000_000, Role::Customer)
}

fn word() -> impl Strategy<Value = String> {
    "[a-z\"\\\\é😀]{1,9}"
}

fn entries() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::btree_map(word(), word(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn text(
    entries: &[(String, String)],
) -> Vec<(std::borrow::Cow<'static, str>, std::borrow::Cow<'static, str>)> {
    entries.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect()
}

/// A number that JSON readers do not round.
fn share(low: i32) -> impl Strategy<Value = Option<f64>> {
    prop::option::of((low..=64).prop_map(|part| f64::from(part) / 64.0))
}

prop_compose! {
    fn turns()(
        words in prop::collection::vec(prop::option::of(word()), 12),
        ids in (word(), word(), 0_i64..7_258_118_400_000, any::<Option<i64>>()),
        numbers in (share(0), share(0), share(-64)),
        happened in (prop::option::of("[a-z]{0,3}"), prop::option::of("[a-z]{0,3}")),
        flags in (any::<bool>(), any::<bool>()),
        action in prop::option::of((word(), entries(), prop::option::of(word()))),
        maps in (entries(), entries()),
        role in prop::sample::select(Role::ALL.as_slice()),
    ) -> Turn<'static> {
        let own = |place: usize| words[place].clone().map(Into::into);
        Turn {
            event_id: ids.0.into(), conversation_id: ids.1.into(), event_time: ids.2, role, turn_seq: ids.3,
            tenant: own(0), channel: own(1), language: own(2), text: own(3), intent: own(4), goal: own(5),
            summary: own(6), ai_agent: own(7), ai_version: own(8), customer_ref: own(9),
            intent_confidence: numbers.0, confidence: numbers.1, sentiment: numbers.2,
            fallback: flags.0, is_test: flags.1,
            handoff_requested: happened.0.map(Into::into), ended: happened.1.map(Into::into),
            action: action.map(|(name, arguments, result)| Action {
                name: name.into(), status: ToolStatus::Denied, arguments: text(&arguments), result: result.map(Into::into),
            }),
            facts: text(&maps.0),
            verification: words[10].clone().map(|status| Claim { method: own(11), status: status.into() }),
            attributes: text(&maps.1),
        }
    }
}

proptest! {
    #[test]
    fn a_turn_comes_back_and_the_oracle_agrees(turn in turns()) {
        let bytes = datum(&turn);
        let schema = Contract::Turn.schema();
        let seen = oracle(&schema, None, &bytes);
        let json = unfolded(&plan(Contract::Turn.text()), &bytes).unwrap();
        let mut without_nulls = seen.clone();
        drop_nulls(&mut without_nulls);
        for name in ["handoff_requested", "ended"] {
            if let Some(reason) = without_nulls.get_mut(name).filter(|reason| **reason == "") {
                *reason = true.into();
            }
        }
        prop_assert_eq!(serde_json::from_str::<Json>(&json).unwrap(), without_nulls);
        prop_assert_eq!(turn::decode(json.as_bytes()), Ok(turn));
    }

    #[test]
    fn an_outcome_comes_back(numbers in prop::collection::vec(prop::option::of(0_i64..315_360_000_000), 4), score in any::<Option<u16>>()) {
        let outcome = Outcome {
            event_id: "o-1".into(), conversation_id: "c-1".into(), event_time: 5, kind: OutcomeKind::Csat,
            handoff_id: None, agent_ref: Some("a".into()), queue: None, reason: Some("x".into()), field: None,
            wait_ms: numbers[0], talk_ms: numbers[1], hold_ms: numbers[2], acw_ms: numbers[3],
            score: score.map(f64::from), score_max: Some(5.0), attributes: vec![("k".into(), "v".into())],
        };
        let mut value = Vec::new();
        Format::Avro(Frame::SingleObject(Contract::Outcome.fingerprint())).write(&outcome, &mut value);
        let mut scratch = Vec::new();
        let reader = &*READER;
        prop_assert_eq!(reader.event_time(&value, |_| None), Some(5));
        let document = reader.document(&value, &mut scratch).unwrap();
        prop_assert_eq!(outcome::decode(document.json), Ok(outcome));
    }

    #[test]
    fn no_bytes_do_harm(turn in turns(), changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6), cut in any::<usize>()) {
        let plan = plan(Contract::Turn.text());
        let mut bytes = datum(&turn);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..cut % bytes.len()]] {
            if let Ok(json) = unfolded(&plan, bytes) {
                prop_assert!(serde_json::from_str::<Json>(&json).is_ok() || json.contains("1e999"), "{}", json);
                let _ = turn::decode(json.as_bytes());
            }
            let _ = peek(&plan, bytes, "event_time");
        }
    }

    #[test]
    fn no_value_does_harm(value in prop::collection::vec(any::<u8>(), 0..64), head in prop::sample::select(vec![vec![], vec![0], vec![0xc3, 1]])) {
        let value = [head, value].concat();
        let mut scratch = Vec::new();
        let reader = &*READER;
        prop_assert!(reader.is_at_hand(&value));
        if let Ok(document) = reader.document(&value, &mut scratch) {
            let _ = turn::decode(document.json);
        }
    }
}

fn drop_nulls(json: &mut Json) {
    if let Json::Object(object) = json {
        object.retain(|_, value| !value.is_null());
        object.values_mut().for_each(drop_nulls);
    }
}
