//! `segue topics`.

use clap::{Args, Subcommand};

use super::{Output, SettingsArgs};

/// Plan, create or check the topics
#[derive(Debug, PartialEq, Args)]
#[command(arg_required_else_help = true)]
pub struct TopicsCommand {
    #[command(subcommand)]
    pub command: TopicsAction,
}

#[derive(Debug, PartialEq, Subcommand)]
pub enum TopicsAction {
    /// Print every topic with its partitions and settings, and change nothing
    #[command(
        after_help = "Examples:\n  segue topics plan --config segue.toml --partitions 12 --replication-factor 3\n  \
        segue topics plan --strimzi my-cluster --partitions 12 > topics.yaml"
    )]
    Plan(PlanArgs),
    /// Create every topic that is missing, inputs included; run again, it is no error
    #[command(
        after_help = "Examples:\n  segue topics create --config segue.toml --partitions 12 --replication-factor 3"
    )]
    Create(TopicsArgs),
    /// Compare the cluster's topics with what is needed
    #[command(after_help = "Examples:\n  segue topics check --config segue.toml")]
    Check(TopicsArgs),
}

#[derive(Debug, PartialEq, Args)]
pub struct TopicsArgs {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Partitions of topics that are missing; inputs that exist decide for their outputs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub partitions: Option<i32>,
    /// Replicas of topics that are missing; without it the cluster's default
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(i32).range(1..=100))]
    pub replication_factor: Option<i32>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

#[derive(Debug, PartialEq, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub topics: TopicsArgs,
    /// Print a KafkaTopic resource of this Strimzi cluster for every topic instead; asks no broker
    #[arg(long, value_name = "CLUSTER", conflicts_with = "output", value_parser = resource_name)]
    pub strimzi: Option<String>,
}

fn resource_name(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if (1..=253).contains(&text.len()) && text.chars().all(legal) && !text.starts_with(['-', '.']) {
        return Ok(text.to_owned());
    }
    Err("the name of a Kubernetes resource is wanted: lower-case letters, digits, dashes".to_owned())
}
