//! [`KafkaPort`]: the engine's port over a real cluster, for one OS thread.
//!
//! Four clients: the group member, the transactional producer, and the two of `restore.rs`. Nothing needs the cluster
//! to be there: while it is away, calls answer with errors of class Retry and [`Link`] says so.
//!
//! Source of truth for: nothing. Assignment, positions and transactions are librdkafka's; only where a partition was
//! sought is kept, because librdkafka has no position before the first record behind it.
//! Invariant: the group is joined only after `init_transactions`, which ends what a predecessor of this id left open.

mod allowed;
mod leaving;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::group::Group;
use super::link::Link;
use super::producer::Transactions;
use super::restore::Reader;
use super::rights::{self, Right};
use super::{KafkaConfig, error, ffi, headers, settings};
use crate::engine::error::Error;
use crate::engine::port::{
    Bounds, Change, Committed, Known, Membership, Out, Port, Record, RestoreTarget, Sink, Topic,
};
use crate::security::secret::Secret;
use allowed::{DENIED_WAIT, PROBE_EVERY};

/// Committed offsets wait for a predecessor's open transaction; the caller comes back, and serves the group in between.
const COMMITTED_WAIT: Duration = Duration::from_secs(3);
/// A partition that is still being stopped cannot be sought yet.
const SEEK_WAIT: Duration = Duration::from_secs(2);
const SEEK_PAUSE: Duration = Duration::from_millis(2);
/// One thread's access to a Kafka cluster.
pub struct KafkaPort {
    config: KafkaConfig,
    link: Arc<Link>,
    member: BaseConsumer<Group>,
    joined: bool,
    left: bool,
    transactions: Transactions,
    reader: Reader,
    sought: BTreeMap<(Topic, i32), i64>,
    partition_counts: BTreeMap<Topic, i32>,
    probed_at: Instant,
    rights: Vec<Right>,
    /// What is told while a right is missing, and when the cluster was last asked.
    refusal: Option<String>,
    asked_at: Instant,
    /// The password in use, where it comes from a file.
    credentials: Option<(String, Secret)>,
}

impl KafkaPort {
    /// Creates the clients. Fails on settings that librdkafka or exactly-once cannot accept, never because the cluster
    /// is away.
    pub fn new(config: KafkaConfig) -> Result<KafkaPort, Error> {
        config.properties.accept()?;
        let link = Arc::new(Link::new(&config.properties));
        let inputs =
            config.topology.inputs().iter().map(|&topic| config.names.of(topic).to_owned()).collect();
        let credentials = config.properties.credentials();
        let member: BaseConsumer<Group> = settings::member(&config)?
            .create_with_context(Group::new(link.clone(), inputs))
            .map_err(|e| error::of_client("consumer", &e))?;
        if let Err(cause) = link.log_in(member.client()) {
            link.remember(&cause);
        }
        Ok(KafkaPort {
            member,
            joined: false,
            left: false,
            transactions: Transactions::new(&config, link.clone())?,
            reader: Reader::new(&config, link.clone())?,
            sought: BTreeMap::new(),
            partition_counts: BTreeMap::new(),
            probed_at: Instant::now(),
            rights: rights::to_run(&config.names, &config.application_id, &[config.topology]),
            refusal: None,
            asked_at: Instant::now(),
            credentials,
            link,
            config,
        })
    }

    /// Whether the cluster answers, for readiness; may be read from any thread.
    pub fn link(&self) -> Arc<Link> {
        self.link.clone()
    }

    fn name(&self, topic: Topic) -> &str {
        self.config.names.of(topic)
    }

    /// START: initialise the producer, then subscribe to the leading input. No transaction is open while polling: the moment
    /// to replace a producer that met trouble in its last one.
    fn join(&mut self) -> Result<(), Error> {
        if !self.transactions.is_sound() {
            self.renew_permitted()?;
        }
        if !self.joined {
            let leading = self.member.context().leading();
            self.member.subscribe(&[leading]).map_err(|e| error::of_client(leading, &e))?;
            self.joined = true;
        }
        Ok(())
    }

