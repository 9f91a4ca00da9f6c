//! Tokens for OAUTHBEARER, asked for as OpenID Connect says: client credentials at the token endpoint.
//!
//! librdkafka can ask by itself, but only where libcurl and its headers are there when it is built; this needs neither.
//! Source of truth for: the token in use. One is shared by the clients of a thread until a fifth of its life is left.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use rdkafka::client::OAuthToken;
use serde_json::Value;

use crate::security::client::{Client, Roots, Route};
use crate::security::secret::Source;

/// A token endpoint that takes longer is given up; librdkafka asks again by itself.
const WAIT: Duration = Duration::from_secs(5);
/// What a token without a word about its life is taken to live.
const LIFE_MS: i64 = 5 * 60 * 1000;

/// Who gives out tokens, and as whom we ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    pub token_url: String,
    pub client_id: String,
    pub client_secret: Source,
    pub scope: Option<String>,
    /// The authority of the endpoint's certificate; `None`: the system's.
    pub ca_file: Option<PathBuf>,
}

/// Asks for tokens, and keeps the last one.
#[derive(Debug)]
pub(super) struct Tokens {
    oidc: Oidc,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: String,
    asked_ms: i64,
    ends_ms: i64,
    principal: String,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("ends_ms", &self.ends_ms).finish_non_exhaustive()
    }
}

impl Tokens {
    pub fn new(oidc: Oidc) -> Tokens {
        Tokens { oidc, kept: Mutex::new(None) }
    }

    /// A token with enough life left. Errors: one message with a remedy, without any secret.
    pub fn token(&self) -> Result<OAuthToken, String> {
        let now = now_ms();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.as_ref().is_some_and(|kept| kept.is_fresh(now)) {
            *kept = Some(self.ask(now)?);
        }
        match &*kept {
            Some(kept) => Ok(OAuthToken {
                token: kept.token.clone(),
                principal_name: kept.principal.clone(),
                lifetime_ms: kept.ends_ms,
            }),
            None => Err("no token".to_owned()),
        }
    }

    fn ask(&self, now: i64) -> Result<Kept, String> {
        let Oidc { token_url, client_id, client_secret, scope, ca_file } = &self.oidc;
        let roots = match ca_file {
            None => Roots::System,
            Some(path) => Roots::File { key: "kafka.oidc_ca_file", path },
        };
        let client = Client::new(roots, "kafka.oidc_ca_file", Route::ByEnvironment, WAIT)?;
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(scope.as_deref().map(|scope| ("scope", scope)));
        let reply = client.post_form(token_url, client_id, &client_secret.read()?, &form)?;
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        match reply.status {
            200 => {}
            400 | 401 | 403 => {
                let why = word(&body["error"]).unwrap_or_default();
                return Err(format!(
                    "{token_url} gives no token ({}{}{why}); check kafka.oidc_client_id, kafka.oidc_client_secret_file and \
                     kafka.oidc_scope",
                    reply.status,
                    if why.is_empty() { "" } else { " " },
                ));
            }
            status => {
                return Err(format!(
                    "{token_url} gives no token (it answers {status}); check kafka.oidc_token_url"
                ));
            }
        }
        read_token(&body, client_id, now)
            .ok_or_else(|| format!("{token_url} answers without an access_token; check kafka.oidc_token_url"))
    }
}

impl Kept {
    fn is_fresh(&self, now: i64) -> bool {
        let life = self.ends_ms - self.asked_ms;
        self.ends_ms - now > life / 5
    }
}

/// An error code of the endpoint, if it is one: it may not be a place for anything else.
fn word(value: &Value) -> Option<&str> {
    let word = value.as_str()?;
    let is_code = word.len() <= 60 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_code.then_some(word)
}

