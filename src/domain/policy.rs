//! The policy: which triggers decide what, at which bounds, and the user's rules. A value, loaded by `wire::policy`.

use std::sync::Arc;

use super::combination::Combination;
use super::decision::{Decision, Reason};
use super::hearing::Hearing;
use super::ids::Millis;
use super::rule::Rule;
use super::text::Model;

/// The policy in force.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Where it came from, for events: `built-in` or the file's name without folder.
    pub name: String,
    pub version: String,
    pub triggers: Triggers,
    pub combination: Combination,
    pub rules: Vec<Rule>,
    pub handoff: HandoffDefaults,
    pub lifecycle: Lifecycle,
    pub metrics: Metrics,
    pub privacy: Privacy,
    /// What it hears in texts. Copies share it, and so what is compiled of it.
    pub lexicon: Arc<Hearing>,
}

impl Policy {
    /// `canary.toml@7`: how a shadow is told from others in windows, metrics and messages.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Every text says the same to both: their lexicons are compiled from the same lists and have the same weights.
    pub fn reads_like(&self, other: &Policy) -> bool {
        self.lexicon.reads_like(&other.lexicon)
    }
}

/// What every trigger has; its own bounds stand beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    pub enabled: bool,
    pub decision: Decision,
    pub queue: Option<String>,
    pub priority: Option<i64>,
}

/// One table a trigger. Field names are the keys of the policy file.
#[derive(Clone, Debug, PartialEq)]
pub struct Triggers {
    pub safety: Safety,
    pub customer_request: CustomerRequest,
    pub ai_request: Switch,
    pub policy: Switch,
    pub frustration: Frustration,
    pub tool_failure: ToolFailure,
    pub not_understood: NotUnderstood,
    pub low_confidence: LowConfidence,
    pub loop_: Loop,
    pub no_progress: NoProgress,
    pub no_response: NoResponse,
    pub unsupported_language: UnsupportedLanguage,
}

impl Triggers {
    /// The switch of the trigger that gives `reason`.
    pub fn switch(&self, reason: Reason) -> &Switch {
        match reason {
            Reason::Safety => &self.safety.switch,
            Reason::CustomerRequest => &self.customer_request.switch,
            Reason::AiRequest => &self.ai_request,
            Reason::Policy => &self.policy,
            Reason::Frustration => &self.frustration.switch,
            Reason::ToolFailure => &self.tool_failure.switch,
            Reason::NotUnderstood => &self.not_understood.switch,
            Reason::LowConfidence => &self.low_confidence.switch,
            Reason::Loop => &self.loop_.switch,
            Reason::NoProgress => &self.no_progress.switch,
            Reason::NoResponse => &self.no_response.switch,
            Reason::UnsupportedLanguage => &self.unsupported_language.switch,
        }
    }

    /// The weight file that is named for a model.
    pub fn weights_file(&self, model: Model) -> Option<&String> {
        match model {
            Model::Displeasure => self.frustration.weights_file.as_ref(),
            Model::DispleasureElsewhere => self.frustration.weights_file_elsewhere.as_ref(),
            Model::Request => self.customer_request.weights_file.as_ref(),
            Model::Danger => self.safety.weights_file.as_ref(),
            Model::Answer => self.customer_request.weights_file_answer.as_ref(),
        }
    }

    /// The same, to be changed.
    pub fn weights_file_mut(&mut self, model: Model) -> &mut Option<String> {
        match model {
            Model::Displeasure => &mut self.frustration.weights_file,
            Model::DispleasureElsewhere => &mut self.frustration.weights_file_elsewhere,
            Model::Request => &mut self.customer_request.weights_file,
            Model::Danger => &mut self.safety.weights_file,
            Model::Answer => &mut self.customer_request.weights_file_answer,
        }
    }

