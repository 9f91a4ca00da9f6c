//! What may be set, what each setting would have done, and the best that stays within a budget.
//!
//! A setting is the bound of the combination (every twentieth, and never) and, of each combined reason that the policy lets
//! act, whether it still decides by itself. All settings are gone through. The best catches most conversations that needed a
//! person; of equals it raises the fewest false alarms, decides the fewest conversations, is the earliest, leaves the most
//! triggers as they are and has the bound of the policy, else the highest. The same history gives the same choice.

use std::cmp::Reverse;

use super::labels::Label;
use super::watch::{At, Track};
use crate::domain::combination::{COMBINED, Combination, NEVER};
use crate::domain::decision::Decision;
use crate::domain::ids;
use crate::domain::policy::Policy;

/// Bounds between 0 and 1.
const STEPS: usize = 20;
/// Of conversations.
const ROUNDING: f64 = 1e-6;
/// Parts of a check.
pub const PARTS: u64 = 5;

/// One choice of everything that is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// The bound of the combination from which something is decided; [`NEVER`]: at none.
    pub bound: f64,
    /// The bound from which the policy as given hands off without asking; a larger `bound` takes it along.
    pub hand_off: f64,
    /// Which reasons decide by themselves, by place in [`COMBINED`].
    pub alone: [bool; COMBINED.len()],
}

impl Setting {
    /// As a policy has it.
    pub fn of(policy: &Policy) -> Setting {
        let Combination { enabled, offer, hand_off, .. } = policy.combination;
        let alone = COMBINED.map(|reason| {
            let switch = policy.triggers.switch(reason);
            switch.enabled && switch.decision > Decision::Observe
        });
        let (bound, hand_off) = if enabled { (offer.min(hand_off), hand_off) } else { (NEVER, NEVER) };
        Setting { bound, hand_off, alone }
    }

    /// Puts it into a policy. What decides something, decides what it did before; what is off stays as it is written.
    pub fn put(&self, policy: &mut Policy) {
        let combination = &mut policy.combination;
        if combination.enabled {
            combination.hand_off = combination.hand_off.max(self.bound);
            combination.offer = self.bound;
        }
        for (reason, decides) in COMBINED.into_iter().zip(self.alone) {
            let switch = policy.triggers.switch_mut(reason);
            if switch.enabled && switch.decision > Decision::Observe && !decides {
                switch.decision = Decision::Observe;
            }
        }
    }
}

/// A conversation as settings look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    above: Option<At>,
    /// Where each combined reason first fires and leads to something, by place.
    alone: [Option<At>; COMBINED.len()],
    /// Strengths of the combination.
    rises: Rises,
    /// The same but for turns at which the customer wanted no person: there none is offered.
    open_rises: Rises,
    pub label: Option<Label>,
    group: u64,
}

/// Rising strengths of the combination, and where each was reached.
#[derive(Clone, Debug, PartialEq, Default)]
struct Rises(Vec<(f64, At)>);

impl Rises {
    fn add(&mut self, strength: f64, at: At) {
        if self.0.last().is_none_or(|(highest, _)| strength > *highest) {
            self.0.push((strength, at));
        }
    }

    /// Where a bound was first met.
    fn meet(&self, bound: f64) -> Option<At> {
        let is_met = |(strength, _): &&(f64, At)| bound < NEVER && *strength >= bound;
        self.0.iter().find(is_met).map(|(_, at)| *at)
    }
}

impl Case {
    /// As a policy has reasons decide, whose numbers the track was made with.
    pub fn of(track: &Track, label: Option<Label>, policy: &Policy) -> Case {
        let mut alone = [None; COMBINED.len()];
        let (mut rises, mut open_rises) = (Rises::default(), Rises::default());
        let hands_off = COMBINED.map(|reason| policy.triggers.switch(reason).decision == Decision::HandOff);
        for moment in &track.moments {
            for ((first, fired), hands_off) in alone.iter_mut().zip(moment.fired).zip(hands_off) {
                if fired && (hands_off || !moment.declined) {
                    first.get_or_insert(moment.at);
                }
            }
            if moment.rose {
                let strength = policy.combination.strength(moment.peaks);
                rises.add(strength, moment.at);
                if !moment.declined {
                    open_rises.add(strength, moment.at);
                }
            }
        }
        let group = label.map_or_else(|| ids::print(&track.id), |label| label.group);
        Case { above: track.above, alone, rises, open_rises, label, group }
    }

    /// Whether a setting decides it at all.
    pub fn is_decided(&self, setting: &Setting) -> bool {
        let alone = || self.alone.iter().zip(setting.alone).any(|(at, decides)| decides && at.is_some());
        self.above.is_some() || alone() || self.together(setting).is_some()
    }

    /// Of a check in [`PARTS`], the part that it is in.
    pub fn part(&self) -> u64 {
        self.group % PARTS
    }

    /// Where a setting first decides.
    fn decided(&self, setting: &Setting) -> Option<At> {
        let alone =
            self.alone.iter().zip(setting.alone).filter(|(_, decides)| *decides).filter_map(|(at, _)| *at);
        alone.chain(self.above).chain(self.together(setting)).min()
    }

    /// Where the combination first decides: it offers, or hands off, which no customer is asked about.
    fn together(&self, setting: &Setting) -> Option<At> {
        let offered = self.open_rises.meet(setting.bound);
        let handed_off = self.rises.meet(setting.hand_off.max(setting.bound));
        offered.into_iter().chain(handed_off).min()
    }
}

