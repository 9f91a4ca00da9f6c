//! Facts of the port against a real Kafka: what the engine's exactly-once rests on.
//!
//! Needs `SEGUE_TEST_BOOTSTRAP` (`scripts/kafka run -- cargo test --release --test kafka_port`); without it every test
//! says so and passes. Topics and groups are each test's own, so tests may run at once and a cluster be used again.
//! Deadlines only end a test that has failed; nothing is measured, and nothing waits for time to pass.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use segue::engine::error::Error;
use segue::engine::port::{Change, Committed, Membership, Out, Port, Topic, Topology};
use segue::kafka::partitioner_check::{self, Partitioner, Verdict};
use segue::kafka::topics::{self, Spec, State};
use segue::kafka::{KafkaConfig, KafkaPort, Names, Properties};

mod corner;

use corner::*;

#[test]
fn a_committed_transaction_is_read_and_an_aborted_one_is_not() {
    let Some(corner) = Corner::new("visible", 2) else { return };
    let (mut writer, mut reader) = (corner.side("w"), corner.port("r"));
    ready(&mut writer);
    write(&mut writer, &[out(Topic::Turns, "c-1", "one")]);
    writer.begin().expect("begin");
    writer.send(out(Topic::Turns, "c-1", "never")).expect("send");
    writer.abort().expect("abort");
    write(&mut writer, &[out(Topic::Turns, "c-1", "two"), out(Topic::Outcomes, "c-1", "three")]);

    join(&mut reader, 2);
    let (_, records) = poll_until(&mut reader, |_, records| records.len() >= 3);
    let mut seen: Vec<_> = records.iter().map(text).collect();
    seen.sort();
    let expect = |topic, value: &str| (topic, "c-1".to_owned(), value.to_owned());
    assert_eq!(
        seen,
        [expect(Topic::Turns, "one"), expect(Topic::Turns, "two"), expect(Topic::Outcomes, "three")]
    );
    // The two topics put a key into the same partition, and time stamps are the writer's clock.
    assert!(
        records.iter().all(|record| record.partition == records[0].partition && record.timestamp.is_some())
    );
}

#[test]
fn the_position_moves_past_markers_to_the_end_of_the_partition() {
    let Some(corner) = Corner::new("position", 1) else { return };
    // This writer takes the turns for its changelog, so that it can ask for their high watermark.
    let mut config = corner.config("w");
    config.application_id += "-side";
    config.names = config.names.clone().with(Topic::Changelog, config.names.of(Topic::Turns));
    let (mut writer, mut reader) = (KafkaPort::new(config).expect("a port"), corner.port("r"));
    ready(&mut writer);
    write(&mut writer, &[out(Topic::Turns, "c-1", "one")]);
    write_and_abort(&mut writer, Out { partition: Some(0), ..out(Topic::Turns, "c-1", "never") }, 3);

    join(&mut reader, 1);
    // record, marker, aborted record, marker
    let bounds = retry(|| reader.bounds(Topic::Turns, 0)).expect("bounds");
    assert_eq!((bounds.low, bounds.end), (0, 4));
    let deadline = Instant::now() + PATIENCE;
    let mut records = Vec::new();
    while reader.position(Topic::Turns, 0).expect("position") != Some(4) {
        retry(|| reader.poll(WAIT, 10, &mut records)).expect("poll");
        assert!(Instant::now() < deadline, "the position stays at {:?}", reader.position(Topic::Turns, 0));
    }
    assert_eq!(records.len(), 1);
    // Nothing was ever written to the outcomes: the position is where we sought.
    assert_eq!(reader.position(Topic::Outcomes, 0), Ok(Some(0)));
}

#[test]
fn offsets_and_their_metadata_commit_with_the_transaction_or_not_at_all() {
    let Some(corner) = Corner::new("offsets", 1) else { return };
    let (mut writer, mut port) = (corner.side("w"), corner.port("p"));
    ready(&mut writer);
    write(&mut writer, &[out(Topic::Turns, "c-1", "one"), out(Topic::Turns, "c-1", "two")]);
    join(&mut port, 1);
    assert!(
        port.committed(&[0]).expect("committed").iter().all(|c| c.offset.is_none() && c.metadata.is_empty())
    );
    let (_, records) = poll_until(&mut port, |_, records| records.len() == 2);
    let member = port.membership().expect("a member");

    port.begin().expect("begin");
    port.send(out(Topic::Events, "c-1", "event")).expect("send");
    port.send_offsets(&[commit_of(&records[0], 7)], &member).expect("offsets");
    port.commit().expect("commit");
    port.begin().expect("begin");
    port.send_offsets(&[commit_of(&records[1], 8)], &member).expect("offsets");
    port.abort().expect("abort");

    let expect = |topic, offset, metadata: &str| Committed {
        topic,
        partition: 0,
        offset,
        metadata: metadata.to_owned(),
    };
    assert_eq!(
        retry(|| port.committed(&[0])),
        Ok(vec![expect(Topic::Turns, Some(1), "7"), expect(Topic::Outcomes, None, "")])
    );
}

