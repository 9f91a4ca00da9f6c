//! The rights a principal needs, no more: one list for `segue acl`, for the start and for whoever was refused.
//!
//! WRITE and READ imply DESCRIBE in Kafka. No CREATE: topics are made by `segue topics create`, whose rights are apart.
//! No cluster right: an idempotent producer needs none since Kafka 2.8 where it may write to its topics.

use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode;

use super::granted::{TopicAccess, topic_access};
use super::{Names, error, group_of};
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};

/// What may be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Read,
    Write,
    Create,
    Describe,
    DescribeConfigs,
}

impl Operation {
    /// As `kafka-acls` and Strimzi write it.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Read => "Read",
            Operation::Write => "Write",
            Operation::Describe => "Describe",
            Operation::Create => "Create",
            Operation::DescribeConfigs => "DescribeConfigs",
        }
    }

    /// As messages write it.
    pub fn word(self) -> String {
        self.name().to_uppercase()
    }
}

/// What a right is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Topic(String),
    Group(String),
    /// Every transactional id that begins so.
    TransactionalIds(String),
}

/// One resource, what must be allowed on it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    pub resource: Resource,
    pub operations: Vec<Operation>,
    pub why: String,
}

/// The least rights of a process that runs these topologies.
pub fn to_run(names: &Names, application_id: &str, topologies: &[Topology]) -> Vec<Right> {
    let mut rights: Vec<Right> = Vec::new();
    for &topology in topologies {
        for (topic, operations, why) in topics_of(topology) {
            add(&mut rights, Resource::Topic(names.of(*topic).to_owned()), operations, why);
        }
    }
    for &topology in topologies {
        let group = group_of(application_id, topology);
        add(
            &mut rights,
            Resource::Group(group),
            &[Operation::Read],
            "it belongs to the group and commits its offsets",
        );
    }
    for &topology in topologies {
        let prefix = format!("{}-", group_of(application_id, topology));
        let covered = |right: &Right| matches!(&right.resource, Resource::TransactionalIds(shorter) if prefix.starts_with(shorter.as_str()));
        if !rights.iter().any(covered) {
            let why = "its commits are transactions; the ids end in instance and thread";
            add(&mut rights, Resource::TransactionalIds(prefix), &[Operation::Write], why);
        }
    }
    rights
}

/// The rights of whoever runs `segue policy apply`.
pub fn to_apply_policies(names: &Names, application_id: &str) -> Vec<Right> {
    let topic = Resource::Topic(names.of(Topic::Policies).to_owned());
    let group = Resource::Group(group_of(application_id, Topology::Conversations));
    let mut rights = Vec::new();
    add(&mut rights, topic.clone(), &[Operation::Read], "what was applied before is read");
    add(&mut rights, topic, &[Operation::Write], "the policy is written");
    add(&mut rights, group, &[Operation::Read], "a reader names it, and neither joins nor commits");
    rights
}

/// The rights of whoever runs `segue topics create`, `plan` and `check`.
pub fn to_create_topics(names: &Names) -> Vec<Right> {
    let mut rights = Vec::new();
    let operations = [Operation::Create, Operation::Describe, Operation::DescribeConfigs];
    for topic in Topic::ALL {
        let why = "segue topics creates it where it is missing, and compares its settings";
        add(&mut rights, Resource::Topic(names.of(topic).to_owned()), &operations, why);
    }
    rights
}

