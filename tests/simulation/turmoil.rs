//! What others do, in the middle of a member's round and between rounds: deaths, rebalances, strangers, compaction, time.

use std::sync::Arc;

use segue::domain::ids::Millis;
use segue::engine::port::{Clock, Out, Port, Topic, Topology};
use segue::memory::Tombstones;
use segue::memory::faults::{Call, Fault};
use segue::memory::producer::Producer;

use super::chaos;
use super::scenario::{Family, ONE_PIECE};
use super::world::{TOPOLOGIES, World};

impl World {
    /// What others do before a call in the middle of a member's round, and what becomes of the call.
    pub(super) fn meddle(self: &Arc<World>, slot: usize, call: Call) -> Vec<Fault> {
        if !self.inner().is_rough {
            return Vec::new();
        }
        let (depth, often) = (self.inner().depth, self.scenario.interludes);
        if depth <= 2 && self.draw(|rng| rng.often(often)) {
            self.tell(|| format!("-- before {call:?}"));
            self.interlude(slot);
        }
        let faults = chaos::faults(call, &self.scenario, &mut self.inner().rng);
        if !faults.is_empty() {
            self.tell(|| format!("-- {call:?}: {faults:?}"));
        }
        faults
    }

    fn interlude(self: &Arc<World>, slot: usize) {
        let topology = self.inner().slots[slot].topology;
        match self.draw(|rng| rng.below(8)) {
            0 | 1 => {
                if let Some(id) = self.ids(topology, Some(slot)).last() {
                    self.tell(|| format!("-- the group gives {id} up"));
                    self.broker.expire_member(topology, id);
                }
            }
            2 if self.scenario.intensity > 0 => {
                let id = self.inner().slots[slot].transactional_id.clone();
                self.tell(|| format!("-- another process fences {id}"));
                drop(Producer::new(self.broker.clone(), &id));
            }
            3 => self.pass_time(),
            4 => self.lever(),
            _ => {}
        }
        self.append_some();
        for _ in 0..self.draw(|rng| rng.below(7)) {
            if let Some(other) = self.one_of(&self.alive(Some(topology))) {
                self.round(other);
            }
        }
    }

    /// One step of the rough part of a run.
    pub fn step(self: &Arc<World>) {
        self.inner().is_rough = true;
        self.news();
        let rare = self.scenario.intensity;
        match self.draw(|rng| rng.weighted(&[(9_000, 0), (700, 1), (4 * rare, 2), (1_000, 3), (1_500, 4)])) {
            0 => {
                if let Some(slot) = self.one_of(&self.alive(None)) {
                    self.round(slot);
                }
            }
            1 => {
                let absent = self.slots_where(|slot| slot.member.is_none());
                if let Some(slot) = self.one_of(&absent) {
                    self.start(slot);
                }
            }
            2 => self.lever(),
            3 => self.pass_time(),
            _ => self.append_some(),
        }
    }

    /// A policy may be applied, and a process may hear of it, each in its own time.
    fn news(self: &Arc<World>) {
        if !self.is_over(Topology::Conversations)
            && let Some(stamp) = { self.inner().policies.go_on() }
        {
            self.tell(|| format!("{stamp} is applied"));
        }
        let members = self.alive(Some(Topology::Conversations));
        let listener = self.inner().policies.listener(members.len());
        if let Some(listener) = listener {
            self.hear(members[listener]);
        }
    }

    /// Something that happens to the cluster or to a member between two calls.
    fn lever(self: &Arc<World>) {
        let topology = self.draw(|rng| *rng.pick(&TOPOLOGIES));
        match self.draw(|rng| rng.below(11)) {
            0 => {
                self.tell(|| format!("rebalance of {topology:?}"));
                self.broker.rebalance(topology);
            }
            1 | 2 => {
                let ids = self.ids(topology, None);
                if !ids.is_empty() {
                    let id = ids[self.draw(|rng| rng.index(ids.len()))].clone();
                    self.tell(|| format!("the group gives {id} up"));
                    self.broker.expire_member(topology, &id);
                }
            }
            3 | 4 => self.end_member("dies"),
            5 => self.end_member("leaves"),
            6 => {
                let open = self.broker.open_transactions();
                if !open.is_empty() {
                    let id = open[self.draw(|rng| rng.index(open.len()))].clone();
                    self.tell(|| format!("time-out of the transaction of {id}"));
                    self.broker.time_out_transaction(&id);
                }
            }
            7 => self.broker.deliver_markers(),
            8 => self.foreign_transaction(),
            9 => self.compact(),
            _ => self.twin(),
        }
    }

