//! The topics of the design on a cluster: planned, created where missing, and refused where they cannot work.

mod design;

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
use super::{Names, error, settings};
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};
pub use design::{Counts, Found, Spec, State, TopicPlan, design, partitions_of, problem};
use design::{compare, earlier};

const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// One question for the metadata; the reason why there is no answer is looked for in between.
const STEP_WAIT: Duration = Duration::from_secs(1);
/// Where brokers cannot be reached, that is said after this time already.
const NOBODY_WAIT: Duration = Duration::from_secs(5);
/// Events of a failing client that are taken at a time.
const EVENTS_MAX: usize = 100;
const VISIBLE_WAIT: Duration = Duration::from_secs(15);
const VISIBLE_PAUSE: Duration = Duration::from_millis(50);

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
