//! Counts: what is counted, when, and under which attributes. Additive, never ratios.
//! Definitions are those of the metric table in README; a correction is a negative amount at the same place and time.

use super::ids::Millis;

macro_rules! counters {
    ($($variant:ident $name:literal,)*) => {
        /// Every counter of a metric window row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counter { $($variant,)* }

        impl Counter {
            pub const ALL: &'static [Counter] = &[$(Counter::$variant,)*];

            /// The field of the row.
            pub fn name(self) -> &'static str {
                match self { $(Counter::$variant => $name,)* }
            }
        }
    };
}

counters! {
    ConversationsStarted "conversations_started",
    ConversationsEngaged "conversations_engaged",
    ConversationsClosed "conversations_closed",
    ContainedConfirmed "contained_confirmed",
    ContainedAssumed "contained_assumed",
    ContainedAbandoned "contained_abandoned",
    Unengaged "unengaged",
    ClosedHandedOff "closed_handed_off",
    MissedHandoffs "missed_handoffs",
    Handoffs "handoffs",
    HandoffConversations "handoff_conversations",
    Offers "offers",
    OffersDeclined "offers_declined",
    Queued "queued",
    Answered "answered",
    AnsweredInSl "answered_in_sl",
    Abandoned "abandoned",
    AbandonedShort "abandoned_short",
    Callbacks "callbacks",
    Unanswered "unanswered",
    Canceled "canceled",
    WaitMsSum "wait_ms_sum",
    AbandonWaitMsSum "abandon_wait_ms_sum",
    Handled "handled",
    TalkMsSum "talk_ms_sum",
    HoldMsSum "hold_ms_sum",
    AcwMsSum "acw_ms_sum",
    Transfers "transfers",
    TransferBacks "transfer_backs",
    Returned "returned",
    Resolved "resolved",
    ResolvedFirstReply "resolved_first_reply",
    Reopened "reopened",
    InfoRequests "info_requests",
    RepeatRequests "repeat_requests",
    HandoffConversationsReasked "handoff_conversations_reasked",
    Violations "violations",
    CsatRequests "csat_requests",
    CsatResponses "csat_responses",
    CsatSatisfied "csat_satisfied",
    CsatScoreSum "csat_score_sum",
    LateEvents "late_events",
}

/// Upper bounds (milliseconds, inclusive) of `wait_ms_buckets`; one more bucket holds the rest.
pub const WAIT_BUCKETS_MS: [Millis; 11] =
    [5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 14_400_000];
/// Number of wait buckets, the open one included.
pub const WAIT_BUCKETS: usize = WAIT_BUCKETS_MS.len() + 1;

/// The bucket a wait falls into.
pub fn wait_bucket(wait_ms: Millis) -> usize {
    WAIT_BUCKETS_MS.iter().position(|bound| wait_ms <= *bound).unwrap_or(WAIT_BUCKETS_MS.len())
}

/// What is added: a counter, or one bucket of the waits of answered hand-offs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    Count(Counter),
    /// Index below [`WAIT_BUCKETS`].
    Wait(u8),
}

impl Quantity {
    /// What a policy does by itself, whatever people make of it: all that is counted of a shadow.
    pub fn is_of_policy(self) -> bool {
        match self {
            Quantity::Count(counter) => matches!(
                counter,
                Counter::Handoffs | Counter::HandoffConversations | Counter::Offers | Counter::OffersDeclined
            ),
            Quantity::Wait(_) => false,
        }
    }
}

/// The attributes a count is filed under; unknown is `None` (a row says `_none`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    pub tenant: Option<String>,
    pub channel: Option<String>,
    pub queue: Option<String>,
    /// Wire word of a `Reason`.
    pub reason: Option<String>,
    pub intent: Option<String>,
    pub ai_version: Option<String>,
    /// The shadow policy that made the count ([`super::policy::Policy::label`]); `None`: the acting one, whichever it is.
    pub policy: Option<String>,
}

/// One increment: `amount` of `quantity` at event time `at`. Never made for test conversations.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub quantity: Quantity,
    pub amount: i64,
    pub at: Millis,
    pub place: Place,
    /// The service level this count was judged by, where it depends on one (queued, answered, abandoned).
    pub sl_threshold_ms: Option<Millis>,
    pub short_abandon_ms: Option<Millis>,
}
