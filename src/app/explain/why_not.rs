//! Why nobody was handed off: how near each trigger and each rule came to its bound, and at which turn that was.

use serde::Serialize;

use super::bounds::bound;
use super::history::{Cause, End, History, Moment, RuleHeard, Words};
use crate::domain::combination::NEVER;
use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::policy::Policy;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhyNot {
    /// The nearest first.
    pub signals: Vec<Nearest>,
    /// The turn at which they were strongest together; `None`: the combination is off, or was never asked.
    pub together: Option<Together>,
    pub rules: Vec<NearestRule>,
    /// Triggers that said nothing at all.
    pub silent: Vec<Silent>,
    /// Triggers that the policy has turned off.
    pub off: Vec<&'static str>,
    pub end: Option<End>,
}

/// The turn at which a trigger was nearest to its bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    pub reason: &'static str,
    pub strength: f64,
    /// Strength that was missing; 0 where it fired.
    pub short: f64,
    pub observed: Option<f64>,
    pub threshold: Option<f64>,
    pub at: Option<Words>,
    /// What it takes.
    pub bound: String,
    /// Why it led to nothing although it fired.
    pub held: Option<String>,
}

/// The combination where it was strongest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Together {
    pub strength: f64,
    /// The lower of its bounds; `None`: it only observes.
    pub threshold: Option<f64>,
    pub at: Option<Words>,
    /// Why it led to nothing although it met its bound.
    pub held: Option<String>,
}

/// The turn at which a rule was nearest to holding: where most of its terms did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearestRule {
    #[serde(flatten)]
    pub rule: RuleHeard,
    pub at: Option<Words>,
    /// Why it led to nothing although it held.
    pub held: Option<String>,
}

/// A trigger that never spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silent {
    pub reason: &'static str,
    pub bound: String,
}

/// Looks over the whole conversation.
pub fn why_not(history: &History, policy: &Policy) -> WhyNot {
    let mut found = WhyNot {
        signals: Vec::new(),
        together: together(history, policy),
        rules: rules(history),
        silent: Vec::new(),
        off: Vec::new(),
        end: history.end.clone(),
    };
    for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::Policy) {
        if !policy.triggers.switch(reason).enabled {
            found.off.push(reason.name());
            continue;
        }
        let nearest = match reason {
            Reason::NoResponse => longest_wait(history, policy),
            Reason::Safety
            | Reason::CustomerRequest
            | Reason::AiRequest
            | Reason::Policy
            | Reason::Frustration
            | Reason::ToolFailure
            | Reason::NotUnderstood
            | Reason::LowConfidence
            | Reason::Loop
            | Reason::NoProgress
            | Reason::UnsupportedLanguage => nearest(history, reason, policy),
        };
        match nearest {
            Some(nearest) => found.signals.push(nearest),
            None => found.silent.push(Silent { reason: reason.name(), bound: bound(reason, policy) }),
        }
    }
    if !policy.triggers.policy.enabled {
        found.off.push(Reason::Policy.name());
    }
    // Stable: of equals, the published order.
    found.signals.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    found
}

fn nearest(history: &History, reason: Reason, policy: &Policy) -> Option<Nearest> {
    let all = history.moments.iter().flat_map(|moment| moment.signals.iter().map(move |one| (moment, one)));
    // Of equals the first: that is where it came near.
    let (moment, signal) = all
        .filter(|(_, signal)| signal.reason == reason.name())
        .reduce(|best, one| if one.1.strength > best.1.strength { one } else { best })?;
    Some(Nearest {
        reason: reason.name(),
        strength: signal.strength,
        short: (Signal::FIRES - signal.strength).max(0.0),
        observed: signal.observed,
        threshold: signal.threshold,
        at: words(moment),
        bound: bound(reason, policy),
        held: signal.fired.then(|| watched(signal.decision, moment)),
    })
}

fn together(history: &History, policy: &Policy) -> Option<Together> {
    let heard = history.moments.iter().filter_map(|moment| Some((moment, moment.combined?)));
    let (moment, strength) = heard.reduce(|best, one| if one.1 > best.1 { one } else { best })?;
    let bound = policy.combination.offer.min(policy.combination.hand_off);
    let threshold = Some(bound).filter(|bound| *bound < NEVER);
    let held = moment.combined_decision.map(|decision| watched(decision, moment));
    Some(Together { strength, threshold, at: words(moment), held })
}

/// The no-response trigger is only asked when its time is over: how long the longest wait was.
fn longest_wait(history: &History, policy: &Policy) -> Option<Nearest> {
    let wait = history.longest_wait.as_ref().filter(|wait| wait.ms > 0)?;
    let after_ms = policy.triggers.no_response.after_ms;
    let strength = (Signal::FIRES * wait.ms as f64 / after_ms.max(1) as f64).min(0.49);
    Some(Nearest {
        reason: Reason::NoResponse.name(),
        strength,
        short: Signal::FIRES - strength,
        observed: Some(wait.ms as f64),
        threshold: Some(after_ms as f64),
        at: wait.since.clone(),
        bound: bound(Reason::NoResponse, policy),
        held: None,
    })
}

fn rules(history: &History) -> Vec<NearestRule> {
    let mut found: Vec<NearestRule> = Vec::new();
    for moment in &history.moments {
        for rule in &moment.rules {
            let held = (rule.holds == Some(true)).then(|| watched(rule.decision, moment));
            let here = || NearestRule { rule: rule.clone(), at: words(moment), held: held.clone() };
            match found.iter_mut().find(|known| known.rule.id == rule.id) {
                None => found.push(here()),
                Some(known) if nearness(rule) > nearness(&known.rule) => *known = here(),
                Some(_) => {}
            }
        }
    }
    found.sort_by(|a, b| nearness(&b.rule).total_cmp(&nearness(&a.rule)));
    found
}

/// 1 where it holds; else the share of its terms that did, a little more where a value was there to compare.
fn nearness(rule: &RuleHeard) -> f64 {
    match rule.holds {
        Some(true) => 1.0,
        answer => {
            let value = if answer.is_some() { 0.01 } else { 0.0 };
            0.9 * rule.terms_met as f64 / rule.terms.max(1) as f64 + value
        }
    }
}

/// Why what fired led to nothing.
fn watched(decision: &str, moment: &Moment) -> String {
    if decision == Decision::Observe.name() {
        "the policy only observes it".to_owned()
    } else {
        moment.why.clone()
    }
}

fn words(moment: &Moment) -> Option<Words> {
    match &moment.cause {
        Cause::Turn { words, .. } => Some(words.clone()),
        Cause::Outcome { .. } | Cause::Timer | Cause::Unreadable { .. } => None,
    }
}
