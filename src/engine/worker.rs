//! The loop of one thread: gather → process → commit.
//!
//! ```text
//! ROUND    gather: bounded polls; assignment changes happen in here and nowhere else
//!          restore: what was assigned and is not ready yet, a piece at a time
//!          settle: a commit whose outcome is unknown, before anything new is processed
//!          process: every gathered record, the inputs of a partition in order; proofs of idleness; the end of a bounded run
//!          commit
//! COMMIT 1 begin
//!        2 send outputs, changelog and partition record, deltas
//!        3 offsets of every touched partition, moved or not, with the checked group membership
//!        4 commit
//!        5 only now: staged state becomes the committed map
//! ABORT    drop what is staged of all partitions, read again from the committed offsets
//! RELOAD   the outcome is unknown: renew the producer, read the commit number back. Ours ⇒ 5. The one before ⇒ ABORT.
//!          Anything else ⇒ restore from the changelog.
//! ```
//! Invariant: no transaction is open while polling, so a rebalance never meets uncommitted work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::error::Error;
use super::finish::Finish;
use super::lane::{Input, Lane};
use super::outbox::Outbox;
use super::port::{Change, Clock, Membership, Port, Record, Topic, Topology};
use super::restore::Restore;
use super::settings::{Settings, TimeSource};
use super::spans;
use super::stats::Stats;
use super::task::Task;
use super::view::Query;
use crate::domain::ids::Millis;

/// One partition we own.
pub(super) struct Owned<T> {
    pub(super) task: T,
    pub(super) lane: Lane,
    pub(super) stage: Stage,
    /// Number and metadata of the last commit that is known to have happened.
    pub(super) commit_number: u64,
    pub(super) metadata: String,
    /// Our clock at the last commit that carried this partition; `None`: one is due at once (just restored).
    pub(super) committed_at: Option<Millis>,
    /// Our clock at the moment before the last proof that both inputs end where we stand.
    proof_asked_at: Millis,
    pub(super) finish: FinishStage,
    /// Restores of this assignment that found offsets and changelog apart.
    pub(super) restarts: u8,
    /// From the assignment until it works.
    pub(super) restoring: tracing::Span,
}

/// Where a partition is between assignment and work.
pub(super) enum Stage {
    Restoring(Restore),
    Running,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FinishStage {
    Backlog,
    Done,
    /// Advanced to the horizon, not committed yet.
    Moving,
    Moved,
}

/// A commit whose outcome is unknown: what it carried.
pub(super) struct Unsettled {
    /// Partition and the metadata that was sent.
    pub(super) sent: Vec<(i32, String)>,
}

/// What a round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Something was processed or restored.
    Worked,
    Idle,
    /// A bounded run is over for all partitions.
    Over,
}

/// Everything a worker is made of, beside its port.
pub struct Parts<T> {
    pub topology: Topology,
    pub settings: Settings,
    pub stats: Arc<Stats>,
    pub new_task: Box<dyn FnMut(i32) -> T + Send>,
    pub queries: Option<Receiver<Query>>,
    /// Bounded runs only.
    pub finish: Option<Arc<Finish>>,
}

