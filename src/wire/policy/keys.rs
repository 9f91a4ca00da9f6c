//! The keys of a policy file, each named once, with its bounds.

use std::sync::Arc;

use crate::domain::combination::{COMBINED, Combination};
use crate::domain::decision::Decision;
use crate::domain::hearing::{Hearing, Lists};
use crate::domain::ids::Millis;
use crate::domain::policy::{
    CustomerRequest, Frustration, HandoffDefaults, Lifecycle, Loop, LowConfidence, Metrics, NoProgress,
    NoResponse, NotUnderstood, Policy, Privacy, Safety, Switch, ToolFailure, Triggers, UnsupportedLanguage,
};
use crate::domain::text::Learned;
use crate::wire::fields::{Fields, any, named, named_or_empty};

use super::RuleText;

const SECOND: Millis = 1_000;
const HOUR: Millis = 3_600 * SECOND;
const DAY: Millis = 24 * HOUR;

/// The most urgent priority is 1.
const PRIORITY: std::ops::RangeInclusive<i64> = 1..=1_000;
const TURNS: std::ops::RangeInclusive<i64> = 1..=1_000;
const LOG_ODDS: std::ops::RangeInclusive<f64> = -50.0..=50.0;
const SHARE: std::ops::RangeInclusive<f64> = 0.0..=1.0;

/// What stands before the tables.
pub fn head(policy: &mut Policy, to: &mut impl Fields) {
    to.text("version", &mut policy.version, version);
}

/// Every table but `[[rules]]`.
pub fn body(policy: &mut Policy, to: &mut impl Fields) {
    to.table("triggers", |to| triggers(&mut policy.triggers, to));
    to.table("combination", |to| combination(&mut policy.combination, to));
    let handoff = &mut policy.handoff;
    to.table("handoff", |to| {
        to.optional_text("queue", &mut handoff.queue);
        to.whole("priority", &mut handoff.priority, PRIORITY);
        to.texts("skills", &mut handoff.skills, named);
    });
    let lifecycle = &mut policy.lifecycle;
    to.table("lifecycle", |to| {
        to.duration("idle_after_ms", &mut lifecycle.idle_after_ms, SECOND..=30 * DAY);
        to.duration("answer_within_ms", &mut lifecycle.answer_within_ms, SECOND..=30 * DAY);
        to.whole("reminders", &mut lifecycle.reminders, 0..=100);
        to.duration("give_up_after_ms", &mut lifecycle.give_up_after_ms, SECOND..=90 * DAY);
        to.whole("reminder_priority_step", &mut lifecycle.reminder_priority_step, -1_000..=0);
        to.duration("forget_after_ms", &mut lifecycle.forget_after_ms, SECOND..=365 * DAY);
    });
    let metrics = &mut policy.metrics;
    to.table("metrics", |to| {
        to.duration("sl_threshold_ms", &mut metrics.sl_threshold_ms, SECOND..=7 * DAY);
        to.duration("short_abandon_ms", &mut metrics.short_abandon_ms, 0..=HOUR);
        to.number("csat_satisfied_from", &mut metrics.csat_satisfied_from, SHARE);
        to.durations("sl_threshold_ms_by_queue", &mut metrics.sl_threshold_ms_by_queue, SECOND..=7 * DAY);
    });
    let privacy = &mut policy.privacy;
    to.table("privacy", |to| {
        to.flag("redact_email", &mut privacy.redact_email);
        to.flag("redact_phone", &mut privacy.redact_phone);
        to.whole("transcript_turns", &mut privacy.transcript_turns, 0..=4);
    });
}

/// One `[[rules]]` entry.
pub fn rule(rule: &mut RuleText, to: &mut impl Fields) {
    to.text("id", &mut rule.id, identifier);
    to.text("when", &mut rule.when, any);
    to.word("decision", &mut rule.decision, &Decision::ALL, Decision::name);
    to.optional_text("queue", &mut rule.queue);
    to.optional_whole("priority", &mut rule.priority, PRIORITY);
    to.texts("skills", &mut rule.skills, named);
}

