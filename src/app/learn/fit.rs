//! Fitting: logistic regression over hashed features, by stochastic gradients with AdaGrad's steps.
//!
//! A function of its input alone: the order in which texts are gone through is drawn from a constant, and every sum is taken in
//! one order. The same texts give the same bytes.

use std::borrow::Cow;

use crate::domain::text::{Features, Head, Model, ROLES_COUNT, Weights, feature_of_word};

/// A text as it is learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    features: Features,
    pub is_true: bool,
    /// Texts of one group are never on both sides of a check.
    pub group: u64,
}

impl Example {
    pub fn new(features: Features, is_true: bool, group: &str) -> Example {
        Example { features, is_true, group: feature_of_word(group) }
    }

    /// The cell of each feature, and how much it counts in the log-odds.
    fn cells(&self, shift: u32) -> impl Iterator<Item = (usize, f64)> {
        let root = |all: &[u64]| (all.len().max(1) as f64).sqrt();
        let Features { words, roles } = &self.features;
        let (of_word, of_role) = (1.0 / root(words), ROLES_COUNT / root(roles));
        let words = words.iter().map(move |feature| (feature, of_word));
        let roles = roles.iter().map(move |feature| (feature, of_role));
        words.chain(roles).map(move |(feature, counts)| ((feature >> shift) as usize, counts))
    }

    /// Log-odds that it is true, as these weights have it.
    pub fn scored_by(&self, weights: &Weights) -> f64 {
        weights.score(&self.features)
    }
}

/// How it is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The table has 2 to this many cells.
    pub bits: u32,
    /// Times that all texts are gone through.
    pub rounds: u32,
    /// First step of a weight; AdaGrad shortens it as it is used.
    pub step: f64,
    /// What the texts weigh against the squares of the weights (the C of a support vector machine): less makes a weight
    /// that few texts speak for smaller.
    pub trust: f64,
    /// The share of true texts that its probabilities suppose; `None`: that of the texts it was made from.
    pub supposed: Option<f64>,
}

impl Plan {
    /// What was found best for each model (docs/learning.md).
    pub fn of(model: Model) -> Plan {
        match model {
            Model::Displeasure => Plan { bits: 16, rounds: 12, step: 0.3, trust: 2.0, supposed: None },
            Model::DispleasureElsewhere | Model::Request | Model::Answer => {
                Plan { bits: 18, rounds: 20, step: 0.3, trust: 100.0, supposed: None }
            }
            // Texts that tell of no danger are easily had, so they are nearly all; a tenth keeps probabilities readable.
            Model::Danger => Plan { bits: 18, rounds: 20, step: 0.3, trust: 100.0, supposed: Some(0.1) },
        }
    }

    /// Log-odds between the share that is supposed and that of the examples.
    fn shift(&self, examples: &[Example]) -> f64 {
        let Some(supposed) = self.supposed else { return 0.0 };
        let positive = examples.iter().filter(|example| example.is_true).count() as f64;
        let negative = examples.len() as f64 - positive;
        if positive == 0.0 || negative == 0.0 {
            return 0.0;
        }
        (supposed / (1.0 - supposed)).ln() - (positive / negative).ln()
    }
}

/// A weight and the squares of its gradients so far.
#[derive(Clone, Copy, Default)]
struct Cell {
    weight: f64,
    squares: f64,
    /// Uses in a round: each bears its part of what draws the weight towards 0.
    uses: f64,
}

impl Cell {
    fn learn(&mut self, gradient: f64, plan: &Plan) {
        let gradient = gradient + self.weight / (plan.trust * self.uses.max(1.0));
        self.squares += gradient * gradient;
        self.weight -= plan.step * gradient / (self.squares.sqrt() + 1e-8);
    }
}

/// Fits a model. With no example of either kind it says nothing.
pub fn fit(examples: &[Example], plan: &Plan) -> Weights {
    let shift = 64 - plan.bits;
    let mut cells = vec![Cell::default(); 1 << plan.bits];
    for (cell, _) in examples.iter().flat_map(|example| example.cells(shift)) {
        cells[cell].uses += 1.0;
    }
    let mut bias = Cell { uses: examples.len() as f64, ..Cell::default() };
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut draw = 0x5e60_e5e6_0e5e_u64;
    for _ in 0..plan.rounds {
        for at in (1..order.len()).rev() {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (draw >> 33) as usize % (at + 1));
        }
        for &at in &order {
            let example = &examples[at];
            let sum: f64 = example.cells(shift).map(|(cell, counts)| counts * cells[cell].weight).sum();
            let odds = bias.weight + sum;
            let error = 1.0 / (1.0 + (-odds).exp()) - f64::from(u8::from(example.is_true));
            for (cell, counts) in example.cells(shift) {
                cells[cell].learn(error * counts, plan);
            }
            bias.learn(error, plan);
        }
    }
    let weights: Vec<f64> = cells.iter().map(|cell| cell.weight).collect();
    quantised(&weights, bias.weight + plan.shift(examples), examples, plan.bits)
}

