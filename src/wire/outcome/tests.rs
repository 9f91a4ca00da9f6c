//! What is accepted, what is refused and where, and round trips over arbitrary outcomes.

use std::borrow::Cow;

use proptest::collection::btree_map;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn outcome(more: &str) -> String {
    format!(
        r#"{{"event_id":"o-1","conversation_id":"c-17","event_time":1764000000000,"type":"answered",{more}}}"#
    )
}

#[test]
fn a_wrong_field_is_named() {
    let cases = [
        (r#""type":null"#, "type: is missing"),
        (r#""type":"vanished""#, "type: is not one of the words of the contract"),
        (r#""event_id":"""#, "event_id: is missing"),
        (r#""conversation_id":null"#, "conversation_id: is missing"),
        (r#""event_time":null"#, "event_time: is missing"),
        (r#""wait_ms":-1"#, "wait_ms: is out of range"),
        (r#""talk_ms":9e15"#, "talk_ms: is out of range"),
        (r#""hold_ms":1.5"#, "hold_ms: must be a whole number"),
        (r#""acw_ms":"5""#, "acw_ms: must be a whole number"),
        (r#""score":"good""#, "score: must be a number"),
        (r#""score_max":0"#, "score_max: is out of range"),
        (r#""handoff_id":"a\u0001""#, "handoff_id: holds a control character"),
        (r#""attributes":7"#, "attributes: must be a map"),
    ];
    for (more, error) in cases {
        let field = error.split(':').next().map(str::to_owned);
        let expected = Problem { stage: "validate", error: error.to_owned(), field };
        assert_eq!(decode(outcome(more).as_bytes()), Err(expected), "{more}");
    }
}

#[test]
fn every_type_of_the_contract_is_read() {
    for kind in OutcomeKind::ALL {
        let text = outcome(&format!(r#""type":"{}","wait_ms":2.5e3,"queue":"","x":1"#, kind.name()));
        let read = decode(text.as_bytes()).unwrap();
        assert_eq!((read.kind, read.wait_ms, read.queue), (kind, Some(2_500), None));
    }
}

fn identifier() -> impl Strategy<Value = Cow<'static, str>> {
    "[a-zA-Z0-9ü\"\\\\/:-]{1,12}".prop_map(Cow::Owned)
}

fn any_outcome() -> impl Strategy<Value = Outcome<'static>> {
    let kind = select(&OutcomeKind::ALL[..]);
    let required = (identifier(), identifier(), 0..7_258_118_400_000_i64, kind);
    let names = (of(identifier()), of(identifier()), of(identifier()), of(identifier()), of(identifier()));
    let duration = || of(0..1_000_000_000_i64);
    let durations = (duration(), duration(), duration(), duration());
    let scores = (of(-1e9..1e9), of(0.1..1e9));
    (required, names, durations, scores, btree_map(any::<String>(), any::<String>(), 0..20)).prop_map(
        |(required, names, durations, (score, score_max), attributes)| {
            let (event_id, conversation_id, event_time, kind) = required;
            let (handoff_id, agent_ref, queue, reason, field) = names;
            let (wait_ms, talk_ms, hold_ms, acw_ms) = durations;
            let attributes =
                attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            Outcome {
                event_id,
                conversation_id,
                event_time,
                kind,
                handoff_id,
                agent_ref,
                queue,
                reason,
                field,
                wait_ms,
                talk_ms,
                hold_ms,
                acw_ms,
                score,
                score_max,
                attributes,
            }
        },
    )
}

proptest! {
    #[test]
    fn every_outcome_survives(outcome in any_outcome()) {
        let mut bytes = Vec::new();
        encode(&outcome, &mut bytes);
        prop_assert_eq!(peek_event_time(&bytes), Some(outcome.event_time));
        prop_assert_eq!(decode(&bytes), Ok(outcome));
    }
}
