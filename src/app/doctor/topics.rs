//! The topics: there, able to work, safe, and kept long enough.

use super::{Bench, Finding, Seen, not_asked};
use crate::app::policy_files::load_policy;
use crate::domain::ids::Millis;
use crate::engine::port::Topic;
use crate::kafka::partitioner_check::{self, Verdict};
use crate::kafka::topics::{Found, State};
use crate::wire::fields::spell_duration;

/// What Kafka assumes where a topic says nothing.
const MESSAGE_BYTES_DEFAULT: i64 = 1_048_588;

pub(super) fn topics(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("topics") };
    let mut findings = Vec::new();
    for plan in &seen.plans {
        let found = seen.topics.get(&plan.topic);
        match (&plan.state, found) {
            (State::Missing, _) => {
                let remedy = "create it with `segue topics create`";
                findings.push(Finding::problem(&plan.name, "missing", remedy));
            }
            (State::Wrong { problem, remedy }, _) => {
                findings.push(Finding::problem(&plan.name, problem, remedy))
            }
            (State::Exists, Some(found)) => {
                let worries = worries(bench, seen, plan.topic, found);
                if worries.is_empty() {
                    let shown = format!("{} partitions × {}", found.partitions, found.replication);
                    findings.push(Finding::ok(&plan.name, &shown));
                }
                findings
                    .extend(worries.into_iter().map(|worry| Finding { check: plan.name.clone(), ..worry }));
            }
            (State::Exists, None) => {}
        }
        if found.is_some_and(|found| found.configs.is_empty()) {
            let said = "its settings are not told to us: retention and the like were not checked";
            findings.push(Finding::unknown(&plan.name, said));
        }
    }
    findings.extend(threads(bench, seen));
    findings.extend(partitioners(bench, seen));
    findings
}

/// What may go wrong with a topic that can work. The topic's name is put in by the caller.
fn worries(bench: &Bench, seen: &Seen, topic: Topic, found: &Found) -> Vec<Finding> {
    let number = |name: &str| found.configs.get(name).and_then(|value| value.parse::<i64>().ok());
    let mut worries = Vec::new();
    if found.leaderless > 0 {
        let what = format!("{} partitions have no leader", found.leaderless);
        worries.push(Finding::problem("", &what, "start the brokers that hold them"));
    }
    if found.out_of_sync > 0 {
        let what = format!("{} partitions have copies that are behind or away", found.out_of_sync);
        worries.push(Finding::warning("", &what, "is a broker away? Commits stop below min.insync.replicas"));
    }
    let in_sync = number("min.insync.replicas").unwrap_or(1);
    let copies = i64::from(found.replication);
    if copies < 3 && seen.brokers.len() >= 3 {
        let what = format!("{copies} copies on {} brokers", seen.brokers.len());
        worries.push(Finding::warning("", &what, "raise it to 3 with kafka-reassign-partitions.sh"));
    } else if copies > 1 && in_sync >= copies {
        let what =
            format!("min.insync.replicas {in_sync} of {copies} copies: one broker away stops every commit");
        worries.push(Finding::problem("", &what, &format!("set min.insync.replicas={}", copies - 1)));
    } else if copies >= 3 && in_sync < 2 {
        let what = "min.insync.replicas 1: what is acknowledged may be on one broker alone";
        worries.push(Finding::warning("", what, "set min.insync.replicas=2"));
    }
    if copies > 1 && found.configs.get("unclean.leader.election.enable").is_some_and(|value| value == "true")
    {
        let what = "unclean.leader.election.enable is true: committed records may vanish";
        worries.push(Finding::warning("", what, "set unclean.leader.election.enable=false"));
    }
    let most = number("max.message.bytes").unwrap_or(MESSAGE_BYTES_DEFAULT);
    let wanted = bench.settings.engine.record_bytes_max as i64 + 4_096;
    let is_input = matches!(topic, Topic::Turns | Topic::Outcomes | Topic::Policies);
    if most < wanted && !is_input && !found.configs.is_empty() {
        let what = format!("max.message.bytes {most}, and a record may have {wanted}");
        worries.push(Finding::problem(
            "",
            &what,
            &format!("set max.message.bytes={wanted} or lower engine.record_bytes_max"),
        ));
    }
    worries.extend(retention(bench, topic, number("retention.ms"), number("retention.bytes")));
    worries
}

