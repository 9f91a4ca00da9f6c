//! Which policy was in force for which records of a partition: what its partition record notes, with the texts that the topic
//! of applied policies still holds.

use std::sync::Arc;

use super::follow::read;
use crate::app::policy_files::under;
use crate::config::Settings;
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::policies::InForce;
use crate::engine::port::{Record, Topic};
use crate::kafka::Names;
use crate::kafka::scan::Scan;
use crate::wire;
use crate::wire::partition::{PartitionRecord, Switch};

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

    /// The position of the one that judged a record.
    pub fn at(&self, record: &Record) -> usize {
        let is_outcome = record.topic == Topic::Outcomes;
        let has_begun = |term: &&Term| {
            let first = |since: &Switch| if is_outcome { since.next_outcomes } else { since.next_turns };
            term.since.as_ref().is_none_or(|since| record.offset >= first(since))
        };
        self.0.iter().take_while(has_begun).count().saturating_sub(1)
    }

    /// Partition time when it came into force.
    pub fn time(&self, position: usize) -> Option<Millis> {
        self.0.get(position)?.since.as_ref().map(|since| since.time).filter(|time| *time > Millis::MIN)
    }
}

/// Reads the notes of a partition and the texts. `own` is the policy of the settings. Errors: the cluster, or rights.
pub fn terms(
    scan: &Scan,
    names: &Names,
    partition: i32,
    own: &InForce,
    settings: &Settings,
) -> Result<Terms, Error> {
    let Some(noted) = partition_record(scan, names, partition)? else { return Ok(Terms::only(own.clone())) };
    let library = read(scan, names.of(Topic::Policies))?;
    Ok(Terms::of(noted.switches, own, |stamp| match library.policy(stamp) {
        Some(Ok(policy)) => {
            let policy = Arc::new(under(settings, policy));
            Ok(InForce { policy, stamp: stamp.to_owned(), revision: 0 })
        }
        Some(Err(problem)) => Err(problem),
        None if stamp == own.stamp => Ok(own.clone()),
        None => Err("it was not applied, but some instance's own".to_owned()),
    }))
}

/// The newest partition record: near the end of the changelog, because every commit writes one.
fn partition_record(scan: &Scan, names: &Names, partition: i32) -> Result<Option<PartitionRecord>, Error> {
    const FIRST_LOOK: i64 = 2_000;
    let name = names.of(Topic::Changelog);
    let bounds = scan.bounds(name, partition)?;
    let mut reach = FIRST_LOOK;
    loop {
        let from = bounds.low.max(bounds.end - reach);
        let mut newest = None;
        scan.read((Topic::Changelog, name), partition, from..bounds.end, |record| {
            if record.key() == Some(wire::partition::KEY) {
                newest = record.value().map(<[u8]>::to_vec);
            }
            true
        })?;
        if let Some(newest) = newest {
            return wire::partition::decode(&newest)
                .map(Some)
                .map_err(|problem| Error::Fatal(format!("{name}-{partition}: {}", problem.error)));
        }
        if from == bounds.low {
            return Ok(None);
        }
        reach *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let only = Terms::of(Vec::new(), &own, find);
        assert_eq!((only.all().len(), only.all()[0].in_force.stamp.as_str()), (1, "own"));
    }
}
