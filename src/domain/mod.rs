//! PURE. What a conversation is, and when a human should take over.
//!
//! Architecture invariant: nothing here reads a clock, a file, the network or a random number, logs, or is serialisable.

pub mod cells;
pub mod conversation;
pub mod decision;
pub mod ids;
pub mod limits;
pub mod measure;
pub mod outcome;
pub mod package;
pub mod policy;
pub mod redact;
pub mod rule;
pub mod summary;
pub mod text;
pub mod trigger;
pub mod turn;
pub mod window;

use conversation::Conversation;
use decision::{HandoffEvent, Signal};
use ids::Millis;
use measure::Measure;
use outcome::Outcome;
use policy::Policy;
use summary::SummaryRow;
use turn::Turn;

/// What a conversation can meet.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    Turn(&'a Turn<'a>),
    Outcome(&'a Outcome<'a>),
    /// The conversation's own timer (see [`next_due`]) is due at this event time.
    Timer(Millis),
}

/// What a step may look at beside the conversation and its input.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub policy: &'a Policy,
    /// Where the record lies (transcript coordinates); a timer has none.
    pub partition: i32,
    pub offset: Option<i64>,
    /// Partition time before this record: the largest min(event time, Kafka timestamp) read so far.
    pub partition_time: Millis,
    /// A record further behind partition time than this is counted as late.
    pub lateness_ms: Millis,
}

/// What a step causes, in the order it is to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Handoff(Box<HandoffEvent>),
    Summary(Box<SummaryRow>),
    Measure(Measure),
}

/// The answer of [`step`].
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `None`: the conversation is forgotten (final summary among the effects, tombstone to be written).
    pub after: Option<Conversation>,
    pub effects: Vec<Effect>,
    /// What the triggers said at this turn, those under 0.5 included.
    pub signals: Vec<Signal>,
    /// The event id was seen before; nothing else happened and nothing needs to be written.
    pub duplicate: bool,
    /// Rules that met no value at this turn.
    pub rules_without_value: u32,
}

/// A record that the domain refuses: it becomes a dead letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// `late` or `apply`.
    pub stage: &'static str,
    pub error: String,
    pub field: Option<&'static str>,
    /// The conversation as it was.
    pub before: Option<Conversation>,
}

/// The one function the rest exists to call: a conversation meets an input.
///
/// `before` is `None` for an unknown conversation. Errors: the record is refused and the state stays as it was.
pub fn step(
    _conversation_id: &str,
    _before: Option<Conversation>,
    _input: Input<'_>,
    _context: Context<'_>,
) -> Result<Step, Refusal> {
    todo!("in work")
}

/// When the conversation next needs [`Input::Timer`], in event time; `None` if nothing is waiting.
pub fn next_due(_conversation: &Conversation, _policy: &Policy) -> Option<Millis> {
    todo!("in work")
}
