//! `segue policy test`: conversations written by hand, played through a policy, beside what was expected of them.
//!
//! [`format`](mod@format) reads a file of cases, [`play`] plays one through the domain's own step, [`verdict`] says what
//! differs.
//! Invariant: no clock, no log and no network; the same cases and policy give the same verdicts.

pub mod format;
mod native;
pub mod play;
#[cfg(test)]
mod tests;
pub mod verdict;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::policy_files::load_policy;
use super::render::screen::Format;
use super::render::{Style, cases};
use super::run::Failure;
use crate::domain::combination::{Combination, NEVER};
use crate::domain::decision::Signal;
use crate::domain::policy::Policy;
use crate::domain::rule::Variable;
use crate::wire;
use format::{CONVERSATION, Case, Cases, Expected};
use play::{Decided, Played, Seen};

/// How the cases went.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For standard output.
    pub shown: String,
    pub passed: usize,
    pub failed: usize,
}

/// Plays every case of the files, through `policy` where it is given, else through the one that the file names, else
/// through the built-in one. Errors (exit code 2): every problem of every file, and of the policies.
pub fn test(
    files: &[PathBuf],
    policy: Option<&Path>,
    format: Format,
    style: Style,
) -> Result<Report, Failure> {
    let mut report = Report { shown: String::new(), passed: 0, failed: 0 };
    for (file, policy) in read(files, policy)? {
        if format == Format::Text {
            report.shown.push_str(&cases::head(&file.file, &policy.name, &policy.version, style));
        }
        for case in &file.cases {
            let verdict = verdict(case, &policy);
            if verdict["passed"] == true {
                report.passed += 1
            } else {
                report.failed += 1
            }
            match format {
                Format::Text => report.shown.push_str(&cases::block(&verdict, style)),
                Format::Json => report.shown.push_str(&format!("{verdict}\n")),
            }
        }
    }
    let (passed, failed) = (report.passed, report.failed);
    report.shown.push_str(&match format {
        Format::Text => cases::foot(passed, failed, style),
        Format::Json => {
            format!("{}\n", json!({ "cases": passed + failed, "passed": passed, "failed": failed }))
        }
    });
    Ok(report)
}

/// Everything is read before anything is played.
fn read(files: &[PathBuf], policy: Option<&Path>) -> Result<Vec<(Cases, Policy)>, Failure> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for file in files {
        match read_one(file, policy) {
            Ok(read) => all.push(read),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(Failure::settings(problems.join("\n"))) }
}

fn read_one(file: &Path, policy: Option<&Path>) -> Result<(Cases, Policy), String> {
    let name = file.display().to_string();
    let bytes =
        std::fs::read(file).map_err(|error| format!("{name}: the file of cases cannot be read: {error}"))?;
    let cases = format::read(&name, &wire::document::text(&name, bytes)?)?;
    let policy = match (policy, &cases.policy) {
        (None, Some((beside, place))) => {
            let beside = file.with_file_name(beside);
            load_policy(Some(&beside)).map_err(|failure| format!("{place}: policy: {}", failure.message))?
        }
        (given, _) => load_policy(given).map_err(|failure| failure.message)?,
    };
    Ok((cases, policy))
}

/// A case and how it went, as `--output json` has it.
fn verdict(case: &Case, policy: &Policy) -> Value {
    let played = play::play(case, policy);
    let differences = verdict::differences(case, &played, policy);
    let Played { turns, decided, events, refused: _ } = played;
    json!({
        "case": case.name, "file": case.place.source, "line": case.place.line,
        "policy": policy.name, "policy_version": policy.version,
        "passed": differences.is_empty(), "differences": differences,
        "expected": case.expected.as_ref().map(|all| all.iter().map(expected).collect::<Vec<_>>()),
        "came": decided.iter().map(came).collect::<Vec<_>>(),
        "events": events,
        "turns": turns.iter().map(|turn| seen(turn, &policy.combination)).collect::<Vec<_>>(),
    })
}

fn expected(one: &Expected) -> Value {
    json!({
        "decision": one.decision.name(), "turn": one.turn, "after_ms": one.after_ms,
        "reason": one.reason.map(|reason| reason.name()), "rule": one.rule, "queue": one.queue, "priority": one.priority,
        "skills": one.skills, "facts": one.facts,
    })
}

fn came(one: &Decided) -> Value {
    let event = &one.event;
    json!({
        "decision": one.decision.name(), "turn": one.turn, "after_ms": one.after_ms,
        "reason": event.reasons.first().map(|signal| signal.reason.name()), "reasons": signals(&event.reasons),
        "combined_strength": event.combined.as_ref().map(|combined| combined.strength),
        "combined_threshold": event.combined.as_ref().map(|combined| combined.threshold),
        "queue": event.queue, "priority": event.priority, "skills": event.skills,
    })
}

fn seen(turn: &Seen, combination: &Combination) -> Value {
    let lowest = Some(combination.offer.min(combination.hand_off)).filter(|bound| *bound < NEVER);
    let met = turn.combined.and_then(|strength| combination.decision(strength));
    json!({
        "combined_strength": turn.combined, "combined_threshold": met.map(|(_, bound)| bound).or(lowest),
        "combined_decision": met.map(|(decision, _)| decision.name()),
        "turn": turn.turn, "role": turn.role, "words": turn.words,
        "signals": signals(&turn.signals), "rules_without_value": turn.without_value,
        "unread": turn.unread.iter().map(unread).collect::<Vec<_>>(),
    })
}

fn unread((rule, variable): &(String, Variable)) -> Value {
    json!({ "rule": rule, "variable": variable.name, "value": variable.value, "is_no": variable.is_no })
}

/// As a line of `segue replay --signals` has them.
fn signals(signals: &[Signal]) -> Value {
    let mut line = Vec::new();
    wire::handoff::encode_signals(CONVERSATION, "", signals, None, &mut line);
    let mut line: Value = serde_json::from_slice(&line).unwrap_or_default();
    line["signals"].take()
}
