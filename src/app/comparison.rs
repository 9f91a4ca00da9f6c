//! What another policy would have changed: the hand-offs of two replays of the same input, side by side.
//!
//! "Before" is the policy that acts (`--policy`), "after" the one it is compared with (`--compare`). A hand-off is known by
//! its conversation and episode: added and lost are those that only one of the two has, earlier and later those whose event
//! times differ. What became of a hand-off, or of a conversation without one, is known under the acting policy alone.

use std::collections::{BTreeMap, BTreeSet};

use side::Key;

use super::embedded::Embedded;
use super::left_out::LeftOut;
use crate::domain::ids::Millis;
use crate::domain::outcome::OutcomeKind;
use crate::engine::port::Topic;
use crate::wire;

mod json;
mod side;
#[cfg(test)]
mod tests;

pub use side::{Acting, Named, Offers, Request, Side};

/// See the module.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Comparison {
    pub before: Named,
    pub after: Named,
    pub added: Vec<Difference>,
    pub lost: Vec<Difference>,
    pub earlier: Vec<Difference>,
    pub later: Vec<Difference>,
    /// Hand-offs at the same moment; of those, the ones that have the same reason and queue too.
    pub unchanged: usize,
    pub same: usize,
    /// Offers of a person, before and after.
    pub offers: (Offers, Offers),
    /// Records that neither side could take.
    pub left_out: LeftOut,
    /// Of the hand-offs that both make, moved or not.
    pub other_reason: usize,
    pub other_queue: usize,
    /// Whether outcomes were read: without them nobody knows what became of a hand-off.
    pub outcomes: Outcomes,
    pub by_reason: BTreeMap<String, Changes>,
    pub by_intent: BTreeMap<String, Changes>,
}

/// Whether the desktop's outcomes were part of the replays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Outcomes {
    Given,
    #[default]
    NotGiven,
}

/// Hand-offs of one reason or intent. What is lost or moved stands under the reason of the acting policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Changes {
    pub before: usize,
    pub after: usize,
    pub added: usize,
    pub lost: usize,
    pub earlier: usize,
    pub later: usize,
}

impl Changes {
    /// Hand-offs that differ.
    pub fn changed(self) -> usize {
        self.added + self.lost + self.earlier + self.later
    }

    /// Both together.
    pub fn plus(self, other: Changes) -> Changes {
        Changes {
            before: self.before + other.before,
            after: self.after + other.after,
            added: self.added + other.added,
            lost: self.lost + other.lost,
            earlier: self.earlier + other.earlier,
            later: self.later + other.later,
        }
    }
}

/// One hand-off that differs; `None` where that policy does not hand off.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub conversation_id: String,
    pub episode: u64,
    pub before: Option<Request>,
    pub after: Option<Request>,
    /// How far it moved, of those that are earlier or later.
    pub moved: Option<Moved>,
    /// What followed under the acting policy, of those that are added or lost.
    pub acting: Option<Acting>,
}

/// The distance between two moments of a conversation: its turns between them, and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Moved {
    pub turns: i64,
    pub ms: Millis,
}

impl Comparison {
    /// Compares the acting side with the other. `replayed` is either log, for the input that both have read.
    pub fn of(before: &Side, after: &Side, replayed: &Embedded, outcomes: Outcomes) -> Comparison {
        let mut found = Comparison::of_requests(before, after);
        found.outcomes = outcomes;
        found.measure(replayed);
        found.find_abandoned(replayed);
        found
    }

    fn of_requests(before: &Side, after: &Side) -> Comparison {
        let mut found = Comparison {
            before: before.policy.clone(),
            after: after.policy.clone(),
            offers: (before.offers(), after.offers()),
            ..Comparison::default()
        };
        let keys: BTreeSet<&Key> = before.requests.keys().chain(after.requests.keys()).collect();
        for key in keys {
            let (was, is) = (before.requests.get(key), after.requests.get(key));
            found.count(was, is);
            let (conversation_id, episode) = key.clone();
            let acting = (was.is_none() || is.is_none()).then(|| before.acting(&conversation_id, was));
            let moved = was.zip(is).map(|(was, is)| Moved { turns: 0, ms: (is.at - was.at).abs() });
            let list = match (was, is) {
                (None, _) => &mut found.added,
                (_, None) => &mut found.lost,
                (Some(was), Some(is)) if is.at < was.at => &mut found.earlier,
                (Some(was), Some(is)) if is.at > was.at => &mut found.later,
                (Some(_), Some(_)) => continue,
            };
            let (before, after) = (was.cloned(), is.cloned());
            list.push(Difference { conversation_id, episode, before, after, moved, acting });
        }
        found
    }

    /// Files one hand-off under its reasons and intents.
    fn count(&mut self, was: Option<&Request>, is: Option<&Request>) {
        if let (Some(was), Some(is)) = (was, is) {
            self.unchanged += usize::from(was.at == is.at);
            let same = was.at == is.at && was.reason == is.reason && was.queue == is.queue;
            self.same += usize::from(same);
            self.other_reason += usize::from(was.reason != is.reason);
            self.other_queue += usize::from(was.queue != is.queue);
        }
        let reason = |request: &Request| request.reason.clone();
        let intent = |request: &Request| request.intent.clone().unwrap_or_else(|| "_none".to_owned());
        file(&mut self.by_reason, was, is, reason);
        file(&mut self.by_intent, was, is, intent);
    }

