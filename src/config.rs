//! Settings: data, read once, checked before anything runs, printed once.
//!
//! Four layers, each laid over the one before: defaults, the TOML file, environment variables `SEGUE__SECTION__KEY`,
//! `--set section.key=value`. A key no layer may have is refused with its place: `file:line`, the variable, or the
//! `--set`. Keys and bounds are in `config/keys.rs`, layers in `config/layers.rs`.

mod keys;
mod layers;
pub mod login;
mod registry;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use crate::domain::ids::Millis;
use crate::engine::port::Topic;
use crate::kafka::is_secret;
use crate::wire::document;
use crate::wire::fields::Writer;
use login::Login;

/// Every setting, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub kafka: Kafka,
    pub engine: Engine,
    pub topics: Topics,
    pub registry: Registry,
    pub http: Http,
    pub policy: PolicyFile,
    pub metrics: Metrics,
    pub dead_letters: DeadLetters,
    pub log: Log,
    pub telemetry: Telemetry,
}

/// The cluster.
#[derive(Clone, PartialEq)]
pub struct Kafka {
    /// `host:port,host:port`.
    pub bootstrap_servers: String,
    /// How we log in.
    pub login: Login,
    /// librdkafka properties by name. Those exactly-once depends on are refused.
    pub properties: BTreeMap<String, String>,
}

/// The stream processor.
#[derive(Clone, Debug, PartialEq)]
pub struct Engine {
    /// Consumer group, transactional ids and internal topic names derive from it.
    pub application_id: String,
    /// Stable over restarts, different in every process. Default: host name and HTTP port.
    pub instance_id: String,
    /// Threads for conversations.
    pub threads: usize,
    /// Threads for the windows.
    pub metrics_threads: usize,
    /// How far behind partition time a record may be without being late.
    pub lateness_ms: Millis,
    /// Trades latency for the order of turns and outcomes; 0: nothing waits.
    pub join_wait_ms: Millis,
    /// `None`: what the policy says (`lifecycle.forget_after_ms`).
    pub forget_after_ms: Option<Millis>,
    /// A thread and second; 0: unbounded.
    pub transactions_per_second: u32,
    pub batch_records: usize,
    pub batch_bytes: usize,
    /// The largest record value that is taken or written.
    pub record_bytes_max: usize,
    /// Dead letters in a row on one partition that raise the alarm.
    pub dead_letter_alarm: u64,
    /// Goes on where input was deleted before it was read, and counts it.
    pub accept_gap: bool,
}

/// Topic names and formats.
#[derive(Clone, Debug, PartialEq)]
pub struct Topics {
    /// Put before every name.
    pub prefix: String,
    /// Of outputs. Inputs are told apart by their first bytes.
    pub format: ValueFormat,
    /// In the order of [`Topic::ALL`]; `None`: the default name.
    pub names: [Option<String>; Topic::ALL.len()],
}

impl Topics {
    /// The real name of a topic: prefix and all.
    pub fn name(&self, topic: Topic, application_id: &str) -> String {
        let own = Topic::ALL.iter().position(|one| *one == topic).and_then(|at| self.names[at].as_deref());
        let name = own.map_or_else(|| topic.default_name().replace("<app>", application_id), str::to_owned);
        format!("{}{name}", self.prefix)
    }
}

/// How the values of outputs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueFormat {
    Json,
    /// In Confluent's frame where a registry is set, else in single-object encoding.
    Avro,
}

impl ValueFormat {
    pub const ALL: [ValueFormat; 2] = [ValueFormat::Json, ValueFormat::Avro];

    pub fn name(self) -> &'static str {
        match self {
            ValueFormat::Json => "json",
            ValueFormat::Avro => "avro",
        }
    }
}

/// The schema registry.
#[derive(Clone, PartialEq)]
pub struct Registry {
    /// `None`: there is none.
    pub url: Option<String>,
    pub username: Option<String>,
    /// Better in a file, or in `SEGUE__REGISTRY__PASSWORD`.
    pub password: Option<String>,
    pub password_file: Option<String>,
    /// A bearer token; better in a file, or in `SEGUE__REGISTRY__TOKEN`.
    pub token: Option<String>,
    pub token_file: Option<String>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<String>,
    /// Registers the schemas of outputs at start.
    pub auto_register: bool,
    /// For one question.
    pub timeout_ms: Millis,
    /// A folder of writers' schemas (.avsc), for inputs in single-object encoding with schemas of their own.
    pub folder: Option<String>,
}

/// The HTTP server.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    pub listen: String,
    /// A file with the token that /api and the dashboard ask for; needed where others can reach us.
    pub token_file: Option<String>,
    /// Our certificate (PEM) and its key: with them, everything is spoken over TLS.
    pub tls_certificate_file: Option<String>,
    pub tls_key_file: Option<String>,
}

impl Http {
    /// Where to listen. `listen` was checked when it was read.
    pub fn address(&self) -> SocketAddr {
        parse_listen(&self.listen).unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
    }
}

/// `address:port`, or `localhost:port`.
fn parse_listen(text: &str) -> Option<SocketAddr> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    local.map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).or_else(|| text.parse().ok())
}

/// Where the policies are.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyFile {
    /// `None`: the built-in policy.
    pub file: Option<String>,
    /// Files of policies that watch beside it.
    pub shadow: Vec<String>,
}

