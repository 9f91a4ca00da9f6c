//! What is asked of a running instance: `segue inspect`, `segue healthcheck` and `segue log-level`.

use std::path::PathBuf;

use clap::Args;

use super::{Output, SettingsArgs};

/// Show what is known of one conversation, from a running instance
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue inspect c-17\n  \
    segue inspect c-17 --url http://127.0.0.1:8080 --output json\n  \
    segue inspect c-17 --url https://segue-0:8080 --token-file token --ca-file ca.pem")]
pub struct Inspect {
    /// The conversation's id
    #[arg(value_name = "CONVERSATION")]
    pub conversation: String,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The instance to ask; without it the address in the settings
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub url: Option<String>,
    /// The file with the instance's token; without it http.token_file of the settings
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The authority of the instance's certificate (PEM); without it the system's authorities
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Ask a running instance whether it is alive; for the health check of a container that has no other program
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue healthcheck\n  \
    segue healthcheck --config segue.toml\n  \
    segue healthcheck --ready --url http://127.0.0.1:8080\n\n\
    Exit codes: 0 yes, 1 no or no answer, 2 wrong command line or settings.")]
pub struct Healthcheck {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The instance to ask; without it the address in the settings
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub url: Option<String>,
    /// The authority of the instance's certificate (PEM), which must name the address that is asked; without it the
    /// certificate in the settings, with --url the system's authorities
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Ask whether it is ready: everything assigned is restored, and the broker answers
    #[arg(long)]
    pub ready: bool,
}

/// Show or change what a running instance logs, until it restarts or is told again
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue log-level --config segue.toml\n  \
    segue log-level info,segue::kafka=debug --config segue.toml\n  \
    segue log-level warn --url http://127.0.0.1:8080\n\n\
    SIGHUP makes an instance read [log] level from its settings again.")]
pub struct LogLevel {
    /// error, warn, info, debug, trace, off, or a list of module=level; without it the filter in force is shown
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The instance to ask; without it the address in the settings
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The authority of the instance's certificate (PEM); without it the certificate in the settings, with --url the
    /// system's authorities
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
