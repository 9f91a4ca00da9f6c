//! An episode's hand-off, and the offer that may come before it.

use uuid::Uuid;

use crate::domain::combination::Combined;
use crate::domain::decision::{Reason, Signal};
use crate::domain::ids::Millis;

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
