//! The whole engine over the embedded log, in every format: what comes out says the same.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use segue::app::embedded::{Embedded, Origin};
use segue::engine::codec::{Codec, Formats, OUTPUTS, contract};
use segue::engine::partitioner::partition_of;
use segue::engine::port::{Out, Topic};
use segue::engine::settings::TimeSource;
use segue::wire::avro::{Contract, Frame, Reader};
use segue::wire::format::Format;
use segue::wire::{policy, turn};
use serde_json::Value;

use super::samples::{AT, schemas};

const PARTITIONS: i32 = 2;

/// The format of what goes in, and of what comes out.
#[derive(Clone, Copy, Debug)]
struct Formatted {
    input: Format,
    output: fn(Topic) -> Format,
}

const JSON: Formatted = Formatted { input: Format::Json, output: |_| Format::Json };

fn avro() -> Formatted {
    let of = |contract: Contract| Format::Avro(Frame::SingleObject(contract.fingerprint()));
    Formatted {
        input: of(Contract::Turn),
        output: |topic| {
            let contract = contract(topic).expect("an output");
            Format::Avro(Frame::SingleObject(contract.fingerprint()))
        },
    }
}

/// The sample turns, half of them in each phase; after the first everything is restored. Then every output in order.
fn outputs(phases: [Formatted; 2]) -> Vec<(Topic, Vec<Value>)> {
    let text = std::fs::read_to_string(schemas().join("../deploy/samples/turns.jsonl")).expect("samples");
    let lines: Vec<&str> = text.lines().collect();
    let mut embedded =
        Embedded::new(PARTITIONS, Arc::new(policy::built_in()), Origin::Log, TimeSource::InputOnly);
    for (half, phase) in lines.chunks(lines.len().div_ceil(2)).zip(phases) {
        let formats = OUTPUTS
            .into_iter()
            .fold(Formats::default(), |formats, topic| formats.with(topic, (phase.output)(topic)));
        let codec = Codec { formats, reader: Reader::default() };
        embedded.conversations = embedded.conversations.speaking(codec.clone());
        embedded.windows.codec = codec;
        for line in half {
            let turn = turn::decode(line.as_bytes()).expect("a turn");
            let mut value = Vec::new();
            phase.input.write(&turn, &mut value);
            put(&embedded, turn.conversation_id.as_bytes(), &value, turn.event_time);
        }
        put(&embedded, b"bad", &[0, 0, 0, 0, 9, 1], AT);
        embedded.run_to_end(1, Arc::new(AtomicBool::new(false))).expect("the end");
    }
    let reader = Reader::default();
    let read = |value: Vec<u8>| {
        let mut scratch = Vec::new();
        let document = reader.document(&value, &mut scratch).expect("one of ours");
        let mut json: Value = serde_json::from_slice(document.json).expect("JSON");
        // Avro says null, which unfolds to nothing.
        drop_nulls(&mut json);
        json
    };
    OUTPUTS.into_iter().map(|topic| (topic, embedded.values(topic).into_iter().map(read).collect())).collect()
}

fn put(embedded: &Embedded, key: &[u8], value: &[u8], timestamp: i64) {
    let partition = Some(partition_of(key, PARTITIONS));
    let out = Out { topic: Topic::Turns, partition, key: Some(key), value: Some(value), trace: None };
    embedded.broker.append(out, Some(timestamp)).expect("appended");
}

fn drop_nulls(json: &mut Value) {
    match json {
        Value::Object(object) => {
            object.retain(|_, value| !value.is_null());
            object.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_format_says_the_same_and_rows_are_restored_from_both() {
    let expected = outputs([JSON, JSON]);
    for (topic, values) in &expected {
        assert_eq!(values.is_empty(), *topic == Topic::Shadow, "{topic:?}");
    }
    for phases in [[avro(), avro()], [JSON, avro()], [avro(), JSON]] {
        let found = outputs(phases);
        for ((topic, values), (_, expected)) in found.iter().zip(&expected) {
            assert_eq!(values, expected, "{topic:?} of {phases:?}");
        }
    }
}
