//! `segue run`: the engine on a Kafka cluster.

mod counted;
mod preflight;
mod serve;
mod site;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::applied::follow;
use super::pipeline::query_channels;
use super::policy_files::{load_policy, load_shadows, own, under};
use super::print::print_line;
use super::schemas;
use super::signals::Stop;
use crate::cli;
use crate::config::Settings;
use crate::domain::policy::Policy;
use crate::engine::conversations::Shadow;
use crate::engine::error::Error;
use crate::engine::policies::Board;
use crate::engine::port::{Topic, Topology};
use crate::engine::stats::{Answer, Stats};
use crate::kafka::{Names, Properties};
use crate::telemetry::Logs;
use crate::telemetry::metrics::PolicySeen;
use crate::telemetry::process;
use counted::Counted;
pub(super) use preflight::preflight;
use serve::serve;
use site::Site;

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
