//! The only broker is away: readiness tells, the log says it once, and when it is back the work goes on.
//!
//! Kafka 4.1 to 4.3 (KAFKA-20734) take a partition without a leader for one that was deleted, and drop the markers of a
//! transaction that was just committed or aborted: it is complete for its coordinator, and open for good for its readers. The
//! partitions of an only broker have no leader while it ends. So what is decided then must have its markers before, and what is
//! open then is undecided: the coordinator ends it when the broker is back. The two ignored cases cannot be kept from it.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::live::{
    Broker, Instance, Load, PATIENCE, Site, Tail, Writer, holds_open_transaction, until, until_settled,
};

/// What an instance said of an outage, from this line of its log on: not with every retry, of which there are hundreds.
/// (Errors that the client queued before may be told when the broker is back: that is a second time.)
fn complained_little(instance: &Instance, outage: Outage, from: usize) {
    const THREADS: usize = 3;
    const TIMES: usize = 3;
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for line in instance.log().iter().skip(from) {
        let level = line["level"].as_str().unwrap_or_default();
        assert_ne!(level, "ERROR", "an outage is none: {line}");
        if level == "WARN" {
            *said.entry(line["message"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    // A short hang may cost no more than the membership.
    let silent = outage != Outage::Hangs && said.is_empty();
    assert!(!silent, "the outage is in the log: {}", instance.path().display());
    let repeated = said.values().any(|count| *count > TIMES * THREADS);
    assert!(!repeated, "said again and again: {said:?}, {}", instance.path().display());
}

/// What happens to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    /// Its process is stopped, and goes on later.
    Hangs,
    /// It ends in order, and is started again.
    Ends,
    /// It is killed, and started again.
    Dies,
}

#[test]
fn a_broker_that_ends_and_returns_is_waited_for_and_nothing_is_lost() {
    check("outage", Outage::Ends);
}

#[test]
#[ignore = "KAFKA-20734: a broker that was killed takes itself for the leader when it starts, then for a moment has no leaders, in \
            which it aborts what timed out in the outage; run it with -- --ignored dies"]
fn a_broker_that_dies_is_waited_for_and_nothing_is_lost() {
    check("death", Outage::Dies);
}

#[test]
#[ignore = "KAFKA-20734: a broker that was frozen for longer than its session has no leaders for a moment after it, in which it \
            decides what it was asked meanwhile, and what timed out; run it with -- --ignored hangs"]
fn a_broker_that_hangs_is_waited_for_and_nothing_is_lost() {
    check("freeze", Outage::Hangs);
}

/// Until every transaction that was decided so far has its markers: one's own, begun now, has.
fn until_decided_are_marked(site: &Site) {
    const TOPIC: &str = "scratch";
    site.create_topic(TOPIC, site.partitions);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &site.bootstrap)
        .set("transactional.id", site.topic(TOPIC))
        .create()
        .expect("a producer");
    producer.init_transactions(PATIENCE).expect("initialised");
    producer.begin_transaction().expect("begun");
    let topic = site.topic(TOPIC);
    let record = BaseRecord::<str, str>::to(&topic).partition(0).payload("later");
    producer.send(record).map_err(|(error, _)| error).expect("room in the queue");
    producer.commit_transaction(PATIENCE).expect("committed");
    until("the markers are written", || !holds_open_transaction(site, TOPIC));
}

fn check(name: &str, outage: Outage) {
    let Some(mut site) = Site::new(name, 4, 1) else { return };
    site.create_topics(1);
    // A broker that hangs is found out by requests that are not answered.
    site.properties = "\"socket.timeout.ms\" = \"6000\"\n".to_owned();
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instances = ["one", "two"].map(|name| site.start(name));
    let mut events = Tail::of(&site, "handoff.events");
    let mut broker = Broker::number(1);
    until_settled(&instances, 2);
    let lines = instances.each_ref().map(|instance| instance.log().len());
    let turns = load.turns(3_000);
    let (first, second) = turns.split_at(turns.len() * 5 / 6);
    writer.turns(first);
    events.count(events.values.len() + 1);
    if let Outage::Ends | Outage::Dies = outage {
        instances.iter().for_each(|instance| instance.signal("STOP"));
        until_decided_are_marked(&site);
    }
    match outage {
        Outage::Hangs => broker.stop(),
        Outage::Ends => broker.end(),
        Outage::Dies => broker.kill(),
    }
    instances.iter().for_each(|instance| instance.signal("CONT"));
    writer.turns(second);
    for instance in &instances {
        until(&format!("{} is not ready in the outage: {outage:?}", instance.name), || {
            instance.ready() == Some(503)
        });
    }
    match outage {
        Outage::Hangs => broker.go_on(),
        Outage::Ends | Outage::Dies => broker.start(),
    }
    until_settled(&instances, 2);
    instances.iter().zip(lines).for_each(|(instance, from)| complained_little(instance, outage, from));
    writer.flush();
    events.reach(&load);
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    site.finish(load, &writer, instances, events);
    site.done();
}