/// The windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Gathers this long before a commit.
    pub interval_ms: Millis,
    pub final_after_ms: Millis,
    /// Combinations beside the standard splits, such as `channel+queue`.
    pub splits: Vec<String>,
    /// Values a split and tenant; the rest is `_other`.
    pub values_max: usize,
}

/// What a dead letter carries.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetters {
    /// The original bytes; they may hold personal data.
    pub include_value: bool,
}

/// The log of the process itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    pub format: LogFormat,
    /// A filter: `info`, `warn,segue=debug`.
    pub level: String,
}

/// Traces of the process itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// Base address of a collector's OTLP over HTTP; `None`: no traces.
    pub otlp_endpoint: Option<String>,
    /// The share of traces that are kept, 0 to 1.
    pub sample_ratio: f64,
    pub service_name: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    pub const ALL: [LogFormat; 2] = [LogFormat::Text, LogFormat::Json];

    pub fn name(self) -> &'static str {
        match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
    }
}

impl Settings {
    /// Reads the file, this process's environment and the `--set`s. Errors: every problem, a line each, with its remedy.
    pub fn read(file: Option<&Path>, set: &[String]) -> Result<Settings, String> {
        let text = file.map(|path| {
            let name = path.display().to_string();
            let bytes = std::fs::read(path).map_err(|error| {
                format!("{name}: the settings file cannot be read: {error}; check --config")
            })?;
            let text = document::text(&name, bytes)?;
            Ok::<_, String>((name, text))
        });
        let text = text.transpose()?;
        let file = text.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        // A variable that is not Unicode cannot be one of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Settings::layered(file, environment, set, &host_name())
    }

    /// The same from given parts. `file` is its name and text; `host` makes the default instance id.
    pub fn layered(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
        set: &[String],
        host: &str,
    ) -> Result<Settings, String> {
        let merged = layers::merge(file, environment, set)?;
        let mut settings = Settings::default();
        keys::read(&mut settings, &merged)?;
        keys::check(&settings, &merged)?;
        if settings.engine.instance_id.is_empty() {
            settings.engine.instance_id = format!("{host}-{}", settings.http.address().port());
        }
        Ok(settings)
    }

    /// Every setting in force as TOML, secrets hidden.
    pub fn effective(&self) -> String {
        let mut copy = self.clone();
        copy.kafka.properties = hidden(&self.kafka.properties);
        copy.kafka.login.hide();
        copy.registry = self.registry.without_secrets();
        let mut writer = Writer::default();
        keys::fields(&mut copy, &mut writer);
        writer.text.trim_start().to_owned()
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            kafka: Kafka {
                bootstrap_servers: "127.0.0.1:9092".to_owned(),
                login: Login::default(),
                properties: BTreeMap::new(),
            },
            engine: Engine {
                application_id: "segue".to_owned(),
                instance_id: String::new(),
                threads: 2,
                metrics_threads: 1,
                lateness_ms: 5_000,
                join_wait_ms: 0,
                forget_after_ms: None,
                transactions_per_second: 0,
                batch_records: 20_000,
                batch_bytes: 32 << 20,
                record_bytes_max: 900_000,
                dead_letter_alarm: 100,
                accept_gap: false,
            },
            topics: Topics {
                prefix: String::new(),
                format: ValueFormat::Json,
                names: [const { None }; Topic::ALL.len()],
            },
            registry: Registry {
                url: None,
                username: None,
                password: None,
                password_file: None,
                token: None,
                token_file: None,
                ca_file: None,
                auto_register: false,
                timeout_ms: 5_000,
                folder: None,
            },
            http: Http {
                listen: "127.0.0.1:8080".to_owned(),
                token_file: None,
                tls_certificate_file: None,
                tls_key_file: None,
            },
            policy: PolicyFile { file: None, shadow: Vec::new() },
            metrics: Metrics {
                interval_ms: 1_000,
                final_after_ms: 86_400_000,
                splits: Vec::new(),
                values_max: 200,
            },
            dead_letters: DeadLetters { include_value: false },
            log: Log { format: LogFormat::Text, level: "info".to_owned() },
            telemetry: Telemetry { otlp_endpoint: None, sample_ratio: 1.0, service_name: "segue".to_owned() },
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.effective())
    }
}

impl Registry {
    fn without_secrets(&self) -> Registry {
        let hide = |secret: &Option<String>| secret.as_ref().map(|_| "(hidden)".to_owned());
        Registry { password: hide(&self.password), token: hide(&self.token), ..self.clone() }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Registry { url, username, ca_file, auto_register, timeout_ms, folder, .. } = self;
        f.debug_struct("Registry")
            .field("url", url)
            .field("username", username)
            .field("ca_file", ca_file)
            .field("auto_register", auto_register)
            .field("timeout_ms", timeout_ms)
            .field("folder", folder)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("login", &self.login)
            .field("properties", &hidden(&self.properties))
            .finish()
    }
}

fn hidden(properties: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let hide = |(name, value): (&String, &String)| {
        (name.clone(), if is_secret(name) { "(hidden)".to_owned() } else { value.clone() })
    };
    properties.iter().map(hide).collect()
}

/// The host's name, in letters that an id may have.
fn host_name() -> String {
    let from_file = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_file().or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let name: String = name
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' })
        .collect();
    if name.is_empty() { "host".to_owned() } else { name }
}

#[cfg(test)]
mod tests;