#[test]
fn after_an_abort_a_seek_brings_the_same_records_again() {
    let Some(corner) = Corner::new("again", 1) else { return };
    let (mut writer, mut port) = (corner.side("w"), corner.port("p"));
    ready(&mut writer);
    write(&mut writer, &[out(Topic::Turns, "c-1", "one"), out(Topic::Turns, "c-1", "two")]);
    join(&mut port, 1);
    let (_, first) = poll_until(&mut port, |_, records| records.len() == 2);
    port.begin().expect("begin");
    port.send(out(Topic::Events, "c-1", "event")).expect("send");
    port.abort().expect("abort");
    port.seek(Topic::Turns, 0, 0).expect("seek");
    let (_, again) = poll_until(&mut port, |_, records| records.len() == 2);
    assert_eq!(first, again);
}

#[test]
fn a_stale_generation_and_an_unknown_member_are_refused() {
    let Some(corner) = Corner::new("stale", 2) else { return };
    let (mut first, mut second) = (corner.port("a"), corner.port("b"));
    join(&mut first, 2);
    let before = first.membership().expect("a member");

    // The second member's joining makes a new generation.
    let deadline = Instant::now() + PATIENCE;
    let mut changes = Vec::new();
    while owned(&changes).len() != 1 {
        retry(|| first.poll(Duration::from_millis(10), 10, &mut Vec::new())).expect("poll");
        changes.extend(retry(|| second.poll(Duration::from_millis(10), 10, &mut Vec::new())).expect("poll"));
        assert!(Instant::now() < deadline, "the second member got {changes:?}");
    }
    let after = first.membership().expect("a member");
    assert_eq!(after.member_id, before.member_id);
    assert!(after.generation > before.generation, "{before:?}, {after:?}");

    let offset = Committed { topic: Topic::Turns, partition: 0, offset: Some(0), metadata: "1".into() };
    let stranger = Membership { member_id: "stranger".into(), ..after.clone() };
    for stale in [before, stranger] {
        first.begin().expect("begin");
        first.send(out(Topic::Events, "c-1", "event")).expect("send");
        let refused = first.send_offsets(std::slice::from_ref(&offset), &stale);
        assert!(matches!(refused, Err(Error::Abort(_))), "{stale:?}: {refused:?}");
        first.abort().expect("abort");
    }
    // What a broker accepts unfenced does not reach it.
    first.begin().expect("begin");
    let unfenced = Membership { generation: -1, member_id: String::new() };
    assert!(matches!(first.send_offsets(std::slice::from_ref(&offset), &unfenced), Err(Error::Abort(_))));
    assert!(matches!(first.send_offsets(&[], &after), Err(Error::Abort(_))));
    // And the present one is taken.
    first.send_offsets(&[offset], &after).expect("offsets");
    first.commit().expect("commit");
}