/// How long a topic must be kept, and why.
fn retention(bench: &Bench, topic: Topic, ms: Option<i64>, bytes: Option<i64>) -> Vec<Finding> {
    let (needed, why): (Millis, &str) = match topic {
        Topic::Turns | Topic::Outcomes => {
            (forget_after(bench), "what a conversation is made of should outlive it (engine.forget_after)")
        }
        Topic::Deltas => (
            bench.settings.metrics.final_after_ms,
            "increments that are deleted before they are read are lost counts (metrics.final_after)",
        ),
        Topic::Metrics => (
            bench.settings.metrics.final_after_ms + 86_400_000,
            "rows must outlive the time in which they are written again (metrics.final_after and a day)",
        ),
        Topic::Events
        | Topic::Summaries
        | Topic::Shadow
        | Topic::DeadLetters
        | Topic::Policies
        | Topic::Changelog => return Vec::new(),
    };
    let mut worries = Vec::new();
    if let Some(ms) = ms.filter(|ms| (0..needed).contains(ms)) {
        let what = format!("kept for {}: {why}", spell_duration(ms));
        worries.push(Finding::warning("", &what, &format!("set retention.ms={needed} or more")));
    }
    if let Some(bytes) = bytes.filter(|bytes| *bytes > 0) {
        let what = format!("retention.bytes {bytes}: a burst deletes input before it is read");
        worries.push(Finding::warning("", &what, "remove it, and bound by retention.ms alone"));
    }
    worries
}

fn forget_after(bench: &Bench) -> Millis {
    let settings = &bench.settings;
    settings.engine.forget_after_ms.unwrap_or_else(|| {
        let file = settings.policy.file.as_deref().map(std::path::Path::new);
        load_policy(file).map_or(0, |policy| policy.lifecycle.forget_after_ms)
    })
}

fn threads(bench: &Bench, seen: &Seen) -> Option<Finding> {
    let partitions = seen.topics.get(&Topic::Turns)?.partitions;
    let threads = bench.settings.engine.threads;
    (threads as i64 > i64::from(partitions)).then(|| {
        let found = format!("{threads} threads for {partitions} partitions: some have nothing to do");
        Finding::warning("engine.threads", &found, "lower it, or create the topics with more partitions")
    })
}

fn partitioners(bench: &Bench, seen: &Seen) -> Option<Finding> {
    let check = "partitioners of turns and outcomes";
    if !seen.topics.contains_key(&Topic::Turns) || !seen.topics.contains_key(&Topic::Outcomes) {
        return None;
    }
    let spec = &bench.spec;
    let sample = |topic| {
        let group = &bench.settings.engine.application_id;
        partitioner_check::sample(&spec.bootstrap, &spec.properties, group, spec.names.of(topic))
    };
    Some(match (sample(Topic::Turns), sample(Topic::Outcomes)) {
        (Ok(turns), Ok(outcomes)) => match partitioner_check::compare(&turns, &outcomes) {
            Verdict::Meet => Finding::ok(check, "turns and outcomes of a conversation meet"),
            Verdict::Open(why) => Finding::unknown(check, &why),
            Verdict::Miss(why) => {
                let remedy = "give both producers the same partitioner (murmur2 in Java, `partitioner=murmur2_random` \
                              in librdkafka), and start with new topics";
                Finding::problem(check, &why, remedy)
            }
        },
        (Err(error), _) | (_, Err(error)) => Finding::unknown(check, &error.to_string()),
    })
}
