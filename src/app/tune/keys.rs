//! The numbers of triggers that may be set: one line a key, with what is tried for it and why there.
//!
//! Absent: what customers, the AI and rules ask for (`customer_request`, `ai_request`, `policy`, `safety`) and waiting without an
//! answer. No history says that a person who was asked for was not wanted.

use super::choice::Setting;
use crate::domain::combination::{COMBINED, place};
use crate::domain::decision::Reason;
use crate::domain::ids::Millis;
use crate::domain::policy::{Policy, Triggers};

/// A number in `[triggers.*]`.
#[derive(Debug)]
pub struct Key {
    pub reason: Reason,
    /// In the table of its reason.
    name: &'static str,
    number: Number,
    /// What is tried, beside what the policy says.
    tried: &'static [f64],
    /// Why these.
    pub why: &'static str,
}

/// Where a number stands among the triggers.
#[derive(Debug)]
enum Number {
    Count(fn(&mut Triggers) -> &mut u16),
    Share(fn(&mut Triggers) -> &mut f64),
    Time(fn(&mut Triggers) -> &mut Millis),
}

const MINUTE_MS: f64 = 60_000.0;

/// Every key, in the order in which they are tried: those first of which one number says most.
pub const KEYS: &[Key] = &[
    Key {
        reason: Reason::Frustration,
        name: "level",
        number: Number::Share(|triggers| &mut triggers.frustration.level),
        tried: &[0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        why: "one turn takes the level half the way to its own displeasure: 0.3 is one bad turn, 0.8 several of the worst",
    },
    Key {
        reason: Reason::ToolFailure,
        name: "same_tool",
        number: Number::Count(|triggers| &mut triggers.tool_failure.same_tool),
        tried: &[1.0, 2.0, 3.0, 4.0, 6.0],
        why: "1: no retry is waited for",
    },
    Key {
        reason: Reason::ToolFailure,
        name: "any_tool",
        number: Number::Count(|triggers| &mut triggers.tool_failure.any_tool),
        tried: &[2.0, 3.0, 4.0, 5.0, 7.0, 10.0],
        why: "long conversations see a few failures anyway",
    },
    Key {
        reason: Reason::NotUnderstood,
        name: "turns",
        number: Number::Count(|triggers| &mut triggers.not_understood.turns),
        tried: &[1.0, 2.0, 3.0, 4.0, 6.0],
        why: "1: the first fallback decides",
    },
    Key {
        reason: Reason::LowConfidence,
        name: "below",
        number: Number::Share(|triggers| &mut triggers.low_confidence.below),
        tried: &[0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        why: "what a platform calls sure differs widely",
    },
    Key {
        reason: Reason::LowConfidence,
        name: "turns",
        number: Number::Count(|triggers| &mut triggers.low_confidence.turns),
        tried: &[1.0, 2.0, 3.0, 4.0],
        why: "1: the first unsure turn decides",
    },
    Key {
        reason: Reason::LowConfidence,
        name: "average_below",
        number: Number::Share(|triggers| &mut triggers.low_confidence.average_below),
        tried: &[0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        why: "as `below`, a step lower",
    },
    Key {
        reason: Reason::Loop,
        name: "turns",
        number: Number::Count(|triggers| &mut triggers.loop_.turns),
        tried: &[2.0, 3.0, 4.0, 5.0],
        why: "2 is the first repetition; of the texts before, four are kept",
    },
    Key {
        reason: Reason::Loop,
        name: "similarity",
        number: Number::Share(|triggers| &mut triggers.loop_.similarity),
        tried: &[0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.0],
        why: "lower, and texts about one matter count as the same; 1: none but equal ones",
    },
    Key {
        reason: Reason::NoProgress,
        name: "turns",
        number: Number::Count(|triggers| &mut triggers.no_progress.turns),
        tried: &[4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 24.0],
        why: "fewer, and an answer to a question or two counts as standstill",
    },
    Key {
        reason: Reason::NoProgress,
        name: "failure_reports",
        number: Number::Count(|triggers| &mut triggers.no_progress.failure_reports),
        tried: &[1.0, 2.0, 3.0, 4.0, 6.0],
        why: "1: the first customer turn that says that it still fails",
    },
    Key {
        reason: Reason::NoProgress,
        name: "after_ms",
        number: Number::Time(|triggers| &mut triggers.no_progress.after_ms),
        tried: &[5.0 * MINUTE_MS, 10.0 * MINUTE_MS, 15.0 * MINUTE_MS, 20.0 * MINUTE_MS, 30.0 * MINUTE_MS],
        why: "time that a customer writes for without anything new, 5 to 30 minutes",
    },
];

/// A number for each of [`KEYS`], by place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values(pub [f64; KEYS.len()]);

impl Values {
    /// As a policy has them.
    pub fn of(policy: &Policy) -> Values {
        let mut triggers = policy.triggers.clone();
        Values(std::array::from_fn(|at| KEYS[at].get(&mut triggers)))
    }

    /// The same but for one key.
    pub fn with(mut self, key: usize, value: f64) -> Values {
        self.0[key] = value;
        self
    }

    /// Puts them into a policy.
    pub fn put(&self, policy: &mut Policy) {
        KEYS.iter().zip(self.0).for_each(|(key, value)| key.set(&mut policy.triggers, value));
    }
}

impl Key {
    /// `triggers.loop.turns`.
    pub fn dotted(&self) -> String {
        format!("triggers.{}.{}", self.reason.name(), self.name)
    }

    /// What is tried where the policy has `own`: the nearest first.
    pub fn tried(&self, own: f64) -> Vec<f64> {
        let mut tried: Vec<f64> = self.tried.iter().copied().filter(|value| *value != own).collect();
        tried.sort_by(|a, b| (a - own).abs().total_cmp(&(b - own).abs()));
        tried
    }

    /// As a policy file writes it.
    pub fn toml(&self, value: f64) -> String {
        format!("{} = {}", self.name, self.text(value))
    }

    /// A number of this key.
    pub fn text(&self, value: f64) -> String {
        match self.number {
            Number::Count(_) | Number::Time(_) => format!("{value:.0}"),
            Number::Share(_) => format!("{value:?}"),
        }
    }

    fn get(&self, triggers: &mut Triggers) -> f64 {
        match self.number {
            Number::Count(place) => f64::from(*place(triggers)),
            Number::Share(place) => *place(triggers),
            Number::Time(place) => *place(triggers) as f64,
        }
    }

    fn set(&self, triggers: &mut Triggers, value: f64) {
        match self.number {
            Number::Count(place) => *place(triggers) = value as u16,
            Number::Share(place) => *place(triggers) = value,
            Number::Time(place) => *place(triggers) = value as Millis,
        }
    }
}

/// Places of the keys that matter: their reason is on, says something in the history, and decides by itself or weighs in the
/// combination.
pub fn worth_trying(policy: &Policy, own: &Setting, spoken: [bool; COMBINED.len()]) -> Vec<usize> {
    let matters = |key: &Key| {
        let Some(place) = place(key.reason) else { return false };
        let weighs = policy.combination.enabled && policy.combination.weights[place] != 0.0;
        let on = policy.triggers.switch(key.reason).enabled;
        on && spoken[place] && (own.alone[place] || weighs)
    };
    (0..KEYS.len()).filter(|at| matters(&KEYS[*at])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn every_value_is_one_that_a_policy_file_may_have() {
        for (at, key) in KEYS.iter().enumerate() {
            for value in key.tried {
                let text = format!("[triggers.{}]\n{}\n", key.reason.name(), key.toml(*value));
                let policy = wire::policy::load("a.toml", &text).expect("a policy");
                let wanted = Values::of(&wire::policy::built_in()).with(at, *value);
                assert_eq!(Values::of(&policy), wanted, "{text}");
                let mut put = wire::policy::built_in();
                wanted.put(&mut put);
                assert_eq!(put.triggers, policy.triggers, "{text}");
            }
        }
    }

    #[test]
    fn the_manual_names_every_key_with_what_is_tried() {
        let manual = include_str!("../../../docs/tuning.md");
        for key in KEYS {
            let tried: Vec<String> = key.tried.iter().map(|value| key.text(*value)).collect();
            let line = format!("| `{}` | {} | {} |", key.dotted(), tried.join(" "), key.why);
            assert!(manual.contains(&line), "{line}");
        }
    }

    #[test]
    fn the_built_in_number_is_among_those_tried_and_the_nearest_come_first() {
        let own = Values::of(&wire::policy::built_in());
        for (key, own) in KEYS.iter().zip(own.0) {
            assert!(key.tried.contains(&own) && !key.tried(own).contains(&own), "{}", key.dotted());
        }
        assert_eq!(KEYS[0].dotted(), "triggers.frustration.level");
        assert_eq!(KEYS[1].tried(3.0), [2.0, 4.0, 1.0, 6.0]);
    }

    #[test]
    fn a_reason_that_is_silent_or_decides_nothing_is_left_alone() {
        let (mut policy, all) = (wire::policy::built_in(), [true; COMBINED.len()]);
        let own = Setting::of(&policy);
        assert_eq!(worth_trying(&policy, &own, all).len(), KEYS.len());
        assert!(worth_trying(&policy, &own, [false; COMBINED.len()]).is_empty());
        // It weighs nothing in the built-in combination.
        policy.triggers.frustration.switch.decision = crate::domain::decision::Decision::Observe;
        assert_eq!(worth_trying(&policy, &Setting::of(&policy), all).first(), Some(&1));
    }
}
