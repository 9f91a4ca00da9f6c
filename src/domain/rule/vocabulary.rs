//! What a rule can name: the variables of the design, with their types, and how each is read.

use std::borrow::Cow;

use super::expression::Value;
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Turn;

/// What a rule looks at: the turn, the conversation as it stands after it, and what the other triggers said.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub turn: &'a Turn<'a>,
    pub conversation: &'a Conversation,
    pub signals: &'a [Signal],
}

/// Types of scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Double,
    Text,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Double => "double",
            Type::Text => "string",
        }
    }

    pub fn is_number(self) -> bool {
        match self {
            Type::Int | Type::Double => true,
            Type::Bool | Type::Text => false,
        }
    }
}

/// A variable, or what a field of one can be beside a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Turn,
    Action,
    Verification,
    State,
    Signals,
}

/// A map from names to texts, whose keys are the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// The variable `facts`: all facts of the conversation.
    Facts,
    TurnFacts,
    Attributes,
    Arguments,
}

/// A scalar field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Text(TextField),
    EventTime,
    TurnSeq,
    IntentConfidence,
    Confidence,
    Sentiment,
    Fallback,
    IsTest,
    StateTurns,
    StateCustomerTurns,
    StateAiTurns,
    StateToolFailures,
    StateFallbacks,
    StateVerified,
    StateEpisode,
    StateSentiment,
    StateMinutes,
    StateHumanOwns,
    Signal(Reason),
}

/// A field that holds a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    EventId,
    ConversationId,
    Role,
    Tenant,
    Channel,
    Language,
    Text,
    Intent,
    Goal,
    Summary,
    HandoffRequested,
    Ended,
    AiAgent,
    AiVersion,
    CustomerRef,
    ActionName,
    ActionStatus,
    ActionResult,
    VerificationMethod,
    VerificationStatus,
    StateIntent,
    StateLanguage,
    StateChannel,
    StateTenant,
}

/// A field of an element of `state.steps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepField {
    Action,
    Status,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Scalar(Field, Type),
    Object(Object),
    Map(Map),
    Steps,
}

/// The variables.
pub const VARIABLES: [(&str, Meaning); 4] = [
    ("turn", Meaning::Object(Object::Turn)),
    ("facts", Meaning::Map(Map::Facts)),
    ("state", Meaning::Object(Object::State)),
    ("signals", Meaning::Object(Object::Signals)),
];

/// The functions: `x.f(y)` or `f(x, y)`.
pub const FUNCTIONS: [&str; 12] = [
    "number",
    "has",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "lowerAscii",
    "upperAscii",
    "int",
    "double",
    "string",
];

const TURN: &[(&str, Meaning)] = &[
    ("event_id", text(TextField::EventId)),
    ("conversation_id", text(TextField::ConversationId)),
    ("event_time", Meaning::Scalar(Field::EventTime, Type::Int)),
    ("role", text(TextField::Role)),
    ("turn_seq", Meaning::Scalar(Field::TurnSeq, Type::Int)),
    ("tenant", text(TextField::Tenant)),
    ("channel", text(TextField::Channel)),
    ("language", text(TextField::Language)),
    ("text", text(TextField::Text)),
    ("intent", text(TextField::Intent)),
    ("intent_confidence", Meaning::Scalar(Field::IntentConfidence, Type::Double)),
    ("confidence", Meaning::Scalar(Field::Confidence, Type::Double)),
    ("sentiment", Meaning::Scalar(Field::Sentiment, Type::Double)),
    ("goal", text(TextField::Goal)),
    ("summary", text(TextField::Summary)),
    ("action", Meaning::Object(Object::Action)),
    ("facts", Meaning::Map(Map::TurnFacts)),
    ("verification", Meaning::Object(Object::Verification)),
    ("fallback", Meaning::Scalar(Field::Fallback, Type::Bool)),
    ("handoff_requested", text(TextField::HandoffRequested)),
    ("ended", text(TextField::Ended)),
    ("ai_agent", text(TextField::AiAgent)),
    ("ai_version", text(TextField::AiVersion)),
    ("customer_ref", text(TextField::CustomerRef)),
    ("is_test", Meaning::Scalar(Field::IsTest, Type::Bool)),
    ("attributes", Meaning::Map(Map::Attributes)),
];

const ACTION: &[(&str, Meaning)] = &[
    ("name", text(TextField::ActionName)),
    ("status", text(TextField::ActionStatus)),
    ("arguments", Meaning::Map(Map::Arguments)),
    ("result", text(TextField::ActionResult)),
];

const VERIFICATION: &[(&str, Meaning)] =
    &[("method", text(TextField::VerificationMethod)), ("status", text(TextField::VerificationStatus))];

