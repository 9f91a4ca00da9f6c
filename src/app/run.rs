//! `segue run`: the engine on a Kafka cluster.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::applied::follow;
use super::pipeline::{ConversationSide, Crew, SystemClock, WindowSide, query_channels};
use super::policy_files::{load_policy, load_shadows, own, under};
use super::print::print_line;
use super::schemas;
use super::signals::Stop;
use crate::cli;
use crate::config::Settings;
use crate::domain::policy::Policy;
use crate::domain::window::Split;
use crate::engine;
use crate::engine::codec::Codec;
use crate::engine::conversations::Shadow;
use crate::engine::error::Error;
use crate::engine::finish::Finish;
use crate::engine::policies::Board;
use crate::engine::port::{Clock, Topic, Topology};
use crate::engine::settings::{DeadLetterValues, Gaps, TimeSource};
use crate::engine::stats::{Answer, Stats};
use crate::engine::windows_task::WindowSettings;
use crate::http::{Door, Server, Shown, access};
use crate::kafka::partitioner_check::{self, Verdict};
use crate::kafka::topics::{self, Counts, Spec};
use crate::kafka::{KafkaConfig, KafkaPort, Names, Properties};
use crate::security::secret::others_may_read;
use crate::security::tls;
use crate::telemetry::Logs;
use crate::telemetry::metrics::{PolicySeen, Telemetry, Watched};
use crate::telemetry::process;

/// How long a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Told,
    /// Everything that was in the inputs at the start is committed, the windows that follow from it included.
    CaughtUp,
}

/// Which topologies run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    pub conversations: Role,
    pub metrics: Role,
}

impl Roles {
    /// Those that the command line names.
    pub fn of(named: &[cli::Role]) -> Roles {
        let role = |role| if named.contains(&role) { Role::Here } else { Role::Elsewhere };
        Roles { conversations: role(cli::Role::Conversations), metrics: role(cli::Role::Metrics) }
    }

    /// The topologies that run here.
    pub fn topologies(self) -> Vec<Topology> {
        let all = [(self.conversations, Topology::Conversations), (self.metrics, Topology::Windows)];
        all.into_iter().filter(|(role, _)| *role == Role::Here).map(|(_, topology)| topology).collect()
    }
}

/// Whether a topology runs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Here,
    Elsewhere,
}

/// Why a run did not go well: what to print, and the exit code (2: settings or policy, 1: the rest).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    pub exit_code: u8,
}

impl Failure {
    pub fn settings(message: String) -> Failure {
        Failure { message, exit_code: 2 }
    }

    pub fn running(message: String) -> Failure {
        Failure { message, exit_code: 1 }
    }

    /// There is no answer, because not everything was read.
    pub fn stopped() -> Failure {
        Failure::running("told to stop before everything was read".to_owned())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::running(error.to_string())
    }
}

/// The real topic names of these settings.
pub fn names(settings: &Settings) -> Names {
    let app = &settings.engine.application_id;
    Topic::ALL.into_iter().fold(Names::new(&settings.topics.prefix, app), |names, topic| {
        names.with(topic, &settings.topics.name(topic, app))
    })
}

/// What the cluster's clients need of these settings. Errors: files that they name cannot be used.
pub fn properties(settings: &Settings) -> Result<Properties, Failure> {
    let properties = settings.kafka.client_properties();
    properties.check().map_err(Failure::settings)?;
    Ok(properties)
}

