//! What the agent desktop reports about a hand-off and what followed it.

use std::borrow::Cow;

use super::ids::Millis;

/// What happened at the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    Queued,
    Offered,
    Declined,
    Answered,
    Abandoned,
    CallbackRequested,
    Held,
    Retrieved,
    InfoRequested,
    Replied,
    Transferred,
    TransferredBack,
    Returned,
    WrappedUp,
    Resolved,
    Closed,
    Reopened,
    CsatRequested,
    Csat,
}

impl OutcomeKind {
    pub const ALL: [OutcomeKind; 19] = [
        OutcomeKind::Queued,
        OutcomeKind::Offered,
        OutcomeKind::Declined,
        OutcomeKind::Answered,
        OutcomeKind::Abandoned,
        OutcomeKind::CallbackRequested,
        OutcomeKind::Held,
        OutcomeKind::Retrieved,
        OutcomeKind::InfoRequested,
        OutcomeKind::Replied,
        OutcomeKind::Transferred,
        OutcomeKind::TransferredBack,
        OutcomeKind::Returned,
        OutcomeKind::WrappedUp,
        OutcomeKind::Resolved,
        OutcomeKind::Closed,
        OutcomeKind::Reopened,
        OutcomeKind::CsatRequested,
        OutcomeKind::Csat,
    ];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            OutcomeKind::Queued => "queued",
            OutcomeKind::Offered => "offered",
            OutcomeKind::Declined => "declined",
            OutcomeKind::Answered => "answered",
            OutcomeKind::Abandoned => "abandoned",
            OutcomeKind::CallbackRequested => "callback_requested",
            OutcomeKind::Held => "held",
            OutcomeKind::Retrieved => "retrieved",
            OutcomeKind::InfoRequested => "info_requested",
            OutcomeKind::Replied => "replied",
            OutcomeKind::Transferred => "transferred",
            OutcomeKind::TransferredBack => "transferred_back",
            OutcomeKind::Returned => "returned",
            OutcomeKind::WrappedUp => "wrapped_up",
            OutcomeKind::Resolved => "resolved",
            OutcomeKind::Closed => "closed",
            OutcomeKind::Reopened => "reopened",
            OutcomeKind::CsatRequested => "csat_requested",
            OutcomeKind::Csat => "csat",
        }
    }
}

/// One outcome record. The first four fields are required.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'a> {
    pub event_id: Cow<'a, str>,
    pub conversation_id: Cow<'a, str>,
    pub event_time: Millis,
    pub kind: OutcomeKind,
    pub handoff_id: Option<Cow<'a, str>>,
    pub agent_ref: Option<Cow<'a, str>>,
    pub queue: Option<Cow<'a, str>>,
    pub reason: Option<Cow<'a, str>>,
    /// The fact a human asked for (`info_requested`).
    pub field: Option<Cow<'a, str>>,
    pub wait_ms: Option<Millis>,
    pub talk_ms: Option<Millis>,
    pub hold_ms: Option<Millis>,
    pub acw_ms: Option<Millis>,
    pub score: Option<f64>,
    pub score_max: Option<f64>,
    pub attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}
