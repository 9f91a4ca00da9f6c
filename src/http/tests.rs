//! The server over a real socket: every page, every refusal.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, sync_channel};

use super::*;
use crate::domain::conversation::Conversation;
use crate::engine::port::Topology;
use crate::engine::view::Seen;
use crate::security::client::{Client, Roots, Route};
use crate::security::secret::Secret;
use crate::telemetry::metrics::{PolicySeen, Watched};

const NOW: Millis = 1_000_000;

/// One ready conversation worker that owns all three partitions.
fn watched() -> Watched {
    let watched =
        Watched { topology: Topology::Conversations, name: "conversations-0".into(), stats: Arc::default() };
    watched.stats.last_loop_at.store(NOW - 500, Ordering::Relaxed);
    watched.stats.ready.store(1, Ordering::Relaxed);
    watched.stats.partitions.store(3, Ordering::Relaxed);
    watched.stats.partitions_all.store(3, Ordering::Relaxed);
    watched
}

fn shown(watched: Watched, workers: Vec<SyncSender<Query>>) -> Shown {
    Shown {
        telemetry: Telemetry::new(vec![watched], PolicySeen::default).unwrap(),
        logs: None,
        workers,
        answer_within: Duration::from_secs(20),
        stalled_after: Duration::from_secs(60),
        now: || NOW,
        started_at: 0,
    }
}

fn ask(base: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let client = Client::new(Roots::System, "--ca", Route::Direct, Duration::from_secs(20)).unwrap();
    let reply = client.get(base, path, token.map(Secret::new).as_ref()).unwrap();
    (reply.status, String::from_utf8(reply.body).unwrap())
}

fn get(server: &Server, path: &str, token: Option<&str>) -> (u16, String) {
    ask(&format!("http://{}", server.address()), path, token)
}

fn put(server: &Server, path: &str, token: Option<&str>, text: &str) -> (u16, String) {
    let client = Client::new(Roots::System, "-", Route::Direct, Duration::from_secs(10)).unwrap();
    let token = token.map(Secret::new);
    let reply = client.put_text(&format!("http://{}", server.address()), path, token.as_ref(), text).unwrap();
    (reply.status, String::from_utf8(reply.body).unwrap())
}

fn open() -> Door {
    Door::default()
}

/// A worker that knows `c-1` alone; ends when nobody can ask any more.
fn worker(queries: Receiver<Query>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for query in queries {
            let seen = (query.conversation_id == "c-1").then(|| Seen {
                partition: 2,
                conversation: Box::new(Conversation { started_at: 7, ..Conversation::default() }),
            });
            query.reply.send(seen).unwrap();
        }
    })
}

#[test]
fn health_tells_which_thread_stalls() {
    let one = watched();
    let server = Server::start("127.0.0.1:0", open(), shown(one.clone(), Vec::new())).unwrap();
    let alive = r#"{"status":"ok","threads":[{"name":"conversations-0","seconds_since_last_loop":0.5,"stalled":false,"topology":"conversations"}]}"#;
    assert_eq!(get(&server, "/healthz", None), (200, alive.into()));
    one.stats.last_loop_at.store(NOW - 60_001, Ordering::Relaxed);
    let stalled = r#"{"status":"stalled","threads":[{"name":"conversations-0","seconds_since_last_loop":60.001,"stalled":true,"topology":"conversations"}]}"#;
    assert_eq!(get(&server, "/healthz", None), (503, stalled.into()));
    server.stop();
}

