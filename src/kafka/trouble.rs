//! Why a connection to a broker fails, in one sentence that says what to do. librdkafka's own words say what its library
//! met; which setting is wrong is ours to say.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::Properties;
use crate::security::tls::{self, Refusal};

/// Explains librdkafka's reasons. Keeps the last one: some take a look at the broker's certificate.
#[derive(Debug, Default)]
pub(super) struct Explainer {
    /// The authority that brokers' certificates must be of; `None`: the system's.
    ca_file: Option<PathBuf>,
    last: Mutex<Option<(String, Option<String>)>>,
}

impl Explainer {
    pub fn new(properties: &Properties) -> Explainer {
        Explainer { ca_file: properties.get("ssl.ca.location").map(PathBuf::from), last: Mutex::default() }
    }

    /// What to tell of a reason; `None` where librdkafka's own words are as good.
    pub fn explain(&self, reason: &str) -> Option<String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // How long it took differs each time.
        let stem = without_duration(reason);
        if let Some((known, told)) = &*last
            && known == stem
        {
            return told.clone();
        }
        let told = explain(reason, |address| tls::refusal_of(address, self.ca_file.as_deref()));
        *last = Some((stem.to_owned(), told.clone()));
        told
    }
}

/// `look` finds out what is wrong with the certificate at `host:port`.
fn explain(reason: &str, look: impl Fn(&str) -> Option<Refusal>) -> Option<String> {
    let broker = broker(reason).unwrap_or("the broker");
    let has = |part: &str| reason.contains(part);
    if let Some((_, why)) = reason.split_once("Failed to acquire SASL OAUTHBEARER token: ") {
        return Some(without_duration(why).to_owned());
    }
    if let Some((_, offered)) = reason.split_once("broker's supported mechanisms: ") {
        return Some(format!(
            "{broker} does not offer this mechanism; set kafka.sasl_mechanism to one of: {}",
            without_duration(offered)
        ));
    }
    if has("SASL authentication error") || has("SASL authentication failed") || has("authentication failed") {
        return Some(format!(
            "{broker} refuses the login; check kafka.username and kafka.password_file (or what kafka.oidc_* names), and \
             that the user exists with this mechanism. A file that changes is read again"
        ));
    }
    if has("certificate verify failed") || has("certificate could not be verified") {
        return Some(certificate(broker, look(broker)));
    }
    if has("certificate required")
        || has("client SSL authentication might be required")
        || has("bad certificate")
    {
        return Some(format!(
            "{broker} wants a certificate of ours that it believes; set kafka.ssl_certificate_file and kafka.ssl_key_file"
        ));
    }
    if has("certificate expired") && has("alert") {
        return Some(format!(
            "our certificate has expired, says {broker}; renew kafka.ssl_certificate_file, and restart"
        ));
    }
    if has("unknown ca") && has("alert") {
        return Some(format!(
            "{broker} does not know the authority of our certificate (kafka.ssl_certificate_file); add it to the broker's \
             trust store"
        ));
    }
    if has("connecting to a PLAINTEXT broker listener")
        || has("SSL connection closed by peer") && has("state SSL_HANDSHAKE")
        || has("wrong version number")
        || has("packet length too long")
    {
        return Some(format!(
            "{broker} does not speak TLS on this port; set kafka.security_protocol to plaintext or sasl_plaintext, or take \
             the port of its TLS listener (kafka.bootstrap_servers)"
        ));
    }
    let ended_at_once = has("Disconnected") && has("state APIVERSION_QUERY");
    if has("connecting to a SSL listener") || ended_at_once && !has("ssl://") {
        return Some(format!(
            "{broker} ends the connection at once, as a TLS listener does; set kafka.security_protocol to ssl or sasl_ssl, \
             or take the port of its plaintext listener (kafka.bootstrap_servers)"
        ));
    }
    let ended_soon = has("Disconnected") && has("state UP") && !reason.starts_with("sasl_");
    if has("might be caused by incorrect security.protocol") || has("might require SASL") || ended_soon {
        return Some(format!(
            "{broker} ends the connection at once; does its listener want a login? Then set kafka.security_protocol to \
             sasl_ssl or sasl_plaintext"
        ));
    }
    None
}

