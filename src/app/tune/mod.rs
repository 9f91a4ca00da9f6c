//! `segue policy tune`: bounds under a budget of hand-offs, chosen on history that is labelled.
//!
//! 1. the turns go through the engine once ([`watch`])
//! 2. labels say which conversations needed a person, by hand or from outcomes ([`labels`])
//! 3. every setting is weighed and the best within the budget is taken ([`choice`]), also on parts that it did not see
//! 4. the tuned policy is replayed, and what it decides is counted once more

pub mod choice;
pub mod labels;
#[cfg(test)]
mod tests;
pub mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::policy_files::load_policy;
use super::replay_files::is_standard;
use super::run::Failure;
use crate::domain::combination::{COMBINED, NEVER};
use crate::domain::decision::Decision;
use crate::domain::policy::Policy;
use crate::wire;
use choice::{Case, Row, Setting};

/// What to tune, and on what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    pub turns: Vec<PathBuf>,
    pub known: Known,
    /// Share of conversations, 0..1, that may get an offer or a hand-off.
    pub budget: f64,
    pub policy: Option<PathBuf>,
    /// The tuned policy, whole.
    pub out: Option<PathBuf>,
}

/// Where it is known from who needed a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    Labels(PathBuf),
    Outcomes(Vec<PathBuf>),
}

impl Default for Known {
    fn default() -> Known {
        Known::Outcomes(Vec::new())
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// Name and version of the policy.
    pub policy: (String, String),
    pub budget: f64,
    pub as_given: Row,
    /// What stands above the combination decides alone; no setting decides less.
    pub above: Row,
    /// With the reasons of the chosen setting, every bound; where nothing was chosen, with those of the policy.
    pub curve: Vec<Row>,
    pub chosen: Option<Chosen>,
}

/// The setting within the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    pub row: Row,
    pub held_out: Option<Row>,
    /// Conversations that the tuned policy decides in a replay.
    pub replayed: usize,
    /// What changes, to be put into a policy file.
    pub toml: String,
}

/// Tunes, and writes the policy if asked to. Errors with exit code 2: files, labels or the policy are wrong; with 1: the
/// engine stopped, or the policy cannot be written.
pub fn tune(inputs: &Inputs, stop: Arc<AtomicBool>) -> Result<Tuned, Failure> {
    if let Some(file) = inputs.turns.iter().find(|file| is_standard(file)) {
        let name = file.display();
        return Err(Failure::settings(format!(
            "--turns {name}: turns are replayed twice; write them to a file first"
        )));
    }
    let policy = load_policy(inputs.policy.as_deref())?;
    let (own, combination) = (Setting::of(&policy), policy.combination.clone());
    let bounds = choice::bounds(&own, &policy);
    let named = (policy.name.clone(), policy.version.clone());
    let watched =
        watch::watch(&inputs.turns, policy, &combination, stop.clone()).map_err(Failure::settings)?;
    let labels = match &inputs.known {
        Known::Labels(file) => labels::read(file, &watched),
        Known::Outcomes(files) => labels::derive(files, &watched),
    };
    let labels = labels.map_err(Failure::settings)?;
    let each = watched.conversations.iter().zip(&labels);
    let cases: Vec<Case> = each.map(|(track, label)| Case::of(track, *label, &combination)).collect();
    let row = |setting: &Setting| Row::of(cases.iter(), setting);
    let choice = choice::choose(&cases, &own, &bounds, inputs.budget);
    let alone = choice.as_ref().map_or(own.alone, |choice| choice.setting.alone);
    let chosen = match choice {
        Some(choice) => {
            let tuned = tuned(inputs, &choice.setting)?;
            if let Some(out) = &inputs.out {
                write(out, &tuned)?;
            }
            Some(Chosen {
                row: row(&choice.setting),
                held_out: choice.held_out,
                toml: changes(&own, &choice.setting, &tuned),
                replayed: watch::decided(&inputs.turns, tuned, &watched, stop).map_err(Failure::running)?,
            })
        }
        None => None,
    };
    Ok(Tuned {
        policy: named,
        budget: inputs.budget,
        as_given: row(&own),
        above: row(&Setting { bound: NEVER, alone: [false; COMBINED.len()] }),
        curve: bounds.into_iter().map(|bound| row(&Setting { bound, alone })).collect(),
        chosen,
    })
}

/// The policy with a setting, under a version of its own, wherever its file is put.
fn tuned(inputs: &Inputs, setting: &Setting) -> Result<Policy, Failure> {
    let mut policy = load_policy(inputs.policy.as_deref())?;
    setting.put(&mut policy);
    policy.version.truncate(VERSION_BYTES);
    policy.version.push_str("-tuned");
    let folder = inputs.policy.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    if let Some(weights) = &mut policy.triggers.frustration.weights_file {
        let path = std::path::absolute(folder.join(&*weights)).map_err(|error| {
            Failure::settings(format!("triggers.frustration.weights_file: {weights}: {error}"))
        })?;
        *weights = path.display().to_string();
    }
    Ok(policy)
}

/// Of the version that is kept: a version has 64 bytes at most.
const VERSION_BYTES: usize = 56;

fn write(out: &Path, policy: &Policy) -> Result<(), Failure> {
    let name = out.display();
    std::fs::write(out, wire::policy::show(policy))
        .map_err(|error| Failure::running(format!("{name}: {error}")))
}

/// The keys that a setting changes.
fn changes(own: &Setting, chosen: &Setting, tuned: &Policy) -> String {
    let mut toml = String::new();
    if own.bound != chosen.bound {
        let combination = &tuned.combination;
        toml.push_str(&format!(
            "[combination]\noffer = {:?}\nhand_off = {:?}\n",
            combination.offer, combination.hand_off
        ));
    }
    for (reason, (before, after)) in COMBINED.iter().zip(own.alone.iter().zip(chosen.alone)) {
        if *before && !after {
            let decision = Decision::Observe.name();
            toml.push_str(&format!("[triggers.{}]\ndecision = \"{decision}\"\n", reason.name()));
        }
    }
    toml
}

impl Tuned {
    /// Why nothing was chosen.
    pub fn refusal(&self) -> Option<String> {
        self.chosen.is_none().then(|| {
            format!(
                "no setting keeps within the budget of {:.1} %: what customers, the AI and rules ask for, and waiting without an \
                 answer, decide {:.1} % by themselves",
                100.0 * self.budget,
                100.0 * self.above.share()
            )
        })
    }

    /// For a machine.
    pub fn json(&self) -> Value {
        json!({
            "policy": self.policy.0, "policy_version": self.policy.1, "budget": self.budget,
            "as_given": row(&self.as_given), "above": row(&self.above),
            "curve": self.curve.iter().map(row).collect::<Vec<_>>(),
            "chosen": self.chosen.as_ref().map(|chosen| json!({
                "row": row(&chosen.row), "held_out": chosen.held_out.as_ref().map(row),
                "replayed": chosen.replayed, "toml": chosen.toml,
            })),
        })
    }
}

fn row(row: &Row) -> Value {
    json!({
        "bound": row.bound, "conversations": row.conversations, "decided": row.decided, "share": row.share(),
        "needed": row.needed, "caught": row.caught, "missed": row.missed(), "unneeded": row.unneeded,
        "false_alarms": row.false_alarms, "lead_turns": row.lead,
    })
}
