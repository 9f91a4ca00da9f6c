//! Failures on purpose leave what the real ones would.

use super::*;

#[test]
fn an_unknown_commit_may_have_happened_or_not_or_be_open() {
    let unknown = || Error::Reload("no answer".into());
    // What the plan does at the commit, what is seen before the producer is renewed, and after.
    let cases = [
        (vec![Fault::After(unknown())], 1, 1),
        (vec![Fault::Before(unknown())], 0, 0),
        (vec![Fault::TimeOutTransaction, Fault::Before(unknown())], 0, 0),
        (vec![Fault::LateMarkers(vec![60_000]), Fault::After(unknown())], 0, 1),
    ];
    for (faults, before, after) in cases {
        let world = World::new();
        let plan = faults.iter().map(|fault| (Call::Commit, 1, fault.clone())).collect();
        let mut port = world.failing("a", plan);
        join(&mut port);
        assert_eq!(transact(&mut port, "x", 1), Err(unknown()), "{faults:?}");
        assert_eq!(port.begin(), Err(unknown()), "dead until renewed, {faults:?}");
        assert_eq!(world.committed(Topic::Events, 0).len(), before, "{faults:?}");
        port.renew().expect("renewed");
        assert_eq!(world.committed(Topic::Events, 0).len(), after, "{faults:?}");
        assert_eq!(world.broker.committed_offsets(CONVERSATIONS).len(), after, "{faults:?}");
        assert_eq!(port.begin(), Ok(()), "{faults:?}");
    }
}

#[test]
fn a_retriable_lost_answer_is_given_when_asked_again() {
    let world = World::new();
    let again = Error::Retry("no answer".into());
    let mut port = world.failing("a", vec![(Call::Commit, 1, Fault::After(again.clone()))]);
    join(&mut port);
    assert_eq!(transact(&mut port, "x", 1), Err(again));
    assert_eq!(port.commit(), Ok(()));
    assert_eq!(transact(&mut port, "y", 2), Ok(()));
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x", "Events-0@2=y"]);
}

#[test]
fn a_crash_leaves_the_group_only_by_time_out_and_the_transaction_open() {
    let world = World::new();
    let mut port = world.failing("a", vec![(Call::SendOffsets, 1, Fault::CrashAfter)]);
    join(&mut port);
    assert_eq!(transact(&mut port, "x", 1), Err(Error::Fatal("crash".into())));
    assert_eq!((port.membership(), port.has_crashed()), (None, true));
    drop(port);
    let mut heir = world.port("b");
    assert_eq!(join(&mut heir), []);
    assert_eq!(world.broker.open_transactions(), ["a"]);
    world.clock.advance(9_999);
    assert_eq!(join(&mut heir), []);
    world.clock.advance(1);
    assert_eq!(join(&mut heir), [Change::Assigned(vec![0, 1])]);
    assert_eq!(world.broker.open_transactions(), [""; 0]);
    assert_eq!(world.committed(Topic::Events, 0), [""; 0]);
}

#[test]
fn a_fault_before_a_call_leaves_everything_as_it_was() {
    let world = World::new();
    let error = Error::Retry("broker away".into());
    let calls = [Call::Poll, Call::Committed, Call::Begin, Call::Send, Call::SendOffsets, Call::Commit];
    let plan = calls.map(|call| (call, 1, Fault::Before(error.clone()))).to_vec();
    let mut port = world.failing("a", plan);
    assert_eq!(port.poll(Duration::ZERO, 1, &mut Vec::new()), Err(error.clone()));
    join(&mut port);
    assert_eq!(port.committed(&[0]), Err(error.clone()));
    let membership = port.membership().expect("a member");
    assert_eq!([port.begin(), port.begin()], [Err(error.clone()), Ok(())]);
    let mut send = || port.send(out(Topic::Events, 0, "x"));
    assert_eq!([send(), send()], [Err(error.clone()), Ok(())]);
    let mut offsets = || port.send_offsets(&[next(0, 1)], &membership);
    assert_eq!([offsets(), offsets()], [Err(error.clone()), Ok(())]);
    assert_eq!([port.commit(), port.commit()], [Err(error), Ok(())]);
    assert_eq!(world.committed(Topic::Events, 0), ["Events-0@0=x"]);
}
