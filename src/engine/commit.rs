//! COMMIT and ABORT of a worker, by the numbers of [`super::worker`].

use std::sync::atomic::Ordering::Relaxed;

use super::error::Error;
use super::port::{Clock, Committed, Port, Topic, Topology};
use super::restore::Restore;
use super::spans;
use super::stats::Answer;
use super::task::Task;
use super::worker::{FinishStage, Owned, Stage, Worker, again, metadata, positive};

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
    pub(super) fn commit_if_dirty(&mut self) -> Result<bool, Error> {
        let due = |owned: &Owned<T>| {
            matches!(owned.stage, Stage::Running) && (owned.task.is_dirty() || owned.committed_at.is_none())
        };
        let touched: Vec<i32> = self.owned.iter().filter(|(_, owned)| due(owned)).map(|(p, _)| *p).collect();
        if touched.is_empty() {
            self.note_finished();
            return Ok(false);
        }
        let offsets = match self.fence().and_then(|()| self.seal(&touched)) {
            Ok(offsets) => offsets,
            Err(Error::Fatal(message)) => return Err(Error::Fatal(message)),
            Err(error) => {
                tracing::info!(cause = %error, "batch dropped before its transaction began; its records are read again");
                self.roll_back_all()?;
                return Ok(true);
            }
        };
        let sent = touched
            .iter()
            .map(|partition| {
                let metadata =
                    offsets.iter().find(|offset| offset.partition == *partition).map(|o| o.metadata.clone());
                (*partition, metadata.unwrap_or_default())
            })
            .collect();
        let began = self.clock.now();
        match self.transact(&offsets) {
            Ok(()) => {
                self.parts.stats.transaction(Answer::Committed);
                self.parts.stats.commit_time.add_ms(positive(self.clock.now() - began));
                self.promote(sent);
                self.note_finished();
                Ok(true)
            }
            Err(Error::Abort(message)) => {
                self.parts.stats.transaction(Answer::Aborted);
                tracing::info!(cause = message, "transaction aborted; its records are read again");
                match again(|| self.port.abort()) {
                    Ok(()) => self.roll_back_all()?,
                    Err(_) => self.start_settling(sent),
                }
                Ok(true)
            }
            Err(Error::Lost(message)) => {
                self.parts.stats.transaction(Answer::Fenced);
                self.start_settling(sent);
                self.fenced(&message)?;
                Ok(false)
            }
            Err(Error::Retry(message) | Error::Reload(message)) => {
                let fenced = self.port.was_fenced();
                self.parts.stats.transaction(if fenced { Answer::Fenced } else { Answer::Unknown });
                tracing::warn!(cause = message, "the outcome of a commit is unknown; reading it back");
                self.start_settling(sent);
                Ok(false)
            }
            Err(Error::Fatal(message)) => Err(Error::Fatal(message)),
        }
    }

    /// Encodes what is staged; the offsets that go with it.
    pub(super) fn seal(&mut self, touched: &[i32]) -> Result<Vec<Committed>, Error> {
        let mut offsets = Vec::new();
        for partition in touched {
            let Some(owned) = self.owned.get_mut(partition) else { continue };
            let number = owned.commit_number + 1;
            let next = owned.lane.next_offsets();
            owned.task.seal(&next, number, &mut self.out);
            let metadata = metadata(number, &self.parts.settings.writer, &owned.task.metadata());
            offsets.extend(owned.lane.inputs.iter().map(|input| Committed {
                topic: input.topic,
                partition: *partition,
                offset: Some(input.next),
                metadata: metadata.clone(),
            }));
        }
        match self.parts.topology {
            Topology::Conversations => {
                let partitions = again(|| self.port.partitions(Topic::Deltas))?;
                self.out.seal_deltas(partitions);
            }
            Topology::Windows => {}
        }
        Ok(offsets)
    }

    /// The membership must be what it was after the last poll of this batch, or the partitions may be another's by now.
    pub(super) fn fence(&mut self) -> Result<(), Error> {
        match &self.membership {
            Some(membership) if membership.is_valid() => {}
            Some(_) | None => return Err(Error::Abort("not a member of the group just now".to_owned())),
        }
        if self.port.membership() != self.membership {
            return Err(Error::Abort("the group has moved on since the batch was read".to_owned()));
        }
        Ok(())
    }

    pub(super) fn transact(&mut self, offsets: &[Committed]) -> Result<(), Error> {
        let _commit =
            spans::commit(self.out.len(), offsets.len() / self.parts.topology.inputs().len()).entered();
        let step = spans::begin().entered();
        // 1
        again(|| self.port.begin())?;
        let step = spans::then(step, spans::send);
        // 2
        for record in self.out.records() {
            again(|| self.port.send(record))?;
        }
        let step = spans::then(step, spans::offsets);
        // 3
        self.fence()?;
        if let Some(membership) = self.membership.clone() {
            again(|| self.port.send_offsets(offsets, &membership))?;
        }
        let _step = spans::then(step, spans::end);
        // 4
        self.port.commit()
    }

    /// COMMIT 5.
    pub(super) fn promote(&mut self, sent: Vec<(i32, String)>) {
        let now = self.clock.now();
        for (partition, metadata) in sent {
            if let Some(owned) = self.owned.get_mut(&partition) {
                owned.task.commit();
                owned.lane.commit();
                owned.commit_number += 1;
                owned.metadata = metadata;
                owned.committed_at = Some(now);
            }
        }
        let stats = &self.parts.stats;
        for (at, written) in self.out.written().iter().enumerate() {
            stats.outputs[at].fetch_add(written.records, Relaxed);
            stats.output_bytes[at].fetch_add(written.bytes, Relaxed);
        }
        self.out.clear();
        for timestamp in self.timestamps.drain(..) {
            stats.latency.add_ms(positive(now - timestamp));
        }
        stats.batch.add(std::mem::take(&mut self.taken));
        self.parts.stats.last_commit_at.store(now, Relaxed);
    }

    /// ABORT: everything staged is dropped, everything fetched is read again.
    pub(super) fn roll_back_all(&mut self) -> Result<(), Error> {
        self.out.clear();
        self.timestamps.clear();
        self.taken = 0;
        let partitions: Vec<i32> = self.owned.keys().copied().collect();
        partitions.into_iter().try_for_each(|partition| self.roll_back(partition))
    }

    pub(super) fn roll_back(&mut self, partition: i32) -> Result<(), Error> {
        let Some(owned) = self.owned.get_mut(&partition) else { return Ok(()) };
        if !matches!(owned.stage, Stage::Running) {
            return Ok(());
        }
        owned.task.rollback();
        owned.lane.rollback();
        if owned.finish == FinishStage::Moving {
            owned.finish = FinishStage::Done;
        }
        for input in &owned.lane.inputs {
            if let Err(error) = again(|| self.port.seek(input.topic, partition, input.next_committed)) {
                // A partition that cannot be sought is about to be revoked, or starts over from its changelog.
                tracing::info!(partition, %error, "cannot read again from the committed offset; restoring");
                owned.stage = Stage::Restoring(Restore::default());
                break;
            }
        }
        if matches!(owned.stage, Stage::Restoring(_)) {
            self.start_over(partition);
        }
        Ok(())
    }

    /// The partition's memory is not to be trusted: restore it from the changelog.
    pub(super) fn start_over(&mut self, partition: i32) {
        self.parts.stats.reloads.fetch_add(1, Relaxed);
        let mut fresh = self.fresh(partition);
        if let Some(owned) = self.owned.get_mut(&partition) {
            for input in &owned.lane.inputs {
                // A pause that fails lets records through, and those of a restoring partition are dropped.
                let _ = self.port.pause(input.topic, partition);
            }
            fresh.finish = match owned.finish {
                FinishStage::Moving | FinishStage::Done => FinishStage::Done,
                FinishStage::Backlog => FinishStage::Backlog,
                FinishStage::Moved => FinishStage::Moved,
            };
            *owned = fresh;
        }
    }
}
