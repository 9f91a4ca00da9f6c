//! The policies that watch a partition beside the acting one: each has conversations of its own, fed the same records.
//!
//! Source of truth for: what every shadow policy knows, and since when it watches. In the changelog it stands under keys of
//! its own ([`crate::wire::shadow`]), so nothing of it is in the state of the acting policy.
//!
//! 1. A conversation that begins while a policy watches is judged as a replay under that policy judges it.
//! 2. One that was under way when the policy was set is taken over at its next record, as the acting policy has it then:
//!    evidence, offer and hand-off included.
//! 3. What a policy knew that is not set any more, or was changed, is dropped: tombstones, a bounded number a commit. It
//!    begins anew if it is set again meanwhile: what is left of it is from before the gap.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge::{Desk, Judge, Seat};
use crate::domain::Input;
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::domain::text::Reading;
use crate::engine::error::Error;
use crate::engine::outbox::Outbox;
use crate::engine::port::Topic;
use crate::engine::store::Store;
use crate::wire;
use crate::wire::partition::Watch;

/// Tombstones of one commit.
const DROPPED_AT_ONCE: usize = 10_000;

/// A policy that watches.
#[derive(Clone, Debug)]
pub struct Shadow {
    policy: Arc<Policy>,
    print: u64,
}

impl Shadow {
    pub fn new(policy: Arc<Policy>) -> Shadow {
        policy.lexicon.ready();
        Shadow { print: wire::shadow::print(&policy), policy }
    }
}

/// See the module. Empty where no shadow policy is set: then nothing is looked at and nothing is kept.
#[derive(Default)]
pub(super) struct Shadows {
    watching: Vec<Watching>,
    /// What the newest partition record said.
    recorded: Vec<Watch>,
    /// Keys of states whose policy does not watch any more; the first `dropping` of them are in the batch.
    gone: BTreeSet<Box<[u8]>>,
    dropping: usize,
    /// Those of `gone` that the batch writes a new state for.
    revived: Vec<Box<[u8]>>,
}

struct Watching {
    judge: Judge,
    print: u64,
    /// A text that was read for the acting policy need not be read again.
    reads_like_acting: bool,
    /// Offset of the first turn it met.
    since: i64,
}

impl Shadows {
    pub fn new(shadows: &[Shadow], acting: &Policy) -> Shadows {
        let watching = |(position, shadow): (usize, &Shadow)| Watching {
            judge: Judge::new(shadow.policy.clone(), Seat::Shadow(position)),
            print: shadow.print,
            reads_like_acting: shadow.policy.reads_like(acting),
            since: i64::MIN,
        };
        Shadows { watching: shadows.iter().enumerate().map(watching).collect(), ..Shadows::default() }
    }

    /// The acting policy is another one.
    pub fn meet_acting(&mut self, acting: &Policy) {
        for watching in &mut self.watching {
            watching.reads_like_acting = watching.judge.policy.reads_like(acting);
        }
    }

    /// Takes in a committed changelog record, if it is a shadow's. Errors: its state cannot be read.
    pub fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<Taken, Error> {
        let Some((print, id)) = wire::shadow::read_key(key) else { return Ok(Taken::NotOurs) };
        match self.watching.iter_mut().find(|watching| watching.print == print) {
            Some(watching) => {
                let packed = value.map(wire::shadow::packed).transpose();
                let packed = packed.map_err(|problem| {
                    let id = String::from_utf8_lossy(id);
                    Error::Fatal(format!("changelog record of {id:?}: {}", problem.error))
                })?;
                watching.judge.restore(id, packed)?;
            }
            None if value.is_some() => _ = self.gone.insert(key.into()),
            None => _ = self.gone.remove(key),
        }
        Ok(Taken::Ours)
    }

    /// A partition record tells since when each policy watches.
    pub fn recorded(&mut self, watches: Vec<Watch>) {
        self.recorded = watches;
    }

    /// The changelog is read. `next_turn`: the offset of the next turn; `None`: this partition has never committed.
    pub fn restored(&mut self, next_turn: Option<i64>) {
        for watching in &mut self.watching {
            let print = wire::shadow::print_text(watching.print);
            let known = self.recorded.iter().find(|watch| watch.print == print).map(|watch| watch.since);
            if known.is_none() {
                let store = std::mem::take(&mut watching.judge.store);
                self.gone.extend(store.keys().map(|id| wire::shadow::key(watching.print, id).into()));
            }
            watching.since = known.or(next_turn).unwrap_or(i64::MIN);
        }
        if !self.gone.is_empty() {
            tracing::info!(states = self.gone.len(), "states of shadow policies that are gone are dropped");
        }
    }

