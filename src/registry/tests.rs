//! The client against a server that answers what each case says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Error;
use super::cached::Cached;
use super::client::{Client, Config, Kind, Login};
use crate::wire::avro::{Away, Contract, Registry, Writer};

const PATIENCE: Duration = Duration::from_secs(20);

/// Answers each request by its path; keeps what was asked, with the `authorization` header.
fn server(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let seen = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut line, mut login, mut length) =
                (String::new(), String::new(), String::new(), 0);
            reader.read_line(&mut first).unwrap();
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_ascii_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if lower.starts_with("authorization:") {
                    login = line.trim().to_owned();
                }
                line.clear();
            }
            reader.take(length).read_to_end(&mut Vec::new()).unwrap();
            let path = first.rsplit_once(' ').unwrap().0.replace("/api", "");
            let (status, body) = answer(&path);
            seen.lock().unwrap().push(format!("{path} {login}").trim_end().to_owned());
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            // A client that went away has what it wanted.
            let _ = stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice());
        }
    });
    (url, asked)
}

fn config(url: &str) -> Config {
    Config { url: url.to_owned(), login: Login::None, ca_pem: None, timeout: PATIENCE }
}

fn client(url: &str) -> Client {
    Client::new(config(url)).unwrap()
}

fn schema(kind: Option<&str>, text: &str) -> String {
    serde_json::json!({ "schema": text, "schemaType": kind }).to_string()
}

#[test]
fn errors_have_a_consequence() {
    type Expected = fn(&Error) -> bool;
    let table: [(u16, &str, Expected); 10] = [
        (404, r#"{"error_code":40403,"message":"gone"}"#, |e| matches!(e, Error::NoSuch(_))),
        (404, r#"{"error_code":40401,"message":"gone"}"#, |e| matches!(e, Error::NoSuch(_))),
        (404, "<html>", |e| matches!(e, Error::Strange(_))),
        (401, "", |e| matches!(e, Error::Refused(m) if m.contains("registry.password_file"))),
        (403, r#"{"error_code":40301,"message":"no"}"#, |e| matches!(e, Error::Refused(_))),
        (409, r#"{"error_code":409,"message":"incompatible"}"#, |e| matches!(e, Error::Incompatible(_))),
        (500, r#"{"error_code":50001,"message":"store"}"#, |e| matches!(e, Error::Away(_))),
        (503, "", |e| matches!(e, Error::Away(_))),
        (429, "", |e| matches!(e, Error::Away(_))),
        (200, "<html>", |e| matches!(e, Error::Strange(m) if m.contains("registry.url"))),
    ];
    for (status, body, expected) in table {
        let (url, _) = server(move |_| (status, body.to_owned()));
        let error = client(&url).schema(7).unwrap_err();
        assert!(expected(&error), "{status} {body}: {error:?}");
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(matches!(client(&format!("http://{free}")).schema(7), Err(Error::Away(_))));
    // Takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut hurried = config(&format!("http://{}", silent.local_addr().unwrap()));
    hurried.timeout = Duration::from_millis(50);
    let error = Client::new(hurried).unwrap().schema(7).unwrap_err();
    assert!(matches!(&error, Error::Away(m) if m.ends_with("no answer in time")), "{error:?}");
}

#[test]
fn we_say_who_we_are_and_nothing_shows_it() {
    let (url, asked) = server(|path| match path {
        "GET /subjects/t-value/versions" => (200, "[2,1]".to_owned()),
        path if path.starts_with("GET") => (200, r#"{"id":5,"version":1,"schema":"{}"}"#.to_owned()),
        _ => (403, "{}".to_owned()),
    });
    let basic = Login::Basic { username: "segue".to_owned(), password: "pa55".to_owned() };
    for (login, header) in
        [(basic, "Basic c2VndWU6cGE1NQ=="), (Login::Bearer("pa55".to_owned()), "Bearer pa55")]
    {
        let config = Config { login, ..config(&url) };
        assert!(!format!("{config:?}").contains("pa55"));
        let client = Client::new(config).unwrap();
        assert_eq!(client.versions("t-value").unwrap().len(), 2);
        let error = client.set_compatibility("t-value", "FULL").unwrap_err();
        assert!(!error.to_string().contains("pa55"), "{error}");
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        let lower = |text: &str| text.to_ascii_lowercase();
        assert!(
            asked.iter().all(|one| lower(one).ends_with(&lower(&format!("authorization: {header}")))),
            "{asked:?}"
        );
        assert_eq!(asked.len(), 4);
    }
}

#[test]
fn a_ca_file_without_a_certificate_is_refused() {
    for pem in ["", "no certificate"] {
        let config = Config { ca_pem: Some(pem.into()), ..config("https://127.0.0.1:1") };
        assert!(matches!(Client::new(config).map(|_| ()), Err(Error::Refused(_))), "{pem:?}");
    }
}

#[test]
fn a_schema_is_asked_for_once() {
    let inner =
        r#"{"type":"record","name":"Call","namespace":"x","fields":[{"name":"name","type":"string"}]}"#;
    let outer =
        r#"{"type":"record","name":"T","namespace":"x","fields":[{"name":"action","type":"x.Call"}]}"#;
    let (url, asked) = server(move |path| match path {
        "GET /schemas/ids/1?deleted=true" => (200, schema(None, Contract::Turn.text())),
        "GET /schemas/ids/2?deleted=true" => (200, schema(Some("PROTOBUF"), "syntax")),
        "GET /schemas/ids/3?deleted=true" => (200, schema(Some("JSON"), "{}")),
        "GET /schemas/ids/4?deleted=true" => {
            let references = serde_json::json!([{ "name": "x.Call", "subject": "call", "version": 3 }]);
            (200, serde_json::json!({ "schema": outer, "references": references }).to_string())
        }
        "GET /subjects/call/versions/3" => (200, serde_json::json!({ "id": 9, "schema": inner }).to_string()),
        _ => (404, r#"{"error_code":40403,"message":"x"}"#.to_owned()),
    });
    let cached = Cached::new(client(&url));
    for _ in 0..3 {
        assert!(
            matches!(cached.writer(1), Ok(Writer::Known(plan)) if plan.fingerprint == Contract::Turn.fingerprint())
        );
        assert!(matches!(cached.writer(2), Ok(Writer::NoSuch(why)) if why.contains("PROTOBUF")));
        assert!(matches!(cached.writer(3), Ok(Writer::Json)));
        let Ok(Writer::Known(plan)) = cached.writer(4) else { panic!("a schema in parts") };
        let mut json = Vec::new();
        crate::wire::avro::unfold(&plan, &[2, b'x'], &mut json).unwrap();
        assert_eq!(json, br#"{"action":{"name":"x"}}"#);
    }
    assert_eq!(asked.lock().unwrap().len(), 5);
    // Unknown: a registry of several machines may be a moment behind.
    assert!(matches!(cached.writer(99), Err(Away)));
    assert!(matches!(cached.writer(99), Err(Away)));
    assert_eq!(asked.lock().unwrap().len(), 6, "nobody asks again at once");
}

#[test]
fn while_it_is_away_nobody_waits_for_it() {
    let (url, asked) = server(|_| (503, String::new()));
    let cached = Cached::new(client(&url));
    for id in 0..5 {
        assert!(matches!(cached.writer(id), Err(Away)));
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
    let known = super::client::Registered {
        id: 7,
        version: 1,
        kind: Kind::Avro,
        text: Contract::Window.text().to_owned(),
        references: Vec::new(),
    };
    cached.learn(&known);
    assert!(matches!(cached.writer(7), Ok(Writer::Known(_))), "what is known needs no registry");
}
