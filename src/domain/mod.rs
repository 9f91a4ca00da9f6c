//! PURE. What a conversation is, and when a human should take over.
//!
//! Architecture invariant: nothing here reads a clock, a file, the network or a random number, logs, or is serialisable.

mod apply;
pub mod cells;
pub mod combination;
pub mod conversation;
pub mod decision;
pub mod hearing;
pub mod ids;
mod keep;
mod lifecycle;
pub mod limits;
pub mod measure;
pub mod outcome;
pub mod package;
pub mod policy;
mod recap;
pub mod redact;
mod repeat;
pub mod rule;
pub mod squeeze;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trigger;
pub mod turn;
pub mod window;

use std::cell::OnceCell;

use conversation::{Conversation, Phase, Waits};
use decision::{HandoffEvent, Mode, Signal};
use ids::Millis;
use measure::Measure;
use outcome::Outcome;
use policy::Policy;
use summary::SummaryRow;
use text::Reading;
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
    /// A shadow's step publishes events that say so, counts its own hand-offs and offers under its policy, and makes no
    /// summary; what becomes of the conversation is the same.
    pub mode: Mode,
    /// The turn's text as this policy's lexicon reads it, once it was read: steps whose lexicons are alike share it.
    pub reading: &'a OnceCell<Reading>,
    /// Where the record lies (transcript coordinates); a timer has none.
    pub partition: i32,
    pub offset: Option<i64>,
    /// Partition time before this record: the largest min(event time, Kafka timestamp) read so far.
    pub partition_time: Millis,
    /// `engine.lateness_ms`: a record further behind partition time is counted in `late_events`.
    pub lateness_ms: Millis,
}

/// What a step causes, in the order it is to be written.
#[expect(clippy::large_enum_variant, reason = "most effects are measures; a box would be an allocation each")]
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
    pub after: Option<Box<Conversation>>,
    pub effects: Vec<Effect>,
    /// What the triggers said at this turn, those under 0.5 included.
    pub signals: Vec<Signal>,
    /// Strength of the combination, where this turn raised a peak of it.
    pub combined: Option<f64>,
    /// Who owned the conversation when the signals of this turn were weighed.
    pub weighed_in: Phase,
    /// The event id was seen before; nothing else happened and nothing needs to be written.
    pub duplicate: bool,
    /// Rules that met no value at this turn.
    pub rules_without_value: rule::RuleSet,
}

/// A record that the domain refuses: it becomes a dead letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// `late` or `apply`.
    pub stage: &'static str,
    pub error: String,
    pub field: Option<&'static str>,
}

/// The one function the rest exists to call: a conversation meets an input.
///
/// `before` is `None` for an unknown conversation. Errors: the record is refused and the state stays as it was.
pub fn step(
    conversation_id: &str,
    before: Option<Box<Conversation>>,
    input: Input<'_>,
    context: Context<'_>,
) -> Result<Step, Refusal> {
    match input {
        Input::Turn(turn) => lifecycle::turn::meet(conversation_id, before, turn, context),
        Input::Outcome(outcome) => lifecycle::outcome::meet(conversation_id, before, outcome, context),
        Input::Timer(due) => lifecycle::timer::meet(conversation_id, before, due, context),
    }
}

/// When the conversation next needs [`Input::Timer`], in event time; `None` if nothing is waiting.
pub fn next_due(waits: Waits, policy: &Policy) -> Option<Millis> {
    lifecycle::timer::next(waits, policy).map(|(due, _)| due)
}

impl Step {
    /// Nothing happened: the record was seen before.
    fn duplicate(before: Box<Conversation>) -> Step {
        Step {
            after: Some(before),
            effects: Vec::new(),
            signals: Vec::new(),
            combined: None,
            weighed_in: Phase::default(),
            duplicate: true,
            rules_without_value: rule::RuleSet::default(),
        }
    }
}
