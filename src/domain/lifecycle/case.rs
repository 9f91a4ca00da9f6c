//! What wants a decision: the signals of a turn or a timer, and the combination where several of them decide together.

use crate::domain::combination::Combined;
use crate::domain::conversation::Offer;
use crate::domain::decision::{Decision, Signal};

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Case {
    /// Signals that fired: each wants what its own trigger says.
    pub alone: Vec<Signal>,
    /// What the strongest of them wants, or all together.
    pub wants: Option<Decision>,
    /// Where the combination decides: with the signals that it rests on.
    together: Option<(Box<Combined>, Vec<Signal>)>,
}

impl Case {
    pub fn of(fired: Vec<Signal>) -> Case {
        let wants = fired.iter().map(|signal| signal.decision).max();
        Case { alone: fired, wants, together: None }
    }

    /// The same where the combination wants more than each signal does alone.
    pub fn together(self, decision: Decision, combined: Combined, rests_on: Vec<Signal>) -> Case {
        Case { wants: Some(decision), together: Some((Box::new(combined), rests_on)), ..self }
    }

    /// The same after an offer: what it was made for still counts.
    pub fn after(mut self, offer: Offer) -> Case {
        match offer.combined {
            None => add(&mut self.alone, offer.signals),
            Some(combined) => {
                let (_, rests_on) = self.together.get_or_insert((combined, Vec::new()));
                add(rests_on, offer.signals);
            }
        }
        self
    }

    /// All signals in published order, but the first of those that decided leads: of those that fired and want most; where
    /// none wants anything alone, the one that adds most to the combination.
    pub fn primary_first(self) -> (Vec<Signal>, Option<Box<Combined>>) {
        let Case { mut alone, together, .. } = self;
        let strongest =
            alone.iter().map(|signal| signal.decision).max().filter(|most| *most > Decision::Observe);
        let lead = alone.iter().filter(|one| Some(one.decision) == strongest).map(|one| one.reason).min();
        let (combined, rests_on) = together.unzip();
        let lead = lead.or_else(|| combined.as_ref().and_then(|combined| combined.foremost()));
        add(&mut alone, rests_on.unwrap_or_default());
        alone.sort_by_key(|signal| signal.reason);
        if let Some(primary) = alone.iter().position(|signal| Some(signal.reason) == lead) {
            alone[..=primary].rotate_right(1);
        }
        (alone, combined)
    }
}

/// Each signal once.
fn add(signals: &mut Vec<Signal>, more: Vec<Signal>) {
    for signal in more {
        let is_same = |known: &Signal| known.reason == signal.reason && known.rule_id == signal.rule_id;
        if !signals.iter().any(is_same) {
            signals.push(signal);
        }
    }
}
