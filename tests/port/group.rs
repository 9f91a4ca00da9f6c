//! Members share the partitions, and who is none any more commits nothing.

use std::time::{Duration, Instant};

use segue::engine::error::Error;
use segue::engine::port::{Change, Committed, Membership, Out, Port, Topic};

use crate::corner::*;

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
