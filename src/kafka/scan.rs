//! Reads stretches of partitions once, in no group's name and read committed: what `segue policy explain` looks at, and the applied
//! policies.

use std::ops::Range;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::link::Quiet;
use super::{Properties, error, rights, settings};
use crate::engine::error::Error;
use crate::engine::port::{Bounds, Record, Topic};

const ASK_WAIT: Duration = Duration::from_secs(10);
const POLL_WAIT: Duration = Duration::from_millis(500);
/// A partition that gives nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A reader of any partition, one stretch at a time.
pub struct Scan {
    consumer: BaseConsumer<Quiet>,
    group: String,
}

impl Scan {
    /// `group` is named, because librdkafka assigns nothing without one; it is neither joined nor committed to. Errors: a
    /// property, or a login that fails.
    pub fn new(bootstrap: &str, properties: &Properties, group: &str) -> Result<Scan, Error> {
        properties.accept()?;
        let config = settings::sampler(bootstrap, properties, group)?;
        Ok(Scan { consumer: Quiet::asker(&config, properties, "reader")?, group: group.to_owned() })
    }

    /// The readable part of a partition.
    pub fn bounds(&self, topic: &str, partition: i32) -> Result<Bounds, Error> {
        let answer = self.consumer.fetch_watermarks(topic, partition, ASK_WAIT);
        let (low, end) = answer.map_err(|failure| self.failed(topic, partition, &failure))?;
        Ok(Bounds { low, end })
    }

    /// Hands over the records of `offsets` in their order, until `take` has enough of them (it returns false). Ends at the
    /// end of the partition too: markers have offsets and are no records.
    pub fn read(
        &self,
        (topic, name): (Topic, &str),
        partition: i32,
        offsets: Range<i64>,
        mut take: impl FnMut(Record) -> bool,
    ) -> Result<(), Error> {
        self.messages(name, partition, offsets, |message| {
            let (offset, timestamp) = (message.offset(), message.timestamp().to_millis());
            take(Record::new(topic, partition, offset, timestamp, message.key(), message.payload()))
        })
    }

    /// The same as the client has them, headers and all.
    pub(super) fn messages(
        &self,
        name: &str,
        partition: i32,
        offsets: Range<i64>,
        mut take: impl FnMut(&BorrowedMessage<'_>) -> bool,
    ) -> Result<(), Error> {
        if offsets.is_empty() {
            return Ok(());
        }
        let failed = |failure: &KafkaError| self.failed(name, partition, failure);
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(name, partition, Offset::Offset(offsets.start)).map_err(|e| failed(&e))?;
        self.consumer.assign(&list).map_err(|e| failed(&e))?;
        let mut heard = Instant::now();
        loop {
            match self.consumer.poll(POLL_WAIT) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    if message.topic() != name || message.partition() != partition {
                        continue;
                    }
                    if message.offset() >= offsets.end {
                        return Ok(());
                    }
                    if !take(&message) || message.offset() + 1 == offsets.end {
                        return Ok(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(failure)) => match failed(&failure) {
                    Error::Retry(_) if heard.elapsed() < PATIENCE => {}
                    error => return Err(error),
                },
                None if heard.elapsed() >= PATIENCE => {
                    let seconds = PATIENCE.as_secs();
                    return Err(Error::Retry(format!("{name}-{partition}: no records for {seconds} s")));
                }
                None => {}
            }
        }
    }

    fn failed(&self, topic: &str, partition: i32, failure: &KafkaError) -> Error {
        if failure.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
            return Error::Fatal(rights::spell_group(&self.group));
        }
        error::of_client(&format!("{topic}-{partition}"), failure)
    }
}