const STATE: &[(&str, Meaning)] = &[
    ("intent", text(TextField::StateIntent)),
    ("language", text(TextField::StateLanguage)),
    ("channel", text(TextField::StateChannel)),
    ("tenant", text(TextField::StateTenant)),
    ("turns", Meaning::Scalar(Field::StateTurns, Type::Int)),
    ("customer_turns", Meaning::Scalar(Field::StateCustomerTurns, Type::Int)),
    ("ai_turns", Meaning::Scalar(Field::StateAiTurns, Type::Int)),
    ("steps", Meaning::Steps),
    ("tool_failures", Meaning::Scalar(Field::StateToolFailures, Type::Int)),
    ("fallbacks", Meaning::Scalar(Field::StateFallbacks, Type::Int)),
    ("verified", Meaning::Scalar(Field::StateVerified, Type::Bool)),
    ("episode", Meaning::Scalar(Field::StateEpisode, Type::Int)),
    ("sentiment", Meaning::Scalar(Field::StateSentiment, Type::Double)),
    ("minutes", Meaning::Scalar(Field::StateMinutes, Type::Double)),
    ("human_owns", Meaning::Scalar(Field::StateHumanOwns, Type::Bool)),
];

/// Fields of an element of `state.steps`.
pub const STEP: [(&str, StepField); 2] = [("action", StepField::Action), ("status", StepField::Status)];

/// Every reason but `policy`: rules do not see each other.
const SIGNALS: &[(&str, Meaning)] = &[
    ("safety", signal(Reason::Safety)),
    ("customer_request", signal(Reason::CustomerRequest)),
    ("ai_request", signal(Reason::AiRequest)),
    ("frustration", signal(Reason::Frustration)),
    ("tool_failure", signal(Reason::ToolFailure)),
    ("not_understood", signal(Reason::NotUnderstood)),
    ("low_confidence", signal(Reason::LowConfidence)),
    ("loop", signal(Reason::Loop)),
    ("no_progress", signal(Reason::NoProgress)),
    ("no_response", signal(Reason::NoResponse)),
    ("unsupported_language", signal(Reason::UnsupportedLanguage)),
];

const fn text(field: TextField) -> Meaning {
    Meaning::Scalar(Field::Text(field), Type::Text)
}

const fn signal(reason: Reason) -> Meaning {
    Meaning::Scalar(Field::Signal(reason), Type::Double)
}

const ROLES: &[&str] = &["customer", "ai", "tool", "human", "system"];
const TOOL_STATUSES: &[&str] = &["ok", "failed", "denied"];

impl Object {
    pub fn fields(self) -> &'static [(&'static str, Meaning)] {
        match self {
            Object::Turn => TURN,
            Object::Action => ACTION,
            Object::Verification => VERIFICATION,
            Object::State => STATE,
            Object::Signals => SIGNALS,
        }
    }

    pub fn path(self) -> &'static str {
        match self {
            Object::Turn => "turn",
            Object::Action => "turn.action",
            Object::Verification => "turn.verification",
            Object::State => "state",
            Object::Signals => "signals",
        }
    }
}

impl Map {
    pub fn path(self) -> &'static str {
        match self {
            Map::Facts => "facts",
            Map::TurnFacts => "turn.facts",
            Map::Attributes => "turn.attributes",
            Map::Arguments => "turn.action.arguments",
        }
    }

    /// The value under a key.
    pub fn get<'a>(self, key: &str, view: View<'a>) -> Option<&'a str> {
        match self {
            Map::Facts => {
                view.conversation.facts.iter().find(|fact| fact.name == key).map(|fact| fact.value.as_str())
            }
            Map::TurnFacts | Map::Attributes | Map::Arguments => {
                self.entries(view).iter().find(|(name, _)| name == key).map(|(_, value)| value.as_ref())
            }
        }
    }

    pub fn len(self, view: View<'_>) -> usize {
        match self {
            Map::Facts => view.conversation.facts.len(),
            Map::TurnFacts | Map::Attributes | Map::Arguments => self.entries(view).len(),
        }
    }

    fn entries<'a>(self, view: View<'a>) -> &'a [(Cow<'a, str>, Cow<'a, str>)] {
        match self {
            Map::Facts => &[],
            Map::TurnFacts => &view.turn.facts,
            Map::Attributes => &view.turn.attributes,
            Map::Arguments => view.turn.action.as_ref().map_or(&[], |action| &action.arguments),
        }
    }
}

