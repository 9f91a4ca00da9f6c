//! How each field is read at a turn.

use super::{Field, TextField, View};
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::{Reason, Signal};
use crate::domain::rule::expression::Value;

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
