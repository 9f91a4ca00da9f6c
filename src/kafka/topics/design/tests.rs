//! The design against clusters that are empty, uneven or wrong.

use super::*;

fn spec(partitions: Option<i32>) -> Spec {
    Spec {
        bootstrap: String::new(),
        properties: Properties::default(),
        names: Names::new("p.", "app"),
        partitions,
        replication: None,
    }
}

fn found(partitions: i32, configs: &[(&str, &str)]) -> Found {
    let configs = configs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Found { partitions, replication: 1, configs, ..Found::default() }
}

#[test]
fn an_empty_cluster_gets_the_whole_table() {
    let plans = compare(&spec(Some(4)), 1, &BTreeMap::new());
    let lines: Vec<String> = plans
        .iter()
        .map(|plan| {
            let configs: Vec<String> =
                plan.configs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}x{} {}", plan.name, plan.partitions, plan.replication, configs.join(" "))
        })
        .collect();
    let small = "segment.bytes=67108864 min.cleanable.dirty.ratio=0.1 max.compaction.lag.ms=3600000";
    assert_eq!(
        lines,
        [
            "p.conversation.turns 4x1 cleanup.policy=delete retention.ms=604800000".to_owned(),
            "p.handoff.outcomes 4x1 cleanup.policy=delete retention.ms=604800000".to_owned(),
            "p.handoff.events 4x1 cleanup.policy=delete retention.ms=604800000".to_owned(),
            "p.conversation.summaries 4x1 cleanup.policy=compact,delete retention.ms=7776000000".to_owned(),
            format!("p.handoff.metrics 4x1 cleanup.policy=compact,delete retention.ms=7776000000 {small}"),
            "p.handoff.shadow-events 4x1 cleanup.policy=delete retention.ms=604800000".to_owned(),
            "p.segue.dead-letters 4x1 cleanup.policy=delete retention.ms=2592000000".to_owned(),
            "p.segue.policies 1x1 cleanup.policy=compact".to_owned(),
            format!("p.app.state.changelog 4x1 cleanup.policy=compact {small}"),
            "p.app.metric-deltas 4x1 cleanup.policy=delete retention.ms=604800000".to_owned(),
        ]
    );
    assert!(plans.iter().all(|plan| plan.state == State::Missing));
}

#[test]
fn three_brokers_get_three_copies_of_which_two_must_be_in_sync() {
    let plans = compare(&spec(None), 3, &BTreeMap::new());
    assert!(plans.iter().all(|plan| plan.replication == 3));
    assert!(plans.iter().all(|plan| plan.configs.contains(&("min.insync.replicas", "2".to_owned()))));
}

#[test]
fn what_is_missing_follows_the_turns_that_exist() {
    let plans = compare(&spec(Some(4)), 1, &BTreeMap::from([(Topic::Turns, found(12, &[]))]));
    let counts: Vec<i32> = plans.iter().map(|plan| plan.partitions).collect();
    assert_eq!(counts, [12, 12, 12, 12, 12, 12, 12, 1, 12, 12]);
}

#[test]
fn deltas_may_have_partitions_of_their_own_number() {
    let cluster = BTreeMap::from([(Topic::Turns, found(6, &[])), (Topic::Deltas, found(2, &[]))]);
    let plans = compare(&spec(None), 1, &cluster);
    assert_eq!(Counts::of(&plans), Counts { turns: 6, deltas: 2 });
    assert!(plans.iter().any(|plan| (plan.topic, plan.partitions) == (Topic::Metrics, 2)));
}

fn check(topic: Topic, seen: Found, expected: Option<&str>) {
    let cluster = BTreeMap::from([(Topic::Turns, found(6, &[])), (topic, seen)]);
    let plans = compare(&spec(None), 1, &cluster);
    let said = plans.iter().find(|plan| plan.topic == topic).and_then(problem);
    match expected {
        None => assert_eq!(said, None, "{topic:?}"),
        Some(part) => {
            assert!(said.as_deref().is_some_and(|said| said.contains(part)), "{topic:?}: {said:?}")
        }
    }
}

#[test]
fn what_cannot_work_is_refused_with_the_remedy() {
    let policy = |value| found(6, &[("cleanup.policy", value)]);
    check(Topic::Outcomes, found(5, &[]), Some("5 partitions, and p.conversation.turns has 6"));
    check(Topic::Changelog, found(7, &[]), Some("7 partitions"));
    check(Topic::Events, found(1, &[]), None);
    check(Topic::Turns, policy("compact"), Some("set cleanup.policy=delete"));
    check(Topic::Outcomes, policy("compact,delete"), Some("set cleanup.policy=delete"));
    check(Topic::Changelog, policy("compact,delete"), Some("set cleanup.policy=compact"));
    check(Topic::Changelog, policy("delete"), Some("set cleanup.policy=compact"));
    check(Topic::Changelog, policy("compact"), None);
    let policies = |value| Found { partitions: 1, ..policy(value) };
    check(Topic::Policies, policies("delete"), Some("set cleanup.policy=compact"));
    check(Topic::Policies, policies("compact"), None);
    check(Topic::Policies, policy("compact"), Some("6 partitions, and policies are in force by their order"));
    check(Topic::Summaries, policy("delete"), Some("set cleanup.policy=compact,delete"));
    check(Topic::Metrics, policy("compact"), None);
    let metrics = |ms| found(6, &[("cleanup.policy", "compact,delete"), ("retention.ms", ms)]);
    check(Topic::Metrics, metrics("86400000"), Some("set retention.ms=259200000 or more"));
    check(Topic::Metrics, metrics("-1"), None);
    check(Topic::Metrics, metrics("604800000"), None);
}
