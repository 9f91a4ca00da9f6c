//! `segue inspect`: asks a running instance how one conversation stands.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::render::screen::Format;
use super::render::{Style, view};
use crate::http::access;
use crate::security::client::{Client, Roots, Route, encode_segment};
use crate::security::secret::Secret;

/// Where `segue inspect` asks unless told otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// Where to ask, and how one gets in.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// `http://host:port` or `https://host:port`.
    pub url: &'a str,
    pub token_file: Option<&'a Path>,
    /// The authority of the instance's certificate; `None`: the system's.
    pub ca_file: Option<&'a Path>,
}

impl Door<'_> {
    /// Errors: the file of the authority.
    pub fn client(&self) -> Result<Client, String> {
        const WAIT: Duration = Duration::from_secs(10);
        let roots = match self.ca_file {
            None => Roots::System,
            Some(path) => Roots::File { key: "--ca-file", path },
        };
        Client::new(roots, "--ca-file", Route::Direct, WAIT)
    }

    /// Errors: the file of the token.
    pub fn token(&self) -> Result<Option<Secret>, String> {
        self.token_file.map(access::read_token).transpose()
    }
}

/// What to print on standard output. Errors: one message for standard error, with the instance's own remedy.
pub fn inspect(
    conversation_id: &str,
    door: &Door<'_>,
    format: Format,
    style: Style,
) -> Result<String, String> {
    let url = door.url;
    let path = format!("/api/conversations/{}", encode_segment(conversation_id));
    let reply = door.client()?.get(url, &path, door.token()?.as_ref())?;
    let body: Value = serde_json::from_slice(&reply.body)
        .map_err(|_| format!("{url}: answered {} without JSON; is this a Segue?", reply.status))?;
    if reply.status != 200 {
        return Err(refusal(conversation_id, reply.status, &body));
    }
    match format {
        Format::Json => Ok(format!("{}\n", String::from_utf8_lossy(&reply.body))),
        Format::Text => Ok(view::block(&body, style)),
    }
}

fn refusal(conversation_id: &str, status: u16, body: &Value) -> String {
    match (body["error"].as_str(), body["remedy"].as_str()) {
        (Some(error), Some(remedy)) => format!("{conversation_id}: {error} ({status}); {remedy}"),
        (Some(error), None) => format!("{conversation_id}: {error} ({status})"),
        (None, Some(_) | None) => format!("{conversation_id}: the instance answered {status}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;
    use crate::app::render::Colour;

    const STYLE: Style = Style { colour: Colour::Plain, width: 80 };

    fn door(url: &str) -> Door<'_> {
        Door { url, token_file: None, ca_file: None }
    }

    /// An instance that answers once, and gives back the request's first line.
    fn instance(status: &'static str, body: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let first = lines.next().unwrap();
            assert!(lines.any(|line| line.is_empty()));
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            first
        });
        (url, served)
    }

    #[test]
    fn a_machine_gets_what_the_instance_said() {
        let (url, served) = instance("200 OK", r#"{"conversation_id":"c/1"}"#);
        let shown = inspect("c/1", &door(&url), Format::Json, STYLE);
        assert_eq!(shown, Ok("{\"conversation_id\":\"c/1\"}\n".to_owned()));
        assert_eq!(served.join().unwrap(), "GET /api/conversations/c%2F1 HTTP/1.1");
    }

    #[test]
    fn a_refusal_carries_the_instance_s_remedy() {
        let (url, served) =
            instance("404 Not Found", r#"{"error":"no such conversation","remedy":"check the id"}"#);
        let shown = inspect("c-1", &door(&url), Format::Text, STYLE);
        assert_eq!(shown, Err("c-1: no such conversation (404); check the id".to_owned()));
        served.join().unwrap();
    }

    #[test]
    fn something_else_on_the_port_is_told() {
        let (url, served) = instance("200 OK", "<html>");
        let shown = inspect("c-1", &door(&url), Format::Text, STYLE);
        assert_eq!(shown, Err(format!("{url}: answered 200 without JSON; is this a Segue?")));
        served.join().unwrap();
    }
}