/// What a topology does with which topics, in the order of the design's table.
fn topics_of(topology: Topology) -> &'static [(Topic, &'static [Operation], &'static str)] {
    use Operation::{Describe, Read, Write};
    match topology {
        Topology::Conversations => &[
            (Topic::Turns, &[Read], "turns are read"),
            (Topic::Outcomes, &[Read], "outcomes are read"),
            (Topic::Events, &[Write], "hand-off events are written"),
            (Topic::Summaries, &[Write], "a row a conversation is written"),
            (Topic::Shadow, &[Write], "what shadow policies would have done is written"),
            (Topic::DeadLetters, &[Write], "records that cannot be taken are written"),
            (Topic::Policies, &[Read], "the policy in force is read"),
            (Topic::Changelog, &[Read, Write], "state is written, and read back at a restart"),
            (Topic::Deltas, &[Write], "what a commit adds to the windows is written"),
        ],
        Topology::Windows => &[
            (Topic::Turns, &[Describe], "a window is final when every partition of the turns has passed it"),
            (Topic::Deltas, &[Read], "what commits add to the windows is read"),
            (Topic::Metrics, &[Read, Write], "windows are written, and read back at a restart"),
            (Topic::DeadLetters, &[Write], "records that cannot be taken are written"),
        ],
    }
}

/// A second reason for one resource joins the first. What another operation implies is left out.
fn add(rights: &mut Vec<Right>, resource: Resource, operations: &[Operation], why: &str) {
    let at = rights.iter().position(|right| right.resource == resource).unwrap_or_else(|| {
        rights.push(Right { resource, operations: Vec::new(), why: String::new() });
        rights.len() - 1
    });
    let right = &mut rights[at];
    right.operations.extend(operations);
    right.operations.sort_unstable();
    right.operations.dedup();
    if right.operations.iter().any(|operation| matches!(operation, Operation::Read | Operation::Write)) {
        right.operations.retain(|operation| *operation != Operation::Describe);
    }
    if !right.why.contains(why) {
        if !right.why.is_empty() {
            right.why.push_str("; ");
        }
        right.why.push_str(why);
    }
}

/// What the cluster says of a right on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    All,
    /// These of its operations are not allowed.
    Lacks(Vec<Operation>),
    /// The topic may not even be described to us.
    Hidden,
    /// The broker does not tell what we may do.
    Untold,
    /// There is no such topic, or it could not be asked about.
    NoAnswer,
}

impl Granted {
    fn of(right: &Right, found: Option<&TopicAccess>) -> Granted {
        let Some(found) = found else { return Granted::NoAnswer };
        let allowed = match (found.error, &found.operations) {
            (Some(RDKafkaErrorCode::TopicAuthorizationFailed), _) => return Granted::Hidden,
            (Some(_), _) => return Granted::NoAnswer,
            (None, None) => return Granted::Untold,
            (None, Some(allowed)) => allowed,
        };
        let lacking: Vec<Operation> =
            right.operations.iter().copied().filter(|operation| !allowed.contains(operation)).collect();
        if lacking.is_empty() { Granted::All } else { Granted::Lacks(lacking) }
    }
}

/// Asks the cluster about those of these rights that are about topics. Errors: it does not answer.
pub(super) fn ask<'a, C: ClientContext>(
    client: &Client<C>,
    rights: &'a [Right],
    wait: Duration,
) -> Result<Vec<(&'a Right, Granted)>, Error> {
    let topics: Vec<(&Right, &str)> =
        rights.iter().filter_map(|right| Some((right, right.topic()?))).collect();
    let names: Vec<&str> = topics.iter().map(|(_, name)| *name).collect();
    let access =
        topic_access(client, &names, wait).map_err(|code| error::of_code("rights on topics", code))?;
    let of = |(right, name)| (right, Granted::of(right, access.iter().find(|found| found.name == name)));
    Ok(topics.into_iter().map(of).collect())
}

/// What the principal may not do with the topics of these rights, asked of the cluster; empty if all is allowed, or where
/// the cluster does not say. Errors: it does not answer.
pub(super) fn missing<C: ClientContext>(
    client: &Client<C>,
    rights: &[Right],
    wait: Duration,
) -> Result<Vec<Right>, Error> {
    let lacking = |(right, granted): (&Right, Granted)| match granted {
        Granted::Lacks(operations) => Some(Right { operations, ..right.clone() }),
        Granted::Hidden => Some(right.clone()),
        Granted::All | Granted::Untold | Granted::NoAnswer => None,
    };
    Ok(ask(client, rights, wait)?.into_iter().filter_map(lacking).collect())
}

