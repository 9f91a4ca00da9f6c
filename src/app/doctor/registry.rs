//! The schema registry, where one is set: whether it answers, and how the subjects stand that this instance needs.

use super::{Bench, Finding};
use crate::app::schemas::{self, Row};
use crate::registry::subjects::State;

pub(super) fn registry(bench: &Bench) -> Vec<Finding> {
    let settings = &bench.settings;
    let Some(url) = &settings.registry.url else { return Vec::new() };
    match schemas::needed(settings) {
        Ok(rows) => rows.iter().map(|row| subject(row, settings.registry.auto_register)).collect(),
        Err(failure) => {
            let remedy =
                "check registry.url, its login and its certificate; `segue schemas check` asks it again";
            vec![Finding::problem(&format!("registry {url}"), &failure.message, remedy)]
        }
    }
}

fn subject(row: &Row, registers_itself: bool) -> Finding {
    let name = format!("subject {}", row.subject.name);
    match (&row.state, &row.problem) {
        (State::Missing | State::Behind { .. }, Some(_)) if registers_itself => {
            Finding::ok(&name, "will be registered at the start")
        }
        (State::Missing | State::Behind { .. }, Some(problem)) => {
            Finding::problem(&name, problem, "segue schemas register")
        }
        (_, Some(problem)) => Finding::problem(&name, problem, "see the message"),
        (State::Registered { version, .. }, None) => {
            Finding::ok(&name, &format!("registered, version {version}"))
        }
        (State::Missing | State::Behind { .. } | State::Wrong { .. }, None) => {
            Finding::ok(&name, "not registered; only its writers need it")
        }
    }
}
