//! What is known of one conversation. Source of truth for everything Segue says about it; changes only in [`super::step`].
//!
//! Every text in it is already redacted and cut to [`super::limits`]. It is kept packed (`wire::conversation`).

use uuid::Uuid;

use super::combination::{Combined, Peaks};
use super::decision::{Reason, Signal};
use super::ids::Millis;
use super::package::{Fact, StepTaken, Verification};
use super::squeeze::Squeezed;
use super::text::AiOffer;
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

/// How often in a row, and which turns show it (newest last, at most `EVIDENCE_TURNS`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Streak {
    pub count: u16,
    pub turns: Vec<String>,
}

impl Streak {
    /// One more, shown by `event_id`.
    pub fn add(&mut self, event_id: &str) {
        self.count = self.count.saturating_add(1);
        if self.turns.len() == super::limits::EVIDENCE_TURNS {
            self.turns.remove(0);
        }
        self.turns.push(event_id.to_owned());
    }

    pub fn clear(&mut self) {
        self.count = 0;
        self.turns.clear();
    }
}

/// What the triggers remember between turns of one episode. Each trigger owns the fields named after it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Evidence {
    /// Consecutive AI turns (or customer turns that carry `confidence`) under the bound. Missing confidence changes nothing.
    pub low_confidence: Streak,
    /// Exponential average of confidence.
    pub confidence_average: Option<f32>,
    pub not_understood: Streak,
    /// Failed or denied tool calls of the episode, any tool.
    pub tool_failures: Streak,
    /// The newest tool call failed, and what has come of it.
    pub failure: Failure,
    /// Some tool call of the episode worked.
    pub tools_worked: bool,
    /// The tool that failed last and how often in a row.
    pub failing_tool: Option<(String, u16)>,
    pub customer_repeats: Streak,
    pub ai_repeats: Streak,
    /// Similarity prints of the last customer and AI texts, oldest first (at most 4 each).
    pub customer_prints: Vec<u64>,
    pub ai_prints: Vec<u64>,
    /// Customer turns of the episode that report that something still fails.
    pub failure_reports: Streak,
    /// Customer turns since the last new fact, step or intent, and when that was.
    pub turns_without_progress: u16,
    pub progress_at: Option<Millis>,
    /// Level of frustration so far, 0..1, its peak's turns, and the customer turns it was computed from.
    pub frustration: f32,
    pub frustration_turns: Streak,
    pub frustration_samples: u16,
    /// What the customer's turns have said of their mood one after another (see `trigger::frustration`): above 0 displeasure.
    pub tension: f32,
    /// The offer of a person that the AI's last turn made.
    pub ai_offer: Option<AiOffer>,
    /// The customer has said that they want no person, and has asked for none since: none is offered.
    pub person_declined: bool,
    /// The combination's: the largest strength of each of its reasons.
    pub peaks: Peaks,
}

/// What has come of the newest tool call, if it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Failure {
    #[default]
    None,
    /// It failed; the customer does not know yet.
    Silent,
    /// It failed, and the AI has spoken since.
    Told,
}

impl Failure {
    pub const ALL: [Failure; 3] = [Failure::None, Failure::Silent, Failure::Told];
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

/// An offer made in this episode (at most one); stays after it was declined.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub at: Millis,
    pub open: bool,
    pub signals: Vec<Signal>,
    /// Where the combination made it.
    pub combined: Option<Box<Combined>>,
}

/// The hand-off of one episode, with the attributes its counts are filed under.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Handoff {
    pub id: Uuid,
    pub episode: u32,
    pub requested_at: Millis,
    pub signals: Vec<Signal>,
    /// Where the combination decided it.
    pub combined: Option<Box<Combined>>,
    pub priority: i64,
    pub queue: Option<String>,
    pub skills: Vec<String>,
    /// The policy that decided; its name is empty in a state that was written before names were kept.
    pub policy: String,
    pub policy_version: String,
    pub customer_waiting_since: Millis,
    /// As of the `requested` event.
    pub tenant: Option<String>,
    pub channel: Option<String>,
    pub intent: Option<String>,
    pub ai_version: Option<String>,
    /// From the last outcome that named one, else the event's.
    pub outcome_queue: Option<String>,
    pub queued_at: Option<Millis>,
    pub answered_at: Option<Millis>,
    pub closed_at: Option<Millis>,
    /// `unanswered` events so far.
    pub reminders: u8,
    /// Moments of AI turns since the request, at most `AI_TURNS_SINCE_REQUEST`, to count violations of an answer that comes late.
    pub ai_turns: Vec<Millis>,
    /// Human turns after the answer.
    pub replies: u32,
    /// `replied` outcomes. Platforms send the one, the other, or both: the larger number counts.
    pub replied: u32,
    /// Holding since, and what was held so far, for a wrap-up that does not say.
    pub held_since: Option<Millis>,
    pub held_ms: Millis,
    /// Names of the facts the package held when it was handed over.
    pub facts_given: Vec<String>,
    pub reasked: bool,
    /// The desktop reports questions (`info_requested`); from then on human turns are not searched for them.
    pub questions_reported: bool,
    /// Facts whose repeat was found in a human turn; the desktop's report of the same question is not counted again.
    pub asked_in_turns: Vec<String>,
    /// What was asked of a person while one owned the conversation, oldest first (at most `ASKS_KEPT`): decided if it
    /// turns out that the conversation had been returned before.
    pub asks: Vec<Ask>,
    pub resolved: bool,
}

/// A turn that would have been decided, had no person owned the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub at: Millis,
    pub event_id: String,
    /// Only what this turn alone shows; streaks of the old episode do not count in a new one.
    pub signals: Vec<Signal>,
}

impl Handoff {
    /// The primary reason. A hand-off always has one.
    pub fn reason(&self) -> Reason {
        self.signals.first().map_or(Reason::Policy, |signal| signal.reason)
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
