//! What keeps us from the cluster and is the operator's to give: rights that are asked about until they are there, and a
//! password that is read again; and the asking itself while nobody answers.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;

use super::KafkaPort;
use crate::engine::error::Error;
use crate::kafka::ffi;
use crate::kafka::rights::{self, Resource, Right};

/// While the cluster is away, ask it this often.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(1);
const PROBE_WAIT: Duration = Duration::from_millis(300);
/// While a right is missing, ask whether it is there this often, and poll no more often than that.
const RIGHTS_EVERY: Duration = Duration::from_secs(1);
pub(super) const DENIED_WAIT: Duration = Duration::from_millis(100);

impl KafkaPort {
    /// A new producer, once nothing is known to be missing: a right that is not there is asked about, not tried again and
    /// again. Whether a transactional id is allowed can only be tried.
    pub(super) fn renew_permitted(&mut self) -> Result<(), Error> {
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
    pub(super) fn told(&mut self, failure: Error) -> Error {
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
        Error::Retry(told)
    }

    /// Reads a password again whose file has changed.
    pub(super) fn log_in_again(&mut self) {
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

    /// What an idle poll of a cluster that is away answers; asks now and then whether it is back.
    pub(super) fn away(&mut self) -> Result<(), Error> {
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
}
