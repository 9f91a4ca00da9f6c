//! Which numbers of triggers to change: one key after the other, each of its values tried on the whole history.
//!
//! 1. It starts from the policy's own numbers and the setting that is best with them.
//! 2. Of each key ([`KEYS`]) every value is tried, each with the setting that is best with it. The best of them is taken where it
//!    is better than what stands, and finds those who needed a person better than chance would by more than `NOISE`.
//! 3. It begins again with the first key, `ROUNDS` times at most, until a whole round changes nothing.
//! 4. All of this is done for all conversations, and five times without a fifth of them: what is found without a part is counted
//!    on that part. Numbers are changed only if that is better than what the policy's own come to in the same way.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::choice::{self, Case, PARTS, Row, Setting, best};
use super::history::History;
use super::keys::{KEYS, Values, worth_trying};
use super::labels::Label;
use super::watch::{Watched, observing};
use crate::app::replay_files::Progress;
use crate::app::run::Failure;
use crate::domain::combination::{COMBINED, Combination};
use crate::domain::policy::Policy;

/// Rounds over all keys at most.
const ROUNDS: usize = 2;
/// Standard deviations by which a value must pick better than chance. Some fifty are tried: by chance alone one of them would be
/// two better, and one of 160 is two and a half.
const NOISE: f64 = 2.5;

/// What is searched.
pub struct Search<'a> {
    pub history: &'a History,
    pub watched: &'a Watched,
    pub labels: &'a [Option<Label>],
    pub policy: &'a Policy,
    pub budget: f64,
}

/// What is best within the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub values: Values,
    pub setting: Setting,
    /// In the order in which they were taken; none where the numbers stay.
    pub changes: Vec<Change>,
    pub unseen: Unseen,
    /// What the conversations come to with the chosen numbers.
    pub cases: Rc<Vec<Case>>,
    /// Times that the history was replayed.
    pub replays: usize,
}

/// Each part by what was best on the others; `None`: on some part nothing keeps within the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Unseen {
    /// With the policy's own numbers.
    pub as_is: Option<Row>,
    /// With numbers that were searched.
    pub searched: Option<Row>,
}

impl Unseen {
    /// Searching finds better than chance what the policy's own numbers miss.
    fn is_for_searching(&self) -> bool {
        match (&self.searched, &self.as_is) {
            (Some(with), Some(without)) => gain(with, without) > 0.0,
            (Some(_) | None, _) => false,
        }
    }
}

/// A number that is changed, and what the conversations that were searched come to before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Place in [`KEYS`].
    pub key: usize,
    pub from: f64,
    pub to: f64,
    pub before: Row,
    pub after: Row,
}

/// By how much counts rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gain {
    pub caught: i64,
    pub false_alarms: i64,
    pub decided: i64,
}

impl Change {
    pub fn gain(&self) -> Gain {
        let rise = |before: usize, after: usize| after as i64 - before as i64;
        let Change { before, after, .. } = self;
        Gain {
            caught: rise(before.caught, after.caught),
            false_alarms: rise(before.false_alarms, after.false_alarms),
            decided: rise(before.decided, after.decided),
        }
    }
}

/// The search without one part, or with all.
struct Side {
    without: Option<u64>,
    values: Values,
    stands: Weighed,
    changes: Vec<Change>,
}

/// Numbers with the setting that is best with them.
#[derive(Clone)]
struct Weighed {
    cases: Rc<Vec<Case>>,
    setting: Setting,
    row: Row,
}

