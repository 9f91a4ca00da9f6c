//! The HTTP server of a run: what it shows, and who is let in.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use super::counted::Counted;
use crate::config::Settings;
use crate::engine;
use crate::http::{Door, Server, Shown, access};
use crate::security::secret::others_may_read;
use crate::security::tls;
use crate::telemetry::Logs;
use crate::telemetry::metrics::{PolicySeen, Telemetry};
use crate::telemetry::process;

/// Starts the HTTP server. Errors: a file of the settings cannot be used, or the address is taken.
pub fn serve(
    settings: &Settings,
    counted: &Counted,
    policy: impl Fn() -> PolicySeen + Send + Sync + 'static,
    logs: Arc<Logs>,
    workers: Vec<std::sync::mpsc::SyncSender<engine::view::Query>>,
) -> Result<Server, Failure> {
    let door = door(settings)?;
    let scheme = if door.tls.is_some() { "https" } else { "http" };
    let telemetry = Telemetry::new(counted.watched(), policy)
        .map_err(|error| Failure::running(format!("metrics: {error}")))?;
    let shown = Shown {
        telemetry,
        logs: Some(logs),
        workers,
        answer_within: Duration::from_secs(2),
        stalled_after: Duration::from_secs(60),
        now: process::now_ms,
        started_at: process::now_ms(),
    };
    let server = Server::start(&settings.http.listen, door, shown).map_err(Failure::running)?;
    tracing::info!(address = %server.address(), scheme, "http listens");
    Ok(server)
}

/// Who is let in, and how it is spoken. Errors: a file that the settings name cannot be used.
fn door(settings: &Settings) -> Result<Door, Failure> {
    let http = &settings.http;
    let token = match &http.token_file {
        None => None,
        Some(file) => {
            if others_may_read(Path::new(file)) {
                tracing::warn!(file, "every user of this machine may read http.token_file; chmod 400 it");
            }
            Some(access::token(file.into()).map_err(Failure::settings)?)
        }
    };
    let tls = match (&http.tls_certificate_file, &http.tls_key_file) {
        (Some(certificate), Some(key)) => {
            let files = tls::Files { certificate: certificate.into(), key: key.into() };
            // Here, because it is a matter of settings.
            tls::server(&files).map_err(Failure::settings)?;
            Some(files)
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    };
    if tls.is_none() && !http.address().ip().is_loopback() {
        tracing::warn!(
            "http is spoken without TLS beyond this machine: whoever listens on the way reads the token; set \
             http.tls_certificate_file and http.tls_key_file, or end TLS before us"
        );
    }
    Ok(Door { token, tls })
}