/// One thread of a topology.
pub struct Worker<P, T, C> {
    pub(super) port: P,
    pub(super) clock: C,
    pub(super) parts: Parts<T>,
    pub(super) owned: BTreeMap<i32, Owned<T>>,
    pub(super) out: Outbox,
    pub(super) fetched: Vec<Record>,
    /// Membership read after the last poll of the batch.
    pub(super) membership: Option<Membership>,
    pub(super) unsettled: Option<Unsettled>,
    pub(super) gathering_since: Option<Millis>,
    /// Kafka timestamps of the batch's records, for the latency histogram.
    pub(super) timestamps: Vec<Millis>,
    pub(super) counted_ready: bool,
    pub(super) fenced_at: Vec<Millis>,
    pub(super) complained: bool,
    /// The last poll changed the assignment.
    pub(super) changed: bool,
    /// Our clock when it was last told how far behind the inputs are.
    pub(super) standing_noted_at: Millis,
    /// Input records taken since the last commit or abort.
    pub(super) taken: usize,
    /// A partition waits for the schema of its next record.
    pub(super) waiting: bool,
}

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
    pub fn new(port: P, clock: C, parts: Parts<T>) -> Worker<P, T, C> {
        Worker {
            port,
            clock,
            owned: BTreeMap::new(),
            out: Outbox::new(parts.settings.splits.clone()),
            parts,
            fetched: Vec::new(),
            membership: None,
            unsettled: None,
            gathering_since: None,
            timestamps: Vec::new(),
            counted_ready: false,
            fenced_at: Vec::new(),
            complained: false,
            changed: false,
            standing_noted_at: 0,
            taken: 0,
            waiting: false,
        }
    }

    /// Rounds until `stop`, the end of a bounded run, or an error that only an operator can mend. Leaves the group in order, and
    /// after an error as well as it can: nothing stays open, and the others need not wait for our session to end.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<(), Error> {
        while !stop.load(Relaxed) {
            match self.round() {
                Ok(Round::Over) => break,
                Ok(Round::Worked | Round::Idle) => {}
                Err(error) => {
                    self.set_ready(Readiness::NotReady);
                    if let Err(also) = self.port.leave() {
                        tracing::info!(error = %also, "the group was not left in order");
                    }
                    return Err(error);
                }
            }
        }
        self.set_ready(Readiness::NotReady);
        self.port.leave()
    }

    /// One round. Errors: only those nobody but an operator can mend (class `Fatal`).
    pub fn round(&mut self) -> Result<Round, Error> {
        let result = self.round_inner();
        self.parts.stats.last_loop_at.store(self.clock.now(), Relaxed);
        match result {
            Ok(round) => {
                self.parts.stats.connected.store(1, Relaxed);
                // A member that hears nothing for long revokes its partitions by itself: a change alone is no answer.
                if self.complained && !(self.changed && round == Round::Idle) {
                    self.complained = false;
                    tracing::info!("the log answers again");
                }
                Ok(round)
            }
            Err(Error::Fatal(message)) => Err(Error::Fatal(message)),
            Err(error) => {
                if !self.complained {
                    self.complained = true;
                    tracing::warn!(%error, "the log does not answer as it should; trying again");
                }
                self.parts.stats.connected.store(0, Relaxed);
                self.set_ready(Readiness::NotReady);
                match error {
                    Error::Lost(message) => self.fenced(&message)?,
                    // What could not be read back is not counted again.
                    Error::Reload(_) | Error::Abort(_) if self.unsettled.is_some() => {}
                    Error::Reload(_) | Error::Abort(_) => self.start_settling(Vec::new()),
                    Error::Retry(_) | Error::Fatal(_) => {}
                }
                Ok(Round::Idle)
            }
        }
    }

    pub(super) fn round_inner(&mut self) -> Result<Round, Error> {
        let fetched = self.gather()?;
        let restored = self.restore()?;
        self.note_standing();
        if self.unsettled.is_some() && !self.settle()? {
            return Ok(Round::Idle);
        }
        self.answer_queries();
        self.set_ready(if self.is_ready() { Readiness::Ready } else { Readiness::NotReady });
        if self.must_gather_on() {
            return Ok(Round::Worked);
        }
        let queued = self.owned.values().map(|owned| owned.lane.queued()).sum();
        let _batch = spans::batch(self.parts.topology, queued).entered();
        self.process()?;
        let committed = self.commit_if_dirty()?;
        if self.parts.finish.as_ref().is_some_and(|finish| finish.is_over()) {
            return Ok(Round::Over);
        }
        Ok(if fetched || restored || committed { Round::Worked } else { Round::Idle })
    }

    // --- gather ------------------------------------------------------------------------------------------------------

    /// Bounded polls. True if records came.
    pub(super) fn gather(&mut self) -> Result<bool, Error> {
        let mut wait = self.patience();
        let (mut records, mut bytes) = (0, 0);
        self.changed = false;
        loop {
            let room = (self.parts.settings.batch_records - records).min(2_000);
            let changes = self.port.poll(wait, room, &mut self.fetched);
            self.membership = self.port.membership();
            for change in changes? {
                self.changed = true;
                self.change(change);
            }
            let came = self.fetched.len();
            for record in self.fetched.drain(..) {
                bytes += record.size();
                if let Some(owned) = self.owned.get_mut(&record.partition)
                    && matches!(owned.stage, Stage::Running)
                {
                    owned.lane.push(record);
                }
            }
            records += came;
            if came == 0
                || records >= self.parts.settings.batch_records
                || bytes >= self.parts.settings.batch_bytes
            {
                break;
            }
            wait = Duration::ZERO;
        }
        if records > 0 && self.gathering_since.is_none() {
            self.gathering_since = Some(self.clock.now());
        }
        self.balance_lanes()?;
        Ok(records > 0)
    }

    /// How long the first poll may wait. A restore waits by itself, and timers that are left wait for nothing; what is queued
    /// already waits for its gathering time or for the head of another input.
    pub(super) fn patience(&self) -> Duration {
        let now = self.clock.now();
        let works = |stage: &Stage| matches!(stage, Stage::Restoring(restore) if !restore.rests(now));
        let restoring = self.owned.values().any(|owned| works(&owned.stage));
        let behind = self.owned.values().any(|owned| owned.task.is_behind());
        let queued = self.owned.values().any(|owned| owned.lane.queued() > 0);
        Duration::from_millis(match (restoring || behind, self.unsettled.is_some() || queued) {
            (true, _) => 0,
            (false, true) => 5,
            (false, false) => self.parts.settings.poll_wait_ms,
        })
    }

    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::Assigned(partitions) => {
                self.parts.stats.assignments.fetch_add(1, Relaxed);
                for partition in partitions {
                    self.forget(partition);
                    tracing::info!(partition, topology = ?self.parts.topology, "assigned");
                    let fresh = self.fresh(partition);
                    self.owned.insert(partition, fresh);
                    self.parts.stats.partitions.fetch_add(1, Relaxed);
                    if let Some(finish) = &self.parts.finish {
                        finish.assigned(partition);
                    }
                }
            }
            Change::Revoked(partitions) => {
                self.parts.stats.revocations.fetch_add(1, Relaxed);
                for partition in partitions {
                    tracing::info!(partition, topology = ?self.parts.topology, "revoked");
                    self.forget(partition);
                    if let Some(finish) = &self.parts.finish {
                        finish.revoked(partition);
                    }
                }
            }
        }
    }

    pub(super) fn fresh(&mut self, partition: i32) -> Owned<T> {
        Owned {
            task: (self.parts.new_task)(partition),
            lane: Lane::new(self.parts.topology.inputs()),
            stage: Stage::Restoring(Restore::default()),
            commit_number: 0,
            metadata: String::new(),
            committed_at: None,
            proof_asked_at: 0,
            finish: FinishStage::Backlog,
            restarts: 0,
            restoring: spans::restore(self.parts.topology, partition),
        }
    }

    pub(super) fn forget(&mut self, partition: i32) {
        if let Some(unsettled) = &mut self.unsettled {
            // Whatever became of that commit: the partition will be read from its changelog by whoever owns it next.
            unsettled.sent.retain(|(sent, _)| *sent != partition);
        }
        if let Some(owned) = self.owned.remove(&partition) {
            if let Stage::Restoring(Restore::Reading { .. }) = owned.stage {
                // Not being able to stop a reader of a partition we lost changes nothing; its records are ignored.
                let _ = self.port.restore_stop(partition);
            }
            self.parts.stats.partitions.fetch_sub(1, Relaxed);
        }
    }

    /// Stops the fetching of what waits too long to be taken: of an input that holds two batches of records, and, where all
    /// together hold more than two batches of bytes, of those that hold more than an even share. An input that holds nothing is
    /// never stopped: it may be the one that the order of another waits for.
    pub(super) fn balance_lanes(&mut self) -> Result<(), Error> {
        let (many, room) = (self.parts.settings.batch_records, 2 * self.parts.settings.batch_bytes);
        let inputs = || self.owned.values().flat_map(|owned| &owned.lane.inputs);
        let share = room / inputs().count().max(1);
        let is_over = inputs().map(Input::queued_bytes).sum::<usize>() > room;
        for (partition, owned) in &mut self.owned {
            if !matches!(owned.stage, Stage::Running) {
                continue;
            }
            for input in &mut owned.lane.inputs {
                let holds_much = input.queued() > 2 * many || is_over && input.queued_bytes() > share;
                let holds_little = input.queued() <= many / 2 && input.queued_bytes() <= share / 2;
                if !input.paused && holds_much {
                    self.port.pause(input.topic, *partition)?;
                    input.paused = true;
                } else if input.paused && holds_little {
                    self.port.resume(input.topic, *partition)?;
                    input.paused = false;
                }
            }
        }
        Ok(())
    }

    pub(super) fn must_gather_on(&self) -> bool {
        let gather_ms = self.parts.settings.gather_ms;
        let behind = self.owned.values().map(|owned| owned.lane.queued()).sum::<usize>();
        gather_ms > 0
            && behind < self.parts.settings.batch_records
            && self.gathering_since.is_some_and(|since| self.clock.now() - since < gather_ms)
    }

    // --- process -----------------------------------------------------------------------------------------------------

    pub(super) fn process(&mut self) -> Result<(), Error> {
        self.note_positions()?;
        self.gathering_since = None;
        let now = self.clock.now();
        let stats = self.parts.stats.clone();
        self.waiting = false;
        for owned in self.owned.values_mut() {
            if !matches!(owned.stage, Stage::Running) {
                continue;
            }
            owned.task.begin(|| owned.lane.next_offsets(), &mut self.out);
            while !owned.task.is_behind() && !self.out.is_full(&self.parts.settings) {
                let (task, lane) = (&owned.task, &mut owned.lane);
                if !lane.heads().all(|record| task.can_take(record)) {
                    self.waiting = true;
                    break;
                }
                let Some(record) = lane.take(|record| task.event_time(record)) else { break };
                let _ = stats.first_record_at.compare_exchange(0, now, Relaxed, Relaxed);
                self.timestamps.extend(record.timestamp);
                self.taken += 1;
                self.out.caused_by(record.trace().cloned());
                owned.task.take(&record, now, &mut self.out);
            }
            if owned.committed_at.is_none_or(|at| now - at >= self.parts.settings.offsets_every_ms) {
                owned.committed_at = None;
            }
        }
        self.out.caused_by(None);
        self.advance_idle(now);
        self.advance_finish(now);
        Ok(())
    }

    /// Markers and aborted records end a backlog too. Asked before anything is staged: an error here must find nothing staged.
    pub(super) fn note_positions(&mut self) -> Result<(), Error> {
        for (partition, owned) in &mut self.owned {
            let waiting: Vec<Topic> = match owned.stage {
                Stage::Running => owned.lane.waiting_inputs().collect(),
                Stage::Restoring(_) => continue,
            };
            for topic in waiting {
                if let Some(position) = self.port.position(topic, *partition)? {
                    owned.lane.reached(topic, position);
                }
            }
        }
        Ok(())
    }

    /// A partition proven idle advances with our clock, to the moment before the proof was asked for; one that has no time yet
    /// says that it was empty then.
    pub(super) fn advance_idle(&mut self, now: Millis) {
        const PROOF_EVERY_MS: Millis = 1_000;
        if self.parts.settings.time == TimeSource::InputOnly || self.parts.finish.is_some() {
            return;
        }
        for (partition, owned) in &mut self.owned {
            let (moved_at, to) = match owned.task.time() {
                Some((time, clock)) => (clock, Some(time.saturating_add((now - clock).max(0)))),
                None => (0, None),
            };
            let worth = match to {
                Some(to) => now > moved_at && owned.task.wants_time(to),
                None => owned.task.wants_word(now),
            };
            let running = matches!(owned.stage, Stage::Running)
                && owned.lane.queued() == 0
                && !owned.task.is_behind()
                && !self.out.is_full(&self.parts.settings);
            // A partition whose time moved just now is not idle; asking costs a round trip.
            let just_asked = now - owned.proof_asked_at.max(moved_at) < PROOF_EVERY_MS;
            if !running || !worth || just_asked {
                continue;
            }
            owned.proof_asked_at = now;
            let ends_here = |input: &Input| {
                let end = self.port.bounds(input.topic, *partition).ok()?.end;
                let position = self.port.position(input.topic, *partition).ok()??.max(input.next);
                (position >= end).then_some(())
            };
            if owned.lane.inputs.iter().map(ends_here).all(|proof| proof.is_some()) {
                match to {
                    Some(to) => owned.task.advance(to, now, &mut self.out),
                    None => owned.task.found_empty(now),
                }
            }
        }
    }

    /// Bounded runs: reports finished backlogs, and moves everyone to the largest event time once all are finished.
    pub(super) fn advance_finish(&mut self, now: Millis) {
        let Some(finish) = self.parts.finish.clone() else { return };
        let horizon = finish.horizon();
        for owned in self.owned.values_mut() {
            if !matches!(owned.stage, Stage::Running) || owned.finish != FinishStage::Done {
                continue;
            }
            if let Some(horizon) = horizon {
                if let Some(horizon) = horizon {
                    owned.task.advance(horizon, now, &mut self.out);
                }
                owned.committed_at = None; // the move is committed, and with it the time
                owned.finish = FinishStage::Moving;
            }
        }
    }

    pub(super) fn note_finished(&mut self) {
        let Some(finish) = self.parts.finish.clone() else { return };
        for (partition, owned) in &mut self.owned {
            if !matches!(owned.stage, Stage::Running) {
                continue;
            }
            match owned.finish {
                FinishStage::Backlog if owned.lane.is_caught_up() && !owned.task.is_dirty() => {
                    finish.done(*partition, owned.task.time().map(|(time, _)| time));
                    owned.finish = FinishStage::Done;
                }
                FinishStage::Moving if owned.committed_at.is_some() && !owned.task.is_behind() => {
                    finish.moved(*partition);
                    owned.finish = FinishStage::Moved;
                }
                FinishStage::Backlog | FinishStage::Done | FinishStage::Moving | FinishStage::Moved => {}
            }
        }
        let patience = self.parts.settings.restore_stuck_ms;
        if self.owned.values().all(|owned| owned.finish != FinishStage::Backlog)
            && let Some(partitions) = finish.missing(self.clock.now(), patience)
        {
            tracing::warn!(
                ?partitions,
                "the end of the input waits for partitions that another member of the group holds: stop it"
            );
        }
    }

    // --- what others see ---------------------------------------------------------------------------------------------

    pub(super) fn answer_queries(&mut self) {
        let Some(queries) = &self.parts.queries else { return };
        for query in queries.try_iter().take(64) {
            let seen = self.owned.values().find_map(|owned| match owned.stage {
                Stage::Running => owned.task.seen(&query.conversation_id),
                Stage::Restoring(_) => None,
            });
            // The asker may have given up; then nobody misses the answer.
            let _ = query.reply.try_send(seen);
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.unsettled.is_none()
            && !self.waiting
            && self.owned.values().all(|owned| matches!(owned.stage, Stage::Running))
    }

    pub(super) fn set_ready(&mut self, readiness: Readiness) {
        let ready = readiness == Readiness::Ready && self.membership.is_some();
        if ready != self.counted_ready {
            self.counted_ready = ready;
            if ready {
                self.parts.stats.ready.fetch_add(1, Relaxed);
            } else {
                self.parts.stats.ready.fetch_sub(1, Relaxed);
            }
        }
    }

    /// The partitions this worker owns, for tests and the simulation.
    pub fn partitions(&self) -> Vec<i32> {
        self.owned.keys().copied().collect()
    }

    /// The port, for tests and the simulation.
    pub fn port(&mut self) -> &mut P {
        &mut self.port
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    Ready,
    NotReady,
}

pub(super) fn positive(ms: Millis) -> u64 {
    ms.max(0).unsigned_abs()
}

/// What goes beside committed offsets: `<commit number>/<writer>/<extra>`.
pub(super) fn metadata(number: u64, writer: &str, extra: &str) -> String {
    format!("{number}/{writer}/{extra}")
}

/// Makes a call again while it answers `Retry`, a bounded number of times.
pub(super) fn again<R>(mut call: impl FnMut() -> Result<R, Error>) -> Result<R, Error> {
    const TIMES: usize = 30;
    for _ in 1..TIMES {
        match call() {
            Err(Error::Retry(_)) => {}
            other => return other,
        }
    }
    call()
}
