//! One function a command of the program: arguments in, exit code out.
//!
//! Exit codes: 0 well, 1 it could not be done, 2 the arguments, the settings or a policy are wrong, 130 and 143 told to
//! stop twice.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::demo::play::{Pace, Play, demo};
use super::demo::produce::{Production, produce};
use super::learn::{self, Inputs};
use super::policy_files::{load_policy, load_shadows, own};
use super::print::{print, print_line, tell};
use super::render::screen::Format;
use super::run::{Failure, Roles, Until, names, properties, run};
use super::stretch::{Between, Judges};
use super::{
    acl, doctor, healthcheck, inspect, log_level, outputs, render, replay, schemas, signals, stretch, strimzi,
};
use jiff::Timestamp;

use crate::cli::{self, Cli, Command, ConfigAction, LearnOf, Learnt, Output, SchemasAction, TopicsAction};
use crate::config::{self, Settings};
use crate::domain::policy::Policy;
use crate::domain::text::Model;
use crate::engine::codec::Codec;
use crate::engine::conversations::Shadow;
use crate::kafka::topics::{self, Spec, State, TopicPlan};
use crate::telemetry::traces::{self, Export, Traces, TracesLayer};
use crate::telemetry::{self, Logs, process};
use crate::wire;

mod policy;

/// Examples that a comparison shows of each kind of change.
const EXAMPLES_SHOWN: usize = 5;

/// Does what the command line says.
pub fn execute(cli: Cli) -> ExitCode {
    done(cli.command).unwrap_or_else(|failure| {
        // What somebody wrote wrong begins with its place, every line of it, so that an editor finds it.
        let name = if failure.exit_code == 2 { "" } else { "segue: " };
        tell(format_args!("{name}{}", failure.message));
        ExitCode::from(failure.exit_code)
    })
}

