//! `segue schemas`.

use clap::{Args, Subcommand};

use super::{Output, SettingsArgs};
use crate::wire::avro::Contract;

/// Show the Avro schemas of the topics; check or register them in a schema registry
#[derive(Debug, PartialEq, Args)]
#[command(arg_required_else_help = true)]
pub struct SchemasCommand {
    #[command(subcommand)]
    pub command: SchemasAction,
}

#[derive(Debug, PartialEq, Subcommand)]
pub enum SchemasAction {
    /// Print a contract's schema (.avsc); without a name the contracts and the fingerprints of their schemas
    #[command(after_help = "Examples:\n  \
        segue schemas show\n  \
        segue schemas show handoff-event > handoff-event.avsc")]
    Show {
        /// The contract
        #[arg(value_name = "NAME", value_parser = contract)]
        contract: Option<Contract>,
    },
    /// Ask the registry how the subject of every topic stands, and change nothing
    #[command(after_help = "Examples:\n  segue schemas check --config segue.toml\n\n\
        Exit codes: 0 all that outputs need is registered, 1 something is missing or does not fit.")]
    Check(SchemasArgs),
    /// Register every schema that is missing, inputs included; run again, it is no error
    #[command(after_help = "Examples:\n  segue schemas register --config segue.toml\n\n\
        New subjects get a compatibility level: FULL_TRANSITIVE for outputs, BACKWARD_TRANSITIVE for inputs.")]
    Register(SchemasArgs),
}

#[derive(Debug, PartialEq, Args)]
pub struct SchemasArgs {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

fn contract(text: &str) -> Result<Contract, String> {
    Contract::ALL
        .into_iter()
        .find(|contract| contract.name() == text)
        .ok_or_else(|| format!("there are {}", Contract::ALL.map(Contract::name).join(", ")))
}
