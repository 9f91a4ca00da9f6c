//! The cases that have a name: one thing goes wrong at an exact place, and the outputs are still what the oracle expects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use segue::domain::ids::Millis;
use segue::domain::policy::Policy;
use segue::engine::error::Error;
use segue::engine::finish::Finish;
use segue::engine::port::{Clock, Committed, Membership, Out, Topic, Topology};
use segue::memory::faults::{Call, Fault};
use segue::memory::producer::Producer;
use segue::wire::partition;

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

#[test]
fn a_timer_alone_whose_commit_lost_its_answer_fires_once() {
    let fixtures = Fixtures::new();
    for (truth, fault) in truths() {
        let case = Case::new(&fixtures, scenario(Family::Live));
        case.start(FIRST);
        case.rounds(FIRST, 100, 0);
        let offsets = |committed: Vec<Committed>| -> Vec<_> {
            committed.into_iter().map(|c| (c.topic, c.partition, c.offset)).collect()
        };
        let before = offsets(case.committed());
        let timer_fired = |world: &Arc<World>, moment: Moment| {
            let open = undecided(world, Topic::Changelog);
            moment.call == Call::Commit && open.iter().any(|record| record.key() != Some(partition::KEY))
        };
        case.once(timer_fired, move |_| vec![fault.clone()]);
        case.until_struck(FIRST, 5_000);
        case.rounds(FIRST, 3, 0);
        assert_eq!(offsets(case.committed()), before, "{truth}: no input had moved");
        case.end(truth);
    }
}

#[test]
fn a_commit_that_lost_its_answer_is_neither_lost_nor_doubled() {
    let fixtures = Fixtures::new();
    for (truth, fault) in truths() {
        for nth in 1..5 {
            let case = Case::backlog(&fixtures);
            let fault = fault.clone();
            case.start(FIRST);
            case.once(is(FIRST, Call::Commit, nth), move |_| vec![fault.clone()]);
            case.until_struck(FIRST, 0);
            case.rounds(FIRST, 4, 0);
            case.end(&format!("commit {nth}, {truth}"));
        }
    }
}

#[test]
fn a_zombie_that_sends_its_offsets_too_late_commits_nothing() {
    let fixtures = Fixtures::new();
    // Its records wait in the client, or are in the log, where its transaction's time-out aborts them.
    for (send_buffer_records, passes_ms) in [(1_000, 0), (1, 5_000)] {
        let case = Case::new(&fixtures, Scenario { send_buffer_records, ..scenario(Family::Backlog) });
        case.start(FIRST);
        case.once(is(FIRST, Call::SendOffsets, 3), move |world| {
            expire(world, FIRST);
            world.start(SECOND);
            world.clock.advance(passes_ms);
            let before = world.broker.committed_offsets(Topology::Conversations);
            (0..40).for_each(|_| world.round(SECOND));
            assert_ne!(world.broker.committed_offsets(Topology::Conversations), before, "the heir works");
            Vec::new()
        });
        case.until_struck(FIRST, 0);
        case.rounds(FIRST, 4, 0);
        case.rounds(SECOND, 4, 0);
        case.end(&format!("the heir had committed the same records; {send_buffer_records} held back"));
    }
}

#[test]
fn an_heir_waits_for_the_commit_that_a_zombie_has_begun() {
    let fixtures = Fixtures::new();
    for late in [vec![], vec![400, 0, 900]] {
        let case = Case::backlog(&fixtures);
        case.start(FIRST);
        let delays = late.clone();
        case.once(is(FIRST, Call::Commit, 3), move |world| {
            expire(world, FIRST);
            world.start(SECOND);
            let before = world.broker.committed_offsets(Topology::Conversations);
            (0..40).for_each(|_| world.round(SECOND));
            assert_eq!(world.broker.committed_offsets(Topology::Conversations), before, "the heir waits");
            vec![Fault::LateMarkers(delays.clone())]
        });
        case.until_struck(FIRST, 0);
        case.rounds(SECOND, 40, 50);
        case.rounds(FIRST, 4, 0);
        case.end(&format!("markers late by {late:?}"));
    }
}

