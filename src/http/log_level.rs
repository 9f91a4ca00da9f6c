//! The filter of the log: shown, and changed while the process runs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Site, json_answer, refusal};
use crate::telemetry::Logs;
use crate::telemetry::logs::FILTER_BYTES;

/// Room for a filter in JSON, every character of it escaped.
const BODY_BYTES: usize = 8 * FILTER_BYTES;

/// `GET /api/log-level`
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response<Body> {
    match &site.shown.logs {
        Some(logs) => level(logs),
        None => fixed(),
    }
}

/// `PUT /api/log-level`: a filter as plain text, or `{"level": "info,segue::kafka=debug"}`.
pub(super) async fn change(State(site): State<Arc<Site>>, body: Body) -> Response<Body> {
    let Some(logs) = &site.shown.logs else { return fixed() };
    let wrong = |error: &str| {
        let remedy = r#"send a filter such as info,segue::kafka=debug, as text or as {"level": ".."}"#;
        refusal(StatusCode::BAD_REQUEST, error, remedy)
    };
    let Ok(bytes) = axum::body::to_bytes(body, BODY_BYTES).await else {
        return wrong("the body is too long");
    };
    let Some(filter) = filter(&bytes) else { return wrong("the body is no filter") };
    match logs.set(&filter) {
        Ok(()) => level(logs),
        Err(error) => wrong(&error),
    }
}

fn filter(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if !text.starts_with('{') {
        return Some(text.to_owned());
    }
    let document: Value = serde_json::from_str(text).ok()?;
    document["level"].as_str().map(str::to_owned)
}

fn level(logs: &Logs) -> Response<Body> {
    json_answer(StatusCode::OK, &json!({ "level": logs.level() }))
}

fn fixed() -> Response<Body> {
    refusal(
        StatusCode::NOT_FOUND,
        "the log of this process cannot be changed",
        "ask an instance of `segue run`",
    )
}
