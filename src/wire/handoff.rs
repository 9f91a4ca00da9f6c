//! A hand-off event on the wire, and the two lines that `segue replay` writes beside it. Contract: `schemas/handoff-event.avsc`.
//!
//! Every name is always there; what is not known is null. `reason` is the first of `reasons`, the primary one. `flat` is the
//! package as strings for platforms that take nothing else, and null where there is no package.

use super::json::{Array, Object};
use crate::domain::decision::{HandoffEvent, Mode, Signal};
use crate::domain::package::{
    Completeness, Fact, Mood, Package, RecentTurn, StepTaken, Transcript, Verification,
};

/// Appends the event as JSON. `transcript_topic` is null when a file is replayed.
pub fn encode(event: &HandoffEvent, transcript_topic: Option<&str>, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("type", event.kind.name());
    o.field("handoff_id", &*event.handoff_id.hyphenated().encode_lower(&mut [0; 36]));
    o.field("conversation_id", &event.conversation_id);
    o.field("episode", event.episode);
    o.field("event_time", event.event_time);
    o.field("trigger_event_id", &event.trigger_event_id);
    o.field("reason", event.reasons.first().map(|signal| signal.reason.name()));
    signals(&event.reasons, o.name("reasons"));
    o.field("policy", &event.policy);
    o.field("policy_version", &event.policy_version);
    o.field("mode", mode(event.mode));
    o.field("priority", event.priority);
    o.field("queue", &event.queue);
    o.texts("skills", &event.skills);
    o.field("language", &event.language);
    o.field("channel", &event.channel);
    o.field("customer_waiting_since", event.customer_waiting_since);
    o.field("tenant", &event.tenant);
    o.field("intent", &event.intent);
    o.field("ai_agent", &event.ai_agent);
    o.field("ai_version", &event.ai_version);
    o.field("customer_ref", &event.customer_ref);
    o.field("is_test", event.is_test);
    o.field("note", &event.note);
    both_forms(event.package.as_deref(), transcript_topic, &mut o);
    o.end();
}

/// Appends `{"conversation_id","package","flat"}` (a line of `segue replay --packages`).
pub fn encode_package(
    conversation_id: &str,
    package: &Package,
    transcript_topic: Option<&str>,
    out: &mut Vec<u8>,
) {
    let mut o = Object::begin(out);
    o.field("conversation_id", conversation_id);
    both_forms(Some(package), transcript_topic, &mut o);
    o.end();
}

/// Appends `{"conversation_id","event_id","signals":[...]}` (a line of `segue replay --signals`).
pub fn encode_signals(conversation_id: &str, event_id: &str, all: &[Signal], out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("conversation_id", conversation_id);
    o.field("event_id", event_id);
    signals(all, o.name("signals"));
    o.end();
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Shadow => "shadow",
    }
}

fn signals(all: &[Signal], out: &mut Vec<u8>) {
    let mut array = Array::begin(out);
    for signal in all {
        let mut o = Object::begin(array.item());
        o.field("reason", signal.reason.name());
        o.field("strength", signal.strength);
        o.field("rule_id", &signal.rule_id);
        o.texts("turns", &signal.turns);
        o.field("observed", signal.observed);
        o.field("threshold", signal.threshold);
        o.field("decision", signal.decision.name());
        o.end();
    }
    array.end();
}

/// `package` and `flat`.
fn both_forms(package: Option<&Package>, transcript_topic: Option<&str>, o: &mut Object<'_>) {
    match package {
        Some(package) => {
            nested(package, transcript_topic, o.name("package"));
            o.map("flat", &package.flat);
        }
        None => {
            o.null("package");
            o.null("flat");
        }
    }
}

fn nested(package: &Package, transcript_topic: Option<&str>, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("goal", &package.goal);
    o.field("summary", &package.summary);
    steps(&package.steps_attempted, o.name("steps_attempted"));
    match &package.verification {
        Some(last_word) => verification(last_word, o.name("verification")),
        None => o.null("verification"),
    }
    facts(&package.facts, o.name("facts"));
    match &package.sentiment {
        Some(mood) => sentiment(mood, o.name("sentiment")),
        None => o.null("sentiment"),
    }
    o.field("last_customer_text", &package.last_customer_text);
    o.field("open_question", &package.open_question);
    transcript(&package.transcript, transcript_topic, o.name("transcript"));
    completeness(&package.completeness, o.name("completeness"));
    o.end();
}

fn steps(all: &[StepTaken], out: &mut Vec<u8>) {
    let mut array = Array::begin(out);
    for step in all {
        let mut o = Object::begin(array.item());
        o.field("action", &step.action);
        o.map("arguments", &step.arguments);
        o.field("status", step.status.name());
        o.field("result", &step.result);
        o.field("event_id", &step.event_id);
        o.end();
    }
    array.end();
}

fn verification(verification: &Verification, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("method", &verification.method);
    o.field("status", &verification.status);
    o.field("event_id", &verification.event_id);
    o.field("at", verification.at);
    o.end();
}

fn facts(all: &[Fact], out: &mut Vec<u8>) {
    let mut facts = Object::begin(out);
    for fact in all {
        let mut o = Object::begin(facts.any_name(&fact.name));
        o.field("value", &fact.value);
        o.texts("values", &fact.values);
        o.field("source", fact.source.name());
        o.field("event_id", &fact.event_id);
        o.field("at", fact.at);
        o.end();
    }
    facts.end();
}

fn sentiment(mood: &Mood, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("now", mood.now);
    o.field("lowest", mood.lowest);
    o.field("trend", mood.trend);
    o.end();
}

fn transcript(transcript: &Transcript, topic: Option<&str>, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("topic", topic);
    o.field("partition", transcript.partition);
    o.field("first_offset", transcript.first_offset);
    o.field("last_offset", transcript.last_offset);
    turns(&transcript.turns, o.name("turns"));
    o.end();
}

fn turns(all: &[RecentTurn], out: &mut Vec<u8>) {
    let mut array = Array::begin(out);
    for turn in all {
        let mut o = Object::begin(array.item());
        o.field("event_id", &turn.event_id);
        o.field("role", turn.role.name());
        o.field("event_time", turn.at);
        o.field("text", &turn.text);
        o.end();
    }
    array.end();
}

fn completeness(completeness: &Completeness, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("score", completeness.score);
    o.texts("missing", &completeness.missing);
    o.end();
}
