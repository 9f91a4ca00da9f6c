//! Transactions: atomic, fenced by epochs, ended by markers that may be late.

use super::*;

#[test]
fn a_commit_shows_records_and_offsets_together() {
    let world = World::new();
    let mut port = world.port("a");
    join(&mut port);
    assert_eq!(transact(&mut port, "x", 7), Ok(()));
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x"]);
    assert_eq!(world.broker.committed_offsets(CONVERSATIONS), [next(0, 7)]);
    let stamped: Vec<_> = world.broker.records_all(Topic::Events, 0).iter().map(|r| r.timestamp).collect();
    assert_eq!(stamped, [Some(1_000)]);
}

#[test]
fn an_abort_shows_neither_records_nor_offsets() {
    let world = World::new();
    let mut port = world.port("a");
    join(&mut port);
    let membership = port.membership().expect("a member");
    port.begin().expect("begun");
    port.send(out(Topic::Events, 0, "x")).expect("sent");
    port.send_offsets(&[next(0, 7)], &membership).expect("sent");
    assert_eq!(port.abort(), Ok(()));
    assert_eq!(world.committed(Topic::Events, 0), [""; 0]);
    assert_eq!(lines(&world.broker.records_all(Topic::Events, 0)), ["Events-0@0=x"]);
    assert_eq!(world.broker.committed_offsets(CONVERSATIONS), []);
}

#[test]
fn an_empty_transaction_commits() {
    let world = World::new();
    let mut producer = world.producer("p");
    producer.begin().expect("begun");
    producer.abort(&[]).expect("aborted");
    producer.begin().expect("begun");
    assert_eq!(producer.commit(&[]), Ok(()));
}

#[test]
fn a_fenced_producer_cannot_send() {
    let world = World::new();
    let mut old = world.producer("p");
    old.begin().expect("begun");
    old.send(out(Topic::Events, 0, "old")).expect("sent");
    let mut new = world.producer("p");
    old.send(out(Topic::Events, 0, "older")).expect("send only buffers");
    assert!(is_lost(old.commit(&[])));
    assert!(is_lost(old.begin()), "and stays fenced");
    new.begin().expect("begun");
    new.send(out(Topic::Events, 0, "new")).expect("sent");
    new.commit(&[]).expect("committed");
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@2=new"]);
    assert_eq!(lines(&world.broker.records_all(Topic::Events, 0)), ["Events-0@0=old", "Events-0@2=new"]);
}

#[test]
fn a_fenced_producer_cannot_send_offsets_or_commit() {
    let world = World::new();
    let mut old = world.producer("p");
    old.begin().expect("begun");
    let _new = world.producer("p");
    assert!(is_lost(old.send_offsets(CONVERSATIONS, &[next(0, 1)], &UNFENCED)));
    assert!(is_lost(old.commit(&[])));
    assert_eq!(world.broker.committed_offsets(CONVERSATIONS), []);
}

#[test]
fn a_successor_completes_what_was_decided() {
    let world = World::new();
    let mut old = world.producer("p");
    old.begin().expect("begun");
    old.send(out(Topic::Events, 0, "x")).expect("sent");
    old.commit(&[1_000_000]).expect("committed");
    assert_eq!(world.committed(Topic::Events, 0), [""; 0]);
    world.producer("p");
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x"]);
}

#[test]
fn pending_offsets_make_committed_wait() {
    let world = World::new();
    let mut producer = world.producer("p");
    producer.begin().expect("begun");
    producer.send_offsets(CONVERSATIONS, &[next(0, 9)], &UNFENCED).expect("sent");
    let mut port = world.port("a");
    let waits = Error::Retry("the offset of Turns-0 belongs to an open transaction".into());
    assert_eq!(port.committed(&[1, 0]), Err(waits));
    let nothing = |topic, partition| Committed { topic, partition, offset: None, metadata: String::new() };
    assert_eq!(port.committed(&[1]), Ok(vec![nothing(Topic::Turns, 1), nothing(Topic::Outcomes, 1)]));
    producer.commit(&[]).expect("committed");
    assert_eq!(port.committed(&[0]), Ok(vec![next(0, 9), nothing(Topic::Outcomes, 0)]));
}

#[test]
fn markers_may_be_written_after_the_answer_each_in_its_turn() {
    let world = World::new();
    let mut producer = world.producer("p");
    producer.begin().expect("begun");
    producer.send(out(Topic::Events, 0, "x")).expect("sent");
    producer.send(out(Topic::Events, 1, "y")).expect("sent");
    producer.send_offsets(CONVERSATIONS, &[next(0, 9)], &UNFENCED).expect("sent");
    assert_eq!(producer.commit(&[30, 20, 10]), Ok(()));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let shown = [world.committed(Topic::Events, 0).len(), world.committed(Topic::Events, 1).len()];
        seen.push((shown, world.broker.committed_offsets(CONVERSATIONS).len(), world.broker.late_markers()));
        world.clock.advance(10);
    }
    assert_eq!(seen, [([0, 0], 0, 3), ([0, 0], 1, 2), ([0, 1], 1, 1), ([1, 1], 1, 0)]);
}

#[test]
fn the_next_transaction_waits_for_the_markers_of_the_last() {
    let world = World::new();
    let mut producer = world.producer("p");
    for value in ["x", "y"] {
        producer.begin().expect("begun");
        producer.send(out(Topic::Events, 0, value)).expect("sent");
        producer.commit(&[1_000_000]).expect("committed");
    }
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x"]);
    world.broker.deliver_markers();
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x", "Events-0@2=y"]);
}

#[test]
fn a_transaction_over_its_time_out_is_aborted_and_its_producer_fenced() {
    let world = World::new();
    let mut producer = world.producer("p");
    producer.begin().expect("begun");
    producer.send(out(Topic::Events, 0, "x")).expect("sent");
    world.clock.advance(4_999);
    assert_eq!(world.broker.open_transactions(), ["p"]);
    assert_eq!(world.broker.bounds(Topic::Events, 0), Ok(Bounds { low: 0, end: 0 }));
    world.clock.advance(1);
    assert_eq!(world.broker.bounds(Topic::Events, 0), Ok(Bounds { low: 0, end: 2 }));
    assert!(is_lost(producer.commit(&[])));
    producer.renew();
    assert_eq!(producer.begin(), Ok(()));
}
