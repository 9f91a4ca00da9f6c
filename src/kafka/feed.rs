//! Plain records into the topics that we read: what `segue demo --to-kafka` plays into a cluster, and applied policies. No transaction; idempotent, and in
//! order within a key. While the cluster is away records wait in memory, and then the caller does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use super::link::Link;
use super::{Names, Properties, error, settings};
use crate::engine::error::Error;
use crate::engine::port::Topic;

/// Writes to the topics of `names`.
pub struct Feed {
    client: ThreadedProducer<Delivered>,
    names: Names,
}

/// Keeps the first record that the cluster refused.
struct Delivered {
    link: Arc<Link>,
    refused: Mutex<Option<(String, RDKafkaErrorCode)>>,
}

impl ClientContext for Delivered {
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

impl ProducerContext for Delivered {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => self.link.answered(),
            Err((error, message)) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                refused.get_or_insert_with(|| (message.topic().to_owned(), code));
            }
        }
    }
}

impl Feed {
    /// Errors: a property that librdkafka does not know or a user may not set, or a file with a secret that cannot be read.
    pub fn new(bootstrap: &str, properties: &Properties, names: Names) -> Result<Feed, Error> {
        properties.accept()?;
        let link = Arc::new(Link::new(properties));
        let context = Delivered { link: link.clone(), refused: Mutex::default() };
        let client: ThreadedProducer<Delivered> = settings::feed(bootstrap, properties)?
            .create_with_context(context)
            .map_err(|e| error::of_client("producer", &e))?;
        if let Err(cause) = link.log_in(client.client()) {
            link.remember(&cause);
        }
        Ok(Feed { client, names })
    }

    /// Buffers a record. `Retry`: too many wait for the cluster already; the same record again, later.
    /// Other errors: the cluster refused an earlier record.
    pub fn send(&self, topic: Topic, key: &str, value: &[u8]) -> Result<(), Error> {
        self.send_with(topic, key, Some(value), OwnedHeaders::new())
    }

    /// The same with headers; no value is a tombstone.
    pub(super) fn send_with(
        &self,
        topic: Topic,
        key: &str,
        value: Option<&[u8]>,
        headers: OwnedHeaders,
    ) -> Result<(), Error> {
        self.refusal()?;
        let name = self.names.of(topic);
        let record = BaseRecord { payload: value, ..BaseRecord::to(name).key(key).headers(headers) };
        match self.client.send(record) {
            Ok(()) => Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                Err(Error::Retry(format!("{name}: the cluster takes nothing, and the queue is full")))
            }
            Err((failure, _)) => Err(error::of_client(name, &failure)),
        }
    }

    /// Waits until everything is in the cluster. Errors: it refused a record, or `within` was not enough.
    pub fn finish(&self, within: Duration) -> Result<(), Error> {
        const SLICE: Duration = Duration::from_millis(200);
        let deadline = Instant::now() + within;
        while self.client.in_flight_count() > 0 && Instant::now() < deadline {
            // A slice that was too short is no failure: the count says what is left.
            let _ = self.client.flush(SLICE);
            self.refusal()?;
        }
        self.refusal()?;
        match self.client.in_flight_count() {
            0 => Ok(()),
            left => {
                let why = self.client.context().link.last_error().unwrap_or_else(|| "no answer".to_owned());
                Err(Error::Retry(format!("{left} records did not reach the cluster: {why}")))
            }
        }
    }

    fn refusal(&self) -> Result<(), Error> {
        let refused = self.client.context().refused.lock().unwrap_or_else(PoisonError::into_inner);
        match &*refused {
            None => Ok(()),
            // Whatever it is: that record is lost, and those behind it would look as if it had never been said.
            Some((topic, code)) => {
                let error = error::of_code(&format!("{topic}: a record was refused"), *code);
                Err(Error::Fatal(error.to_string()))
            }
        }
    }
}
