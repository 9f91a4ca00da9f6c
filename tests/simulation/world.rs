//! Broker, clock and members, and who acts next. One thread; every choice comes from the seed.
//!
//! A member's round may be interrupted at any of its calls: its fault plan calls back into the world, which lets other
//! members act before the call goes on. So rounds interleave as they would between processes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use segue::app::pipeline::{ConversationSide, WindowSide};
use segue::domain::ids::Millis;
use segue::domain::policy::Policy;
use segue::engine::error::Error;
use segue::engine::finish::Finish;
use segue::engine::port::{Clock, Out, Port, Topic, Topology};
use segue::engine::settings::{Settings, TimeSource};
use segue::engine::stats::Stats;
use segue::engine::task::Task;
use segue::engine::windows_task::WindowSettings;
use segue::engine::worker::{Round, Worker};
use segue::memory::broker::{self, Broker, Waits};
use segue::memory::clock::ManualClock;
use segue::memory::faults::{Call, Fault, Plan};
use segue::memory::port::MemoryPort;
use segue::memory::producer::Producer;
use segue::memory::{Isolation, Tombstones};

use super::chaos;
use super::rng::Rng;
use super::scenario::{Family, Scenario};
use super::verdict::Archive;
use super::workload::{START, Sent, Via};

pub const TOPOLOGIES: [Topology; 2] = [Topology::Conversations, Topology::Windows];

/// The members' view of the clock.
pub struct Ticks(pub Arc<ManualClock>);

impl Clock for Ticks {
    fn now(&self) -> Millis {
        self.0.now()
    }
}

/// A worker of either topology.
pub trait Member: Send {
    fn round(&mut self) -> Result<Round, Error>;
    fn port(&mut self) -> &mut MemoryPort;
}

impl<T: Task + Send> Member for Worker<MemoryPort, T, Ticks> {
    fn round(&mut self) -> Result<Round, Error> {
        Worker::round(self)
    }

    fn port(&mut self) -> &mut MemoryPort {
        Worker::port(self)
    }
}

/// A process: one transactional id, and the member that lives under it, if one does.
struct Slot {
    topology: Topology,
    /// Also begins the ids it has in its group.
    name: String,
    transactional_id: String,
    member: Option<Box<dyn Member>>,
    /// In the middle of a round.
    busy: bool,
}

