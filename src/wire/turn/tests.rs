//! What is accepted, what is refused and where, and round trips over arbitrary turns.

use std::borrow::Cow;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const REQUIRED: &str =
    r#""event_id":"t-3","conversation_id":"c-17","event_time":1764000000000,"role":"customer""#;

fn turn(more: &str) -> String {
    format!("{{{REQUIRED},{more}}}")
}

fn base() -> Turn<'static> {
    Turn::new("t-3", "c-17", 1_764_000_000_000, Role::Customer)
}

fn entries(pairs: &[(&'static str, &'static str)]) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
    pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect()
}

#[test]
fn the_sample_of_the_contract_is_read_whole() {
    let text = turn(
        r#""turn_seq":3,"text":"...","channel":"chat","language":"en","tenant":"default","intent":"missing_delivery",
        "intent_confidence":0.93,"confidence":0.88,"sentiment":-0.4,"fallback":false,"goal":null,"summary":null,
        "handoff_requested":null,"ended":null,"action":{"name":"get_order","status":"ok",
        "arguments":{"order_id":"W123"},"result":"..."},"facts":{"order_id":"W123"},
        "verification":{"method":"email_code","status":"passed"},"ai_agent":"shopbot","ai_version":"4.2",
        "customer_ref":"u-9","is_test":false,"attributes":{}"#,
    );
    let expected = Turn {
        turn_seq: Some(3),
        text: Some("...".into()),
        channel: Some("chat".into()),
        language: Some("en".into()),
        tenant: Some("default".into()),
        intent: Some("missing_delivery".into()),
        intent_confidence: Some(0.93),
        confidence: Some(0.88),
        sentiment: Some(-0.4),
        action: Some(Action {
            name: "get_order".into(),
            status: ToolStatus::Ok,
            arguments: entries(&[("order_id", "W123")]),
            result: Some("...".into()),
        }),
        facts: entries(&[("order_id", "W123")]),
        verification: Some(Claim { method: Some("email_code".into()), status: "passed".into() }),
        ai_agent: Some("shopbot".into()),
        ai_version: Some("4.2".into()),
        customer_ref: Some("u-9".into()),
        ..base()
    };
    assert_eq!(decode(text.as_bytes()), Ok(expected));
}

