//! What is known of one conversation. Source of truth for everything Segue says about it; changes only in [`super::step`].
//!
//! Every text in it is already redacted and cut to [`super::limits`]. It is kept packed (`wire::conversation`).

mod evidence;
mod handoff;

pub use evidence::{Evidence, Failure, Streak};
pub use handoff::{Ask, Handoff, Offer};

use super::decision::Reason;
use super::ids::Millis;
use super::package::{Fact, StepTaken, Verification};
use super::squeeze::Squeezed;
use super::turn::Role;

/// The conversation as it stands after its last record. What few conversations have is boxed, because every step moves it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Conversation {
    /// Event time of the first record of this life.
    pub started_at: Millis,
    /// Largest event time seen (turns and outcomes).
    pub last_at: Millis,
    pub profile: Profile,
    /// The language that its customer's texts told themselves.
    pub heard: Option<Heard>,
    pub goal: Option<Squeezed>,
    /// The AI's own summary, if it sent one.
    pub ai_summary: Option<Squeezed>,
    pub turns: TurnCounts,
    pub newest: Newest,
    /// Prints of the last event ids, oldest first.
    pub seen: Vec<u64>,
    /// The last turns with text, oldest first.
    pub recent: Vec<KeptTurn>,
    pub steps: Vec<StepTaken>,
    pub facts: Vec<Fact>,
    pub verification: Option<Verification>,
    pub sentiment: Option<Sentiment>,
    /// What the triggers remember; cleared when an episode starts.
    pub evidence: Evidence,
    /// When the customer began to wait: the first customer turn that no AI or human turn has followed.
    pub waiting_since: Option<Millis>,
    /// Event time of the newest AI or human turn.
    pub last_answer_at: Option<Millis>,
    /// While the customer waits: when the newest tool was called.
    pub worked_at: Option<Millis>,
    /// The `waiting_since` that the no-response timer has already looked at: once a wait.
    pub no_response_checked: Option<Millis>,
    pub phase: Phase,
    /// 1 for the first episode.
    pub episode: u32,
    pub offer: Option<Offer>,
    /// The open hand-off, or the last one (outcomes such as wrap-up come after its end).
    pub handoff: Option<Box<Handoff>>,
    /// The hand-off before that one: its wrap-up and its survey may come after the next request.
    pub previous: Option<Box<Handoff>>,
    pub end: Option<Box<End>>,
    pub tally: Tally,
    pub offsets: Offsets,
    /// Revision of the last published summary row; 0 before the first.
    pub summary_revision: u32,
}

/// What the timers of a conversation look at (see [`super::next_due`]): so little that a restore need not read the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub phase: Phase,
    pub last_at: Millis,
    pub waiting_since: Option<Millis>,
    pub worked_at: Option<Millis>,
    pub no_response_checked: Option<Millis>,
    pub handoff: Option<HandoffWaits>,
}

/// The same of its hand-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandoffWaits {
    pub requested_at: Millis,
    pub closed_at: Option<Millis>,
    pub reminders: u8,
}

impl Conversation {
    /// The customer's language: what the platform says, else what the texts told.
    pub fn language(&self) -> Option<&str> {
        let heard = || self.heard.as_ref().map(Heard::language);
        self.profile.language.as_deref().or_else(heard)
    }

    /// What its timers look at.
    pub fn waits(&self) -> Waits {
        Waits {
            phase: self.phase,
            last_at: self.last_at,
            waiting_since: self.waiting_since,
            worked_at: self.worked_at,
            no_response_checked: self.no_response_checked,
            handoff: self.handoff.as_deref().map(|handoff| HandoffWaits {
                requested_at: handoff.requested_at,
                closed_at: handoff.closed_at,
                reminders: handoff.reminders,
            }),
        }
    }
}

/// A turn kept with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTurn {
    pub event_id: String,
    pub role: Role,
    pub at: Millis,
    pub text: Squeezed,
}

/// Who it is about and how it is grouped; the newest value a turn gave.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Profile {
    pub tenant: Option<String>,
    pub channel: Option<String>,
    pub language: Option<String>,
    pub intent: Option<String>,
    pub ai_agent: Option<String>,
    pub ai_version: Option<String>,
    pub customer_ref: Option<String>,
    pub is_test: bool,
}

