//! A hand-off event on the wire, and the two lines that `segue replay` writes beside it. Contract: `schemas/handoff-event.avsc`.
//!
//! Every name is always there; what is not known is null. `reason` is the first of `reasons`, the primary one. `flat` is the
//! package as strings for platforms that take nothing else, and null where there is no package.

use super::format::{Format, json_line};
use super::record::{Record, Sink};
use crate::domain::decision::{HandoffEvent, Mode, Signal};
use crate::domain::package::{
    Completeness, Fact, Mood, Package, RecentTurn, StepTaken, Transcript, Verification,
};

/// An event as it is published. `transcript_topic` is `None` when a file is replayed.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    pub event: &'a HandoffEvent,
    pub transcript_topic: Option<&'a str>,
}

/// Appends the event as JSON. `transcript_topic` is null when a file is replayed.
pub fn encode(event: &HandoffEvent, transcript_topic: Option<&str>, out: &mut Vec<u8>) {
    Format::Json.write(&Published { event, transcript_topic }, out);
}

impl Record for Published<'_> {
    fn fields(&self, to: &mut impl Sink) {
        let event = self.event;
        to.text("type", event.kind.name());
        to.text("handoff_id", event.handoff_id.hyphenated().encode_lower(&mut [0; 36]));
        to.text("conversation_id", &event.conversation_id);
        to.whole("episode", i64::from(event.episode));
        to.whole("event_time", event.event_time);
        to.optional_text("trigger_event_id", event.trigger_event_id.as_deref());
        to.optional_text("reason", event.reasons.first().map(|signal| signal.reason.name()));
        let combined = event.combined.as_deref();
        to.records("reasons", &event.reasons, |to, one| {
            signal(to, one);
            let contribution = combined.and_then(|combined| combined.contribution(one.reason));
            to.optional_double("contribution", contribution);
        });
        to.optional_double("combined_strength", combined.map(|combined| combined.strength));
        to.optional_double("combined_threshold", combined.map(|combined| combined.threshold));
        to.text("policy", &event.policy);
        to.text("policy_version", &event.policy_version);
        to.text("mode", mode(event.mode));
        to.whole("priority", event.priority);
        to.optional_text("queue", event.queue.as_deref());
        to.texts("skills", &event.skills);
        to.optional_text("language", event.language.as_deref());
        to.optional_text("channel", event.channel.as_deref());
        to.optional_whole("customer_waiting_since", event.customer_waiting_since);
        to.optional_text("tenant", event.tenant.as_deref());
        to.optional_text("intent", event.intent.as_deref());
        to.optional_text("ai_agent", event.ai_agent.as_deref());
        to.optional_text("ai_version", event.ai_version.as_deref());
        to.optional_text("customer_ref", event.customer_ref.as_deref());
        to.flag("is_test", event.is_test);
        to.optional_text("note", event.note.as_deref());
        both_forms(event.package.as_deref(), self.transcript_topic, to);
    }
}

/// Appends `{"conversation_id","package","flat"}` (a line of `segue replay --packages`).
pub fn encode_package(
    conversation_id: &str,
    package: &Package,
    transcript_topic: Option<&str>,
    out: &mut Vec<u8>,
) {
    json_line(out, |to| {
        to.text("conversation_id", conversation_id);
        both_forms(Some(package), transcript_topic, to);
    });
}

/// Appends `{"conversation_id","event_id","signals":[...],"combined_strength"}` (a line of `segue replay --signals`).
/// `combined`: of the combination, where the turn raised a peak of it.
pub fn encode_signals(
    conversation_id: &str,
    event_id: &str,
    all: &[Signal],
    combined: Option<f64>,
    out: &mut Vec<u8>,
) {
    json_line(out, |to| {
        to.text("conversation_id", conversation_id);
        to.text("event_id", event_id);
        to.records("signals", all, signal);
        to.optional_double("combined_strength", combined);
    });
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Shadow => "shadow",
    }
}

fn signal(to: &mut impl Sink, signal: &Signal) {
    to.text("reason", signal.reason.name());
    to.double("strength", signal.strength);
    to.optional_text("rule_id", signal.rule_id.as_deref());
    to.texts("turns", &signal.turns);
    to.optional_double("observed", signal.observed);
    to.optional_double("threshold", signal.threshold);
    to.text("decision", signal.decision.name());
}

/// `package` and `flat`.
fn both_forms(package: Option<&Package>, transcript_topic: Option<&str>, to: &mut impl Sink) {
    to.optional_record("package", package, |to, package| nested(package, transcript_topic, to));
    to.optional_map("flat", package.map(|package| package.flat.as_slice()));
}

fn nested(package: &Package, transcript_topic: Option<&str>, to: &mut impl Sink) {
    to.optional_text("goal", package.goal.as_deref());
    to.text("summary", &package.summary);
    to.records("steps_attempted", &package.steps_attempted, step);
    to.optional_record("verification", package.verification.as_ref(), verification);
    to.named_records("facts", &package.facts, |fact| &fact.name, fact);
    to.optional_record("sentiment", package.sentiment.as_ref(), sentiment);
    to.optional_text("last_customer_text", package.last_customer_text.as_deref());
    to.optional_text("open_question", package.open_question.as_deref());
    to.record("transcript", |to| transcript(&package.transcript, transcript_topic, to));
    to.record("completeness", |to| completeness(&package.completeness, to));
}

fn step(to: &mut impl Sink, step: &StepTaken) {
    to.text("action", &step.action);
    to.map("arguments", &step.arguments);
    to.text("status", step.status.name());
    to.optional_text("result", step.result.as_deref());
    to.text("event_id", &step.event_id);
}

fn verification(to: &mut impl Sink, verification: &Verification) {
    to.optional_text("method", verification.method.as_deref());
    to.text("status", &verification.status);
    to.text("event_id", &verification.event_id);
    to.whole("at", verification.at);
}

fn fact(to: &mut impl Sink, fact: &Fact) {
    to.text("value", &fact.value);
    to.texts("values", &fact.values);
    to.text("source", fact.source.name());
    to.text("event_id", &fact.event_id);
    to.whole("at", fact.at);
}

fn sentiment(to: &mut impl Sink, mood: &Mood) {
    to.double("now", mood.now);
    to.double("lowest", mood.lowest);
    to.text("trend", mood.trend);
}

fn transcript(transcript: &Transcript, topic: Option<&str>, to: &mut impl Sink) {
    to.optional_text("topic", topic);
    to.whole("partition", i64::from(transcript.partition));
    to.whole("first_offset", transcript.first_offset);
    to.whole("last_offset", transcript.last_offset);
    to.records("turns", &transcript.turns, turn);
}

fn turn(to: &mut impl Sink, turn: &RecentTurn) {
    to.text("event_id", &turn.event_id);
    to.text("role", turn.role.name());
    to.whole("event_time", turn.at);
    to.text("text", &turn.text);
}

fn completeness(completeness: &Completeness, to: &mut impl Sink) {
    to.double("score", completeness.score);
    to.texts("missing", &completeness.missing);
}