#[test]
fn a_restore_reads_committed_state_to_the_high_watermark_and_past_markers() {
    let Some(corner) = Corner::new("restore", 2) else { return };
    let (mut writer, mut port) = (corner.side("w"), corner.port("p"));
    ready(&mut writer);
    let state = |partition, key: &'static str, value: Option<&'static str>| Out {
        topic: Topic::Changelog,
        partition: Some(partition),
        key: Some(key.as_bytes()),
        value: value.map(str::as_bytes),
        trace: None,
    };
    write(&mut writer, &[state(1, "c-1", Some("a")), state(1, "c-2", Some("b"))]);
    write_and_abort(&mut writer, state(1, "c-1", Some("never")), 4);
    write(&mut writer, &[state(1, "c-2", None)]);

    let empty = retry(|| port.restore_start(0)).expect("start");
    let target = retry(|| port.restore_start(1)).expect("start");
    assert_eq!((empty.low, empty.high), (0, 0));
    // two records, marker, aborted record, marker, tombstone, marker
    assert_eq!((target.low, target.high), (0, 7));
    let mut restored = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let positions = port
            .restore_poll(WAIT, &mut |partition, key, value| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                restored.push((partition, text(key), value.map(text)));
            })
            .expect("restore");
        let at: BTreeMap<i32, i64> = positions.into_iter().collect();
        assert_eq!(at[&0], 0);
        if at[&1] >= target.high {
            break;
        }
        assert!(Instant::now() < deadline, "the restore stays at {at:?}");
    }
    let record = |key: &str, value: Option<&str>| (1, key.to_owned(), value.map(str::to_owned));
    assert_eq!(restored, [record("c-1", Some("a")), record("c-2", Some("b")), record("c-2", None)]);
    assert_eq!(port.restore_high(1), Ok(7));
    port.restore_stop(0).expect("stop");
    port.restore_stop(1).expect("stop");
    assert_eq!(port.restore_poll(Duration::ZERO, &mut |_, _, _| {}), Ok(vec![]));
}

#[test]
fn a_restore_waits_at_an_open_transaction_and_knows_what_lies_behind() {
    let Some(corner) = Corner::new("open", 1) else { return };
    let (mut writer, mut port) = (corner.patient_side("w"), corner.port("p"));
    ready(&mut writer);
    let state = |value: &'static str| Out {
        topic: Topic::Changelog,
        partition: Some(0),
        key: Some(b"c-1"),
        value: Some(value.as_bytes()),
        trace: None,
    };
    write(&mut writer, &[state("a")]);
    writer.begin().expect("begin");
    writer.send(state("b")).expect("send");

    // The record of the open transaction leaves the queue by itself; until then the watermark does not know it.
    let deadline = Instant::now() + PATIENCE;
    let mut target = retry(|| port.restore_start(0)).expect("start");
    while target.high < 3 {
        target = retry(|| port.restore_start(0)).expect("start");
        assert!(Instant::now() < deadline, "the high watermark stays at {}", target.high);
    }
    let mut values = Vec::new();
    let mut read = |port: &mut KafkaPort| {
        let positions = port
            .restore_poll(WAIT, &mut |_, _, value| values.push(value.unwrap_or_default().to_vec()))
            .expect("restore");
        positions[0].1
    };
    while read(&mut port) < 2 {
        assert!(Instant::now() < deadline, "the restore does not reach the open transaction");
    }
    assert_eq!(read(&mut port), 2, "read_committed stops at the last stable offset");
    writer.commit().expect("commit");
    while read(&mut port) < target.high {
        assert!(Instant::now() < deadline, "the restore does not reach the target");
    }
    assert_eq!(values, [b"a", b"b"]);
}

#[test]
fn two_members_share_the_partitions_and_the_co_partitions_follow() {
    let Some(corner) = Corner::new("share", 4) else { return };
    let mut writer = corner.side("w");
    ready(&mut writer);
    let (mut first, mut second) = (corner.port("a"), corner.port("b"));
    join(&mut first, 4);
    let mut all_of_first = vec![Change::Assigned(vec![0, 1, 2, 3])];
    let mut all_of_second = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while owned(&all_of_second).len() != 2 || owned(&all_of_first).len() != 2 {
        let wait = Duration::from_millis(10);
        all_of_first.extend(retry(|| first.poll(wait, 10, &mut Vec::new())).expect("poll"));
        all_of_second.extend(retry(|| second.poll(wait, 10, &mut Vec::new())).expect("poll"));
        assert!(Instant::now() < deadline, "{all_of_first:?}, {all_of_second:?}");
    }
    let mut together = [owned(&all_of_first), owned(&all_of_second)].concat();
    together.sort_unstable();
    assert_eq!(together, [0, 1, 2, 3]);

    read_on(&mut second, &owned(&all_of_second));
    let records: Vec<(Topic, i32)> =
        (0..4).flat_map(|partition| [(Topic::Turns, partition), (Topic::Outcomes, partition)]).collect();
    writer.begin().expect("begin");
    for &(topic, partition) in &records {
        writer
            .send(Out { topic, partition: Some(partition), key: Some(b"c"), value: Some(b"v"), trace: None })
            .expect("send");
    }
    writer.commit().expect("commit");

    // Each reads both topics of its own partitions, and nothing else.
    let mut seen = Vec::new();
    for (port, changes) in [(&mut first, &all_of_first), (&mut second, &all_of_second)] {
        let (_, records) = poll_until(port, |_, records| records.len() >= 4);
        assert!(records.iter().all(|record| owned(changes).contains(&record.partition)), "{records:?}");
        seen.extend(records.iter().map(|record| (record.topic, record.partition)));
    }
    seen.sort_unstable();
    let mut expected = records;
    expected.sort_unstable();
    assert_eq!(seen, expected);

    // Who leaves in order hands over at once.
    second.leave().expect("leave");
    assert_eq!(second.membership(), None);
    while owned(&all_of_first).len() != 4 {
        all_of_first.extend(retry(|| first.poll(WAIT, 10, &mut Vec::new())).expect("poll"));
        assert!(Instant::now() < deadline, "{all_of_first:?}");
    }
}

