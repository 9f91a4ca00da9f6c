//! Reading: inputs, changelogs, files, cleanup.

use super::*;

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
fn a_file_keeps_its_line_numbers_and_the_key_decides_the_partition() {
    let world = World::new();
    let line = |key: &'static str, offset| {
        let out = Out {
            topic: Topic::Turns,
            partition: None,
            key: Some(key.as_bytes()),
            value: Some(b"v"),
            trace: None,
        };
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
fn a_blocked_poll_wakes_when_a_record_is_appended() {
    let clock = Arc::new(ManualClock::new(0));
    let broker = Broker::new(Settings::new(1), clock);
    let mut port = MemoryPort::new(Arc::clone(&broker), CONVERSATIONS, "a", "a");
    join(&mut port);
    let reader = std::thread::spawn(move || poll(&mut port).1);
    broker.append(out(Topic::Turns, 0, "x"), None).expect("appended");
    assert_eq!(reader.join().expect("a reader"), ["Turns-0@0=x"]);
}