#[test]
fn what_platforms_send_is_accepted() {
    let event_time = |at| Turn { event_time: at, ..base() };
    let happened = |reason: &'static str| Turn { handoff_requested: Some(reason.into()), ..base() };
    let facts = |pairs| Turn { facts: entries(pairs), ..base() };
    let cases = [
        (r#""unknown":{"deep":[1,{"a":null}]},"more":[]"#, base()),
        (
            r#""text":"","tenant":null,"action":null,"action":{},"facts":null,"verification":{"method":null}"#,
            base(),
        ),
        (r#""text":"first","text":"last""#, Turn { text: Some("last".into()), ..base() }),
        (r#""text":"first","text":null"#, base()),
        (r#""text":"nul \u0000 \ud83d\ude00""#, Turn { text: Some("nul \0 😀".into()), ..base() }),
        (r#""event_time":1764000000000.0"#, event_time(1_764_000_000_000)),
        (r#""event_time":1.764e12"#, event_time(1_764_000_000_000)),
        (r#""event_time":"2025-11-24T16:00:00Z""#, event_time(1_764_000_000_000)),
        (r#""event_time":"2025-11-24T17:00:00.25+01:00""#, event_time(1_764_000_000_250)),
        (r#""event_time":0"#, event_time(0)),
        (r#""turn_seq":3.0"#, Turn { turn_seq: Some(3), ..base() }),
        (r#""confidence":1,"sentiment":-1"#, Turn { confidence: Some(1.0), sentiment: Some(-1.0), ..base() }),
        (r#""fallback":null,"is_test":true"#, Turn { is_test: true, ..base() }),
        (r#""handoff_requested":false"#, base()),
        (r#""handoff_requested":"""#, base()),
        (r#""handoff_requested":true"#, happened("")),
        (r#""handoff_requested":"too hard""#, happened("too hard")),
        (r#""handoff_requested":{"reason":"too hard","queue":"x"}"#, happened("too hard")),
        (r#""handoff_requested":{}"#, happened("")),
        (r#""ended":{"reason":null}"#, Turn { ended: Some("".into()), ..base() }),
        (
            r#""facts":{"a":"x","b":500.00,"c":true,"d":null,"e":{"k": [1]},"f":12345678901234567890123,"g":""}"#,
            facts(&[
                ("a", "x"),
                ("b", "500.00"),
                ("c", "true"),
                ("e", r#"{"k": [1]}"#),
                ("f", "12345678901234567890123"),
            ]),
        ),
        (r#""facts":{"a":"1","b":"2","a":"3","b":null}"#, facts(&[("a", "3")])),
        (
            r#""attributes":{"a":"","b":[]}"#,
            Turn { attributes: entries(&[("a", ""), ("b", "[]")]), ..base() },
        ),
        (
            r#""action":{"name":"x","status":"denied","result":{"code": 7}}"#,
            Turn {
                action: Some(Action {
                    name: "x".into(),
                    status: ToolStatus::Denied,
                    arguments: vec![],
                    result: Some(r#"{"code": 7}"#.into()),
                }),
                ..base()
            },
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(decode(turn(more).as_bytes()), Ok(expected), "{more}");
    }
    assert_eq!(decode(format!("\u{feff} {{{REQUIRED}}}\r\n").as_bytes()), Ok(base()));
}

#[test]
fn a_wrong_field_is_named() {
    let long = format!(r#""tenant":"{}""#, "x".repeat(257));
    let cases = [
        (r#""event_id":null"#, "event_id", "is missing"),
        (r#""conversation_id":"""#, "conversation_id", "is missing"),
        (r#""event_time":null"#, "event_time", "is missing"),
        (r#""role":null"#, "role", "is missing"),
        (r#""role":"robot""#, "role", "is not one of the words of the contract"),
        (r#""event_id":17"#, "event_id", "must be a string"),
        (r#""event_id":"a\u0000b""#, "event_id", "holds a control character"),
        (r#""conversation_id":"a\u0085b""#, "conversation_id", "holds a control character"),
        (&long, "tenant", "is longer than 256 bytes"),
        (r#""event_time":-1"#, "event_time", "is not between 1970 and 2200"),
        (r#""event_time":1764000000000000"#, "event_time", "is not between 1970 and 2200"),
        (r#""event_time":1.5"#, "event_time", "must be a whole number"),
        (r#""event_time":"yesterday""#, "event_time", "is neither epoch milliseconds nor RFC 3339"),
        (r#""event_time":{}"#, "event_time", "is neither epoch milliseconds nor RFC 3339"),
        (r#""turn_seq":1e300"#, "turn_seq", "must be a whole number"),
        (r#""text":["a"]"#, "text", "must be a string"),
        (r#""confidence":1.01"#, "confidence", "is out of range"),
        (r#""intent_confidence":-0.1"#, "intent_confidence", "is out of range"),
        (r#""sentiment":-2"#, "sentiment", "is out of range"),
        (r#""sentiment":1e999"#, "sentiment", "is out of range"),
        (r#""confidence":"high""#, "confidence", "must be a number"),
        (r#""fallback":1"#, "fallback", "must be true or false"),
        (r#""ended":5"#, "ended", "must be a reason, true or false"),
        (r#""facts":[]"#, "facts", "must be a map"),
        (r#""action":"get_order""#, "action", "must be an object"),
        (r#""action":{"status":"ok"}"#, "action.name", "is missing"),
        (r#""action":{"name":"x"}"#, "action.status", "is missing"),
        (
            r#""action":{"name":"x","status":"maybe"}"#,
            "action.status",
            "is not one of the words of the contract",
        ),
        (r#""verification":{"method":"pin"}"#, "verification.status", "is missing"),
    ];
    for (more, field, what) in cases {
        let expected =
            Problem { stage: "validate", error: format!("{field}: {what}"), field: Some(field.to_owned()) };
        assert_eq!(decode(turn(more).as_bytes()), Err(expected), "{more}");
    }
}

#[test]
fn what_is_no_json_object_is_refused_without_quoting_it() {
    let deep = "[".repeat(100_000);
    let cases: [(&[u8], &str); 10] = [
        (b"", "an empty value at byte 0"),
        (b" \n", "an empty value at byte 0"),
        (b"[1]", "not an object at byte 0"),
        (b"\"secret\"", "not an object at byte 0"),
        (b"{\"text\":\"\xff\"}", "not UTF-8 at byte 9"),
        (b"\0\0\0\0\x05", "expected a value at byte 0"),
        (b"{\"role\":\"robot\"", "the text ends inside brackets at byte 15"),
        (b"{\"role\":\"robot\"} x", "something follows the value at byte 17"),
        (b"{\"text\":secret}", "expected a value at byte 8"),
        (deep.as_bytes(), "nested too deep at byte 128"),
    ];
    for (bytes, error) in cases {
        let expected = Problem { stage: "decode", error: error.to_owned(), field: None };
        assert_eq!(decode(bytes), Err(expected));
    }
    let nested = turn(&format!(r#""attributes":{{"a":{deep}}}"#));
    assert_eq!(decode(nested.as_bytes()).unwrap_err().stage, "decode");
}

#[test]
fn strings_without_escapes_borrow() {
    let text = turn(r#""text":"plain","facts":{"a":"b"}"#);
    let turn = decode(text.as_bytes()).unwrap();
    assert!(matches!((&turn.event_id, &turn.text), (Cow::Borrowed(_), Some(Cow::Borrowed(_)))));
    assert!(matches!(turn.facts[..], [(Cow::Borrowed(_), Cow::Borrowed(_))]));
}

#[test]
fn of_a_large_map_the_last_values_stand() {
    let pairs: Vec<String> = (0..3_000).map(|n| format!(r#""k{}":"{n}""#, n % 1_000)).collect();
    let text = turn(&format!(r#""attributes":{{{}}}"#, pairs.join(",")));
    let expected: Vec<_> =
        (0..1_000).map(|n| (Cow::Owned(format!("k{n}")), Cow::Owned(format!("{}", n + 2_000)))).collect();
    assert_eq!(decode(text.as_bytes()).unwrap().attributes, expected);
}

#[test]
fn the_event_time_is_found_without_the_rest() {
    let cases: [(&str, Option<i64>); 6] = [
        (r#"{"text":"\"event_time\":5","attributes":{"event_time":6},"event_time":7,"broken"#, Some(7)),
        ("\u{feff}{\"event_time\":\"1970-01-01T00:00:01Z\"}", Some(1_000)),
        (r#"{"event_time":"soon"}"#, None),
        (r#"{"event_time":null}"#, None),
        ("{}", None),
        ("[]", None),
    ];
    for (text, expected) in cases {
        assert_eq!(peek_event_time(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn a_language_tag_begins_in_lower_case() {
    for (sent, read) in [("de", "de"), ("DE", "de"), ("EN-US", "en-US"), ("pt_BR", "pt_BR")] {
        let line = format!(
            r#"{{"event_id":"e","conversation_id":"c","event_time":1,"role":"customer","language":"{sent}"}}"#
        );
        assert_eq!(decode(line.as_bytes()).expect("a turn").language.as_deref(), Some(read), "{sent}");
    }
}

fn identifier() -> impl Strategy<Value = Cow<'static, str>> {
    "[a-zA-Z0-9ü\"\\\\/:-]{1,12}".prop_map(Cow::Owned)
}

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    any::<String>().prop_filter("an empty one is absent", |text| !text.is_empty()).prop_map(Cow::Owned)
}

fn map() -> impl Strategy<Value = Vec<(Cow<'static, str>, Cow<'static, str>)>> {
    btree_map(any::<String>(), text(), 0..20)
        .prop_map(|map| map.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect())
}

fn any_turn() -> impl Strategy<Value = Turn<'static>> {
    let required =
        (identifier(), identifier(), 0..7_258_118_400_000_i64, select(&Role::ALL[..]), of(any::<i64>()));
    let names = vec(of(identifier()), 7);
    let texts = (of(text()), of(text()), of(text()), of(prop_oneof![Just("".into()), text()]), of(text()));
    let numbers = (of(0.0..=1.0), of(0.0..=1.0), of(-1.0..=1.0), any::<bool>(), any::<bool>());
    let action = (identifier(), select(&ToolStatus::ALL[..]), map(), of(text()))
        .prop_map(|(name, status, arguments, result)| Action { name, status, arguments, result });
    let claim = (of(identifier()), identifier()).prop_map(|(method, status)| Claim { method, status });
    (required, names, texts, numbers, (of(action), of(claim), map(), map())).prop_map(
        |(required, mut names, texts, numbers, (action, verification, facts, attributes))| {
            let (event_id, conversation_id, event_time, role, turn_seq) = required;
            let (text, goal, summary, handoff_requested, ended) = texts;
            let (intent_confidence, confidence, sentiment, fallback, is_test) = numbers;
            let mut name = || names.pop().flatten();
            Turn {
                event_id,
                conversation_id,
                event_time,
                role,
                turn_seq,
                tenant: name(),
                channel: name(),
                language: name().map(|tag| Cow::Owned(tag.to_lowercase())),
                text,
                intent: name(),
                intent_confidence,
                confidence,
                sentiment,
                goal,
                summary,
                action,
                facts,
                verification,
                fallback,
                handoff_requested,
                ended,
                ai_agent: name(),
                ai_version: name(),
                customer_ref: name(),
                is_test,
                attributes,
            }
        },
    )
}

proptest! {
    #[test]
    fn every_turn_survives(turn in any_turn()) {
        let mut bytes = Vec::new();
        encode(&turn, &mut bytes);
        prop_assert_eq!(peek_event_time(&bytes), Some(turn.event_time));
        prop_assert_eq!(decode(&bytes), Ok(turn));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..64), turn in any_turn(), at in any::<prop::sample::Index>()) {
        drop(decode(&bytes));
        let mut broken = Vec::new();
        encode(&turn, &mut broken);
        let at = at.index(broken.len());
        broken[at] = broken[at].wrapping_add(bytes.first().copied().unwrap_or(1));
        drop(decode(&broken));
        prop_assert!(peek_event_time(&broken).is_none_or(|at| at >= 0));
    }
}
