//! The keys of the settings, each named once, with its bounds; and what must hold between them.

use super::{LogFormat, Settings, ValueFormat, parse_listen, registry};
use crate::domain::ids::Millis;
use crate::domain::limits::SHADOW_POLICIES;
use crate::domain::rule::nearest::nearest;
use crate::engine::port::Topic;
use crate::kafka::refused;
use crate::wire::document::{Entry, Item, Place};
use crate::wire::fields::{Fields, Reader};

const SECOND: Millis = 1_000;
const DAY: Millis = 86_400 * SECOND;

/// Every section.
pub fn fields(settings: &mut Settings, to: &mut impl Fields) {
    let Settings { kafka, engine, topics, registry, http, policy, metrics, dead_letters, log, telemetry } =
        settings;
    to.table("kafka", |to| {
        to.text("bootstrap_servers", &mut kafka.bootstrap_servers, servers);
        for (key, value) in kafka.login.slots() {
            to.optional_text(key, value);
        }
        to.properties("properties", &mut kafka.properties);
    });
    to.table("engine", |to| {
        to.text("application_id", &mut engine.application_id, identifier);
        to.text("instance_id", &mut engine.instance_id, identifier);
        to.whole("threads", &mut engine.threads, 1..=256);
        to.whole("metrics_threads", &mut engine.metrics_threads, 1..=64);
        to.duration("lateness_ms", &mut engine.lateness_ms, 0..=DAY);
        to.duration("join_wait_ms", &mut engine.join_wait_ms, 0..=60 * SECOND);
        to.optional_duration("forget_after_ms", &mut engine.forget_after_ms, SECOND..=365 * DAY);
        to.whole("transactions_per_second", &mut engine.transactions_per_second, 0..=10_000);
        to.whole("batch_records", &mut engine.batch_records, 1..=1_000_000);
        to.whole("batch_bytes", &mut engine.batch_bytes, 1 << 16..=1 << 30);
        to.whole("record_bytes_max", &mut engine.record_bytes_max, 1 << 16..=64 << 20);
        to.whole("dead_letter_alarm", &mut engine.dead_letter_alarm, 1..=1_000_000);
        to.flag("accept_gap", &mut engine.accept_gap);
    });
    to.table("topics", |to| {
        to.text("prefix", &mut topics.prefix, prefix);
        to.word("format", &mut topics.format, &ValueFormat::ALL, ValueFormat::name);
        for (key, name) in Topic::ALL.map(Topic::key).into_iter().zip(&mut topics.names) {
            to.optional_text(key, name);
        }
    });
    to.table("registry", |to| {
        to.optional_text("url", &mut registry.url);
        to.optional_text("username", &mut registry.username);
        to.optional_text("password", &mut registry.password);
        to.optional_text("password_file", &mut registry.password_file);
        to.optional_text("token", &mut registry.token);
        to.optional_text("token_file", &mut registry.token_file);
        to.optional_text("ca_file", &mut registry.ca_file);
        to.flag("auto_register", &mut registry.auto_register);
        to.duration("timeout_ms", &mut registry.timeout_ms, 100..=60 * SECOND);
        to.optional_text("folder", &mut registry.folder);
    });
    to.table("http", |to| {
        to.text("listen", &mut http.listen, listen);
        to.optional_text("token_file", &mut http.token_file);
        to.optional_text("tls_certificate_file", &mut http.tls_certificate_file);
        to.optional_text("tls_key_file", &mut http.tls_key_file);
    });
    to.table("policy", |to| {
        to.optional_text("file", &mut policy.file);
        to.texts("shadow", &mut policy.shadow, path);
    });
    to.table("metrics", |to| {
        to.duration("interval_ms", &mut metrics.interval_ms, 0..=60 * SECOND);
        to.duration("final_after_ms", &mut metrics.final_after_ms, SECOND..=30 * DAY);
        to.texts("splits", &mut metrics.splits, split);
        to.whole("values_max", &mut metrics.values_max, 1..=100_000);
    });
    to.table("dead_letters", |to| to.flag("include_value", &mut dead_letters.include_value));
    to.table("log", |to| {
        to.word("format", &mut log.format, &LogFormat::ALL, LogFormat::name);
        to.text("level", &mut log.level, level);
    });
    to.table("telemetry", |to| {
        to.optional_text("otlp_endpoint", &mut telemetry.otlp_endpoint);
        to.number("sample_ratio", &mut telemetry.sample_ratio, 0.0..=1.0);
        to.text("service_name", &mut telemetry.service_name, service_name);
    });
}

