//! A turn on the wire: the design's native JSON. Unknown fields are passed over; of a repeated field the last stands.
//!
//! `{"event_id","conversation_id","event_time","role"}` are required. `event_time` is epoch milliseconds or an RFC 3339
//! string; values of `facts`, `attributes` and `action.arguments` and `action.result` may be any JSON and are kept as text;
//! `handoff_requested` and `ended` are null, a boolean, a reason, or an object with `reason`.

use std::borrow::Cow;

use super::Problem;
use super::format::Format;
use super::json::{Kind, Reader};
use super::json_fields::{self as fields, Stop, invalid};
use super::record::{Absent, Record, Sink};
use crate::domain::text::primary;
use crate::domain::turn::{Action, Claim, Role, ToolStatus, Turn};

/// Reads one turn; strings borrow from `bytes` where they hold no escapes.
///
/// Errors: stage `decode` where the bytes are not one JSON object, `validate` (with the field) where a value is not allowed.
pub fn decode(bytes: &[u8]) -> Result<Turn<'_>, Problem> {
    let text = fields::document(bytes)?;
    read(text).map_err(|stop| stop.problem(text))
}

/// The event time alone, cheaply; `None` where there is none to read.
pub fn peek_event_time(bytes: &[u8]) -> Option<i64> {
    fields::peek_event_time(bytes)
}

/// A language tag means the same in any case; its first part is compared in lower case: `DE`, `EN-US`.
fn primary_in_lower_case(tag: Cow<'_, str>) -> Cow<'_, str> {
    let primary = primary(&tag).len();
    if !tag[..primary].bytes().any(|byte| byte.is_ascii_uppercase()) {
        return tag;
    }
    let mut tag = tag.into_owned();
    tag[..primary].make_ascii_lowercase();
    Cow::Owned(tag)
}

fn read(text: &str) -> Result<Turn<'_>, Stop> {
    let mut reader = Reader::new(text);
    let r = &mut reader;
    let mut turn = Turn::new("", "", 0, Role::System);
    let (mut event_id, mut conversation_id, mut event_time, mut role) = (None, None, None, None);
    r.open()?;
    while let Some(name) = r.next_name()? {
        match &*name {
            "event_id" => event_id = fields::identifier(r, "event_id")?,
            "conversation_id" => conversation_id = fields::identifier(r, "conversation_id")?,
            "event_time" => event_time = fields::event_time(r, "event_time")?,
            "role" => role = fields::word(r, "role", &Role::ALL, Role::name)?,
            "turn_seq" => turn.turn_seq = fields::whole(r, "turn_seq")?,
            "text" => turn.text = fields::text(r, "text")?,
            "channel" => turn.channel = fields::identifier(r, "channel")?,
            "language" => turn.language = fields::identifier(r, "language")?.map(primary_in_lower_case),
            "tenant" => turn.tenant = fields::identifier(r, "tenant")?,
            "intent" => turn.intent = fields::identifier(r, "intent")?,
            "intent_confidence" => {
                turn.intent_confidence = fields::between(r, "intent_confidence", 0.0, 1.0)?
            }
            "confidence" => turn.confidence = fields::between(r, "confidence", 0.0, 1.0)?,
            "sentiment" => turn.sentiment = fields::between(r, "sentiment", -1.0, 1.0)?,
            "fallback" => turn.fallback = fields::flag(r, "fallback")?,
            "goal" => turn.goal = fields::text(r, "goal")?,
            "summary" => turn.summary = fields::text(r, "summary")?,
            "handoff_requested" => turn.handoff_requested = fields::happened(r, "handoff_requested")?,
            "ended" => turn.ended = fields::happened(r, "ended")?,
            "action" => turn.action = action(r)?,
            "facts" => turn.facts = fields::map(r, "facts")?,
            "verification" => turn.verification = verification(r)?,
            "ai_agent" => turn.ai_agent = fields::identifier(r, "ai_agent")?,
            "ai_version" => turn.ai_version = fields::identifier(r, "ai_version")?,
            "customer_ref" => turn.customer_ref = fields::identifier(r, "customer_ref")?,
            "is_test" => turn.is_test = fields::flag(r, "is_test")?,
            "attributes" => turn.attributes = fields::map(r, "attributes")?,
            _ => {
                r.raw()?;
            }
        }
    }
    r.finish()?;
    // A fact without a value is not known, and must not count as if it were.
    turn.facts.retain(|(_, value)| !value.is_empty());
    turn.event_id = required(event_id, "event_id")?;
    turn.conversation_id = required(conversation_id, "conversation_id")?;
    turn.event_time = required(event_time, "event_time")?;
    turn.role = required(role, "role")?;
    Ok(turn)
}

