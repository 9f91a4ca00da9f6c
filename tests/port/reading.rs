//! How far a reader is: of an input, and of a changelog that is restored.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use segue::engine::port::{Out, Port, Topic};
use segue::kafka::KafkaPort;

use crate::corner::*;

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
