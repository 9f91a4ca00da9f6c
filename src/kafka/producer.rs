//! Transactions: one producer with a stable transactional id, replaced whenever it can no longer be trusted.
//!
//! Source of truth for: whether the producer is initialised, and what was not delivered in the open transaction.
//! Invariant: a record is buffered or refused with an error; a full queue is waited for, never a reason to drop.
//! Invariant: a transaction that met trouble on the wire is the last one of its producer epoch. A request that the client
//! gave up on, or sent again, may reach the broker late; librdkafka's transactions share one epoch, so the broker would take
//! late offsets for the next transaction's. A new producer has a new epoch, which shuts them out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::error::{self, Step, Undelivered};
use super::ffi::{self, Failure};
use super::link::Link;
use super::{KafkaConfig, headers, settings};
use crate::engine::error::Error;
use crate::engine::port::{Membership, Out};

/// `init_transactions` goes on in the background when it times out, and the next call resumes it.
const INIT_WAIT: Duration = Duration::from_secs(1);
/// An error that comes later than this after a transaction was not met in it.
const TOLD_WITHIN: Duration = Duration::from_secs(1);
/// An abort that is not answered in this time is left to the next producer of this id.
const ABORT_WAIT: Duration = Duration::from_secs(5);
/// Beyond the transaction's own time, in which librdkafka should have answered.
const ANSWER_GRACE: Duration = Duration::from_secs(2);
/// This often within [`FENCE_WINDOW`] means another process under the same instance id, not an accident.
const FENCES_MAX: usize = 3;
const FENCE_WINDOW: Duration = Duration::from_secs(60);

/// What the broker did not take. Filled by the thread that serves delivery reports.
pub(super) struct Deliveries {
    link: Arc<Link>,
    first: Mutex<Option<Undelivered>>,
    transaction: Mutex<Transaction>,
    /// A connection was lost, or a request timed out, in a transaction of this producer.
    shaken: AtomicBool,
}

impl Deliveries {
    fn first(&self) -> Option<Undelivered> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn transaction(&self) -> Transaction {
        *self.transaction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self) {
        *self.first.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl ClientContext for Deliveries {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.link.token()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.link.logged(level, facility, text);
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        if self.transaction().may_have_met_it() && !met_nobody(reason) {
            self.shaken.store(true, Ordering::SeqCst);
        }
        // An idle producer's connection may be closed under it: only the group member says that all brokers are gone.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.link.heard(&error, reason);
        }
    }
}

/// A connection that was never made carried no request; in a cluster with a dead broker there are many.
fn met_nobody(reason: &str) -> bool {
    reason.contains("in state CONNECT") || reason.contains("in state APIVERSION_QUERY")
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, message)) = result else { return };
        let Some(code) = error.rdkafka_error_code() else { return };
        if matches!(code, RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight) {
            return; // our own abort
        }
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| Undelivered {
            code,
            topic: message.topic().to_owned(),
            partition: message.partition(),
        });
    }
}

/// Where this producer's last transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Transaction {
    #[default]
    None,
    OpenSince(Instant),
    ClosedAt(Instant),
}

impl Transaction {
    /// Errors are told by another thread, a little later than they were met.
    fn may_have_met_it(self) -> bool {
        match self {
            Transaction::None => false,
            Transaction::OpenSince(_) => true,
            Transaction::ClosedAt(at) => at.elapsed() < TOLD_WITHIN,
        }
    }
}

/// The producer of one thread.
pub(super) struct Transactions {
    config: KafkaConfig,
    link: Arc<Link>,
    transactional_id: String,
    group: std::ffi::CString,
    /// How long a transaction may take; the broker aborts one that takes longer.
    transaction_timeout: Duration,
    /// Shared with a call that librdkafka does not come back from.
    client: Option<Arc<ThreadedProducer<Deliveries>>>,
    initialised: bool,
    fences: VecDeque<Instant>,
    was_fenced: bool,
}

impl Transactions {
    pub fn new(config: &KafkaConfig, link: Arc<Link>) -> Result<Transactions, Error> {
        let mut new = Transactions {
            transaction_timeout: settings::transaction_timeout(&settings::producer(config)?),
            config: config.clone(),
            link,
            transactional_id: config.transactional_id(),
            group: std::ffi::CString::new(config.group())
                .map_err(|_| Error::Fatal("engine.application_id contains a NUL byte".into()))?,
            client: None,
            initialised: false,
            fences: VecDeque::new(),
            was_fenced: false,
        };
        new.create()?;
        Ok(new)
    }