impl Search<'_> {
    /// `None`: nothing keeps within the budget. Errors: told to stop.
    pub fn run(&self, stop: &AtomicBool) -> Result<Option<Found>, Failure> {
        let own = Values::of(self.policy);
        let mut spoke = [false; COMBINED.len()];
        for track in &self.watched.conversations {
            spoke.iter_mut().zip(track.spoke).for_each(|(all, one)| *all |= one);
        }
        let keys = worth_trying(self.policy, &Setting::of(self.policy), spoke);
        let cases = Rc::new(self.cases(&own));
        let mut sides: Vec<Side> = Vec::new();
        for without in std::iter::once(None).chain((0..PARTS).map(Some)) {
            match self.weigh(&cases, without) {
                Some(stands) => sides.push(Side { without, values: own, stands, changes: Vec::new() }),
                None if without.is_none() => return Ok(None),
                None => {}
            }
        }
        let unseen_as_is = unseen(&sides);
        let as_is = sides[0].stands.clone();
        let replays = self.rounds(&keys, &own, &mut sides, stop)?;
        let unseen = Unseen { as_is: unseen_as_is, searched: unseen(&sides) };
        let whole = sides.swap_remove(0);
        let (values, stands, changes) = if unseen.is_for_searching() {
            (whole.values, whole.stands, whole.changes)
        } else {
            (own, as_is, Vec::new())
        };
        let Weighed { cases, setting, .. } = stands;
        Ok(Some(Found { values, setting, changes, unseen, cases, replays }))
    }

    /// All rounds; the times that the history was replayed.
    fn rounds(
        &self,
        keys: &[usize],
        own: &Values,
        sides: &mut [Side],
        stop: &AtomicBool,
    ) -> Result<usize, Failure> {
        let mut replays = 1;
        for _ in 0..ROUNDS {
            let before: Vec<usize> = sides.iter().map(|side| side.changes.len()).collect();
            let progress = Progress::count("trying", Some(keys.len() as u64));
            for (done, key) in keys.iter().enumerate() {
                if stop.load(Ordering::Relaxed) {
                    return Err(Failure::stopped());
                }
                progress.set(done as u64);
                replays += self.try_key(*key, own, sides);
            }
            progress.finish();
            let changed = sides.iter().zip(before).any(|(side, before)| side.changes.len() > before);
            if !changed {
                break;
            }
        }
        Ok(replays)
    }

    /// Tries every value of a key for all sides; those that stand at the same numbers share the replays. Their number.
    fn try_key(&self, key: usize, own: &Values, sides: &mut [Side]) -> usize {
        let standing: Vec<Values> = sides.iter().map(|side| side.values).collect();
        let mut replays = 0;
        let mut takes: Vec<Option<(f64, Weighed)>> = sides.iter().map(|_| None).collect();
        for (at, values) in standing.iter().enumerate() {
            if standing[..at].contains(values) {
                continue;
            }
            let tried = std::iter::once(own.0[key]).chain(KEYS[key].tried(own.0[key]));
            for value in tried.filter(|value| *value != values.0[key]) {
                let cases = Rc::new(self.cases(&values.with(key, value)));
                replays += 1;
                for (side, take) in sides.iter().zip(&mut takes).filter(|(side, _)| side.values == *values) {
                    let Some(tried) = self.weigh(&cases, side.without) else { continue };
                    let best = take.as_ref().map_or(&side.stands, |(_, best)| best);
                    if tried.row.rank() < best.row.rank() && beats_chance(side, &tried) {
                        *take = Some((value, tried));
                    }
                }
            }
        }
        for (side, take) in sides.iter_mut().zip(takes) {
            let Some((to, tried)) = take else { continue };
            let (from, before, after) = (side.values.0[key], side.stands.row.clone(), tried.row.clone());
            side.changes.push(Change { key, from, to, before, after });
            side.values = side.values.with(key, to);
            side.stands = tried;
        }
        replays
    }

    /// The history under other numbers.
    fn cases(&self, values: &Values) -> Vec<Case> {
        let mut policy = self.policy.clone();
        let combination: Combination = policy.combination.clone();
        values.put(&mut policy);
        observing(&mut policy);
        let tracks = self.history.under(&policy, &combination, self.watched);
        let each = tracks.iter().zip(self.labels);
        each.map(|(track, label)| Case::of(track, *label, self.policy)).collect()
    }

    /// The best setting with these numbers, without one part. `None`: every setting decides more than the budget.
    fn weigh(&self, cases: &Rc<Vec<Case>>, without: Option<u64>) -> Option<Weighed> {
        let own = Setting::of(self.policy);
        let settings = choice::settings(&own, &choice::bounds(&own, self.policy), cases);
        let seen: Vec<&Case> = cases.iter().filter(|case| Some(case.part()) != without).collect();
        let (setting, row) = best(&seen, &settings, self.budget)?;
        Some(Weighed { cases: cases.clone(), setting, row })
    }
}

/// Each part by what was found without it. `None`: nothing was, for one of them.
fn unseen(sides: &[Side]) -> Option<Row> {
    (0..PARTS).try_fold(Row::default(), |sum, part| {
        let side = sides.iter().find(|side| side.without == Some(part))?;
        let held = side.stands.cases.iter().filter(|case| case.part() == part);
        Some(sum.and(&Row::of(held, &side.stands.setting)))
    })
}

/// What `with` catches more than `without`, less what drawing as many conversations by lot would.
fn gain(with: &Row, without: &Row) -> f64 {
    let difference = |with: usize, without: usize| with as f64 - without as f64;
    let caught = difference(with.caught, without.caught);
    let alarms = difference(with.false_alarms, without.false_alarms);
    let needed = with.needed as f64 / (with.needed + with.unneeded).max(1) as f64;
    caught - needed * (caught + alarms)
}

/// Of the labelled conversations that are decided now and were not, more needed a person than chance would draw; of those that
/// are not decided any more, fewer.
fn beats_chance(side: &Side, tried: &Weighed) -> bool {
    let (mut added, mut dropped) = (Drawn::default(), Drawn::default());
    let (mut open, mut decided) = (Drawn::default(), Drawn::default());
    for (before, after) in side.stands.cases.iter().zip(tried.cases.iter()) {
        let Some(label) = before.label.filter(|_| Some(before.part()) != side.without) else { continue };
        let was = before.is_decided(&side.stands.setting);
        let pool = if was { &mut decided } else { &mut open };
        pool.add(label.needed);
        match (was, after.is_decided(&tried.setting)) {
            (false, true) => added.add(label.needed),
            (true, false) => dropped.add(label.needed),
            (true, true) | (false, false) => {}
        }
    }
    let (more, noise_added) = added.over(open.share());
    let (lost, noise_dropped) = dropped.over(decided.share());
    let noise = (noise_added + noise_dropped).sqrt();
    noise > 0.0 && more - lost > NOISE * noise
}

/// Labelled conversations, and those of them that needed a person.
#[derive(Clone, Copy, Default)]
struct Drawn {
    all: f64,
    needed: f64,
}

impl Drawn {
    fn add(&mut self, needed: bool) {
        self.all += 1.0;
        self.needed += f64::from(u8::from(needed));
    }

    fn share(self) -> f64 {
        self.needed / self.all.max(1.0)
    }

    /// How many more needed a person than of as many that are drawn by lot, and the variance of such a draw.
    fn over(self, share: f64) -> (f64, f64) {
        (self.needed - self.all * share, self.all * share * (1.0 - share))
    }
}
