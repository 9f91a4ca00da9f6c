//! Bringing a partition's state back from its changelog, a piece a round, while the consumer keeps polling.
//!
//! ```text
//! RESTORE 1 C = committed offsets (waits for a predecessor's open transaction)
//!         2 T = high watermark of the changelog, read uncommitted, after step 1
//!         3 read the changelog, read committed, from the low watermark; done when position ≥ T
//!           no progress for long: high watermark again; smaller than T is truncation, else an open transaction holds it
//!         4 the partition record names the next offset of each input: it must equal C; then seek and resume
//! ```

mod agree;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use self::agree::{Start, disagree, is_lost, parse_metadata, start_offset};
use super::error::Error;
use super::port::{Clock, Committed, Port};
use super::settings::Gaps;
use super::task::{Resume, Task};
use super::worker::{Owned, Stage, Worker};
use crate::domain::ids::Millis;

/// How far the restore of one partition is.
#[derive(Debug)]
pub(super) enum Restore {
    Asking {
        /// Our clock when the committed offsets were first not told, and when that was last said.
        told_at: Option<Millis>,
        /// Our clock from when on to ask; whoever waits longest is asked for first.
        not_before: Millis,
    },
    Reading {
        committed: Vec<Committed>,
        low: i64,
        high: i64,
        position: i64,
        /// Our clock at the start and at the last progress.
        since: Millis,
        progress_at: Millis,
    },
    Finished {
        committed: Vec<Committed>,
        since: Millis,
    },
}

impl Default for Restore {
    fn default() -> Restore {
        Restore::Asking { told_at: None, not_before: Millis::MIN }
    }
}

