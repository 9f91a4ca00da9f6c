//! What the embedded log promises, one fact a test: the whole through [`MemoryPort`] and [`Producer`].

use std::sync::Arc;
use std::time::Duration;

use super::Isolation;
use super::broker::{Broker, Settings, Waits};
use super::clock::ManualClock;
use super::faults::{Call, Fault, script};
use super::port::MemoryPort;
use super::producer::Producer;
use crate::engine::error::Error;
use crate::engine::port::{
    Bounds, Change, Committed, Membership, Out, Port, Record, RestoreTarget, Topic, Topology,
};

const CONVERSATIONS: Topology = Topology::Conversations;
const UNFENCED: Membership = Membership { generation: -1, member_id: String::new() };

/// A broker under virtual time: two partitions, sessions of 10 s, transactions of 5 s.
struct World {
    clock: Arc<ManualClock>,
    broker: Arc<Broker>,
}

impl World {
    fn new() -> World {
        let clock = Arc::new(ManualClock::new(1_000));
        let mut settings = Settings::new(2);
        settings.session_timeout_ms = Some(10_000);
        settings.transaction_timeout_ms = Some(5_000);
        settings.send_buffer_records = 1;
        settings.waits = Waits::ReturnAtOnce;
        World { broker: Broker::new(settings, clock.clone()), clock }
    }

    fn producer(&self, id: &str) -> Producer {
        Producer::new(Arc::clone(&self.broker), id)
    }

    fn port(&self, name: &str) -> MemoryPort {
        MemoryPort::new(Arc::clone(&self.broker), CONVERSATIONS, name, name)
    }

    fn failing(&self, name: &str, steps: Vec<(Call, u64, Fault)>) -> MemoryPort {
        self.port(name).with_faults(script(steps))
    }

    fn committed(&self, topic: Topic, partition: i32) -> Vec<String> {
        lines(&self.broker.read_committed(topic, partition, 0))
    }
}

fn lines(records: &[Record]) -> Vec<String> {
    let line = |record: &Record| {
        let value = record.value().map_or("-".into(), String::from_utf8_lossy);
        format!("{:?}-{}@{}={value}", record.topic, record.partition, record.offset)
    };
    records.iter().map(line).collect()
}

fn out(topic: Topic, partition: i32, value: &str) -> Out<'_> {
    Out { topic, partition: Some(partition), key: Some(b"k"), value: Some(value.as_bytes()) }
}

fn next(partition: i32, offset: i64) -> Committed {
    let metadata = format!("commit {offset}");
    Committed { topic: Topic::Turns, partition, offset: Some(offset), metadata }
}

fn poll(port: &mut MemoryPort) -> (Vec<Change>, Vec<String>) {
    let mut records = Vec::new();
    let changes = port.poll(Duration::from_secs(60), 100, &mut records).expect("a poll");
    (changes, lines(&records))
}

/// Polls and resumes what it is assigned, from the committed offset.
fn join(port: &mut MemoryPort) -> Vec<Change> {
    let (changes, _) = poll(port);
    for change in &changes {
        if let Change::Assigned(partitions) = change {
            for partition in partitions {
                port.resume(Topic::Turns, *partition).expect("resumed");
                port.resume(Topic::Outcomes, *partition).expect("resumed");
            }
        }
    }
    changes
}

/// One transaction of a port: an event with this value on partition 0, and the next offset of turns 0.
fn transact(port: &mut MemoryPort, value: &str, offset: i64) -> Result<(), Error> {
    port.begin()?;
    port.send(out(Topic::Events, 0, value))?;
    let membership = port.membership().unwrap_or(UNFENCED);
    port.send_offsets(&[next(0, offset)], &membership)?;
    port.commit()
}

fn is_lost<T: std::fmt::Debug>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Lost(_)))
}

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
fn a_stale_generation_cannot_commit_offsets() {
    let world = World::new();
    let mut port = world.port("a");
    join(&mut port);
    let stale = port.membership().expect("a member");
    world.broker.rebalance(CONVERSATIONS);
    port.begin().expect("begun");
    port.send(out(Topic::Events, 0, "x")).expect("sent");
    let refused = port.send_offsets(&[next(0, 1)], &stale);
    assert_eq!(refused, Err(Error::Abort("generation 1 is stale, the group is at 2".into())));
    assert_eq!(port.commit(), Err(Error::Abort("generation 1 is stale, the group is at 2".into())));
    assert_eq!(port.abort(), Ok(()));
    assert_eq!(transact(&mut port, "y", 1), Ok(()));
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@2=y"]);
}

