//! The only place that names axum: health, readiness, metrics and the view of one conversation.
//!
//! Runs in its own OS thread; the engine's threads are asked over bounded channels and never wait for it.
//! Invariant: nothing uncommitted is shown. Absent: any way to change state from here; only the log's filter can be.

pub mod access;
mod api;
mod health;
mod listener;
mod log_level;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, header};
use axum::routing::get;
use axum::serve::Listener;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::domain::ids::Millis;
use crate::engine::view::Query;
use crate::security::tls;
use crate::telemetry::Logs;
use crate::telemetry::metrics::Telemetry;
use access::{Access, Token};
use listener::Encrypted;

/// How long open connections may take to end when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Threads that wait for answers of workers; more questions than that queue up.
const WAITING_THREADS: usize = 8;

/// What the server shows.
#[derive(Debug)]
pub struct Shown {
    pub telemetry: Telemetry,
    /// The filter of the process's log; `None`: it cannot be changed.
    pub logs: Option<Arc<Logs>>,
    /// Where to ask for a conversation: one channel a conversation worker.
    pub workers: Vec<SyncSender<Query>>,
    /// The longest a question may take.
    pub answer_within: Duration,
    /// A thread whose loop has not finished for this long is dead.
    pub stalled_after: Duration,
    /// Wall clock, epoch milliseconds.
    pub now: fn() -> Millis,
    /// When the process started, by the same clock.
    pub started_at: Millis,
}

/// How one gets in.
#[derive(Debug, Default)]
pub struct Door {
    /// What `/api` asks for.
    pub token: Option<Token>,
    /// Our certificate: with it everything is spoken over TLS, without it nothing is.
    pub tls: Option<tls::Files>,
}

/// A running server. Dropping it without [`Server::stop`] leaves it running until the process ends.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Binds `listen` (`host:port`; port 0 takes a free one) and serves. Errors: one message for the operator.
    pub fn start(listen: &str, door: Door, shown: Shown) -> Result<Server, String> {
        let tls = door.tls.as_ref().map(tls::server).transpose()?;
        let listener = bind(listen)?;
        let address =
            listener.local_addr().map_err(|error| format!("http.listen = \"{listen}\": {error}"))?;
        let site = Arc::new(Site { access: Access::new(address.ip(), door.token), shown });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WAITING_THREADS)
            .build()
            .map_err(|error| format!("http: cannot start: {error}"))?;
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serve(listener, tls, site, stopped)))
            .map_err(|error| format!("http: cannot start a thread: {error}"))?;
        Ok(Server { address, stop, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends open connections in order, for at most two seconds, and the thread.
    pub fn stop(self) {
        // An error means that the server has ended by itself; there is nothing to stop then.
        let _ended = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the http thread panicked");
        }
    }
}

fn bind(listen: &str) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(listen).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("http.listen = \"{listen}\": the port is in use; stop the other process or choose another port")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("http.listen = \"{listen}\": permission denied; choose a port above 1023")
        }
        _ => format!("http.listen = \"{listen}\": {error}; expected host:port, such as 127.0.0.1:8080"),
    })?;
    listener.set_nonblocking(true).map_err(|error| format!("http.listen = \"{listen}\": {error}"))?;
    Ok(listener)
}

async fn serve(
    listener: TcpListener,
    tls: Option<tls::ServerConfig>,
    site: Arc<Site>,
    stopped: oneshot::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "http cannot listen"),
    };
    match tls {
        None => serve_on(listener, site, stopped).await,
        Some(tls) => serve_on(Encrypted::new(listener, tls), site, stopped).await,
    }
}

async fn serve_on<L>(listener: L, site: Arc<Site>, stopped: oneshot::Receiver<()>)
where
    L: Listener<Addr = SocketAddr>,
{
    let (drain, drained) = oneshot::channel();
    let server = axum::serve(listener, routes(site)).with_graceful_shutdown(async move {
        // Both ends mean the same: an order to stop, or nobody left to give one.
        let _either = stopped.await;
        let _serving = drain.send(());
    });
    let limit = async move {
        let _stopping = drained.await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        ended = server => if let Err(error) = ended { tracing::error!(%error, "http ended") },
        () = limit => tracing::debug!("http connections were cut at shutdown"),
    }
}

/// What every handler sees.
struct Site {
    access: Access,
    shown: Shown,
}

fn routes(site: Arc<Site>) -> Router {
    let api = Router::new()
        .route("/api/conversations/{id}", get(api::conversation))
        .route("/api/log-level", get(log_level::show).put(log_level::change))
        .layer(axum::middleware::from_fn_with_state(site.clone(), access::guard));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics))
        .merge(api)
        .fallback(no_such_page)
        .with_state(site)
}

async fn metrics(State(site): State<Arc<Site>>) -> Response<Body> {
    match site.shown.telemetry.text() {
        Ok(page) => answer(StatusCode::OK, Telemetry::content_type(), page),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string(), "see the log"),
    }
}

async fn no_such_page() -> Response<Body> {
    refusal(
        StatusCode::NOT_FOUND,
        "no such page",
        "try /healthz, /readyz, /metrics, /api/conversations/{id} or /api/log-level",
    )
}

fn answer(status: StatusCode, content_type: &str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    if let Ok(value) = header::HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    answer(status, "application/json", body.to_string())
}

/// What went wrong and what to do about it.
fn refusal(status: StatusCode, error: &str, remedy: &str) -> Response<Body> {
    json_answer(status, &json!({ "error": error, "remedy": remedy }))
}

#[cfg(test)]
mod tests;
