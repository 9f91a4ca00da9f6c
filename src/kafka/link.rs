//! Whether the cluster answers, as one thread's clients see it: remembered for readiness, logged once an outage.
//!
//! Source of truth for: [`Link::connected`]. Down when librdkafka has lost every broker; up again with the next answer.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rdkafka::client::{Client, ClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::oidc::Tokens;
use super::trouble::Explainer;
use super::{Properties, error, ffi};
use crate::engine::error::Error;

/// The state of the connection to the cluster; shared with whoever reports readiness.
#[derive(Debug, Default)]
pub struct Link {
    /// Apart from the mutex, because it is read with every poll.
    up: AtomicBool,
    /// It answered at least once: the protocol is right, and a connection that ends at once is a broker that ends.
    was_up: AtomicBool,
    /// A right was missing, and nobody has found out since that it is there.
    denied: AtomicBool,
    /// It was the group's, and no coordinator has answered since.
    group_denied: AtomicBool,
    trouble: Mutex<Trouble>,
    /// Where the mechanism is OAUTHBEARER.
    tokens: Option<Tokens>,
    explainer: Explainer,
}

#[derive(Debug, Default)]
struct Trouble {
    /// The last failure librdkafka told us of, until an outage ends.
    last: Option<String>,
    /// It is one that the settings, here or there, must mend.
    explained: bool,
    /// The outage under way is in the log already.
    logged: bool,
}

impl Link {
    /// A link that logs in by these properties.
    pub(super) fn new(properties: &Properties) -> Link {
        Link {
            tokens: properties.oidc.clone().map(Tokens::new),
            explainer: Explainer::new(properties),
            ..Link::default()
        }
    }

    /// Gives a new client its first token, which it would otherwise get by its first poll. Errors: nobody gave one.
    pub(super) fn log_in<C: ClientContext>(&self, client: &Client<C>) -> Result<(), String> {
        match &self.tokens {
            None => Ok(()),
            Some(tokens) => tokens.token().and_then(|token| ffi::set_token(client, &token)),
        }
    }

    /// The token that a client asks for.
    pub(super) fn token(&self) -> Result<OAuthToken, Box<dyn StdError>> {
        match &self.tokens {
            Some(tokens) => tokens.token().map_err(Into::into),
            None => Err("set kafka.oidc_token_url and its like".into()),
        }
    }

    /// Whether a right was missing lately.
    pub(super) fn is_denied(&self) -> bool {
        self.denied.load(Ordering::Relaxed)
    }

    /// Whether the group was refused, and nobody has found out since that it is allowed.
    pub(super) fn is_group_denied(&self) -> bool {
        self.group_denied.load(Ordering::Relaxed)
    }

    /// The group's coordinator has answered us.
    pub(super) fn group_allowed(&self) {
        self.group_denied.store(false, Ordering::Relaxed);
    }

    /// All rights are there, as far as one can ask.
    pub(super) fn allowed(&self) {
        self.denied.store(false, Ordering::Relaxed);
    }

    /// Notes a failure that means a missing right.
    pub(super) fn note(&self, code: Option<RDKafkaErrorCode>) {
        if code.is_some_and(is_denial) {
            self.denied.store(true, Ordering::Relaxed);
        }
        if code == Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
            self.group_denied.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the cluster answered since it was last lost. `false` until it first does.
    pub fn connected(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// What went wrong last, since the cluster was last found again.
    pub fn last_error(&self) -> Option<String> {
        self.trouble().last.clone()
    }

    /// As [`Link::last_error`], where settings here or there must mend it: waiting alone does not help.
    pub(super) fn last_trouble(&self) -> Option<String> {
        let trouble = self.trouble();
        trouble.last.clone().filter(|_| trouble.explained)
    }

    /// The cluster answered.
    pub(super) fn answered(&self) {
        if self.up.swap(true, Ordering::Relaxed) {
            return;
        }
        self.was_up.store(true, Ordering::Relaxed);
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
        let mut trouble = self.trouble();
        // Brokers that cannot be reached are no reason to forget that one does not let us in.
        if !trouble.explained {
            trouble.last = Some(reason.to_owned());
        }
    }

    /// Keeps what settings must mend.
    fn remember_trouble(&self, told: String) {
        let mut trouble = self.trouble();
        trouble.last = Some(told);
        trouble.explained = true;
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A line of librdkafka's log. Some failures of a connection are only told there, or there first.
    pub(super) fn logged(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        forward_log(level, facility, text);
        // Before the reason stands the name of the thread.
        let reason = text.split_once("]: ").map_or(text, |(_, reason)| reason);
        // A connection that ends, once there was one, is a broker that ends.
        let is_news = !(self.was_up.load(Ordering::Relaxed) && reason.contains("Disconnected"));
        if facility == "FAIL"
            && is_news
            && let Some(told) = self.explainer.explain(reason)
        {
            self.remember_trouble(told);
        }
    }

    /// What an error event of a client says about the connection.
    pub(super) fn heard(&self, error: &KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        self.note(code);
        match code {
            Some(RDKafkaErrorCode::AllBrokersDown) => self.lost(reason),
            Some(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::SSL
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SaslAuthenticationFailed,
            ) => {
                tracing::debug!(target: "librdkafka", %error, reason, "connection failed");
                let by_end = code == Some(RDKafkaErrorCode::BrokerTransportFailure);
                let is_news = !(by_end && self.was_up.load(Ordering::Relaxed));
                match self.explainer.explain(reason).filter(|_| is_news) {
                    Some(told) => self.remember_trouble(told),
                    None => self.remember(reason),
                }
            }
            Some(_) | None => tracing::debug!(target: "librdkafka", %error, reason, "client error"),
        }
    }
}

/// A right is missing.
pub(super) fn is_denial(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::TransactionalIdAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
    )
}

/// Fatal errors of a client and of its transaction: they come back from the call that met them, and a new producer is a
/// normal path.
const HANDLED: [&str; 2] = ["FATAL", "TXNERR"];

/// librdkafka's own lines are for debugging: what they mean is logged by whoever handles it.
fn forward_log(level: RDKafkaLogLevel, facility: &str, text: &str) {
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

impl Quiet {
    /// A client that asks and reads, logged in. `about` is what a message begins with.
    pub(super) fn asker(
        config: &ClientConfig,
        properties: &Properties,
        about: &str,
    ) -> Result<BaseConsumer<Quiet>, Error> {
        let link = Arc::new(Link::new(properties));
        let client: BaseConsumer<Quiet> = config
            .create_with_context(Quiet { link: link.clone() })
            .map_err(|failure| error::of_client(about, &failure))?;
        link.log_in(client.client()).map_err(Error::Retry)?;
        Ok(client)
    }
}

impl ClientContext for Quiet {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn StdError>> {
        self.link.token()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.link.logged(level, facility, text);
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