    /// Takes what is there, after waiting for the first of it. Ends early when the assignment changed.
    fn gather(&self, wait: Duration, limit: usize, into: &mut Vec<Record>) -> Result<(), Error> {
        let end = into.len() + limit;
        let mut wait = wait;
        while into.len() < end {
            match self.member.poll(wait) {
                Some(Ok(message)) => {
                    let Some(topic) = self.input_of(message.topic()) else { continue };
                    let record = Record::new(
                        topic,
                        message.partition(),
                        message.offset(),
                        message.timestamp().to_millis(),
                        message.key(),
                        message.payload(),
                    );
                    into.push(record.with_trace(message.headers().and_then(headers::trace)));
                    wait = Duration::ZERO;
                }
                Some(Err(failure)) => {
                    self.link.note(failure.rdkafka_error_code());
                    return Err(error::of_client(self.member.context().leading(), &failure));
                }
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn input_of(&self, name: &str) -> Option<Topic> {
        self.config.topology.inputs().iter().copied().find(|&topic| self.name(topic) == name)
    }

    fn one(&self, topic: Topic, partition: i32, offset: Offset) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(1);
        let mut element = list.add_partition(self.name(topic), partition);
        // A negative offset stays "invalid", which the broker side of the call refuses.
        element.set_offset(offset).unwrap_or_default();
        list
    }

    fn at(&self, topic: Topic, partition: i32) -> String {
        format!("{}-{partition}", self.name(topic))
    }

    fn forget(&mut self, change: &Change) {
        match change {
            Change::Assigned(partitions) | Change::Revoked(partitions) => {
                self.sought.retain(|(_, partition), _| !partitions.contains(partition));
            }
        }
    }
}

/// The last stop of an error that only says "nothing now": it does not hide what was gathered.
fn unless_gathered(outcome: Result<(), Error>, gathered: bool) -> Result<(), Error> {
    match outcome {
        Err(Error::Retry(_)) if gathered => Ok(()),
        other => other,
    }
}

/// The first element of a list that carries an error.
fn first_error(list: &TopicPartitionList) -> Option<RDKafkaErrorCode> {
    ffi::entries(list).into_iter().find_map(|entry| entry.error)
}

impl Port for KafkaPort {
    fn poll(&mut self, wait: Duration, limit: usize, into: &mut Vec<Record>) -> Result<Vec<Change>, Error> {
        if self.left {
            return Ok(Vec::new());
        }
        self.reader.serve();
        let standing = self.join();
        let wait = if self.refusal.is_some() { wait.max(DENIED_WAIT) } else { wait };
        if let Err(error) = &standing
            && !self.joined
        {
            // Not subscribed yet: this finds out that the cluster is away, and keeps the caller from asking at once again.
            drop(self.member.poll(wait));
            if self.probed_at.elapsed() >= PROBE_EVERY {
                self.probed_at = Instant::now();
                self.log_in_again();
            }
            return Err(error.clone());
        }
        let before = into.len();
        let gathered = self.gather(wait, limit, into);
        let outcome = gathered.map_err(|failure| self.told(failure));
        let changes = self.member.context().take().map_err(|e| error::of_client("rebalance", &e))?;
        for change in &changes {
            self.forget(change);
        }
        let got_records = into.len() > before;
        if got_records {
            self.link.answered();
        }
        let gathered = got_records || !changes.is_empty();
        unless_gathered(outcome, gathered)?;
        if !gathered {
            standing?;
            self.away()?;
        }
        Ok(changes)
    }

    fn pause(&mut self, topic: Topic, partition: i32) -> Result<(), Error> {
        let list = self.one(topic, partition, Offset::Invalid);
        self.member.pause(&list).map_err(|e| error::of_client(&self.at(topic, partition), &e))?;
        refused(first_error(&list), "pause", &self.at(topic, partition))
    }

    fn resume(&mut self, topic: Topic, partition: i32) -> Result<(), Error> {
        let list = self.one(topic, partition, Offset::Invalid);
        self.member.resume(&list).map_err(|e| error::of_client(&self.at(topic, partition), &e))?;
        refused(first_error(&list), "resume", &self.at(topic, partition))
    }

    fn seek(&mut self, topic: Topic, partition: i32, offset: i64) -> Result<(), Error> {
        let about = format!("seek {} to {offset}", self.at(topic, partition));
        let deadline = Instant::now() + SEEK_WAIT;
        loop {
            let list = self.one(topic, partition, Offset::Offset(offset));
            let answer =
                self.member.seek_partitions(list, SEEK_WAIT).map_err(|e| error::of_client(&about, &e))?;
            match first_error(&answer) {
                None => {
                    self.sought.insert((topic, partition), offset);
                    return Ok(());
                }
                Some(RDKafkaErrorCode::State | RDKafkaErrorCode::PreviousInProgress)
                    if Instant::now() < deadline =>
                {
                    std::thread::sleep(SEEK_PAUSE);
                }
                Some(code) => return Err(Error::Retry(format!("{about}: {code}"))),
            }
        }
    }

    fn position(&mut self, topic: Topic, partition: i32) -> Result<Option<i64>, Error> {
        let found = ffi::positions(self.member.client(), self.name(topic), std::iter::once(partition))
            .into_iter()
            .flatten();
        Ok(found.last().or_else(|| self.sought.get(&(topic, partition)).copied()))
    }

    fn known(&self, topic: Topic, partition: i32) -> Option<Known> {
        let end = ffi::known_end(self.member.client(), self.name(topic), partition)?;
        let found = ffi::positions(self.member.client(), self.name(topic), std::iter::once(partition));
        let position = found.into_iter().flatten().last();
        Some(Known { position: position.or_else(|| self.sought.get(&(topic, partition)).copied()), end })
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Committed>, Error> {
        let mut list = TopicPartitionList::new();
        for &topic in self.config.topology.inputs() {
            for &partition in partitions {
                list.add_partition(self.name(topic), partition);
            }
        }
        let about = format!("committed offsets of {}", self.config.group());
        let answer = self.member.committed_offsets(list, COMMITTED_WAIT).map_err(|e| {
            self.link.note(e.rdkafka_error_code());
            error::of_client(&about, &e)
        })?;
        self.link.answered();
        let mut found = Vec::with_capacity(answer.count());
        for entry in ffi::entries(&answer) {
            if let Some(code) = entry.error {
                self.link.note(Some(code));
                return Err(error::of_code(&format!("{about}, {}-{}", entry.topic, entry.partition), code));
            }
            let Some(topic) = self.input_of(&entry.topic) else { continue };
            let offset = (entry.offset >= 0).then_some(entry.offset);
            found.push(Committed { topic, partition: entry.partition, offset, metadata: entry.metadata });
        }
        Ok(found)
    }

    fn bounds(&mut self, topic: Topic, partition: i32) -> Result<Bounds, Error> {
        self.reader.bounds(self.config.names.of(topic), partition)
    }

    fn restore_start(&mut self, partition: i32) -> Result<RestoreTarget, Error> {
        self.reader.start(partition)
    }

    fn restore_poll(&mut self, wait: Duration, sink: &mut Sink<'_>) -> Result<Vec<(i32, i64)>, Error> {
        self.reader.poll(wait, sink)
    }

    fn restore_high(&mut self, partition: i32) -> Result<i64, Error> {
        self.reader.high(partition)
    }

    fn restore_stop(&mut self, partition: i32) -> Result<(), Error> {
        self.reader.stop(partition)
    }

    fn membership(&mut self) -> Option<Membership> {
        if self.left || self.member.assignment_lost() {
            return None;
        }
        ffi::membership(self.member.client()).filter(Membership::is_valid)
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.transactions.begin()
    }

    fn send(&mut self, record: Out<'_>) -> Result<(), Error> {
        let topic = self.config.names.of(record.topic);
        self.transactions.send(topic, record)
    }

    fn send_offsets(&mut self, offsets: &[Committed], membership: &Membership) -> Result<(), Error> {
        if offsets.is_empty() || !membership.is_valid() {
            return Err(Error::Abort(format!("{} offsets as {membership:?}: not fenced", offsets.len())));
        }
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for committed in offsets {
            let Some(offset) = committed.offset else { continue };
            let about = self.at(committed.topic, committed.partition);
            let mut element = list.add_partition(self.config.names.of(committed.topic), committed.partition);
            element.set_offset(Offset::Offset(offset)).map_err(|e| error::of_client(&about, &e))?;
            element.set_metadata(&committed.metadata);
        }
        self.transactions.send_offsets(list, membership)
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.transactions.commit()
    }

    fn abort(&mut self) -> Result<(), Error> {
        self.transactions.abort()
    }

    fn was_fenced(&self) -> bool {
        self.transactions.was_fenced()
    }

    fn renew(&mut self) -> Result<(), Error> {
        self.renew_permitted()
    }

    fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn name(&self, topic: Topic) -> String {
        self.config.names.of(topic).to_owned()
    }

    fn partitions(&mut self, topic: Topic) -> Result<i32, Error> {
        if let Some(&count) = self.partition_counts.get(&topic) {
            return Ok(count);
        }
        let count = self.reader.partitions(self.config.names.of(topic))?;
        self.partition_counts.insert(topic, count);
        Ok(count)
    }

    fn leave(&mut self) -> Result<(), Error> {
        self.leave_group()
    }
}

/// A partition that librdkafka does not know is one we do not have.
fn refused(code: Option<RDKafkaErrorCode>, call: &str, at: &str) -> Result<(), Error> {
    match code {
        None => Ok(()),
        Some(code) => Err(Error::Lost(format!("{call} {at}: {code}"))),
    }
}