impl Field {
    /// The value at a turn; `None` where there is none.
    pub fn read<'a>(self, view: View<'a>) -> Option<Value<'a>> {
        let (turn, state) = (view.turn, view.conversation);
        match self {
            Field::Text(field) => field.read(view).map(Value::text),
            Field::EventTime => Some(Value::Int(turn.event_time)),
            Field::TurnSeq => turn.turn_seq.map(Value::Int),
            Field::IntentConfidence => turn.intent_confidence.map(Value::Double),
            Field::Confidence => turn.confidence.map(Value::Double),
            Field::Sentiment => turn.sentiment.map(Value::Double),
            Field::Fallback => Some(Value::Bool(turn.fallback)),
            Field::IsTest => Some(Value::Bool(turn.is_test)),
            Field::StateTurns => Some(Value::Int(state.turns.all().into())),
            Field::StateCustomerTurns => Some(Value::Int(state.turns.customer.into())),
            Field::StateAiTurns => Some(Value::Int(state.turns.ai.into())),
            Field::StateToolFailures => Some(Value::Int(state.evidence.tool_failures.count.into())),
            Field::StateFallbacks => Some(Value::Int(state.evidence.not_understood.count.into())),
            Field::StateVerified => Some(Value::Bool(is_verified(state))),
            Field::StateEpisode => Some(Value::Int(state.episode.into())),
            Field::StateSentiment => state.sentiment.map(|sentiment| Value::Double(sentiment.now.into())),
            Field::StateMinutes => Some(Value::Double(minutes(view))),
            Field::StateHumanOwns => Some(Value::Bool(state.phase == Phase::Human)),
            Field::Signal(reason) => strength(reason, view.signals).map(Value::Double),
        }
    }
}

impl TextField {
    /// The only words the field can hold, where that is so.
    pub fn words(self) -> Option<&'static [&'static str]> {
        match self {
            TextField::Role => Some(ROLES),
            TextField::ActionStatus => Some(TOOL_STATUSES),
            TextField::EventId
            | TextField::ConversationId
            | TextField::Tenant
            | TextField::Channel
            | TextField::Language
            | TextField::Text
            | TextField::Intent
            | TextField::Goal
            | TextField::Summary
            | TextField::HandoffRequested
            | TextField::Ended
            | TextField::AiAgent
            | TextField::AiVersion
            | TextField::CustomerRef
            | TextField::ActionName
            | TextField::ActionResult
            | TextField::VerificationMethod
            | TextField::VerificationStatus
            | TextField::StateIntent
            | TextField::StateLanguage
            | TextField::StateChannel
            | TextField::StateTenant => None,
        }
    }

    /// The text at a turn; `None` where there is none.
    pub fn read<'a>(self, view: View<'a>) -> Option<&'a str> {
        let (turn, profile) = (view.turn, &view.conversation.profile);
        let action = turn.action.as_ref();
        let claim = turn.verification.as_ref();
        match self {
            TextField::EventId => Some(&turn.event_id),
            TextField::ConversationId => Some(&turn.conversation_id),
            TextField::Role => Some(turn.role.name()),
            TextField::Tenant => turn.tenant.as_deref(),
            TextField::Channel => turn.channel.as_deref(),
            TextField::Language => turn.language.as_deref(),
            TextField::Text => turn.text.as_deref(),
            TextField::Intent => turn.intent.as_deref(),
            TextField::Goal => turn.goal.as_deref(),
            TextField::Summary => turn.summary.as_deref(),
            TextField::HandoffRequested => turn.handoff_requested.as_deref(),
            TextField::Ended => turn.ended.as_deref(),
            TextField::AiAgent => turn.ai_agent.as_deref(),
            TextField::AiVersion => turn.ai_version.as_deref(),
            TextField::CustomerRef => turn.customer_ref.as_deref(),
            TextField::ActionName => action.map(|action| action.name.as_ref()),
            TextField::ActionStatus => action.map(|action| action.status.name()),
            TextField::ActionResult => action.and_then(|action| action.result.as_deref()),
            TextField::VerificationMethod => claim.and_then(|claim| claim.method.as_deref()),
            TextField::VerificationStatus => claim.map(|claim| claim.status.as_ref()),
            TextField::StateIntent => profile.intent.as_deref(),
            TextField::StateLanguage => view.conversation.language(),
            TextField::StateChannel => profile.channel.as_deref(),
            TextField::StateTenant => profile.tenant.as_deref(),
        }
    }
}

fn strength(reason: Reason, signals: &[Signal]) -> Option<f64> {
    signals.iter().filter(|signal| signal.reason == reason).map(|signal| signal.strength).reduce(f64::max)
}

/// Minutes since the start, as the conversation stands after the turn.
fn minutes(view: View<'_>) -> f64 {
    let now = view.conversation.last_at.max(view.turn.event_time);
    (now - view.conversation.started_at).max(0) as f64 / 60_000.0
}

/// The words platforms use for a check that was passed.
const PASSED: [&str; 11] = [
    "passed",
    "pass",
    "ok",
    "success",
    "succeeded",
    "successful",
    "verified",
    "confirmed",
    "completed",
    "approved",
    "true",
];

fn is_verified(conversation: &Conversation) -> bool {
    let status = conversation.verification.as_ref().map_or("", |verification| &verification.status);
    PASSED.iter().any(|word| word.eq_ignore_ascii_case(status))
}
