//! Records that cannot be taken: each is one dead letter with its coordinates and the reason, and the partition goes on.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::live::{Line, Load, Site, Tail, Writer, says};

/// Stands in every bad value, and nowhere in a log.
const SECRET: &str = "sesame-7731";

/// A record, and what its dead letter says: stage, field, and a part of the reason.
struct Bad {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    stage: &'static str,
    field: Option<&'static str>,
    says: &'static str,
}

fn turn(replaced: &str, by: &str) -> Vec<u8> {
    let text = format!(
        r#"{{"event_id":"b-1","conversation_id":"bad","event_time":1760000000000,"role":"customer","confidence":0.5,"text":"{SECRET}"}}"#
    );
    assert!(text.contains(replaced), "{replaced}");
    text.replace(replaced, by).into_bytes()
}

fn bad() -> Vec<Bad> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis() as i64;
    let future = format!(r#""event_time":{}"#, now + 3_600_000);
    let time = r#""event_time":1760000000000"#;
    let mut broken_text = turn("b-1", "b-2");
    broken_text.extend([0xff, 0xfe]);
    let long = format!(r#""event_id":"{}""#, "e".repeat(257));
    let huge = format!(r#""text":"{SECRET}{}""#, "x".repeat(20 << 20));
    let secret = format!(r#""text":"{SECRET}""#);
    let case = |value: Option<Vec<u8>>, stage, field, says| Bad {
        key: Some(b"bad".to_vec()),
        value,
        stage,
        field,
        says,
    };
    vec![
        case(Some(broken_text), "decode", None, "UTF-8"),
        case(Some(format!("{SECRET} is no JSON").into_bytes()), "decode", None, ""),
        case(Some("[".repeat(100_000).into_bytes()), "decode", None, ""),
        case(Some(turn(&secret, &format!(r#""x":{}"#, "[".repeat(100_000)))), "decode", None, ""),
        case(Some(Vec::new()), "decode", None, ""),
        case(None, "decode", None, "tombstone"),
        case(Some(turn(r#""event_id":"b-1","#, "")), "validate", Some("event_id"), "missing"),
        case(Some(turn(r#""event_id":"b-1""#, &long)), "validate", Some("event_id"), ""),
        case(Some(turn("0.5", "7")), "validate", Some("confidence"), ""),
        case(Some(turn(time, &future)), "validate", Some("event_time"), "ahead"),
        case(Some(turn(&secret, &huge)), "size", None, "bytes"),
        Bad {
            key: Some(b"other".to_vec()),
            ..case(Some(turn("b-1", "b-3")), "validate", Some("key"), "key")
        },
        Bad { key: None, ..case(Some(turn("b-1", "b-4")), "validate", Some("key"), "key") },
    ]
}

#[test]
fn what_cannot_be_taken_is_one_dead_letter_and_the_rest_goes_on() {
    let Some(mut site) = Site::new("bad", 1, 1) else { return };
    site.engine = "dead_letter_alarm = 13\n".to_owned();
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instance = site.start("one");
    instance.until_ready();
    let mut events = Tail::of(&site, "handoff.events");
    let mut expected = Vec::new();
    let mut offset = 0;
    let good = |lines: &[Line], offset: &mut i64| {
        lines.iter().for_each(|line| writer.raw(Some(line.key.as_bytes()), Some(line.json.as_bytes())));
        *offset += lines.len() as i64;
    };
    // Good turns around each bad record, then all bad ones in a row.
    for case in bad() {
        good(&load.turns(4), &mut offset);
        writer.raw(case.key.as_deref(), case.value.as_deref());
        expected.push((offset, case));
        offset += 1;
    }
    good(&load.turns(4), &mut offset);
    writer.flush();
    events.reach(&load);
    let alarm = |instance: &crate::live::Instance| {
        instance.log().iter().filter(|line| says(line, "many dead letters in a row")).count()
    };
    assert_eq!(alarm(&instance), 0, "good turns stand between them");
    for case in bad() {
        writer.raw(case.key.as_deref(), case.value.as_deref());
        expected.push((offset, case));
        offset += 1;
    }
    writer.flush();
    let mut letters = Tail::of(&site, "segue.dead-letters");
    letters.count(expected.len());
    assert_eq!(alarm(&instance), 1, "one line for many in a row");
    assert_eq!(in_a_row(&instance), Some(13.0));
    good(&load.turns(4), &mut offset);
    writer.flush();
    events.reach(&load);
    assert_eq!(in_a_row(&instance), Some(0.0), "a good record ends the row");

    letters.catch_up();
    assert_eq!(letters.values.len(), expected.len(), "one dead letter a bad record");
    for (letter, (offset, case)) in letters.values.iter().zip(&expected) {
        check(&site, letter, *offset, case);
    }
    let logged = site.logged();
    assert!(!logged.contains(SECRET), "no text of a record in the log");
    site.finish(load, &writer, [instance], events);
    letters.catch_up();
    assert_eq!(letters.values.len(), expected.len(), "nor is one written again later");
    assert!(!site.logged().contains(SECRET), "no text of a record in the log");
    site.done();
}

fn check(site: &Site, letter: &Value, offset: i64, case: &Bad) {
    let key = case.key.as_deref().map(|key| String::from_utf8_lossy(key).into_owned());
    let found = (
        letter["topic"].as_str(),
        letter["partition"].as_i64(),
        letter["offset"].as_i64(),
        letter["stage"].as_str(),
        letter["field"].as_str(),
        letter["key"].as_str().map(str::to_owned),
    );
    let topic = site.topic("conversation.turns");
    assert_eq!(
        found,
        (Some(topic.as_str()), Some(0), Some(offset), Some(case.stage), case.field, key),
        "{letter}"
    );
    let error = letter["error"].as_str().unwrap_or_default();
    assert!(!error.is_empty() && error.contains(case.says), "{letter} says {:?}", case.says);
    assert!(letter["timestamp"].as_i64().is_some() && letter["value_base64"].is_null(), "{letter}");
    assert!(!letter.to_string().contains(SECRET), "{letter}");
}

/// The gauge of dead letters in a row.
fn in_a_row(instance: &crate::live::Instance) -> Option<f64> {
    let (_, body) = instance.get("/metrics")?;
    let values = body
        .lines()
        .filter(|line| line.starts_with("segue_dead_letters_in_a_row"))
        .filter_map(|line| line.split_whitespace().last()?.parse().ok());
    values.reduce(f64::max)
}