#[test]
fn readiness_says_what_is_waited_for() {
    let one = watched();
    let server = Server::start("127.0.0.1:0", open(), shown(one.clone(), Vec::new())).unwrap();
    assert_eq!(get(&server, "/readyz", None), (200, r#"{"ready":true,"waiting_for":[]}"#.into()));
    one.stats.ready.store(0, Ordering::Relaxed);
    one.stats.partitions.store(0, Ordering::Relaxed);
    let waiting = r#"{"ready":false,"waiting_for":[{"name":"conversations-0","topology":"conversations","why":"no partition is assigned yet"}]}"#;
    assert_eq!(get(&server, "/readyz", None), (503, waiting.into()));
    server.stop();
}

#[test]
fn a_conversation_is_found_where_a_worker_knows_it() {
    let (ask, queries) = sync_channel(4);
    let worker = worker(queries);
    let one = watched();
    let server = Server::start("127.0.0.1:0", open(), shown(one.clone(), vec![ask])).unwrap();
    let (status, body) = get(&server, "/api/conversations/c%2D1", None);
    assert!(
        status == 200 && body.starts_with(r#"{"conversation_id":"c-1","partition":2,"phase":"ai""#),
        "{status} {body}"
    );
    let (status, body) = get(&server, "/api/conversations/c-2", None);
    assert!(status == 404 && body.starts_with(r#"{"error":"no such conversation","#), "{status} {body}");
    one.stats.partitions.store(1, Ordering::Relaxed);
    let elsewhere = r#"{"error":"unknown here, and this instance owns 1 of 3 partitions","remedy":"ask the other instances"}"#;
    assert_eq!(get(&server, "/api/conversations/c-2", None), (503, elsewhere.into()));
    one.stats.ready.store(0, Ordering::Relaxed);
    let (status, body) = get(&server, "/api/conversations/c-2", None);
    assert!(status == 503 && body.starts_with(r#"{"error":"this instance is not ready""#), "{status} {body}");
    server.stop();
    worker.join().unwrap();
}

#[test]
fn a_worker_that_cannot_be_asked_or_goes_away_is_unavailable() {
    let (full, kept) = sync_channel(0);
    let server = Server::start("127.0.0.1:0", open(), shown(watched(), vec![full])).unwrap();
    assert_eq!(get(&server, "/api/conversations/c-1", None).0, 503);
    drop(kept);
    assert_eq!(get(&server, "/api/conversations/c-1", None).0, 503);
    server.stop();
}

#[test]
fn a_worker_that_does_not_answer_in_time_is_unavailable() {
    let (ask, kept) = sync_channel(1);
    let mut shown = shown(watched(), vec![ask]);
    shown.answer_within = Duration::ZERO;
    let server = Server::start("127.0.0.1:0", open(), shown).unwrap();
    assert_eq!(get(&server, "/api/conversations/c-1", None).0, 503);
    assert_eq!(kept.try_recv().map(|query: Query| query.conversation_id), Ok("c-1".into()));
    server.stop();
}

#[test]
fn the_api_wants_the_token_and_the_other_pages_do_not() {
    let (ask, queries) = sync_channel(4);
    let worker = worker(queries);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let door = Door { token: Some(access::token(file.clone()).unwrap()), tls: None };
    let server = Server::start("127.0.0.1:0", door, shown(watched(), vec![ask])).unwrap();
    let status = |token| get(&server, "/api/conversations/c-1", token).0;
    assert_eq!([None, Some("s3creT"), Some("s3cret")].map(status), [401, 401, 200]);
    // A new token in the file is the token, within a second or two; until then the old one is.
    std::fs::write(&file, "an0ther\n").unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while status(Some("an0ther")) != 200 {
        assert!(std::time::Instant::now() < deadline, "the new token is never taken");
    }
    assert_eq!(status(Some("s3cret")), 401);
    assert_eq!(get(&server, "/metrics", None).0, 200);
    server.stop();
    worker.join().unwrap();
}

#[test]
fn the_log_level_is_shown_and_changed_behind_the_token() {
    let (logs, _layer) = Logs::filtering("info").unwrap();
    let logs = Arc::new(logs);
    let site = Shown { logs: Some(logs.clone()), ..shown(watched(), Vec::new()) };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let door = Door { token: Some(access::token(file).unwrap()), tls: None };
    let server = Server::start("127.0.0.1:0", door, site).unwrap();
    let put = |token, body: &str| put(&server, "/api/log-level", token, body);
    assert_eq!(put(None, "debug").0, 401);
    assert_eq!(get(&server, "/api/log-level", Some("s3cret")), (200, r#"{"level":"info"}"#.into()));
    let changed = r#"{"level":"warn,segue::kafka=debug"}"#;
    assert_eq!(put(Some("s3cret"), " warn,segue::kafka=debug\n"), (200, changed.into()));
    assert_eq!(put(Some("s3cret"), r#"{"level":"error"}"#), (200, r#"{"level":"error"}"#.into()));
    for wrong in ["loud", "", "{", r#"{"level":7}"#, &"x".repeat(2_000), &"x".repeat(20_000)] {
        let (status, body) = put(Some("s3cret"), wrong);
        assert!(status == 400 && body.contains("remedy"), "{status} {body}");
    }
    assert_eq!(logs.level(), "error");
    server.stop();
}

#[test]
fn a_log_that_cannot_be_changed_says_so() {
    let server = Server::start("127.0.0.1:0", open(), shown(watched(), Vec::new())).unwrap();
    assert_eq!(get(&server, "/api/log-level", None).0, 404);
    assert_eq!(put(&server, "/api/log-level", None, "info").0, 404);
    server.stop();
}

#[test]
fn on_other_addresses_the_api_is_closed_without_a_token() {
    let server = Server::start("0.0.0.0:0", open(), shown(watched(), Vec::new())).unwrap();
    let there = format!("http://127.0.0.1:{}", server.address().port());
    let status = |path| self::ask(&there, path, None).0;
    assert_eq!([status("/api/conversations/c-1"), status("/healthz"), status("/readyz")], [403, 200, 200]);
    server.stop();
}

#[test]
fn a_port_in_use_is_one_clear_message() {
    let server = Server::start("127.0.0.1:0", open(), shown(watched(), Vec::new())).unwrap();
    let listen = server.address().to_string();
    let refused = Server::start(&listen, open(), shown(watched(), Vec::new())).unwrap_err();
    let expected = format!(
        "http.listen = \"{listen}\": the port is in use; stop the other process or choose another port"
    );
    assert_eq!(refused, expected);
    server.stop();
}

#[test]
fn an_unknown_page_names_those_there_are() {
    let server = Server::start("127.0.0.1:0", open(), shown(watched(), Vec::new())).unwrap();
    let expected = r#"{"error":"no such page","remedy":"try /healthz, /readyz, /metrics, /api/conversations/{id} or /api/log-level"}"#;
    assert_eq!(get(&server, "/nothing", None), (404, expected.into()));
    server.stop();
}
