//! Signals, decisions, and the hand-off event that carries them.

use super::combination::Combined;
use super::ids::Millis;
use super::package::Package;
use uuid::Uuid;

/// Why a person should take over. The order of the variants is the fixed published order for the primary reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    Safety,
    CustomerRequest,
    AiRequest,
    Policy,
    Frustration,
    ToolFailure,
    NotUnderstood,
    LowConfidence,
    Loop,
    NoProgress,
    NoResponse,
    UnsupportedLanguage,
}

impl Reason {
    pub const ALL: [Reason; 12] = [
        Reason::Safety,
        Reason::CustomerRequest,
        Reason::AiRequest,
        Reason::Policy,
        Reason::Frustration,
        Reason::ToolFailure,
        Reason::NotUnderstood,
        Reason::LowConfidence,
        Reason::Loop,
        Reason::NoProgress,
        Reason::NoResponse,
        Reason::UnsupportedLanguage,
    ];

    /// The wire word, also the name of the trigger's table in a policy file.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Safety => "safety",
            Reason::CustomerRequest => "customer_request",
            Reason::AiRequest => "ai_request",
            Reason::Policy => "policy",
            Reason::Frustration => "frustration",
            Reason::ToolFailure => "tool_failure",
            Reason::NotUnderstood => "not_understood",
            Reason::LowConfidence => "low_confidence",
            Reason::Loop => "loop",
            Reason::NoProgress => "no_progress",
            Reason::NoResponse => "no_response",
            Reason::UnsupportedLanguage => "unsupported_language",
        }
    }

    /// The reason called `name` on the wire.
    pub fn named(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What the policy does with a signal; ordered from weakest to strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    Observe,
    Offer,
    HandOff,
}

impl Decision {
    pub const ALL: [Decision; 3] = [Decision::Observe, Decision::Offer, Decision::HandOff];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Observe => "observe",
            Decision::Offer => "offer",
            Decision::HandOff => "hand_off",
        }
    }
}

/// A trigger's answer: a reason, how strongly (0..1; fires from 0.5), and the evidence.
///
/// A signal under 0.5 is published with `--signals` and seen by rules, and decides nothing by itself: only the combination
/// of several may.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub reason: Reason,
    pub strength: f64,
    /// The rule that fired (reason `policy`).
    pub rule_id: Option<String>,
    /// Event ids of the turns that show it, oldest first.
    pub turns: Vec<String>,
    /// The measured value and the bound it met, where the trigger has numbers.
    pub observed: Option<f64>,
    pub threshold: Option<f64>,
    /// What happens if it fires, from the policy.
    pub decision: Decision,
}

impl Signal {
    /// From this strength on a signal fires.
    pub const FIRES: f64 = 0.5;

    pub fn fires(&self) -> bool {
        self.strength >= Signal::FIRES
    }
}

/// What happened to a hand-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandoffKind {
    Requested,
    Offered,
    Accepted,
    Unanswered,
    Returned,
    Completed,
    Canceled,
}

impl HandoffKind {
    pub const ALL: [HandoffKind; 7] = [
        HandoffKind::Requested,
        HandoffKind::Offered,
        HandoffKind::Accepted,
        HandoffKind::Unanswered,
        HandoffKind::Returned,
        HandoffKind::Completed,
        HandoffKind::Canceled,
    ];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            HandoffKind::Requested => "requested",
            HandoffKind::Offered => "offered",
            HandoffKind::Accepted => "accepted",
            HandoffKind::Unanswered => "unanswered",
            HandoffKind::Returned => "returned",
            HandoffKind::Completed => "completed",
            HandoffKind::Canceled => "canceled",
        }
    }
}

/// Whether the policy that decided was acting or only watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Live,
    Shadow,
}

/// One record of `handoff.events`. `reasons[0]` is the primary reason; `package` is there for requested and offered.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoffEvent {
    pub kind: HandoffKind,
    pub handoff_id: Uuid,
    pub conversation_id: String,
    pub episode: u32,
    pub event_time: Millis,
    /// The turn or outcome that caused it; `None` where a timer did.
    pub trigger_event_id: Option<String>,
    pub reasons: Vec<Signal>,
    /// Where several signals together decided, and none of them alone.
    pub combined: Option<Box<Combined>>,
    pub policy: String,
    pub policy_version: String,
    pub mode: Mode,
    pub priority: i64,
    pub queue: Option<String>,
    pub skills: Vec<String>,
    pub customer_waiting_since: Option<Millis>,
    pub tenant: Option<String>,
    pub channel: Option<String>,
    pub language: Option<String>,
    pub intent: Option<String>,
    pub ai_agent: Option<String>,
    pub ai_version: Option<String>,
    pub customer_ref: Option<String>,
    pub is_test: bool,
    /// Why it ended this way (`canceled`: customer_left, solved, ...), where there is something to say.
    pub note: Option<String>,
    pub package: Option<Box<Package>>,
}
