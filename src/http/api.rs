//! One conversation as committed: the question goes to every worker, the owner answers between two batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, TrySendError, sync_channel};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};

use super::{Shown, Site, answer, refusal};
use crate::domain::limits::ID_BYTES;
use crate::engine::port::Topology;
use crate::engine::view::{Query, Seen};
use crate::wire;

/// How the question ended.
#[derive(Debug)]
enum Found {
    Here(Box<Seen>),
    /// Every worker answered, none knows it.
    Nowhere,
    /// Some worker's queue was full, it had gone, or it did not answer in time.
    Unanswered,
}

/// `GET /api/conversations/{id}`
pub(super) async fn conversation(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Response<Body> {
    if id.len() > ID_BYTES {
        return refusal(StatusCode::NOT_FOUND, "no conversation id is that long", "check the id");
    }
    let (asking, asked_id) = (site.clone(), id.clone());
    match tokio::task::spawn_blocking(move || ask(&asking.shown, &asked_id)).await {
        Ok(Found::Here(seen)) => {
            let mut body = Vec::new();
            wire::view::encode(&id, seen.partition, &seen.conversation, &mut body);
            answer(StatusCode::OK, "application/json", body)
        }
        Ok(Found::Nowhere) => absent(&site.shown),
        Ok(Found::Unanswered) | Err(_) => {
            let remedy = "a restore or a long batch is under way; ask again";
            refusal(StatusCode::SERVICE_UNAVAILABLE, "the engine did not answer in time", remedy)
        }
    }
}

/// Blocks for at most `answer_within`.
fn ask(shown: &Shown, id: &str) -> Found {
    let deadline = Instant::now() + shown.answer_within;
    let (reply, replies) = sync_channel(shown.workers.len().max(1));
    let mut open = 0;
    let mut unasked = 0;
    for worker in &shown.workers {
        match worker.try_send(Query { conversation_id: id.to_owned(), reply: reply.clone() }) {
            Ok(()) => open += 1,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => unasked += 1,
        }
    }
    drop(reply);
    while open > 0 {
        match replies.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Some(seen)) => return Found::Here(Box::new(seen)),
            Ok(None) => open -= 1,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Found::Unanswered,
        }
    }
    if unasked > 0 { Found::Unanswered } else { Found::Nowhere }
}

/// Unknown for certain only where this instance owns every partition and has restored them.
fn absent(shown: &Shown) -> Response<Body> {
    let workers = || shown.telemetry.watched().iter().filter(|w| w.topology == Topology::Conversations);
    if workers().any(|worker| worker.stats.ready.load(Ordering::Relaxed) == 0) {
        let remedy = "wait until /readyz says so, and ask again";
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "this instance is not ready", remedy);
    }
    let owned: i64 = workers().map(|worker| worker.stats.partitions.load(Ordering::Relaxed)).sum();
    let all = workers().map(|worker| worker.stats.partitions_all.load(Ordering::Relaxed)).max().unwrap_or(0);
    match owned.cmp(&all) {
        std::cmp::Ordering::Less => {
            let error = format!("unknown here, and this instance owns {owned} of {all} partitions");
            refusal(StatusCode::SERVICE_UNAVAILABLE, &error, "ask the other instances")
        }
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => {
            let remedy =
                "check the id; a conversation is forgotten some time after its end (engine.forget_after)";
            refusal(StatusCode::NOT_FOUND, "no such conversation", remedy)
        }
    }
}