/// A byte a cell, and the log-odds of an ordinary text as the bytes give them.
fn quantised(weights: &[f64], bias: f64, examples: &[Example], bits: u32) -> Weights {
    let largest = weights.iter().fold(0.0, |largest: f64, weight| largest.max(weight.abs()));
    let unit = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let cells: Vec<u8> = weights.iter().map(|weight| (weight / unit).round() as i8 as u8).collect();
    let positive = examples.iter().filter(|example| example.is_true).count() as u64;
    let head = Head { bits, unit, bias, ordinary: 0.0, texts: examples.len() as u64, positive };
    let mut made = Weights::new(head, Cow::Owned(cells)).unwrap_or_else(|_| Weights::none());
    let all: f64 = examples.iter().map(|example| made.score(&example.features)).sum();
    made.head.ordinary = all / examples.len().max(1) as f64;
    made
}

/// Whether examples by their parts and labels can be checked so: whatever part is left out, both labels are left to learn from.
pub fn can_be_checked(examples: impl Iterator<Item = (u64, bool)> + Clone, parts: u64) -> bool {
    (0..parts).all(|left_out| {
        let others = examples.clone().filter(|(group, _)| group % parts != left_out);
        [false, true].into_iter().all(|label| others.clone().any(|(_, is_true)| is_true == label))
    })
}

/// What is said where they cannot.
pub fn unchecked(parts: u64) -> String {
    format!(
        "no check: without one of {parts} parts there are not both labels left to learn from; give more groups, or fewer parts (--check)"
    )
}

/// Scores of all examples, each by a model that saw nothing of its group: `parts` models, each made without one part. `None`:
/// [`can_be_checked`] says no.
pub fn checked(examples: &[Example], plan: &Plan, parts: u64) -> Option<Vec<f64>> {
    let labelled = examples.iter().map(|example| (example.group, example.is_true));
    if !can_be_checked(labelled, parts) {
        return None;
    }
    let mut scores = vec![0.0; examples.len()];
    for part in 0..parts {
        let others: Vec<Example> =
            examples.iter().filter(|example| example.group % parts != part).cloned().collect();
        let weights = fit(&others, plan);
        for (score, example) in scores.iter_mut().zip(examples).filter(|(_, e)| e.group % parts == part) {
            *score = weights.score(&example.features);
        }
    }
    Some(scores)
}

/// The share of pairs of a true and a false example whose scores are in the right order; ties count half. `None` without
/// both kinds.
pub fn auroc(scores: &[f64], truths: &[bool]) -> Option<f64> {
    let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(truths.iter().copied()).collect();
    ranked.sort_by(|one, other| one.0.total_cmp(&other.0));
    let positive = ranked.iter().filter(|(_, is_true)| *is_true).count() as f64;
    let negative = ranked.len() as f64 - positive;
    let (mut ranks, mut before) = (0.0, 0.0);
    for same in ranked.chunk_by(|one, other| one.0 == other.0) {
        let truths = same.iter().filter(|(_, is_true)| *is_true).count() as f64;
        ranks += truths * (before + (same.len() as f64 + 1.0) / 2.0);
        before += same.len() as f64;
    }
    let pairs = positive * negative;
    (pairs > 0.0).then(|| (ranks - positive * (positive + 1.0) / 2.0) / pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Lexicon;

    fn features(text: &str) -> Features {
        Lexicon::new(&[], &[], &[]).features(text, Model::Displeasure)
    }

    fn examples() -> Vec<Example> {
        let of = |texts: &[&str], is_true| {
            let new = |text: &&str| Example::new(features(text), is_true, text);
            texts.iter().map(new).collect::<Vec<_>>()
        };
        [
            of(&["this is awful", "awful service", "so awful, so bad", "bad bad bad"], true),
            of(&["thank you", "that is lovely", "lovely, thank you", "where is my parcel"], false),
        ]
        .concat()
    }

    #[test]
    fn what_was_learned_tells_texts_apart_and_is_the_same_every_time() {
        let (examples, plan) = (examples(), Plan { bits: 12, ..Plan::of(Model::Displeasure) });
        let weights = fit(&examples, &plan);
        assert_eq!(weights, fit(&examples, &plan));
        let score = |text: &str| weights.score(&features(text));
        assert!(score("an awful parcel") > score("a lovely parcel") + 1.0);
        assert_eq!((weights.head.texts, weights.head.positive), (8, 4));
    }

    #[test]
    fn a_supposed_share_moves_all_log_odds_alike() {
        let (examples, plan) = (examples(), Plan { bits: 12, ..Plan::of(Model::Displeasure) });
        let (even, tenth) = (fit(&examples, &plan), Plan { supposed: Some(0.1), ..plan });
        let tenth = fit(&examples, &tenth);
        let moved = |text: &str| tenth.score(&features(text)) - even.score(&features(text));
        // Half of the examples are true.
        for text in ["an awful parcel", "thank you"] {
            assert!((moved(text) - (0.1_f64 / 0.9).ln()).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn the_auroc_counts_pairs_in_order_and_ties_by_half() {
        assert_eq!(auroc(&[0.1, 0.9, 0.4, 0.4], &[false, true, true, false]), Some(0.875));
        assert_eq!(auroc(&[0.1], &[false]), None);
    }
}
