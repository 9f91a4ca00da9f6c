//! `segue config`.

use clap::{Args, Subcommand};

use super::{Output, SettingsArgs};

/// Check the settings, or show the ones in force
#[derive(Debug, PartialEq, Args)]
#[command(arg_required_else_help = true)]
pub struct ConfigCommand {
    #[command(subcommand)]
    pub command: ConfigAction,
}

#[derive(Debug, PartialEq, Subcommand)]
pub enum ConfigAction {
    /// Check every setting and the policy file it names; asks no broker
    #[command(
        after_help = "Examples:\n  segue config check --config segue.toml\n\nExit codes: 0 valid, 2 not; every problem is a line of standard error."
    )]
    Check {
        #[command(flatten)]
        settings: SettingsArgs,
        /// How the result is written
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Print every setting in force as TOML: defaults, file, environment and --set; secrets hidden
    #[command(after_help = "Examples:\n  segue config show --config segue.toml")]
    Show(SettingsArgs),
}