struct Inner {
    rng: Rng,
    slots: Vec<Slot>,
    /// Things go wrong.
    is_rough: bool,
    /// Rounds that are being interrupted.
    depth: usize,
    upcoming: VecDeque<Sent>,
    foreign: Vec<Producer>,
    archive: Archive,
    twins: usize,
    failure: Option<String>,
    is_aloud: bool,
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
        policy: Arc<Policy>,
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
            failure: None,
            is_aloud,
        };
        let (conversations, windows) = sides(s, policy);
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

    fn inner(&self) -> MutexGuard<'_, Inner> {
        locked(&self.inner)
    }

    /// Draws from the seed.
    pub fn draw<T>(&self, with: impl FnOnce(&mut Rng) -> T) -> T {
        with(&mut self.inner().rng)
    }

    fn tell(&self, what: impl FnOnce() -> String) {
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

    fn add_slot(&self, topology: Topology, name: String, transactional_id: String) -> usize {
        let mut inner = self.inner();
        inner.slots.push(Slot { topology, name, transactional_id, member: None, busy: false });
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

    fn start(self: &Arc<World>, slot: usize) {
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
                Box::new(self.conversations.worker(port, ticks, transactional_id, None, finish))
            }
            Topology::Windows => Box::new(self.windows.worker(port, ticks, transactional_id, finish)),
        };
        self.inner().slots[slot].member = Some(member);
    }

    fn plan(self: &Arc<World>, slot: usize) -> Plan {
        let world: Weak<World> = Arc::downgrade(self);
        Box::new(move |call, _nth| world.upgrade().map(|world| world.meddle(slot, call)).unwrap_or_default())
    }

    /// One round of a member. Whoever crashes, is over or was told to exit is gone afterwards.
    fn round(self: &Arc<World>, slot: usize) {
        let Some(mut member) = self.take(slot) else { return };
        self.inner().slots[slot].busy = true;
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
    fn take(&self, slot: usize) -> Option<Box<dyn Member>> {
        let mut inner = self.inner();
        inner.slots[slot].member.take()
    }

    fn deeper<T>(&self, act: impl FnOnce() -> T) -> T {
        self.inner().depth += 1;
        let answer = act();
        self.inner().depth -= 1;
        answer
    }

    fn slots_where(&self, is: impl Fn(&Slot) -> bool) -> Vec<usize> {
        self.inner().slots.iter().enumerate().filter(|(_, slot)| is(slot)).map(|(at, _)| at).collect()
    }

    fn alive(&self, topology: Option<Topology>) -> Vec<usize> {
        let wanted = |slot: &Slot| topology.is_none_or(|topology| topology == slot.topology);
        self.slots_where(|slot| slot.member.is_some() && !slot.busy && wanted(slot))
    }

    fn one_of(&self, slots: &[usize]) -> Option<usize> {
        if slots.is_empty() { None } else { Some(slots[self.draw(|rng| rng.index(slots.len()))]) }
    }

    /// Ids in the group, in order; with a slot, those of its members.
    fn ids(&self, topology: Topology, slot: Option<usize>) -> Vec<String> {
        let name = slot.map(|slot| format!("{}-", self.inner().slots[slot].name)).unwrap_or_default();
        let ids = self.broker.owners(topology).into_iter().map(|(id, _)| id);
        ids.filter(|id| id.starts_with(&name)).collect()
    }

    /// Called in the middle of a member's round, before one of its calls: what others do first, and what becomes of the call.
    fn meddle(self: &Arc<World>, slot: usize, call: Call) -> Vec<Fault> {
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
        let garbage = Out { topic, partition: Some(partition), key: Some(b"c-0"), value: Some(b"garbage") };
        let sent = foreign.begin().and_then(|()| foreign.send(garbage)).and_then(|()| {
            // Fills the buffer, so that the record is written and open.
            (1..self.scenario.send_buffer_records).try_for_each(|_| foreign.send(garbage))
        });
        assert_eq!(sent, Ok(()), "a producer of its own");
        self.inner().foreign.push(foreign);
    }

    fn end_foreign(&self) {
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
        self.inner().archive.read(&self.broker, topic, partition);
        let high = self.broker.high(topic, partition).unwrap_or(0);
        let below = self.draw(|rng| rng.between(0, high));
        self.tell(|| format!("compaction of {topic:?}-{partition} below {below}"));
        assert_eq!(self.broker.compact(topic, partition, below, tombstones), Ok(()));
    }

    /// The clock moves on, but never past the moment of a record that is still to be appended.
    fn pass_time(&self) {
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
    fn append_some(&self) {
        for _ in 0..self.draw(|rng| rng.below(3)) {
            self.append_next();
        }
    }

    /// False if there is nothing left.
    pub fn append_next(&self) -> bool {
        let Some(sent) = self.inner().upcoming.pop_front() else { return false };
        self.clock.set(self.clock.now().max(sent.at));
        let Sent { topic, partition, key, value, timestamp, .. } = &sent;
        let out = Out { topic: *topic, partition: *partition, key: key.as_deref(), value: value.as_deref() };
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

    /// Nothing goes wrong any more: who is not alive is out of its group, nothing stays open.
    pub fn calm(&self) {
        self.inner().is_rough = false;
        self.end_foreign();
        for topology in TOPOLOGIES {
            let alive: Vec<String> = {
                let mut inner = self.inner();
                let members = inner.slots.iter_mut().filter_map(|slot| slot.member.as_mut());
                members.filter_map(|member| member.port().member_id().map(str::to_owned)).collect()
            };
            for id in self.ids(topology, None).into_iter().filter(|id| !alive.contains(id)) {
                self.broker.expire_member(topology, &id);
            }
        }
        for id in self.broker.open_transactions() {
            self.broker.time_out_transaction(&id);
        }
        self.broker.deliver_markers();
    }

    /// A calm round of every member of a topology; somebody is always there.
    pub fn calm_rounds(self: &Arc<World>, topology: Topology, tick_ms: Millis) -> Result<(), String> {
        self.calm();
        self.clock.advance(tick_ms);
        if self.alive(Some(topology)).is_empty() {
            let first = self.slots_where(|slot| slot.topology == topology)[0];
            self.start(first);
        }
        for slot in self.alive(Some(topology)) {
            self.round(slot);
        }
        self.inner().failure.clone().map_or(Ok(()), Err)
    }

    /// What a member gave up for, if one did.
    pub fn failure(&self) -> Option<String> {
        self.inner().failure.clone()
    }

    /// All members of a topology go, in order; so do those that come while the others leave.
    pub fn dismiss(&self, topology: Topology) {
        let present = |slot: &Slot| slot.topology == topology && slot.member.is_some();
        while let Some(slot) = self.slots_where(present).first() {
            if let Some(mut member) = self.take(*slot) {
                let _ = member.port().leave();
            }
        }
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

fn sides(s: &Scenario, policy: Arc<Policy>) -> (ConversationSide, WindowSide) {
    let settings = Settings {
        batch_records: s.batch_records,
        batch_bytes: s.batch_bytes,
        record_bytes_max: s.record_bytes_max,
        lateness_ms: s.lateness_ms,
        restore_stuck_ms: s.restore_stuck_ms,
        time: match s.family {
            Family::Backlog => TimeSource::InputOnly,
            Family::Live => TimeSource::InputAndClock,
        },
        ..Settings::default()
    };
    let turns = Topic::Turns.default_name().to_owned();
    let names = (turns.clone(), Topic::Outcomes.default_name().to_owned());
    let stats = Arc::new(Stats::default());
    let conversations = ConversationSide::new(settings.clone(), policy, names, Some(turns), stats.clone());
    let windows = WindowSettings { final_after_ms: s.final_after_ms, ..WindowSettings::new(s.partitions) };
    let settings = Settings { gather_ms: s.gather_ms, ..settings };
    (conversations, WindowSide { settings, windows, stats })
}