    /// A transaction may begin.
    pub fn is_sound(&self) -> bool {
        !self.link.is_denied()
            && self.client().is_ok_and(|client| !client.context().shaken.load(Ordering::SeqCst))
    }

    /// Begins or goes on with the initialisation; a producer that was in use before is replaced.
    pub fn renew(&mut self) -> Result<(), Error> {
        if self.initialised || self.client.is_none() {
            self.create()?;
        }
        let Some(client) = &self.client else { return Err(Error::Retry("no producer".into())) };
        match client.init_transactions(INIT_WAIT) {
            Ok(()) => {
                self.initialised = true;
                self.link.answered();
                Ok(())
            }
            Err(failure) => {
                let failure = failure_of(&failure);
                let error = self.failed(Step::Init, &failure);
                if failure.fatal {
                    // It will say the same for ever, whatever is granted.
                    self.client = None;
                }
                match error {
                    // A producer that failed here never had a transaction: another one may be tried at once.
                    Error::Abort(text) | Error::Reload(text) => {
                        self.client = None;
                        Err(Error::Retry(text))
                    }
                    other => Err(other),
                }
            }
        }
    }

    fn create(&mut self) -> Result<(), Error> {
        self.client = None;
        self.initialised = false;
        let context = Deliveries {
            link: self.link.clone(),
            first: Mutex::default(),
            transaction: Mutex::default(),
            shaken: AtomicBool::default(),
        };
        // Read anew: a password may have changed since the last one.
        let client: ThreadedProducer<Deliveries> = settings::producer(&self.config)?
            .create_with_context(context)
            .map_err(|e| error::of_client(&self.transactional_id, &e))?;
        if let Err(cause) = self.link.log_in(client.client()) {
            self.link.remember(&cause);
        }
        self.client = Some(Arc::new(client));
        Ok(())
    }

    fn client(&self) -> Result<&Arc<ThreadedProducer<Deliveries>>, Error> {
        match &self.client {
            Some(client) if self.initialised => Ok(client),
            Some(_) | None => Err(Error::Reload("the producer is not initialised".into())),
        }
    }

    /// When the broker has ended the transaction anyway.
    fn answer_wait(&self) -> Duration {
        self.transaction_timeout + ANSWER_GRACE
    }

    fn mark(&self, state: Transaction) {
        if let Some(client) = &self.client {
            *client.context().transaction.lock().unwrap_or_else(PoisonError::into_inner) = state;
        }
    }

    /// Takes a password that has changed, for connections from now on.
    pub fn log_in_as(&self, name: &str, password: &str) {
        if let Some(client) = &self.client {
            ffi::set_credentials(client.client(), name, password);
        }
    }

    /// The last transaction met another producer of its id.
    pub fn was_fenced(&self) -> bool {
        self.was_fenced
    }

    pub fn begin(&mut self) -> Result<(), Error> {
        self.was_fenced = false;
        if !self.initialised || self.link.is_denied() {
            return Err(Error::Abort("no transaction can begin just now".into()));
        }
        let client = self.client()?;
        client.context().forget();
        let begun = client.begin_transaction().map_err(|failure| failure_of(&failure));
        begun.map_err(|failure| self.failed(Step::Begin, &failure))?;
        self.mark(Transaction::OpenSince(Instant::now()));
        Ok(())
    }

