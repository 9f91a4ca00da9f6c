//! The group moves on: a member that was away too long, members that come and go.

use crate::live::{Instance, Load, Site, Tail, Writer, says, until, until_settled};

#[test]
fn a_zombie_commits_nothing_of_its_old_batch_and_comes_back_by_itself() {
    let Some(site) = Site::new("zombie", 4, 1) else { return };
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instances = ["one", "two"].map(|name| site.start(name));
    let mut events = Tail::of(&site, "handoff.events");
    for (asleep, awake) in [(0, 1), (1, 0)] {
        until_settled(&instances, 2);
        writer.turns(&load.turns(6_000));
        events.count(events.values.len() + 1);
        instances[asleep].signal("STOP");
        // Its partitions are the other's now, and every hand-off of the round is committed without it.
        until("the other one owns everything", || instances[awake].partitions() == 4);
        events.reach(&load);
        instances[asleep].signal("CONT");
        writer.outcomes(&load.outcomes());
        events.reach(&load);
        writer.turns(&load.after_return());
        events.reach(&load);
    }
    until_settled(&instances, 2);
    site.finish(load, &writer, instances, events);
    site.done();
}

#[test]
fn members_that_come_and_go_in_mid_batch_lose_nothing_and_double_nothing() {
    let Some(site) = Site::new("rebalance", 6, 1) else { return };
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut instances = vec![site.start("one"), site.start("two")];
    let mut events = Tail::of(&site, "handoff.events");
    for name in ["three", "one", "two", "three"] {
        // Turns arrive at full speed while the membership changes.
        let turns = load.turns(4_000);
        let mut parts = turns.chunks(turns.len() / 3 + 1);
        writer.turns(parts.next().unwrap_or_default());
        instances.push(site.start(name));
        let joined = |instance: &Instance| instance.log().iter().any(|line| says(line, "assigned"));
        writer.turns(parts.next().unwrap_or_default());
        until("the new one is given partitions", || instances.last().is_some_and(joined));
        writer.turns(parts.next().unwrap_or_default());
        instances.remove(0).stop();
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
    }
    site.finish(load, &writer, instances, events);
    site.done();
}