    /// Before the acting policy meets a record: who does not know a conversation that was under way takes it over.
    pub fn take_over(&mut self, id: &str, acting: &Store) {
        for watching in self.watching.iter_mut().filter(|watching| watching.since > i64::MIN) {
            let judge = &mut watching.judge;
            if judge.store.holds(id.as_bytes()) {
                continue;
            }
            // One that cannot be read is the acting policy's trouble.
            let Ok(Some(known)) = acting.look(id.as_bytes()) else { return };
            if known.offsets.first < watching.since
                && let Ok((slot, _)) = judge.store.take(id.as_bytes())
            {
                judge.stage(slot, Some(&known));
            }
        }
    }

    /// The conversation meets a record under each policy. What one of them refuses changes nothing for it. `reading`: the
    /// text as the acting policy has read it.
    pub fn meet(
        &mut self,
        id: &str,
        input: Input<'_>,
        offset: i64,
        reading: &OnceCell<Reading>,
        desk: &mut Desk<'_>,
    ) {
        for watching in &mut self.watching {
            let own = OnceCell::new();
            let reading = if watching.reads_like_acting { reading } else { &own };
            // A shadow makes no dead letter: what it refuses is no fault of the record.
            if let Err(problem) = watching.judge.meet(id, input, offset, reading, desk)
                && problem.stage == "state"
            {
                let policy = watching.judge.policy.label();
                tracing::error!(
                    policy,
                    conversation_id = id,
                    error = problem.error,
                    "a shadow policy passes over a turn"
                );
            }
        }
    }

    /// See [`Judge::fire_due`].
    pub fn fire_due(&mut self, until: Millis, desk: &mut Desk<'_>) -> bool {
        let fired = self.watching.iter_mut().filter_map(|watching| {
            let fired = watching.judge.fire_due(until, desk);
            fired.then_some(())
        });
        fired.count() > 0
    }

    /// See [`Store::earliest_due`].
    pub fn earliest_due(&self) -> Option<Millis> {
        self.watching.iter().filter_map(|watching| watching.judge.store.earliest_due()).min()
    }

    /// Bytes of keys and packed states.
    pub fn bytes(&self) -> usize {
        self.watching.iter().map(|watching| watching.judge.store.bytes()).sum()
    }

    /// Something is left to drop.
    pub fn has_gone(&self) -> bool {
        !self.gone.is_empty()
    }

    /// Changelog records of the batch into the outbox, and what the partition record says of the policies.
    pub fn seal(&mut self, partition: i32, out: &mut Outbox) -> Vec<Watch> {
        for watching in &self.watching {
            for (id, packed) in watching.judge.store.staged() {
                let key = wire::shadow::key(watching.print, id);
                self.revived.extend(self.gone.take(key.as_slice()));
                match packed {
                    Some(packed) => {
                        out.push(Topic::Changelog, Some(partition), &key, |bytes| {
                            wire::shadow::put(packed, bytes)
                        });
                    }
                    None => out.push_tombstone(Topic::Changelog, Some(partition), &key),
                }
            }
        }
        self.dropping = self.gone.len().min(DROPPED_AT_ONCE);
        for key in self.gone.iter().take(self.dropping) {
            out.push_tombstone(Topic::Changelog, Some(partition), key);
        }
        let watch = |watching: &Watching| Watch {
            policy: watching.judge.policy.label(),
            print: wire::shadow::print_text(watching.print),
            since: watching.since,
        };
        self.watching.iter().map(watch).collect()
    }

    /// The batch is committed.
    pub fn commit(&mut self) {
        self.watching.iter_mut().for_each(|watching| watching.judge.store.commit());
        for _ in 0..std::mem::take(&mut self.dropping) {
            self.gone.pop_first();
        }
        self.revived.clear();
    }

    /// The batch is dropped.
    pub fn rollback(&mut self) {
        self.watching.iter_mut().for_each(|watching| watching.judge.rollback());
        self.dropping = 0;
        self.gone.extend(self.revived.drain(..));
    }
}

/// Whether a changelog record was a shadow's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Ours,
    NotOurs,
}
