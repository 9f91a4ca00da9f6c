//! `segue learn combination`: the weights of the combination, from conversations of which is known whether they needed a
//! person.
//!
//! Logistic regression over the peaks that each conversation reached (up to the turn from which a person was right), those
//! left out in which a request, a rule or safety decided: there the combination is not asked. No weight under 0, so that the
//! strength never falls within an episode. A function of its input alone: the same files give the same bytes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fit::{auroc, can_be_checked, unchecked};
use crate::app::run::Failure;
use crate::app::tune::labels::{self, Label};
use crate::app::tune::watch::{Track, watch};
use crate::domain::combination::{COMBINED, Combination};
use crate::domain::policy::Policy;

/// What to learn from, and where to write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    pub turns: Vec<PathBuf>,
    pub labels: PathBuf,
    pub out: PathBuf,
    /// Parts of the check; 0: no check.
    pub check: u64,
}

/// A conversation as it is learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Example {
    peaks: [f64; COMBINED.len()],
    needed: bool,
    group: u64,
}

/// Sweeps over all weights. Each is a Newton step in one weight; two hundred are far more than it takes.
const SWEEPS: usize = 200;
/// What draws a weight towards 0: as much as one conversation does.
const RIDGE: f64 = 1.0;

/// Bins of a reliability table.
pub const BINS: usize = 10;

/// How far the strengths can be trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    pub conversations: usize,
    pub needed: usize,
    /// Left out: what stands above the combination decided.
    pub decided_above: usize,
    pub combination: Combination,
    /// Parts of the check; 0: none was asked for.
    pub parts: u64,
    /// AUROC over all parts of the check; `None` without one, and where the conversations are too few for it.
    pub checked: Option<f64>,
    pub own: f64,
    /// Of strengths from 0.0, 0.1, ...: conversations, and those that needed a person. Unseen ones, where there was a check.
    pub reliability: [(usize, usize); BINS],
}

/// An AUROC under which strengths hardly tell who needed a person. (Drawn by lot it is 0.5.)
const AUROC_POOR: f64 = 0.6;
/// Conversations of each kind under which weights are left to chance.
const CONVERSATIONS_LEAST: usize = 20;

impl Learned {
    /// What casts doubt on it, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let unneeded = self.conversations - self.needed;
        if self.needed.min(unneeded) < CONVERSATIONS_LEAST {
            warnings.push(format!(
                "few conversations: {} needed a person, {unneeded} did not; under {CONVERSATIONS_LEAST} of each the weights are \
                 left to chance; label more",
                self.needed
            ));
        }
        if self.parts > 0 && self.checked.is_none() {
            warnings.push(unchecked(self.parts));
        }
        let auroc = self.checked.unwrap_or(self.own);
        if self.combination.weights == [0.0; COMBINED.len()] {
            warnings.push(
                "all weights are 0: no signal tells who needed a person, and every conversation gets the same strength; do not use it"
                    .to_owned(),
            );
        } else if auroc < AUROC_POOR {
            warnings.push(format!(
                "the AUROC is {auroc:.2}, and 0.5 is chance: these strengths hardly tell who needed a person"
            ));
        }
        warnings
    }

    /// For a person.
    pub fn text(&self, inputs: &Inputs) -> String {
        let Learned { conversations, needed, decided_above, .. } = self;
        let mut out = format!(
            "{}: from {conversations} conversations, {needed} of which needed a person; {decided_above} more were decided above it\n",
            inputs.out.display()
        );
        for (reason, weight) in COMBINED.iter().zip(self.combination.weights) {
            out.push_str(&format!("  {:<22}{weight:>6.2}\n", reason.name()));
        }
        out.push_str(&format!("  {:<22}{:>6.2}\n", "intercept", self.combination.intercept));
        let seen = match self.checked {
            Some(auroc) => {
                out.push_str(&format!(
                    "AUROC on conversations it had not seen ({} parts): {auroc:.4}\n",
                    inputs.check
                ));
                "conversations it had not seen"
            }
            None => "the conversations it was made from",
        };
        out.push_str(&format!("AUROC on the conversations it was made from: {:.4}\n", self.own));
        out.push_str(&format!("strength on {seen}, and the share that needed a person\n"));
        for (bin, (all, needed)) in self.reliability.iter().enumerate().filter(|(_, (all, _))| *all > 0) {
            let from = bin as f64 / BINS as f64;
            let share = *needed as f64 / *all as f64;
            out.push_str(&format!("  {from:.1} to {:.1}{all:>8}   {share:.2}\n", from + 0.1));
        }
        out
    }

    /// For a machine.
    pub fn json(&self) -> serde_json::Value {
        let weights: serde_json::Map<String, serde_json::Value> = COMBINED
            .iter()
            .zip(self.combination.weights)
            .map(|(it, weight)| (it.name().to_owned(), weight.into()))
            .collect();
        let reliability: Vec<serde_json::Value> = (self.reliability.iter().enumerate())
            .map(|(bin, (all, needed))| {
                serde_json::json!({ "from": bin as f64 / BINS as f64, "conversations": all, "needed": needed })
            })
            .collect();
        serde_json::json!({ "conversations": self.conversations, "needed": self.needed,
            "decided_above": self.decided_above, "intercept": self.combination.intercept, "weights": weights,
            "auroc_unseen": self.checked, "auroc_own": self.own, "reliability": reliability,
            "warnings": self.warnings() })
    }

    /// A policy file with the combination alone.
    fn file(&self) -> String {
        let Combination { offer, hand_off, intercept, weights, .. } = &self.combination;
        let mut out = format!(
            "# Weights of `segue learn combination`, from {} conversations, {} of which needed a person.\n\
             [combination]\nenabled = true\noffer = {offer:?}\nhand_off = {hand_off:?}\nintercept = {intercept:?}\n\n[combination.weights]\n",
            self.conversations, self.needed
        );
        for (reason, weight) in COMBINED.iter().zip(weights) {
            out.push_str(&format!("{} = {weight:?}\n", reason.name()));
        }
        out
    }
}

