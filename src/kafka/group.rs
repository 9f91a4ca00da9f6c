//! What happens to the assignment: the rebalance callback, and nothing else in it.
//!
//! Only the leading input is subscribed to; for every partition of it the same partition of the other inputs follows.
//! librdkafka does not compare an assignment with the subscription, and the coordinator stores offsets of any topic.
//!
//! 1. assign: pause all; `incremental_assign` exactly once, with the followers; queue the change for the loop
//! 2. revoke: `incremental_unassign` exactly once, with the followers; queue the change
//!
//! Invariant: runs only inside a poll of the thread that owns the port, so it never meets an open transaction.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::ffi;
use super::link::Link;
use crate::engine::port::Change;

/// The group member's context. Source of truth for: assignment changes that the loop has not seen yet.
pub(super) struct Group {
    link: Arc<Link>,
    /// Topic names; the first leads.
    inputs: Vec<String>,
    queued: Mutex<Queued>,
}

#[derive(Default)]
struct Queued {
    changes: Vec<Change>,
    failure: Option<KafkaError>,
}

impl Group {
    pub fn new(link: Arc<Link>, inputs: Vec<String>) -> Group {
        Group { link, inputs, queued: Mutex::default() }
    }

    pub fn leading(&self) -> &str {
        &self.inputs[0]
    }

    /// The changes since the last call, in order; once there are none, that one could not be carried out: what was revoked before
    /// it must not be worked on.
    pub fn take(&self) -> Result<Vec<Change>, KafkaError> {
        let mut queued = self.queued();
        let changes = std::mem::take(&mut queued.changes);
        match queued.failure.take_if(|_| changes.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok(changes),
        }
    }

    fn queued(&self) -> MutexGuard<'_, Queued> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assign(&self, consumer: &BaseConsumer<Group>, partitions: &[i32]) -> KafkaResult<Change> {
        let list = self.with_followers(partitions)?;
        ffi::pause_ahead(consumer.client(), &list)
            .map_err(|code| KafkaError::PauseResume(code.to_string()))?;
        consumer.incremental_assign(&list)?;
        Ok(Change::Assigned(partitions.to_vec()))
    }

    fn revoke(&self, consumer: &BaseConsumer<Group>, partitions: &[i32]) -> KafkaResult<Change> {
        consumer.incremental_unassign(&self.with_followers(partitions)?)?;
        Ok(Change::Revoked(partitions.to_vec()))
    }

    /// The partitions of all inputs, at offset 0: a number, so that librdkafka looks nothing up. (A look-up answers behind the
    /// engine's seek: assigned at the end, partitions were read from there, and records were lost.) Nothing is read there, and
    /// it may be deleted long since: they are paused before, and until the engine has said where to read.
    fn with_followers(&self, partitions: &[i32]) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::with_capacity(self.inputs.len() * partitions.len());
        for topic in &self.inputs {
            for &partition in partitions {
                list.add_partition_offset(topic, partition, Offset::Offset(0))?;
            }
        }
        Ok(list)
    }
}

impl ClientContext for Group {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.link.token()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.link.logged(level, facility, text);
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.link.heard(&error, reason);
    }
}

impl ConsumerContext for Group {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let mut partitions: Vec<i32> =
            list.elements_for_topic(self.leading()).iter().map(|element| element.partition()).collect();
        partitions.sort_unstable();
        let change = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, &partitions),
            _ => self.revoke(consumer, &partitions),
        };
        let mut queued = self.queued();
        match change {
            // A cooperative round that moves nothing of ours must still be answered; it is no change.
            Ok(_) if partitions.is_empty() => {}
            Ok(change) => queued.changes.push(change),
            Err(failure) => queued.failure = Some(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::Properties;

    #[test]
    fn a_change_that_fails_hides_none_that_came_before() {
        let link = Arc::new(Link::new(&Properties::default()));
        let group = Group::new(link, vec!["turns".to_owned()]);
        let failure = || KafkaError::PauseResume("not ours".to_owned());
        group.queued().changes.push(Change::Revoked(vec![3]));
        group.queued().failure = Some(failure());
        let taken = [group.take(), group.take(), group.take()];
        assert_eq!(taken, [Ok(vec![Change::Revoked(vec![3])]), Err(failure()), Ok(Vec::new())]);
    }
}
