//! `segue policy explain`: what can be asked of a conversation's decisions.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};

use super::{Output, SettingsArgs};

/// Explain any decision over one conversation: signals, values, bounds, turns, rules, from the log that it was made of
#[derive(Debug, PartialEq, Args)]
#[command(
    group(ArgGroup::new("source").required(true).args(["turns", "config"])),
    group(ArgGroup::new("asked").args(["turn", "handoff", "all"])),
    mut_arg("config", |arg| arg.help("Read the cluster of these settings (TOML) instead of files")),
    mut_arg("set", |arg| arg.conflicts_with("turns")),
    after_help = "Examples:\n  \
    segue policy explain --conversation c-1001 --turns turns.jsonl\n  \
    segue policy explain --conversation c-1001 --turns turns.jsonl --policy new.toml --turn t-8\n  \
    segue policy explain --conversation c-1001 --config segue.toml\n  \
    segue policy explain --conversation c-1001 --config segue.toml --output json | jq .published\n\n\
    Without --turn, --handoff or --all: every hand-off and offer, and if there was none, why not.\n\
    From a cluster it reads the conversation's partition of turns, outcomes and hand-off events, writes nothing, and says \
    whether what was published is what comes out here.\n\
    Exit codes: 0 explained, 1 it could not be done or there is no such id, 2 wrong command line, settings or policy."
)]
pub struct Explain {
    /// The conversation's id
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub conversation: String,
    /// Explain what happened at this turn (or outcome), with every rule
    #[arg(long, value_name = "EVENT_ID")]
    pub turn: Option<String>,
    /// Explain this hand-off, and the offer before it
    #[arg(long, value_name = "HANDOFF_ID")]
    pub handoff: Option<String>,
    /// Explain every moment
    #[arg(long)]
    pub all: bool,
    /// Turns as JSON lines; - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub turns: Option<PathBuf>,
    /// Outcomes as JSON lines
    #[arg(long, value_name = "FILE", requires = "turns", conflicts_with = "config")]
    pub outcomes: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The policy; without it, from a cluster, those that were in force at each record; from files the built-in one
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Records of a topic's partition that are read at most, the newest
    #[arg(long, value_name = "N", default_value_t = 2_000_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub scan_limit: i64,
    /// How the explanation is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
