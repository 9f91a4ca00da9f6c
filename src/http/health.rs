//! Liveness and readiness: is every thread's loop turning, and is every partition restored.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Site, json_answer};
use crate::telemetry::metrics::topology_name;

/// 200 while every thread finished a loop lately; a thread that has not finished its first one is judged by our own age.
pub(super) async fn alive(State(site): State<Arc<Site>>) -> Response<Body> {
    let shown = &site.shown;
    let now = (shown.now)();
    let limit_ms = shown.stalled_after.as_millis() as i64;
    let mut is_alive = true;
    let mut threads: Vec<Value> = Vec::new();
    for watched in shown.telemetry.watched() {
        let last = watched.stats.last_loop_at.load(Ordering::Relaxed).max(shown.started_at);
        let since_ms = (now - last).max(0);
        is_alive &= since_ms <= limit_ms;
        threads.push(json!({
            "name": watched.name,
            "topology": topology_name(watched.topology),
            "seconds_since_last_loop": since_ms as f64 / 1_000.0,
            "stalled": since_ms > limit_ms,
        }));
    }
    let (status, word) =
        if is_alive { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "stalled") };
    json_answer(status, &json!({ "status": word, "threads": threads }))
}

/// 200 while everything is ready; otherwise what is waited for.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> Response<Body> {
    let waiting: Vec<Value> = site
        .shown
        .telemetry
        .watched()
        .iter()
        .filter(|watched| !watched.stats.is_ready())
        .map(|watched| {
            let partitions = watched.stats.partitions.load(Ordering::Relaxed);
            let why = if partitions == 0 {
                "no partition is assigned yet".to_owned()
            } else {
                format!("{partitions} partitions are assigned, and not all are restored or the broker does not answer")
            };
            json!({ "name": watched.name, "topology": topology_name(watched.topology), "why": why })
        })
        .collect();
    let is_ready = waiting.is_empty();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json_answer(status, &json!({ "ready": is_ready, "waiting_for": waiting }))
}
