//! `segue policy apply`: a policy that comes into force while instances run.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{Output, SettingsArgs};

/// Put a policy in force in every running instance, and in those that start from now on
#[derive(Debug, PartialEq, Args)]
#[command(
    group(ArgGroup::new("what").required(true).args(["file", "withdraw", "show"])),
    after_help = "Examples:\n  \
    segue policy apply new.toml --config segue.toml\n  \
    segue policy apply --show --config segue.toml\n  \
    segue policy apply --withdraw --config segue.toml\n\n\
    It writes the whole policy (as `segue policy show` prints it) with its weights into the topic segue.policies, under the \
    name version@hash8. Each instance hears of it within about a second; each partition takes it at the start of its next \
    batch and notes from which records on it is in force. What was applied stands above the policy file of the settings.\n\
    Exit codes: 0 in force (or was already), 1 it could not be written, 2 wrong command line, settings or policy."
)]
pub struct Apply {
    /// The policy file
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Take back whatever was applied: each instance is under the policy of its own settings again
    #[arg(long)]
    pub withdraw: bool,
    /// Print the policy that was applied last, and write nothing
    #[arg(long)]
    pub show: bool,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
