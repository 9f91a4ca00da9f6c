//! Reading changelogs: an assign-only consumer that joins no group and commits nothing.
//!
//! RESTORE 2: the target is the *high* watermark, asked by a read_uncommitted client. The last stable offset would stop
//! before committed records that lie behind another partition's open transaction.
//! RESTORE 3: read_committed from the low watermark; markers and aborted records move the position and are not handed
//! over. The reader is also the one to ask for bounds: its connection has no long poll of the inputs in front.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::link::{Link, Quiet};
use super::rights::{self, Resource, Right};
use super::{KafkaConfig, error, ffi, settings};
use crate::engine::error::Error;
use crate::engine::port::{Bounds, RestoreTarget, Sink};

/// How long a question about watermarks may take.
const ASK_WAIT: Duration = Duration::from_secs(2);
/// Records handed over before the caller serves its group again.
const RECORDS_A_POLL: usize = 20_000;

/// Reads one changelog topic, any of its partitions at a time.
pub(super) struct Reader {
    changelog: String,
    /// The leading input.
    leading: String,
    /// read_committed.
    consumer: BaseConsumer<Quiet>,
    /// read_uncommitted; only asked.
    marks: BaseConsumer<Quiet>,
    link: Arc<Link>,
    reading: Vec<Reading>,
}

#[derive(Clone, Copy)]
struct Reading {
    partition: i32,
    low: i64,
    /// An empty partition is done before it begins, and is never assigned.
    assigned: bool,
}

impl Reader {
    pub fn new(config: &KafkaConfig, link: Arc<Link>) -> Result<Reader, Error> {
        let quiet = || Quiet { link: link.clone() };
        let about = |e: KafkaError| error::of_client("changelog reader", &e);
        let reader = Reader {
            changelog: config.names.of(config.topology.changelog()).to_owned(),
            leading: config.names.of(config.topology.inputs()[0]).to_owned(),
            consumer: settings::reader(config)?.create_with_context(quiet()).map_err(about)?,
            marks: settings::marks(config)?.create_with_context(quiet()).map_err(about)?,
            link,
            reading: Vec::new(),
        };
        for client in [reader.consumer.client(), reader.marks.client()] {
            if let Err(cause) = reader.link.log_in(client) {
                reader.link.remember(&cause);
            }
        }
        Ok(reader)
    }

