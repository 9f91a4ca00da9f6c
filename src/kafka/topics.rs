//! The topics of the design on a cluster: planned, created where missing, and refused where they cannot work.
//!
//! What cannot work, whatever the settings: an input or event topic that is compacted (its key is the conversation, so
//! turns would vanish), a changelog that is not (state would vanish), partition counts that differ where the engine
//! goes by partition number (turns, outcomes and changelog; deltas and metrics), and policies in more than one partition
//! (which came last decides; the first alone is read).

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::{Metadata, MetadataPartition};

use super::granted::topic_access;
use super::link::{Quiet, is_denial};
use super::rights::{self, Resource};
use super::{Names, Properties, error, settings};
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};

/// Partitions of a first `segue topics create` that names no number.
const PARTITIONS: i32 = 6;
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// One question for the metadata; the reason why there is no answer is looked for in between.
const STEP_WAIT: Duration = Duration::from_secs(1);
/// Where brokers cannot be reached, that is said after this time already.
const NOBODY_WAIT: Duration = Duration::from_secs(5);
/// Events of a failing client that are taken at a time.
const EVENTS_MAX: usize = 100;
const VISIBLE_WAIT: Duration = Duration::from_secs(15);
const VISIBLE_PAUSE: Duration = Duration::from_millis(50);

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

/// A client that asks, and hears why nobody answers; and how to make one for what only an admin client does.
pub(super) struct Cluster {
    pub(super) asker: BaseConsumer<Quiet>,
    settings: ClientConfig,
}

impl Cluster {
    pub(super) fn admin(&self) -> Result<AdminClient<Quiet>, Error> {
        let link = self.asker.context().link.clone();
        let made = self.settings.create_with_context(Quiet { link: link.clone() });
        let admin: AdminClient<Quiet> = made.map_err(|e| error::of_client("admin client", &e))?;
        link.log_in(admin.inner()).map_err(Error::Retry)?;
        Ok(admin)
    }
}

/// Compares the cluster with the design. Changes nothing.
pub fn plan(spec: &Spec) -> Result<Vec<TopicPlan>, Error> {
    let cluster = connect(spec)?;
    let (brokers, found) = describe(&cluster, &spec.names)?;
    Ok(compare(spec, brokers, &found))
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

/// What the cluster says of our topics, and the comparison with the design. Changes nothing.
pub fn observe(spec: &Spec) -> Result<(BTreeMap<Topic, Found>, Vec<TopicPlan>), Error> {
    let cluster = connect(spec)?;
    let (brokers, found) = describe(&cluster, &spec.names)?;
    let plans = compare(spec, brokers, &found);
    Ok((found, plans))
}

/// Creates what is missing and waits until the cluster shows it. Again: no change and no error. What is wrong stays.
pub fn create(spec: &Spec) -> Result<Vec<TopicPlan>, Error> {
    let cluster = connect(spec)?;
    let (brokers, found) = describe(&cluster, &spec.names)?;
    let plans = compare(spec, brokers, &found);
    let missing: Vec<&TopicPlan> = plans.iter().filter(|plan| plan.state == State::Missing).collect();
    if missing.is_empty() {
        return Ok(plans);
    }
    let new: Vec<NewTopic<'_>> = missing.iter().map(|plan| new_topic(plan)).collect();
    let options = AdminOptions::new().operation_timeout(Some(ANSWER_WAIT)).request_timeout(Some(ANSWER_WAIT));
    let admin = cluster.admin()?;
    let answers =
        block_on(admin.create_topics(&new, &options)).map_err(|e| error::of_client("create topics", &e))?;
    for answer in answers {
        match answer {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) if is_denial(code) => {
                return Err(Error::Fatal(format!(
                    "create topic {name}: {code}: `segue acl --for topics --principal NAME` prints the rights to grant"
                )));
            }
            Err((name, code)) => return Err(error::of_code(&format!("create topic {name}"), code)),
        }
    }
    let deadline = Instant::now() + VISIBLE_WAIT;
    loop {
        let (brokers, found) = describe(&cluster, &spec.names)?;
        let plans = compare(spec, brokers, &found);
        if plans.iter().all(|plan| plan.state != State::Missing) {
            return Ok(plans);
        }
        if Instant::now() >= deadline {
            return Err(Error::Retry("the cluster does not show the topics it has created".into()));
        }
        thread::sleep(VISIBLE_PAUSE);
    }
}

