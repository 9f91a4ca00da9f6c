//! The door to the embedded log: one lock over `State`, one condition to wait on, time from a settable clock.
//!
//! Beside what the ports use there is a reader's and writer's API for `demo`, `replay` and tests, and the levers of the
//! simulation. Time passes only when somebody calls: each call first does what has become due.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::log::{Isolation, Tombstones};
use super::state::State;
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::partitioner::partition_of;
use crate::engine::port::{Bounds, Clock, Committed, Out, Record, Topic, Topology};

/// What a poll does when there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Blocks, in real time, until something changes or its wait is over.
    Block,
    /// Returns at once: under virtual time nobody else would ever come.
    ReturnAtOnce,
}

/// What a broker is made of. Data; the clock is passed beside it.
#[derive(Clone, Debug)]
pub struct Settings {
    partitions: [i32; Topic::ALL.len()],
    /// A member not heard of for so long is out of its group; `None`: never.
    pub session_timeout_ms: Option<Millis>,
    /// A transaction open for so long is aborted and its producer fenced; `None`: never.
    pub transaction_timeout_ms: Option<Millis>,
    /// Records a producer holds back before it writes them (at `commit` it writes all).
    pub send_buffer_records: usize,
    /// Records that one read of a changelog partition hands over.
    pub restore_chunk_records: usize,
    pub waits: Waits,
}

impl Settings {
    /// Every topic with `partitions` partitions, policies with one; no time-outs; blocking polls.
    pub fn new(partitions: i32) -> Settings {
        let settings = Settings {
            partitions: [partitions.max(1); Topic::ALL.len()],
            session_timeout_ms: None,
            transaction_timeout_ms: None,
            send_buffer_records: 1_000,
            restore_chunk_records: 4_000,
            waits: Waits::Block,
        };
        settings.with_partitions(Topic::Policies, 1)
    }

    pub fn with_partitions(mut self, topic: Topic, partitions: i32) -> Settings {
        self.partitions[topic as usize] = partitions.max(1);
        self
    }

    pub fn partitions(&self, topic: Topic) -> i32 {
        self.partitions[topic as usize]
    }

    /// The record as a log will hold it, its partition chosen; offset and timestamp are not known yet.
    pub(super) fn place(&self, out: Out<'_>) -> Record {
        let by_key = || partition_of(out.key.unwrap_or_default(), self.partitions(out.topic));
        Record::new(out.topic, out.partition.unwrap_or_else(by_key), 0, None, out.key, out.value)
    }
}

/// Where an appended record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub partition: i32,
    pub offset: i64,
}

/// What a reader gets: records, and where to go on (past markers and what it may not see).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub records: Vec<Record>,
    pub position: i64,
}

/// The embedded log. Shared between threads through an `Arc`.
pub struct Broker {
    state: Mutex<State>,
    changed: Condvar,
    clock: Arc<dyn Clock + Send + Sync>,
    settings: Settings,
}

