//! What becomes of a state that a restore took and nobody can read; and which trace outputs carry.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::engine::port::{Record, Topic};
use crate::engine::task::Task;
use crate::wire;
use crate::wire::avro::{Away, Contract, Frame, Plan, Reader, Registry, Writer};
use crate::wire::format::Format;

const AT: Millis = 1_764_000_000_000;

fn task() -> Conversations {
    let shared = Shared {
        settings: Settings::default(),
        policies: Board::of(Arc::new(wire::policy::built_in())),
        past: None,
        shadows: Vec::new(),
        stats: Arc::new(Stats::default()),
        transcript_topic: None,
        turns_name: "turns".to_owned(),
        outcomes_name: "outcomes".to_owned(),
        codec: Codec::default(),
    };
    Conversations::new(0, Arc::new(shared), None)
}

/// Begins as a state does, and ends too soon.
fn damaged() -> Vec<u8> {
    let mut packed = Vec::new();
    let conversation = Conversation { started_at: AT, last_at: AT, ..Conversation::default() };
    wire::conversation::encode(&conversation, &mut packed);
    packed.truncate(packed.len() - 1);
    packed
}

#[test]
fn a_turn_to_a_state_that_cannot_be_read_is_a_dead_letter_and_the_state_stays() {
    let (mut task, mut out) = (task(), Outbox::new(Vec::new()));
    task.restore(b"c-1", Some(&damaged())).expect("its beginning is whole");
    task.restored("").expect("restored");
    let value =
        format!(r#"{{"event_id":"t-1","conversation_id":"c-1","event_time":{},"role":"customer"}}"#, AT + 1);
    let record = Record::new(Topic::Turns, 0, 7, Some(AT + 1), Some(b"c-1"), Some(value.as_bytes()));
    task.take(&record, AT + 1, &mut out);
    let written: Vec<(Topic, String)> = out
        .records()
        .map(|record| (record.topic, String::from_utf8_lossy(record.value.unwrap_or_default()).into_owned()))
        .collect();
    let [(Topic::DeadLetters, letter)] = written.as_slice() else { panic!("{written:?}") };
    assert!(letter.contains(r#""offset":7,"#) && letter.contains(r#""stage":"state""#), "{letter}");
    assert_eq!((task.acting.store.len(), task.acting.store.staged().count()), (1, 0));
}

#[test]
fn a_timer_of_a_state_that_cannot_be_read_is_passed_over() {
    let (mut task, mut out) = (task(), Outbox::new(Vec::new()));
    task.restore(b"c-1", Some(&damaged())).expect("its beginning is whole");
    task.restored("").expect("restored");
    task.advance(AT + 365 * 86_400_000, AT, &mut out);
    assert_eq!((out.records().count(), task.acting.store.len()), (0, 1));
}

#[test]
fn what_a_turn_causes_carries_its_trace_and_what_a_timer_causes_carries_none() {
    let (mut task, mut out) = (task(), Outbox::new(Vec::new()));
    let mut take = |id: &str, at: Millis, out: &mut Outbox| {
        let value = format!(
            r#"{{"event_id":"t-{at}","conversation_id":"{id}","event_time":{at},"role":"customer","text":"please let me talk to a human agent"}}"#
        );
        let parent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let record = Record::new(Topic::Turns, 0, at, Some(at), Some(id.as_bytes()), Some(value.as_bytes()))
            .with_trace(wire::trace::TraceContext::read(parent, None));
        // As the worker does.
        out.caused_by(record.trace().cloned());
        task.take(&record, at, out);
    };
    take("c-1", AT, &mut out);
    take("c-2", AT + 86_400_000, &mut out);
    let told: Vec<(Topic, String, bool)> = out
        .records()
        .map(|record| {
            let key = String::from_utf8_lossy(record.key.unwrap_or_default()).into_owned();
            (record.topic, key, record.trace.is_some())
        })
        .collect();
    let of = |topic, key: &str| {
        told.iter()
            .filter(|(t, k, _)| *t == topic && k == key)
            .map(|(.., traced)| *traced)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(Topic::Events, "c-2"), [true]);
    let first = of(Topic::Events, "c-1");
    assert!(first.len() > 1, "reminders came a day later: {told:?}");
    assert!(first[0] && !first[1..].contains(&true), "{told:?}");
}

/// A registry that knows one schema once it answers.
struct Slow(AtomicBool);

impl Registry for Slow {
    fn writer(&self, id: u32) -> Result<Writer, Away> {
        match (self.0.load(Relaxed), id) {
            (false, _) => Err(Away),
            (true, 7) => Ok(Writer::Known(Arc::new(Plan::parse(Contract::Turn.text()).expect("ours")))),
            (true, _) => Ok(Writer::NoSuch("gone".to_owned())),
        }
    }
}

#[test]
fn a_record_waits_for_its_schema_and_one_without_is_a_dead_letter() {
    let registry = Arc::new(Slow(AtomicBool::new(false)));
    let (task, mut out) = (task(), Outbox::new(Vec::new()));
    let codec = Codec { reader: Reader::new(Vec::new(), registry.clone()), ..Codec::default() };
    let shared = Shared { codec, ..(*task.shared).clone() };
    let mut task = Conversations::new(0, Arc::new(shared), None);
    let turn = crate::domain::turn::Turn::new("t-1", "c-1", AT, crate::domain::turn::Role::Customer);
    let record = |id| {
        let mut value = Vec::new();
        Format::Avro(Frame::Confluent(id)).write(&turn, &mut value);
        Record::new(Topic::Turns, 0, 7, Some(AT), Some(b"c-1"), Some(&value))
    };
    let json = Record::new(Topic::Turns, 0, 7, Some(AT), Some(b"c-1"), Some(b"{}"));
    assert_eq!([&record(7), &json].map(|record| task.can_take(record)), [false, true]);
    registry.0.store(true, Relaxed);
    assert_eq!([record(7), record(8)].map(|record| task.can_take(&record)), [true, true]);
    assert_eq!([record(7), record(8)].map(|record| task.event_time(&record)), [Some(AT), None]);
    task.take(&record(7), AT, &mut out);
    task.take(&record(8), AT, &mut out);
    assert_eq!(task.tally.turns, 1);
    let letters: Vec<_> = out.records().filter(|record| record.topic == Topic::DeadLetters).collect();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    let letter = String::from_utf8_lossy(letter.value.unwrap_or_default());
    assert!(letter.contains(r#""error":"schema id 8: gone""#), "{letter}");
}

/// A task that a policy watches.
fn watched(policy: &Arc<crate::domain::policy::Policy>) -> Conversations {
    let shared = Shared { shadows: vec![Shadow::new(policy.clone())], ..(*task().shared).clone() };
    Conversations::new(0, Arc::new(shared), None)
}

/// Changelog records of a batch that ends here, by key.
fn sealed(task: &mut Conversations, number: u64) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let mut out = Outbox::new(Vec::new());
    task.seal(&[9, 0], number, &mut out);
    let changelog = out.records().filter(|record| record.topic == Topic::Changelog);
    changelog
        .map(|record| (record.key.unwrap_or_default().to_vec(), record.value.map(<[u8]>::to_vec)))
        .collect()
}

#[test]
fn a_shadow_that_is_set_again_before_all_of_it_was_dropped_begins_anew() {
    let policy = Arc::new(wire::policy::load("s.toml", "version = \"s\"").expect("a policy"));
    let key = |id: &str| wire::shadow::key(wire::shadow::print(&policy), id.as_bytes());
    let mut state = Vec::new();
    let conversation = Conversation { started_at: AT, last_at: AT, ..Conversation::default() };
    wire::conversation::encode(&conversation, &mut state);
    let mut shadows = Vec::new();
    wire::shadow::put(&state, &mut shadows);
    let mut first = watched(&policy);
    let with_watch =
        sealed(&mut first, 1).remove(wire::partition::KEY).flatten().expect("a partition record");
    let without = sealed(&mut task(), 1).remove(wire::partition::KEY).flatten().expect("a partition record");
    for (record, dropped) in [(with_watch, 0), (without, 2)] {
        let mut heir = watched(&policy);
        for id in ["c-1", "c-2"] {
            heir.restore(&key(id), Some(&shadows)).expect("a state");
        }
        heir.restore(wire::partition::KEY, Some(&record)).expect("a partition record");
        heir.restored("").expect("restored");
        let tombstones = |sealed: &BTreeMap<Vec<u8>, Option<Vec<u8>>>| {
            sealed.values().filter(|value| value.is_none()).count()
        };
        assert_eq!(tombstones(&sealed(&mut heir, 2)), dropped);
        heir.rollback();
        // What it learns anew is not dropped with what it knew, in whatever batch.
        let value = format!(
            r#"{{"event_id":"t-1","conversation_id":"c-1","event_time":{},"role":"customer"}}"#,
            AT + 1
        );
        let turn = Record::new(Topic::Turns, 0, 9, Some(AT + 1), Some(b"c-1"), Some(value.as_bytes()));
        for _ in 0..2 {
            heir.take(&turn, AT + 1, &mut Outbox::new(Vec::new()));
            let sealed = sealed(&mut heir, 2);
            assert!(sealed[&key("c-1")].is_some(), "{sealed:?}");
            assert_eq!(tombstones(&sealed), dropped / 2);
            heir.rollback();
        }
        heir.take(&turn, AT + 1, &mut Outbox::new(Vec::new()));
        sealed(&mut heir, 2);
        heir.commit();
        assert_eq!(tombstones(&sealed(&mut heir, 3)), 0);
    }
}
