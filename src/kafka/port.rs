//! [`KafkaPort`]: the engine's port over a real cluster, for one OS thread.
//!
//! Four clients: the group member, the transactional producer, and the two of `restore.rs`. Nothing needs the cluster
//! to be there: while it is away, calls answer with errors of class Retry and [`Link`] says so.
//!
//! Source of truth for: nothing. Assignment, positions and transactions are librdkafka's; only where a partition was
//! sought is kept, because librdkafka has no position before the first record behind it.
//! Invariant: the group is joined only after `init_transactions`, which ends what a predecessor of this id left open.

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
use super::rights::{self, Resource, Right};
use super::{KafkaConfig, error, ffi, headers, settings};
use crate::engine::error::Error;
use crate::engine::port::{
    Bounds, Change, Committed, Known, Membership, Out, Port, Record, RestoreTarget, Sink, Topic,
};
use crate::security::secret::Secret;

/// Committed offsets wait for a predecessor's open transaction; the caller comes back, and serves the group in between.
const COMMITTED_WAIT: Duration = Duration::from_secs(3);
/// A partition that is still being stopped cannot be sought yet.
const SEEK_WAIT: Duration = Duration::from_secs(2);
const SEEK_PAUSE: Duration = Duration::from_millis(2);
/// While the cluster is away, ask it this often.
const PROBE_EVERY: Duration = Duration::from_secs(1);
const PROBE_WAIT: Duration = Duration::from_millis(300);
const LEAVE_WAIT: Duration = Duration::from_secs(10);
/// Of it, the part for a rebalance that is under way; and for the answer that gives a new member its id.
const WITHDRAW_WAIT: Duration = Duration::from_secs(6);
const NAMED_WAIT: Duration = Duration::from_secs(1);
const LEAVE_PAUSE: Duration = Duration::from_millis(20);
/// While a right is missing, ask whether it is there this often, and poll no more often than that.
const RIGHTS_EVERY: Duration = Duration::from_secs(1);
const DENIED_WAIT: Duration = Duration::from_millis(100);

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
    /// What was named last, until all is well: the loop tells the first reason of an outage, and not another after it.
    named: Option<String>,
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
            named: None,
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

    /// A new producer, once nothing is known to be missing: a right that is not there is asked about, not tried again and
    /// again. Whether a transactional id is allowed can only be tried.
    fn renew_permitted(&mut self) -> Result<(), Error> {
        if self.link.is_denied() {
            if let Some(refusal) = &self.refusal
                && self.asked_at.elapsed() < RIGHTS_EVERY
            {
                return Err(Error::Retry(refusal.clone()));
            }
            self.asked_at = Instant::now();
            let missing = self.reader.missing(&self.rights, &self.config.group())?;
            if !missing.is_empty() {
                return Err(self.refused(rights::spell(&missing)));
            }
            self.link.allowed();
        }
        let renewed = self.transactions.renew();
        if renewed.is_err() && self.link.is_denied() {
            // What else is missing is told with it.
            let mut missing = self.reader.missing(&self.rights, &self.config.group()).unwrap_or_default();
            let of_ids = |right: &&Right| matches!(right.resource, Resource::TransactionalIds(_));
            missing.extend(self.rights.iter().filter(of_ids).cloned());
            return Err(self.refused(rights::spell(&missing)));
        }
        self.refusal = None;
        renewed
    }

    /// The same failure, with what is missing where it comes of that.
    fn told(&mut self, failure: Error) -> Error {
        if !self.link.is_denied() {
            return failure;
        }
        match self.reader.missing(&self.rights, &self.config.group()) {
            Ok(missing) if !missing.is_empty() => self.refused(rights::spell(&missing)),
            Ok(_) | Err(_) => failure,
        }
    }

    fn refused(&mut self, told: String) -> Error {
        self.asked_at = Instant::now();
        self.refusal = Some(told.clone());
        if self.named.replace(told.clone()).is_some_and(|before| before != told) {
            tracing::warn!(error = told, "something else is missing");
        }
        Error::Retry(told)
    }

    /// Reads a password again whose file has changed.
    fn log_in_again(&mut self) {
        let now = self.config.properties.credentials();
        if now.is_none() || now == self.credentials {
            return;
        }
        if let Some((name, password)) = &now {
            tracing::info!("the password has changed, and is taken for new connections");
            ffi::set_credentials(self.member.client(), name, password.reveal());
            self.reader.log_in_as(name, password.reveal());
            self.transactions.log_in_as(name, password.reveal());
        }
        self.credentials = now;
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

    /// What an idle poll of a cluster that is away answers; asks now and then whether it is back.
    fn away(&mut self) -> Result<(), Error> {
        if self.link.connected() {
            return Ok(());
        }
        if self.probed_at.elapsed() >= PROBE_EVERY {
            self.log_in_again();
            let answered = self.reader.probe(self.member.context().leading(), PROBE_WAIT);
            self.probed_at = Instant::now();
            if answered {
                self.link.answered();
                return Ok(());
            }
        }
        Err(Error::Retry(self.link.last_error().unwrap_or_else(|| "Kafka does not answer".into())))
    }

    /// Takes back the subscription and waits until the coordinator has been told. A close alone does not tell it of a
    /// member that owns no partition, or is still joining: the others would wait for that one until its session is over.
    fn withdraw(&mut self) {
        if !self.joined {
            return;
        }
        // A member whose first request is on its way has no id yet, and could not say who leaves.
        let named_by = Instant::now() + NAMED_WAIT;
        while self.link.connected() && !self.is_member() && Instant::now() < named_by {
            self.serve_leaving();
        }
        self.member.unsubscribe();
        // In the middle of a rebalance it takes effect when that is over.
        let left_by = Instant::now() + WITHDRAW_WAIT;
        while self.is_member() && Instant::now() < left_by {
            self.serve_leaving();
        }
    }

    /// Whether the coordinator has given us an id that we have not given back.
    fn is_member(&self) -> bool {
        ffi::membership(self.member.client()).is_some_and(|found| !found.member_id.is_empty())
    }

    /// Rebalances run in here. Records that are still queued belong to the next owner.
    fn serve_leaving(&self) {
        drop(self.member.poll(LEAVE_PAUSE));
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
        self.named = None;
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
        self.left = true;
        self.transactions.close();
        let deadline = Instant::now() + LEAVE_WAIT;
        self.withdraw();
        self.member.close_queue().map_err(|e| error::of_client("leave", &e))?;
        while !self.member.closed() {
            self.serve_leaving();
            if Instant::now() >= deadline {
                return Err(Error::Retry("the group did not let us go in time".into()));
            }
        }
        Ok(())
    }
}

/// A partition that librdkafka does not know is one we do not have.
fn refused(code: Option<RDKafkaErrorCode>, call: &str, at: &str) -> Result<(), Error> {
    match code {
        None => Ok(()),
        Some(code) => Err(Error::Lost(format!("{call} {at}: {code}"))),
    }
}