#[test]
fn an_heir_of_windows_waits_for_the_commit_that_a_zombie_has_begun() {
    let fixtures = Fixtures::new();
    for send_buffer_records in [1, 1_000] {
        let case = Case::new(&fixtures, Scenario { send_buffer_records, ..scenario(Family::Backlog) });
        run::until_over(&case.world, Topology::Conversations).expect("conversations end");
        case.start(WINDOW);
        case.once(is(WINDOW, Call::Commit, 2), |world| {
            for id in world.ids(Topology::Windows, Some(WINDOW)) {
                assert!(world.broker.expire_member(Topology::Windows, &id));
            }
            world.start(WINDOW + 1);
            (0..20).for_each(|_| world.round(WINDOW + 1));
            vec![Fault::LateMarkers(vec![0, 0, 500])]
        });
        case.until_struck(WINDOW, 0);
        case.rounds(WINDOW + 1, 40, 50);
        case.end(&format!("{send_buffer_records} records held back"));
    }
}

#[test]
fn a_rebalance_in_the_middle_of_a_batch_moves_partitions_and_nothing_else() {
    let fixtures = Fixtures::new();
    for call in COMMIT_CALLS {
        let case = Case::backlog(&fixtures);
        case.start(FIRST);
        case.once(is(FIRST, call, 3), |world| {
            world.start(SECOND);
            (0..5).for_each(|_| world.round(SECOND));
            vec![Fault::Rebalance]
        });
        case.until_struck(FIRST, 0);
        for _ in 0..10 {
            case.rounds(SECOND, 1, 0);
            case.rounds(FIRST, 1, 0);
        }
        case.end(&format!("at {call:?}"));
    }
}

#[test]
fn a_restore_waits_for_a_foreign_transaction_on_its_changelog() {
    let fixtures = Fixtures::new();
    for is_committed in [true, false] {
        let case = Case::backlog(&fixtures);
        case.start(FIRST);
        case.rounds(FIRST, 4, 0);
        case.world.dismiss(Topology::Conversations);
        let before = case.committed();
        assert!(!before.is_empty());
        let mut foreign = Producer::new(case.world.broker.clone(), "foreign");
        foreign.begin().expect("begun");
        for at in 0..case.world.scenario.partitions {
            let key = Some(&b"nobody"[..]);
            foreign
                .send(Out { topic: Topic::Changelog, partition: Some(at), key, value: None, trace: None })
                .expect("sent");
        }
        case.start(FIRST);
        case.rounds(FIRST, 20, 100);
        assert_eq!(case.committed(), before, "nothing is taken before the state is there");
        let ended = if is_committed { foreign.commit(&[]) } else { foreign.abort(&[]) };
        assert_eq!(ended, Ok(()));
        case.rounds(FIRST, 10, 0);
        assert_ne!(case.committed(), before, "it goes on as soon as the transaction has ended");
        case.end(&format!("committed: {is_committed}"));
    }
}

#[test]
fn a_changelog_reader_that_cannot_be_stopped_does_not_undo_what_came_after() {
    let fixtures = Fixtures::new();
    let few = Scenario { restore_chunk_records: 1, batch_records: 1, ..scenario(Family::Backlog) };
    let case = Case::new(&fixtures, few);
    case.start(FIRST);
    case.rounds(FIRST, 4, 0);
    case.world.dismiss(Topology::Conversations);
    // The other partition's restore goes on meanwhile, and with it the reading.
    let mut foreign = Producer::new(case.world.broker.clone(), "foreign");
    let nothing =
        Out { topic: Topic::Changelog, partition: Some(1), key: Some(b"nobody"), value: None, trace: None };
    foreign.begin().and_then(|()| foreign.send(nothing)).expect("sent");
    case.start(FIRST);
    case.once(is(FIRST, Call::RestoreStop, 1), |_| vec![Fault::Before(no_answer())]);
    case.until_struck(FIRST, 0);
    case.rounds(FIRST, 12, 0);
    assert_eq!(foreign.abort(&[]), Ok(()));
    case.end("records of a partition that works are not restored");
}

#[test]
fn a_crash_at_any_step_of_a_commit_loses_nothing_and_doubles_nothing() {
    let fixtures = Fixtures::new();
    for call in COMMIT_CALLS {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let what = format!("{call:?}: {fault:?}");
            let case = Case::backlog(&fixtures);
            case.start(FIRST);
            case.once(is(FIRST, call, 3), move |_| vec![fault.clone()]);
            case.until_struck(FIRST, 0);
            case.start(SECOND);
            case.rounds(SECOND, 30, 1_000);
            case.end(&what);
        }
    }
}

