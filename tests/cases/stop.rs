//! Told to stop: the batch is finished and committed, the group is left, the exit code is 0; a second signal ends at once.

use crate::live::{Broker, Load, Site, Tail, Writer, group_members, until};

#[test]
fn the_first_signal_stops_in_order_and_the_second_at_once() {
    let Some(mut site) = Site::new("stop", 2, 1) else { return };
    site.create_topics(1);
    // Longer than any wait of a test: a member that is gone has left.
    site.session_timeout_ms = 240_000;
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    for signal in ["TERM", "INT"] {
        let mut instance = site.start("one");
        events.catch_up();
        writer.turns(&load.turns(6_000));
        // In the middle of the work of one thread, while the other may still be joining, or own nothing yet.
        events.count(events.values.len() + 1);
        instance.signal(signal);
        assert_eq!(instance.end().code(), Some(0), "after SIG{signal}: {}", instance.path().display());
        for group in [site.application_id(), format!("{}-metrics", site.application_id())] {
            until(&format!("SIG{signal}: {group} is left"), || group_members(&site, &group) == 0);
        }
        for topic in ["handoff.events", "handoff.metrics"] {
            assert!(!holds(&site, topic), "{topic}: no transaction is left open");
        }
    }
    site.session_timeout_ms = 6_000;
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut instance = site.start("one");
        instance.until_ready();
        // A broker that does not answer holds the first stop up.
        let mut broker = Broker::number(1);
        broker.stop();
        instance.signal(signal);
        until("it says that it stops", || instance.has_logged("stopping; once more stops at once"));
        instance.signal(signal);
        assert_eq!(instance.end().code(), Some(code), "after the second SIG{signal}");
        broker.go_on();
    }
    let instance = site.start("one");
    site.finish(load, &writer, [instance], events);
    site.done();
}

fn holds(site: &Site, topic: &str) -> bool {
    crate::live::holds_open_transaction(site, topic)
}
