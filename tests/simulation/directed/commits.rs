//! A commit that is lost, doubled in doubt, cut short or shut out: nothing is lost and nothing doubled.

use std::sync::Arc;

use segue::engine::error::Error;
use segue::engine::port::{Out, Topic};
use segue::memory::faults::{Call, Fault};
use segue::memory::producer::Producer;

use super::*;

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