#[test]
fn a_renewed_producer_fences_the_old_and_ends_its_transaction() {
    let Some(corner) = Corner::new("fence", 1) else { return };
    let (mut old, mut new, mut reader) = (corner.side("same"), corner.side("same"), corner.port("r"));
    ready(&mut old);
    old.begin().expect("begin");
    old.send(out(Topic::Turns, "c-1", "never")).expect("send");
    retry(|| new.renew()).expect("renew");
    write(&mut new, &[out(Topic::Turns, "c-1", "one")]);
    // Whether the old one learns it at the commit or before, its outcome is not for it to say.
    assert!(matches!(old.commit(), Err(Error::Reload(_))));

    join(&mut reader, 1);
    let (_, records) = poll_until(&mut reader, |_, records| !records.is_empty());
    assert_eq!(
        records.iter().map(text).collect::<Vec<_>>(),
        [(Topic::Turns, "c-1".to_owned(), "one".to_owned())]
    );

    // Back and forth three times in a minute: two processes under one name.
    retry(|| old.renew()).expect("renew");
    assert!(matches!(fenced_by(&mut new, &mut old), Error::Reload(_)));
    retry(|| new.renew()).expect("renew");
    assert!(matches!(fenced_by(&mut old, &mut new), Error::Reload(_)));
    retry(|| old.renew()).expect("renew");
    assert!(matches!(fenced_by(&mut new, &mut old), Error::Reload(_)));
    retry(|| new.renew()).expect("renew");
    let last = fenced_by(&mut old, &mut new);
    assert!(matches!(&last, Error::Fatal(text) if text.contains("engine.instance_id")), "{last:?}");
}

/// `loser` was replaced by `winner`: what its next transaction says.
fn fenced_by(loser: &mut KafkaPort, winner: &mut KafkaPort) -> Error {
    write(winner, &[out(Topic::Turns, "c-1", "winner")]);
    loser.begin().expect("begin");
    let sent = loser.send(out(Topic::Turns, "c-1", "loser"));
    sent.and_then(|()| loser.commit()).expect_err("a fenced producer commits")
}

#[test]
fn without_a_cluster_calls_ask_for_a_retry_and_the_link_is_down() {
    // Port 1 on loopback: refused at once.
    let names = Names::new("", "nobody");
    let config = KafkaConfig {
        bootstrap: "127.0.0.1:1".into(),
        properties: Properties::default(),
        application_id: "nobody".into(),
        instance_id: "i".into(),
        thread: 0,
        topology: Topology::Windows,
        names,
        message_bytes_max: 900_000,
    };
    let mut port = KafkaPort::new(config).expect("a port");
    let link = port.link();
    let deadline = Instant::now() + PATIENCE;
    while link.last_error().is_none() {
        let answer = port.poll(Duration::ZERO, 10, &mut Vec::new());
        assert!(matches!(answer, Err(Error::Retry(_))), "{answer:?}");
        assert!(Instant::now() < deadline, "no error is remembered");
    }
    assert!(!link.connected());
    assert!(matches!(port.bounds(Topic::Deltas, 0), Err(Error::Retry(_))));
    assert!(matches!(port.partitions(Topic::Deltas), Err(Error::Retry(_))));
    port.leave().expect("leave");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refused = |name: &str, value: &str| {
        let config = KafkaConfig {
            bootstrap: "127.0.0.1:1".into(),
            properties: vec![(name.to_owned(), value.to_owned())].into(),
            application_id: "nobody".into(),
            instance_id: "i".into(),
            thread: 0,
            topology: Topology::Windows,
            names: Names::new("", "nobody"),
            message_bytes_max: 900_000,
        };
        match KafkaPort::new(config) {
            Err(Error::Fatal(text)) => text,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{name} was accepted"),
        }
    };
    assert!(
        refused("isolation.level", "read_uncommitted").starts_with("kafka.properties.isolation.level cannot")
    );
    assert!(refused("no.such.property", "1").starts_with("kafka.properties.no.such.property: "));
    assert!(!refused("linger.ms", "s3cret").contains("s3cret"));
}

