//! The engine's port over a real cluster: the only place that names rdkafka, and the only place with `unsafe`
//! (`ffi.rs`, `granted.rs`).
//!
//! - [`port`]: [`KafkaPort`], one thread's group member, transactional producer and changelog reader.
//! - `group.rs`: what happens to the assignment. `producer.rs`: transactions. `restore.rs`: reading changelogs.
//! - `link.rs`: whether the cluster answers. `error.rs`: what a failure means. `settings.rs`: librdkafka's properties.
//! - [`properties`], [`oidc`]: how we log in. `refused.rs`: what a user may not set. `trouble.rs`: what to do about a
//!   connection that fails. [`rights`]: what the principal must be allowed.
//! - `headers.rs`: the trace context of records.
//! - [`topics`]: the topics of the design, planned, created and checked.
//! - [`granted`]: what the cluster says that the principal may do, and who is in a group.
//! - [`examine`] and `features.rs`: what else `segue doctor` asks a cluster.
//! - [`Feed`]: plain records into the inputs, for the demo. [`scan`]: stretches of partitions, read once.
//! - [`policies`]: the applied policies, written and read.
//! - [`partitioner_check`]: whether two inputs put a key into the same partition.

mod error;
pub mod examine;
mod features;
mod feed;
mod ffi;
pub mod granted;
mod group;
mod headers;
mod link;
pub mod oidc;
pub mod partitioner_check;
pub mod policies;
pub mod port;
mod producer;
pub mod properties;
mod refused;
mod restore;
pub mod rights;
pub mod scan;
mod settings;
pub mod topics;
mod trouble;

pub use feed::Feed;
pub use link::Link;
pub use port::KafkaPort;
pub use properties::Properties;
pub use refused::{is_secret, refused};

use crate::engine::port::{Topic, Topology};

/// The real name of every topic role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names([String; Topic::ALL.len()]);

impl Names {
    /// The default names behind `prefix`, those of the internal topics made from the application id.
    pub fn new(prefix: &str, application_id: &str) -> Names {
        Names(
            Topic::ALL
                .map(|topic| format!("{prefix}{}", topic.default_name().replace("<app>", application_id))),
        )
    }

    /// The same names, but `name` (as it is, without prefix) for one topic.
    pub fn with(mut self, topic: Topic, name: &str) -> Names {
        self.0[topic as usize] = name.to_owned();
        self
    }

    pub fn of(&self, topic: Topic) -> &str {
        &self.0[topic as usize]
    }
}

/// Everything a [`KafkaPort`] needs to know. Plain data, independent of the settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaConfig {
    /// `host:port,host:port`.
    pub bootstrap: String,
    pub properties: Properties,
    /// The consumer group is this (`<application_id>-metrics` for windows); it begins the transactional ids too.
    pub application_id: String,
    /// Stable over restarts and different in every process of one application.
    pub instance_id: String,
    /// Number of this thread within its topology.
    pub thread: usize,
    pub topology: Topology,
    pub names: Names,
    /// The largest key and value together that the engine will send, bytes.
    pub message_bytes_max: usize,
}

impl KafkaConfig {
    /// The consumer group of the topology.
    pub fn group(&self) -> String {
        group_of(&self.application_id, self.topology)
    }

    /// `<group>-<instance>-<thread>`: never random, so that a restart ends what its predecessor left open.
    pub fn transactional_id(&self) -> String {
        format!("{}-{}-{}", self.group(), self.instance_id, self.thread)
    }
}

/// The consumer group of a topology; its transactional ids begin with it.
pub fn group_of(application_id: &str, topology: Topology) -> String {
    match topology {
        Topology::Conversations => application_id.to_owned(),
        Topology::Windows => format!("{application_id}-metrics"),
    }
}