#[test]
fn generation_minus_one_is_accepted_unfenced() {
    let world = World::new();
    let mut member = world.port("a");
    join(&mut member);
    let mut stranger = world.producer("p");
    stranger.begin().expect("begun");
    assert_eq!(stranger.send_offsets(CONVERSATIONS, &[next(0, 9)], &UNFENCED), Ok(()));
    stranger.commit(&[]).expect("committed");
    assert_eq!(world.broker.committed_offsets(CONVERSATIONS), [next(0, 9)]);
}

#[test]
fn an_empty_list_of_offsets_is_not_checked() {
    let world = World::new();
    let mut producer = world.producer("p");
    let nobody = Membership { generation: 99, member_id: "nobody".into() };
    producer.begin().expect("begun");
    assert_eq!(producer.send_offsets(CONVERSATIONS, &[], &nobody), Ok(()));
    assert_eq!(producer.commit(&[]), Ok(()));
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

#[test]
fn an_unknown_commit_may_have_happened_or_not_or_be_open() {
    let unknown = || Error::Reload("no answer".into());
    // What the plan does at the commit, what is seen before the producer is renewed, and after.
    let cases = [
        (vec![Fault::After(unknown())], 1, 1),
        (vec![Fault::Before(unknown())], 0, 0),
        (vec![Fault::TimeOutTransaction, Fault::Before(unknown())], 0, 0),
        (vec![Fault::LateMarkers(vec![60_000]), Fault::After(unknown())], 0, 1),
    ];
    for (faults, before, after) in cases {
        let world = World::new();
        let plan = faults.iter().map(|fault| (Call::Commit, 1, fault.clone())).collect();
        let mut port = world.failing("a", plan);
        join(&mut port);
        assert_eq!(transact(&mut port, "x", 1), Err(unknown()), "{faults:?}");
        assert_eq!(port.begin(), Err(unknown()), "dead until renewed, {faults:?}");
        assert_eq!(world.committed(Topic::Events, 0).len(), before, "{faults:?}");
        port.renew().expect("renewed");
        assert_eq!(world.committed(Topic::Events, 0).len(), after, "{faults:?}");
        assert_eq!(world.broker.committed_offsets(CONVERSATIONS).len(), after, "{faults:?}");
        assert_eq!(port.begin(), Ok(()), "{faults:?}");
    }
}

#[test]
fn a_retriable_lost_answer_is_given_when_asked_again() {
    let world = World::new();
    let again = Error::Retry("no answer".into());
    let mut port = world.failing("a", vec![(Call::Commit, 1, Fault::After(again.clone()))]);
    join(&mut port);
    assert_eq!(transact(&mut port, "x", 1), Err(again));
    assert_eq!(port.commit(), Ok(()));
    assert_eq!(transact(&mut port, "y", 2), Ok(()));
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x", "Events-0@2=y"]);
}

#[test]
fn a_crash_leaves_the_group_only_by_time_out_and_the_transaction_open() {
    let world = World::new();
    let mut port = world.failing("a", vec![(Call::SendOffsets, 1, Fault::CrashAfter)]);
    join(&mut port);
    assert_eq!(transact(&mut port, "x", 1), Err(Error::Fatal("crash".into())));
    assert_eq!((port.membership(), port.has_crashed()), (None, true));
    drop(port);
    let mut heir = world.port("b");
    assert_eq!(join(&mut heir), []);
    assert_eq!(world.broker.open_transactions(), ["a"]);
    world.clock.advance(9_999);
    assert_eq!(join(&mut heir), []);
    world.clock.advance(1);
    assert_eq!(join(&mut heir), [Change::Assigned(vec![0, 1])]);
    assert_eq!(world.broker.open_transactions(), [""; 0]);
    assert_eq!(world.committed(Topic::Events, 0), [""; 0]);
}

#[test]
fn a_zombie_is_refused_learns_at_its_next_poll_and_joins_anew() {
    let world = World::new();
    let mut zombie = world.port("a");
    join(&mut zombie);
    let stale = zombie.membership().expect("a member");
    zombie.begin().expect("begun");
    assert!(world.broker.expire_member(CONVERSATIONS, "a-1"));
    let mut heir = world.port("b");
    assert_eq!(join(&mut heir), [Change::Assigned(vec![0, 1])]);
    assert_eq!(zombie.membership(), None);
    let refused = zombie.send_offsets(&[next(0, 1)], &stale);
    assert_eq!(refused, Err(Error::Abort("the group does not know member \"a-1\"".into())));
    zombie.abort().expect("aborted");
    assert_eq!(join(&mut zombie), [Change::Revoked(vec![0, 1])]);
    assert_eq!(zombie.member_id(), Some("a-3"));
    assert_eq!(join(&mut heir), [Change::Revoked(vec![1])]);
    assert_eq!(join(&mut zombie), [Change::Assigned(vec![1])]);
}

#[test]
fn changes_are_delivered_only_by_poll_while_the_membership_already_knows_the_generation() {
    let world = World::new();
    let (mut a, mut b) = (world.port("a"), world.port("b"));
    join(&mut a);
    join(&mut b);
    let generation = |port: &mut MemoryPort| port.membership().map(|membership| membership.generation);
    assert_eq!(generation(&mut a), Some(2));
    assert_eq!(a.position(Topic::Turns, 1), Ok(None), "still assigned");
    assert_eq!(poll(&mut a).0, [Change::Revoked(vec![1])]);
    assert!(a.position(Topic::Turns, 1).is_err());
    assert_eq!(join(&mut b), [Change::Assigned(vec![1])]);
    assert_eq!((generation(&mut a), generation(&mut b)), (Some(3), Some(3)));
}

#[test]
fn a_poll_may_return_records_of_a_partition_it_takes_away() {
    let world = World::new();
    let mut a = world.port("a");
    join(&mut a);
    let mut b = world.port("b");
    join(&mut b);
    world.broker.append(out(Topic::Turns, 1, "x"), None).expect("appended");
    assert_eq!(poll(&mut a), (vec![Change::Revoked(vec![1])], vec!["Turns-1@0=x".into()]));
}

#[test]
fn leaving_hands_the_partitions_over_at_once() {
    let world = World::new();
    let (mut a, mut b) = (world.port("a"), world.port("b"));
    join(&mut a);
    join(&mut b);
    a.leave().expect("left");
    assert_eq!(a.membership(), None);
    assert_eq!(join(&mut b), [Change::Assigned(vec![0, 1])]);
}

#[test]
fn a_poll_shares_its_limit_and_skips_what_is_paused() {
    let world = World::new();
    for value in ["a", "b", "c"] {
        world.broker.append(out(Topic::Turns, 0, value), None).expect("appended");
        world.broker.append(out(Topic::Outcomes, 0, value), None).expect("appended");
        world.broker.append(out(Topic::Turns, 1, value), None).expect("appended");
    }
    let mut port = world.port("a");
    join(&mut port);
    port.pause(Topic::Turns, 1).expect("paused");
    port.seek(Topic::Turns, 0, 1).expect("sought");
    let mut records = Vec::new();
    port.poll(Duration::ZERO, 2, &mut records).expect("a poll");
    let mut got = lines(&records);
    got.sort();
    assert_eq!(got, ["Outcomes-0@0=a", "Turns-0@1=b"]);
    let mut rest = poll(&mut port).1;
    rest.sort();
    assert_eq!(rest, ["Outcomes-0@1=b", "Outcomes-0@2=c", "Turns-0@2=c"]);
    port.resume(Topic::Turns, 1).expect("resumed");
    assert_eq!(poll(&mut port).1, ["Turns-1@0=a", "Turns-1@1=b", "Turns-1@2=c"]);
}

#[test]
fn a_position_passes_markers_and_aborted_records() {
    let world = World::new();
    let mut producer = world.producer("p");
    for value in ["x", "y"] {
        producer.begin().expect("begun");
        producer.send(out(Topic::Turns, 0, value)).expect("sent");
        producer.abort(&[]).expect("aborted");
    }
    let mut port = world.port("a");
    join(&mut port);
    assert_eq!(poll(&mut port), (vec![], vec![]));
    assert_eq!(port.position(Topic::Turns, 0), Ok(Some(4)));
    assert_eq!(port.bounds(Topic::Turns, 0), Ok(Bounds { low: 0, end: 4 }));
}

#[test]
fn a_restore_aims_at_the_high_watermark_and_stands_before_an_open_transaction() {
    let world = World::new();
    let mut producer = world.producer("p");
    world.broker.append(out(Topic::Changelog, 0, "x"), None).expect("appended");
    producer.begin().expect("begun");
    producer.send(out(Topic::Changelog, 0, "y")).expect("sent");
    let mut port = world.port("a");
    let mut read = Vec::new();
    let mut restore = |port: &mut MemoryPort| {
        let mut sink = |partition: i32, key: &[u8], value: Option<&[u8]>| {
            read.push((partition, [key, value.unwrap_or(b"-")].concat()));
        };
        port.restore_poll(Duration::ZERO, &mut sink).expect("a poll")
    };
    assert_eq!(port.restore_start(0), Ok(RestoreTarget { low: 0, high: 2 }));
    assert_eq!(restore(&mut port), [(0, 1)]);
    assert_eq!(restore(&mut port), [(0, 1)]);
    producer.commit(&[]).expect("committed");
    assert_eq!(port.restore_high(0), Ok(3));
    assert_eq!(restore(&mut port), [(0, 3)]);
    port.restore_stop(0).expect("stopped");
    assert_eq!(restore(&mut port), []);
    assert_eq!(read, [(0, b"kx".to_vec()), (0, b"ky".to_vec())]);
}

#[test]
fn a_fault_before_a_call_leaves_everything_as_it_was() {
    let world = World::new();
    let error = Error::Retry("broker away".into());
    let calls = [Call::Poll, Call::Committed, Call::Begin, Call::Send, Call::SendOffsets, Call::Commit];
    let plan = calls.map(|call| (call, 1, Fault::Before(error.clone()))).to_vec();
    let mut port = world.failing("a", plan);
    assert_eq!(port.poll(Duration::ZERO, 1, &mut Vec::new()), Err(error.clone()));
    join(&mut port);
    assert_eq!(port.committed(&[0]), Err(error.clone()));
    let membership = port.membership().expect("a member");
    assert_eq!([port.begin(), port.begin()], [Err(error.clone()), Ok(())]);
    let mut send = || port.send(out(Topic::Events, 0, "x"));
    assert_eq!([send(), send()], [Err(error.clone()), Ok(())]);
    let mut offsets = || port.send_offsets(&[next(0, 1)], &membership);
    assert_eq!([offsets(), offsets()], [Err(error.clone()), Ok(())]);
    assert_eq!([port.commit(), port.commit()], [Err(error), Ok(())]);
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x"]);
}

#[test]
fn a_file_keeps_its_line_numbers_and_the_key_decides_the_partition() {
    let world = World::new();
    let line = |key: &'static str, offset| {
        let out = Out { topic: Topic::Turns, partition: None, key: Some(key.as_bytes()), value: Some(b"v") };
        world.broker.append_at(out, offset, Some(5)).map(|written| (written.partition, written.offset))
    };
    // murmur2("21") is even once the sign is masked, murmur2("abc") is odd.
    assert_eq!([line("21", 1), line("abc", 2), line("21", 3)], [Ok((0, 1)), Ok((1, 2)), Ok((0, 3))]);
    assert!(matches!(line("21", 3), Err(Error::Fatal(_))));
    let got = world.broker.read(Topic::Turns, 0, 2, Isolation::Committed, 9);
    assert_eq!((lines(&got.records), got.position), (vec!["Turns-0@3=v".into()], 4));
}