fn read_token(body: &Value, client_id: &str, now: i64) -> Option<Kept> {
    let token = body["access_token"].as_str().filter(|token| !token.is_empty())?.to_owned();
    let claims = claims(&token).unwrap_or_default();
    let by_answer = body["expires_in"].as_i64().map(|seconds| now + seconds.clamp(1, 10 * 86_400) * 1000);
    let by_claim = claims["exp"].as_i64().map(|seconds| seconds.saturating_mul(1000));
    let ends_ms = by_answer.or(by_claim).unwrap_or(now + LIFE_MS).max(now + 1000);
    let principal = claims["sub"].as_str().unwrap_or(client_id).to_owned();
    Some(Kept { token, asked_ms: now, ends_ms, principal })
}

/// What a JSON web token says. Not verified: that is the broker's.
fn claims(token: &str) -> Option<Value> {
    let part = token.split('.').nth(1)?.trim_end_matches('=');
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::security::secret::Secret;

    /// An endpoint that answers once a request, in turn; gives back what it was asked.
    fn endpoint(answers: Vec<(&'static str, String)>) -> (Tokens, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let token_url = format!("http://{}/token", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let answer = |(status, body): (&str, String)| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut asked, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.trim_end();
                    if line.is_empty() {
                        break;
                    }
                    if let Some((name, value)) = line.split_once(": ") {
                        match name.to_ascii_lowercase().as_str() {
                            "content-length" => length = value.parse().unwrap(),
                            "authorization" => asked += &format!("{value} "),
                            _ => {}
                        }
                    }
                }
                let mut form = vec![0; length];
                reader.read_exact(&mut form).unwrap();
                asked += &String::from_utf8(form).unwrap();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
                .unwrap();
                asked
            };
            answers.into_iter().map(answer).collect()
        });
        let oidc = Oidc {
            token_url,
            client_id: "segue".into(),
            client_secret: Source::Given(Secret::new("pa:55")),
            scope: Some("kafka".into()),
            ca_file: None,
        };
        (Tokens::new(oidc), served)
    }

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_is_asked_for_once_and_kept() {
        let body = format!(r#"{{"access_token":"{}","expires_in":300}}"#, jwt(r#"{"sub":"svc-segue"}"#));
        let (tokens, served) = endpoint(vec![("200 OK", body)]);
        let first = tokens.token().unwrap();
        assert_eq!(first.principal_name, "svc-segue");
        assert!((1..=300_000).contains(&(first.lifetime_ms - now_ms())));
        assert_eq!(tokens.token().unwrap().token, first.token);
        // Basic with the name and the secret, both encoded: segue:pa%3A55
        assert_eq!(
            served.join().unwrap(),
            ["Basic c2VndWU6cGElM0E1NQ== grant_type=client_credentials&scope=kafka"]
        );
    }

    #[test]
    fn one_that_is_about_to_end_is_asked_for_again() {
        let body =
            |sub: &str| format!(r#"{{"access_token":"{}"}}"#, jwt(&format!(r#"{{"sub":"{sub}","exp":1}}"#)));
        let (tokens, served) = endpoint(vec![("200 OK", body("a")), ("200 OK", body("b"))]);
        assert_eq!(tokens.token().unwrap().principal_name, "a");
        // What has ended already lives a second at most.
        let mut kept = tokens.kept.lock().unwrap();
        if let Some(kept) = &mut *kept {
            kept.ends_ms = 0;
        }
        drop(kept);
        assert_eq!(tokens.token().unwrap().principal_name, "b");
        served.join().unwrap();
    }

    #[test]
    fn a_refusal_is_one_message_without_the_secret() {
        for (status, body, expected) in [
            (
                "401 Unauthorized",
                r#"{"error":"invalid_client","error_description":"pa:55 is wrong"}"#,
                " gives no token (401 invalid_client); check kafka.oidc_client_id, kafka.oidc_client_secret_file and \
                 kafka.oidc_scope",
            ),
            ("404 Not Found", "<html>", " gives no token (it answers 404); check kafka.oidc_token_url"),
            ("200 OK", "{}", " answers without an access_token; check kafka.oidc_token_url"),
        ] {
            let (tokens, served) = endpoint(vec![(status, body.to_owned())]);
            let error = tokens.token().map(|_| ()).unwrap_err();
            assert_eq!(error.strip_prefix(&tokens.oidc.token_url), Some(expected));
            served.join().unwrap();
        }
    }
}
