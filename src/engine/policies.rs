//! The policy in force, as a process knows it, and where each partition has switched to it.
//!
//! Source of truth for: which policy a partition judges its next record by. Whoever hears of an applied policy puts it on the
//! [`Board`]; each partition takes the newest one at the start of a batch, when nothing is staged.
//! Invariants: revisions on a board only grow; the process' own policy has revision 0 and so gives way to every applied one.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::wire;
use crate::wire::partition::Switch;

/// Switches that a partition record names at most: the newest.
pub const SWITCHES: usize = 16;

/// A policy that is in force.
#[derive(Clone, Debug)]
pub struct InForce {
    pub policy: Arc<Policy>,
    /// `version@hash8`: tells it from every other text ([`wire::policy::stamp`]).
    pub stamp: String,
    /// 0: what the process was started with; else one more than the offset at which the policies' topic says so.
    pub revision: i64,
}

impl InForce {
    /// What the process was started with.
    pub fn own(policy: Arc<Policy>) -> InForce {
        InForce { stamp: wire::policy::stamp(&policy), policy, revision: 0 }
    }

    /// The hash8 of its stamp.
    pub fn fingerprint(&self) -> &str {
        self.stamp.rsplit('@').next().unwrap_or_default()
    }

    /// A partition is under this policy by what its record says.
    pub fn is_noted_by(&self, switch: &Switch) -> bool {
        (switch.revision, &switch.policy) == (self.revision, &self.stamp)
    }

    /// The note of a partition whose next records and time are these.
    pub fn note(&self, next: &[i64], time: Millis) -> Switch {
        let at = |input: usize| next.get(input).copied().unwrap_or(0);
        Switch {
            policy: self.stamp.clone(),
            name: self.policy.name.clone(),
            revision: self.revision,
            next_turns: at(0),
            next_outcomes: at(1),
            time,
        }
    }
}

/// What all partitions of a process look at. See the module.
#[derive(Debug)]
pub struct Board {
    newest: RwLock<Arc<InForce>>,
    /// The newest revision whose text this version cannot use; 0: none.
    refused: AtomicI64,
    looks: AtomicU64,
}

impl Board {
    /// A process that nobody told of another policy yet.
    pub fn new(own: InForce) -> Board {
        own.policy.lexicon.ready();
        Board { newest: RwLock::new(Arc::new(own)), refused: AtomicI64::new(0), looks: AtomicU64::new(0) }
    }

    /// A process whose policy does not change.
    pub fn of(policy: Arc<Policy>) -> Arc<Board> {
        Arc::new(Board::new(InForce::own(policy)))
    }

    pub fn newest(&self) -> Arc<InForce> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An applied policy was heard of. One that is not newer than what is known changes nothing; true if it does.
    pub fn put(&self, heard: InForce) -> bool {
        // Here, where nobody waits, and not at a partition's next turn.
        heard.policy.lexicon.ready();
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        let is_newer = heard.revision > newest.revision;
        if is_newer {
            *newest = Arc::new(heard);
        }
        is_newer
    }

    /// A policy was heard of whose text this version cannot use.
    pub fn refuse(&self, revision: i64) {
        self.refused.fetch_max(revision, SeqCst);
    }

    /// The topic was read to the end that it had when the look began.
    pub fn looked(&self) {
        self.looks.fetch_add(1, SeqCst);
    }

    /// Looks that have ended.
    pub fn looks(&self) -> u64 {
        self.looks.load(SeqCst)
    }
}

/// Whether a partition that is restored may go on: who had it before may have heard of a policy that is not known here yet.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// Looks that had ended when it was first asked.
    since: Option<u64>,
}

/// What [`Patience::ask`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Known,
    NotYet,
    /// The topic was read to its end since, and holds it in a text that this version cannot use.
    Unreadable,
    /// The topic was read to its end since, and does not hold it.
    Gone,
}

impl Patience {
    /// Whether the board knows the policy of a note, under its revision; in the end also under another: what was taken back left
    /// each instance its own, and the record that said so may be compacted away. Of two looks that end from now on the second
    /// began after now.
    pub fn ask(&mut self, board: &Board, noted: &Switch) -> Heard {
        let looks = board.looks();
        let newest = board.newest();
        if noted.revision <= newest.revision {
            return Heard::Known;
        }
        if looks < *self.since.get_or_insert(looks) + 2 {
            return Heard::NotYet;
        }
        if noted.policy == newest.stamp {
            Heard::Known
        } else if noted.revision <= board.refused.load(SeqCst) {
            Heard::Unreadable
        } else {
            Heard::Gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(revision: i64, version: &str) -> InForce {
        let policy = wire::policy::load("a.toml", &format!("version = \"{version}\"")).expect("a policy");
        InForce { revision, ..InForce::own(Arc::new(policy)) }
    }

    #[test]
    fn what_comes_into_force_is_compiled_before_anybody_judges_by_it() {
        let board = Board::of(Arc::new(wire::policy::built_in()));
        assert!(board.newest().policy.lexicon.is_compiled());
        let next = wire::policy::load("a.toml", "version = \"2\"").expect("a policy");
        assert!(!next.lexicon.is_compiled(), "reading a text compiles nothing");
        board.put(InForce { policy: Arc::new(next), stamp: "2@0".to_owned(), revision: 1 });
        assert!(board.newest().policy.lexicon.is_compiled());
    }

    #[test]
    fn only_what_is_newer_comes_into_force() {
        let board = Board::of(Arc::new(wire::policy::built_in()));
        let put =
            [(3, "7"), (2, "6"), (3, "8"), (4, "6")].map(|(revision, v)| board.put(applied(revision, v)));
        assert_eq!(put, [true, false, false, true]);
        let newest = board.newest();
        assert_eq!((newest.revision, newest.policy.version.as_str()), (4, "6"));
        assert_eq!(newest.stamp, wire::policy::stamp(&newest.policy));
    }

    #[test]
    fn a_partition_waits_for_what_its_last_owner_knew_until_the_topic_proves_not_to_hold_it() {
        let board = Board::of(Arc::new(wire::policy::built_in()));
        let mut patience = Patience::default();
        let noted = |revision| applied(revision, "7").note(&[], 0);
        assert_eq!(patience.ask(&board, &noted(0)), Heard::Known);
        board.looked();
        assert_eq!(patience.ask(&board, &noted(5)), Heard::NotYet);
        board.looked();
        assert_eq!(patience.ask(&board, &noted(5)), Heard::NotYet, "that look may have begun before");
        board.looked();
        assert_eq!(patience.ask(&board, &noted(5)), Heard::Gone);
        board.put(applied(5, "7"));
        assert_eq!(patience.ask(&board, &noted(5)), Heard::Known);
    }

    #[test]
    fn a_note_that_the_topic_does_not_prove_tells_why() {
        let board = Board::new(InForce { revision: 0, ..applied(0, "7") });
        let mut patience = Patience::default();
        let [own, newer] = ["7", "8"].map(|version| applied(5, version).note(&[], 0));
        assert_eq!([&own, &newer].map(|noted| patience.ask(&board, noted)), [Heard::NotYet; 2]);
        (0..2).for_each(|_| board.looked());
        assert_eq!(patience.ask(&board, &own), Heard::Known, "taken back, and that is compacted away");
        board.refuse(4);
        assert_eq!(patience.ask(&board, &newer), Heard::Gone);
        board.refuse(5);
        assert_eq!(patience.ask(&board, &newer), Heard::Unreadable);
    }
}
