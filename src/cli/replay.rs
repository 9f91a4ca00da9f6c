//! `segue replay`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use jiff::Timestamp;

use super::{Output, SettingsArgs};

/// Run conversations of the past through a policy, and see what it decides
#[derive(Debug, PartialEq, Args)]
#[command(
    group(ArgGroup::new("source").required(true).args(["turns", "config"])),
    mut_arg("config", |arg| arg.help("Read the cluster of these settings (TOML) instead of files")),
    mut_arg("set", |arg| arg.conflicts_with("turns")),
    after_help = "Every OUT is a file of JSON lines, or - for standard output (one of them at most).\n\n\
    Examples:\n  \
    segue replay --turns turns.jsonl --decisions decisions.jsonl\n  \
    segue replay --turns turns.jsonl --outcomes outcomes.jsonl --policy live.toml --compare new.toml\n  \
    segue replay --turns turns.jsonl --shadow canary.toml --shadow-events shadow-events.jsonl\n  \
    segue replay --config segue.toml --since 2026-11-01T00:00:00Z --compare new.toml\n  \
    cat turns.jsonl | segue replay --turns - --metrics -\n\n\
    From a cluster it reads turns and outcomes as they lie there, writes nothing there, and judges each record by the policy \
    that was in force (docs/applying.md); with --policy by that one alone.\n\n\
    No OUT may be a file that is read. Records that cannot be taken (no JSON, too late, ...) are counted in the report and the \
    first of each kind is named on standard error; the exit code stays 0."
)]
pub struct Replay {
    /// Turns as JSON lines; - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub turns: Option<PathBuf>,
    /// Outcomes as JSON lines
    #[arg(long, value_name = "FILE", requires = "turns", conflicts_with = "config")]
    pub outcomes: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Records of the cluster whose Kafka timestamp is not before this (RFC 3339); what began before is seen without its beginning
    #[arg(long, value_name = "TIME", conflicts_with = "turns")]
    pub since: Option<Timestamp>,
    /// Records of the cluster before the first whose Kafka timestamp is not before this (RFC 3339)
    #[arg(long, value_name = "TIME", conflicts_with = "turns")]
    pub until: Option<Timestamp>,
    /// The policy; without it the built-in one, or what was in force
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Another policy to compare with: hand-offs added, lost, earlier, later, and what became of them under --policy, whose
    /// outputs are written
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Examples shown of each kind of change; 5 unless told otherwise (json lists every change)
    #[arg(long, value_name = "N", requires = "compare")]
    pub examples: Option<usize>,
    /// Hand-off events
    #[arg(long, value_name = "OUT")]
    pub decisions: Option<PathBuf>,
    /// What every trigger said at every turn
    #[arg(long, value_name = "OUT")]
    pub signals: Option<PathBuf>,
    /// The context package as it stands after each conversation's last turn
    #[arg(long, value_name = "OUT")]
    pub packages: Option<PathBuf>,
    /// Summaries of conversations, a row a revision; of repeated conversation_ids the last line stands
    #[arg(long, value_name = "OUT")]
    pub summaries: Option<PathBuf>,
    /// Metric windows; of repeated window_ids the last line stands
    #[arg(long, value_name = "OUT")]
    pub metrics: Option<PathBuf>,
    /// A policy that watches beside --policy and changes nothing of what it does; may be given up to eight times
    #[arg(long, value_name = "FILE")]
    pub shadow: Vec<PathBuf>,
    /// What the --shadow policies would have done: hand-off events of mode shadow
    #[arg(long, value_name = "OUT", requires = "shadow")]
    pub shadow_events: Option<PathBuf>,
    /// Partitions of the embedded log; events are the same over any number where records are at most 5 s behind others before them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1024), conflicts_with = "config")]
    pub partitions: i32,
    /// How the closing report is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
