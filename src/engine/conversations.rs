//! One partition of conversations: turns and outcomes in, hand-offs, summaries, changelog and increments out.
//!
//! Source of truth for: partition time and the conversations of the partition (through `judge`; those of shadow policies
//! through `shadows`).
//! Partition time is the largest min(event time, Kafka timestamp) read; it never goes back; it is kept with the state.
//! A timer due at d fires before the first record of its own conversation with an event time after d, or when partition
//! time passes d + lateness. A batch has room for a bounded number of timers: what is left fires first in the next one, and
//! until then no record is taken and no other policy comes into force. The windows hear of a time when all is done that was
//! due by then. (Who takes a partition over with timers left, and knows a newer policy only, fires them by that one.)
//! The acting policy changes only at the start of a batch; the partition record says from which records on. What has happened
//! is judged again by who judged it then ([`Shared::past`]).

mod intake;
mod judge;
mod shadows;
mod standing;
mod task;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use super::codec::Codec;
use super::error::Error;
use super::outbox::Outbox;
use super::policies::{Board, InForce, Patience};
use super::settings::Settings;
use super::stats::Stats;
use super::tally::Tally;
use super::terms::Terms;
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::Signal;
use crate::domain::ids::Millis;
use judge::{Desk, Judge, Seat};
pub use shadows::Shadow;
use shadows::Shadows;
use standing::Standing;

/// What a turn did, for those who want to watch (`replay --signals`, `--packages`).
#[derive(Debug)]
pub struct Observed<'a> {
    pub conversation_id: &'a str,
    pub event_id: &'a str,
    pub partition: i32,
    pub signals: &'a [Signal],
    /// Strength of the combination, where the turn raised a peak of it.
    pub combined: Option<f64>,
    /// Who owned the conversation when the signals were weighed.
    pub weighed_in: Phase,
    pub after: &'a Conversation,
}

/// Called for every turn that was taken, before its batch commits. Shared by the partitions of a worker.
pub type Observer = Arc<Mutex<dyn FnMut(Observed<'_>) + Send>>;

/// What all partitions of a worker share.
#[derive(Clone)]
pub struct Shared {
    pub settings: Settings,
    /// The acting policy, and who is told of another.
    pub policies: Arc<Board>,
    /// Of each partition, who judged which records: then nobody is told of another.
    pub past: Option<Arc<BTreeMap<i32, Terms>>>,
    /// Policies that watch beside it.
    pub shadows: Vec<Shadow>,
    pub stats: Arc<Stats>,
    /// Name of the turns topic in transcripts; `None` when a file is replayed.
    pub transcript_topic: Option<String>,
    /// Names of the inputs, for dead letters.
    pub turns_name: String,
    pub outcomes_name: String,
    pub codec: Codec,
}

/// See the module.
pub struct Conversations {
    partition: i32,
    shared: Arc<Shared>,
    /// Whose policy the acting judge judges by.
    in_force: Arc<InForce>,
    acting: Judge,
    shadows: Shadows,
    standing: Standing,
    committed: Standing,
    patience: Patience,
    /// Position of the term that judges, where the past is known.
    term: usize,
    dirty: bool,
    /// Timers are left that are due by partition time.
    behind: bool,
    tally: Tally,
    /// What this partition has added to the gauges of open conversations and of bytes.
    counted_open: i64,
    counted_bytes: i64,
    observer: Option<Observer>,
}

impl Conversations {
    pub fn new(partition: i32, shared: Arc<Shared>, observer: Option<Observer>) -> Conversations {
        let in_force = match terms(&shared, partition) {
            Some(terms) => Arc::new(terms.all()[0].in_force.clone()),
            None => shared.policies.newest(),
        };
        let standing = Standing { told_time: Millis::MIN, ..Standing::default() };
        Conversations {
            partition,
            acting: Judge::new(in_force.policy.clone(), Seat::Acting),
            shadows: Shadows::new(&shared.shadows, &in_force.policy),
            in_force,
            patience: Patience::default(),
            term: 0,
            shared,
            committed: standing.clone(),
            standing,
            dirty: false,
            behind: false,
            tally: Tally::default(),
            counted_open: 0,
            counted_bytes: 0,
            observer,
        }
    }

    /// Judges by another policy from here on.
    fn adopt(&mut self, in_force: Arc<InForce>) {
        self.acting.adopt(in_force.policy.clone());
        self.shadows.meet_acting(&in_force.policy);
        self.in_force = in_force;
    }

    /// The past's policies up to this one come into force, each at the time that its note says.
    fn come_to(&mut self, term: usize, clock: Millis, out: &mut Outbox) {
        let shared = self.shared.clone();
        let Some(terms) = terms(&shared, self.partition) else { return };
        while self.term < term {
            if let Some(time) = terms.time(self.term + 1) {
                self.move_time(time, clock);
                self.fire_due(out);
            }
            self.term += 1;
            self.adopt(Arc::new(terms.all()[self.term].in_force.clone()));
            self.fire_due(out);
        }
    }

    fn count_open(&mut self) {
        let store = &self.acting.store;
        let (open, bytes) = (store.len() as i64, (store.bytes() + self.shadows.bytes()) as i64);
        self.shared.stats.open_conversations.fetch_add(open - self.counted_open, Relaxed);
        self.shared.stats.state_bytes.fetch_add(bytes - self.counted_bytes, Relaxed);
        (self.counted_open, self.counted_bytes) = (open, bytes);
    }

    fn partition_time(&self) -> Millis {
        self.standing.time.map_or(Millis::MIN, |(time, _)| time)
    }

    fn move_time(&mut self, to: Millis, clock: Millis) {
        if to > self.partition_time() {
            self.standing.time = Some((to, clock));
        }
    }

    /// The last moment that partition time has passed by more than the lateness: strictly.
    fn until(&self) -> Millis {
        self.partition_time().saturating_sub(self.shared.settings.lateness_ms).saturating_sub(1)
    }

    fn earliest_due(&self) -> Option<Millis> {
        self.acting.store.earliest_due().into_iter().chain(self.shadows.earliest_due()).min()
    }

    fn has_due(&self) -> bool {
        self.earliest_due().is_some_and(|due| due <= self.until())
    }

    /// Partition time, as far as everything is done that was due by then.
    fn settled_time(&self) -> Option<Millis> {
        let (time, _) = self.standing.time?;
        let left = self.earliest_due().filter(|_| self.behind);
        Some(left.map_or(time, |due| time.min(due.saturating_add(self.shared.settings.lateness_ms))))
    }

    /// Fires the timers that partition time has passed by more than the lateness, as many as the batch has room for.
    fn fire_due(&mut self, out: &mut Outbox) {
        let (until, partition_time) = (self.until(), self.partition_time());
        let mut desk = Desk {
            shared: &self.shared,
            partition: self.partition,
            partition_time,
            tally: &mut self.tally,
            out,
        };
        self.dirty |= self.acting.fire_due(until, &mut desk);
        self.dirty |= self.shadows.fire_due(until, &mut desk);
        self.behind = self.has_due();
    }
}

fn terms(shared: &Shared, partition: i32) -> Option<&Terms> {
    shared.past.as_ref()?.get(&partition)
}

impl Drop for Conversations {
    fn drop(&mut self) {
        self.shared.stats.open_conversations.fetch_sub(self.counted_open, Relaxed);
        self.shared.stats.state_bytes.fetch_sub(self.counted_bytes, Relaxed);
        if self.standing.dead_in_a_row > 0 {
            self.shared.stats.dead_in_a_row(self.partition, 0);
        }
    }
}

#[cfg(test)]
mod tests;
