//! Broker, clock and members, and who acts next. One thread; every choice comes from the seed.
//!
//! A member's round may be interrupted at any of its calls: its fault plan calls back into the world, which lets other
//! members act before the call goes on. So rounds interleave as they would between processes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use segue::app::pipeline::{ConversationSide, WindowSide};
use segue::domain::policy::Policy;
use segue::engine::error::Error;
use segue::engine::finish::Finish;
use segue::engine::port::{Clock, Out, Port, Topic, Topology};
use segue::engine::worker::Round;
use segue::memory::Isolation;
use segue::memory::broker::{self, Broker, Waits};
use segue::memory::clock::ManualClock;
use segue::memory::faults::{Call, Fault, Plan};
use segue::memory::port::MemoryPort;
use segue::memory::producer::Producer;

use super::member::{Member, Slot, Ticks, sides};
use super::newsstand::Newsstand;
use super::rng::Rng;
use super::scenario::Scenario;
use super::verdict::Archive;
use super::viewer::Viewer;
use super::workload::{START, Sent, Via};

pub const TOPOLOGIES: [Topology; 2] = [Topology::Conversations, Topology::Windows];

/// A call of a member that is about to be made: whose, which, and the how many-th of its kind in the life of the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub slot: usize,
    pub call: Call,
    pub nth: u64,
}

/// Says what happens before a call and what becomes of it, in the place of chance.
pub type Script = Box<dyn FnMut(&Arc<World>, Moment) -> Vec<Fault> + Send>;

pub(super) struct Inner {
    pub rng: Rng,
    pub slots: Vec<Slot>,
    /// Things go wrong.
    pub is_rough: bool,
    /// Rounds that are being interrupted.
    pub depth: usize,
    pub upcoming: VecDeque<Sent>,
    pub foreign: Vec<Producer>,
    pub archive: Archive,
    pub twins: usize,
    pub policies: Newsstand,
    pub failure: Option<String>,
    is_aloud: bool,
    script: Option<Script>,
}

/// See the module.
pub struct World {
    pub broker: Arc<Broker>,
    pub clock: Arc<ManualClock>,
    pub scenario: Scenario,
    conversations: ConversationSide,
    windows: WindowSide,
    finishes: Mutex<[Option<Arc<Finish>>; 2]>,
    inner: Mutex<Inner>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub fn new(
        scenario: Scenario,
        rng: Rng,
        policies: &[Arc<Policy>],
        input: Vec<Sent>,
        is_aloud: bool,
    ) -> Arc<World> {
        let s = &scenario;
        let mut settings = broker::Settings::new(s.partitions)
            .with_partitions(Topic::Deltas, s.delta_partitions)
            .with_partitions(Topic::Metrics, s.delta_partitions);
        settings.session_timeout_ms = s.session_timeout_ms;
        settings.transaction_timeout_ms = s.transaction_timeout_ms;
        settings.send_buffer_records = s.send_buffer_records;
        settings.restore_chunk_records = s.restore_chunk_records;
        settings.waits = Waits::ReturnAtOnce;
        let clock = Arc::new(ManualClock::new(START));
        let broker = Broker::new(settings, clock.clone());
        let inner = Inner {
            rng,
            slots: Vec::new(),
            is_rough: false,
            depth: 0,
            upcoming: input.into(),
            foreign: Vec::new(),
            archive: Archive::default(),
            twins: 0,
            policies: Newsstand::new(&scenario, policies),
            failure: None,
            is_aloud,
            script: None,
        };
        let (conversations, windows) = sides(s, policies);
        let (finishes, inner) = (Mutex::default(), Mutex::new(inner));
        let world = Arc::new(World { broker, clock, scenario, conversations, windows, finishes, inner });
        for topology in TOPOLOGIES {
            for number in 0..world.members_most(topology) {
                let name = format!(
                    "{}-{number}",
                    if topology == Topology::Conversations { "talk" } else { "window" }
                );
                world.add_slot(topology, name.clone(), name);
            }
        }
        world
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        locked(&self.inner)
    }

