//! What a rule can name: the variables of the design, with their types, and how each is read.

mod names;
mod read;

use std::borrow::Cow;

use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Turn;
pub use names::STEP;
use names::{ACTION, SIGNALS, STATE, TURN, VERIFICATION};

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
}
