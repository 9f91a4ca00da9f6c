//! Every command line that the documentation shows, and what is refused.

use clap::CommandFactory;

use super::*;
use crate::wire::avro::Contract;

fn parse(line: &str) -> Result<Command, clap::error::ErrorKind> {
    Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command).map_err(|error| error.kind())
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_takes_its_options() {
    let settings = |config: &str| SettingsArgs { config: Some(config.into()), set: Vec::new() };
    let table = [
        (
            "segue demo --conversations 5 --exit-when-done --output json --seed 7 --speed 2.5",
            Command::Demo(Demo {
                conversations: Some(5),
                exit_when_done: true,
                output: Output::Json,
                seed: Some(7),
                speed: Some(2.5),
                to_kafka: false,
                rate: 20.0,
                settings: SettingsArgs::default(),
            }),
        ),
        (
            "segue demo --to-kafka --config s.toml --rate 0.5",
            Command::Demo(Demo {
                conversations: None,
                exit_when_done: false,
                output: Output::Text,
                seed: None,
                speed: None,
                to_kafka: true,
                rate: 0.5,
                settings: settings("s.toml"),
            }),
        ),
        (
            "segue run --config s.toml --set a.b=1 --set c.d=2 --until-caught-up --roles metrics --accept-gap",
            Command::Run(Run {
                settings: SettingsArgs {
                    config: Some("s.toml".into()),
                    set: vec!["a.b=1".into(), "c.d=2".into()],
                },
                until_caught_up: true,
                roles: vec![Role::Metrics],
                accept_gap: true,
            }),
        ),
        (
            "segue run",
            Command::Run(Run {
                settings: SettingsArgs::default(),
                until_caught_up: false,
                roles: vec![Role::Conversations, Role::Metrics],
                accept_gap: false,
            }),
        ),
        (
            "segue replay --turns - --outcomes o --policy p --compare q --examples 2 --decisions d --signals s --packages k \
             --summaries u --metrics m --shadow a --shadow b --shadow-events e --partitions 3",
            Command::Replay(Box::new(Replay {
                turns: Some("-".into()),
                settings: SettingsArgs::default(),
                since: None,
                until: None,
                outcomes: Some("o".into()),
                policy: Some("p".into()),
                compare: Some("q".into()),
                examples: Some(2),
                decisions: Some("d".into()),
                signals: Some("s".into()),
                packages: Some("k".into()),
                summaries: Some("u".into()),
                metrics: Some("m".into()),
                shadow: vec!["a".into(), "b".into()],
                shadow_events: Some("e".into()),
                partitions: 3,
                output: Output::Text,
            })),
        ),
        (
            "segue policy check p.toml",
            Command::Policy(PolicyCommand {
                command: PolicyAction::Check { file: "p.toml".into(), output: Output::Text },
            }),
        ),
        (
            "segue policy test a.cases.toml b.cases.toml --policy p.toml --output json",
            Command::Policy(PolicyCommand {
                command: PolicyAction::Test {
                    cases: vec!["a.cases.toml".into(), "b.cases.toml".into()],
                    policy: Some("p.toml".into()),
                    output: Output::Json,
                },
            }),
        ),
        (
            "segue policy tune --turns a --turns b --labels l --budget 8% --policy p --out o --output json",
            Command::Policy(PolicyCommand {
                command: PolicyAction::Tune(Tune {
                    turns: vec!["a".into(), "b".into()],
                    labels: Some("l".into()),
                    outcomes: Vec::new(),
                    budget: 0.08,
                    policy: Some("p".into()),
                    out: Some("o".into()),
                    output: Output::Json,
                }),
            }),
        ),
        (
            "segue learn combination --turns a --labels l --out o --check 4",
            Command::Learn(Learn {
                of: Some(LearnOf::Combination {
                    turns: vec!["a".into()],
                    labels: "l".into(),
                    out: "o".into(),
                    policy: None,
                    check: 4,
                    output: Output::Text,
                }),
                model: Learnt::Displeasure,
                texts: Vec::new(),
                out: None,
                check: 5,
                output: Output::Text,
            }),
        ),
        (
            "segue learn --model request --texts t --out o",
            Command::Learn(Learn {
                of: None,
                model: Learnt::Request,
                texts: vec!["t".into()],
                out: Some("o".into()),
                check: 5,
                output: Output::Text,
            }),
        ),
        ("segue policy show", Command::Policy(PolicyCommand { command: PolicyAction::Show { file: None } })),
        (
            "segue policy explain --conversation c --turns - --outcomes o --policy p --turn t --output json",
            Command::Policy(PolicyCommand {
                command: PolicyAction::Explain(Box::new(Explain {
                    conversation: "c".into(),
                    turn: Some("t".into()),
                    handoff: None,
                    all: false,
                    turns: Some("-".into()),
                    outcomes: Some("o".into()),
                    settings: SettingsArgs::default(),
                    policy: Some("p".into()),
                    scan_limit: 2_000_000,
                    output: Output::Json,
                })),
            }),
        ),
        (
            "segue policy explain --conversation c --config s.toml --all --scan-limit 5",
            Command::Policy(PolicyCommand {
                command: PolicyAction::Explain(Box::new(Explain {
                    conversation: "c".into(),
                    turn: None,
                    handoff: None,
                    all: true,
                    turns: None,
                    outcomes: None,
                    settings: settings("s.toml"),
                    policy: None,
                    scan_limit: 5,
                    output: Output::Text,
                })),
            }),
        ),
        (
            "segue topics create --config s.toml --partitions 12 --replication-factor 3",
            Command::Topics(TopicsCommand {
                command: TopicsAction::Create(TopicsArgs {
                    settings: settings("s.toml"),
                    partitions: Some(12),
                    replication_factor: Some(3),
                    output: Output::Text,
                }),
            }),
        ),
        (
            "segue topics plan --strimzi my-cluster --partitions 12",
            Command::Topics(TopicsCommand {
                command: TopicsAction::Plan(PlanArgs {
                    topics: TopicsArgs {
                        settings: SettingsArgs::default(),
                        partitions: Some(12),
                        replication_factor: None,
                        output: Output::Text,
                    },
                    strimzi: Some("my-cluster".into()),
                }),
            }),
        ),
        (
            "segue schemas show handoff-event",
            Command::Schemas(SchemasCommand {
                command: SchemasAction::Show { contract: Some(Contract::Event) },
            }),
        ),
        (
            "segue schemas register --config s.toml --output json",
            Command::Schemas(SchemasCommand {
                command: SchemasAction::Register(SchemasArgs {
                    settings: settings("s.toml"),
                    output: Output::Json,
                }),
            }),
        ),
        (
            "segue config check --config s.toml",
            Command::Config(ConfigCommand {
                command: ConfigAction::Check { settings: settings("s.toml"), output: Output::Text },
            }),
        ),
        (
            "segue healthcheck --ready --url http://h:1",
            Command::Healthcheck(Healthcheck {
                settings: SettingsArgs::default(),
                url: Some("http://h:1".into()),
                ca_file: None,
                ready: true,
            }),
        ),
        (
            "segue inspect c-17 --url http://h:1 --output json",
            Command::Inspect(Inspect {
                conversation: "c-17".into(),
                settings: SettingsArgs::default(),
                url: Some("http://h:1".into()),
                token_file: None,
                ca_file: None,
                output: Output::Json,
            }),
        ),
        (
            "segue acl --principal segue --config s.toml --for topics --format strimzi --cluster eu --output json",
            Command::Acl(Acl {
                principal: "segue".into(),
                settings: settings("s.toml"),
                purpose: Purpose::Topics,
                roles: vec![Role::Conversations, Role::Metrics],
                format: AclFormat::Strimzi,
                cluster: "eu".into(),
                output: Output::Json,
            }),
        ),
        (
            "segue log-level info,segue::kafka=debug --url http://h:1",
            Command::LogLevel(LogLevel {
                ca_file: None,
                filter: Some("info,segue::kafka=debug".into()),
                settings: SettingsArgs::default(),
                url: Some("http://h:1".into()),
                output: Output::Text,
            }),
        ),
        (
            "segue doctor --config s.toml --output json",
            Command::Doctor(Doctor { settings: settings("s.toml"), output: Output::Json }),
        ),
    ];
    for (line, expected) in table {
        assert_eq!(parse(line), Ok(expected), "{line}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    use clap::error::ErrorKind::*;
    for (line, expected) in [
        ("segue", DisplayHelpOnMissingArgumentOrSubcommand),
        ("segue replay", MissingRequiredArgument),
        ("segue replay --turns t --partitions 0", ValueValidation),
        ("segue replay --turns t --config s.toml", ArgumentConflict),
        ("segue replay --config s.toml --partitions 3", ArgumentConflict),
        ("segue replay --config s.toml --since yesterday", ValueValidation),
        ("segue replay --turns t --since 2026-11-01T00:00:00Z", ArgumentConflict),
        ("segue policy apply", MissingRequiredArgument),
        ("segue policy apply p.toml --withdraw", ArgumentConflict),
        ("segue demo --speed 0", ValueValidation),
        ("segue demo --config s.toml", MissingRequiredArgument),
        ("segue demo --rate 5", MissingRequiredArgument),
        ("segue demo --to-kafka --exit-when-done", ArgumentConflict),
        ("segue healthcheck --url u --config f", ArgumentConflict),
        ("segue topics plan --strimzi My_cluster", ValueValidation),
        ("segue replay --turns t --examples 3", MissingRequiredArgument),
        ("segue policy test", MissingRequiredArgument),
        ("segue run --roles dashboards", InvalidValue),
        ("segue policy explain --conversation c", MissingRequiredArgument),
        ("segue policy explain --turns t", MissingRequiredArgument),
        ("segue policy explain --conversation c --turns t --config s.toml", ArgumentConflict),
        ("segue policy explain --conversation c --config s.toml --outcomes o", ArgumentConflict),
        ("segue policy explain --conversation c --turns t --set a.b=1", ArgumentConflict),
        ("segue policy explain --conversation c --turns t --turn x --all", ArgumentConflict),
        ("segue policy explain --conversation c --turns t --scan-limit 0", ValueValidation),
        ("segue policy tune --turns t --budget 8%", MissingRequiredArgument),
        ("segue policy tune --turns t --labels l", MissingRequiredArgument),
        ("segue policy tune --turns t --labels l --outcomes o --budget 8%", ArgumentConflict),
        ("segue policy tune --turns t --labels l --budget 101%", ValueValidation),
        ("segue learn", MissingRequiredArgument),
        ("segue learn --texts t combination --turns t --labels l --out o", ArgumentConflict),
        ("segue learn combination --turns t --out o", MissingRequiredArgument),
        ("segue policy guess", InvalidSubcommand),
        ("segue schemas show turns", ValueValidation),
        ("segue inspect c --url u --config f", ArgumentConflict),
        ("segue --version", DisplayVersion),
    ] {
        assert_eq!(parse(line).unwrap_err(), expected, "{line}");
    }
}

#[test]
fn every_help_has_examples() {
    fn leaves(command: &clap::Command) -> Vec<&clap::Command> {
        if command.has_subcommands() {
            command.get_subcommands().flat_map(leaves).collect()
        } else {
            vec![command]
        }
    }
    for command in leaves(&Cli::command()) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains("Examples:\n  "), "{}", command.get_name());
    }
}
