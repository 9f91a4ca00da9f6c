//! The files that a command line names, each with its option: those that are read, and those that are written.
//!
//! Commands that write no file are not told of: they can overwrite nothing.

use std::path::Path;

use super::{Command, Learn, LearnOf, PolicyAction, PolicyCommand, Replay, Tune};

/// An option and the file that it names; `-` is standard input or output.
pub type Named<'a> = (&'static str, &'a Path);

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files<'a> {
    pub read: Vec<Named<'a>>,
    pub written: Vec<Named<'a>>,
}

impl Command {
    /// The files of the command, where it writes some.
    pub fn files(&self) -> Files<'_> {
        match self {
            Command::Replay(args) => of_replay(args),
            Command::Learn(args) => of_learn(args),
            Command::Policy(PolicyCommand { command: PolicyAction::Tune(args) }) => of_tune(args),
            Command::Policy(_)
            | Command::Demo(_)
            | Command::Run(_)
            | Command::Topics(_)
            | Command::Schemas(_)
            | Command::Config(_)
            | Command::Acl(_)
            | Command::Inspect(_)
            | Command::Healthcheck(_)
            | Command::LogLevel(_)
            | Command::Doctor(_) => Files::default(),
        }
    }
}

fn of_replay(args: &Replay) -> Files<'_> {
    let inputs = [
        ("--turns", &args.turns),
        ("--outcomes", &args.outcomes),
        ("--config", &args.settings.config),
        ("--policy", &args.policy),
        ("--compare", &args.compare),
    ];
    let outputs = [
        ("--decisions", &args.decisions),
        ("--signals", &args.signals),
        ("--packages", &args.packages),
        ("--summaries", &args.summaries),
        ("--metrics", &args.metrics),
        ("--shadow-events", &args.shadow_events),
    ];
    let read = inputs.into_iter().flat_map(|(option, file)| named(option, file));
    let read = read.chain(named("--shadow", &args.shadow));
    let written = outputs.into_iter().flat_map(|(option, file)| named(option, file));
    Files { read: read.collect(), written: written.collect() }
}

fn of_learn(args: &Learn) -> Files<'_> {
    match &args.of {
        Some(LearnOf::Combination { turns, labels, out, policy, .. }) => {
            let read = named("--turns", turns).chain([("--labels", labels.as_path())]);
            Files { read: read.chain(named("--policy", policy)).collect(), written: vec![("--out", out)] }
        }
        None => Files {
            read: named("--texts", &args.texts).collect(),
            written: named("--out", &args.out).collect(),
        },
    }
}

fn of_tune(args: &Tune) -> Files<'_> {
    let read = named("--turns", &args.turns)
        .chain(named("--labels", &args.labels))
        .chain(named("--outcomes", &args.outcomes))
        .chain(named("--policy", &args.policy));
    Files { read: read.collect(), written: named("--out", &args.out).collect() }
}

/// Every file that is given under one option.
fn named<'a>(
    option: &'static str,
    files: impl IntoIterator<Item = &'a std::path::PathBuf>,
) -> impl Iterator<Item = Named<'a>> {
    files.into_iter().map(move |file| (option, file.as_path()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;

    #[track_caller]
    fn check(line: &str, read: &str, written: &str) {
        let command = Cli::try_parse_from(line.split_whitespace()).unwrap().command;
        let shown = |all: &[super::Named<'_>]| {
            all.iter()
                .map(|(option, file)| format!("{option} {}", file.display()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let files = command.files();
        assert_eq!((shown(&files.read).as_str(), shown(&files.written).as_str()), (read, written), "{line}");
    }

    #[test]
    fn every_file_of_a_command_that_writes_some_is_named() {
        let read = "--turns t --outcomes o --policy p --compare q --shadow a --shadow b";
        let written = "--decisions d --signals s --packages k --summaries u --metrics m --shadow-events e";
        check(&format!("segue replay {read} {written}"), read, written);
        check("segue replay --config s.toml --decisions d", "--config s.toml", "--decisions d");
        let read = "--turns a --turns b --labels l --policy p";
        check(&format!("segue policy tune {read} --out o --budget 8%"), read, "--out o");
        check("segue policy tune --turns a --outcomes u --budget 8%", "--turns a --outcomes u", "");
        check(&format!("segue learn combination {read} --out o"), read, "--out o");
        check("segue learn --texts a --texts b --out o", "--texts a --texts b", "--out o");
        check("segue policy show p.toml", "", "");
    }
}