    fn end_member(&self, how: &str) {
        let Some(slot) = self.one_of(&self.alive(None)) else { return };
        let Some(mut member) = self.take(slot) else { return };
        self.tell(|| format!("{} {how}", self.inner().slots[slot].name));
        if how == "leaves" {
            // A group that does not hear the good-bye learns of it by its time-out.
            let _ = member.port().leave();
        }
    }

    /// A second process under the same transactional id: somebody copied a configuration.
    fn twin(self: &Arc<World>) {
        let Some(slot) = self.one_of(&self.alive(None)) else { return };
        if self.inner().twins >= 2 {
            return;
        }
        self.inner().twins += 1;
        let (topology, id, number) = {
            let inner = self.inner();
            (inner.slots[slot].topology, inner.slots[slot].transactional_id.clone(), inner.twins)
        };
        let twin = self.add_slot(topology, format!("twin{number}"), id);
        self.start(twin);
    }

    /// Somebody else's transaction on a changelog stays open for a while, with records that nobody may ever read.
    fn foreign_transaction(&self) {
        let (topic, partition, is_end) = self.draw(|rng| {
            let topic = *rng.pick(&[Topic::Changelog, Topic::Changelog, Topic::Metrics]);
            (topic, rng.below(self.broker.partitions(topic).unsigned_abs().into()) as i32, rng.often(500))
        });
        if is_end || self.inner().foreign.len() >= 2 {
            self.end_foreign();
            return;
        }
        self.tell(|| format!("a foreign transaction on {topic:?}-{partition}"));
        let mut foreign = Producer::new(self.broker.clone(), &format!("foreign-{partition}"));
        let garbage = Out {
            topic,
            partition: Some(partition),
            key: Some(b"c-0"),
            value: Some(b"garbage"),
            trace: None,
        };
        let sent = foreign.begin().and_then(|()| foreign.send(garbage)).and_then(|()| {
            // Fills the buffer, so that the record is written and open.
            (1..self.scenario.send_buffer_records).try_for_each(|_| foreign.send(garbage))
        });
        assert_eq!(sent, Ok(()), "a producer of its own");
        self.inner().foreign.push(foreign);
    }

    pub(super) fn end_foreign(&self) {
        for mut foreign in std::mem::take(&mut self.inner().foreign) {
            // It may have been timed out or fenced meanwhile, which has aborted it as well.
            let _ = foreign.abort(&[]);
        }
    }

    fn compact(&self) {
        let (topic, partition, tombstones) = self.draw(|rng| {
            let topic = *rng.pick(&[Topic::Changelog, Topic::Metrics]);
            let partition = rng.below(self.broker.partitions(topic).unsigned_abs().into()) as i32;
            (topic, partition, *rng.pick(&[Tombstones::Keep, Tombstones::Remove]))
        });
        // `delete.retention.ms` is longer than any restore: while one reads in pieces, it still meets the tombstones.
        let tombstones = match self.scenario.restore_chunk_records {
            ONE_PIECE => tombstones,
            _ => Tombstones::Keep,
        };
        self.inner().archive.read(&self.broker, topic, partition);
        let high = self.broker.high(topic, partition).unwrap_or(0);
        let below = self.draw(|rng| rng.between(0, high));
        self.tell(|| format!("compaction of {topic:?}-{partition} below {below}"));
        assert_eq!(self.broker.compact(topic, partition, below, tombstones), Ok(()));
    }

    /// The clock moves on, but never past the moment of a record that is still to be appended.
    pub(super) fn pass_time(&self) {
        let by = match self.scenario.family {
            Family::Backlog => self.draw(|rng| match rng.weighted(&[(30, 0), (1, 1)]) {
                0 => rng.between(0, 200),
                _ => rng.between(5_000, 12_000),
            }),
            Family::Live => self.draw(|rng| match rng.below(4) {
                0 => rng.between(0, 20),
                1 => rng.between(900, 2_000),
                2 => rng.between(0, 600_000),
                _ => rng.between(0, 40 * 3_600_000),
            }),
        };
        let most = self.inner().upcoming.front().map_or(Millis::MAX, |sent| sent.at);
        let now = self.clock.now();
        self.clock.set((now + by).min(most).max(now));
    }

    /// Appends a few of the records that are still to come. (A backlog has none: it is appended before anyone starts.)
    pub(super) fn append_some(&self) {
        for _ in 0..self.draw(|rng| rng.below(3)) {
            self.append_next();
        }
    }
}
