//! What becomes of a state that a restore took and nobody can read.

use super::*;

const AT: Millis = 1_764_000_000_000;

fn task() -> Conversations {
    let shared = Shared {
        settings: Settings::default(),
        policy: Arc::new(wire::policy::built_in()),
        stats: Arc::new(Stats::default()),
        transcript_topic: None,
        turns_name: "turns".to_owned(),
        outcomes_name: "outcomes".to_owned(),
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
    assert_eq!((task.store.len(), task.store.staged().count()), (1, 0));
}

#[test]
fn a_timer_of_a_state_that_cannot_be_read_is_passed_over() {
    let (mut task, mut out) = (task(), Outbox::new(Vec::new()));
    task.restore(b"c-1", Some(&damaged())).expect("its beginning is whole");
    task.restored("").expect("restored");
    task.advance(AT + 365 * 86_400_000, AT, &mut out);
    assert_eq!((out.records().count(), task.store.len()), (0, 1));
}
