//! The only broker is away: readiness tells, the log says it once, and when it is back the work goes on.

use std::collections::BTreeMap;

use crate::live::{Broker, Instance, Load, Site, Tail, Writer, until};

/// Warnings and errors of a thread's trouble with the log: each message at most once a thread and outage.
fn complains_once(instance: &Instance, outages: usize) {
    const THREADS: usize = 3;
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for line in instance.log() {
        let level = line["level"].as_str().unwrap_or_default();
        assert_ne!(level, "ERROR", "an outage is none: {line}");
        if level == "WARN" {
            *said.entry(line["message"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    assert!(!said.is_empty(), "{}: the outage is in the log", instance.name);
    let repeated: Vec<_> = said.iter().filter(|(_, count)| **count > THREADS * outages).collect();
    assert!(repeated.is_empty(), "{}: said again and again: {said:?}", instance.path().display());
}

#[test]
fn a_broker_that_hangs_or_dies_is_waited_for_and_nothing_is_lost() {
    let Some(mut site) = Site::new("outage", 4, 1) else { return };
    site.create_topics(1);
    // A broker that hangs is found out by requests that are not answered.
    site.properties = "\"socket.timeout.ms\" = \"6000\"\n".to_owned();
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instances = ["one", "two"].map(|name| site.start(name));
    let mut events = Tail::of(&site, "handoff.events");
    let mut broker = Broker::number(1);
    for outage in ["hangs", "dies"] {
        instances.iter().for_each(Instance::until_ready);
        let turns = load.turns(3_000);
        let (first, second) = turns.split_at(turns.len() * 5 / 6);
        writer.turns(first);
        events.count(events.values.len() + 1);
        match outage {
            "hangs" => broker.stop(),
            _ => broker.kill(),
        }
        writer.turns(second);
        for instance in &instances {
            until(&format!("{} is not ready while the broker {outage}", instance.name), || {
                instance.ready() == Some(503)
            });
        }
        match outage {
            "hangs" => broker.go_on(),
            _ => broker.start(),
        }
        instances.iter().for_each(Instance::until_ready);
        writer.flush();
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
    }
    instances.iter().for_each(|instance| complains_once(instance, 2));
    site.finish(load, &writer, instances, events);
    site.done();
}
