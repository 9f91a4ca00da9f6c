//! `segue policy apply`: writes a policy where every instance reads it, and says what is in force then.
//!
//! 1. The policy is read as `segue policy check` reads it: what cannot be used is never written.
//! 2. The newest that was applied is read; the same once more is not written.
//! 3. Files, text, and last the record that puts it in force; then the topic is read again: of two that apply at once the later
//!    record counts.

use serde_json::json;

use super::follow::read;
use super::library::{Library, Newest};
use crate::app::policy_files::{files_of, load_policy};
use crate::app::render::screen::Format;
use crate::app::run::{Failure, names, properties};
use crate::cli;
use crate::config::Settings;
use crate::domain::policy::Policy;
use crate::engine::port::Topic;
use crate::kafka::scan::Scan;
use crate::kafka::topics::{self, Spec};
use crate::kafka::{Feed, policies};
use crate::wire;
use crate::wire::applied;

/// Whether a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Now,
    /// What is wanted was in force.
    Before,
}

/// What to print. Errors: the policy (exit code 2), the cluster, or somebody else's policy came between.
pub fn apply(args: &cli::Apply, settings: &Settings, format: Format) -> Result<String, Failure> {
    // 1
    let policy = args.file.as_deref().map(|file| load_policy(Some(file))).transpose()?;
    let properties = properties(settings)?;
    let (names, bootstrap) = (names(settings), settings.kafka.bootstrap_servers.clone());
    let spec = Spec { bootstrap, properties, names, partitions: None, replication: None };
    let plans = topics::plan(&spec)?;
    let ours = plans.iter().find(|plan| plan.topic == Topic::Policies);
    if let Some(problem) = ours.and_then(topics::problem) {
        return Err(Failure::running(problem));
    }
    let topic = spec.names.of(Topic::Policies).to_owned();
    let scan = Scan::new(&spec.bootstrap, &spec.properties, &settings.engine.application_id)?;
    // 2
    let library = read(&scan, &topic)?;
    let before = library.newest().cloned();
    if args.show {
        return shown(&library, &topic, format);
    }
    let wanted = policy.as_ref().map(wire::policy::stamp);
    let in_force = before.as_ref().and_then(|before| before.stamp.clone());
    let written = if in_force == wanted { Written::Before } else { Written::Now };
    if written == Written::Now {
        // 3
        let records = match &policy {
            Some(policy) => applied::records(policy, files_of(policy)),
            None => applied::withdrawn(),
        };
        policies::write(&Feed::new(&spec.bootstrap, &spec.properties, spec.names.clone())?, &records)?;
    }
    let after = read(&scan, &topic)?.newest().cloned();
    let stamp = after.as_ref().and_then(|after| after.stamp.clone());
    if stamp != wanted {
        let (other, wanted) = (called(after.as_ref()), wanted.as_deref().unwrap_or("none"));
        return Err(Failure::running(format!(
            "{topic}: {wanted} was written, and {other} came right after it from somewhere else; that one is in force"
        )));
    }
    Ok(match format {
        Format::Text => text(&topic, policy.as_ref(), before.as_ref(), after.as_ref(), written),
        Format::Json => {
            let revision = after.map(|after| after.revision);
            let before = before.and_then(|before| before.stamp);
            json!({ "topic": topic, "policy": wanted, "revision": revision, "before": before,
                "written": written == Written::Now })
            .to_string()
                + "\n"
        }
    })
}

fn called(newest: Option<&Newest>) -> &str {
    newest.and_then(|newest| newest.stamp.as_deref()).unwrap_or("none")
}

fn text(
    topic: &str,
    policy: Option<&Policy>,
    before: Option<&Newest>,
    after: Option<&Newest>,
    written: Written,
) -> String {
    let stamp = called(after);
    let was = match before.and_then(|before| before.stamp.as_deref()) {
        Some(before) => format!("before: {before}"),
        None => "before: the policies of the instances' own settings".to_owned(),
    };
    let at = after.map_or(String::new(), |after| format!(", revision {}", after.revision));
    match (policy, written) {
        (Some(policy), Written::Now) => {
            format!("{topic}: {} is in force as {stamp}{at} ({was})\n", policy.name)
        }
        (Some(policy), Written::Before) => {
            format!("{topic}: {} is in force as {stamp} already{at}; nothing was written\n", policy.name)
        }
        (None, Written::Now) => {
            format!("{topic}: each instance is under the policy of its own settings again{at} ({was})\n")
        }
        (None, Written::Before) => format!("{topic}: no policy is applied; nothing was written\n"),
    }
}

/// The policy that was applied last, with a line on top that says so.
fn shown(library: &Library, topic: &str, format: Format) -> Result<String, Failure> {
    let Some(Newest { stamp: Some(stamp), revision }) = library.newest() else {
        return Err(Failure::running(format!(
            "{topic}: no policy is applied; each instance is under the policy of its own settings"
        )));
    };
    let (name, text) = library.text(stamp).unwrap_or_default();
    Ok(match format {
        Format::Text => format!("# {topic}: {stamp}, revision {revision}.\n{text}"),
        Format::Json => {
            json!({ "topic": topic, "policy": stamp, "revision": revision, "name": name, "text": text })
                .to_string()
                + "\n"
        }
    })
}
