//! What a transaction writes is seen whole or not at all, and a producer that was replaced commits nothing.

use segue::engine::error::Error;
use segue::engine::port::{Committed, Port, Topic};
use segue::kafka::KafkaPort;

use crate::corner::*;

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