    /// How many turns of its conversation lie between the two moments of a hand-off that moved.
    fn measure(&mut self, replayed: &Embedded) {
        let mut between: BTreeMap<String, Vec<Between>> = BTreeMap::new();
        for one in self.earlier.iter().chain(&self.later) {
            let Some((was, is)) = one.before.as_ref().zip(one.after.as_ref()) else { continue };
            let between = between.entry(one.conversation_id.clone()).or_default();
            between.push(Between {
                episode: one.episode,
                from: was.at.min(is.at),
                to: was.at.max(is.at),
                turns: BTreeSet::new(),
            });
        }
        if between.is_empty() {
            return;
        }
        replayed.each(Topic::Turns, |turn| {
            let Ok(turn) = wire::turn::decode(turn) else { return };
            let Some(moments) = between.get_mut(turn.conversation_id.as_ref()) else { return };
            for moment in
                moments.iter_mut().filter(|it| it.from < turn.event_time && turn.event_time <= it.to)
            {
                // One that is sent twice lies there once.
                moment.turns.insert(turn.event_id.clone().into_owned());
            }
        });
        for one in self.earlier.iter_mut().chain(&mut self.later) {
            let moments = between.get(&one.conversation_id).into_iter().flatten();
            let turns = moments.filter(|it| it.episode == one.episode).map(|it| it.turns.len() as i64).next();
            if let (Some(moved), Some(turns)) = (&mut one.moved, turns) {
                moved.turns = turns;
            }
        }
    }

    /// Which of the hand-offs that would be lost the customer did not wait for. An outcome that names no hand-off is taken
    /// for one about any of its conversation.
    fn find_abandoned(&mut self, replayed: &Embedded) {
        if self.lost.is_empty() {
            return;
        }
        let mut gave_up: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        replayed.each(Topic::Outcomes, |outcome| {
            let Ok(outcome) = wire::outcome::decode(outcome) else { return };
            if outcome.kind == OutcomeKind::Abandoned {
                let named = outcome.handoff_id.map(|id| id.into_owned());
                gave_up.entry(outcome.conversation_id.into_owned()).or_default().push(named);
            }
        });
        for one in &mut self.lost {
            let (Some(acting), Some(was)) = (&mut one.acting, &one.before) else { continue };
            let is_it = |named: &Option<String>| named.as_ref().is_none_or(|id| *id == was.handoff_id);
            acting.abandoned = gave_up.get(&one.conversation_id).is_some_and(|all| all.iter().any(is_it));
        }
    }

    /// The four lists, each with its word.
    pub fn lists(&self) -> [(&'static str, &[Difference]); 4] {
        [("added", &self.added), ("lost", &self.lost), ("earlier", &self.earlier), ("later", &self.later)]
    }
}

struct Between {
    episode: u64,
    /// The turns after `from` and up to `to` lie between.
    from: Millis,
    to: Millis,
    /// Their event ids.
    turns: BTreeSet<String>,
}

fn file(
    all: &mut BTreeMap<String, Changes>,
    was: Option<&Request>,
    is: Option<&Request>,
    name: impl Fn(&Request) -> String,
) {
    if let Some(was) = was {
        let entry = all.entry(name(was)).or_default();
        entry.before += 1;
        entry.lost += usize::from(is.is_none());
        entry.earlier += usize::from(is.is_some_and(|is| is.at < was.at));
        entry.later += usize::from(is.is_some_and(|is| is.at > was.at));
    }
    if let Some(is) = is {
        let entry = all.entry(name(is)).or_default();
        entry.after += 1;
        entry.added += usize::from(was.is_none());
    }
}

/// Of hand-offs that would be lost: how many of them a person took, and so on; one may count under several.
pub fn followed(lost: &[Difference]) -> [(&'static str, usize); 4] {
    let count = |is: fn(&Acting) -> bool| {
        lost.iter().filter_map(|one| one.acting.as_ref()).filter(|it| is(it)).count()
    };
    [
        ("answered", count(|it| it.answered)),
        ("resolved", count(|it| it.resolved)),
        ("returned", count(|it| it.returned)),
        ("abandoned", count(|it| it.abandoned)),
    ]
}

/// Of hand-offs that would be added: how their conversations ended without, by `end_kind`, and how many were missed.
pub fn ended(added: &[Difference]) -> (BTreeMap<&str, usize>, usize) {
    let mut kinds = BTreeMap::new();
    let mut missed = 0;
    for acting in added.iter().filter_map(|one| one.acting.as_ref()) {
        *kinds.entry(acting.end_kind.as_str()).or_default() += 1;
        missed += usize::from(acting.missed_handoff);
    }
    (kinds, missed)
}

/// The median of each distance by itself: of an even number the mean of the two in the middle, rounded down. `None` of none.
pub fn median(moved: &[Difference]) -> Option<Moved> {
    let of = |each: fn(Moved) -> i64| {
        let mut all: Vec<i64> = moved.iter().filter_map(|one| one.moved.map(each)).collect();
        all.sort_unstable();
        let (low, high) = (all.get(all.len().checked_sub(1)? / 2)?, all.get(all.len() / 2)?);
        Some((low + high) / 2)
    };
    Some(Moved { turns: of(|it| it.turns)?, ms: of(|it| it.ms)? })
}
