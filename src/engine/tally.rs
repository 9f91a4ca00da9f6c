//! What a batch has counted so far: added to the shared counters when it is committed, forgotten when it is not.
//!
//! Invariant: a record that is read again after an abort is counted once.

use std::sync::atomic::Ordering::Relaxed;

use super::stats::{OTHER_RULES, STAGES, Stats};
use crate::domain::decision::Reason;
use crate::domain::rule::{Rule, RuleSet};

/// The counts of one partition's batch.
#[derive(Debug, Default)]
pub struct Tally {
    pub turns: u64,
    pub outcomes: u64,
    pub duplicates: u64,
    pub late_events: u64,
    pub offers: u64,
    pub timers: u64,
    dead_letters: [u64; STAGES.len()],
    handoffs: [u64; Reason::ALL.len()],
    /// By position, as far as any rule met no value.
    rule_errors: Vec<u64>,
    /// By position of the shadow policy, as far as any made one.
    shadow_handoffs: Vec<u64>,
}

impl Tally {
    /// A live hand-off request, by its primary reason.
    pub fn handoff(&mut self, reason: Reason) {
        if let Some(at) = Reason::ALL.iter().position(|known| *known == reason) {
            self.handoffs[at] += 1;
        }
    }

    /// A hand-off request of the shadow policy at this position.
    pub fn shadow_handoff(&mut self, position: usize) {
        add_one(&mut self.shadow_handoffs, position);
    }

    /// A dead letter. A stage that is in no list counts as `apply`.
    pub fn dead_letter(&mut self, stage: &str) {
        let apply = 3;
        self.dead_letters[STAGES.iter().position(|known| *known == stage).unwrap_or(apply)] += 1;
    }

    /// These rules met no value.
    pub fn without_value(&mut self, rules: RuleSet) {
        for position in rules.positions() {
            add_one(&mut self.rule_errors, position);
        }
    }

    /// The batch is committed; `rules` are those of the policy that judged it.
    pub fn publish(&mut self, stats: &Stats, rules: &[Rule]) {
        let own = std::mem::take(self);
        let add = |to: &std::sync::atomic::AtomicU64, count: u64| {
            if count > 0 {
                to.fetch_add(count, Relaxed);
            }
        };
        add(&stats.turns, own.turns);
        add(&stats.outcomes, own.outcomes);
        add(&stats.duplicates, own.duplicates);
        add(&stats.late_events, own.late_events);
        add(&stats.offers, own.offers);
        add(&stats.timers, own.timers);
        add(&stats.handoffs, own.handoffs.iter().sum());
        stats.handoffs_by_reason.iter().zip(own.handoffs).for_each(|(to, count)| add(to, count));
        stats.dead_letters.iter().zip(own.dead_letters).for_each(|(to, count)| add(to, count));
        for (position, count) in own.rule_errors.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let rule = rules
                .get(position)
                .filter(|_| position + 1 < RuleSet::POSITIONS || rules.len() <= RuleSet::POSITIONS);
            stats.rule_without_value(rule.map_or(OTHER_RULES, |rule| &rule.id), count);
        }
        stats.shadow_handoffs.iter().zip(own.shadow_handoffs).for_each(|(to, count)| add(to, count));
    }

    /// The batch is dropped.
    pub fn forget(&mut self) {
        *self = Tally::default();
    }
}

/// The list grows to the position where it must.
fn add_one(counts: &mut Vec<u64>, position: usize) {
    counts.resize(counts.len().max(position + 1), 0);
    counts[position] += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    const RULES: &str = r#"
[[rules]]
id = "a"
when = "turn.confidence < 0.1"
decision = "observe"
[[rules]]
id = "b"
when = "turn.confidence < 0.2"
decision = "observe"
"#;

    #[test]
    fn only_what_is_committed_is_counted_and_only_once() {
        let (stats, mut tally) = (Stats::for_shadows(2), Tally::default());
        let rules = wire::policy::load("p.toml", RULES).expect("a policy").rules;
        let mut count = |commit: bool| {
            tally.turns += 1;
            tally.handoff(Reason::Loop);
            tally.dead_letter("size");
            let mut without_value = RuleSet::default();
            without_value.insert(1);
            tally.without_value(without_value);
            tally.shadow_handoff(1);
            if commit { tally.publish(&stats, &rules) } else { tally.forget() }
        };
        count(false);
        count(true);
        tally.publish(&stats, &rules);
        let read =
            |all: &[std::sync::atomic::AtomicU64]| all.iter().map(|n| n.load(Relaxed)).collect::<Vec<_>>();
        assert_eq!((stats.turns.load(Relaxed), stats.handoffs.load(Relaxed)), (1, 1));
        assert_eq!(read(&stats.handoffs_by_reason), [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(read(&stats.dead_letters), [0, 0, 0, 0, 1, 0]);
        assert_eq!(stats.rules_without_value(), [("b".to_owned(), 1)].into());
        assert_eq!(read(&stats.shadow_handoffs), [0, 1]);
    }
}