/// Reads one layer, or all of them merged, over `settings`. Errors: every problem.
pub fn read(settings: &mut Settings, entries: &[Entry]) -> Result<(), String> {
    let places = Places(entries);
    let mut reader = Reader::new(entries.to_vec());
    fields(settings, &mut reader);
    for name in settings.kafka.properties.keys() {
        if let Some(why) = refused(name) {
            let place = places.of(&["kafka", "properties", name]);
            reader.problem(&place, format!("kafka.properties.{name}: {why}"));
        }
    }
    for (key, what) in settings.kafka.login.flaws() {
        let place = places.of(&["kafka", key.name()]);
        reader.problem(&place, format!("kafka.{}: {what}", key.name()));
    }
    for (key, name) in Topic::ALL.map(Topic::key).into_iter().zip(&settings.topics.names) {
        if let Some(name) = name
            && let Err(what) = topic_name(name)
        {
            reader.problem(&places.of(&["topics", key]), format!("topics.{key}: {what}"));
        }
    }
    reader.finish()
}

/// What must hold between settings, once all layers are merged. Errors: every problem.
pub fn check(settings: &Settings, entries: &[Entry]) -> Result<(), String> {
    let places = Places(entries);
    let mut problems = Vec::new();
    if !settings.http.address().ip().is_loopback() && settings.http.token_file.is_none() {
        let what = format!(
            "http.listen: {} can be reached from other machines, so /api and the dashboard need a token; set \
             http.token_file, or listen on 127.0.0.1",
            settings.http.listen
        );
        problems.push((places.of(&["http", "listen"]), what));
    }
    for (key, what) in settings.kafka.login.conflicts(&settings.kafka.properties) {
        problems.push((places.of(&["kafka", key.name()]), format!("kafka.{}: {what}", key.name())));
    }
    let (certificate, key) = (&settings.http.tls_certificate_file, &settings.http.tls_key_file);
    let alone = match (certificate, key) {
        (Some(_), None) => Some(("tls_certificate_file", "tls_key_file")),
        (None, Some(_)) => Some(("tls_key_file", "tls_certificate_file")),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if let Some((set, missing)) = alone {
        let what = format!("http.{set}: http.{missing} is missing; a certificate and its key go together");
        problems.push((places.of(&["http", set]), what));
    }
    if let Some(endpoint) = &settings.telemetry.otlp_endpoint
        && let Err(what) = traced(endpoint)
    {
        problems
            .push((places.of(&["telemetry", "otlp_endpoint"]), format!("telemetry.otlp_endpoint: {what}")));
    }
    if settings.engine.record_bytes_max > settings.engine.batch_bytes {
        let what =
            "engine.record_bytes_max: a record must fit into a batch; set it to engine.batch_bytes or less";
        problems.push((places.of(&["engine", "record_bytes_max"]), what.to_owned()));
    }
    let shadows = settings.policy.shadow.len();
    if shadows > SHADOW_POLICIES {
        let what =
            format!("policy.shadow: {shadows} policies are named; at most {SHADOW_POLICIES} watch at a time");
        problems.push((places.of(&["policy", "shadow"]), what));
    }
    for (key, what) in registry::problems(&settings.registry) {
        problems.push((places.of(&["registry", key]), format!("registry.{key}: {what}")));
    }
    let name = |topic| settings.topics.name(topic, &settings.engine.application_id);
    for (at, topic) in Topic::ALL.into_iter().enumerate() {
        if let Some(first) = Topic::ALL[..at].iter().position(|other| name(*other) == name(topic)) {
            let (key, first) = (topic.key(), Topic::ALL[first].key());
            let what =
                format!("topics.{key}: {} is the name of topics.{first} too; give each its own", name(topic));
            problems.push((places.of(&["topics", key]), what));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.into_iter().map(|(place, what)| format!("{place}: {what}")).collect::<Vec<_>>().join("\n"))
}

/// Where the keys of a tree stand.
struct Places<'a>(&'a [Entry]);

impl Places<'_> {
    /// The place of a path, or of the last part of it that is there.
    fn of(&self, path: &[&str]) -> Place {
        let mut entries = self.0;
        let mut place = Place { source: "settings".to_owned(), line: 0 };
        for key in path {
            let Some(entry) = entries.iter().find(|entry| entry.key == *key) else { break };
            if !entry.place.source.is_empty() {
                place = entry.place.clone();
            }
            let Item::Table(inner) = &entry.value else { break };
            entries = inner;
        }
        place
    }
}

