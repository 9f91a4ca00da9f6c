//! Rights: the job runs with exactly those that `segue acl` prints, and each one that is missing is named.

use crate::live::{Acl, Instance, Load, Secure, Site, Tail, Writer, until};

/// How a message names a right that is missing.
fn named(acl: &Acl) -> [String; 2] {
    let on = match acl.resource_type.as_str() {
        "topic" => format!("topic {}", acl.name),
        "group" => format!("group {}", acl.name),
        _ => format!("transactional ids that begin with {}", acl.name),
    };
    [acl.operation.to_uppercase(), on]
}

/// What was told of missing rights, from this line of the log on.
fn told(instance: &Instance, from: usize) -> Vec<String> {
    let lines = instance.log().into_iter().skip(from);
    let texts = lines.filter(|line| line["level"] == "WARN").map(|line| line.to_string());
    texts.filter(|line| line.contains("the cluster refuses us")).collect()
}

fn names(line: &str, acl: &Acl) -> bool {
    // Topics end where the name ends: a comma, a semicolon or a colon follows.
    let [operation, on] = named(acl);
    let part = line.split(';').find(|part| part.contains(&format!("{on}:")) || part.ends_with(&on));
    part.is_some_and(|part| part.contains(&operation)) && line.contains("`segue acl --principal NAME`")
}

fn secured(test: &str) -> Option<(Site, Secure)> {
    let (mut site, secure) = Secure::site(test, 2)?;
    // As the principal that makes topics, with nothing but the rights for that.
    site.front = secure.at("SECURED");
    site.kafka = secure.by_password(&site, "PLAIN", "segue-plain");
    secure.grant(&Secure::rights(&site, "segue-plain", &["--for", "topics"]));
    site.create_topics(1);
    site.kafka = secure.by_password(&site, "SCRAM-SHA-512", "segue");
    Some((site, secure))
}

#[test]
fn secure_the_job_runs_with_exactly_the_printed_rights_and_names_those_that_are_missing_at_its_start() {
    let Some((site, secure)) = secured("secure-start") else { return };
    let rights = Secure::rights(&site, "segue", &[]);
    let (of_topics, others): (Vec<Acl>, Vec<Acl>) =
        rights.into_iter().partition(|acl| acl.resource_type == "topic");
    let instance = site.start("one");
    // Nothing is granted: all of it is told at once.
    until("all topics are named", || {
        told(&instance, 0).last().is_some_and(|line| of_topics.iter().all(|acl| names(line, acl)))
    });
    assert_eq!(instance.ready(), Some(503));
    for (at, acl) in of_topics.iter().enumerate() {
        secure.grant(std::slice::from_ref(acl));
        let rest = &of_topics[at + 1..];
        if !rest.is_empty() {
            until(&format!("{} is no longer missing", acl.name), || {
                told(&instance, 0)
                    .last()
                    .is_some_and(|line| !names(line, acl) && rest.iter().all(|missing| names(line, missing)))
            });
        }
    }
    // Whether a group or an id is allowed shows only when it is used: the inputs are read in the group's name, then
    // transactions are begun, then the windows' group is joined.
    let [group, windows_group, ids] = others.as_slice() else { panic!("{others:?}") };
    for acl in [group, ids, windows_group] {
        until(&format!("{} is named", acl.name), || told(&instance, 0).iter().any(|line| names(line, acl)));
        assert_eq!(instance.ready(), Some(503), "without {}", acl.name);
        secure.grant(std::slice::from_ref(acl));
    }
    instance.until_ready();

    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let second = site.start("two");
    second.until_ready();
    let mut events = Tail::of(&site, "handoff.events");
    writer.turns(&load.turns(600));
    events.reach(&load);
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    writer.turns(&load.after_return());
    events.reach(&load);
    site.finish(load, &writer, [instance, second], events);
    site.done();
}

#[test]
fn secure_a_right_that_is_taken_away_is_named_once_waited_for_and_everything_goes_on_when_it_is_back() {
    let Some((site, secure)) = secured("secure-taken") else { return };
    let rights = Secure::rights(&site, "segue", &[]);
    secure.grant(&rights);
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instance = site.start("one");
    instance.until_ready();
    let mut events = Tail::of(&site, "handoff.events");
    writer.turns(&load.turns(30));
    events.reach(&load);
    // What is used all the time. The others are asked for at the start, and at a restore.
    let used = |acl: &&Acl| {
        let by_name = |part: &str| acl.name.contains(part);
        match acl.operation.as_str() {
            "Write" => !by_name("shadow") && !by_name("dead-letters"),
            _ => by_name("conversation.turns") || by_name("deltas") || acl.resource_type == "group",
        }
    };
    let used: Vec<&Acl> = rights.iter().filter(used).collect();
    assert_eq!(used.len(), 10, "{used:?}");
    for acl in used {
        let from = instance.log().len();
        secure.revoke(std::slice::from_ref(acl));
        writer.turns(&load.turns(30));
        until(&format!("{named:?} is named: {}", instance.path().display(), named = named(acl)), || {
            told(&instance, from).iter().any(|line| names(line, acl))
        });
        until("it is not ready", || instance.ready() == Some(503));
        secure.grant(std::slice::from_ref(acl));
        instance.until_ready();
        events.reach(&load);
        // Each of the threads that need it says so, and hardly anything else is said.
        let said = told(&instance, from).len();
        let lines = instance.log().len() - from;
        assert!(
            said <= 3 && lines <= 60,
            "{acl:?}: told {said} times in {lines} lines, {}",
            instance.path().display()
        );
    }
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    site.finish(load, &writer, [instance], events);
    site.done();
}