/// Runs until told to stop, or caught up. Prints the figures of a bounded run as the last line of standard output.
pub fn run(
    settings: &Settings,
    until: Until,
    roles: Roles,
    logs: Arc<Logs>,
    stop: &Stop,
) -> Result<(), Failure> {
    tracing::info!(settings = %settings.effective(), "effective settings");
    if settings.engine.join_wait_ms != 0 {
        let message = "engine.join_wait_ms: waiting for the other input is not available in this version; leave it at 0";
        return Err(Failure::settings(message.to_owned()));
    }
    let policy = load_policy(settings.policy.file.as_deref().map(Path::new))?;
    let own = own(settings, policy);
    let board = Arc::new(Board::new(own.clone()));
    let shadows = load_shadows(&settings.policy.shadow)?;
    let shadows: Vec<Policy> = shadows.into_iter().map(|policy| under(settings, policy)).collect();
    let properties = properties(settings)?;
    // Before the cluster is asked anything: readiness must tell that it does not answer.
    let counted = Counted::new(settings, roles, shadows.len());
    let labels: Vec<String> = shadows.iter().map(Policy::label).collect();
    let acting = board.clone();
    let seen = move || PolicySeen::of(&acting.newest(), &labels);
    let (senders, receivers) = query_channels(settings.engine.threads);
    let server = serve(settings, &counted, seen, logs, senders)?;
    let topologies = roles.topologies();
    let Some(partitions) = preflight(settings, &properties, &topologies, stop, || counted.turn())? else {
        return Ok(());
    };
    let Some(codec) = schemas::codec(settings, stop, || counted.turn())? else { return Ok(()) };
    if roles.conversations == Role::Here && !follow(settings, own, board.clone(), stop, || counted.turn())? {
        return Ok(());
    }
    counted.know_partitions(partitions.turns);
    let shadows = shadows.into_iter().map(Arc::new).map(Shadow::new).collect();
    let site = Site::new(settings, properties, until, board, partitions, counted.clone())
        .shadowed_by(shadows)
        .speaking(codec);
    let ran = match until {
        Until::Told => site.until_told(roles, receivers, stop),
        Until::CaughtUp => site.until_caught_up(roles, receivers, stop),
    };
    server.stop();
    ran?;
    if until == Until::CaughtUp {
        print_line(figures(&counted.conversations))?;
    }
    Ok(())
}

