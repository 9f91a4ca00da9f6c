//! The only broker is away: readiness tells, the log says it once, and when it is back the work goes on.

use std::collections::BTreeMap;

use crate::live::{Broker, Instance, Load, Site, Tail, Writer, until, until_settled};

/// What an instance said of an outage, from this line of its log on: not with every retry, of which there are hundreds.
/// (Errors that the client queued before may be told when the broker is back: that is a second time.)
fn complained_little(instance: &Instance, outage: &str, from: usize) {
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
    let silent = outage == "dies" && said.is_empty();
    assert!(!silent, "the outage is in the log: {}", instance.path().display());
    let repeated = said.values().any(|count| *count > TIMES * THREADS);
    assert!(!repeated, "said again and again: {said:?}, {}", instance.path().display());
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
        until_settled(&instances, 2);
        let lines = instances.each_ref().map(|instance| instance.log().len());
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
        until_settled(&instances, 2);
        instances.iter().zip(lines).for_each(|(instance, from)| complained_little(instance, outage, from));
        writer.flush();
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
    }
    site.finish(load, &writer, instances, events);
    site.done();
}
