//! kill -9 in a loop: two instances, one of them killed again and again while turns and outcomes arrive.

use crate::live::{Load, Site, Tail, Writer};

const KILLS: usize = 4;
const CONVERSATIONS: usize = 60;

#[test]
fn killed_again_and_again_it_hands_off_every_conversation_once_and_counts_right() {
    let Some(site) = Site::new("kill", 4, 1) else { return };
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut instances = ["one", "two"].map(|name| site.start(name));
    let mut events = Tail::of(&site, "handoff.events");
    for round in 0..KILLS {
        let turns = load.turns(CONVERSATIONS);
        let (first, second) = turns.split_at(turns.len() / 2);
        writer.turns(first);
        writer.flush();
        let name = instances[round % 2].name.clone();
        instances[round % 2].kill();
        instances[round % 2] = site.start(&name);
        writer.turns(second);
        events.reach(&load);
        let outcomes = load.outcomes();
        let (first, second) = outcomes.split_at(outcomes.len() / 2);
        writer.outcomes(first);
        writer.flush();
        // The other one, in the middle of what the desktop says.
        if round % 2 == 1 {
            let name = instances[0].name.clone();
            instances[0].kill();
            instances[0] = site.start(&name);
        }
        writer.outcomes(second);
        events.reach(&load);
        writer.turns(&load.after_return());
        events.reach(&load);
    }
    site.finish(load, &writer, instances, events);
    site.done();
}
