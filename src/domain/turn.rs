//! A conversation turn, as any platform may send it: four required fields, the rest optional.

use std::borrow::Cow;

use super::ids::Millis;

/// Who acted. `System` turns carry events such as "the customer left".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Customer,
    Ai,
    Tool,
    Human,
    System,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Customer, Role::Ai, Role::Tool, Role::Human, Role::System];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            Role::Customer => "customer",
            Role::Ai => "ai",
            Role::Tool => "tool",
            Role::Human => "human",
            Role::System => "system",
        }
    }
}

/// How a tool call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolStatus {
    Ok,
    Failed,
    Denied,
}

impl ToolStatus {
    pub const ALL: [ToolStatus; 3] = [ToolStatus::Ok, ToolStatus::Failed, ToolStatus::Denied];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            ToolStatus::Ok => "ok",
            ToolStatus::Failed => "failed",
            ToolStatus::Denied => "denied",
        }
    }
}

/// A tool call of the AI (or of the customer's device).
#[derive(Clone, Debug, PartialEq)]
pub struct Action<'a> {
    pub name: Cow<'a, str>,
    pub status: ToolStatus,
    /// In the order sent; values that were not strings are their JSON text.
    pub arguments: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub result: Option<Cow<'a, str>>,
}

/// What a turn says about the customer's identity check. `status` is the platform's word, e.g. `passed`, `failed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim<'a> {
    pub method: Option<Cow<'a, str>>,
    pub status: Cow<'a, str>,
}

/// One turn. Borrows from the record it was decoded from.
///
/// Validity (checked by `wire::turn::decode`): ids are 1..=`ID_BYTES` bytes, confidences lie in 0..1, sentiment in -1..1,
/// all numbers are finite. An empty optional string is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn<'a> {
    pub event_id: Cow<'a, str>,
    pub conversation_id: Cow<'a, str>,
    pub event_time: Millis,
    pub role: Role,
    pub turn_seq: Option<i64>,
    pub tenant: Option<Cow<'a, str>>,
    pub channel: Option<Cow<'a, str>>,
    pub language: Option<Cow<'a, str>>,
    pub text: Option<Cow<'a, str>>,
    pub intent: Option<Cow<'a, str>>,
    pub intent_confidence: Option<f64>,
    pub confidence: Option<f64>,
    pub sentiment: Option<f64>,
    pub goal: Option<Cow<'a, str>>,
    pub summary: Option<Cow<'a, str>>,
    pub action: Option<Action<'a>>,
    pub facts: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub verification: Option<Claim<'a>>,
    pub fallback: bool,
    /// The AI asks for a person; the reason it gives, possibly empty.
    pub handoff_requested: Option<Cow<'a, str>>,
    /// The conversation is over; the reason, possibly empty (`resolved`, `customer_left`, ...).
    pub ended: Option<Cow<'a, str>>,
    pub ai_agent: Option<Cow<'a, str>>,
    pub ai_version: Option<Cow<'a, str>>,
    pub customer_ref: Option<Cow<'a, str>>,
    pub is_test: bool,
    pub attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Turn<'a> {
    /// A turn with only the required fields.
    pub fn new(event_id: &'a str, conversation_id: &'a str, event_time: Millis, role: Role) -> Turn<'a> {
        Turn {
            event_id: event_id.into(),
            conversation_id: conversation_id.into(),
            event_time,
            role,
            turn_seq: None,
            tenant: None,
            channel: None,
            language: None,
            text: None,
            intent: None,
            intent_confidence: None,
            confidence: None,
            sentiment: None,
            goal: None,
            summary: None,
            action: None,
            facts: Vec::new(),
            verification: None,
            fallback: false,
            handoff_requested: None,
            ended: None,
            ai_agent: None,
            ai_version: None,
            customer_ref: None,
            is_test: false,
            attributes: Vec::new(),
        }
    }
}
