//! Whether a policy was applied, and whether it is the one that the settings name.

use std::path::Path;

use super::{Bench, Finding};
use crate::app::applied::{Newest, read};
use crate::app::policy_files::load_policy;
use crate::engine::port::Topic;
use crate::kafka::scan::Scan;
use crate::kafka::topics::State;
use crate::wire;

const CHECK: &str = "applied policy";

/// Nothing where the topic is missing (that is told elsewhere) or nobody ever applied one.
pub(super) fn applied(bench: &Bench) -> Vec<Finding> {
    let is_there = |seen: &super::Seen| {
        seen.plans.iter().any(|plan| plan.topic == Topic::Policies && plan.state == State::Exists)
    };
    if !bench.seen.as_ref().is_some_and(is_there) {
        return Vec::new();
    }
    let (spec, app) = (&bench.spec, &bench.settings.engine.application_id);
    let scan = match Scan::new(&spec.bootstrap, &spec.properties, app) {
        Ok(scan) => scan,
        Err(error) => return vec![Finding::unknown(CHECK, &error.to_string())],
    };
    let library = match read(&scan, spec.names.of(Topic::Policies)) {
        Ok(library) => library,
        Err(error) => return vec![Finding::unknown(CHECK, &error.to_string())],
    };
    let mut findings: Vec<Finding> = library
        .refused()
        .iter()
        .map(|refused| {
            let remedy = "the policy before it stays in force; apply one with `segue policy apply`";
            Finding::problem(CHECK, refused, remedy)
        })
        .collect();
    let file = bench.settings.policy.file.as_deref().map(Path::new);
    let own = load_policy(file).map(|policy| wire::policy::stamp(&policy)).ok();
    match library.newest() {
        None | Some(Newest { stamp: None, .. }) => {}
        Some(Newest { stamp: Some(stamp), .. }) if Some(stamp) == own.as_ref() => {
            findings.push(Finding::ok(CHECK, &format!("{stamp}, which is that of the settings")));
        }
        Some(Newest { stamp: Some(stamp), .. }) => {
            let found = format!("{stamp} is in force, and the policy of the settings is not");
            let remedy = "`segue policy apply --show` prints it; --withdraw takes it back";
            findings.push(Finding::warning(CHECK, &found, remedy));
        }
    }
    findings
}
