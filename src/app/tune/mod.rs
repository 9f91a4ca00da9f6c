//! `segue policy tune`: bounds under a budget of hand-offs, chosen on history that is labelled.
//!
//! 1. the turns go through the engine once ([`watch`])
//! 2. labels say which conversations needed a person, by hand or from outcomes ([`labels`])
//! 3. every setting is weighed and the best within the budget is taken ([`choice`])
//! 4. numbers of triggers ([`keys`]) are tried one after the other ([`search`]), each on the whole history ([`history`]); what is
//!    found is checked on parts that it did not see
//! 5. the tuned policy is replayed by the engine, and what it decides is counted once more

pub mod choice;
pub mod history;
pub mod keys;
pub mod labels;
pub mod search;
#[cfg(test)]
mod tests;
pub mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::policy_files::load_policy;
use super::render::percent;
use super::replay_files::is_standard;
use super::run::Failure;
use crate::domain::combination::{COMBINED, NEVER};
use crate::domain::decision::Decision;
use crate::domain::policy::Policy;
use crate::domain::text::Model;
use crate::wire;
use choice::{Case, Row, Setting};
use history::History;
use keys::{KEYS, Values};
use search::{Change, Found, Search, Unseen};
use watch::Watched;

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
    /// What to expect of conversations that it was not chosen on, with and without searching numbers.
    pub unseen: Unseen,
    /// Numbers of triggers that are changed, with what each gained.
    pub changes: Vec<Change>,
    /// Times that the history was replayed to try numbers.
    pub replays: usize,
    /// Conversations that the tuned policy decides in a replay.
    pub replayed: usize,
    /// What changes, to be put into a policy file.
    pub toml: String,
}

/// Tunes, and writes the policy if asked to. Errors with exit code 2: files, labels or the policy are wrong; with 1: the
/// engine stopped or was told to, or the policy cannot be written.
pub fn tune(inputs: &Inputs, stop: Arc<AtomicBool>) -> Result<Tuned, Failure> {
    if let Some(file) = inputs.turns.iter().find(|file| is_standard(file)) {
        let name = file.display();
        return Err(Failure::settings(format!(
            "--turns {name}: turns are replayed many times; write them to a file first"
        )));
    }
    let policy = load_policy(inputs.policy.as_deref())?;
    let (own, combination) = (Setting::of(&policy), policy.combination.clone());
    let watched = watch::watch(&inputs.turns, policy.clone(), &combination, stop.clone());
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::stopped());
    }
    let watched = watched.map_err(Failure::settings)?;
    let labels = match &inputs.known {
        Known::Labels(file) => labels::read(file, &watched),
        Known::Outcomes(files) => labels::derive(files, &watched),
    };
    let labels = labels.map_err(Failure::settings)?;
    let history = History::read(&inputs.turns, &watched).map_err(Failure::settings)?;
    let search = Search {
        history: &history,
        watched: &watched,
        labels: &labels,
        policy: &policy,
        budget: inputs.budget,
    };
    let found = search.run(&stop)?;
    let each = watched.conversations.iter().zip(&labels);
    let as_given: Vec<Case> = each.map(|(track, label)| Case::of(track, *label, &policy)).collect();
    let alone = found.as_ref().map_or(own.alone, |found| found.setting.alone);
    let shown = found.as_ref().map_or(&as_given, |found| &*found.cases);
    let curve = choice::bounds(&own, &policy).into_iter().map(|bound| Setting { bound, alone, ..own });
    Ok(Tuned {
        policy: (policy.name.clone(), policy.version.clone()),
        budget: inputs.budget,
        as_given: Row::of(as_given.iter(), &own),
        above: Row::of(as_given.iter(), &Setting { bound: NEVER, alone: [false; COMBINED.len()], ..own }),
        curve: curve.map(|setting| Row::of(shown.iter(), &setting)).collect(),
        chosen: found.map(|found| chosen(inputs, &policy, &watched, found, stop)).transpose()?,
    })
}

