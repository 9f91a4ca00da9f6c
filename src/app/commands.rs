//! One function a command of the program: arguments in, exit code out.
//!
//! Exit codes: 0 well, 1 it could not be done, 2 the arguments, the settings or a policy are wrong, 130 and 143 told to
//! stop twice.

mod instance;
mod learn;
mod policy;
mod replay;
mod topics;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::demo::play::{Pace, Play, demo};
use super::demo::produce::{Production, produce};
use super::policy_files::{load_policy, load_shadows};
use super::print::{print, print_line, tell};
use super::render::screen::Format;
use super::run::{Failure, Roles, Until, run};
use super::{acl, doctor, outputs, render, schemas, signals};
use crate::cli::{self, Cli, Command, ConfigAction, Output, SchemasAction};
use crate::config::{self, Settings};
use crate::domain::policy::Policy;
use crate::telemetry::traces::{self, Export, Traces, TracesLayer};
use crate::telemetry::{self, Logs, process};
use crate::wire;

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
        Command::Replay(args) => replay::replay_command(&args),
        Command::Policy(args) => policy::policy_command(args.command),
        Command::Learn(args) => learn::learn_command(args),
        Command::Topics(args) => topics::topics_command(args.command),
        Command::Schemas(args) => schemas_command(args.command),
        Command::Config(args) => config_command(args.command),
        Command::Acl(args) => acl_command(&args),
        Command::Inspect(args) => instance::inspect_command(&args),
        Command::Healthcheck(args) => instance::healthcheck_command(&args),
        Command::LogLevel(args) => instance::log_level_command(&args),
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

fn acl_command(args: &cli::Acl) -> Result<(), Failure> {
    let settings = read(&args.settings)?;
    print(acl::text(&settings, args).map_err(Failure::settings)?)?;
    Ok(())
}

fn doctor_command(args: &cli::Doctor) -> Result<ExitCode, Failure> {
    let report = doctor::examine(&args.settings);
    print(report.shown(format(args.output), render::Style::of_stdout()))?;
    Ok(ExitCode::from(report.exit_code()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use clap::Parser;

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
}