/// A language told by the words of customer turns that carry none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// ISO 639-1, lower case.
    pub code: [u8; 2],
    /// Words of the texts in a row that told it: how sure it is.
    pub words: u32,
}

impl Heard {
    /// One more text in `language`, of so many words.
    pub fn add(before: Option<Heard>, language: &str, words: u32) -> Heard {
        match before {
            Some(heard) if heard.language() == language => {
                Heard { words: heard.words.saturating_add(words), ..heard }
            }
            Some(_) | None => {
                let code = language.as_bytes().first_chunk::<2>().copied().unwrap_or_default();
                Heard { code, words }
            }
        }
    }

    /// ISO 639-1.
    pub fn language(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or_default()
    }
}

/// Turns by role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TurnCounts {
    pub customer: u32,
    pub ai: u32,
    pub tool: u32,
    pub human: u32,
    pub system: u32,
}

impl TurnCounts {
    pub fn all(&self) -> u32 {
        self.customer + self.ai + self.tool + self.human + self.system
    }
}

/// The newest turn so far: what a turn is compared with to tell whether it is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Newest {
    pub seq: Option<i64>,
    pub at: Millis,
}

/// Upstream sentiment, -1..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sentiment {
    pub now: f32,
    pub lowest: f32,
    /// The mean before `now`, for the trend.
    pub before: f32,
}

/// Who owns the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Phase {
    #[default]
    Ai,
    /// The customer was asked whether a person should take over.
    Offered,
    /// Handed off; nobody has answered yet.
    Requested,
    /// A person owns it.
    Human,
    Ended,
}

impl Phase {
    pub const ALL: [Phase; 5] = [Phase::Ai, Phase::Offered, Phase::Requested, Phase::Human, Phase::Ended];

    pub fn name(self) -> &'static str {
        match self {
            Phase::Ai => "ai",
            Phase::Offered => "offered",
            Phase::Requested => "requested",
            Phase::Human => "human",
            Phase::Ended => "ended",
        }
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    ResolvedConfirmed,
    ResolvedAssumed,
    Abandoned,
    Unengaged,
    HandedOff,
}

impl EndKind {
    pub const ALL: [EndKind; 5] = [
        EndKind::ResolvedConfirmed,
        EndKind::ResolvedAssumed,
        EndKind::Abandoned,
        EndKind::Unengaged,
        EndKind::HandedOff,
    ];

    /// The wire word (`end_kind` of a summary; an open conversation says `open`).
    pub fn name(self) -> &'static str {
        match self {
            EndKind::ResolvedConfirmed => "resolved_confirmed",
            EndKind::ResolvedAssumed => "resolved_assumed",
            EndKind::Abandoned => "abandoned",
            EndKind::Unengaged => "unengaged",
            EndKind::HandedOff => "handed_off",
        }
    }
}

/// The end, with where it was counted, so that a correction takes it back at the same place.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub at: Millis,
    pub kind: EndKind,
    pub missed: bool,
    /// Nobody said that it was over: it fell silent.
    pub silent: bool,
    pub place: super::measure::Place,
}

/// Sums over the whole life, for the summary row.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tally {
    pub handoffs: u32,
    pub first_reason: Option<Reason>,
    /// Every reason that fired in a hand-off, in published order.
    pub reasons: Vec<Reason>,
    /// Of the first hand-off: where `handoff_conversations*` are counted.
    pub first_handoff: Option<Box<super::measure::Place>>,
    /// Of the first hand-off; of the first answer.
    pub requested_at: Option<Millis>,
    pub answered_at: Option<Millis>,
    pub wait_ms: Option<Millis>,
    pub talk_ms: Millis,
    pub hold_ms: Millis,
    pub acw_ms: Millis,
    pub transfers: u32,
    pub resolved: bool,
    pub reopened: u32,
    pub csat: Option<f64>,
    pub repeat_requests: u32,
    pub violations: u32,
    /// Completeness of the first package: score and what was missing.
    pub completeness: Option<(f64, Vec<String>)>,
}

/// Where the turns are in the input partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Offsets {
    pub first: i64,
    pub last: i64,
}
