//! A state is whole before anybody works on it, and offsets that others have moved stop it.

use segue::engine::error::Error;
use segue::engine::port::{Committed, Membership, Out, Topic, Topology};
use segue::memory::faults::{Call, Fault};
use segue::memory::producer::Producer;

use super::*;

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