    /// Draws from the seed.
    pub fn draw<T>(&self, with: impl FnOnce(&mut Rng) -> T) -> T {
        with(&mut self.inner().rng)
    }

    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        let (depth, is_aloud) = {
            let inner = self.inner();
            (inner.depth, inner.is_aloud)
        };
        if is_aloud {
            println!("{:>8} {}{}", self.clock.now() - START, "    ".repeat(depth), what());
        }
    }

    fn members_most(&self, topology: Topology) -> usize {
        match topology {
            Topology::Conversations => self.scenario.conversation_members,
            Topology::Windows => self.scenario.window_members,
        }
    }

    pub(super) fn add_slot(&self, topology: Topology, name: String, transactional_id: String) -> usize {
        let mut inner = self.inner();
        inner.slots.push(Slot {
            topology,
            name,
            transactional_id,
            member: None,
            viewer: None,
            board: None,
            busy: false,
        });
        inner.slots.len() - 1
    }

    /// Bounded runs have an end from now on; `None`: none.
    pub fn set_finish(&self, topology: Topology, finish: Option<Arc<Finish>>) {
        locked(&self.finishes)[topology as usize] = finish;
    }

    fn finish(&self, topology: Topology) -> Option<Arc<Finish>> {
        locked(&self.finishes)[topology as usize].clone()
    }

    pub fn is_over(&self, topology: Topology) -> bool {
        self.finish(topology).is_some_and(|finish| finish.is_over())
    }

    pub(super) fn start(self: &Arc<World>, slot: usize) {
        let (topology, name, transactional_id) = {
            let inner = self.inner();
            let Slot { topology, name, transactional_id, .. } = &inner.slots[slot];
            (*topology, name.clone(), transactional_id.clone())
        };
        self.tell(|| format!("{name} starts"));
        let port = MemoryPort::new(self.broker.clone(), topology, &transactional_id, &name)
            .with_faults(self.plan(slot));
        let (ticks, finish) = (Ticks(self.clock.clone()), self.finish(topology));
        let member: Box<dyn Member> = match topology {
            Topology::Conversations => {
                let (viewer, queries) = Viewer::new();
                let board = self.inner().policies.board();
                {
                    let slot = &mut self.inner().slots[slot];
                    (slot.viewer, slot.board) = (Some(viewer), Some(board.clone()));
                }
                let side = self.conversations.told_by(board);
                Box::new(side.worker(port, ticks, transactional_id, Some(queries), finish))
            }
            Topology::Windows => Box::new(self.windows.worker(port, ticks, transactional_id, finish)),
        };
        self.inner().slots[slot].member = Some(member);
    }

    fn plan(self: &Arc<World>, slot: usize) -> Plan {
        let world: Weak<World> = Arc::downgrade(self);
        Box::new(move |call, nth| {
            let moment = Moment { slot, call, nth };
            world.upgrade().map(|world| world.before(moment)).unwrap_or_default()
        })
    }

    /// From now on this decides what goes wrong, and nothing else does.
    pub fn set_script(&self, script: Option<Script>) {
        self.inner().script = script;
    }

    /// Called in the middle of a member's round, before one of its calls.
    fn before(self: &Arc<World>, moment: Moment) -> Vec<Fault> {
        self.check_view(moment.slot);
        // While the script speaks, rounds inside of it are undisturbed.
        let script = self.inner().script.take();
        match script {
            Some(mut script) => {
                let faults = self.deeper(|| script(self, moment));
                self.inner().script.get_or_insert(script);
                if !faults.is_empty() {
                    self.tell(|| format!("-- {moment:?}: {faults:?}"));
                }
                faults
            }
            None => self.meddle(moment.slot, moment.call),
        }
    }

    /// What a member has shown to others since the last time must be committed.
    fn check_view(&self, slot: usize) {
        let seen = self.inner().slots[slot].viewer.as_mut().map(Viewer::seen).unwrap_or_default();
        for (id, seen) in seen {
            let (topic, partition) = (Topic::Changelog, seen.partition);
            let stable = self.broker.bounds(topic, partition).map(|bounds| bounds.end);
            if stable != self.broker.high(topic, partition) {
                continue; // behind an open transaction readers see a commit later than who made it
            }
            let mut inner = self.inner();
            inner.archive.read(&self.broker, topic, partition);
            if !inner.archive.has_state(&id, &seen) {
                let what = format!("a view shows what no committed changelog record holds: {id}, {seen:?}");
                inner.failure.get_or_insert(what);
            }
        }
    }

    /// One round of a member. Whoever crashes, is over or was told to exit is gone afterwards.
    pub(super) fn round(self: &Arc<World>, slot: usize) {
        let Some(mut member) = self.take(slot) else { return };
        {
            let mut inner = self.inner();
            let slot = &mut inner.slots[slot];
            slot.busy = true;
            if let Some(viewer) = &mut slot.viewer {
                viewer.ask(self.scenario.conversations);
            }
        }
        let result = self.deeper(|| member.round());
        self.tell(|| format!("{} did {result:?}", self.inner().slots[slot].name));
        let stays = match &result {
            Ok(Round::Worked | Round::Idle) => true,
            Ok(Round::Over) => {
                // In order, as `Worker::run` does; if that fails the group hears of it by its time-out.
                let _ = member.port().leave();
                false
            }
            Err(Error::Fatal(why)) if why == "crash" || why.starts_with("fenced three times") => false,
            Err(error) => {
                self.inner().failure.get_or_insert(format!("a member gave up: {error}"));
                false
            }
        };
        if stays {
            self.inner().slots[slot].member = Some(member);
        } else {
            drop(member);
        }
        self.inner().slots[slot].busy = false;
    }

    /// Takes a member out of its slot, and leaves the world unlocked.
    pub(super) fn take(&self, slot: usize) -> Option<Box<dyn Member>> {
        let mut inner = self.inner();
        inner.slots[slot].member.take()
    }

    fn deeper<T>(&self, act: impl FnOnce() -> T) -> T {
        self.inner().depth += 1;
        let answer = act();
        self.inner().depth -= 1;
        answer
    }

    pub(super) fn slots_where(&self, is: impl Fn(&Slot) -> bool) -> Vec<usize> {
        self.inner().slots.iter().enumerate().filter(|(_, slot)| is(slot)).map(|(at, _)| at).collect()
    }

    pub(super) fn alive(&self, topology: Option<Topology>) -> Vec<usize> {
        let wanted = |slot: &Slot| topology.is_none_or(|topology| topology == slot.topology);
        self.slots_where(|slot| slot.member.is_some() && !slot.busy && wanted(slot))
    }

    pub(super) fn one_of(&self, slots: &[usize]) -> Option<usize> {
        if slots.is_empty() { None } else { Some(slots[self.draw(|rng| rng.index(slots.len()))]) }
    }

    /// Ids in the group, in order; with a slot, those of its members.
    pub(super) fn ids(&self, topology: Topology, slot: Option<usize>) -> Vec<String> {
        let name = slot.map(|slot| format!("{}-", self.inner().slots[slot].name)).unwrap_or_default();
        let ids = self.broker.owners(topology).into_iter().map(|(id, _)| id);
        ids.filter(|id| id.starts_with(&name)).collect()
    }

    /// False if there is nothing left.
    pub fn append_next(&self) -> bool {
        let Some(sent) = self.inner().upcoming.pop_front() else { return false };
        self.clock.set(self.clock.now().max(sent.at));
        let Sent { topic, partition, key, value, timestamp, .. } = &sent;
        let out = Out {
            topic: *topic,
            partition: *partition,
            key: key.as_deref(),
            value: value.as_deref(),
            trace: None,
        };
        let written = match sent.via {
            Via::Plain => self.broker.append(out, *timestamp).map(|_| ()),
            Via::Committed | Via::Aborted => {
                let mut sender = Producer::new(self.broker.clone(), "sender");
                let sent_all = sender.begin().and_then(|()| sender.send(out));
                sent_all.and_then(|()| match sent.via {
                    Via::Aborted => {
                        (1..self.scenario.send_buffer_records).try_for_each(|_| sender.send(out))?;
                        sender.abort(&[])
                    }
                    Via::Plain | Via::Committed => sender.commit(&[]),
                })
            }
        };
        assert_eq!(written, Ok(()), "an input can be written");
        self.tell(|| {
            format!("{topic:?} gets {}", String::from_utf8_lossy(value.as_deref().unwrap_or(b"(tombstone)")))
        });
        true
    }

    /// A member's process looks for applied policies.
    pub(super) fn hear(&self, slot: usize) {
        let inner = self.inner();
        if let Some(board) = &inner.slots[slot].board {
            inner.policies.tell(board);
        }
    }

    /// What a member gave up for, if one did.
    pub fn failure(&self) -> Option<String> {
        self.inner().failure.clone()
    }

    /// Everything committed so far, compacted away or not.
    pub fn archive(&self) -> Archive {
        let mut inner = self.inner();
        inner.archive.read_all(&self.broker);
        inner.archive.clone()
    }

    /// Every record of every topic, the aborted among them, and where each group stands.
    pub fn log(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for topic in Topic::ALL {
            for partition in 0..self.broker.partitions(topic) {
                for isolation in [Isolation::Uncommitted, Isolation::Committed] {
                    let fetched = self.broker.read(topic, partition, 0, isolation, usize::MAX);
                    bytes.extend_from_slice(
                        format!("{topic:?}-{partition} to {}\n", fetched.position).as_bytes(),
                    );
                    for record in fetched.records {
                        bytes.extend_from_slice(
                            format!("{} {:?} ", record.offset, record.timestamp).as_bytes(),
                        );
                        bytes.extend_from_slice(record.key().unwrap_or(b"(none)"));
                        bytes.extend_from_slice(record.value().unwrap_or(b"(tombstone)"));
                        bytes.push(b'\n');
                    }
                }
            }
        }
        for topology in TOPOLOGIES {
            bytes.extend_from_slice(format!("{:?}\n", self.broker.committed_offsets(topology)).as_bytes());
        }
        bytes
    }
}