impl Restore {
    /// There is nothing to do for it now.
    pub(super) fn rests(&self, now: Millis) -> bool {
        matches!(self, Restore::Asking { not_before, .. } if now < *not_before)
    }
}

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
    /// One piece of every running restore. True if there was one.
    pub(super) fn restore(&mut self) -> Result<bool, Error> {
        let restoring: Vec<i32> = self
            .owned
            .iter()
            .filter(|(_, owned)| matches!(owned.stage, Stage::Restoring(_)))
            .map(|(partition, _)| *partition)
            .collect();
        self.note_restores(restoring.len());
        if restoring.is_empty() {
            return Ok(false);
        }
        self.restore_ask_all()?;
        self.restore_read()?;
        for partition in restoring {
            self.restore_finish(partition)?;
        }
        Ok(true)
    }

    /// How far the restores are, for whoever watches.
    fn note_restores(&self, restoring: usize) {
        let (mut target, mut done) = (0, 0);
        for owned in self.owned.values() {
            if let Stage::Restoring(Restore::Reading { low, high, position, .. }) = &owned.stage {
                target += (high - low).max(0).unsigned_abs();
                done += (position - low).max(0).unsigned_abs();
            }
        }
        let stats = &self.parts.stats;
        stats.restoring.store(restoring as u64, Relaxed);
        stats.restore_target.store(target, Relaxed);
        stats.restore_done.store(done, Relaxed);
    }

    /// 1 and 2 of all. A question that is not answered takes seconds, in which nobody polls: the others wait for the next round,
    /// in which they come before it.
    fn restore_ask_all(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        let turn = |(partition, owned): (&i32, &Owned<T>)| match owned.stage {
            Stage::Restoring(Restore::Asking { not_before, .. }) if not_before <= now => {
                Some((not_before, *partition))
            }
            Stage::Restoring(_) | Stage::Running => None,
        };
        let mut asking: Vec<(Millis, i32)> = self.owned.iter().filter_map(turn).collect();
        asking.sort_unstable();
        for (_, partition) in asking {
            if let Told::Nothing = self.restore_ask(partition)? {
                break;
            }
        }
        Ok(())
    }

    /// 1 and 2.
    fn restore_ask(&mut self, partition: i32) -> Result<Told, Error> {
        let now = self.clock.now();
        let Some(owned) = self.owned.get_mut(&partition) else { return Ok(Told::All) };
        let Stage::Restoring(Restore::Asking { told_at, not_before }) = &mut owned.stage else {
            return Ok(Told::All);
        };
        let committed = match self.port.committed(&[partition]) {
            Ok(committed) => committed,
            // A predecessor's transaction is open. The other partitions go on meanwhile.
            Err(Error::Retry(cause)) => {
                let said = told_at.get_or_insert(now);
                if now - *said >= self.parts.settings.restore_stuck_ms {
                    *said = now;
                    tracing::warn!(
                        partition,
                        cause,
                        "restore waits for the committed offsets: where the group's coordinator is there, an open transaction \
                         holds them; {HANGS}"
                    );
                }
                *not_before = self.clock.now();
                return Ok(Told::Nothing);
            }
            Err(error) => return Err(error),
        };
        let target = self.port.restore_start(partition)?;
        owned.stage = Stage::Restoring(if target.low >= target.high {
            self.port.restore_stop(partition)?;
            Restore::Finished { committed, since: now }
        } else {
            let (low, high, position) = (target.low, target.high, target.low);
            Restore::Reading { committed, low, high, position, since: now, progress_at: now }
        });
        Ok(Told::All)
    }

    /// 3.
    fn restore_read(&mut self) -> Result<(), Error> {
        let reading = |stage: &Stage| matches!(stage, Stage::Restoring(Restore::Reading { .. }));
        if !self.owned.values().any(|owned| reading(&owned.stage)) {
            return Ok(());
        }
        let (owned, stats) = (&mut self.owned, &self.parts.stats);
        let (mut broken, mut again) = (None, BTreeSet::new());
        let positions = self.port.restore_poll(Duration::from_millis(20), &mut |partition, key, value| {
            stats.restored_records.fetch_add(1, Relaxed);
            stats.restored_bytes.fetch_add((key.len() + value.map_or(0, <[u8]>::len)) as u64, Relaxed);
            // A reader that could not be stopped may still hand over records of a partition that works already.
            if let Some(owned) = owned.get_mut(&partition)
                && reading(&owned.stage)
                && let Err(error) = owned.task.restore(key, value)
            {
                if let Error::Retry(_) = error {
                    again.insert(partition);
                } else {
                    broken.get_or_insert(error);
                }
            }
        })?;
        if let Some(error) = broken {
            return Err(error);
        }
        let now = self.clock.now();
        // A record that cannot be read yet was passed over: its partition is read from the start, in a while. Whoever is asked
        // for what it takes may be away for long.
        for partition in again {
            // What a reader that cannot be stopped hands over meanwhile is passed over.
            let _ = self.port.restore_stop(partition);
            self.start_over(partition);
            if let Some(owned) = self.owned.get_mut(&partition) {
                owned.stage = Stage::Restoring(Restore::Asking {
                    told_at: None,
                    not_before: now + READ_AGAIN_AFTER_MS,
                });
            }
        }
        for (partition, reached) in positions {
            let Some(owned) = self.owned.get_mut(&partition) else { continue };
            let Stage::Restoring(Restore::Reading { committed, high, position, since, progress_at, low: _ }) =
                &mut owned.stage
            else {
                continue;
            };
            if reached >= *high {
                owned.stage = Stage::Restoring(Restore::Finished {
                    committed: std::mem::take(committed),
                    since: *since,
                });
                self.port.restore_stop(partition)?;
            } else if reached > *position {
                *position = reached;
                *progress_at = now;
            } else if now - *progress_at >= self.parts.settings.restore_stuck_ms {
                *progress_at = now;
                let high_now = self.port.restore_high(partition)?;
                if high_now < *high {
                    return Err(Error::Fatal(format!(
                        "changelog partition {partition} was truncated while it was read (high watermark {high}, now \
                         {high_now}): records are lost; check the topic's unclean leader elections and retention"
                    )));
                }
                tracing::warn!(
                    partition,
                    position = reached,
                    high,
                    "restore waits: an open transaction holds the changelog; {HANGS}"
                );
            }
        }
        Ok(())
    }

    /// 4.
    fn restore_finish(&mut self, partition: i32) -> Result<(), Error> {
        let Some(owned) = self.owned.get_mut(&partition) else { return Ok(()) };
        let Stage::Restoring(Restore::Finished { committed, since }) = &owned.stage else { return Ok(()) };
        if !owned.task.can_resume() {
            return Ok(());
        }
        let (committed, since) = (committed.clone(), *since);
        let metadata = committed.first().map(|committed| committed.metadata.clone()).unwrap_or_default();
        let mut bounds = Vec::new();
        for input in &owned.lane.inputs {
            bounds.push(self.port.bounds(input.topic, partition)?);
        }
        let (number, extra) = parse_metadata(&metadata);
        let resume = owned.task.restored(extra)?;
        let lost = is_lost(self.parts.topology, number, resume.as_ref());
        if (lost || disagree(&committed, resume.as_ref(), &owned.lane)) && owned.restarts < RESTARTS {
            // Another member may own the partition by now and commit while we read. Our next poll will tell; read again.
            let restarts = owned.restarts + 1;
            tracing::info!(
                partition,
                "offsets and changelog were read at different commits; restoring again"
            );
            self.start_over(partition);
            if let Some(owned) = self.owned.get_mut(&partition) {
                owned.restarts = restarts;
            }
            return Ok(());
        }
        if lost {
            let what = format!(
                "partition {partition}: the group has committed {number} times, and the changelog holds nothing of it: its topic \
                 was deleted, or emptied"
            );
            if self.parts.settings.gaps != Gaps::Accept {
                return Err(Error::Fatal(format!(
                    "{what}. Bring the topic back; or start once with --accept-gap to go on without the state of open \
                     conversations; or start under another engine.application_id to read the inputs from their beginning"
                )));
            }
            tracing::error!(partition, what, "the state is lost; going on without it");
        }
        owned.commit_number = resume.as_ref().map_or(number, |resume| resume.commit_number);
        owned.metadata = metadata;
        let mut skipped = 0;
        for (index, input) in owned.lane.inputs.iter_mut().enumerate() {
            let offset = committed.iter().find(|c| c.topic == input.topic).and_then(|c| c.offset);
            let said = resume.as_ref().and_then(|resume: &Resume| resume.next.get(index).copied());
            let name = self.port.name(input.topic);
            let next = start_offset(partition, &name, offset, said, bounds[index].low)?;
            let next = match next {
                Start::At(next) => next,
                Start::AfterGap { from, to } if self.parts.settings.gaps == Gaps::Accept => {
                    tracing::error!(partition, input = name, from, to, "input was deleted unread; going on");
                    skipped += (to - from).unsigned_abs();
                    to
                }
                Start::AfterGap { from, to } => {
                    return Err(Error::Fatal(format!(
                        "{name} partition {partition}: offsets {from} to {to} were deleted before they were read; raise the \
                         topic's retention, then start once with --accept-gap to go on at {to}"
                    )));
                }
            };
            self.port.seek(input.topic, partition, next)?;
            input.next = next;
        }
        for (index, bounds) in bounds.into_iter().enumerate() {
            let (topic, next) = (owned.lane.inputs[index].topic, owned.lane.inputs[index].next);
            owned.lane.start(topic, next, bounds.end);
            self.port.resume(topic, partition)?;
            owned.lane.inputs[index].paused = false;
        }
        owned.stage = Stage::Running;
        owned.restoring = tracing::Span::none();
        // Only now: a call that fails before makes all of this anew.
        self.parts.stats.gap_records.fetch_add(skipped, Relaxed);
        let took_ms = (self.clock.now() - since).max(0);
        self.parts.stats.restores.fetch_add(1, Relaxed);
        self.parts.stats.restore_ms_last.store(took_ms.unsigned_abs(), Relaxed);
        tracing::info!(partition, took_ms, topology = ?self.parts.topology, "restored");
        Ok(())
    }
}

/// Whether the group told what it was asked for.
enum Told {
    All,
    Nothing,
}

/// What to do about an open transaction.
const HANGS: &str = "one that stays longer than its time-out hangs: find it with kafka-transactions.sh, and abort it in every \
                     partition it holds (docs/disaster.md)";

/// A restore that met what cannot be read yet rests so long.
const READ_AGAIN_AFTER_MS: Millis = 1_000;

/// Restores of one assignment that may find offsets and changelog apart before it is taken for an operator's doing.
const RESTARTS: u8 = 3;