fn servers(text: &str) -> Result<(), String> {
    let is_server = |server: &str| {
        server
            .trim()
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    if text.split(',').all(is_server) {
        return Ok(());
    }
    Err("servers are wanted as host:port,host:port".to_owned())
}

fn identifier(text: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if (1..=100).contains(&text.len()) && text.chars().all(legal) {
        return Ok(());
    }
    Err("1 to 100 letters, digits, points, dashes and underscores are wanted; change it".to_owned())
}

fn prefix(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { topic_name(text) }
}

fn topic_name(text: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if (1..=200).contains(&text.len()) && text.chars().all(legal) && text != "." && text != ".." {
        return Ok(());
    }
    Err(format!(
        "\"{text}\" cannot be a topic's name; use at most 200 letters, digits, points, dashes and underscores"
    ))
}

fn listen(text: &str) -> Result<(), String> {
    match parse_listen(text) {
        Some(_) => Ok(()),
        None => Err(format!("\"{text}\" is not an address and a port; write 127.0.0.1:8080")),
    }
}

fn path(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("the path of a policy file is wanted".to_owned()) } else { Ok(()) }
}

const DIMENSIONS: [&str; 5] = ["channel", "queue", "reason", "intent", "ai_version"];

fn split(text: &str) -> Result<(), String> {
    let names: Vec<&str> = text.split('+').collect();
    for name in &names {
        if !DIMENSIONS.contains(name) {
            let hint = match nearest(name, DIMENSIONS) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known are {}", DIMENSIONS.join(", ")),
            };
            return Err(format!("\"{name}\" is not a dimension; {hint}"));
        }
    }
    let twice = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    if names.len() < 2 || twice {
        return Err(format!(
            "\"{text}\" is not a combination; write two or more dimensions, such as channel+queue"
        ));
    }
    Ok(())
}

fn service_name(text: &str) -> Result<(), String> {
    if (1..=200).contains(&text.len()) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err("1 to 200 visible characters are wanted".to_owned())
}

/// Whether traces can be sent there by this build.
fn traced(endpoint: &str) -> Result<(), String> {
    if !cfg!(feature = "otel") {
        return Err("this build sends no traces; build one that does with `cargo install --locked --path . \
                    --features otel`, or remove the key"
            .to_owned());
    }
    let host = endpoint.strip_prefix("http://").unwrap_or_default();
    // Not the value: one with a login would show it.
    if host.is_empty() || host.starts_with('/') || endpoint.contains(|c: char| c.is_whitespace() || c == '@')
    {
        return Err("the address of a collector near by is wanted, plain http and without a login, such as \
                    http://127.0.0.1:4318"
            .to_owned());
    }
    Ok(())
}

fn level(text: &str) -> Result<(), String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) if !text.trim().is_empty() => Ok(()),
        Ok(_) | Err(_) => Err(format!("\"{text}\" is not a filter; write error, warn, info, debug or trace")),
    }
}