    /// What of these rights the cluster does not grant, the group's included. Errors: it does not answer.
    pub fn missing(&self, rights: &[Right], group: &str) -> Result<Vec<Right>, Error> {
        let mut missing = rights::missing(self.marks.client(), rights, ASK_WAIT)?;
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.leading, 0);
        match self.consumer.committed_offsets(list, ASK_WAIT) {
            Ok(_) => self.link.group_allowed(),
            Err(e) => self.link.note(e.rdkafka_error_code()),
        }
        // A client that may not even ask for the coordinator hears no more than that there is none: a refusal stands until
        // the coordinator has answered.
        if self.link.is_group_denied() {
            let of_group = |right: &&Right| matches!(&right.resource, Resource::Group(name) if name == group);
            missing.extend(rights.iter().filter(of_group).cloned());
        }
        Ok(missing)
    }

    /// Takes a password that has changed, for connections from now on.
    pub fn log_in_as(&self, name: &str, password: &str) {
        ffi::set_credentials(self.consumer.client(), name, password);
        ffi::set_credentials(self.marks.client(), name, password);
    }

    /// Serves librdkafka's log and error queues while nothing is read.
    pub fn serve(&self) {
        // Neither client is assigned anything now: a poll can only find events, which its context has handled.
        drop(self.marks.poll(Duration::ZERO));
        if self.reading.is_empty() {
            drop(self.consumer.poll(Duration::ZERO));
        }
    }

    pub fn start(&mut self, partition: i32) -> Result<RestoreTarget, Error> {
        self.stop(partition)?;
        let (low, high) = self.watermarks(partition)?;
        let assigned = low < high;
        if assigned {
            self.consumer
                .incremental_assign(&self.list(partition, low))
                .map_err(|e| self.about(partition, &e))?;
        }
        self.reading.push(Reading { partition, low, assigned });
        Ok(RestoreTarget { low, high })
    }

    pub fn high(&self, partition: i32) -> Result<i64, Error> {
        self.watermarks(partition).map(|(_, high)| high)
    }

    pub fn stop(&mut self, partition: i32) -> Result<(), Error> {
        let Some(index) = self.reading.iter().position(|reading| reading.partition == partition) else {
            return Ok(());
        };
        if self.reading.swap_remove(index).assigned {
            self.consumer
                .incremental_unassign(&self.list(partition, 0))
                .map_err(|e| self.about(partition, &e))?;
        }
        Ok(())
    }

    pub fn poll(&mut self, wait: Duration, sink: &mut Sink<'_>) -> Result<Vec<(i32, i64)>, Error> {
        let mut wait =
            if self.reading.iter().any(|reading| reading.assigned) { wait } else { Duration::ZERO };
        for _ in 0..RECORDS_A_POLL {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    sink(message.partition(), message.key().unwrap_or_default(), message.payload());
                }
                Some(Err(failure)) => match self.failed(&self.changelog, &failure) {
                    // Whether the cluster is away is the group member's to say; here it only means no records now.
                    Error::Retry(_) => break,
                    other => return Err(other),
                },
                None => break,
            }
            wait = Duration::ZERO;
        }
        Ok(self.positions())
    }

    fn positions(&self) -> Vec<(i32, i64)> {
        let partitions = self.reading.iter().map(|reading| reading.partition);
        let found = ffi::positions(self.consumer.client(), &self.changelog, partitions);
        self.reading
            .iter()
            .zip(found)
            .map(|(reading, at)| match at {
                Some(at) if reading.assigned => (reading.partition, at.max(reading.low)),
                Some(_) | None => (reading.partition, reading.low),
            })
            .collect()
    }

    /// The readable part of any partition: this client is read_committed, so `end` is the last stable offset.
    pub fn bounds(&self, topic: &str, partition: i32) -> Result<Bounds, Error> {
        match ask(&self.consumer, topic, partition) {
            Ok((low, end)) => {
                self.link.answered();
                Ok(Bounds { low, end })
            }
            Err(e) => Err(self.failed(&format!("bounds of {topic}-{partition}"), &e)),
        }
    }

    /// The number of partitions of a topic.
    pub fn partitions(&self, topic: &str) -> Result<i32, Error> {
        let about = format!("topic {topic}");
        let metadata =
            self.marks.fetch_metadata(Some(topic), ASK_WAIT).map_err(|e| self.failed(&about, &e))?;
        self.link.answered();
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Err(Error::Retry(format!("{about}: not in the broker's answer")));
        };
        match found.error() {
            Some(code) => {
                self.link.note(Some(code.into()));
                Err(error::of_code(&about, code.into()))
            }
            None => Ok(found.partitions().len() as i32),
        }
    }

    /// Asks the cluster anything at all.
    pub fn probe(&self, topic: &str, wait: Duration) -> bool {
        self.marks.fetch_metadata(Some(topic), wait).is_ok()
    }

    fn watermarks(&self, partition: i32) -> Result<(i64, i64), Error> {
        let answer = ask(&self.marks, &self.changelog, partition);
        if answer.is_ok() {
            self.link.answered();
        }
        answer.map_err(|e| self.about(partition, &e))
    }

    fn list(&self, partition: i32, offset: i64) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(1);
        let mut element = list.add_partition(&self.changelog, partition);
        // Only a negative number is refused, and watermarks have none.
        element.set_offset(Offset::Offset(offset.max(0))).unwrap_or_default();
        list
    }

    fn about(&self, partition: i32, failure: &KafkaError) -> Error {
        self.failed(&format!("changelog {}-{partition}", self.changelog), failure)
    }

    fn failed(&self, about: &str, failure: &KafkaError) -> Error {
        self.link.note(failure.rdkafka_error_code());
        error::of_client(about, failure)
    }
}

/// The low and high watermark of a partition. A client that met the partition while it had no leader remembers that for
/// minutes and does not ask again by itself: after a failure it is made to.
fn ask(client: &BaseConsumer<Quiet>, topic: &str, partition: i32) -> KafkaResult<(i64, i64)> {
    let answer = client.fetch_watermarks(topic, partition, ASK_WAIT);
    if answer.is_err() {
        // Should this fail too, the next question will.
        let _ = client.fetch_metadata(Some(topic), ASK_WAIT);
    }
    answer
}