#[test]
fn cleanup_leaves_what_is_unread_and_the_last_word_of_a_key() {
    let world = World::new();
    for value in ["a", "b", "c"] {
        for topic in [Topic::Turns, Topic::Events, Topic::Changelog] {
            world.broker.append(out(topic, 0, value), None).expect("appended");
        }
    }
    let mut producer = world.producer("p");
    producer.begin().expect("begun");
    producer.send_offsets(CONVERSATIONS, &[next(0, 1)], &UNFENCED).expect("sent");
    producer.commit(&[]).expect("committed");
    world.broker.cleanup(1);
    assert_eq!(world.committed(Topic::Turns, 0), ["Turns-0@1=b", "Turns-0@2=c"]);
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@2=c"]);
    assert_eq!(world.committed(Topic::Changelog, 0), ["Changelog-0@2=c"]);
}

#[test]
fn the_groups_of_the_two_topologies_know_nothing_of_each_other() {
    let world = World::new();
    let mut conversations = world.port("a");
    let mut windows = MemoryPort::new(Arc::clone(&world.broker), Topology::Windows, "w", "w");
    join(&mut conversations);
    assert_eq!(poll(&mut windows).0, [Change::Assigned(vec![0, 1])]);
    assert_eq!(poll(&mut conversations).0, []);
    assert!(windows.pause(Topic::Turns, 0).is_err());
    assert_eq!(windows.resume(Topic::Deltas, 0), Ok(()));
}

#[test]
fn a_blocked_poll_wakes_when_a_record_is_appended() {
    let clock = Arc::new(ManualClock::new(0));
    let broker = Broker::new(Settings::new(1), clock);
    let mut port = MemoryPort::new(Arc::clone(&broker), CONVERSATIONS, "a", "a");
    join(&mut port);
    let reader = std::thread::spawn(move || poll(&mut port).1);
    broker.append(out(Topic::Turns, 0, "x"), None).expect("appended");
    assert_eq!(reader.join().expect("a reader"), ["Turns-0@0=x"]);
}
