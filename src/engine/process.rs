//! The processing of a round: every gathered record, the inputs of a partition in order; then what moves time without one:
//! proofs of idleness, and the end of a bounded run.

use std::sync::atomic::Ordering::Relaxed;

use super::error::Error;
use super::lane::Input;
use super::port::{Clock, Port, Topic};
use super::settings::TimeSource;
use super::task::Task;
use super::worker::{FinishStage, Stage, Worker};
use crate::domain::ids::Millis;

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
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
    fn note_positions(&mut self) -> Result<(), Error> {
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
    fn advance_idle(&mut self, now: Millis) {
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
            let ends_here = |input: &Input| -> Result<bool, Error> {
                let end = self.port.bounds(input.topic, *partition)?.end;
                let position = self.port.position(input.topic, *partition)?;
                Ok(position.is_some_and(|position| position.max(input.next) >= end))
            };
            let proofs: Result<Vec<bool>, Error> = owned.lane.inputs.iter().map(ends_here).collect();
            match (proofs, to) {
                (Ok(proofs), _) if proofs.contains(&false) => {}
                (Ok(_), Some(to)) => owned.task.advance(to, now, &mut self.out),
                (Ok(_), None) => owned.task.found_empty(now),
                // A question that is not answered takes seconds, in which nobody polls: the others wait for the next round, and
                // this one for longer.
                (Err(_), _) => {
                    owned.proof_asked_at = self.clock.now();
                    break;
                }
            }
        }
    }

    /// Bounded runs: reports finished backlogs, and moves everyone to the largest event time once all are finished.
    fn advance_finish(&mut self, now: Millis) {
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
}
