//! Failures on purpose. A [`Plan`] is asked at every call of a port what is to go wrong there; nothing is drawn here.

use crate::domain::ids::Millis;
use crate::engine::error::Error;

/// The calls of a port; each kind is numbered from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    Poll,
    Pause,
    Resume,
    Seek,
    Position,
    Committed,
    Bounds,
    RestoreStart,
    RestorePoll,
    RestoreHigh,
    RestoreStop,
    Begin,
    Send,
    SendOffsets,
    Commit,
    Abort,
    Renew,
    Leave,
}

impl Call {
    pub const ALL: [Call; 18] = [
        Call::Poll,
        Call::Pause,
        Call::Resume,
        Call::Seek,
        Call::Position,
        Call::Committed,
        Call::Bounds,
        Call::RestoreStart,
        Call::RestorePoll,
        Call::RestoreHigh,
        Call::RestoreStop,
        Call::Begin,
        Call::Send,
        Call::SendOffsets,
        Call::Commit,
        Call::Abort,
        Call::Renew,
        Call::Leave,
    ];

    /// Whether the call is a question to the broker whose answer can be lost; the others happen in the client.
    pub fn has_answer(self) -> bool {
        match self {
            Call::Committed
            | Call::Bounds
            | Call::RestoreStart
            | Call::RestoreHigh
            | Call::SendOffsets
            | Call::Commit
            | Call::Abort
            | Call::Renew
            | Call::Leave => true,
            Call::Poll
            | Call::Pause
            | Call::Resume
            | Call::Seek
            | Call::Position
            | Call::RestorePoll
            | Call::RestoreStop
            | Call::Begin
            | Call::Send => false,
        }
    }

    /// Whether an error of this call decides what the producer is still good for.
    pub(super) fn is_producers(self) -> bool {
        matches!(
            self,
            Call::Begin | Call::Send | Call::SendOffsets | Call::Commit | Call::Abort | Call::Renew
        )
    }
}

/// One thing that goes wrong at one call. `Before` and `After` at a producer's call leave the producer as the error's
/// class says: `Abort` must be aborted, `Reload` and `Lost` are dead until renewed, `Retry` may be called again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call never reaches the broker.
    Before(Error),
    /// The call takes effect and its answer is lost (use `Retry` or `Reload`). At a call without an answer: as `Before`.
    After(Error),
    /// The process dies before, or after, the call takes effect. From then on the port answers `Fatal("crash")`; it leaves
    /// no group and ends no transaction: the broker learns of it by time-outs.
    CrashBefore,
    CrashAfter,
    /// Before the call, the coordinator aborts this producer's open transaction and bumps its epoch.
    TimeOutTransaction,
    /// Before the call, every member of the group is asked to call in again.
    Rebalance,
    /// The markers of this `Commit` or `Abort` are written so many ms after the answer, each in its turn.
    LateMarkers(Vec<Millis>),
}

/// What goes wrong at the n-th call (from 1) of this kind; usually nothing.
pub type Plan = Box<dyn FnMut(Call, u64) -> Vec<Fault> + Send>;

/// The plan that lists its failures: call, number, fault.
pub fn script(steps: Vec<(Call, u64, Fault)>) -> Plan {
    Box::new(move |call, nth| {
        let here = steps.iter().filter(|(at, number, _)| (*at, *number) == (call, nth));
        here.map(|(_, _, fault)| fault.clone()).collect()
    })
}

/// A plan and how far it has come.
pub(super) struct Faults {
    plan: Option<Plan>,
    counts: [u64; Call::ALL.len()],
    pub crashed: bool,
}

impl Faults {
    pub fn new(plan: Option<Plan>) -> Faults {
        Faults { plan, counts: [0; Call::ALL.len()], crashed: false }
    }

    pub fn draw(&mut self, call: Call) -> Vec<Fault> {
        let count = &mut self.counts[call as usize];
        *count += 1;
        self.plan.as_mut().map(|plan| plan(call, *count)).unwrap_or_default()
    }
}