impl Broker {
    pub fn new(settings: Settings, clock: Arc<dyn Clock + Send + Sync>) -> Arc<Broker> {
        let state = Mutex::new(State::new(&settings));
        Arc::new(Broker { state, changed: Condvar::new(), clock, settings })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has left the state between two of its steps; the others can still read and end.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: what is due happens first, then `act`; waiting readers are woken if anything changed.
    pub(super) fn call<T>(&self, act: impl FnOnce(&mut State, Millis) -> T) -> T {
        let now = self.clock.now();
        let mut state = self.lock();
        state.tick(now);
        let answer = act(&mut state, now);
        self.wake(&mut state);
        answer
    }

    /// A call that is repeated until `look` has an answer or `wait` is over.
    pub(super) fn wait_for<T>(
        &self,
        wait: Duration,
        mut look: impl FnMut(&mut State, Millis) -> Option<T>,
    ) -> Option<T> {
        let started = Instant::now();
        let mut state = self.lock();
        loop {
            let now = self.clock.now();
            state.tick(now);
            let answer = look(&mut state, now);
            self.wake(&mut state);
            let left = match self.settings.waits {
                Waits::Block => wait.saturating_sub(started.elapsed()),
                Waits::ReturnAtOnce => Duration::ZERO,
            };
            if answer.is_some() || left.is_zero() {
                return answer;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wake(&self, state: &mut State) {
        if std::mem::take(&mut state.changed) {
            self.changed.notify_all();
        }
    }

    /// Appends outside any transaction. Without a partition the key decides; without a timestamp the clock.
    pub fn append(&self, out: Out<'_>, timestamp: Option<Millis>) -> Result<Written, Error> {
        self.append_record(out, None, timestamp)
    }

    /// Appends at an offset of the caller's choice (a file's line number); it must be above all there are.
    pub fn append_at(&self, out: Out<'_>, offset: i64, timestamp: Option<Millis>) -> Result<Written, Error> {
        self.append_record(out, Some(offset), timestamp)
    }

    fn append_record(
        &self,
        out: Out<'_>,
        offset: Option<i64>,
        timestamp: Option<Millis>,
    ) -> Result<Written, Error> {
        let mut record = self.settings.place(out);
        record.timestamp = Some(timestamp.unwrap_or_else(|| self.clock.now()));
        let mut state = self.lock();
        let written = state.append(record, offset);
        self.wake(&mut state);
        written
    }

    /// At most `limit` records from `from` on; a partition that does not exist is empty.
    pub fn read(
        &self,
        topic: Topic,
        partition: i32,
        from: i64,
        isolation: Isolation,
        limit: usize,
    ) -> Fetched {
        self.call(|state, _| {
            let mut records = Vec::new();
            let position = state.log(topic, partition).map_or(from, |log| {
                log.read(from, isolation, limit, &mut |record| records.push(record.clone()))
            });
            Fetched { records, position }
        })
    }

    /// Every committed record from `from` on, up to the last stable offset.
    pub fn read_committed(&self, topic: Topic, partition: i32, from: i64) -> Vec<Record> {
        self.read(topic, partition, from, Isolation::Committed, usize::MAX).records
    }

    /// Every record, the aborted and the undecided among them.
    pub fn records_all(&self, topic: Topic, partition: i32) -> Vec<Record> {
        self.read(topic, partition, 0, Isolation::Uncommitted, usize::MAX).records
    }

    pub fn partitions(&self, topic: Topic) -> i32 {
        self.settings.partitions(topic)
    }

    /// Low watermark and last stable offset.
    pub fn bounds(&self, topic: Topic, partition: i32) -> Result<Bounds, Error> {
        self.call(|state, _| Ok(state.log(topic, partition)?.bounds()))
    }

    /// The high watermark.
    pub fn high(&self, topic: Topic, partition: i32) -> Result<i64, Error> {
        self.call(|state, _| Ok(state.log(topic, partition)?.high()))
    }

    /// Entries held over all topics, markers included.
    pub fn len(&self) -> usize {
        self.call(|state, _| {
            let places =
                Topic::ALL.iter().flat_map(|topic| (0..self.partitions(*topic)).map(|at| (*topic, at)));
            places.filter_map(|(topic, at)| state.log(topic, at).ok()).map(|log| log.len()).sum()
        })
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the group of a topology has committed; pending offsets are not among them.
    pub fn committed_offsets(&self, topology: Topology) -> Vec<Committed> {
        self.call(|state, _| state.offsets(topology).all())
    }

    /// Compaction of one partition, of what lies before `below`; topics with cleanup `delete` are not touched.
    pub fn compact(
        &self,
        topic: Topic,
        partition: i32,
        below: i64,
        tombstones: Tombstones,
    ) -> Result<(), Error> {
        self.call(|state, _| {
            if is_compacted(topic) {
                state.log_mut(topic, partition)?.compact(below, tombstones);
            }
            Ok(())
        })
    }

    /// Retention of one partition: forgets what lies before `offset`, undecided records excepted.
    pub fn delete_before(&self, topic: Topic, partition: i32, offset: i64) -> Result<(), Error> {
        self.call(|state, _| {
            state.log_mut(topic, partition)?.delete_before(offset);
            Ok(())
        })
    }

    /// Keeps memory bounded in a long run: compacts what is compacted (tombstones stay: a reader may be half-way through)
    /// and leaves the last `keep` entries of every other partition, and all of an input its group has not committed.
    pub fn cleanup(&self, keep: usize) {
        self.call(|state, _| {
            for topic in Topic::ALL {
                for partition in 0..state.partitions(topic) {
                    clean(state, topic, partition, keep);
                }
            }
        });
    }

    /// The group's generation.
    pub fn generation(&self, topology: Topology) -> i32 {
        self.call(|state, _| state.group(topology).generation())
    }

    /// Member ids and the partitions each owns, or still has to give up.
    pub fn owners(&self, topology: Topology) -> Vec<(String, Vec<i32>)> {
        self.call(|state, _| state.group(topology).owners())
    }

    /// Lever: every member of the group must call in again.
    pub fn rebalance(&self, topology: Topology) {
        self.call(|state, _| {
            state.group_mut(topology).rebalance();
            state.changed = true;
        });
    }

    /// Lever: the group gives a member up, as after a session time-out. False if there is no such member id.
    pub fn expire_member(&self, topology: Topology, member_id: &str) -> bool {
        self.call(|state, _| {
            state.changed = true;
            state.group_mut(topology).remove(member_id)
        })
    }

    /// Lever: the coordinator aborts the id's open transaction and fences its producer, as after a time-out.
    pub fn time_out_transaction(&self, transactional_id: &str) {
        self.call(|state, now| {
            let markers = state.coordinator.time_out(transactional_id);
            state.write(markers, now);
        });
    }

    /// Lever: writes every late marker now.
    pub fn deliver_markers(&self) {
        self.call(|state, now| {
            let markers = state.coordinator.all_late();
            state.write(markers, now);
        });
    }

    /// Markers that are decided and not yet written.
    pub fn late_markers(&self) -> usize {
        self.call(|state, _| state.coordinator.late_markers())
    }

    /// Transactional ids with an open transaction.
    pub fn open_transactions(&self) -> Vec<String> {
        self.call(|state, _| state.coordinator.open())
    }
}

/// Whether a topic is compacted; the others forget from the front.
fn is_compacted(topic: Topic) -> bool {
    match topic {
        Topic::Summaries | Topic::Metrics | Topic::Policies | Topic::Changelog => true,
        Topic::Turns
        | Topic::Outcomes
        | Topic::Events
        | Topic::Shadow
        | Topic::DeadLetters
        | Topic::Deltas => false,
    }
}

fn clean(state: &mut State, topic: Topic, partition: i32, keep: usize) {
    let reader = [Topology::Conversations, Topology::Windows]
        .into_iter()
        .find(|group| group.inputs().contains(&topic));
    let unread = reader.map(|group| state.offsets(group).get(topic, partition).offset.unwrap_or(0));
    let Ok(log) = state.log_mut(topic, partition) else { return };
    if is_compacted(topic) {
        log.compact(i64::MAX, Tombstones::Keep);
    } else {
        log.delete_before(log.offset_of_last(keep).min(unread.unwrap_or(i64::MAX)));
    }
}