impl Right {
    fn topic(&self) -> Option<&str> {
        if let Resource::Topic(name) = &self.resource { Some(name) } else { None }
    }
}

/// As [`spell`], of a group that may not be read.
pub(super) fn spell_group(group: &str) -> String {
    let right = Right {
        resource: Resource::Group(group.to_owned()),
        operations: vec![Operation::Read],
        why: String::new(),
    };
    spell(&[right])
}

/// `READ on topic a; READ, WRITE on topic b: ..`, with the remedy.
pub(super) fn spell(missing: &[Right]) -> String {
    let one = |right: &Right| {
        let operations: Vec<String> = right.operations.iter().map(|operation| operation.word()).collect();
        let on = match &right.resource {
            Resource::Topic(name) => format!("topic {name}"),
            Resource::Group(name) => format!("group {name}"),
            Resource::TransactionalIds(prefix) => format!("transactional ids that begin with {prefix}"),
        };
        format!("{} on {on}", operations.join(", "))
    };
    let all: Vec<String> = missing.iter().map(one).collect();
    format!(
        "the cluster refuses us {}: `segue acl --principal NAME` prints the rights to grant; waiting for them",
        all.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(rights: &[Right]) -> Vec<String> {
        rights
            .iter()
            .map(|right| {
                let operations: Vec<&str> =
                    right.operations.iter().map(|operation| operation.name()).collect();
                format!("{:?} {}", right.resource, operations.join("+"))
            })
            .collect()
    }

    #[test]
    fn a_process_needs_what_its_roles_do_and_no_more() {
        let names = Names::new("eu.", "app");
        let all = to_run(&names, "app", &[Topology::Conversations, Topology::Windows]);
        assert_eq!(
            listed(&all),
            [
                r#"Topic("eu.conversation.turns") Read"#,
                r#"Topic("eu.handoff.outcomes") Read"#,
                r#"Topic("eu.handoff.events") Write"#,
                r#"Topic("eu.conversation.summaries") Write"#,
                r#"Topic("eu.handoff.shadow-events") Write"#,
                r#"Topic("eu.segue.dead-letters") Write"#,
                r#"Topic("eu.segue.policies") Read"#,
                r#"Topic("eu.app.state.changelog") Read+Write"#,
                r#"Topic("eu.app.metric-deltas") Read+Write"#,
                r#"Topic("eu.handoff.metrics") Read+Write"#,
                r#"Group("app") Read"#,
                r#"Group("app-metrics") Read"#,
                r#"TransactionalIds("app-") Write"#,
            ]
        );
        assert_eq!(
            listed(&to_run(&names, "app", &[Topology::Windows])),
            [
                r#"Topic("eu.conversation.turns") Describe"#,
                r#"Topic("eu.app.metric-deltas") Read"#,
                r#"Topic("eu.handoff.metrics") Read+Write"#,
                r#"Topic("eu.segue.dead-letters") Write"#,
                r#"Group("app-metrics") Read"#,
                r#"TransactionalIds("app-metrics-") Write"#,
            ]
        );
    }

    #[test]
    fn every_topic_is_in_some_right() {
        let names = Names::new("", "app");
        let all = to_run(&names, "app", &[Topology::Conversations, Topology::Windows]);
        for topic in Topic::ALL {
            assert!(all.iter().any(|right| right.topic() == Some(names.of(topic))), "{topic:?}");
        }
        assert_eq!(to_create_topics(&names).len(), Topic::ALL.len());
    }

    #[test]
    fn what_is_missing_is_named_with_the_remedy() {
        let right = |resource, operations| Right { resource, operations, why: String::new() };
        let missing = [
            right(Resource::Topic("a".into()), vec![Operation::Read, Operation::Write]),
            right(Resource::Group("g".into()), vec![Operation::Read]),
        ];
        assert_eq!(
            spell(&missing),
            "the cluster refuses us READ, WRITE on topic a; READ on group g: `segue acl --principal NAME` prints the \
             rights to grant; waiting for them"
        );
    }
}