    /// The switch of a reason, to be changed.
    pub fn switch_mut(&mut self, reason: Reason) -> &mut Switch {
        match reason {
            Reason::Safety => &mut self.safety.switch,
            Reason::CustomerRequest => &mut self.customer_request.switch,
            Reason::AiRequest => &mut self.ai_request,
            Reason::Policy => &mut self.policy,
            Reason::Frustration => &mut self.frustration.switch,
            Reason::ToolFailure => &mut self.tool_failure.switch,
            Reason::NotUnderstood => &mut self.not_understood.switch,
            Reason::LowConfidence => &mut self.low_confidence.switch,
            Reason::Loop => &mut self.loop_.switch,
            Reason::NoProgress => &mut self.no_progress.switch,
            Reason::NoResponse => &mut self.no_response.switch,
            Reason::UnsupportedLanguage => &mut self.unsupported_language.switch,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Safety {
    pub switch: Switch,
    /// Extra topics of the user: words and phrases beside the built-in list.
    pub phrases: Vec<String>,
    /// Where the lists hear no danger: the probability (0..1) from which the learned model counts. At 1 it never does.
    pub learned_from: f64,
    /// A file of `segue learn --model danger` instead of the built-in weights; a path from the policy file's folder.
    pub weights_file: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CustomerRequest {
    pub switch: Switch,
    /// ISO 639-1 codes of the phrase lists in use.
    pub languages: Vec<String>,
    /// Extra phrases of the user, any language.
    pub phrases: Vec<String>,
    /// Where the rules hear no request: the probability (0..1) from which the learned model counts. At 1 it never does.
    pub learned_from: f64,
    /// A file of `segue learn --model request` instead of the built-in weights; a path from the policy file's folder.
    pub weights_file: Option<String>,
    /// The same for answers to the AI's offer of a person, of `segue learn --model answer`.
    pub weights_file_answer: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frustration {
    pub switch: Switch,
    /// Fires when the level (0..1) reaches this.
    pub level: f64,
    /// A file of `segue learn` instead of the built-in weights for English; a path from the policy file's folder.
    pub weights_file: Option<String>,
    /// The same for other languages, of `segue learn --model displeasure-elsewhere`.
    pub weights_file_elsewhere: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolFailure {
    pub switch: Switch,
    /// Failed or denied calls of the same tool in a row.
    pub same_tool: u16,
    /// Failed or denied calls of any tool in the episode.
    pub any_tool: u16,
    /// The AI tells of a failure and asks for nothing, and no call of the episode has worked.
    pub nothing_worked: bool,
    /// The customer gives up after a failure that they were told of.
    pub given_up: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NotUnderstood {
    pub switch: Switch,
    pub turns: u16,
    /// Where the platform flags no fallback, what the AI says of itself counts: "Sorry, I didn't get that".
    pub by_words: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LowConfidence {
    pub switch: Switch,
    pub below: f64,
    pub turns: u16,
    /// The falling average fires under this.
    pub average_below: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    pub switch: Switch,
    pub turns: u16,
    /// Similarity 0..1 from which two texts count as the same.
    pub similarity: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NoProgress {
    pub switch: Switch,
    pub turns: u16,
    /// Customer turns of the episode that report that something still fails.
    pub failure_reports: u16,
    pub after_ms: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NoResponse {
    pub switch: Switch,
    pub after_ms: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub struct UnsupportedLanguage {
    pub switch: Switch,
    /// ISO 639-1 codes the AI serves; empty: all.
    pub supported: Vec<String>,
}

/// What a hand-off gets where neither the rule nor the trigger says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoffDefaults {
    pub queue: Option<String>,
    pub priority: i64,
    pub skills: Vec<String>,
}

/// Durations of the life cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// A silent conversation ends after this.
    pub idle_after_ms: Millis,
    /// Nobody answers a requested hand-off: `unanswered`, priority up, again after the same time.
    pub answer_within_ms: Millis,
    /// `unanswered` events a hand-off at most.
    pub reminders: u8,
    /// A requested hand-off without any record for this long is canceled and the conversation ends.
    pub give_up_after_ms: Millis,
    /// Added to the priority number at each `unanswered` (smaller is more urgent; never under 1).
    pub reminder_priority_step: i64,
    /// `engine.forget_after`: state is dropped this long after the last record of an ended conversation.
    pub forget_after_ms: Millis,
}

/// How counts are judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    pub sl_threshold_ms: Millis,
    /// By queue name, where it differs.
    pub sl_threshold_ms_by_queue: Vec<(String, Millis)>,
    pub short_abandon_ms: Millis,
    /// A score of at least this share of `score_max` counts as satisfied.
    pub csat_satisfied_from: f64,
}

/// What leaves and what does not. Card numbers, security codes and national ids never do.
#[derive(Clone, Debug, PartialEq)]
pub struct Privacy {
    pub redact_email: bool,
    pub redact_phone: bool,
    /// Turns put into the package's transcript (0: coordinates only).
    pub transcript_turns: usize,
}