fn triggers(triggers: &mut Triggers, to: &mut impl Fields) {
    to.table("safety", |to| {
        switch(&mut triggers.safety.switch, to);
        to.texts("phrases", &mut triggers.safety.phrases, phrase);
        to.number("learned_from", &mut triggers.safety.learned_from, SHARE);
        to.optional_text("weights_file", &mut triggers.safety.weights_file);
    });
    to.table("customer_request", |to| {
        switch(&mut triggers.customer_request.switch, to);
        to.texts("languages", &mut triggers.customer_request.languages, language);
        to.texts("phrases", &mut triggers.customer_request.phrases, phrase);
        to.number("learned_from", &mut triggers.customer_request.learned_from, SHARE);
        to.optional_text("weights_file", &mut triggers.customer_request.weights_file);
        to.optional_text("weights_file_answer", &mut triggers.customer_request.weights_file_answer);
    });
    to.table("ai_request", |to| switch(&mut triggers.ai_request, to));
    to.table("policy", |to| switch(&mut triggers.policy, to));
    to.table("frustration", |to| {
        switch(&mut triggers.frustration.switch, to);
        to.number("level", &mut triggers.frustration.level, SHARE);
        to.optional_text("weights_file", &mut triggers.frustration.weights_file);
        to.optional_text("weights_file_elsewhere", &mut triggers.frustration.weights_file_elsewhere);
    });
    to.table("tool_failure", |to| {
        switch(&mut triggers.tool_failure.switch, to);
        to.whole("same_tool", &mut triggers.tool_failure.same_tool, TURNS);
        to.whole("any_tool", &mut triggers.tool_failure.any_tool, TURNS);
        to.flag("nothing_worked", &mut triggers.tool_failure.nothing_worked);
        to.flag("given_up", &mut triggers.tool_failure.given_up);
    });
    to.table("not_understood", |to| {
        switch(&mut triggers.not_understood.switch, to);
        to.whole("turns", &mut triggers.not_understood.turns, TURNS);
        to.flag("by_words", &mut triggers.not_understood.by_words);
    });
    to.table("low_confidence", |to| {
        switch(&mut triggers.low_confidence.switch, to);
        to.number("below", &mut triggers.low_confidence.below, SHARE);
        to.whole("turns", &mut triggers.low_confidence.turns, TURNS);
        to.number("average_below", &mut triggers.low_confidence.average_below, SHARE);
    });
    to.table("loop", |to| {
        switch(&mut triggers.loop_.switch, to);
        to.whole("turns", &mut triggers.loop_.turns, 2..=1_000);
        to.number("similarity", &mut triggers.loop_.similarity, SHARE);
    });
    to.table("no_progress", |to| {
        switch(&mut triggers.no_progress.switch, to);
        to.whole("turns", &mut triggers.no_progress.turns, TURNS);
        to.whole("failure_reports", &mut triggers.no_progress.failure_reports, TURNS);
        to.duration("after_ms", &mut triggers.no_progress.after_ms, SECOND..=30 * DAY);
    });
    to.table("no_response", |to| {
        switch(&mut triggers.no_response.switch, to);
        to.duration("after_ms", &mut triggers.no_response.after_ms, SECOND..=30 * DAY);
    });
    to.table("unsupported_language", |to| {
        switch(&mut triggers.unsupported_language.switch, to);
        to.texts("supported", &mut triggers.unsupported_language.supported, language);
    });
}

fn combination(combination: &mut Combination, to: &mut impl Fields) {
    to.flag("enabled", &mut combination.enabled);
    to.number("offer", &mut combination.offer, SHARE);
    to.number("hand_off", &mut combination.hand_off, SHARE);
    to.number("intercept", &mut combination.intercept, LOG_ODDS);
    let weights = COMBINED.into_iter().zip(&mut combination.weights);
    to.table("weights", |to| weights.for_each(|(reason, weight)| to.number(reason.name(), weight, LOG_ODDS)));
}

