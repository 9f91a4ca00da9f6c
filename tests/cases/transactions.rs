//! Transactions that go wrong: a stranger's that stays open on the changelog, and commits whose request or answer is lost.

use std::collections::BTreeSet;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;

use crate::live::{
    Cut, Instance, Load, PATIENCE, Proxy, Site, Tail, Writer, holds_open_transaction, says, until,
};

/// How a stranger's transaction ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Abort,
    Commit,
    TimeOut,
}

/// A stranger with an open transaction on partition 0 of the changelog: the tombstone of a key that nobody knows.
fn stranger(site: &Site, timeout_ms: &str) -> BaseProducer {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &site.bootstrap)
        .set("transactional.id", format!("{}stranger", site.prefix))
        .set("transaction.timeout.ms", timeout_ms)
        .create()
        .expect("a producer");
    producer.init_transactions(PATIENCE).expect("initialised");
    producer.begin_transaction().expect("begun");
    let changelog = format!("{}.state.changelog", site.application_id());
    let topic = site.topic(&changelog);
    let record = BaseRecord::<str, [u8]>::to(&topic).partition(0).key("c-nobody");
    producer.send(record).map_err(|(error, _)| error).expect("room in the queue");
    producer.flush(PATIENCE).expect("written");
    assert!(holds_open_transaction(site, &changelog), "the stranger's transaction is open");
    producer
}

/// Partitions that were restored, each once: the group may hand one over again.
fn restored(instance: &Instance) -> BTreeSet<i64> {
    let is_restore = |line: &&Value| line["message"] == "restored" && line["topology"] == "Conversations";
    instance.log().iter().filter(is_restore).filter_map(|line| line["partition"].as_i64()).collect()
}

#[test]
fn a_strangers_open_transaction_on_the_changelog_is_waited_for() {
    let Some(mut site) = Site::new("stranger", 3, 1) else { return };
    // One thread: what is assigned stays where it is.
    site.engine = "threads = 1\n".to_owned();
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    let mut instance = site.start("one");
    for end in [End::Abort, End::Commit, End::TimeOut] {
        writer.turns(&load.turns(60));
        events.reach(&load);
        instance.stop();
        let timeout_ms = if matches!(end, End::TimeOut) { "8000" } else { "300000" };
        let stranger = stranger(&site, timeout_ms);
        instance = site.start("one");
        writer.outcomes(&load.outcomes());
        match end {
            // The time may be over before the others are restored: then there is nothing to see but that it goes on.
            End::TimeOut => {}
            End::Abort | End::Commit => {
                until("the other partitions are restored", || restored(&instance) == BTreeSet::from([1, 2]));
                assert_eq!(instance.ready(), Some(503), "not ready before all is restored");
            }
        }
        match end {
            End::Abort => stranger.abort_transaction(PATIENCE).expect("aborted"),
            End::Commit => stranger.commit_transaction(PATIENCE).expect("committed"),
            End::TimeOut => {}
        }
        instance.until_ready();
        assert_eq!(restored(&instance), BTreeSet::from([0, 1, 2]));
        events.reach(&load);
        drop(stranger);
    }
    site.finish(load, &writer, [instance], events);
    site.done();
}

#[test]
fn a_commit_whose_request_or_answer_is_lost_happens_once() {
    const UNKNOWN: &str = "the outcome of a commit is unknown";
    let Some(mut site) = Site::new("lost", 4, 1) else { return };
    let proxy = Proxy::start();
    site.create_topics(1);
    site.front = proxy.front.clone();
    let app = site.application_id();
    let (changelog, deltas) = (format!("{app}.state.changelog"), format!("{app}.metric-deltas"));
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instance = site.start("one");
    instance.until_ready();
    let mut events = Tail::of(&site, "handoff.events");
    // Connections come back at once: the client asks again.
    for cut in [Cut::Answer, Cut::Request].into_iter().cycle().take(6) {
        let before = proxy.cuts();
        proxy.arm(cut);
        let turns = load.turns(90);
        for part in turns.chunks(40) {
            writer.turns(part);
            writer.flush();
        }
        until(&format!("an EndTxn is cut: {cut:?}"), || proxy.cuts() > before);
        events.reach(&load);
        let before = proxy.cuts();
        proxy.arm(cut);
        writer.outcomes(&load.outcomes());
        until(&format!("an EndTxn is cut: {cut:?}"), || proxy.cuts() > before);
        events.reach(&load);
    }
    // Connections stay away until the transaction has ended at the broker, one way or the other. (Not often: a transaction
    // that the broker ends looks like a fence, and three of those in a minute end the program.)
    for cut in [Cut::Answer, Cut::Request] {
        let unknown = || instance.log().iter().filter(|line| says(line, UNKNOWN)).count();
        let (before, known) = (proxy.cuts(), unknown());
        proxy.arm_and_shut(cut);
        writer.turns(&load.turns(90));
        until(&format!("an EndTxn is cut: {cut:?}"), || proxy.cuts() > before);
        until("no transaction is open", || {
            [&changelog, &deltas, "handoff.metrics"].iter().all(|topic| !holds_open_transaction(&site, topic))
        });
        proxy.open();
        match cut {
            // The client asks again, and is told that it had happened.
            Cut::Answer => {}
            Cut::Request => until("the commit number is read back", || unknown() > known),
        }
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
    }
    site.finish(load, &writer, [instance], events);
    site.done();
}

#[test]
fn offsets_that_arrive_in_the_next_transaction_are_shut_out() {
    let Some(mut site) = Site::new("late", 1, 1) else { return };
    let proxy = Proxy::start();
    site.engine = "threads = 1\n".to_owned();
    site.create_topics(1);
    site.front = proxy.front.clone();
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    let mut instance = site.start("one");
    instance.until_ready();
    writer.turns(&load.turns(30));
    events.reach(&load);
    proxy.delay_offsets(&format!("{}-one-0", site.application_id()));
    // A turn a transaction, so that none comes after the one that meets the late offsets.
    let turns = load.turns(6);
    let mut rest = turns.as_slice();
    while proxy.late_answer().is_none() {
        let (next, later) = rest.split_at(1);
        let ends = proxy.ends();
        writer.turns(next);
        writer.flush();
        until("the turn's transaction ends", || proxy.ends() > ends);
        rest = later;
    }
    // What the group says and what the changelog says must still be the same: a restart compares the two.
    instance.stop();
    let instance = site.start("one");
    writer.turns(rest);
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    site.finish(load, &writer, [instance], events);
    site.done();
}
