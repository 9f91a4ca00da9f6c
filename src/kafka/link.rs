//! Whether the cluster answers, as one thread's clients see it: remembered for readiness, logged once an outage.
//!
//! Source of truth for: [`Link::connected`]. Down when librdkafka has lost every broker; up again with the next answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// The state of the connection to the cluster; shared with whoever reports readiness.
#[derive(Debug, Default)]
pub struct Link {
    /// Apart from the mutex, because it is read with every poll.
    up: AtomicBool,
    trouble: Mutex<Trouble>,
}

#[derive(Debug, Default)]
struct Trouble {
    /// The last failure librdkafka told us of, until an outage ends.
    last: Option<String>,
    /// The outage under way is in the log already.
    logged: bool,
}

impl Link {
    /// Whether the cluster answered since it was last lost. `false` until it first does.
    pub fn connected(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// What went wrong last, since the cluster was last found again.
    pub fn last_error(&self) -> Option<String> {
        self.trouble().last.clone()
    }

    /// The cluster answered.
    pub(super) fn answered(&self) {
        if self.up.swap(true, Ordering::Relaxed) {
            return;
        }
        let was_logged = std::mem::take(&mut *self.trouble()).logged;
        if was_logged {
            tracing::info!("Kafka answers again");
        }
    }

    /// No broker can be reached. Why it cannot is often told apart, before this or after.
    pub(super) fn lost(&self, reason: &str) {
        self.up.store(false, Ordering::Relaxed);
        let mut trouble = self.trouble();
        let error = trouble.last.get_or_insert_with(|| reason.to_owned()).clone();
        if !std::mem::replace(&mut trouble.logged, true) {
            tracing::warn!(error, "Kafka does not answer");
        }
    }

    /// Keeps a failure to show it. One broker of many may fail without an outage, so this alone says nothing.
    pub(super) fn remember(&self, reason: &str) {
        self.trouble().last = Some(reason.to_owned());
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What an error event of a client says about the connection.
    pub(super) fn heard(&self, error: &KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AllBrokersDown) => self.lost(reason),
            Some(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::SSL
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SaslAuthenticationFailed,
            ) => self.remember(reason),
            Some(_) | None => tracing::debug!(target: "librdkafka", %error, reason, "client error"),
        }
    }
}

/// Fatal errors of a client and of its transaction: they come back from the call that met them, and a new producer is a
/// normal path.
const HANDLED: [&str; 2] = ["FATAL", "TXNERR"];

/// librdkafka's own lines are for debugging: what they mean is logged by whoever handles it.
pub(super) fn forward_log(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        _ if HANDLED.contains(&facility) => tracing::debug!(target: "librdkafka", facility, text),
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(target: "librdkafka", facility, text);
        }
        RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning
        | RDKafkaLogLevel::Notice
        | RDKafkaLogLevel::Info
        | RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, text),
    }
}

/// The context of clients that only ask or read. An idle connection may be closed under them: that is no outage, so
/// they keep what failed and leave it to the group member to say that all brokers are gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Quiet {
    pub link: Arc<Link>,
}

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        forward_log(level, facility, text);
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.link.heard(&error, reason);
        }
    }
}

impl ConsumerContext for Quiet {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(events: &[Option<RDKafkaErrorCode>], connected: bool, last: Option<&str>) {
        let link = Link::default();
        for event in events {
            match event {
                Some(code) => link.heard(&KafkaError::Global(*code), "refused"),
                None => link.answered(),
            }
        }
        assert_eq!((link.connected(), link.last_error().as_deref()), (connected, last), "{events:?}");
    }

    #[test]
    fn the_link_is_down_until_the_cluster_answers() {
        use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure};
        check(&[], false, None);
        check(&[Some(BrokerTransportFailure), Some(AllBrokersDown)], false, Some("refused"));
        check(&[Some(AllBrokersDown)], false, Some("refused"));
        check(&[Some(AllBrokersDown), None], true, None);
        check(&[None, Some(BrokerTransportFailure)], true, Some("refused"));
        check(&[None, Some(BrokerTransportFailure), Some(AllBrokersDown)], false, Some("refused"));
    }
}
