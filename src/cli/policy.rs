//! `segue policy`: what is asked of a policy file. The larger actions have files of their own.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Apply, Explain, Hear, Output, Tune};

/// Check or test a policy, show the one that would be in force, put one in force, or explain what it decided
#[derive(Debug, PartialEq, Args)]
#[command(arg_required_else_help = true)]
pub struct PolicyCommand {
    #[command(subcommand)]
    pub command: PolicyAction,
}

#[derive(Debug, PartialEq, Subcommand)]
pub enum PolicyAction {
    /// Check a policy file: keys, bounds, and every rule's condition
    #[command(
        after_help = "Examples:\n  segue policy check policy.toml\n\nExit codes: 0 valid, 2 not; every problem is a line of standard error, and with --output json one of problems in the object. What is only doubtful (no version of its own) is told in the same way, among warnings."
    )]
    Check {
        /// The policy file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How the result is written
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Play conversations written by hand through a policy, and compare what it decides with what is expected
    #[command(
        after_help = "A case names its turns and what is to be decided of them (docs/policy-cases.md):\n\n  \
        [[cases]]\n  \
        name = \"a customer who asks gets a person\"\n  \
        turns = [{ role = \"customer\", text = \"I want to talk to a person\" }]\n  \
        expect = { decision = \"hand_off\", turn = 1, reason = \"customer_request\" }\n\n\
        Examples:\n  \
        segue policy test deploy/policies/example.cases.toml\n  \
        segue policy test *.cases.toml --policy new.toml --output json\n\n\
        Exit codes: 0 all passed, 1 a case failed, 2 a file of cases or a policy is wrong."
    )]
    Test {
        /// Files of cases
        #[arg(value_name = "CASES", required = true)]
        cases: Vec<PathBuf>,
        /// The policy; without it the one that a file of cases names, else the built-in one
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// How the results are written
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Print the whole policy as TOML: the built-in one, or a file laid over it
    #[command(
        after_help = "Examples:\n  segue policy show\n  segue policy show policy.toml > effective.toml"
    )]
    Show {
        /// The policy file; without it the built-in policy
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    Hear(Hear),
    Apply(Box<Apply>),
    Explain(Box<Explain>),
    Tune(Tune),
}
