//! What it takes for each trigger to fire, in words, with the numbers of the policy.

use crate::app::render::span;
use crate::domain::decision::Reason;
use crate::domain::policy::Policy;

/// The bound of a trigger.
pub fn bound(reason: Reason, policy: &Policy) -> String {
    let triggers = &policy.triggers;
    match reason {
        Reason::Safety => {
            let phrases = match triggers.safety.phrases.len() {
                0 => String::new(),
                own => format!(", or one of {own} phrases of the policy"),
            };
            format!("words of danger{phrases}{}", learned(triggers.safety.learned_from))
        }
        Reason::CustomerRequest => {
            let own = &triggers.customer_request;
            format!(
                "the customer asks for a person ({}), or says yes to the AI's offer of one{}",
                own.languages.join(", "),
                learned(own.learned_from)
            )
        }
        Reason::AiRequest => "the AI asks for a person: its flag, or a tool whose name says so".to_owned(),
        Reason::Policy => "a rule that holds".to_owned(),
        Reason::Frustration => format!("a level of {} or more", triggers.frustration.level),
        Reason::ToolFailure => {
            let own = &triggers.tool_failure;
            let mut text = format!(
                "{} failures of one tool in a row, {} of any in the episode",
                own.same_tool, own.any_tool
            );
            if own.nothing_worked {
                text.push_str("; or one that the AI tells of, where no call has worked");
            }
            if own.given_up {
                text.push_str("; or the customer gives up after one");
            }
            text
        }
        Reason::NotUnderstood => {
            let by_words = if triggers.not_understood.by_words { ", or the AI's own words" } else { "" };
            format!("{} fallbacks in a row, by flag{by_words}", triggers.not_understood.turns)
        }
        Reason::LowConfidence => {
            let own = &triggers.low_confidence;
            format!(
                "{} turns in a row under {}, or an average that falls under {}",
                own.turns, own.below, own.average_below
            )
        }
        Reason::Loop => {
            let own = &triggers.loop_;
            format!("{} texts in a row of one side alike by {} or more", own.turns, own.similarity)
        }
        Reason::NoProgress => {
            let own = &triggers.no_progress;
            format!(
                "{} customer turns without anything new, or {} of them; or {} reports that it still fails",
                own.turns,
                span(own.after_ms),
                own.failure_reports
            )
        }
        Reason::NoResponse => format!(
            "{} without an answer (tools at work: after the last call, three times as long at most)",
            span(triggers.no_response.after_ms)
        ),
        Reason::UnsupportedLanguage => match triggers.unsupported_language.supported.as_slice() {
            [] => "never: the policy names no languages".to_owned(),
            supported => format!("a language other than {}", supported.join(", ")),
        },
    }
}

/// From where on a learned probability counts too.
fn learned(from: f64) -> String {
    if from < 1.0 { format!("; or a learned probability of {from} or more") } else { String::new() }
}
