//! The two topologies in processes of their own: each is ready and alive by what it does itself.

use crate::live::{Load, Site, Tail, Writer};

#[test]
fn roles_apart_are_each_ready_by_what_they_do_themselves() {
    let Some(site) = Site::new("roles", 2, 1) else { return };
    // The windows have partitions of their own number: one for the deltas of two.
    site.create_topic(&format!("{}.metric-deltas", site.application_id()), 1);
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instances = ["conversations", "metrics"].map(|role| site.start_with(role, &["--roles", role]));
    // Two threads of conversations and one of metrics, by default.
    for (instance, threads) in instances.iter().zip([2, 1]) {
        instance.until_ready();
        let (status, body) = instance.get("/healthz").expect("it answers");
        let own = format!("\"name\":\"{}-", instance.name);
        let (all, own) = (body.matches("\"topology\"").count(), body.matches(&own).count());
        assert_eq!((status, all, own), (200, threads, threads), "{}: {body}", instance.name);
    }
    let mut events = Tail::of(&site, "handoff.events");
    writer.turns(&load.turns(60));
    events.reach(&load);
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    site.finish(load, &writer, instances, events);
    site.done();
}