fn required<T>(value: Option<T>, field: &'static str) -> Result<T, Stop> {
    value.map_or_else(|| invalid(field, "is missing"), Ok)
}

/// A tool call. One with nothing in it is none.
fn action<'a>(r: &mut Reader<'a>) -> Result<Option<Action<'a>>, Stop> {
    match r.kind()? {
        Kind::Null => return Ok(r.null().map(|()| None)?),
        Kind::Object => r.open()?,
        Kind::Bool | Kind::Number | Kind::Text | Kind::Array => {
            return invalid("action", "must be an object");
        }
    }
    let (mut tool, mut status, mut arguments, mut result) = (None, None, Vec::new(), None);
    while let Some(name) = r.next_name()? {
        match &*name {
            "name" => tool = fields::identifier(r, "action.name")?,
            "status" => status = fields::word(r, "action.status", &ToolStatus::ALL, ToolStatus::name)?,
            "arguments" => arguments = fields::map(r, "action.arguments")?,
            "result" => result = fields::value(r)?.filter(|result| !result.is_empty()),
            _ => {
                r.raw()?;
            }
        }
    }
    if tool.is_none() && status.is_none() && arguments.is_empty() && result.is_none() {
        return Ok(None);
    }
    let name = required(tool, "action.name")?;
    let status = required(status, "action.status")?;
    Ok(Some(Action { name, status, arguments, result }))
}

/// An identity check. One with nothing in it is none.
fn verification<'a>(r: &mut Reader<'a>) -> Result<Option<Claim<'a>>, Stop> {
    match r.kind()? {
        Kind::Null => return Ok(r.null().map(|()| None)?),
        Kind::Object => r.open()?,
        Kind::Bool | Kind::Number | Kind::Text | Kind::Array => {
            return invalid("verification", "must be an object");
        }
    }
    let (mut method, mut status) = (None, None);
    while let Some(name) = r.next_name()? {
        match &*name {
            "method" => method = fields::identifier(r, "verification.method")?,
            "status" => status = fields::identifier(r, "verification.status")?,
            _ => {
                r.raw()?;
            }
        }
    }
    if method.is_none() && status.is_none() {
        return Ok(None);
    }
    Ok(Some(Claim { method, status: required(status, "verification.status")? }))
}

/// Writes one turn as native JSON: only what is there. [`decode`] reads the same turn back.
pub fn encode(turn: &Turn<'_>, out: &mut Vec<u8>) {
    Format::Json.write(turn, out);
}

impl Record for Turn<'_> {
    const ABSENT: Absent = Absent::IsLeftOut;

    fn fields(&self, to: &mut impl Sink) {
        to.text("event_id", &self.event_id);
        to.text("conversation_id", &self.conversation_id);
        to.whole("event_time", self.event_time);
        to.text("role", self.role.name());
        to.optional_whole("turn_seq", self.turn_seq);
        to.optional_text("text", self.text.as_deref());
        to.optional_text("channel", self.channel.as_deref());
        to.optional_text("language", self.language.as_deref());
        to.optional_text("tenant", self.tenant.as_deref());
        to.optional_text("intent", self.intent.as_deref());
        to.optional_double("intent_confidence", self.intent_confidence);
        to.optional_double("confidence", self.confidence);
        to.optional_double("sentiment", self.sentiment);
        to.flag("fallback", self.fallback);
        to.optional_text("goal", self.goal.as_deref());
        to.optional_text("summary", self.summary.as_deref());
        to.happened("handoff_requested", self.handoff_requested.as_deref());
        to.happened("ended", self.ended.as_deref());
        to.optional_record("action", self.action.as_ref(), |to, action| {
            to.text("name", &action.name);
            to.text("status", action.status.name());
            to.map("arguments", &action.arguments);
            to.optional_text("result", action.result.as_deref());
        });
        to.map("facts", &self.facts);
        to.optional_record("verification", self.verification.as_ref(), |to, claim| {
            to.optional_text("method", claim.method.as_deref());
            to.text("status", &claim.status);
        });
        to.optional_text("ai_agent", self.ai_agent.as_deref());
        to.optional_text("ai_version", self.ai_version.as_deref());
        to.optional_text("customer_ref", self.customer_ref.as_deref());
        to.flag("is_test", self.is_test);
        to.map("attributes", &self.attributes);
    }
}

#[cfg(test)]
mod tests;
