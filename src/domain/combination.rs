//! The combination: what the signals of an episode say together, so that several weak ones count.
//!
//! ```text
//! strength = 1 / (1 + exp(-(intercept + Σ weight(reason) × peak(reason))))
//! ```
//!
//! over the [`COMBINED`] reasons; a peak is the largest strength that a reason has had in this episode. With weights of no
//! less than 0 the strength never falls within an episode: it is the chance that this conversation needs a person, as far
//! as it has gone. What the customer, the AI or a rule asks for decides by itself and is no part of it.
//!
//! It is asked only at a turn that raised a peak: where there is no signal nothing is computed, and what a turn has not
//! changed is not decided twice.

use super::conversation::Evidence;
use super::decision::{Decision, Reason, Signal};
use super::policy::Triggers;

/// The reasons that are combined, in published order. Their places are those of weights and peaks: append only.
pub const COMBINED: [Reason; 7] = [
    Reason::Frustration,
    Reason::ToolFailure,
    Reason::NotUnderstood,
    Reason::LowConfidence,
    Reason::Loop,
    Reason::NoProgress,
    Reason::UnsupportedLanguage,
];

/// The table `[combination]` of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    pub enabled: bool,
    /// Strength from which the customer is asked first, and from which the conversation is handed off; [`NEVER`]: at none.
    pub offer: f64,
    pub hand_off: f64,
    /// Log-odds where no reason has spoken.
    pub intercept: f64,
    /// Log-odds that a peak of 1 adds, by place in [`COMBINED`].
    pub weights: [f64; COMBINED.len()],
}

/// A bound that no strength meets.
pub const NEVER: f64 = 1.0;

/// The largest strength that each of [`COMBINED`] that weighs something has had in the episode, in 255ths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Peaks(pub [u8; COMBINED.len()]);

impl Peaks {
    /// Takes in what a turn said of the reasons that weigh something. True if a peak rose.
    pub fn hear(&mut self, signals: &[Signal], weights: &[f64; COMBINED.len()]) -> bool {
        let mut rose = false;
        for signal in signals {
            let Some(place) = place(signal.reason).filter(|place| weights[*place] != 0.0) else { continue };
            let strength = (signal.strength * 255.0).round() as u8;
            if strength > self.0[place] {
                self.0[place] = strength;
                rose = true;
            }
        }
        rose
    }

    /// 0..1, by place in [`COMBINED`].
    pub fn strengths(self) -> [f64; COMBINED.len()] {
        self.0.map(|peak| f64::from(peak) / 255.0)
    }
}

/// The place of a reason in [`COMBINED`].
pub fn place(reason: Reason) -> Option<usize> {
    COMBINED.iter().position(|combined| *combined == reason)
}

impl Combination {
    /// Decides nothing and costs nothing.
    pub fn off() -> Combination {
        Combination {
            enabled: false,
            offer: NEVER,
            hand_off: NEVER,
            intercept: 0.0,
            weights: Default::default(),
        }
    }

    /// Strength 0..1 of these peaks (0..1, by place).
    pub fn strength(&self, peaks: [f64; COMBINED.len()]) -> f64 {
        let odds =
            self.weights.iter().zip(peaks).fold(self.intercept, |odds, (weight, peak)| odds + weight * peak);
        1.0 / (1.0 + (-odds).exp())
    }

    /// What a strength leads to, and the bound that it met. `None`: not yet.
    pub fn decision(&self, strength: f64) -> Option<(Decision, f64)> {
        [(Decision::HandOff, self.hand_off), (Decision::Offer, self.offer)]
            .into_iter()
            .find(|(_, bound)| *bound < NEVER && strength >= *bound)
    }

    /// What this strength decides, with what each reason adds. `None`: not yet.
    pub(super) fn decide(&self, strength: f64, evidence: &Evidence) -> Option<(Decision, Combined)> {
        let (decision, threshold) = self.decision(strength)?;
        let contributions = (COMBINED.into_iter())
            .zip(self.weights.iter().zip(evidence.peaks.strengths()))
            .map(|(reason, (weight, peak))| (reason, weight * peak))
            .filter(|(_, contribution)| *contribution != 0.0)
            .collect();
        Some((decision, Combined { strength, threshold, contributions }))
    }
}

/// A decision of the combination, with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Combined {
    pub strength: f64,
    /// The bound that it met.
    pub threshold: f64,
    /// Log-odds that each reason added, in published order; those that added nothing are left out.
    pub contributions: Vec<(Reason, f64)>,
}

impl Combined {
    /// What a reason added.
    pub fn contribution(&self, reason: Reason) -> Option<f64> {
        self.contributions.iter().find(|(known, _)| *known == reason).map(|(_, contribution)| *contribution)
    }

    /// The reason that added most; of equals the first.
    pub fn foremost(&self) -> Option<Reason> {
        let larger = |best: &(Reason, f64), one: &(Reason, f64)| one.1 > best.1;
        let most = self.contributions.iter().reduce(|best, one| if larger(best, one) { one } else { best });
        most.map(|(reason, _)| *reason)
    }

    /// The signals behind it, in published order: those of the turn, and for reasons that spoke before the peak that is
    /// remembered of them.
    pub(super) fn signals(
        &self,
        of_turn: &[Signal],
        evidence: &Evidence,
        triggers: &Triggers,
    ) -> Vec<Signal> {
        let signal = |reason: Reason| {
            let peak = place(reason).map_or(0.0, |place| evidence.peaks.strengths()[place]);
            let mut signal =
                of_turn.iter().find(|signal| signal.reason == reason).cloned().unwrap_or(Signal {
                    reason,
                    strength: peak,
                    rule_id: None,
                    turns: Vec::new(),
                    observed: None,
                    threshold: None,
                    decision: triggers.switch(reason).decision,
                });
            if signal.turns.is_empty() {
                signal.turns = shown_by(reason, evidence);
            }
            signal
        };
        self.contributions.iter().map(|(reason, _)| signal(*reason)).collect()
    }
}

/// The turns that a trigger remembers for its reason; none where it remembers none.
fn shown_by(reason: Reason, evidence: &Evidence) -> Vec<String> {
    let streak = match reason {
        Reason::Frustration => &evidence.frustration_turns,
        Reason::ToolFailure => &evidence.tool_failures,
        Reason::NotUnderstood => &evidence.not_understood,
        Reason::LowConfidence => &evidence.low_confidence,
        Reason::Loop if evidence.ai_repeats.count > evidence.customer_repeats.count => &evidence.ai_repeats,
        Reason::Loop => &evidence.customer_repeats,
        Reason::NoProgress => &evidence.failure_reports,
        Reason::Safety
        | Reason::CustomerRequest
        | Reason::AiRequest
        | Reason::Policy
        | Reason::NoResponse
        | Reason::UnsupportedLanguage => return Vec::new(),
    };
    streak.turns.clone()
}