/// Watches the turns under `policy`, fits, checks and writes. Errors name the file and the line.
pub fn learn(inputs: &Inputs, policy: Policy, stop: Arc<AtomicBool>) -> Result<Learned, Failure> {
    let bounds = policy.combination.clone();
    // Every reason is heard, whatever it weighs so far.
    let all = Combination { weights: [1.0; COMBINED.len()], ..Combination::off() };
    let watched = watch(&inputs.turns, policy, &all, stop.clone());
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::stopped());
    }
    let watched = watched.map_err(Failure::settings)?;
    let labels = labels::read(&inputs.labels, &watched).map_err(Failure::settings)?;
    let labelled =
        || watched.conversations.iter().zip(&labels).filter_map(|(track, label)| Some((track, (*label)?)));
    let examples: Vec<Example> = labelled()
        .filter(|(track, _)| track.above.is_none())
        .map(|(track, label)| example(track, label))
        .collect();
    let truths: Vec<bool> = examples.iter().map(|example| example.needed).collect();
    let (intercept, weights) = fit(&examples);
    let combination =
        Combination { enabled: true, intercept: rounded(intercept), weights: weights.map(rounded), ..bounds };
    let own: Vec<f64> = examples.iter().map(|example| combination.strength(example.peaks)).collect();
    let auroc_own = auroc(&own, &truths).ok_or_else(|| {
        Failure::settings(format!(
            "{}: too few labels are left where nothing above the combination decides",
            inputs.labels.display()
        ))
    })?;
    let unseen = if inputs.check > 0 { checked(&examples, inputs.check) } else { None };
    let learned = Learned {
        conversations: examples.len(),
        needed: truths.iter().filter(|needed| **needed).count(),
        decided_above: labelled().count() - examples.len(),
        combination,
        parts: inputs.check,
        checked: unseen.as_ref().and_then(|strengths| auroc(strengths, &truths)),
        own: auroc_own,
        reliability: reliability(unseen.as_ref().unwrap_or(&own), &truths),
    };
    let name = inputs.out.display();
    std::fs::write(&inputs.out, learned.file())
        .map_err(|error| Failure::settings(format!("{name}: {error}")))?;
    Ok(learned)
}

fn example(track: &Track, label: Label) -> Example {
    let until = |at| if label.needed { at <= label.right } else { true };
    let last = track.moments.iter().rfind(|moment| until(moment.at));
    let peaks = last.map_or([0.0; COMBINED.len()], |moment| moment.peaks);
    Example { peaks, needed: label.needed, group: label.group }
}

/// Two places: no more than the conversations can tell.
fn rounded(weight: f64) -> f64 {
    (weight * 100.0).round() / 100.0 + 0.0
}

/// Intercept and weights of least loss, by Newton's steps in one of them after the other.
fn fit(examples: &[Example]) -> (f64, [f64; COMBINED.len()]) {
    let (mut intercept, mut weights) = (0.0, [0.0; COMBINED.len()]);
    for _ in 0..SWEEPS {
        let (down, curve) = slope(examples, intercept, &weights, |_| 1.0);
        intercept -= down / (curve + 1e-9);
        for place in 0..COMBINED.len() {
            let (down, curve) = slope(examples, intercept, &weights, |peaks| peaks[place]);
            let (down, curve) = (down + RIDGE * weights[place], curve + RIDGE);
            weights[place] = (weights[place] - down / curve).max(0.0);
        }
    }
    (intercept, weights)
}

/// First and second derivative of the loss in the weight of one feature.
fn slope(
    examples: &[Example],
    intercept: f64,
    weights: &[f64; COMBINED.len()],
    feature: impl Fn(&[f64; COMBINED.len()]) -> f64,
) -> (f64, f64) {
    let model = Combination { intercept, weights: *weights, ..Combination::off() };
    examples.iter().fold((0.0, 0.0), |(slope, curve), example| {
        let (value, chance) = (feature(&example.peaks), model.strength(example.peaks));
        let error = chance - f64::from(u8::from(example.needed));
        (slope + error * value, curve + chance * (1.0 - chance) * value * value)
    })
}

/// Strengths of all examples, each by a model that saw nothing of its group; `None` where they are too few for that.
fn checked(examples: &[Example], parts: u64) -> Option<Vec<f64>> {
    let labelled = examples.iter().map(|example| (example.group, example.needed));
    if !can_be_checked(labelled, parts) {
        return None;
    }
    let mut strengths = vec![0.0; examples.len()];
    for part in 0..parts {
        let others: Vec<Example> =
            examples.iter().filter(|example| example.group % parts != part).copied().collect();
        let (intercept, weights) = fit(&others);
        let model = Combination { intercept, weights, ..Combination::off() };
        for (strength, example) in
            strengths.iter_mut().zip(examples).filter(|(_, it)| it.group % parts == part)
        {
            *strength = model.strength(example.peaks);
        }
    }
    Some(strengths)
}

fn reliability(strengths: &[f64], truths: &[bool]) -> [(usize, usize); BINS] {
    let mut bins = [(0, 0); BINS];
    for (strength, needed) in strengths.iter().zip(truths) {
        let bin = &mut bins[((strength * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += 1;
        bin.1 += usize::from(*needed);
    }
    bins
}
