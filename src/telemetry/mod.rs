//! What Segue says about itself: logs to standard error, metrics for Prometheus. Never the text of a turn.
//!
//! Logs and metrics are an API: a failure is logged once, where it is handled, and a metric is never renamed.

pub mod metrics;
pub mod process;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Starts logging to standard error, once a process.
///
/// `level` is a level (`info`) or a filter list (`segue=debug,rdkafka=warn`). Errors: it is neither, or logging has
/// started before.
pub fn start_logs(format: LogFormat, level: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(level).map_err(|error| {
        format!("log level `{level}`: {error}; use error, warn, info, debug, trace or a list such as segue=debug,warn")
    })?;
    // What the client's wrapper says at a shutdown in order is no failure; the port reports what is one.
    let quiet = "rdkafka::consumer=off".parse().ok().filter(|_| !level.contains("rdkafka"));
    let filter = quiet.into_iter().fold(filter, EnvFilter::add_directive);
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            lines.with_ansi(colours).try_init()
        }
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
        }
    };
    started.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused_with_a_remedy() {
        let refusal = start_logs(LogFormat::Text, "segue=loud").unwrap_err();
        assert!(refusal.starts_with("log level `segue=loud`: "), "{refusal}");
        assert!(
            refusal.ends_with("use error, warn, info, debug, trace or a list such as segue=debug,warn"),
            "{refusal}"
        );
    }
}