    /// Buffers a record. While the queue is full it waits: the broker takes from it, or the transaction's time ends it.
    pub fn send(&mut self, topic: &str, out: Out<'_>) -> Result<(), Error> {
        let client = self.client()?;
        let Out { topic: _, partition, key, value: payload, trace } = out;
        let headers = trace.map(headers::of);
        let mut record = BaseRecord { partition, key, payload, headers, ..BaseRecord::to(topic) };
        let mut deadline = None;
        let code = loop {
            match client.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                    let deadline = deadline.get_or_insert_with(|| Instant::now() + self.transaction_timeout);
                    if Instant::now() >= *deadline {
                        return Err(Error::Abort(format!("{topic}: the producer's queue stays full")));
                    }
                    record = refused;
                    client.poll(Duration::from_millis(1));
                }
                Err((failure, _)) => break failure.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail),
            }
        };
        // Outside of a good transaction librdkafka says no more than "wrong state"; what went wrong before was kept.
        let (fatal, code) = match client.client().fatal_error() {
            Some((cause, _)) => (true, cause),
            None => (false, code),
        };
        let text = format!("{topic}: {code}");
        let abortable = code == RDKafkaErrorCode::State;
        Err(self
            .failed(Step::Send, &Failure { code, text, retriable: false, requires_abort: abortable, fatal }))
    }

    /// Adds the offsets, fenced by this membership. On a thread of its own, because librdkafka may never come back from this
    /// call when the group's coordinator has left the cluster (its issues 5456 and 5511): then the producer is left to it, and
    /// the next one of this id ends its transaction.
    pub fn send_offsets(
        &mut self,
        offsets: TopicPartitionList,
        membership: &Membership,
    ) -> Result<(), Error> {
        let (client, group, membership) = (self.client()?.clone(), self.group.clone(), membership.clone());
        let (tell, told) = mpsc::sync_channel(1);
        let call = move || {
            let sent = ffi::send_offsets(client.client(), &offsets, &group, &membership);
            drop(client);
            // Nobody listens any more where the producer was given up.
            let _ = tell.send(sent);
        };
        let spawned = thread::Builder::new().name("send offsets".into()).spawn(call);
        spawned.map_err(|error| Error::Abort(format!("send offsets: no thread: {error}")))?;
        let wait = self.answer_wait();
        match told.recv_timeout(wait) {
            Ok(sent) => sent.map_err(|failure| self.failed(Step::Offsets, &failure)),
            Err(_) => {
                self.client = None;
                self.initialised = false;
                Err(Error::Reload(format!(
                    "send offsets: no answer in {} s, the group's coordinator may have left",
                    wait.as_secs()
                )))
            }
        }
    }

    pub fn commit(&mut self) -> Result<(), Error> {
        let committed = ffi::commit_transaction(self.client()?.client(), self.answer_wait());
        committed.map_err(|failure| self.failed(Step::Commit, &failure))?;
        self.mark(Transaction::ClosedAt(Instant::now()));
        self.link.answered();
        Ok(())
    }

    pub fn abort(&mut self) -> Result<(), Error> {
        let aborted = self.client()?.abort_transaction(ABORT_WAIT).map_err(|failure| failure_of(&failure));
        aborted.map_err(|failure| self.failed(Step::Abort, &failure))?;
        self.mark(Transaction::ClosedAt(Instant::now()));
        Ok(())
    }

    /// Aborts what is open, so that readers need not wait until the broker does.
    pub fn close(&mut self) {
        let is_open = |state| matches!(state, Transaction::OpenSince(_));
        if self.client.as_ref().is_some_and(|client| is_open(client.context().transaction()))
            && let Err(error) = self.abort()
        {
            tracing::debug!(%error, "the open transaction is left to time out");
        }
        self.client = None;
        self.initialised = false;
    }

    /// The broker has ended the open transaction because it took too long: its epoch is gone, and nobody else took it.
    fn is_overdue(&self) -> bool {
        let state = self.client.as_ref().map(|client| client.context().transaction());
        matches!(state, Some(Transaction::OpenSince(begun)) if begun.elapsed() >= self.transaction_timeout)
    }

    fn failed(&mut self, step: Step, failure: &Failure) -> Error {
        let undelivered = self.client.as_ref().and_then(|client| client.context().first());
        self.link.note(Some(failure.code));
        self.link.note(undelivered.as_ref().map(|lost| lost.code));
        let error = error::of_transaction(step, failure, undelivered.as_ref());
        if !error::is_fence(failure.code) || self.is_overdue() {
            return error;
        }
        self.was_fenced = true;
        let now = Instant::now();
        self.fences.push_back(now);
        self.fences.retain(|at| now.duration_since(*at) < FENCE_WINDOW);
        if self.fences.len() < FENCES_MAX {
            return error;
        }
        Error::Fatal(format!(
            "{error}: transactional id {} was taken over {FENCES_MAX} times in a minute: another process runs under \
             this engine.instance_id; give each its own",
            self.transactional_id
        ))
    }
}

/// The flags of rdkafka's own transaction errors.
fn failure_of(error: &KafkaError) -> Failure {
    match error {
        KafkaError::Transaction(inner) => Failure {
            code: inner.code(),
            text: inner.string(),
            retriable: inner.is_retriable(),
            requires_abort: inner.txn_requires_abort(),
            fatal: inner.is_fatal(),
        },
        other => Failure {
            code: other.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail),
            text: other.to_string(),
            retriable: false,
            requires_abort: false,
            fatal: false,
        },
    }
}
