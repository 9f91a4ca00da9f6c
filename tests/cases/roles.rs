//! The two topologies in processes of their own: each is ready and alive by what it does itself.

use crate::live::{Load, Site, Tail, Writer};

#[test]
fn roles_apart_are_each_ready_by_what_they_do_themselves() {
    let Some(site) = Site::new("roles", 2, 1) else { return };
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instances = ["conversations", "metrics"].map(|role| site.start_with(role, &["--roles", role]));
    for instance in &instances {
        instance.until_ready();
        let (status, body) = instance.get("/healthz").expect("it answers");
        assert_eq!((status, body.matches("\"topology\"").count()), (200, 1), "{}: {body}", instance.name);
    }
    let mut events = Tail::of(&site, "handoff.events");
    writer.turns(&load.turns(60));
    events.reach(&load);
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    site.finish(load, &writer, instances, events);
    site.done();
}