#[test]
fn topics_are_created_once_and_what_cannot_work_is_named() {
    let Some(corner) = Corner::new("topics", 3) else { return };
    let check = |spec: &Spec| {
        topics::check(spec, &corner.application_id, &[Topology::Conversations, Topology::Windows])
    };
    let plans = topics::create(&corner.spec).expect("again");
    assert!(plans.iter().all(|plan| plan.state == State::Exists), "{plans:?}");
    let counts: Vec<i32> = plans.iter().map(|plan| plan.partitions).collect();
    assert_eq!(counts, [3, 3, 3, 3, 3, 3, 3, 1, 3, 3]);
    assert_eq!(check(&corner.spec), Ok(plans));

    // Events are deleted by age and the changelog is state: neither can be the other.
    let [events, changelog] = [Topic::Events, Topic::Changelog].map(|topic| corner.spec.names.of(topic));
    let names = corner.spec.names.clone().with(Topic::Changelog, events).with(Topic::Events, changelog);
    let Err(Error::Fatal(text)) = check(&Spec { names, ..corner.spec.clone() }) else { panic!("accepted") };
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            format!("topic {changelog}: compaction would lose records: set cleanup.policy=delete"),
            format!(
                "topic {events}: its records are state, and retention would delete them: set cleanup.policy=compact"
            ),
        ]
    );
    let names = corner.spec.names.clone().with(Topic::Shadow, events);
    let Err(Error::Fatal(text)) = check(&Spec { names, ..corner.spec.clone() }) else { panic!("accepted") };
    assert_eq!(text, format!("topic {events}: it has two roles: give each its own name under [topics]"));
    let missing =
        Spec { names: corner.spec.names.clone().with(Topic::Turns, "no.such.topic"), ..corner.spec.clone() };
    let Err(Error::Fatal(text)) = check(&missing) else { panic!("accepted") };
    assert_eq!(text, "topic no.such.topic is missing: create it with `segue topics create`");
}

#[test]
fn the_port_counts_partitions_and_names_a_topic_that_is_missing() {
    let Some(corner) = Corner::new("counts", 3) else { return };
    let mut config = corner.config("p");
    config.names = config.names.with(Topic::Shadow, "no.such.topic");
    let mut port = KafkaPort::new(config).expect("a port");
    assert_eq!(retry(|| port.partitions(Topic::Deltas)), Ok(3));
    let missing = retry(|| port.partitions(Topic::Shadow));
    assert!(
        matches!(&missing, Err(Error::Fatal(text)) if text.contains("segue topics create")),
        "{missing:?}"
    );
}

#[test]
fn the_partitioner_of_an_input_is_recognised_from_its_keys() {
    let Some(corner) = Corner::new("partitioner", 6) else { return };
    let mut writer = corner.side("w");
    ready(&mut writer);
    writer.begin().expect("begin");
    for n in 0..50 {
        let key = format!("c-{n}");
        writer.send(out(Topic::Turns, &key, "v")).expect("send");
        // As a program does that leaves librdkafka's partitioner as it is: wrong for most keys.
        let elsewhere = Out { partition: Some(n % 6), ..out(Topic::Outcomes, &key, "v") };
        writer.send(elsewhere).expect("send");
    }
    writer.commit().expect("commit");
    let sample = |topic| {
        let names = &corner.spec.names;
        retry(|| {
            partitioner_check::sample(
                &corner.spec.bootstrap,
                &corner.spec.properties,
                &corner.application_id,
                names.of(topic),
            )
        })
        .expect("a sample")
    };
    let (turns, outcomes) = (sample(Topic::Turns), sample(Topic::Outcomes));
    assert_eq!((turns.keys.len(), outcomes.keys.len()), (50, 50));
    assert_eq!(partitioner_check::recognise(&turns), Partitioner::Murmur2);
    assert!(matches!(partitioner_check::compare(&turns, &outcomes), Verdict::Miss(_)));
}
