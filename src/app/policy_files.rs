//! Policies from their files: the text, and the weights that it names.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::run::Failure;
use crate::config::Settings;
use crate::domain::limits::SHADOW_POLICIES;
use crate::domain::policy::Policy;
use crate::domain::text::Model;
use crate::engine::policies::InForce;
use crate::wire;

/// The policy in force: the file's, or the built-in one. Errors name the file, line and key.
pub fn load_policy(file: Option<&Path>) -> Result<Policy, Failure> {
    let Some(file) = file else { return Ok(wire::policy::built_in()) };
    let name = file.display().to_string();
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::settings(format!("{name}: the policy file cannot be read: {error}")))?;
    let text = wire::document::text(&name, bytes).map_err(Failure::settings)?;
    let policy = wire::policy::load(&name, &text).map_err(Failure::settings)?;
    with_files(policy, |named| read_beside(file, named)).map_err(|problems| {
        let told = problems.iter().map(|problem| format!("{name}{}: {problem}", line_of(&text, problem)));
        Failure::settings(told.collect::<Vec<_>>().join("\n"))
    })
}

/// Where a text names the file of a problem: `:7`; nothing where the line is not found.
fn line_of(text: &str, problem: &Unfit) -> String {
    let key = problem.key.rsplit('.').next().unwrap_or_default();
    let names_it = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or_default();
        name.trim().rsplit('.').next() == Some(key) && value.contains(&problem.named)
    };
    text.lines().position(names_it).map_or(String::new(), |at| format!(":{}", at + 1))
}

/// A file that a policy names and cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    pub key: &'static str,
    pub named: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unfit { key, what, .. } = self;
        write!(f, "{key}: {what}")
    }
}

/// A file that a policy names: its path goes from the policy's folder.
fn read_beside(policy: &Path, named: &str) -> Result<Vec<u8>, String> {
    let path = policy.parent().unwrap_or(Path::new("")).join(named);
    let told = |error| format!("{}: {error}; a path goes from the policy's folder", path.display());
    std::fs::read(&path).map_err(told)
}

/// What is wrong with a weight file, with what to do.
fn made_again(error: &str) -> String {
    if error.contains("segue learn") {
        error.to_owned()
    } else {
        format!("{error}: make it again with `segue learn`")
    }
}

/// The policy with the contents of the files that it names; `read` knows them. Errors: all files that cannot be used.
pub fn with_files(
    mut policy: Policy,
    read: impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Policy, Vec<Unfit>> {
    let (mut learned, mut unfit) = (policy.lexicon.learned().clone(), Vec::new());
    for model in Model::ALL {
        let Some(named) = policy.triggers.weights_file(model) else { continue };
        let parsed = |file: Vec<u8>| {
            wire::weights::parse(model, file.into())
                .map_err(|error| format!("{named}: {}", made_again(&error)))
        };
        match read(named).and_then(parsed) {
            Ok(weights) => learned = learned.with(model, weights),
            Err(what) => {
                unfit.push(Unfit { key: wire::policy::weights_key(model), named: named.clone(), what })
            }
        }
    }
    if !unfit.is_empty() {
        return Err(unfit);
    }
    if learned != *policy.lexicon.learned() {
        policy.lexicon = Arc::new(policy.lexicon.with_learned(learned));
    }
    Ok(policy)
}

/// The files that a policy names, as they are read back by [`with_files`]: name and content.
pub fn files_of(policy: &Policy) -> Vec<(String, Vec<u8>)> {
    let file = |model| {
        let named = policy.triggers.weights_file(model)?.clone();
        Some((named, wire::weights::write(model, policy.lexicon.learned().of(model))))
    };
    Model::ALL.into_iter().filter_map(file).collect()
}

/// A policy as it is in force under these settings: `engine.forget_after` stands above its own.
pub fn under(settings: &Settings, mut policy: Policy) -> Policy {
    if let Some(forget_after_ms) = settings.engine.forget_after_ms {
        policy.lifecycle.forget_after_ms = forget_after_ms;
    }
    policy
}

/// The policies that watch, in the order of their files. Errors: every problem of every file; two that events could not
/// tell apart.
pub fn load_shadows<P: AsRef<Path>>(files: &[P]) -> Result<Vec<Policy>, Failure> {
    if files.len() > SHADOW_POLICIES {
        let message =
            format!("{} shadow policies are named; at most {SHADOW_POLICIES} watch at a time", files.len());
        return Err(Failure::settings(message));
    }
    let (mut policies, mut problems): (Vec<Policy>, Vec<String>) = (Vec::new(), Vec::new());
    for file in files {
        match load_policy(Some(file.as_ref())) {
            Ok(policy) if policies.iter().any(|other| other.label() == policy.label()) => {
                problems.push(format!(
                    "{}: another shadow policy is {} too; give each its own file name or version",
                    file.as_ref().display(),
                    policy.label()
                ))
            }
            Ok(policy) => policies.push(policy),
            Err(failure) => problems.push(failure.message),
        }
    }
    if problems.is_empty() { Ok(policies) } else { Err(Failure::settings(problems.join("\n"))) }
}

/// A policy as the process' own: by its file's stamp, under these settings.
pub fn own(settings: &Settings, policy: Policy) -> InForce {
    let stamp = wire::policy::stamp(&policy);
    InForce { policy: Arc::new(under(settings, policy)), stamp, revision: 0 }
}
