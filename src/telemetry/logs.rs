//! Log lines on standard error, and the filter that decides which: set at the start, changed while running.
//!
//! Source of truth for: the filter in force ([`Logs::level`]).

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use super::traces::TracesLayer;

/// The longest filter, in bytes.
pub const FILTER_BYTES: usize = 1_000;
const REMEDY: &str = "use error, warn, info, debug, trace or off, or a list such as info,segue::kafka=debug";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// The filter of the log of this process.
#[derive(Debug)]
pub struct Logs {
    handle: Handle<EnvFilter, Registry>,
    level: Mutex<String>,
}

impl Logs {
    /// The filter, and the layer that it decides for; whoever holds that keeps it changeable.
    pub fn filtering(level: &str) -> Result<(Logs, reload::Layer<EnvFilter, Registry>), String> {
        let (layer, handle) = reload::Layer::new(filter(level)?);
        Ok((Logs { handle, level: Mutex::new(level.trim().to_owned()) }, layer))
    }

    /// The filter in force, as it was given.
    pub fn level(&self) -> String {
        self.level.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another filter, from now on. Errors: it is none; then nothing changes.
    pub fn set(&self, level: &str) -> Result<(), String> {
        let new = filter(level)?;
        let mut current = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        // Said under the old filter: the new one may be silent.
        tracing::info!(from = *current, to = level.trim(), "the log level changes");
        self.handle.reload(new).map_err(|error| format!("log level `{level}`: {error}"))?;
        *current = level.trim().to_owned();
        Ok(())
    }
}

/// Starts logging to standard error, once a process; and the traces, if any.
///
/// `level` is a level (`info`) or a filter list (`warn,segue::engine=debug`). Errors: it is neither, or logging has
/// started before.
pub fn start_logs(format: LogFormat, level: &str, traces: Option<TracesLayer>) -> Result<Logs, String> {
    let (logs, filter) = Logs::filtering(level)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            lines.with_ansi(colours).with_filter(filter).boxed()
        }
        LogFormat::Json => {
            let json = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
            json.with_filter(filter).boxed()
        }
    };
    let layers: Vec<TracesLayer> = std::iter::once(lines).chain(traces).collect();
    tracing_subscriber::registry().with(layers).try_init().map_err(|error| error.to_string())?;
    Ok(logs)
}

/// Reads a filter. A word that is no level would be taken for a module with all its lines: it is refused.
fn filter(level: &str) -> Result<EnvFilter, String> {
    let wrong = |what: &str| format!("log level `{}`: {what}; {REMEDY}", shortened(level));
    if level.len() > FILTER_BYTES {
        return Err(wrong(&format!("longer than {FILTER_BYTES} bytes")));
    }
    if level.trim().is_empty() {
        return Err(wrong("nothing is named"));
    }
    for directive in level.split(',').map(str::trim).filter(|directive| !directive.contains('[')) {
        if !directive.contains('=') && !is_level(directive) {
            return Err(wrong(&format!("`{directive}` is not a level")));
        }
    }
    // Spaces mean something only in the values of fields of spans.
    let spelled =
        if level.contains('[') { level.trim().to_owned() } else { level.split_whitespace().collect() };
    let filter = EnvFilter::try_new(&spelled).map_err(|error| wrong(&error.to_string()))?;
    // What the client's wrapper says at a shutdown in order is no failure, and spans are no lines: unless asked for.
    let unasked = ["rdkafka::consumer", "segue::trace"].into_iter().filter(|target| {
        let module = target.split("::").next().unwrap_or(target);
        !level.contains(if module == "segue" { target } else { module })
    });
    let quiet = unasked.filter_map(|target| format!("{target}=off").parse().ok());
    Ok(quiet.fold(filter, EnvFilter::add_directive))
}

fn is_level(word: &str) -> bool {
    ["error", "warn", "info", "debug", "trace", "off"].iter().any(|level| word.eq_ignore_ascii_case(level))
}

fn shortened(level: &str) -> String {
    level.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused_with_a_remedy() {
        for (level, what) in [
            ("segue=loud", "error parsing level filter"),
            ("loud", "`loud` is not a level"),
            ("info,segue::kafka", "`segue::kafka` is not a level"),
            ("info,,debug", "`` is not a level"),
            (" ", "nothing is named"),
            (&"x".repeat(1_001), "longer than 1000 bytes"),
        ] {
            let refusal = filter(level).unwrap_err();
            assert!(refusal.starts_with("log level `") && refusal.contains(what), "{refusal}");
            assert!(refusal.ends_with(REMEDY) && refusal.len() < 300, "{refusal}");
        }
    }

    #[test]
    fn lists_of_modules_and_levels_are_filters() {
        for level in
            ["info", "WARN", "off", "warn,segue::kafka=debug, segue::engine = trace", "info,librdkafka=debug"]
        {
            assert!(filter(level).is_ok(), "{level}");
        }
    }

    #[test]
    fn the_filter_in_force_is_the_last_good_one() {
        let (logs, _layer) = Logs::filtering("info").unwrap();
        assert!(logs.set("loud").is_err());
        assert_eq!(logs.level(), "info");
        logs.set(" debug,segue::http=off ").unwrap();
        assert_eq!(logs.level(), "debug,segue::http=off");
    }
}
