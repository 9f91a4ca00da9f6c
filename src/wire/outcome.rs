//! An outcome on the wire: the design's native JSON. Unknown fields are passed over; of a repeated field the last stands.
//!
//! `{"event_id","conversation_id","event_time","type"}` are required; durations are whole milliseconds.

use super::Problem;
use super::format::Format;
use super::json::Reader;
use super::json_fields::{self as fields, Stop, invalid};
use super::record::{Absent, Record, Sink};
use crate::domain::outcome::{Outcome, OutcomeKind};

/// The largest score of a survey: sums of them stay whole numbers.
const SCORE_MAX: f64 = 1e9;

/// Reads one outcome; strings borrow from `bytes` where they hold no escapes. Errors as for a turn.
pub fn decode(bytes: &[u8]) -> Result<Outcome<'_>, Problem> {
    let text = fields::document(bytes)?;
    read(text).map_err(|stop| stop.problem(text))
}

/// The event time alone.
pub fn peek_event_time(bytes: &[u8]) -> Option<i64> {
    fields::peek_event_time(bytes)
}

fn read(text: &str) -> Result<Outcome<'_>, Stop> {
    let mut reader = Reader::new(text);
    let r = &mut reader;
    let (mut event_id, mut conversation_id, mut event_time, mut kind) = (None, None, None, None);
    let (mut handoff_id, mut agent_ref, mut queue, mut reason, mut field) = (None, None, None, None, None);
    let (mut wait_ms, mut talk_ms, mut hold_ms, mut acw_ms) = (None, None, None, None);
    let (mut score, mut score_max, mut attributes) = (None, None, Vec::new());
    r.open()?;
    while let Some(name) = r.next_name()? {
        match &*name {
            "event_id" => event_id = fields::identifier(r, "event_id")?,
            "conversation_id" => conversation_id = fields::identifier(r, "conversation_id")?,
            "event_time" => event_time = fields::event_time(r, "event_time")?,
            "type" => kind = fields::word(r, "type", &OutcomeKind::ALL, OutcomeKind::name)?,
            "handoff_id" => handoff_id = fields::identifier(r, "handoff_id")?,
            "agent_ref" => agent_ref = fields::identifier(r, "agent_ref")?,
            "queue" => queue = fields::identifier(r, "queue")?,
            "reason" => reason = fields::text(r, "reason")?,
            "field" => field = fields::identifier(r, "field")?,
            "wait_ms" => wait_ms = fields::duration_ms(r, "wait_ms")?,
            "talk_ms" => talk_ms = fields::duration_ms(r, "talk_ms")?,
            "hold_ms" => hold_ms = fields::duration_ms(r, "hold_ms")?,
            "acw_ms" => acw_ms = fields::duration_ms(r, "acw_ms")?,
            "score" => score = fields::between(r, "score", -SCORE_MAX, SCORE_MAX)?,
            "score_max" => score_max = fields::between(r, "score_max", f64::MIN_POSITIVE, SCORE_MAX)?,
            "attributes" => attributes = fields::map(r, "attributes")?,
            _ => {
                r.raw()?;
            }
        }
    }
    r.finish()?;
    let Some(event_id) = event_id else { return invalid("event_id", "is missing") };
    let Some(conversation_id) = conversation_id else { return invalid("conversation_id", "is missing") };
    let Some(event_time) = event_time else { return invalid("event_time", "is missing") };
    let Some(kind) = kind else { return invalid("type", "is missing") };
    Ok(Outcome {
        event_id,
        conversation_id,
        event_time,
        kind,
        handoff_id,
        agent_ref,
        queue,
        reason,
        field,
        wait_ms,
        talk_ms,
        hold_ms,
        acw_ms,
        score,
        score_max,
        attributes,
    })
}

/// Writes one outcome as native JSON: only what is there. [`decode`] reads the same outcome back.
pub fn encode(outcome: &Outcome<'_>, out: &mut Vec<u8>) {
    Format::Json.write(outcome, out);
}

impl Record for Outcome<'_> {
    const ABSENT: Absent = Absent::IsLeftOut;

    fn fields(&self, to: &mut impl Sink) {
        to.text("event_id", &self.event_id);
        to.text("conversation_id", &self.conversation_id);
        to.whole("event_time", self.event_time);
        to.text("type", self.kind.name());
        to.optional_text("handoff_id", self.handoff_id.as_deref());
        to.optional_text("agent_ref", self.agent_ref.as_deref());
        to.optional_text("queue", self.queue.as_deref());
        to.optional_text("reason", self.reason.as_deref());
        to.optional_text("field", self.field.as_deref());
        to.optional_whole("wait_ms", self.wait_ms);
        to.optional_whole("talk_ms", self.talk_ms);
        to.optional_whole("hold_ms", self.hold_ms);
        to.optional_whole("acw_ms", self.acw_ms);
        to.optional_double("score", self.score);
        to.optional_double("score_max", self.score_max);
        to.map("attributes", &self.attributes);
    }
}

#[cfg(test)]
mod tests;