fn switch(switch: &mut Switch, to: &mut impl Fields) {
    to.flag("enabled", &mut switch.enabled);
    to.word("decision", &mut switch.decision, &Decision::ALL, Decision::name);
    to.optional_text("queue", &mut switch.queue);
    to.optional_whole("priority", &mut switch.priority, PRIORITY);
}

fn version(text: &str) -> Result<(), String> {
    match text.len() {
        1..=64 => named_or_empty(text),
        _ => {
            Err("a version has 1 to 64 bytes; write version = \"2025-12-01\" or another name of yours"
                .to_owned())
        }
    }
}

fn identifier(text: &str) -> Result<(), String> {
    if text.len() > 128 {
        return Err("an id has at most 128 bytes; shorten it".to_owned());
    }
    named_or_empty(text)
}

fn phrase(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("an empty phrase would match everything; remove it".to_owned());
    }
    Ok(())
}

fn language(text: &str) -> Result<(), String> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(());
    }
    Err(format!("\"{text}\" is not a language; write two small letters (ISO 639-1), such as \"en\""))
}

/// A policy in which nothing is set: the built-in text is laid over it and names every key.
pub fn blank() -> Policy {
    let off = || Switch { enabled: false, decision: Decision::Observe, queue: None, priority: None };
    Policy {
        name: String::new(),
        version: String::new(),
        triggers: Triggers {
            safety: Safety { switch: off(), phrases: Vec::new(), learned_from: 1.0, weights_file: None },
            customer_request: CustomerRequest {
                switch: off(),
                languages: Vec::new(),
                phrases: Vec::new(),
                learned_from: 1.0,
                weights_file: None,
                weights_file_answer: None,
            },
            ai_request: off(),
            policy: off(),
            frustration: Frustration {
                switch: off(),
                level: 0.0,
                weights_file: None,
                weights_file_elsewhere: None,
            },
            tool_failure: ToolFailure {
                switch: off(),
                same_tool: 0,
                any_tool: 0,
                nothing_worked: false,
                given_up: false,
            },
            not_understood: NotUnderstood { switch: off(), turns: 0, by_words: false },
            low_confidence: LowConfidence { switch: off(), below: 0.0, turns: 0, average_below: 0.0 },
            loop_: Loop { switch: off(), turns: 0, similarity: 0.0 },
            no_progress: NoProgress { switch: off(), turns: 0, failure_reports: 0, after_ms: 0 },
            no_response: NoResponse { switch: off(), after_ms: 0 },
            unsupported_language: UnsupportedLanguage { switch: off(), supported: Vec::new() },
        },
        combination: Combination::off(),
        rules: Vec::new(),
        handoff: HandoffDefaults { queue: None, priority: 0, skills: Vec::new() },
        lifecycle: Lifecycle {
            idle_after_ms: 0,
            answer_within_ms: 0,
            reminders: 0,
            give_up_after_ms: 0,
            reminder_priority_step: 0,
            forget_after_ms: 0,
        },
        metrics: Metrics {
            sl_threshold_ms: 0,
            sl_threshold_ms_by_queue: Vec::new(),
            short_abandon_ms: 0,
            csat_satisfied_from: 0.0,
        },
        privacy: Privacy { redact_email: false, redact_phone: false, transcript_turns: 0 },
        lexicon: Arc::new(Hearing::new(Lists::default(), Learned::nothing())),
    }
}

/// The values of a policy, without its rules and what it hears in texts.
pub fn copy(policy: &Policy) -> Policy {
    Policy {
        name: policy.name.clone(),
        version: policy.version.clone(),
        triggers: policy.triggers.clone(),
        combination: policy.combination.clone(),
        handoff: policy.handoff.clone(),
        lifecycle: policy.lifecycle.clone(),
        metrics: policy.metrics.clone(),
        privacy: policy.privacy.clone(),
        ..blank()
    }
}
