//! `segue policy`: one function an action.

use std::path::Path;

use super::{format, read, start_logs, start_quiet_logs, watch_signals};
use crate::app::policy_files::load_policy;
use crate::app::print::{Reader, print, print_line, tell};
use crate::app::run::Failure;
use crate::app::tune::{self, Known};
use crate::app::{applied, explain, hear, policy_test, render};
use crate::cli::{self, Output, PolicyAction};
use crate::domain::policy::Policy;
use crate::wire;
use crate::wire::document::NOT_UTF8;

/// Does what is asked of a policy.
pub(super) fn policy_command(action: PolicyAction) -> Result<(), Failure> {
    match action {
        PolicyAction::Check { file, output } => check_command(&file, output)?,
        PolicyAction::Test { cases, policy, output } => {
            let style = render::Style::of_stdout();
            let report = policy_test::test(&cases, policy.as_deref(), format(output), style)?;
            print(&report.shown)?;
            if report.failed > 0 {
                let (failed, all) = (report.failed, report.passed + report.failed);
                return Err(Failure::running(format!("{failed} of {all} cases failed")));
            }
        }
        PolicyAction::Show { file } => _ = print(wire::policy::show(&load_policy(file.as_deref())?))?,
        PolicyAction::Hear(args) => hear_command(args)?,
        PolicyAction::Apply(args) => {
            let settings = read(&args.settings)?;
            start_logs(&settings, None)?;
            print(applied::apply::apply(&args, &settings, format(args.output))?)?;
        }
        PolicyAction::Tune(args) => tune_command(args)?,
        PolicyAction::Explain(args) => {
            print(explain::explain(&args, format(args.output), render::Style::of_stdout())?)?;
        }
    }
    Ok(())
}

fn check_command(file: &Path, output: Output) -> Result<(), Failure> {
    let checked = load_policy(Some(file));
    match (&checked, output) {
        (Ok(policy), Output::Text) => {
            let name = file.display().to_string();
            print_line(wire::policy::valid(&name, policy))?;
            wire::policy::warnings(&name, policy).iter().for_each(tell);
        }
        (Err(_), Output::Text) => {}
        (_, Output::Json) => _ = print_line(checked_json(file, &checked))?,
    }
    checked.map(drop)
}

fn checked_json(file: &Path, checked: &Result<Policy, Failure>) -> serde_json::Value {
    match checked {
        Ok(policy) => serde_json::json!({ "file": file, "valid": true, "version": policy.version,
            "rules": policy.rules.len(), "warnings": wire::policy::warnings(&file.display().to_string(), policy) }),
        Err(failure) => {
            let problems: Vec<&str> = failure.message.lines().collect();
            serde_json::json!({ "file": file, "valid": false, "problems": problems })
        }
    }
}

fn hear_command(args: cli::Hear) -> Result<(), Failure> {
    let policy = load_policy(args.policy.as_deref())?;
    let style = render::Style::of_stdout();
    let given = args.texts.into_iter().map(Ok);
    let lines = std::io::stdin().lines().zip(1..).map(|(line, number)| {
        line.map_err(|error| {
            let not_utf8 = error.kind() == std::io::ErrorKind::InvalidData;
            let what = if not_utf8 { NOT_UTF8.to_owned() } else { error.to_string() };
            Failure::running(format!("standard input:{number}: {what}"))
        })
    });
    let texts: Box<dyn Iterator<Item = _>> = if given.len() > 0 { Box::new(given) } else { Box::new(lines) };
    for text in texts {
        let heard = hear::hear(&policy, &text?, args.language.as_deref(), args.ai);
        let shown = match args.output {
            Output::Text => render::hearing::block(&heard, style),
            Output::Json => format!("{heard}\n"),
        };
        if print(shown)? == Reader::Left {
            break;
        }
    }
    Ok(())
}

fn tune_command(args: cli::Tune) -> Result<(), Failure> {
    let cli::Tune { turns, labels, outcomes, budget, policy, out, output } = args;
    start_quiet_logs()?;
    let known = labels.map_or(Known::Outcomes(outcomes), Known::Labels);
    let found = tune::tune(&tune::Inputs { turns, known, budget, policy, out }, watch_signals()?.flag())?;
    print(match output {
        Output::Text => render::tuning::page(&found, render::Style::of_stdout()),
        Output::Json => format!("{}\n", found.json()),
    })?;
    found.refusal().map_or(Ok(()), |refusal| Err(Failure::running(refusal)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_machine_gets_every_problem_of_a_policy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.toml");
        fs::write(&file, "verson = '1'\n[handof]\n").unwrap();
        let json = checked_json(&file, &load_policy(Some(&file)));
        let problems: Vec<&str> =
            json["problems"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!((json["valid"].as_bool(), problems.len()), (Some(false), 2), "{json}");
        let place = format!("{}:1: verson: unknown key", file.display());
        assert!(problems[0].starts_with(&place), "{json}");
    }

    #[test]
    fn a_policy_that_looks_like_the_built_in_one_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.toml");
        let warnings = |text: &str| {
            fs::write(&file, text).unwrap();
            checked_json(&file, &load_policy(Some(&file)))["warnings"].as_array().unwrap().clone()
        };
        let told = format!(
            "{}: version: it calls itself built-in-1 in every event, as the built-in policy does; write version = \"1\" or \
             another name of yours above the first table",
            file.display()
        );
        assert_eq!(warnings("[handoff]\n"), [told.as_str()]);
        assert_eq!(warnings("version = \"1\"\n"), [] as [&str; 0]);
    }

    #[test]
    fn a_policy_that_is_no_utf8_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.toml");
        fs::write(&file, b"version = \"1\"\n# \xfcber\n").unwrap();
        let told = load_policy(Some(&file)).unwrap_err();
        let expected = format!("{}:2: this is not UTF-8; save it as UTF-8", file.display());
        assert_eq!((told.exit_code, told.message), (2, expected));
    }
}
