//! The command line: what can be asked, and nothing of how it is done.

mod acl;
mod apply;
mod config;
mod demo;
mod explain;
pub mod files;
mod hear;
mod instance;
mod learn;
mod policy;
mod replay;
mod run;
mod schemas;
mod topics;
mod tune;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use acl::{Acl, AclFormat, Purpose};
pub use apply::Apply;
pub use config::{ConfigAction, ConfigCommand};
pub use demo::Demo;
pub use explain::Explain;
pub use hear::Hear;
pub use instance::{Healthcheck, Inspect, LogLevel};
pub use learn::{Learn, LearnOf, Learnt};
pub use policy::{PolicyAction, PolicyCommand};
pub use replay::Replay;
pub use run::{Role, Run};
pub use schemas::{SchemasAction, SchemasArgs, SchemasCommand};
pub use topics::{PlanArgs, TopicsAction, TopicsArgs, TopicsCommand};
pub use tune::Tune;

/// The program.
#[derive(Debug, PartialEq, Parser)]
#[command(
    name = "segue",
    version,
    about = "Watches AI-agent conversations on Kafka and hands each one to a human at the right moment",
    after_help = "Examples:\n  \
        segue demo                                  see it work, without Kafka\n  \
        segue topics create --config segue.toml     create the topics\n  \
        segue doctor --config segue.toml            is everything there that it needs?\n  \
        segue run --config segue.toml               run on a cluster\n  \
        segue replay --turns turns.jsonl --decisions -\n\n\
        Exit codes: 0 done, 1 failed, 2 wrong command line, settings or policy (doctor: 1 warnings, 2 problems).",
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, PartialEq, Subcommand)]
pub enum Command {
    Demo(Demo),
    Run(Run),
    Replay(Box<Replay>),
    Policy(PolicyCommand),
    Learn(Learn),
    Topics(TopicsCommand),
    Schemas(SchemasCommand),
    Config(ConfigCommand),
    Acl(Acl),
    Inspect(Inspect),
    Healthcheck(Healthcheck),
    LogLevel(LogLevel),
    Doctor(Doctor),
}

/// How a command writes its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Where the settings come from.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct SettingsArgs {
    /// The settings file (TOML); without it the defaults and the environment (SEGUE__SECTION__KEY) stand
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Overrides one setting; may be given more than once
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
}

/// Check everything an instance needs, change nothing, and say how to mend what is wrong
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue doctor --config segue.toml\n  \
    segue doctor --config segue.toml --output json | jq '.checks[] | select(.status != \"ok\")'\n\n\
    Each check is ok, a warning, a problem, or unknown (we may not look, or nobody can from here).\n\
    Exit codes: 0 all well, 1 warnings, 2 problems (wrong settings are one).")]
pub struct Doctor {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[cfg(test)]
mod tests;
