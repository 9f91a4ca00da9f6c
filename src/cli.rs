//! The command line: what can be asked, and nothing of how it is done.

mod apply;
mod explain;
pub mod files;
mod hear;
mod learn;
mod tune;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::wire::avro::Contract;
pub use apply::Apply;
pub use explain::Explain;
pub use hear::Hear;
pub use learn::{Learn, LearnOf, Learnt};
pub use tune::Tune;

/// The program.
#[derive(Debug, PartialEq, Parser)]
#[command(
    name = "segue",
    version,
    about = "Watches AI-agent conversations on Kafka and hands each one to a human at the right moment",
    after_help = "Examples:\n  \
        segue demo                                  see it work, without Kafka\n  \
        segue topics create --config segue.toml     create the topics\n  \
        segue doctor --config segue.toml            is everything there that it needs?\n  \
        segue run --config segue.toml               run on a cluster\n  \
        segue replay --turns turns.jsonl --decisions -\n\n\
        Exit codes: 0 done, 1 failed, 2 wrong command line, settings or policy (doctor: 1 warnings, 2 problems).",
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, PartialEq, Subcommand)]
pub enum Command {
    Demo(Demo),
    Run(Run),
    Replay(Box<Replay>),
    Policy(PolicyCommand),
    Learn(Learn),
    Topics(TopicsCommand),
    Schemas(SchemasCommand),
    Config(ConfigCommand),
    Acl(Acl),
    Inspect(Inspect),
    Healthcheck(Healthcheck),
    LogLevel(LogLevel),
    Doctor(Doctor),
}

/// How a command writes its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Where the settings come from.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct SettingsArgs {
    /// The settings file (TOML); without it the defaults and the environment (SEGUE__SECTION__KEY) stand
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Overrides one setting; may be given more than once
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
}

/// Watch generated conversations in an embedded log, without Kafka; or play them into a cluster
#[derive(Debug, PartialEq, Args)]
#[command(
    mut_arg("config", |arg| arg.requires("to_kafka")),
    mut_arg("set", |arg| arg.requires("to_kafka")),
    after_help = "Examples:\n  \
    segue demo\n  \
    segue demo --conversations 200 --exit-when-done --output json\n  \
    segue demo --seed 7 --speed 60\n  \
    segue demo --to-kafka --config segue.toml --rate 30\n\n\
    --to-kafka plays at the clock's own pace until it is told to stop, or until --conversations have ended. With --speed \
    timers keep their own time, so some hand-offs do not come about, and what the desktop says of them is refused. The \
    same seed gives the same conversation ids, which a cluster that saw them before takes for duplicates."
)]
pub struct Demo {
    /// Conversations to generate; without it the demo goes on until it is told to stop
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub conversations: Option<u32>,
    /// Play them as fast as the engine can (20 without --conversations), print what happened, and exit
    #[arg(long)]
    pub exit_when_done: bool,
    /// How results are written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// The same seed generates the same conversations; 1, and with --to-kafka another one each time
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Event time passes this many times faster than the clock (60); with --to-kafka the pauses are so much shorter (1)
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    pub speed: Option<f64>,
    /// Produce turns and outcomes to the topics of the settings, and leave the rest to `segue run`
    #[arg(long, conflicts_with = "exit_when_done")]
    pub to_kafka: bool,
    /// Conversations that begin in a minute
    #[arg(long, value_name = "N", default_value_t = 20.0, requires = "to_kafka", value_parser = factor)]
    pub rate: f64,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

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
    /// Partitions of the embedded log; events are the same over any number
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1024), conflicts_with = "config")]
    pub partitions: i32,
    /// How the closing report is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

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
        after_help = "Examples:\n  segue policy check policy.toml\n\nExit codes: 0 valid, 2 not; every problem is a line of standard error, and with --output json one of problems in the object."
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
    Tune(tune::Tune),
}

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

#[derive(Debug, PartialEq, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub topics: TopicsArgs,
    /// Print a KafkaTopic resource of this Strimzi cluster for every topic instead; asks no broker
    #[arg(long, value_name = "CLUSTER", conflicts_with = "output", value_parser = resource_name)]
    pub strimzi: Option<String>,
}

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

fn contract(text: &str) -> Result<Contract, String> {
    Contract::ALL
        .into_iter()
        .find(|contract| contract.name() == text)
        .ok_or_else(|| format!("there are {}", Contract::ALL.map(Contract::name).join(", ")))
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

fn resource_name(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if (1..=253).contains(&text.len()) && text.chars().all(legal) && !text.starts_with(['-', '.']) {
        return Ok(text.to_owned());
    }
    Err("the name of a Kubernetes resource is wanted: lower-case letters, digits, dashes".to_owned())
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

/// Check everything an instance needs, change nothing, and say how to mend what is wrong
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue doctor --config segue.toml\n  \
    segue doctor --config segue.toml --output json | jq '.checks[] | select(.status != \"ok\")'\n\n\
    Each check is ok, a warning, a problem, or unknown (we may not look, or nobody can from here).\n\
    Exit codes: 0 all well, 1 warnings, 2 problems (wrong settings are one).")]
pub struct Doctor {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.1..=100_000.0).contains(&factor) => Ok(factor),
        Ok(_) | Err(_) => Err("a number from 0.1 to 100000 is wanted".to_owned()),
    }
}

#[cfg(test)]
mod tests;
