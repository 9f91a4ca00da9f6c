//! A shadow policy on a real cluster: killed in the middle, its events are those of a replay under it, and the acting policy's
//! events and rows are those of a replay without it.

use crate::live::{Load, Site, Tail, Writer};

/// Hands off what the built-in policy leaves to the AI: every customer who waits for a minute.
const CANARY: &str = "version = \"7\"\n[triggers.no_response]\nafter_ms = 60000\ndecision = \"hand_off\"\n\
    [triggers.customer_request]\ndecision = \"offer\"\n";

#[test]
fn a_shadow_says_what_a_replay_says_whatever_is_killed() {
    let Some(mut site) = Site::new("shadow", 2, 1) else { return };
    let canary = site.folder.join("canary.toml");
    std::fs::write(&canary, CANARY).expect("a policy file");
    site.tables = format!("[policy]\nshadow = [\"{}\"]\n", canary.display());
    site.create_topics(1);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut instances = ["one", "two"].map(|name| site.start(name));
    let mut events = Tail::of(&site, "handoff.events");
    for instance in &mut instances {
        let turns = load.turns(40);
        let (first, second) = turns.split_at(turns.len() / 2);
        writer.turns(first);
        writer.flush();
        let name = instance.name.clone();
        instance.kill();
        *instance = site.start(&name);
        writer.turns(second);
        events.reach(&load);
        writer.outcomes(&load.outcomes());
        events.reach(&load);
    }
    site.finish(load, &writer, instances, events);
    site.compare_shadow(&canary);
    site.done();
}
