//! A turn on the wire: the design's native JSON. Unknown fields are passed over; of a repeated field the last stands.
//!
//! `{"event_id","conversation_id","event_time","role"}` are required. `event_time` is epoch milliseconds or an RFC 3339
//! string; values of `facts`, `attributes` and `action.arguments` and `action.result` may be any JSON and are kept as text;
//! `handoff_requested` and `ended` are null, a boolean, a reason, or an object with `reason`.

use super::Problem;
use super::json::{Kind, Object, Reader};
use super::json_fields::{self as fields, Stop, invalid};
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
            "language" => turn.language = fields::identifier(r, "language")?,
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
    let mut o = Object::begin(out);
    o.field("event_id", &*turn.event_id);
    o.field("conversation_id", &*turn.conversation_id);
    o.field("event_time", turn.event_time);
    o.field("role", turn.role.name());
    o.present("turn_seq", turn.turn_seq);
    o.present("text", turn.text.as_deref());
    o.present("channel", turn.channel.as_deref());
    o.present("language", turn.language.as_deref());
    o.present("tenant", turn.tenant.as_deref());
    o.present("intent", turn.intent.as_deref());
    o.present("intent_confidence", turn.intent_confidence);
    o.present("confidence", turn.confidence);
    o.present("sentiment", turn.sentiment);
    o.present("fallback", turn.fallback.then_some(true));
    o.present("goal", turn.goal.as_deref());
    o.present("summary", turn.summary.as_deref());
    encode_happened(&mut o, "handoff_requested", turn.handoff_requested.as_deref());
    encode_happened(&mut o, "ended", turn.ended.as_deref());
    if let Some(action) = &turn.action {
        encode_action(action, o.name("action"));
    }
    if !turn.facts.is_empty() {
        o.map("facts", &turn.facts);
    }
    if let Some(claim) = &turn.verification {
        let mut inner = Object::begin(o.name("verification"));
        inner.present("method", claim.method.as_deref());
        inner.field("status", &*claim.status);
        inner.end();
    }
    o.present("ai_agent", turn.ai_agent.as_deref());
    o.present("ai_version", turn.ai_version.as_deref());
    o.present("customer_ref", turn.customer_ref.as_deref());
    o.present("is_test", turn.is_test.then_some(true));
    if !turn.attributes.is_empty() {
        o.map("attributes", &turn.attributes);
    }
    o.end();
}

/// An empty string would be read as absent, so a reason that is not given is `true`.
fn encode_happened(o: &mut Object<'_>, name: &str, reason: Option<&str>) {
    match reason {
        None => {}
        Some("") => o.field(name, true),
        Some(reason) => o.field(name, reason),
    }
}

fn encode_action(action: &Action<'_>, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("name", &*action.name);
    o.field("status", action.status.name());
    if !action.arguments.is_empty() {
        o.map("arguments", &action.arguments);
    }
    o.present("result", action.result.as_deref());
    o.end();
}

#[cfg(test)]
mod tests;
