//! The names of the fields, and what each stands for.

use super::{Field, Map, Meaning, Object, StepField, TextField, Type};
use crate::domain::decision::Reason;

/// Of `turn`.
pub(super) const TURN: &[(&str, Meaning)] = &[
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

/// Of `turn.action`.
pub(super) const ACTION: &[(&str, Meaning)] = &[
    ("name", text(TextField::ActionName)),
    ("status", text(TextField::ActionStatus)),
    ("arguments", Meaning::Map(Map::Arguments)),
    ("result", text(TextField::ActionResult)),
];

/// Of `turn.verification`.
pub(super) const VERIFICATION: &[(&str, Meaning)] =
    &[("method", text(TextField::VerificationMethod)), ("status", text(TextField::VerificationStatus))];

/// Of `state`.
pub(super) const STATE: &[(&str, Meaning)] = &[
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
pub(super) const SIGNALS: &[(&str, Meaning)] = &[
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
