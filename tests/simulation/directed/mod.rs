//! The cases that have a name: one thing goes wrong at an exact place, and the outputs are still what the oracle expects.

mod commits;
mod heirs;
mod restores;
mod timers;
mod windows;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use segue::domain::ids::Millis;
use segue::domain::policy::Policy;
use segue::engine::error::Error;
use segue::engine::finish::Finish;
use segue::engine::port::{Committed, Topic, Topology};
use segue::memory::faults::{Call, Fault};

use super::rng::Rng;
use super::run::{self, Fixtures};
use super::scenario::{DAY, Family, MANY_TIMERS, Scenario};
use super::verdict;
use super::workload;
use super::world::{Moment, World};

/// The slots of the members: two a topology.
const FIRST: usize = 0;
const SECOND: usize = 1;
const WINDOW: usize = 2;

const COMMIT_CALLS: [Call; 4] = [Call::Begin, Call::Send, Call::SendOffsets, Call::Commit];

fn scenario(family: Family) -> Scenario {
    let timeouts = match family {
        Family::Backlog => (Some(10_000), Some(5_000)),
        Family::Live => (None, None),
    };
    Scenario {
        applied: Vec::new(),
        news: 0,
        family,
        partitions: 2,
        delta_partitions: 2,
        conversation_members: 2,
        window_members: 2,
        policy: 1,
        shadow: Some(0),
        conversations: 6,
        lateness_ms: 5_000,
        batch_records: 4,
        batch_bytes: 32 << 20,
        batch_timers: MANY_TIMERS,
        record_bytes_max: 900_000,
        gather_ms: 0,
        restore_stuck_ms: 50,
        send_buffer_records: 1,
        restore_chunk_records: 3,
        final_after_ms: 4_000 * DAY,
        session_timeout_ms: timeouts.0,
        transaction_timeout_ms: timeouts.1,
        steps: 0,
        intensity: 0,
        weak_spot: Call::Poll,
        interludes: 0,
    }
}

/// A world in which nothing goes wrong but what the case says.
struct Case {
    world: Arc<World>,
    policies: Vec<Arc<Policy>>,
    /// How often the script has struck.
    struck: Arc<AtomicUsize>,
}

impl Case {
    fn new(fixtures: &Fixtures, scenario: Scenario) -> Case {
        let policies = fixtures.policies.clone();
        let mut rng = Rng::new(20);
        let input = workload::draw(&scenario, &mut rng);
        let (partitions, family) = (scenario.partitions, scenario.family);
        let world = World::new(scenario, rng, &policies, input, false);
        while world.append_next() {}
        if family == Family::Backlog {
            world.set_finish(Topology::Conversations, Some(Arc::new(Finish::new(partitions))));
        }
        Case { world, policies, struck: Arc::default() }
    }

    fn backlog(fixtures: &Fixtures) -> Case {
        Case::new(fixtures, scenario(Family::Backlog))
    }

    fn start(&self, slot: usize) {
        self.world.start(slot);
    }

    fn rounds(&self, slot: usize, count: usize, tick_ms: Millis) {
        for _ in 0..count {
            self.world.round(slot);
            self.world.clock.advance(tick_ms);
        }
        assert_eq!(self.world.failure(), None);
    }

    /// Rounds of a member until the script has struck.
    fn until_struck(&self, slot: usize, tick_ms: Millis) {
        for _ in 0..2_000 {
            self.rounds(slot, 1, tick_ms);
            if self.struck.load(SeqCst) > 0 {
                self.world.set_script(None);
                return;
            }
        }
        panic!("the moment of the case never comes");
    }

    /// Once, at the first moment that is the one: what `act` does and says.
    fn once(
        &self,
        is_it: impl Fn(&Arc<World>, Moment) -> bool + Send + 'static,
        act: impl Fn(&Arc<World>) -> Vec<Fault> + Send + 'static,
    ) {
        self.struck.store(0, SeqCst);
        let struck = self.struck.clone();
        self.world.set_script(Some(Box::new(move |world, moment| {
            if struck.load(SeqCst) > 0 || !is_it(world, moment) {
                return Vec::new();
            }
            struck.store(1, SeqCst);
            act(world)
        })));
    }

    /// What is committed of the conversations, by topic and partition, the whole entries.
    fn committed(&self) -> Vec<Committed> {
        self.world.broker.committed_offsets(Topology::Conversations)
    }

    /// All come to an end without further faults, and the outputs are the oracle's.
    #[track_caller]
    fn end(&self, what: &str) {
        self.world.set_script(None);
        if self.world.scenario.family == Family::Live {
            self.world.dismiss(Topology::Conversations);
            let finish = Finish::new(self.world.scenario.partitions);
            self.world.set_finish(Topology::Conversations, Some(Arc::new(finish)));
        }
        let verdict = run::end(&self.world).and_then(|()| verdict::judge(&self.world, &self.policies));
        assert_eq!(verdict, Ok(()), "{what}");
    }
}

fn is(slot: usize, call: Call, nth: u64) -> impl Fn(&Arc<World>, Moment) -> bool + Send + 'static {
    move |_, moment| moment == Moment { slot, call, nth }
}

fn no_answer() -> Error {
    Error::Reload("no answer".into())
}

/// The two truths behind a lost answer of a commit: it happened, or it did not.
fn truths() -> [(&'static str, Fault); 2] {
    [("it happened", Fault::After(no_answer())), ("it did not", Fault::Before(no_answer()))]
}

/// Records of a topic that are written and that no reader of committed records sees.
fn undecided(world: &World, topic: Topic) -> Vec<segue::engine::port::Record> {
    let partitions = 0..world.broker.partitions(topic);
    let of = |at| {
        let seen = world.broker.read_committed(topic, at, 0);
        world.broker.records_all(topic, at).into_iter().filter(move |record| !seen.contains(record))
    };
    partitions.flat_map(of).collect()
}

fn expire(world: &World, slot: usize) {
    for id in world.ids(Topology::Conversations, Some(slot)) {
        assert!(world.broker.expire_member(Topology::Conversations, &id));
    }
}
