//! One question over HTTP, one answer: to a running Segue, or to whoever gives out tokens. No redirects are followed: a
//! secret goes where the settings say, and nowhere else.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, RequestBuilder};

use super::secret::Secret;
use super::tls::{self, Refusal};

/// The longest body that is read, bytes.
const BODY_LIMIT: u64 = 4 * 1024 * 1024;

/// An answer of any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// How the other side is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Straight to it.
    Direct,
    /// By the proxy that HTTPS_PROXY and its like name, if they do.
    ByEnvironment,
}

/// Whose certificates are believed: those of a PEM file, which a setting or an option names, or the system's.
#[derive(Clone, Copy, Debug)]
pub enum Roots<'a> {
    System,
    File { key: &'a str, path: &'a Path },
}

/// Asks one origin.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    /// How to believe in another certificate.
    ca_setting: String,
}

impl Client {
    /// `ca_setting` is what a message tells to set where the certificate is not believed. Errors: a file of `roots`.
    pub fn new(roots: Roots<'_>, ca_setting: &str, route: Route, wait: Duration) -> Result<Client, String> {
        let found = match roots {
            Roots::System => rustls_native_certs::load_native_certs().certs,
            Roots::File { key, path } => tls::certificates(key, path)?,
        };
        let found: Vec<Certificate<'static>> =
            found.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::Specific(Arc::new(found)))
            .unversioned_rustls_crypto_provider(tls::provider())
            .build();
        let mut config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(wait))
            .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")));
        if route == Route::Direct {
            config = config.proxy(None);
        }
        Ok(Client { agent: config.build().new_agent(), ca_setting: ca_setting.to_owned() })
    }

    /// Asks `base` (`http://host:port` or `https://host:port`) for `path`, which begins with a slash and is encoded.
    /// Errors: one message with a remedy.
    pub fn get(&self, base: &str, path: &str, token: Option<&Secret>) -> Result<Reply, String> {
        let base = origin(base)?;
        self.reply(base, asking(self.agent.get(format!("{base}{path}")), token).call())
    }

    /// Puts a plain text. Errors: one message with a remedy.
    pub fn put_text(
        &self,
        base: &str,
        path: &str,
        token: Option<&Secret>,
        text: &str,
    ) -> Result<Reply, String> {
        let base = origin(base)?;
        self.reply(base, asking(self.agent.put(format!("{base}{path}")), token).send(text))
    }

    /// Posts a form, with a name and a secret as HTTP Basic says. Errors: one message with a remedy.
    pub fn post_form(
        &self,
        url: &str,
        name: &str,
        secret: &Secret,
        form: &[(&str, &str)],
    ) -> Result<Reply, String> {
        use base64::Engine;
        // RFC 6749, 2.3.1: both are form-encoded before they are joined.
        let both = format!("{}:{}", encode_segment(name), encode_segment(secret.reveal()));
        let basic = base64::engine::general_purpose::STANDARD.encode(both);
        let request = self
            .agent
            .post(url)
            .header("Accept", "application/json")
            .header("Authorization", format!("Basic {basic}"));
        self.reply(url, request.send_form(form.iter().copied()))
    }

    fn reply(
        &self,
        base: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Reply, String> {
        let told = |error: ureq::Error| format!("{base}: {}", self.explain(base, &error));
        let mut answer = answer.map_err(told)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(BODY_LIMIT).read_to_vec().map_err(told)?;
        Ok(Reply { status, body })
    }

    fn explain(&self, base: &str, error: &ureq::Error) -> String {
        let inner = match error {
            ureq::Error::Rustls(error) => Some(error),
            ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
            _ => None,
        };
        match inner {
            Some(rustls::Error::InvalidMessage(_)) => {
                return "it does not speak TLS on this port; write http://, or ask the TLS port".to_owned();
            }
            Some(error) => return self.explain_tls(error),
            None => {}
        }
        match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                format!("{error}; is it running there?")
            }
            ureq::Error::HostNotFound => "no such host; check the name".to_owned(),
            ureq::Error::Protocol(_) if base.starts_with("http://") => {
                "the answer is not HTTP; is this a TLS port? Then write https://".to_owned()
            }
            ureq::Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
            other => other.to_string(),
        }
    }

    fn explain_tls(&self, error: &rustls::Error) -> String {
        match Refusal::of(error) {
            Refusal::UnknownAuthority => format!(
                "its certificate is of an authority that is not known here; name the authority's certificate by {}",
                self.ca_setting
            ),
            Refusal::Expired => "its certificate has expired; renew it there".to_owned(),
            Refusal::NotYetValid => "its certificate is not valid yet; check the clocks".to_owned(),
            Refusal::OtherName => {
                "its certificate is for another name; ask by a name that the certificate has".to_owned()
            }
            Refusal::Other => format!("TLS: {error}"),
        }
    }
}

/// The same request, for JSON, and with the token.
fn asking<Any>(request: RequestBuilder<Any>, token: Option<&Secret>) -> RequestBuilder<Any> {
    let request = request.header("Accept", "application/json");
    match token {
        Some(token) => request.header("Authorization", format!("Bearer {}", token.reveal())),
        None => request,
    }
}

/// Encodes one segment of a path, or one part of a form.
pub fn encode_segment(segment: &str) -> String {
    segment.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

/// Scheme, host and port alone, without a final slash.
fn origin(base: &str) -> Result<&str, String> {
    // What stands before an @ would be a password.
    let shown = if base.contains('@') { "(address)" } else { base };
    let wrong = || {
        format!(
            "{shown}: not an address; expected http://host:port or https://host:port, such as http://127.0.0.1:8080"
        )
    };
    let base = base.strip_suffix('/').unwrap_or(base);
    let rest = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://")).ok_or_else(wrong)?;
    let is_odd = rest.contains(['/', '@', '?', '#']) || rest.contains(char::is_whitespace);
    if rest.is_empty() || is_odd { Err(wrong()) } else { Ok(base) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for (base, expected) in [
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://segue", "https://segue"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(origin(base), Ok(expected));
        }
        for refused in ["segue:8080", "http://", "ftp://h", "http://h/api", "http://a b"] {
            assert!(origin(refused).is_err(), "{refused}");
        }
        let with_password = origin("http://u:pa55@h").unwrap_err();
        assert!(!with_password.contains("pa55"), "{with_password}");
    }

    #[test]
    fn a_segment_keeps_only_unreserved_characters() {
        assert_eq!(encode_segment("c-1/ü ?"), "c-1%2F%C3%BC%20%3F");
    }

    #[test]
    fn what_speaks_no_tls_is_told() {
        let client = |base: &str, answer: &'static [u8]| {
            use std::io::{Read, Write};
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("{base}://{}", listener.local_addr().unwrap());
            let served = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _asked = stream.read(&mut [0; 4096]).unwrap();
                stream.write_all(answer).unwrap();
            });
            let client = Client::new(Roots::System, "--ca", Route::Direct, Duration::from_secs(20)).unwrap();
            let error = client.get(&url, "/", None).unwrap_err();
            served.join().unwrap();
            error.strip_prefix(&url).unwrap().to_owned()
        };
        assert_eq!(
            client("https", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            ": it does not speak TLS on this port; write http://, or ask the TLS port"
        );
        // A fatal TLS alert, which is what a TLS port says to plain HTTP.
        assert_eq!(
            client("http", b"\x15\x03\x01\x00\x02\x02\x46\r\n"),
            ": the answer is not HTTP; is this a TLS port? Then write https://"
        );
    }
}