/// What a setting would have done.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Row {
    pub bound: f64,
    pub conversations: usize,
    /// With an offer or a hand-off.
    pub decided: usize,
    /// Labelled that a person was needed, and of these decided.
    pub needed: usize,
    pub caught: usize,
    /// Labelled that none was, and of these decided.
    pub unneeded: usize,
    pub false_alarms: usize,
    /// Customer turns between the decision and the turn from which a person was right, of those caught: the middle one.
    /// More is earlier; under 0 is late.
    pub lead: Option<i64>,
}

impl Row {
    /// Counts over cases.
    pub fn of<'a>(cases: impl Iterator<Item = &'a Case>, setting: &Setting) -> Row {
        let mut row = Row { bound: setting.bound, ..Row::default() };
        let mut leads = Vec::new();
        for case in cases {
            let decided = case.decided(setting);
            row.conversations += 1;
            row.decided += usize::from(decided.is_some());
            match case.label {
                Some(Label { needed: true, right, .. }) => {
                    row.needed += 1;
                    row.caught += usize::from(decided.is_some());
                    leads.extend(decided.map(|at| right.customer_turns - at.customer_turns));
                }
                Some(Label { needed: false, .. }) => {
                    row.unneeded += 1;
                    row.false_alarms += usize::from(decided.is_some());
                }
                None => {}
            }
        }
        leads.sort_unstable();
        row.lead = leads.get(leads.len() / 2).copied();
        row
    }

    /// The same over other cases as well.
    pub fn and(self, other: &Row) -> Row {
        Row {
            bound: self.bound,
            conversations: self.conversations + other.conversations,
            decided: self.decided + other.decided,
            needed: self.needed + other.needed,
            caught: self.caught + other.caught,
            unneeded: self.unneeded + other.unneeded,
            false_alarms: self.false_alarms + other.false_alarms,
            lead: None,
        }
    }

    /// The same is decided, whatever the bound.
    pub fn decides_as(&self, other: &Row) -> bool {
        Row { bound: other.bound, ..self.clone() } == *other
    }

    /// Share of conversations that are decided.
    pub fn share(&self) -> f64 {
        self.decided as f64 / self.conversations.max(1) as f64
    }

    pub fn missed(&self) -> usize {
        self.needed - self.caught
    }
}

/// Every bound there is to choose from, the policy's own among them, rising.
pub fn bounds(own: &Setting, policy: &Policy) -> Vec<f64> {
    if !policy.combination.enabled {
        return vec![NEVER];
    }
    let mut bounds: Vec<f64> =
        (1..STEPS).map(|step| step as f64 / STEPS as f64).chain([own.bound, NEVER]).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

/// Every setting, those near the policy's own first, its bound before others.
pub fn settings(own: &Setting, bounds: &[f64], cases: &[Case]) -> Vec<Setting> {
    let may_go: Vec<usize> = (0..COMBINED.len())
        .filter(|place| own.alone[*place] && cases.iter().any(|case| case.alone[*place].is_some()))
        .collect();
    let each = |off: u32| {
        let mut alone = own.alone;
        may_go
            .iter()
            .enumerate()
            .filter(|(bit, _)| off >> bit & 1 == 1)
            .for_each(|(_, place)| alone[*place] = false);
        alone
    };
    let mut masks: Vec<u32> = (0..1 << may_go.len()).collect();
    masks.sort_by_key(|off| (off.count_ones(), *off));
    masks
        .into_iter()
        .flat_map(|off| {
            let others = bounds.iter().rev().copied().filter(|bound| *bound != own.bound);
            let own_first = bounds.iter().copied().filter(|bound| *bound == own.bound).chain(others);
            let alone = each(off);
            own_first.map(move |bound| Setting { bound, alone, ..*own }).collect::<Vec<_>>()
        })
        .collect()
}

/// What is better, the smaller one: catches most, raises the fewest false alarms, decides the fewest conversations.
pub type Rank = (Reverse<usize>, usize, usize);

impl Row {
    pub fn rank(&self) -> Rank {
        (Reverse(self.caught), self.false_alarms, self.decided)
    }
}

/// The best setting within a budget (a share of all conversations), and what it does. `None`: every setting decides more.
pub fn best(cases: &[&Case], settings: &[Setting], budget: f64) -> Option<(Setting, Row)> {
    // A whole number of conversations, whatever the share comes to in floating point.
    let most = budget * cases.len() as f64 + ROUNDING;
    let ranks = settings.iter().map(|setting| (setting, rank(cases, setting)));
    let within: Vec<(&Setting, Rank)> = ranks.filter(|(_, rank)| rank.2 as f64 <= most).collect();
    let first = within.iter().map(|(_, rank)| *rank).min()?;
    let equals = within.into_iter().filter(|(_, rank)| *rank == first);
    let rows = equals.map(|(setting, _)| (*setting, Row::of(cases.iter().copied(), setting)));
    // Of equals the earliest, and of these the first, as they are ordered.
    rows.min_by_key(|(_, row)| Reverse(row.lead))
}

fn rank(cases: &[&Case], setting: &Setting) -> Rank {
    let (mut caught, mut false_alarms, mut decided) = (0, 0, 0);
    for case in cases.iter().filter(|case| case.is_decided(setting)) {
        decided += 1;
        match case.label {
            Some(Label { needed: true, .. }) => caught += 1,
            Some(Label { needed: false, .. }) => false_alarms += 1,
            None => {}
        }
    }
    (Reverse(caught), false_alarms, decided)
}
