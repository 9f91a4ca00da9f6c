//! The gathering of a round: bounded polls, what becomes of the assignment in them, and how much waits to be taken.
//!
//! Invariant: the assignment changes in here and nowhere else.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::error::Error;
use super::lane::{Input, Lane};
use super::port::{Change, Clock, Port};
use super::restore::Restore;
use super::spans;
use super::task::Task;
use super::worker::{FinishStage, Owned, Stage, Worker};

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
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
    fn patience(&self) -> Duration {
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

    fn change(&mut self, change: Change) {
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

    fn forget(&mut self, partition: i32) {
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
    fn balance_lanes(&mut self) -> Result<(), Error> {
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
}