/// For the start of these topologies: all rights there, every topic there and able to work, or the whole list of what to
/// do. A missing right is an error of class Retry: whoever grants it need not start us again.
pub fn check(spec: &Spec, application_id: &str, topologies: &[Topology]) -> Result<Vec<TopicPlan>, Error> {
    let cluster = connect(spec)?;
    let (brokers, found) = describe(&cluster, &spec.names)?;
    let rights = rights::to_run(&spec.names, application_id, topologies);
    let missing = rights::missing(cluster.asker.client(), &rights, ANSWER_WAIT)?;
    if !missing.is_empty() {
        return Err(Error::Retry(rights::spell(&missing)));
    }
    // What another process does, we may not even see.
    let ours =
        |plan: &TopicPlan| rights.iter().any(|right| right.resource == Resource::Topic(plan.name.clone()));
    let plans = compare(spec, brokers, &found);
    let problems: Vec<String> = plans.iter().filter(|plan| ours(plan)).filter_map(problem).collect();
    if problems.is_empty() { Ok(plans) } else { Err(Error::Fatal(problems.join("\n"))) }
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

pub(super) fn connect(spec: &Spec) -> Result<Cluster, Error> {
    spec.properties.accept()?;
    let settings = settings::client(&spec.bootstrap, &spec.properties)?;
    let asker = Quiet::asker(&settings, &spec.properties, "client")?;
    Ok(Cluster { asker, settings })
}

/// All topics that we may see. Why nobody answers is known before the time is over where the login or TLS fails.
fn metadata(asker: &BaseConsumer<Quiet>) -> Result<Metadata, Error> {
    let deadline = Instant::now() + ANSWER_WAIT;
    loop {
        // All topics, not ours by name: a question for one by name may create it.
        let failure = match asker.fetch_metadata(None, STEP_WAIT) {
            Ok(found) => return Ok(found),
            Err(failure) => failure,
        };
        // Only polls hand over what went wrong, one event or log line each; there is nothing else to poll for.
        (0..EVENTS_MAX).for_each(|_| drop(asker.poll(Duration::ZERO)));
        let link = &asker.context().link;
        if let Some(known) = link.last_trouble() {
            return Err(Error::Retry(known));
        }
        let known = link.last_error();
        let nobody = known.is_some() && Instant::now() + ANSWER_WAIT >= deadline + NOBODY_WAIT;
        if nobody || Instant::now() >= deadline {
            return Err(error::of_client(&known.unwrap_or_else(|| "cluster metadata".into()), &failure));
        }
    }
}

fn new_topic(plan: &TopicPlan) -> NewTopic<'_> {
    let fixed = TopicReplication::Fixed(plan.replication);
    let bare = NewTopic::new(&plan.name, plan.partitions, fixed);
    plan.configs.iter().fold(bare, |topic, (name, value)| topic.set(name, value))
}

/// The number of brokers, and those of our topics that exist.
fn describe(cluster: &Cluster, names: &Names) -> Result<(i32, BTreeMap<Topic, Found>), Error> {
    let metadata = metadata(&cluster.asker)?;
    let mut found = BTreeMap::new();
    for topic in Topic::ALL {
        if let Some(seen) = metadata.topics().iter().find(|seen| seen.name() == names.of(topic)) {
            let replication =
                seen.partitions().first().map_or(0, |partition| partition.replicas().len() as i32);
            let behind = |at: &&MetadataPartition| at.isr().len() < at.replicas().len();
            found.insert(
                topic,
                Found {
                    partitions: seen.partitions().len() as i32,
                    replication,
                    configs: BTreeMap::new(),
                    hidden: false,
                    leaderless: seen.partitions().iter().filter(|at| at.leader() < 0).count(),
                    out_of_sync: seen.partitions().iter().filter(behind).count(),
                },
            );
        }
    }
    let unseen: Vec<Topic> = Topic::ALL
        .into_iter()
        .filter(|topic| !found.contains_key(topic) && earlier(names, *topic).is_none())
        .collect();
    let hidden = hidden(&cluster.asker, names, &unseen)?;
    found.extend(hidden.into_iter().map(|topic| (topic, Found { hidden: true, ..Found::default() })));
    // Each name once: librdkafka does not understand an answer about one topic twice.
    let mut existing: Vec<Topic> = found.keys().copied().collect();
    existing.retain(|topic| earlier(names, *topic).is_none() && !found[topic].hidden);
    let wanted: Vec<_> = existing.iter().map(|&topic| ResourceSpecifier::Topic(names.of(topic))).collect();
    if !wanted.is_empty() {
        let options = AdminOptions::new().request_timeout(Some(ANSWER_WAIT));
        let admin = cluster.admin()?;
        let answers = block_on(admin.describe_configs(&wanted, &options))
            .map_err(|e| error::of_client("topic settings", &e))?;
        for (topic, answer) in existing.iter().zip(answers) {
            // A principal that may not describe settings can still run: their check is left out.
            let Ok(resource) = answer else { continue };
            let settings =
                resource.entries.into_iter().filter_map(|entry| entry.value.map(|value| (entry.name, value)));
            found.entry(*topic).or_default().configs = settings.collect();
        }
    }
    Ok((metadata.brokers().len() as i32, found))
}

/// Those of these topics that may exist, but not be described to us.
fn hidden(asker: &BaseConsumer<Quiet>, names: &Names, topics: &[Topic]) -> Result<Vec<Topic>, Error> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let by_name: Vec<&str> = topics.iter().map(|&topic| names.of(topic)).collect();
    let access = topic_access(asker.client(), &by_name, ANSWER_WAIT)
        .map_err(|code| error::of_code("topics by name", code))?;
    let refused = |topic: &Topic| {
        let found = access.iter().find(|found| found.name == names.of(*topic));
        found.and_then(|found| found.error) == Some(RDKafkaErrorCode::TopicAuthorizationFailed)
    };
    Ok(topics.iter().copied().filter(refused).collect())
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

fn compare(spec: &Spec, brokers: i32, found: &BTreeMap<Topic, Found>) -> Vec<TopicPlan> {
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
fn earlier(names: &Names, topic: Topic) -> Option<Topic> {
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

/// Waits for an admin call. Its future is woken by rdkafka's own thread, so no runtime is needed, and none is in the way.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests;
