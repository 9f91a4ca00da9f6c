//! Three brokers, three copies, two of them needed: each broker in turn is killed and comes back while turns arrive.

use crate::live::{Broker, Load, Site, Tail, Writer, all_in_sync, until, until_settled};

#[test]
fn each_broker_in_turn_is_killed_and_nothing_is_lost() {
    let Some(mut site) = Site::new("brokers", 4, 3) else { return };
    site.create_topics(3);
    site.properties = "\"socket.timeout.ms\" = \"6000\"\n".to_owned();
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instances = ["one", "two"].map(|name| site.start(name));
    let mut events = Tail::of(&site, "handoff.events");
    until_settled(&instances, 2);
    for number in [1, 2, 3] {
        until("every copy is in sync", || all_in_sync(&site, 3));
        let mut broker = Broker::number(number);
        let turns = load.turns(2_000);
        let (first, second) = turns.split_at(turns.len() * 5 / 6);
        writer.turns(first);
        events.count(events.values.len() + 1);
        broker.kill();
        writer.turns(second);
        writer.flush();
        // Two brokers are enough.
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
        broker.start();
    }
    until("every copy is in sync", || all_in_sync(&site, 3));
    site.finish(load, &writer, instances, events);
    site.done();
}
