//! The topics as the design wants them, against what a cluster has. Pure.
//!
//! What cannot work, whatever the settings: an input or event topic that is compacted (its key is the conversation, so
//! turns would vanish), a changelog that is not (state would vanish), partition counts that differ where the engine
//! goes by partition number (turns, outcomes and changelog; deltas and metrics), and policies in more than one partition
//! (which came last decides; the first alone is read).

use std::collections::BTreeMap;

use crate::engine::error::Error;
use crate::engine::port::Topic;
use crate::kafka::{Names, Properties};

/// Partitions of a first `segue topics create` that names no number.
const PARTITIONS: i32 = 6;
/// A window is written again for a day and `metrics.final_after` (a day): its last row must live longer than that.
const METRICS_RETENTION_MS_MIN: i64 = 3 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What to plan for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// `host:port,host:port`.
    pub bootstrap: String,
    pub properties: Properties,
    pub names: Names,
    /// Of topics that are missing. `None`: as many as the turns already have, or six.
    pub partitions: Option<i32>,
    /// Copies of topics that are missing. `None`: three, or one on a cluster of fewer brokers.
    pub replication: Option<i32>,
}

/// One topic: as it is if it exists, as it would be created if not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    pub topic: Topic,
    pub name: String,
    pub partitions: i32,
    pub replication: i32,
    /// What we create it with; of one that exists, what we would have.
    pub configs: Vec<(&'static str, String)>,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Exists,
    Missing,
    /// It exists and cannot work.
    Wrong {
        problem: String,
        remedy: String,
    },
}

/// A topic as the cluster describes it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    pub partitions: i32,
    pub replication: i32,
    /// Empty where we may not ask: then nothing is held against it.
    pub configs: BTreeMap<String, String>,
    /// It may not be described to us, and may not even exist.
    pub hidden: bool,
    /// Partitions that nobody leads, and partitions with copies that are behind.
    pub leaderless: usize,
    pub out_of_sync: usize,
}

/// The topics as they would be created on an empty cluster, which is not asked. Without a number: six partitions, three
/// copies.
pub fn design(names: &Names, partitions: Option<i32>, replication: Option<i32>) -> Vec<TopicPlan> {
    let spec = Spec {
        bootstrap: String::new(),
        properties: Properties::default(),
        names: names.clone(),
        partitions,
        replication,
    };
    compare(&spec, 3, &BTreeMap::new())
}

/// What is wrong with a topic and what to do, in a line; `None` if it can work.
pub fn problem(plan: &TopicPlan) -> Option<String> {
    match &plan.state {
        State::Exists => None,
        State::Missing => {
            Some(format!("topic {} is missing: create it with `segue topics create`", plan.name))
        }
        State::Wrong { problem, remedy } => Some(format!("topic {}: {problem}: {remedy}", plan.name)),
    }
}

/// Partitions of a topic that exists. Errors: it does not; what to do.
pub fn partitions_of(plans: &[TopicPlan], topic: Topic) -> Result<i32, Error> {
    let plan = plans.iter().find(|plan| plan.topic == topic);
    let there = plan.filter(|plan| plan.state != State::Missing && plan.partitions > 0);
    let missing = || plan.and_then(problem).unwrap_or_else(|| format!("topic {topic:?}: it is not there"));
    there.map(|plan| plan.partitions).ok_or_else(|| Error::Fatal(missing()))
}

/// Partitions of the two topologies, which may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Of turns and what goes by their numbers: the conversations'.
    pub turns: i32,
    /// Of the deltas: the windows'.
    pub deltas: i32,
}

impl Counts {
    /// Of topics that exist.
    pub fn of(plans: &[TopicPlan]) -> Counts {
        let of = |topic| plans.iter().find(|plan| plan.topic == topic).map_or(1, |plan| plan.partitions);
        Counts { turns: of(Topic::Turns), deltas: of(Topic::Deltas) }
    }
}

pub(super) fn compare(spec: &Spec, brokers: i32, found: &BTreeMap<Topic, Found>) -> Vec<TopicPlan> {
    let seen = |topic: Topic| found.get(&topic).filter(|seen| !seen.hidden).map(|seen| seen.partitions);
    let partitions = seen(Topic::Turns).or(spec.partitions).unwrap_or(PARTITIONS);
    let deltas = seen(Topic::Deltas).unwrap_or(partitions);
    let replication = spec.replication.unwrap_or(if brokers >= 3 { 3 } else { 1 });
    Topic::ALL
        .into_iter()
        .map(|topic| {
            let wanted = match topic {
                Topic::Policies => 1,
                Topic::Metrics => deltas,
                Topic::Turns
                | Topic::Outcomes
                | Topic::Events
                | Topic::Summaries
                | Topic::Shadow
                | Topic::DeadLetters
                | Topic::Changelog
                | Topic::Deltas => partitions,
            };
            let name = spec.names.of(topic).to_owned();
            let configs = configs(topic, replication);
            let shared = earlier(&spec.names, topic).map(|_| State::Wrong {
                problem: "it has two roles".to_owned(),
                remedy: "give each its own name under [topics]".to_owned(),
            });
            match found.get(&topic) {
                None if shared.is_none() => {
                    TopicPlan { topic, name, partitions: wanted, replication, configs, state: State::Missing }
                }
                seen => {
                    let seen = seen.cloned().unwrap_or_default();
                    let state =
                        shared.unwrap_or_else(|| judge(topic, &seen, wanted, spec.names.of(leader(topic))));
                    let (partitions, replication) = (seen.partitions, seen.replication);
                    TopicPlan { topic, name, partitions, replication, configs, state }
                }
            }
        })
        .collect()
}

