//! `segue run`.

use clap::{Args, ValueEnum};

use super::SettingsArgs;

/// Run on a Kafka cluster
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue run --config segue.toml\n  \
    segue run --config segue.toml --set engine.threads=4 --set http.listen=127.0.0.1:9090\n  \
    segue run --config segue.toml --roles metrics\n  \
    segue run --config segue.toml --until-caught-up")]
pub struct Run {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Stop in order once everything is committed that was in the inputs at the start, and print figures as the last line
    #[arg(long)]
    pub until_caught_up: bool,
    /// What this process does
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Conversations, Role::Metrics])]
    pub roles: Vec<Role>,
    /// Go on where input was deleted before it was read, and count the gap
    #[arg(long)]
    pub accept_gap: bool,
}

/// One of the two topologies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    Conversations,
    Metrics,
}
