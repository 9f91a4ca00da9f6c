//! Timers fire once, however many are due and whatever becomes of their commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use segue::engine::error::Error;
use segue::engine::port::{Clock, Committed, Out, Topic};
use segue::memory::faults::{Call, Fault};
use segue::wire::partition;

use super::*;

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
