//! Who may read `/api`: anyone on this machine, or whoever holds the token. Health and metrics are always open.

use std::hint::black_box;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::middleware::Next;

use super::{Site, refusal};
use crate::security::secret::{self, Secret};
use crate::security::watched::Watched;

/// The setting that names the token's file.
const TOKEN_FILE: &str = "http.token_file";

/// The token that `/api` asks for, read again when its file changes.
pub type Token = Watched<Secret>;

/// The rule in force. Its debug output never shows the token.
#[derive(Debug)]
pub enum Access {
    /// Listening on loopback, no token: open to this machine, under a name of this machine.
    Loopback,
    /// `Authorization: Bearer` with this token.
    Token(Token),
    /// Listening on another address without a token: nobody.
    Closed,
}

impl Access {
    pub fn new(listening_on: IpAddr, token: Option<Token>) -> Access {
        match token {
            Some(token) => Access::Token(token),
            None if listening_on.is_loopback() => Access::Loopback,
            None => Access::Closed,
        }
    }

    /// `None` lets the request in.
    fn refuse(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        match self {
            Access::Loopback => (!names_this_machine(headers)).then(|| {
                // A page of a foreign site whose name was pointed at 127.0.0.1 must not read conversations.
                let remedy = "ask for localhost or 127.0.0.1, or set http.token_file";
                refusal(StatusCode::FORBIDDEN, "the Host header names another machine", remedy)
            }),
            Access::Token(token) => {
                let token = token.current();
                (!bearer(headers).is_some_and(|given| same(given, token.reveal()))).then(|| {
                    let remedy = "send `Authorization: Bearer` with the content of http.token_file";
                    let mut response =
                        refusal(StatusCode::UNAUTHORIZED, "the token is missing or wrong", remedy);
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                    response
                })
            }
            Access::Closed => {
                let remedy = "set http.token_file, or listen on 127.0.0.1";
                Some(refusal(StatusCode::FORBIDDEN, "/api is closed on this address without a token", remedy))
            }
        }
    }
}

/// Reads a token file: one line, without white space around it. Errors: it cannot be read, or holds no usable token.
pub fn read_token(file: &Path) -> Result<Secret, String> {
    let token = secret::read(TOKEN_FILE, file)?;
    let token = token.reveal().trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "{TOKEN_FILE} = \"{}\": visible ASCII characters alone are wanted",
            file.display()
        ));
    }
    Ok(Secret::new(token))
}

/// The token of a file, from now on as the file has it. Errors: as [`read_token`].
pub fn token(file: PathBuf) -> Result<Token, String> {
    Watched::new(vec![file.clone()], move || read_token(&file))
}

/// The middleware before `/api`.
pub(super) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response<Body> {
    match site.access.refuse(request.headers()) {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Takes the same time wherever the two differ (their lengths may show).
fn same(given: &str, expected: &str) -> bool {
    let (given, expected) = (given.as_bytes(), expected.as_bytes());
    let difference = given.iter().zip(expected).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    given.len() == expected.len() && black_box(difference) == 0
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_same_only_if_every_byte_is() {
        for (given, expected, equal) in [
            ("abc", "abc", true),
            ("abd", "abc", false),
            ("ab", "abc", false),
            ("abcd", "abc", false),
            ("", "a", false),
        ] {
            assert_eq!(same(given, expected), equal, "{given} {expected}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_let_in_without_a_token() {
        for (host, let_in) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("127.0.0.1:8080", true),
            ("127.0.0.5", true),
            ("[::1]:8080", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1:8080", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            assert_eq!(Access::Loopback.refuse(&headers).is_none(), let_in, "{host}");
        }
        assert!(Access::Loopback.refuse(&HeaderMap::new()).is_some());
    }

    #[test]
    fn the_address_and_the_token_decide_the_rule() {
        let (here, all) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0]));
        let token = || Watched::new(Vec::new(), || Ok(Secret::new("pa55"))).ok();
        assert!(matches!(Access::new(here, None), Access::Loopback));
        assert!(matches!(Access::new(all, None), Access::Closed));
        assert!(matches!(Access::new(all, token()), Access::Token(_)));
        assert!(matches!(Access::new(here, token()), Access::Token(_)));
        let shown = format!("{:?}", Access::new(all, token()));
        assert!(!shown.contains("pa55"), "{shown}");
    }
}