/// Writes the policy that was found, and replays it.
fn chosen(
    inputs: &Inputs,
    policy: &Policy,
    watched: &Watched,
    found: Found,
    stop: Arc<AtomicBool>,
) -> Result<Chosen, Failure> {
    let tuned = tuned(inputs, policy, &found)?;
    if let Some(out) = &inputs.out {
        write(out, &tuned)?;
    }
    Ok(Chosen {
        row: Row::of(found.cases.iter(), &found.setting),
        toml: changes(policy, &tuned),
        unseen: found.unseen,
        changes: found.changes,
        replays: found.replays,
        replayed: watch::decided(&inputs.turns, tuned, watched, stop).map_err(Failure::running)?,
    })
}

/// The policy as it was found, under a version of its own, wherever its file is put.
fn tuned(inputs: &Inputs, policy: &Policy, found: &Found) -> Result<Policy, Failure> {
    let mut policy = policy.clone();
    found.setting.put(&mut policy);
    found.values.put(&mut policy);
    policy.version.truncate(policy.version.floor_char_boundary(VERSION_BYTES));
    policy.version.push_str("-tuned");
    let folder = inputs.policy.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    for model in Model::ALL {
        let key = wire::policy::weights_key(model);
        if let Some(weights) = policy.triggers.weights_file_mut(model) {
            let path = std::path::absolute(folder.join(&*weights))
                .map_err(|error| Failure::settings(format!("{key}: {weights}: {error}")))?;
            *weights = path.display().to_string();
        }
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

/// The keys that differ.
fn changes(policy: &Policy, tuned: &Policy) -> String {
    let mut toml = String::new();
    let (before, after) = (Setting::of(policy), Setting::of(tuned));
    if before.bound != after.bound {
        let combination = &tuned.combination;
        toml.push_str(&format!(
            "[combination]\noffer = {:?}\nhand_off = {:?}\n",
            combination.offer, combination.hand_off
        ));
    }
    let numbers = Values::of(policy).0.into_iter().zip(Values::of(tuned).0);
    let numbers: Vec<_> = KEYS.iter().zip(numbers).filter(|(_, (before, after))| before != after).collect();
    for (place, reason) in COMBINED.into_iter().enumerate() {
        let goes = before.alone[place] && !after.alone[place];
        let mut lines: Vec<String> =
            goes.then(|| format!("decision = \"{}\"", Decision::Observe.name())).into_iter().collect();
        let its = numbers.iter().filter(|(key, _)| key.reason == reason);
        lines.extend(its.map(|(key, (_, after))| key.toml(*after)));
        if !lines.is_empty() {
            toml.push_str(&format!("[triggers.{}]\n{}\n", reason.name(), lines.join("\n")));
        }
    }
    toml
}

impl Chosen {
    /// What to expect of conversations that it was not chosen on: as it was made, each part by what was best on the others.
    pub fn held_out(&self) -> Option<&Row> {
        let Unseen { as_is, searched } = &self.unseen;
        if self.changes.is_empty() { as_is.as_ref() } else { searched.as_ref() }
    }
}

impl Tuned {
    /// Why nothing was chosen.
    pub fn refusal(&self) -> Option<String> {
        self.chosen.is_none().then(|| {
            format!(
                "no setting keeps within the budget of {}: what customers, the AI and rules ask for, and waiting without an \
                 answer, decide {:.1} % by themselves",
                percent(self.budget),
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
                "row": row(&chosen.row), "held_out": chosen.held_out().map(row),
                "held_out_numbers": {
                    "as_is": chosen.unseen.as_is.as_ref().map(row),
                    "searched": chosen.unseen.searched.as_ref().map(row),
                },
                "numbers": chosen.changes.iter().map(change).collect::<Vec<_>>(), "replays": chosen.replays,
                "replayed": chosen.replayed, "toml": chosen.toml,
            })),
        })
    }
}

fn change(change: &Change) -> Value {
    let (key, gain) = (KEYS[change.key].dotted(), change.gain());
    json!({
        "key": key, "from": change.from, "to": change.to, "caught": gain.caught, "false_alarms": gain.false_alarms,
        "decided": gain.decided,
    })
}

fn row(row: &Row) -> Value {
    json!({
        "bound": row.bound, "conversations": row.conversations, "decided": row.decided, "share": row.share(),
        "needed": row.needed, "caught": row.caught, "missed": row.missed(), "unneeded": row.unneeded,
        "false_alarms": row.false_alarms, "lead_turns": row.lead,
    })
}
