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

use super::complaint::Complaint;
use super::error::Error;
use super::finish::Finish;
use super::lane::Lane;
use super::outbox::Outbox;
use super::port::{Clock, Membership, Port, Record, Topology};
use super::restore::Restore;
use super::settings::Settings;
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
    pub(super) proof_asked_at: Millis,
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
    pub(super) complaint: Complaint,
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
            complaint: Complaint::default(),
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
                if !(self.changed && round == Round::Idle) && self.complaint.withdraw() {
                    tracing::info!("the log answers again");
                }
                Ok(round)
            }
            Err(Error::Fatal(message)) => Err(Error::Fatal(message)),
            Err(error) => {
                if self.complaint.is_news(&error, self.port.refusal()) {
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
