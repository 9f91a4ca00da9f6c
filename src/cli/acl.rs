//! `segue acl`.

use clap::{Args, ValueEnum};

use super::{Output, Role, SettingsArgs};

/// Print the least rights (ACLs) that a principal needs
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue acl --principal segue --config segue.toml\n  \
    segue acl --principal segue --config segue.toml --format strimzi > kafka-user.yaml\n  \
    segue acl --principal segue-metrics --config segue.toml --roles metrics\n  \
    segue acl --principal admin --config segue.toml --for topics\n\n\
    Nothing is asked of the cluster and nothing is changed.")]
pub struct Acl {
    /// Who gets the rights: a user name, or a whole principal such as User:CN=segue
    #[arg(long, value_name = "NAME")]
    pub principal: String,
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// What the principal does: `segue run`, `segue topics create` or `segue policy apply`
    #[arg(long = "for", value_enum, default_value_t)]
    pub purpose: Purpose,
    /// What the process does (with --for run)
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Conversations, Role::Metrics])]
    pub roles: Vec<Role>,
    /// How the rights are written
    #[arg(long, value_enum, default_value_t)]
    pub format: AclFormat,
    /// The Strimzi cluster that the user belongs to
    #[arg(long, value_name = "NAME", default_value = "my-cluster")]
    pub cluster: String,
    /// json lists the rights, whatever the format
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// What rights are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// `segue run`.
    #[default]
    Run,
    /// `segue topics create`, `plan` and `check`.
    Topics,
    /// `segue policy apply`.
    Policies,
}

/// How rights are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AclFormat {
    /// Lines for kafka-acls.sh.
    #[default]
    KafkaAcls,
    /// A KafkaUser of Strimzi.
    Strimzi,
}
