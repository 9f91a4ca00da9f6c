//! Which policy was in force for which records of a partition: what a replay of what has happened goes by, in the place of a
//! [`Board`](super::policies::Board).

use super::policies::InForce;
use super::port::{Record, Topic};
use crate::domain::ids::Millis;
use crate::wire::partition::Switch;

/// A policy, and from where on it was in force.
#[derive(Clone, Debug)]
pub struct Term {
    /// `None`: from the beginning, as far as is known.
    pub since: Option<Switch>,
    pub in_force: InForce,
    /// Why that policy could not be had and `in_force` is another one.
    pub instead_of: Option<String>,
}

/// All of them, the oldest first. Invariant: there is one at least.
#[derive(Clone, Debug)]
pub struct Terms(Vec<Term>);

impl Terms {
    /// One policy for everything.
    pub fn only(in_force: InForce) -> Terms {
        Terms(vec![Term { since: None, in_force, instead_of: None }])
    }

    /// By the notes of a partition. `find` knows the policy of a stamp, or why there is none; `own` stands in for it.
    pub fn of(switches: Vec<Switch>, own: &InForce, find: impl Fn(&str) -> Result<InForce, String>) -> Terms {
        let term = |since: Switch| {
            let (in_force, instead_of) = match find(&since.policy) {
                Ok(found) => (found, None),
                Err(why) => (own.clone(), Some(format!("{}: {why}", since.policy))),
            };
            Term { since: Some(since), in_force, instead_of }
        };
        let mut terms: Vec<Term> = switches.into_iter().map(term).collect();
        if terms.is_empty() {
            return Terms::only(own.clone());
        }
        // What came before the oldest note is not known any more, or there was nothing.
        terms[0].since =
            terms[0].since.take().filter(|since| since.next_turns > 0 || since.next_outcomes > 0);
        Terms(terms)
    }

    pub fn all(&self) -> &[Term] {
        &self.0
    }

    /// Nobody notes any more who judged a record: it is older than the oldest note, and the first of all stands in.
    pub fn is_before_first(&self, record: &Record) -> bool {
        let first = self.0.first().and_then(|term| term.since.as_ref());
        first.is_some_and(|since| record.offset < first_of(since, record.topic))
    }

    /// The position of the one that judged a record.
    pub fn at(&self, record: &Record) -> usize {
        let has_begun = |term: &&Term| {
            term.since.as_ref().is_none_or(|since| record.offset >= first_of(since, record.topic))
        };
        self.0.iter().take_while(has_begun).count().saturating_sub(1)
    }

    /// The position of the last one that had come into force when partition time passed `time`.
    pub fn by(&self, time: Millis) -> usize {
        let before = |term: &Term| term.since.as_ref().is_none_or(|since| since.time < time);
        self.0.iter().take_while(|term| before(term)).count().saturating_sub(1)
    }

    /// Partition time when it came into force.
    pub fn time(&self, position: usize) -> Option<Millis> {
        self.0.get(position)?.since.as_ref().map(|since| since.time).filter(|time| *time > Millis::MIN)
    }
}

/// The offset of the first record that it judges.
fn first_of(since: &Switch, topic: Topic) -> i64 {
    if topic == Topic::Outcomes { since.next_outcomes } else { since.next_turns }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::wire;

    fn in_force(version: &str) -> InForce {
        let policy = wire::policy::load("p.toml", &format!("version = \"{version}\"")).expect("a policy");
        InForce { stamp: version.to_owned(), ..InForce::own(Arc::new(policy)) }
    }

    fn switch(policy: &str, next_turns: i64, next_outcomes: i64) -> Switch {
        let name = "p.toml".to_owned();
        Switch { policy: policy.to_owned(), name, revision: 1, next_turns, next_outcomes, time: next_turns }
    }

    #[test]
    fn a_record_was_judged_by_the_policy_in_force_at_its_offset() {
        let own = in_force("own");
        let switches = vec![switch("a", 0, 0), switch("lost", 10, 3), switch("b", 20, 3)];
        let find = |stamp: &str| if stamp == "lost" { Err("gone".to_owned()) } else { Ok(in_force(stamp)) };
        let terms = Terms::of(switches, &own, find);
        let at = |topic, offset| {
            let term = &terms.all()[terms.at(&Record::new(topic, 0, offset, None, None, None))];
            (term.in_force.stamp.as_str(), term.instead_of.as_deref())
        };
        let lost = ("own", Some("lost: gone"));
        assert_eq!([at(Topic::Turns, 0), at(Topic::Turns, 9)], [("a", None); 2]);
        assert_eq!([at(Topic::Turns, 10), at(Topic::Turns, 19)], [lost; 2]);
        assert_eq!([at(Topic::Turns, 20), at(Topic::Outcomes, 3)], [("b", None); 2]);
        assert_eq!(at(Topic::Outcomes, 2), ("a", None));
        assert_eq!([terms.time(0), terms.time(2), terms.time(3)], [None, Some(20), None]);
        let is_before = |terms: &Terms, topic, offset| {
            terms.is_before_first(&Record::new(topic, 0, offset, None, None, None))
        };
        assert!(!is_before(&terms, Topic::Turns, 0), "the oldest note is of the beginning");
        let later = Terms::of(vec![switch("b", 20, 3)], &own, find);
        let before = [(Topic::Turns, 19), (Topic::Turns, 20), (Topic::Outcomes, 2), (Topic::Outcomes, 3)];
        let before = before.map(|(topic, offset)| is_before(&later, topic, offset));
        assert_eq!(before, [true, false, true, false]);
        let only = Terms::of(Vec::new(), &own, find);
        assert!(!is_before(&only, Topic::Turns, 0));
        assert_eq!((only.all().len(), only.all()[0].in_force.stamp.as_str()), (1, "own"));
    }
}
