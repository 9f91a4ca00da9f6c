//! Groups: generations and member ids fence offsets, partitions move in two steps, changes come only in polls.

use super::*;

#[test]
fn a_stale_generation_cannot_commit_offsets() {
    let world = World::new();
    let mut port = world.port("a");
    join(&mut port);
    let stale = port.membership().expect("a member");
    world.broker.rebalance(CONVERSATIONS);
    port.begin().expect("begun");
    port.send(out(Topic::Events, 0, "x")).expect("sent");
    let refused = port.send_offsets(&[next(0, 1)], &stale);
    assert_eq!(refused, Err(Error::Abort("generation 1 is stale, the group is at 2".into())));
    assert_eq!(port.commit(), Err(Error::Abort("generation 1 is stale, the group is at 2".into())));
    assert_eq!(port.abort(), Ok(()));
    assert_eq!(transact(&mut port, "y", 1), Ok(()));
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@2=y"]);
}

#[test]
fn generation_minus_one_is_accepted_unfenced() {
    let world = World::new();
    let mut member = world.port("a");
    join(&mut member);
    let mut stranger = world.producer("p");
    stranger.begin().expect("begun");
    assert_eq!(stranger.send_offsets(CONVERSATIONS, &[next(0, 9)], &UNFENCED), Ok(()));
    stranger.commit(&[]).expect("committed");
    assert_eq!(world.broker.committed_offsets(CONVERSATIONS), [next(0, 9)]);
}

#[test]
fn an_empty_list_of_offsets_is_not_checked() {
    let world = World::new();
    let mut producer = world.producer("p");
    let nobody = Membership { generation: 99, member_id: "nobody".into() };
    producer.begin().expect("begun");
    assert_eq!(producer.send_offsets(CONVERSATIONS, &[], &nobody), Ok(()));
    assert_eq!(producer.commit(&[]), Ok(()));
}

#[test]
fn a_zombie_is_refused_learns_at_its_next_poll_and_joins_anew() {
    let world = World::new();
    let mut zombie = world.port("a");
    join(&mut zombie);
    let stale = zombie.membership().expect("a member");
    zombie.begin().expect("begun");
    assert!(world.broker.expire_member(CONVERSATIONS, "a-1"));
    let mut heir = world.port("b");
    assert_eq!(join(&mut heir), [Change::Assigned(vec![0, 1])]);
    assert_eq!(zombie.membership(), None);
    let refused = zombie.send_offsets(&[next(0, 1)], &stale);
    assert_eq!(refused, Err(Error::Abort("the group does not know member \"a-1\"".into())));
    zombie.abort().expect("aborted");
    assert_eq!(join(&mut zombie), [Change::Revoked(vec![0, 1])]);
    assert_eq!(zombie.member_id(), Some("a-3"));
    assert_eq!(join(&mut heir), [Change::Revoked(vec![1])]);
    assert_eq!(join(&mut zombie), [Change::Assigned(vec![1])]);
}

#[test]
fn changes_are_delivered_only_by_poll_while_the_membership_already_knows_the_generation() {
    let world = World::new();
    let (mut a, mut b) = (world.port("a"), world.port("b"));
    join(&mut a);
    join(&mut b);
    let generation = |port: &mut MemoryPort| port.membership().map(|membership| membership.generation);
    assert_eq!(generation(&mut a), Some(2));
    assert_eq!(a.position(Topic::Turns, 1), Ok(None), "still assigned");
    assert_eq!(poll(&mut a).0, [Change::Revoked(vec![1])]);
    assert!(a.position(Topic::Turns, 1).is_err());
    assert_eq!(join(&mut b), [Change::Assigned(vec![1])]);
    assert_eq!((generation(&mut a), generation(&mut b)), (Some(3), Some(3)));
}

#[test]
fn a_poll_may_return_records_of_a_partition_it_takes_away() {
    let world = World::new();
    let mut a = world.port("a");
    join(&mut a);
    let mut b = world.port("b");
    join(&mut b);
    world.broker.append(out(Topic::Turns, 1, "x"), None).expect("appended");
    assert_eq!(poll(&mut a), (vec![Change::Revoked(vec![1])], vec!["Turns-1@0=x".into()]));
}

#[test]
fn leaving_hands_the_partitions_over_at_once() {
    let world = World::new();
    let (mut a, mut b) = (world.port("a"), world.port("b"));
    join(&mut a);
    join(&mut b);
    a.leave().expect("left");
    assert_eq!(a.membership(), None);
    assert_eq!(join(&mut b), [Change::Assigned(vec![0, 1])]);
}

#[test]
fn the_groups_of_the_two_topologies_know_nothing_of_each_other() {
    let world = World::new();
    let mut conversations = world.port("a");
    let mut windows = MemoryPort::new(Arc::clone(&world.broker), Topology::Windows, "w", "w");
    join(&mut conversations);
    assert_eq!(poll(&mut windows).0, [Change::Assigned(vec![0, 1])]);
    assert_eq!(poll(&mut conversations).0, []);
    assert!(windows.pause(Topic::Turns, 0).is_err());
    assert_eq!(windows.resume(Topic::Deltas, 0), Ok(()));
}
