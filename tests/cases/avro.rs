//! Avro in and out on a real Kafka with a real schema registry: what is read and written equals the replay of the same
//! conversations in JSON, whatever becomes of the registry meanwhile.

use std::process::Command;

use segue::wire::avro::{Contract, Frame};
use segue::wire::format::Format;
use serde_json::Value;

use crate::live::{Load, Registry, SEGUE, Site, Tail, Writer, until};

const OUTPUTS: [&str; 5] = [
    "handoff.events",
    "conversation.summaries",
    "handoff.metrics",
    "handoff.shadow-events",
    "segue.dead-letters",
];

fn segue(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(SEGUE)
        .args(arguments)
        .arg("--config")
        .arg(site.config("command"))
        .output()
        .expect("segue starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The ids that the inputs' schemas have.
fn formats(registry: &Registry, site: &Site) -> (Format, Format) {
    let id = |topic: &str| {
        let versions = registry.client.versions(&format!("{}-value", site.topic(topic))).expect("versions");
        Format::Avro(Frame::Confluent(versions.last().expect("a version").id))
    };
    (id("conversation.turns"), id("handoff.outcomes"))
}

/// A turn's schema of next year: its id is new to everybody.
fn newer() -> String {
    let text = Contract::Turn.text();
    let grown = text.replacen(
        r#"{"name": "text","#,
        r#"{"name": "weather", "type": ["null", "string"], "default": null, "doc": "x"}, {"name": "text","#,
        1,
    );
    assert_ne!(grown, text);
    grown
}

/// A turn by that schema: one that asks for a person.
fn turn_of_next_year(id: u32, conversation: &str) -> Vec<u8> {
    use apache_avro::types::Value as Avro;
    let schema = apache_avro::Schema::parse_str(&newer()).expect("a schema");
    let apache_avro::Schema::Record(record) = &schema else { panic!("a record") };
    let value = |name: &str| match name {
        "event_id" => Avro::String(format!("{conversation}-1")),
        "conversation_id" => Avro::String(conversation.to_owned()),
        "event_time" => Avro::TimestampMillis(1_760_000_000_000),
        "role" => Avro::String("customer".to_owned()),
        "fallback" | "is_test" => Avro::Boolean(false),
        "facts" | "attributes" => Avro::Map(Default::default()),
        "text" => Avro::Union(1, Box::new(Avro::String("please let me talk to a human agent".to_owned()))),
        "weather" => Avro::Union(1, Box::new(Avro::String("rain".to_owned()))),
        _ => Avro::Union(0, Box::new(Avro::Null)),
    };
    let fields = record.fields.iter().map(|field| (field.name.clone(), value(&field.name))).collect();
    let mut bytes = Vec::new();
    Frame::Confluent(id).write(&mut bytes);
    let writer = apache_avro::writer::datum::GenericDatumWriter::builder(&schema).build().expect("a schema");
    bytes.extend(writer.write_value_to_vec(Avro::Record(fields)).expect("a record"));
    bytes
}

#[test]
fn every_format_goes_in_and_framed_avro_comes_out() {
    let Some(mut site) = Site::new("avro", 2, 1) else { return };
    let Some(mut registry) = Registry::new("avro") else { return };
    registry.settings(&mut site);
    site.create_topics(1);

    // 1 Nothing is registered: a start says so once for each subject, with the remedy, and check agrees.
    let (code, _, said) = segue(&site, &["run"]);
    assert_eq!(code, Some(2), "{said}");
    for topic in OUTPUTS {
        assert!(
            said.contains(&format!("subject {}-value does not exist; register it", site.topic(topic))),
            "{said}"
        );
    }
    let (code, shown, _) = segue(&site, &["schemas", "check"]);
    assert_eq!((code, shown.matches(" missing").count()), (Some(1), 7), "{shown}");
    let (code, shown, said) = segue(&site, &["schemas", "register", "--output", "json"]);
    assert_eq!((code, shown.matches(r#""state":"registered""#).count()), (Some(0), 7), "{shown} {said}");
    assert_eq!(segue(&site, &["schemas", "check"]).0, Some(0));
    assert_eq!(segue(&site, &["schemas", "register"]).0, Some(0), "twice is no error");

    // 2 The registry is away at the start: said once, waited for.
    registry.hold();
    let instance = site.start("one");
    until("it says that the registry is away", || {
        instance.has_logged("the schema registry does not answer yet")
    });
    assert_eq!(instance.ready(), Some(503));
    registry.go_on();
    instance.until_ready();
    assert!(instance.has_logged("the schema registry answers"));

    // 3 JSON, single-object encoding and frames, mixed in one topic.
    let (mut load, mut writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    let single = |contract: Contract| Format::Avro(Frame::SingleObject(contract.fingerprint()));
    let framed = formats(&registry, &site);
    for formats in [Default::default(), (single(Contract::Turn), single(Contract::Outcome)), framed] {
        writer.formats = formats;
        writer.turns(&load.turns(60));
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
        writer.turns(&load.after_return());
        events.reach(&load);
    }
    is_shown(&instance);

    // 4 An id that the registry does not know is a dead letter; the partition goes on.
    let mut letters = Tail::of(&site, "segue.dead-letters");
    writer.raw(Some(b"lost"), Some(&[0, 0x7f, 0xff, 0xff, 0xff, 2, b'x']));
    letters.count(1);
    let letter = &letters.values[0];
    assert_eq!((&letter["stage"], &letter["key"]), (&Value::from("decode"), &Value::from("lost")));
    assert!(
        letter["error"]
            .as_str()
            .expect("a text")
            .contains("schema id 2147483647: the registry knows no schema")
    );
    site.finish(load, &writer, [instance], events);
    letters.catch_up();
    assert_eq!(letters.values.len(), 1);
    for topic in ["conversation.summaries", "handoff.metrics"] {
        let mut rows = Tail::of(&site, topic);
        rows.catch_up();
        assert!(!rows.values.is_empty(), "{topic}");
    }
    site.done();
}

/// What a person asks about a conversation that came as Avro.
fn is_shown(instance: &crate::live::Instance) {
    let (status, body) = instance.get("/api/conversations/c-000120").expect("an answer");
    let seen: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &seen["conversation_id"]), (200, &Value::from("c-000120")), "{body}");
}

#[test]
fn a_record_whose_schema_is_not_known_yet_waits_for_the_registry() {
    let Some(mut site) = Site::new("avro-wait", 1, 1) else { return };
    let Some(mut registry) = Registry::new("avro-wait") else { return };
    registry.settings(&mut site);
    site.tables += "auto_register = true\n";
    site.create_topics(1);
    let instance = site.start("one");
    instance.until_ready();
    let writer = Writer::new(&site);
    let id = registry.register(&format!("{}-value", site.topic("conversation.turns")), &newer());
    registry.hold();
    for number in 0..3 {
        let conversation = format!("next-{number}");
        writer.raw(Some(conversation.as_bytes()), Some(&turn_of_next_year(id, &conversation)));
    }
    writer.flush();
    until("it says that the registry is away", || {
        instance.has_logged("the schema registry does not answer as it should")
    });
    until("it is not ready", || instance.ready() == Some(503));
    registry.go_on();
    let mut events = Tail::of(&site, "handoff.events");
    events.count(3);
    until("it says that the registry is back", || instance.has_logged("the schema registry answers again"));
    let said = |message: &str| instance.log().iter().filter(|line| crate::live::says(line, message)).count();
    assert_eq!(said("the schema registry does not answer as it should"), 1, "said once");
    let mut letters = Tail::of(&site, "segue.dead-letters");
    letters.catch_up();
    assert_eq!(letters.values, Vec::<Value>::new(), "nothing is lost to an absence");
    drop(instance);
    site.done();
}

#[test]
fn a_subject_that_does_not_fit_is_refused_at_the_start() {
    let Some(mut site) = Site::new("avro-wrong", 1, 1) else { return };
    let Some(registry) = Registry::new("avro-wrong") else { return };
    registry.settings(&mut site);
    site.tables += "auto_register = true\n";
    site.create_topics(1);
    let subject = |topic: &str| format!("{}-value", site.topic(topic));
    let wrong = Contract::Summary
        .text()
        .replace(r#""name": "violations", "type": "long""#, r#""name": "violations", "type": "string""#);
    registry.register(&subject("conversation.summaries"), &wrong);
    registry.register(
        &subject("conversation.turns"),
        r#"{"type": "record", "name": "Other", "fields": [{"name": "id", "type": "string"}]}"#,
    );
    let (code, _, said) = segue(&site, &["run"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains(&format!("subject {}: version 1 does not fit", subject("conversation.summaries"))),
        "{said}"
    );
    let turns = format!(
        "subject {}: version 1 has no event_id, conversation_id, event_time, role",
        subject("conversation.turns")
    );
    assert!(said.contains(&turns), "{said}");
    site.done();
}