/// Another role that has the same topic already.
pub(super) fn earlier(names: &Names, topic: Topic) -> Option<Topic> {
    Topic::ALL
        .into_iter()
        .take_while(|&other| other != topic)
        .find(|&other| names.of(other) == names.of(topic))
}

/// The topic whose partition numbers this one's must equal.
fn leader(topic: Topic) -> Topic {
    match topic {
        Topic::Metrics => Topic::Deltas,
        Topic::Turns
        | Topic::Outcomes
        | Topic::Events
        | Topic::Summaries
        | Topic::Shadow
        | Topic::DeadLetters
        | Topic::Policies
        | Topic::Changelog
        | Topic::Deltas => Topic::Turns,
    }
}

/// How old records go, and what a change of it would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cleanup {
    /// Every record counts: compaction would lose some.
    Delete,
    /// The last record of a key is state: it must never be deleted.
    Compact,
    /// The last record of a key is what readers want, for as long as retention says.
    CompactDelete,
}

fn cleanup(topic: Topic) -> Cleanup {
    match topic {
        Topic::Turns
        | Topic::Outcomes
        | Topic::Events
        | Topic::Shadow
        | Topic::DeadLetters
        | Topic::Deltas => Cleanup::Delete,
        Topic::Changelog | Topic::Policies => Cleanup::Compact,
        Topic::Summaries | Topic::Metrics => Cleanup::CompactDelete,
    }
}

fn configs(topic: Topic, replication: i32) -> Vec<(&'static str, String)> {
    let retention = |days: i64| ("retention.ms", (days * DAY_MS).to_string());
    let mut configs = match cleanup(topic) {
        Cleanup::Delete => vec![("cleanup.policy", "delete".to_owned()), retention(7)],
        Cleanup::Compact => vec![("cleanup.policy", "compact".to_owned())],
        Cleanup::CompactDelete => vec![("cleanup.policy", "compact,delete".to_owned()), retention(90)],
    };
    if topic == Topic::DeadLetters {
        configs[1] = retention(30);
    }
    if matches!(topic, Topic::Changelog | Topic::Metrics) {
        // A restore reads all of it: old values must go soon, and segments be small enough to go.
        configs.push(("segment.bytes", (64 << 20).to_string()));
        configs.push(("min.cleanable.dirty.ratio", "0.1".to_owned()));
        configs.push(("max.compaction.lag.ms", (60 * 60 * 1000).to_string()));
    }
    if replication >= 3 {
        configs.push(("min.insync.replicas", "2".to_owned()));
    }
    configs
}

fn judge(topic: Topic, seen: &Found, wanted: i32, leader: &str) -> State {
    let wrong = |problem: String, remedy: String| State::Wrong { problem, remedy };
    if seen.hidden {
        let remedy = "grant it DESCRIBE: `segue acl --for topics --principal NAME` prints the rights";
        return wrong("it may not be described to this principal".to_owned(), remedy.to_owned());
    }
    let by_number = matches!(topic, Topic::Outcomes | Topic::Changelog | Topic::Metrics);
    if by_number && seen.partitions != wanted {
        return wrong(
            format!("{} partitions, and {leader} has {wanted}", seen.partitions),
            "both need the same number; the engine goes by partition number, so create one of them anew"
                .to_owned(),
        );
    }
    if topic == Topic::Policies && seen.partitions != wanted {
        return wrong(
            format!("{} partitions, and policies are in force by their order in one", seen.partitions),
            "delete it, create it again with `segue topics create`, and apply the policy again".to_owned(),
        );
    }
    let policy = seen.configs.get("cleanup.policy").map_or("", String::as_str);
    let (compacts, deletes) = (policy.contains("compact"), policy.contains("delete"));
    let set = |value: &str| format!("set cleanup.policy={value}");
    match cleanup(topic) {
        _ if policy.is_empty() => {}
        Cleanup::Delete if compacts => {
            return wrong("compaction would lose records".to_owned(), set("delete"));
        }
        Cleanup::Compact if deletes || !compacts => {
            return wrong(
                "its records are state, and retention would delete them".to_owned(),
                set("compact"),
            );
        }
        Cleanup::CompactDelete if !compacts => {
            return wrong("without compaction every revision stays".to_owned(), set("compact,delete"));
        }
        Cleanup::Delete | Cleanup::Compact | Cleanup::CompactDelete => {}
    }
    let retention = seen.configs.get("retention.ms").and_then(|value| value.parse::<i64>().ok());
    match retention {
        Some(ms) if topic == Topic::Metrics && deletes && (0..METRICS_RETENTION_MS_MIN).contains(&ms) => {
            wrong(
                format!("rows are deleted after {ms} ms, before their windows are final"),
                format!("set retention.ms={METRICS_RETENTION_MS_MIN} or more"),
            )
        }
        Some(_) | None => State::Exists,
    }
}

#[cfg(test)]
mod tests;