/// Rights and topics there and able to work, inputs partitioned alike; a cluster that is away, or does not let us in, is
/// waited for, and each reason told once. How many partitions there are; `None` if told to stop meanwhile.
/// `waiting` is told with every try.
pub(super) fn preflight(
    settings: &Settings,
    properties: &Properties,
    topologies: &[Topology],
    stop: &Stop,
    waiting: impl Fn(),
) -> Result<Option<Counts>, Failure> {
    const AGAIN_AFTER: Duration = Duration::from_millis(500);
    /// More reasons than that are no news.
    const REASONS_MAX: usize = 30;
    let mut said = BTreeSet::new();
    while !stop.requested() {
        waiting();
        match checked(settings, properties, topologies) {
            Ok(partitions) => {
                if !said.is_empty() {
                    tracing::info!("the cluster answers");
                }
                return Ok(Some(partitions));
            }
            Err(Error::Retry(message)) => {
                // How long an attempt took is no other reason.
                let reason = message.split(" (after ").next().unwrap_or_default().to_owned();
                if said.len() < REASONS_MAX && said.insert(reason) {
                    tracing::warn!(
                        cause = message,
                        "the cluster does not answer yet; trying again until it does"
                    );
                }
                std::thread::sleep(AGAIN_AFTER);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

fn checked(settings: &Settings, properties: &Properties, topologies: &[Topology]) -> Result<Counts, Error> {
    let (names, properties) = (names(settings), properties.clone());
    let bootstrap = settings.kafka.bootstrap_servers.clone();
    let spec = Spec { bootstrap, properties, names, partitions: None, replication: None };
    let app = &settings.engine.application_id;
    let plans = topics::check(&spec, app, topologies)?;
    let partitions = Counts::of(&plans);
    if !topologies.contains(&Topology::Conversations) {
        // Windows read neither input.
        return Ok(partitions);
    }
    let sample =
        |topic| partitioner_check::sample(&spec.bootstrap, &spec.properties, app, spec.names.of(topic));
    match partitioner_check::compare(&sample(Topic::Turns)?, &sample(Topic::Outcomes)?) {
        Verdict::Meet => {}
        Verdict::Open(why) => tracing::info!(why, "the inputs' partitioners could not be compared"),
        Verdict::Miss(why) => {
            return Err(Error::Fatal(format!(
                "turns and outcomes of one conversation would meet different owners: {why}"
            )));
        }
    }
    Ok(partitions)
}

/// What each thread that runs here counts, from before it exists.
#[derive(Clone)]
struct Counted {
    conversations: Vec<Arc<Stats>>,
    windows: Vec<Arc<Stats>>,
}

impl Counted {
    fn new(settings: &Settings, roles: Roles, shadows: usize) -> Counted {
        let stats = || Arc::new(Stats::for_shadows(shadows));
        let of = |role, threads: usize| match role {
            Role::Here => (0..threads).map(|_| stats()).collect(),
            Role::Elsewhere => Vec::new(),
        };
        Counted {
            conversations: of(roles.conversations, settings.engine.threads),
            windows: of(roles.metrics, settings.engine.metrics_threads),
        }
    }

    fn know_partitions(&self, partitions: i32) {
        for stats in &self.conversations {
            stats.partitions_all.store(i64::from(partitions), Relaxed);
        }
    }

    /// The threads do not exist yet and cannot turn their loops: who waits for the cluster is alive all the same.
    fn turn(&self) {
        for stats in self.conversations.iter().chain(&self.windows) {
            stats.last_loop_at.store(process::now_ms(), Relaxed);
        }
    }

    /// Every thread by the name it has in `/healthz`.
    fn watched(&self) -> Vec<Watched> {
        let named = |topology, name: &'static str, all: &[Arc<Stats>]| {
            let watch = move |(thread, stats): (usize, &Arc<Stats>)| Watched {
                topology,
                name: format!("{name}-{thread}"),
                stats: stats.clone(),
            };
            all.iter().enumerate().map(watch).collect::<Vec<_>>()
        };
        let mut watched = named(Topology::Conversations, "conversations", &self.conversations);
        watched.extend(named(Topology::Windows, "metrics", &self.windows));
        watched
    }
}

/// Everything the threads are built from.
struct Site {
    kafka: KafkaConfig,
    counted: Counted,
    partitions: Counts,
    conversations: ConversationSide,
    windows: WindowSide,
}

impl Site {
    fn new(
        settings: &Settings,
        properties: Properties,
        until: Until,
        policies: Arc<Board>,
        partitions: Counts,
        counted: Counted,
    ) -> Site {
        let engine = engine_settings(settings, until);
        let kafka = KafkaConfig {
            bootstrap: settings.kafka.bootstrap_servers.clone(),
            properties,
            application_id: settings.engine.application_id.clone(),
            instance_id: settings.engine.instance_id.clone(),
            thread: 0,
            topology: Topology::Conversations,
            names: names(settings),
            message_bytes_max: settings.engine.record_bytes_max + 4096,
        };
        let name = |topic| kafka.names.of(topic).to_owned();
        let inputs = (name(Topic::Turns), name(Topic::Outcomes));
        let windows = WindowSettings {
            final_after_ms: settings.metrics.final_after_ms,
            values_max: settings.metrics.values_max,
            ..WindowSettings::new(partitions.turns)
        };
        let gather_ms = match until {
            Until::Told => settings.metrics.interval_ms,
            Until::CaughtUp => 0,
        };
        let topic = Some(name(Topic::Turns));
        Site {
            counted,
            partitions,
            conversations: ConversationSide::new(engine.clone(), policies, inputs, topic, Arc::default()),
            windows: WindowSide {
                settings: engine::settings::Settings { gather_ms, ..engine },
                windows,
                codec: Codec::default(),
                stats: Arc::default(),
            },
            kafka,
        }
    }

    /// The same with policies that watch.
    fn shadowed_by(self, shadows: Vec<Shadow>) -> Site {
        Site { conversations: self.conversations.shadowed_by(shadows), ..self }
    }

    /// The same with these formats and schemas.
    fn speaking(self, codec: Codec) -> Site {
        let conversations = self.conversations.speaking(codec.clone());
        Site { conversations, windows: WindowSide { codec, ..self.windows }, ..self }
    }

    fn until_told(&self, roles: Roles, queries: Queries, stop: &Stop) -> Result<(), Failure> {
        let mut crew = Crew::new(stop.flag());
        if roles.conversations == Role::Here {
            self.start_conversations(&mut crew, queries, None);
        }
        if roles.metrics == Role::Here {
            self.start_windows(&mut crew, None);
        }
        crew.join().map_err(Failure::from)
    }

    /// First the conversations, then the windows: what the windows must read is complete when the conversations are done.
    fn until_caught_up(&self, roles: Roles, queries: Queries, stop: &Stop) -> Result<(), Failure> {
        if roles.conversations == Role::Here {
            let mut crew = Crew::new(stop.flag());
            let finish = Finish::new(self.partitions.turns);
            self.start_conversations(&mut crew, queries, Some(Arc::new(finish)));
            crew.join()?;
        }
        if roles.metrics == Role::Here && !stop.requested() {
            let mut crew = Crew::new(stop.flag());
            self.start_windows(&mut crew, Some(Arc::new(Finish::new(self.partitions.deltas))));
            crew.join()?;
        }
        Ok(())
    }

    fn start_conversations(&self, crew: &mut Crew, queries: Queries, finish: Option<Arc<Finish>>) {
        for (thread, (queries, stats)) in queries.into_iter().zip(&self.counted.conversations).enumerate() {
            let config = KafkaConfig { thread, topology: Topology::Conversations, ..self.kafka.clone() };
            let (finish, side) = (finish.clone(), self.conversations.counting(stats.clone()));
            crew.start(format!("conversations-{thread}"), move |stop| {
                let writer = config.transactional_id();
                let port = KafkaPort::new(config)?;
                side.worker(port, SystemClock, writer, Some(queries), finish).run(stop)
            });
        }
    }

    fn start_windows(&self, crew: &mut Crew, finish: Option<Arc<Finish>>) {
        for (thread, stats) in self.counted.windows.iter().enumerate() {
            let config = KafkaConfig { thread, topology: Topology::Windows, ..self.kafka.clone() };
            let (finish, side) =
                (finish.clone(), WindowSide { stats: stats.clone(), ..self.windows.clone() });
            crew.start(format!("metrics-{thread}"), move |stop| {
                let writer = config.transactional_id();
                let port = KafkaPort::new(config)?;
                side.worker(port, SystemClock, writer, finish).run(stop)
            });
        }
    }
}

type Queries = Vec<std::sync::mpsc::Receiver<engine::view::Query>>;

fn engine_settings(settings: &Settings, until: Until) -> engine::settings::Settings {
    let own = &settings.engine;
    engine::settings::Settings {
        batch_records: own.batch_records,
        batch_bytes: own.batch_bytes,
        record_bytes_max: own.record_bytes_max,
        lateness_ms: own.lateness_ms,
        gather_ms: match own.transactions_per_second {
            0 => 0,
            per_second => 1_000 / i64::from(per_second),
        },
        time: match until {
            Until::Told => TimeSource::InputAndClock,
            Until::CaughtUp => TimeSource::InputOnly,
        },
        gaps: if own.accept_gap { Gaps::Accept } else { Gaps::Refuse },
        dead_letter_alarm: own.dead_letter_alarm,
        dead_letter_values: if settings.dead_letters.include_value {
            DeadLetterValues::Include
        } else {
            DeadLetterValues::LeaveOut
        },
        splits: Split::standard()
            .into_iter()
            .chain(settings.metrics.splits.iter().filter_map(|name| Split::named(name)))
            .collect(),
        started_at: SystemClock.now(),
        ..engine::settings::Settings::default()
    }
}

fn serve(
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

/// The last line of a bounded run.
fn figures(threads: &[Arc<Stats>]) -> serde_json::Value {
    let sum = |field: fn(&Stats) -> &AtomicU64| threads.iter().map(|s| field(s).load(Relaxed)).sum::<u64>();
    // A thread without work has no first record.
    let first = threads.iter().map(|s| s.first_record_at.load(Relaxed)).filter(|at| *at > 0).min();
    let last = threads.iter().map(|s| s.last_commit_at.load(Relaxed)).max().unwrap_or(0);
    let seconds = first.map_or(0.0, |first| (last - first).max(1) as f64 / 1_000.0);
    let turns = sum(|s| &s.turns);
    serde_json::json!({
        "turns": turns,
        "seconds": seconds,
        "turns_per_second": if seconds > 0.0 { (turns as f64 / seconds).round() } else { 0.0 },
        "cpu_seconds": process::cpu_seconds(),
        "peak_rss_bytes": process::peak_rss_bytes(),
        "transactions": threads.iter().map(|s| s.transactions(Answer::Committed)).sum::<u64>(),
        "handoffs": sum(|s| &s.handoffs),
    })
}
