//! Policies from their files: the text, and the weights that it names.

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
    with_files(policy, |named| read_beside(file, named))
        .map_err(|problem| Failure::settings(format!("{name}: {problem}")))
}

/// A file that a policy names: its path goes from the policy's folder.
fn read_beside(policy: &Path, named: &str) -> Result<Vec<u8>, String> {
    let path = policy.parent().unwrap_or(Path::new("")).join(named);
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The policy with the contents of the files that it names; `read` knows them. Errors: key, file and what is wrong.
pub fn with_files(
    mut policy: Policy,
    read: impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Policy, String> {
    let mut learned = policy.lexicon.learned().clone();
    for model in Model::ALL {
        if let Some(named) = policy.triggers.weights_file(model) {
            let key = wire::policy::weights_key(model);
            let file = read(named).map_err(|error| format!("{key}: {error}"))?;
            let weights = wire::weights::parse(model, file.into())
                .map_err(|error| format!("{key}: {named}: {error}"))?;
            learned = learned.with(model, weights);
        }
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
