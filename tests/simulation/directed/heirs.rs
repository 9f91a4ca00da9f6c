//! A member that is thought dead, and who has its partitions since.

use segue::engine::port::Topology;
use segue::memory::faults::{Call, Fault};

use super::*;

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