fn without_duration(reason: &str) -> &str {
    reason.split(" (after ").next().unwrap_or(reason)
}

fn certificate(broker: &str, refusal: Option<Refusal>) -> String {
    let what = match refusal {
        Some(Refusal::UnknownAuthority) => {
            "is of an authority that is not known here; name the authority's certificate in kafka.ssl_ca_file"
        }
        Some(Refusal::Expired) => "has expired; renew it on the broker",
        Some(Refusal::NotYetValid) => "is not valid yet; check the clocks of this machine and of the broker",
        Some(Refusal::OtherName) => {
            "is for another name; write a name into kafka.bootstrap_servers that is in it, or let the broker advertise one"
        }
        Some(Refusal::Other) | None => {
            "is not believed; name its authority's certificate in kafka.ssl_ca_file, and check that it is valid now and \
             for this name"
        }
    };
    format!("the certificate of {broker} {what}")
}

/// `host:port` of `sasl_ssl://host:port/1: what happened`.
fn broker(reason: &str) -> Option<&str> {
    let rest = reason.split_once("://").map_or(reason, |(_, rest)| rest);
    let name = &rest[..rest.find('/')?];
    // What has no scheme is plaintext; anything else is no address.
    let is_address = name.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    is_address.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_says_what_to_do() {
        let at = |what: &str| format!("sasl_ssl://kafka:9093/bootstrap: {what}");
        let verify = at(
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be \
             verified, verify that ssl.ca.location is correctly configured",
        );
        for (reason, refusal, expected) in [
            (
                at(
                    "SASL authentication error: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512",
                ),
                None,
                "kafka:9093 refuses the login; check kafka.username",
            ),
            (
                verify.clone(),
                Some(Refusal::UnknownAuthority),
                "the certificate of kafka:9093 is of an authority that is not known here",
            ),
            (verify.clone(), Some(Refusal::Expired), "the certificate of kafka:9093 has expired"),
            (verify.clone(), Some(Refusal::OtherName), "the certificate of kafka:9093 is for another name"),
            (verify, None, "the certificate of kafka:9093 is not believed"),
            (
                at("SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?"),
                None,
                "kafka:9093 does not speak TLS",
            ),
            (
                at("SSL handshake failed: error:0A00010B:SSL routines::wrong version number"),
                None,
                "kafka:9093 does not speak TLS",
            ),
            (
                at(
                    "Disconnected: requesting ApiVersion: might be caused by incorrect security.protocol configuration (connecting to a SSL listener?)",
                ),
                None,
                "kafka:9093 ends the connection at once, as a TLS listener does",
            ),
            (
                "Failed to acquire SASL OAUTHBEARER token: https://idp gives no token".to_owned(),
                None,
                "https://idp gives no token",
            ),
            (
                at("Disconnected: SSL connection closed by peer (after 4ms in state SSL_HANDSHAKE)"),
                None,
                "kafka:9093 does not speak TLS",
            ),
            (
                "ssl://kafka:9093/bootstrap: Disconnected: SSL connection closed by peer (after 9ms in state UP)"
                    .to_owned(),
                None,
                "kafka:9093 ends the connection at once; does its listener want a login?",
            ),
            (
                "kafka:9093/bootstrap: Disconnected: receive 0 after POLLIN (after 1ms in state APIVERSION_QUERY)"
                    .to_owned(),
                None,
                "kafka:9093 ends the connection at once, as a TLS listener does",
            ),
            (at("Connect to ipv4#127.0.0.1:9093 failed: Connection refused"), None, ""),
        ] {
            let told = explain(&reason, |_| refusal).unwrap_or_default();
            assert_eq!(told.is_empty(), expected.is_empty(), "{reason}\n{told}");
            assert!(told.starts_with(expected), "{reason}\n{told}");
        }
    }

    #[test]
    fn the_same_reason_is_explained_once() {
        let explainer = Explainer::default();
        let first =
            explainer.explain("ssl://h:1/1: SASL authentication error: no (after 3ms in state AUTH_REQ)");
        let again = explainer
            .explain("ssl://h:1/1: SASL authentication error: no (after 9ms in state AUTH_REQ, 2 identical)");
        assert_eq!(first, again);
    }
}