fn done(command: Command) -> Result<ExitCode, Failure> {
    outputs::check(&command.files()).map_err(Failure::settings)?;
    match command {
        Command::Demo(args) => demo_command(&args),
        Command::Run(args) => run_command(args),
        Command::Replay(args) => replay_command(&args),
        Command::Policy(args) => policy::policy_command(args.command),
        Command::Learn(args) => learn_command(args),
        Command::Topics(args) => topics_command(args.command),
        Command::Schemas(args) => schemas_command(args.command),
        Command::Config(args) => config_command(args.command),
        Command::Acl(args) => acl_command(&args),
        Command::Inspect(args) => inspect_command(&args),
        Command::Healthcheck(args) => healthcheck_command(&args),
        Command::LogLevel(args) => log_level_command(&args),
        Command::Doctor(args) => return doctor_command(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn format(output: Output) -> Format {
    match output {
        Output::Text => Format::Text,
        Output::Json => Format::Json,
    }
}

fn read(args: &cli::SettingsArgs) -> Result<Settings, Failure> {
    Settings::read(args.config.as_deref(), &args.set).map_err(Failure::settings)
}

fn start_logs(settings: &Settings, traces: Option<TracesLayer>) -> Result<Logs, Failure> {
    let format = match settings.log.format {
        config::LogFormat::Text => telemetry::LogFormat::Text,
        config::LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::start_logs(format, &settings.log.level, traces).map_err(Failure::settings)
}

/// What a command does on the embedded log says only what went wrong.
fn start_quiet_logs() -> Result<(), Failure> {
    telemetry::start_logs(telemetry::LogFormat::Text, "error", None).map(drop).map_err(Failure::running)
}

fn watch_signals() -> Result<signals::Stop, Failure> {
    signals::watch().map_err(|error| Failure::running(format!("signals: {error}")))
}

fn demo_command(args: &cli::Demo) -> Result<(), Failure> {
    let conversations = args.conversations.map(u64::from);
    if args.to_kafka {
        let settings = read(&args.settings)?;
        start_logs(&settings, None)?;
        let plan = Production {
            conversations,
            rate: args.rate,
            speed: args.speed.unwrap_or(1.0),
            seed: args.seed.unwrap_or(process::now_ms() as u64),
            format: format(args.output),
        };
        return produce(&plan, &settings, process::now_ms, &watch_signals()?);
    }
    start_quiet_logs()?;
    let play = Play {
        conversations,
        pace: if args.exit_when_done {
            Pace::AtOnceThenExit
        } else {
            Pace::Times(args.speed.unwrap_or(60.0))
        },
        seed: args.seed.unwrap_or(1),
        format: format(args.output),
    };
    demo(&play, wire::policy::built_in(), process::now_ms(), &watch_signals()?).map_err(Failure::running)
}

fn run_command(args: cli::Run) -> Result<(), Failure> {
    let mut settings = read(&args.settings)?;
    settings.engine.accept_gap |= args.accept_gap;
    let (traces, layer) = start_traces(&settings)?.unzip();
    let logs = Arc::new(start_logs(&settings, layer)?);
    reread_level_on_hangup(args.settings, logs.clone())?;
    let until = if args.until_caught_up { Until::CaughtUp } else { Until::Told };
    let ran = run(&settings, until, Roles::of(&args.roles), logs, &watch_signals()?);
    traces.into_iter().for_each(Traces::stop);
    ran
}

/// The exporter of traces, where the settings name a collector.
fn start_traces(settings: &Settings) -> Result<Option<(Traces, TracesLayer)>, Failure> {
    let Some(endpoint) = &settings.telemetry.otlp_endpoint else { return Ok(None) };
    let export = Export {
        endpoint: endpoint.clone(),
        sample_ratio: settings.telemetry.sample_ratio,
        service_name: settings.telemetry.service_name.clone(),
        instance_id: settings.engine.instance_id.clone(),
    };
    traces::start(&export).map(Some).map_err(Failure::settings)
}

/// SIGHUP: the `[log] level` of the settings counts again. Settings that are wrong by now change nothing.
fn reread_level_on_hangup(args: cli::SettingsArgs, logs: Arc<Logs>) -> Result<(), Failure> {
    let reread = move || {
        let set = Settings::read(args.config.as_deref(), &args.set).and_then(|new| logs.set(&new.log.level));
        if let Err(error) = set {
            tracing::warn!(
                error,
                level = logs.level(),
                "the settings were read again and are wrong; the log level stays"
            );
        }
    };
    signals::on_hangup(reread).map_err(|error| Failure::running(format!("signals: {error}")))
}

fn model_of(learnt: Learnt) -> Model {
    match learnt {
        Learnt::Displeasure => Model::Displeasure,
        Learnt::DispleasureElsewhere => Model::DispleasureElsewhere,
        Learnt::Request => Model::Request,
        Learnt::Danger => Model::Danger,
    }
}

fn learn_command(args: cli::Learn) -> Result<(), Failure> {
    let cli::Learn { of, model, texts, out, check, output } = args;
    if let Some(of) = of {
        return learn_of(of);
    }
    let inputs = Inputs { model: model_of(model), texts, out: out.unwrap_or_default(), check };
    let learned = learn::learn(&inputs).map_err(Failure::settings)?;
    print(match output {
        Output::Text => learned.text(&inputs),
        Output::Json => format!("{}\n", learned.json()),
    })?;
    learned.warnings().iter().for_each(tell);
    Ok(())
}

fn learn_of(of: LearnOf) -> Result<(), Failure> {
    let LearnOf::Combination { turns, labels, out, policy, check, output } = of;
    start_quiet_logs()?;
    let inputs = learn::combination::Inputs { turns, labels, out, check };
    let stop = watch_signals()?;
    let learned = learn::combination::learn(&inputs, load_policy(policy.as_deref())?, stop.flag());
    let learned = learned.map_err(Failure::settings)?;
    print(match output {
        Output::Text => learned.text(&inputs),
        Output::Json => format!("{}\n", learned.json()),
    })?;
    learned.warnings().iter().for_each(tell);
    Ok(())
}

/// The past that a cluster holds, and the policy that judges where nobody else does.
fn past(args: &cli::Replay, stop: &signals::Stop) -> Result<(Arc<Policy>, replay::Input), Failure> {
    let settings = read(&args.settings)?;
    let in_force = settings.policy.file.as_deref().map(Path::new);
    let own = own(&settings, load_policy(args.policy.as_deref().or(in_force))?);
    let judges = if args.policy.is_some() { Judges::OneAlone } else { Judges::WhoDid };
    let time = |time: Option<Timestamp>| time.map(Timestamp::as_millisecond);
    let between = Between { since: time(args.since), until: time(args.until) };
    let reader = schemas::codec(&settings, stop, || {})?.ok_or_else(Failure::stopped)?.reader;
    let codec = Codec { reader, ..Codec::default() };
    let found = stretch::read(&settings, &own, (judges, between), codec, (process::now_ms(), stop))?;
    Ok((own.policy.clone(), replay::Input::Log(Arc::new(found))))
}

fn replay_command(args: &cli::Replay) -> Result<(), Failure> {
    start_quiet_logs()?;
    let shadows = load_shadows(&args.shadow)?;
    let stop = watch_signals()?;
    let (policy, input) = match &args.turns {
        Some(turns) => {
            let input = replay::Input::Files { turns: turns.clone(), outcomes: args.outcomes.clone() };
            (Arc::new(load_policy(args.policy.as_deref())?), input)
        }
        None => past(args, &stop)?,
    };
    let plan = replay::Plan {
        input,
        decisions: args.decisions.clone(),
        signals: args.signals.clone(),
        packages: args.packages.clone(),
        summaries: args.summaries.clone(),
        metrics: args.metrics.clone(),
        shadows: shadows.into_iter().map(Arc::new).map(Shadow::new).collect(),
        shadow_events: args.shadow_events.clone(),
        partitions: args.partitions,
    };
    if let Some(other) = &args.compare {
        if plan.reads_stdin() {
            let message =
                "--compare replays twice and standard input can be read once; write it to a file first";
            return Err(Failure::settings(message.to_owned()));
        }
        let other = Arc::new(load_policy(Some(other))?);
        let found = replay::compare(&plan, policy, other, stop.flag()).map_err(Failure::running)?;
        let examples = args.examples.unwrap_or(EXAMPLES_SHOWN);
        let said = |style: render::Style| match args.output {
            Output::Text => render::comparison::page(&found, examples, style),
            Output::Json => found.json_lines(),
        };
        let style = render::Style::of_stdout();
        if plan.takes_stdout() {
            tell(said(render::Style { colour: render::Colour::Plain, ..style }).trim_end());
        } else {
            print(said(style))?;
        }
        return Ok(());
    }
    replay::replay(&plan, policy, format(args.output), stop.flag()).map_err(Failure::running)
}

fn topics_command(action: TopicsAction) -> Result<(), Failure> {
    let (args, ask): (_, fn(&Spec) -> _) = match &action {
        TopicsAction::Plan(args) => (&args.topics, topics::plan),
        TopicsAction::Create(args) => (args, topics::create),
        TopicsAction::Check(args) => (args, topics::plan),
    };
    let settings = read(&args.settings)?;
    if let TopicsAction::Plan(cli::PlanArgs { strimzi: Some(cluster), .. }) = &action {
        let plans = topics::design(&names(&settings), args.partitions, args.replication_factor);
        print(strimzi::topics(&plans, cluster))?;
        return Ok(());
    }
    start_logs(&settings, None)?;
    let spec = Spec {
        bootstrap: settings.kafka.bootstrap_servers.clone(),
        properties: properties(&settings)?,
        names: names(&settings),
        partitions: args.partitions,
        replication: args.replication_factor,
    };
    let plans: Vec<TopicPlan> = ask(&spec)?;
    for plan in &plans {
        print_line(match args.output {
            Output::Text => topic_line(plan),
            Output::Json => topic_json(plan).to_string(),
        })?;
    }
    let problems: Vec<String> = match action {
        TopicsAction::Plan(_) => Vec::new(),
        TopicsAction::Create(_) | TopicsAction::Check(_) => {
            plans.iter().filter_map(topics::problem).collect()
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(Failure::running(problems.join("\n"))) }
}

fn schemas_command(action: SchemasAction) -> Result<(), Failure> {
    let (args, ask) = match action {
        SchemasAction::Show { contract: None } => {
            print(schemas::list())?;
            return Ok(());
        }
        SchemasAction::Show { contract: Some(contract) } => {
            print(contract.text())?;
            return Ok(());
        }
        SchemasAction::Check(args) => (args, schemas::Ask::Check),
        SchemasAction::Register(args) => (args, schemas::Ask::Register),
    };
    let settings = read(&args.settings)?;
    start_logs(&settings, None)?;
    let rows = schemas::rows(&settings, ask)?;
    for row in &rows {
        print_line(match args.output {
            Output::Text => schemas::line(row),
            Output::Json => schemas::json(row).to_string(),
        })?;
    }
    let problems: Vec<String> = rows.into_iter().filter_map(|row| row.problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::running(problems.join("\n"))) }
}

fn topic_line(plan: &TopicPlan) -> String {
    let state = match &plan.state {
        State::Exists => "exists".to_owned(),
        State::Missing => "missing".to_owned(),
        State::Wrong { problem, .. } => format!("wrong: {problem}"),
    };
    let configs: Vec<String> = plan.configs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "{:<40} {:>3} partitions × {}  {:<8} {}",
        plan.name,
        plan.partitions,
        plan.replication,
        state,
        configs.join(" ")
    )
}

fn topic_json(plan: &TopicPlan) -> serde_json::Value {
    let (state, problem, remedy) = match &plan.state {
        State::Exists => ("exists", None, None),
        State::Missing => ("missing", None, None),
        State::Wrong { problem, remedy } => ("wrong", Some(problem), Some(remedy)),
    };
    let configs: serde_json::Map<String, serde_json::Value> =
        plan.configs.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    serde_json::json!({ "name": plan.name, "partitions": plan.partitions, "replication_factor": plan.replication,
        "configs": configs, "state": state, "problem": problem, "remedy": remedy })
}

fn config_command(action: ConfigAction) -> Result<(), Failure> {
    match action {
        ConfigAction::Check { settings: args, output } => {
            let settings = read(&args)?;
            let policy = load_policy(settings.policy.file.as_deref().map(Path::new))?;
            let shadows: Vec<String> =
                load_shadows(&settings.policy.shadow)?.iter().map(Policy::label).collect();
            print_line(match output {
                Output::Text => {
                    let source =
                        args.config.map_or("environment".to_owned(), |path| path.display().to_string());
                    let watching = match shadows.as_slice() {
                        [] => String::new(),
                        some => format!(", and in its shadow {}", some.join(", ")),
                    };
                    format!("{source}: the settings are valid, with policy {}{watching}", policy.version)
                }
                Output::Json => {
                    serde_json::json!({ "file": args.config, "valid": true, "policy_version": policy.version,
                        "shadows": shadows })
                    .to_string()
                }
            })?;
        }
        ConfigAction::Show(args) => _ = print(read(&args)?.effective())?,
    }
    Ok(())
}

fn healthcheck_command(args: &cli::Healthcheck) -> Result<(), Failure> {
    let target = match &args.url {
        Some(url) => healthcheck::Target { url: url.clone(), ca_file: args.ca_file.clone() },
        None => healthcheck::own_target(&read(&args.settings)?.http, args.ca_file.clone()),
    };
    let question = if args.ready { healthcheck::Question::Ready } else { healthcheck::Question::Alive };
    print_line(healthcheck::ask(&target, question).map_err(Failure::running)?)?;
    Ok(())
}

fn acl_command(args: &cli::Acl) -> Result<(), Failure> {
    let settings = read(&args.settings)?;
    print(acl::text(&settings, args).map_err(Failure::settings)?)?;
    Ok(())
}

fn log_level_command(args: &cli::LogLevel) -> Result<(), Failure> {
    let settings = read(&args.settings)?;
    let target = match &args.url {
        Some(url) => healthcheck::Target { url: url.clone(), ca_file: args.ca_file.clone() },
        None => healthcheck::own_target(&settings.http, args.ca_file.clone()),
    };
    let door = inspect::Door {
        url: &target.url,
        token_file: settings.http.token_file.as_deref().map(Path::new),
        ca_file: target.ca_file.as_deref(),
    };
    let said = log_level::ask(&door, args.filter.as_deref(), format(args.output));
    print(said.map_err(Failure::running)?)?;
    Ok(())
}

fn doctor_command(args: &cli::Doctor) -> Result<ExitCode, Failure> {
    let report = doctor::examine(&args.settings);
    print(report.shown(format(args.output), render::Style::of_stdout()))?;
    Ok(ExitCode::from(report.exit_code()))
}

fn inspect_command(args: &cli::Inspect) -> Result<(), Failure> {
    let settings = read(&args.settings)?;
    let scheme = if settings.http.tls_certificate_file.is_some() { "https" } else { "http" };
    let url = args.url.clone().unwrap_or_else(|| format!("{scheme}://{}", settings.http.listen));
    let of_settings = settings.http.token_file.as_deref().map(Path::new);
    let door = inspect::Door {
        url: &url,
        token_file: args.token_file.as_deref().or(of_settings),
        ca_file: args.ca_file.as_deref(),
    };
    let style = render::Style::of_stdout();
    let shown = inspect::inspect(&args.conversation, &door, format(args.output), style);
    print(shown.map_err(Failure::running)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use clap::{Parser, ValueEnum};

    use super::*;

    /// What is told of a command line that cannot be; `DIR` stands for a folder with a file `kept` and a link to it.
    #[track_caller]
    fn refused(line: &str) -> (String, u8) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        fs::write(folder.path().join("kept"), "kept").unwrap();
        symlink(folder.path().join("kept"), folder.path().join("link")).unwrap();
        let line = format!("segue {line}").replace("DIR", &root);
        let failure = done(Cli::try_parse_from(line.split_whitespace()).unwrap().command).unwrap_err();
        assert_eq!(fs::read_to_string(folder.path().join("kept")).unwrap(), "kept", "{line}");
        (failure.message.replace(&root, "DIR"), failure.exit_code)
    }

    #[test]
    fn no_command_overwrites_what_it_reads() {
        for (line, option, other) in [
            ("replay --turns DIR/kept --signals DIR/link", "--signals", "--turns"),
            ("replay --turns DIR/kept --decisions DIR/./kept", "--decisions", "--turns"),
            ("replay --turns t --policy DIR/kept --metrics DIR/kept", "--metrics", "--policy"),
            ("replay --turns t --decisions DIR/new --signals DIR/new", "--signals", "--decisions"),
            ("learn --texts DIR/kept --out DIR/kept", "--out", "--texts"),
            ("learn combination --turns t --labels DIR/kept --out DIR/link", "--out", "--labels"),
            ("policy tune --turns t --labels DIR/kept --budget 8% --out DIR/kept", "--out", "--labels"),
        ] {
            let (told, exit_code) = refused(line);
            assert!(told.starts_with(&format!("{option} DIR/")) && told.contains(other), "{line}: {told}");
            assert_eq!(exit_code, 2, "{line}");
        }
    }

    #[test]
    fn the_command_line_calls_a_model_as_its_weight_file_does() {
        let named = |learnt: &Learnt| Some(learnt.to_possible_value()?.get_name().to_owned());
        let models: Vec<Model> = Learnt::value_variants().iter().map(|learnt| model_of(*learnt)).collect();
        assert_eq!(models, Model::ALL);
        for learnt in Learnt::value_variants() {
            assert_eq!(named(learnt).as_deref(), Some(model_of(*learnt).name()));
        }
    }
}