#[test]
fn a_restart_after_a_crash_ends_what_the_crash_left_open() {
    let fixtures = Fixtures::new();
    for call in COMMIT_CALLS {
        let case = Case::backlog(&fixtures);
        case.start(FIRST);
        case.once(is(FIRST, call, 3), |_| vec![Fault::CrashAfter]);
        case.until_struck(FIRST, 0);
        let open = call != Call::Begin && call != Call::Commit;
        assert_eq!(case.world.broker.open_transactions().len(), usize::from(open), "{call:?}");
        case.start(FIRST);
        assert!(case.world.broker.open_transactions().is_empty());
        case.end(&format!("{call:?}"));
    }
}

#[test]
fn a_dead_letter_of_an_aborted_batch_is_seen_by_nobody() {
    let fixtures = Fixtures::new();
    let case = Case::backlog(&fixtures);
    let bad = Out {
        topic: Topic::Turns,
        partition: Some(0),
        key: Some(b"c-0"),
        value: Some(b"no JSON"),
        trace: None,
    };
    case.world.broker.append(bad, None).expect("appended");
    case.start(FIRST);
    let holds_a_letter = |world: &Arc<World>, moment: Moment| {
        moment.call == Call::Commit && !undecided(world, Topic::DeadLetters).is_empty()
    };
    case.once(holds_a_letter, |_| vec![Fault::Before(Error::Abort("on purpose".into()))]);
    case.until_struck(FIRST, 0);
    let letters = |world: &World| -> usize {
        (0..2).map(|at| world.broker.read_committed(Topic::DeadLetters, at, 0).len()).sum()
    };
    let aborted = undecided(&case.world, Topic::DeadLetters).len();
    assert!(aborted > 0, "the aborted letter is in the log");
    let seen = letters(&case.world);
    case.rounds(FIRST, 3, 0);
    assert!(letters(&case.world) > seen, "it comes with the batch that commits");
    case.end("each bad record has one letter");
}

#[test]
fn another_process_under_our_transactional_id_shuts_our_commit_out() {
    let fixtures = Fixtures::new();
    for call in COMMIT_CALLS {
        let case = Case::backlog(&fixtures);
        case.start(FIRST);
        case.once(is(FIRST, call, 3), |world| {
            drop(Producer::new(world.broker.clone(), "talk-0"));
            Vec::new()
        });
        case.until_struck(FIRST, 0);
        case.rounds(FIRST, 10, 0);
        case.end(&format!("before {call:?}"));
    }
}

#[test]
fn a_lost_answer_of_a_windows_commit_counts_once() {
    let fixtures = Fixtures::new();
    for (truth, fault) in truths() {
        for final_after_ms in [4_000 * DAY, 60_000] {
            for nth in 1..4 {
                let fault = fault.clone();
                let case = Case::new(
                    &fixtures,
                    Scenario { final_after_ms, batch_records: 1, ..scenario(Family::Backlog) },
                );
                run::until_over(&case.world, Topology::Conversations).expect("conversations end");
                case.start(WINDOW);
                case.once(is(WINDOW, Call::Commit, nth), move |_| vec![fault.clone()]);
                case.until_struck(WINDOW, 0);
                case.rounds(WINDOW, 3, 0);
                case.end(&format!("{truth}, final after {final_after_ms} ms, commit {nth}"));
            }
        }
    }
}

/// Moves every committed offset of the conversations by one, past the group's fence, as a command-line tool does.
fn move_offsets_by_hand(world: &World) {
    let mut hand = Producer::new(world.broker.clone(), "hand");
    let nobody = Membership { generation: -1, member_id: String::new() };
    let committed = world.broker.committed_offsets(Topology::Conversations).into_iter();
    let moved: Vec<Committed> = committed
        .map(|c| Committed { offset: c.offset.map(|at| at + 1), metadata: "99/hand/".to_owned(), ..c })
        .collect();
    hand.begin().expect("begun");
    hand.send_offsets(Topology::Conversations, &moved, &nobody).expect("sent");
    hand.commit(&[]).expect("committed");
}

/// A member that comes back to offsets which somebody has moved meanwhile.
fn after_offsets_moved_by_hand(fixtures: &Fixtures) -> Case {
    let case = Case::backlog(fixtures);
    case.start(FIRST);
    case.rounds(FIRST, 4, 0);
    case.world.dismiss(Topology::Conversations);
    move_offsets_by_hand(&case.world);
    case.start(FIRST);
    case
}

/// Rounds of the first member until it gives up for good.
fn gives_up(case: &Case) -> String {
    (0..20).for_each(|_| case.world.round(FIRST));
    case.world.failure().unwrap_or_default()
}

