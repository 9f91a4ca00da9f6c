//! What goes wrong, and when: faults at every call of a port, and what others do in the middle of a member's round.

use segue::engine::error::Error;
use segue::memory::faults::{Call, Fault};

use super::rng::Rng;
use super::scenario::Scenario;

/// How often in a thousand a call goes wrong when things go wrong as usual.
fn usual(call: Call) -> u64 {
    match call {
        Call::Send => 8,
        Call::Poll | Call::Position => 15,
        Call::Begin | Call::Pause | Call::Resume | Call::Seek => 25,
        Call::Bounds | Call::RestoreStop => 30,
        Call::Committed | Call::RestoreStart | Call::RestorePoll | Call::SendOffsets => 50,
        Call::Commit | Call::RestoreHigh | Call::Abort | Call::Renew | Call::Leave => 100,
    }
}

/// The faults of one call; usually none.
pub fn faults(call: Call, scenario: &Scenario, rng: &mut Rng) -> Vec<Fault> {
    let times = if call == scenario.weak_spot { 6 } else { 1 };
    if !rng.often((usual(call) * times * scenario.intensity / 100).min(600)) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    if matches!(call, Call::Commit | Call::Abort) && rng.often(400) {
        let delays = (0..rng.between(1, 4)).map(|_| rng.between(0, 300)).collect();
        faults.push(Fault::LateMarkers(delays));
    }
    faults.push(one(call, rng));
    faults
}

fn one(call: Call, rng: &mut Rng) -> Fault {
    let error = error(call, rng);
    let lost_answer = [Error::Retry("no answer".into()), Error::Reload("no answer".into())];
    match call {
        Call::Begin | Call::Send | Call::SendOffsets | Call::Commit => rng.weighted(&[
            (6, Pick::Before),
            (6, Pick::After),
            (3, Pick::CrashBefore),
            (3, Pick::CrashAfter),
            (3, Pick::TimeOut),
            (3, Pick::Rebalance),
        ]),
        Call::Abort
        | Call::Renew
        | Call::Committed
        | Call::Bounds
        | Call::RestoreStart
        | Call::RestoreHigh
        | Call::Leave => rng.weighted(&[
            (6, Pick::Before),
            (4, Pick::After),
            (2, Pick::CrashBefore),
            (2, Pick::CrashAfter),
            (1, Pick::Rebalance),
        ]),
        Call::Poll
        | Call::Pause
        | Call::Resume
        | Call::Seek
        | Call::Position
        | Call::RestorePoll
        | Call::RestoreStop => rng.weighted(&[
            (8, Pick::Before),
            (2, Pick::CrashBefore),
            (2, Pick::CrashAfter),
            (1, Pick::Rebalance),
        ]),
    }
    .fault(error, rng.pick(&lost_answer).clone())
}

#[derive(Clone, Copy)]
enum Pick {
    Before,
    After,
    CrashBefore,
    CrashAfter,
    TimeOut,
    Rebalance,
}

impl Pick {
    fn fault(self, error: Error, lost_answer: Error) -> Fault {
        match self {
            Pick::Before => Fault::Before(error),
            Pick::After => Fault::After(lost_answer),
            Pick::CrashBefore => Fault::CrashBefore,
            Pick::CrashAfter => Fault::CrashAfter,
            Pick::TimeOut => Fault::TimeOutTransaction,
            Pick::Rebalance => Fault::Rebalance,
        }
    }
}

/// What a client may answer instead of doing it.
fn error(call: Call, rng: &mut Rng) -> Error {
    let retry = (10, 0);
    let class = match call {
        Call::Begin | Call::Send | Call::SendOffsets | Call::Commit => {
            rng.weighted(&[retry, (8, 1), (6, 2), (1, 3)])
        }
        Call::Abort | Call::Renew => rng.weighted(&[retry, (6, 2), (1, 3)]),
        Call::Poll
        | Call::Pause
        | Call::Resume
        | Call::Seek
        | Call::Position
        | Call::Committed
        | Call::Bounds
        | Call::RestoreStart
        | Call::RestorePoll
        | Call::RestoreHigh
        | Call::RestoreStop
        | Call::Leave => rng.weighted(&[retry, (2, 2)]),
    };
    let why = format!("{call:?} failed on purpose");
    match class {
        0 => Error::Retry(why),
        1 => Error::Abort(why),
        2 => Error::Reload(why),
        _ => Error::Lost(why),
    }
}