#[test]
fn an_offset_changed_by_hand_stops_the_restore() {
    let fixtures = Fixtures::new();
    let case = after_offsets_moved_by_hand(&fixtures);
    let failure = gives_up(&case);
    assert!(failure.contains("changed by hand"), "it went on: {failure}");
}

#[test]
fn who_gives_up_leaves_the_group_to_the_others() {
    let fixtures = Fixtures::new();
    let case = after_offsets_moved_by_hand(&fixtures);
    let mut member = case.world.take(FIRST).expect("a member");
    let ended = member.run();
    assert!(matches!(&ended, Err(Error::Fatal(why)) if why.contains("changed by hand")), "{ended:?}");
    assert_eq!(case.world.ids(Topology::Conversations, None), Vec::<String>::new());
}

#[test]
fn an_unknown_commit_that_finds_a_strangers_number_means_restore() {
    let fixtures = Fixtures::new();
    let case = Case::backlog(&fixtures);
    case.start(FIRST);
    case.once(is(FIRST, Call::Commit, 3), |world| {
        move_offsets_by_hand(world);
        vec![Fault::Before(no_answer())]
    });
    case.until_struck(FIRST, 0);
    let failure = gives_up(&case);
    assert!(failure.contains("changed by hand"), "it went on: {failure}");
}

/// Timers that fit into a batch of the cases below.
const FEW_TIMERS: usize = 25;

/// All turns are taken, and then so much time passes that every conversation has a timer due.
fn overdue(fixtures: &Fixtures, applied: Vec<usize>) -> Case {
    let many = Scenario {
        applied,
        conversations: 300,
        batch_records: 20_000,
        batch_timers: FEW_TIMERS,
        ..scenario(Family::Live)
    };
    let case = Case::new(fixtures, many);
    case.start(FIRST);
    case.rounds(FIRST, 200, 0);
    case.world.clock.advance(30 * DAY);
    case
}

#[test]
fn thousands_of_timers_that_are_due_at_once_are_spread_over_commits_and_nothing_overtakes_them() {
    let fixtures = Fixtures::new();
    for fault in [None, Some(Fault::CrashAfter), Some(Fault::Before(no_answer()))] {
        let case = overdue(&fixtures, Vec::new());
        let commits: Arc<AtomicUsize> = Arc::default();
        let (counted, what) = (commits.clone(), format!("{fault:?}"));
        let mut aborted = 0;
        case.world.set_script(Some(Box::new(move |world, moment| {
            if (moment.slot, moment.call) != (FIRST, Call::Commit) {
                return Vec::new();
            }
            // At most one state a timer, two of the turn (the shadow's too), and the partition records.
            let undecided = undecided(world, Topic::Changelog).len();
            let written = undecided - aborted;
            assert!(written <= FEW_TIMERS + 4, "{written} records in one transaction");
            if counted.fetch_add(1, SeqCst) != 4 {
                return Vec::new();
            }
            if matches!(fault, Some(Fault::Before(_))) {
                aborted = undecided;
            }
            fault.clone().into_iter().collect()
        })));
        case.rounds(FIRST, 3, 2_000);
        // It arrives while timers are left, and is taken after them.
        let value = format!(
            r#"{{"event_id":"t-new","conversation_id":"c-new","event_time":{},"role":"customer"}}"#,
            case.world.clock.now()
        );
        let (topic, partition, key) = (Topic::Turns, Some(0), Some(&b"c-new"[..]));
        let new = Out { topic, partition, key, value: Some(value.as_bytes()), trace: None };
        case.world.broker.append(new, None).expect("appended");
        case.rounds(FIRST, 20, 2_000);
        case.world.set_script(None);
        case.start(SECOND);
        assert!(commits.load(SeqCst) > 4, "{what}: {} commits", commits.load(SeqCst));
        case.end(&what);
    }
}

#[test]
fn a_policy_that_is_heard_of_while_timers_are_left_waits_until_they_have_fired() {
    let fixtures = Fixtures::new();
    for fault in [None, Some(Fault::Before(Error::Abort("on purpose".into())))] {
        let case = overdue(&fixtures, vec![0]);
        case.rounds(FIRST, 3, 2_000);
        while case.world.inner().policies.go_on().is_none() {}
        case.world.hear(FIRST);
        let fault: Vec<Fault> = fault.into_iter().collect();
        let what = format!("{fault:?}");
        case.once(|_, moment| moment.call == Call::Commit, move |_| fault.clone());
        case.until_struck(FIRST, 2_000);
        case.rounds(FIRST, 100, 2_000);
        case.end(&what);
    }
}
