//! The context package: what the human must see so that nothing is asked again.

use super::conversation::{Conversation, KeptTurn, Phase, Sentiment};
use super::decision::Signal;
use super::ids::Millis;
use super::limits::{FLAT_BYTES, LOOKED_UP};
use super::policy::Policy;
use super::recap;
use super::squeeze::Squeezed;
use super::text::is_question;
use super::turn::{Role, ToolStatus};

/// Where a fact came from, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The platform's own `facts` map.
    Platform,
    ToolResult,
    ToolArgument,
    CustomerWords,
}

impl Source {
    pub const ALL: [Source; 4] =
        [Source::Platform, Source::ToolResult, Source::ToolArgument, Source::CustomerWords];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            Source::Platform => "platform",
            Source::ToolResult => "tool_result",
            Source::ToolArgument => "tool_argument",
            Source::CustomerWords => "customer_words",
        }
    }
}

/// One fact: the primary value, all values seen (newest last, the primary among them), and where it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub name: String,
    pub value: String,
    pub values: Vec<String>,
    /// How many of `values`, at the front, a tool only looked up and nobody named; only of ids, and only in the state:
    /// a package leaves them out where others are surer.
    pub loose: u8,
    pub source: Source,
    pub event_id: String,
    /// Event time of the turn that gave `value`.
    pub at: Millis,
}

/// One tool call that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTaken {
    pub action: String,
    pub arguments: Vec<(String, String)>,
    pub status: ToolStatus,
    pub result: Option<String>,
    pub event_id: String,
}

/// The last word on who the customer is.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    pub method: Option<String>,
    /// The platform's word: `passed`, `failed`, ...
    pub status: String,
    pub event_id: String,
    pub at: Millis,
}

/// A turn kept with its (redacted, shortened) text.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentTurn {
    pub event_id: String,
    pub role: Role,
    pub at: Millis,
    pub text: String,
}

/// How the customer felt: -1..1 each; `trend` is `rising`, `falling` or `steady`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mood {
    pub now: f64,
    pub lowest: f64,
    pub trend: &'static str,
}

/// Where the transcript is: offsets of the input topic (line numbers when a file is replayed).
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    pub partition: i32,
    pub first_offset: i64,
    pub last_offset: i64,
    pub turns: Vec<RecentTurn>,
}

/// Which of the parts that make a hand-off whole are present: `score` is present / all.
#[derive(Clone, Debug, PartialEq)]
pub struct Completeness {
    pub score: f64,
    pub missing: Vec<&'static str>,
}

/// What travels with a hand-off. Everything in it went through [`super::redact`].
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    pub goal: Option<String>,
    pub summary: String,
    pub steps_attempted: Vec<StepTaken>,
    pub verification: Option<Verification>,
    pub facts: Vec<Fact>,
    pub sentiment: Option<Mood>,
    pub last_customer_text: Option<String>,
    pub open_question: Option<String>,
    pub transcript: Transcript,
    pub completeness: Completeness,
    /// The same as strings, for platforms that take nothing else; at most `FLAT_BYTES`.
    pub flat: Vec<(String, String)>,
}

/// The package of a conversation as it stands. `partition` is where its turns are.
pub fn package(conversation_id: &str, state: &Conversation, partition: i32, policy: &Policy) -> Package {
    let reasons = reasons(state);
    let summary = state.ai_summary.as_ref().map_or_else(|| recap::recap(state, reasons), Squeezed::text);
    let last_customer = state.recent.iter().rev().find(|turn| turn.role == Role::Customer);
    let last_words = last_customer.map(|turn| turn.text.text());
    let still_waits = last_customer.is_some_and(|turn| still_waits(state, turn));
    let skip = state.recent.len().saturating_sub(policy.privacy.transcript_turns);
    let mut package = Package {
        goal: state.goal.as_ref().map(Squeezed::text),
        summary,
        steps_attempted: state.steps.clone(),
        verification: state.verification.clone(),
        facts: state.facts.iter().map(surest).collect(),
        sentiment: state.sentiment.map(mood),
        open_question: last_words.as_ref().filter(|words| still_waits && is_question(words)).cloned(),
        last_customer_text: last_words,
        transcript: Transcript {
            partition,
            first_offset: state.offsets.first,
            last_offset: state.offsets.last,
            turns: state.recent[skip..].iter().map(recent).collect(),
        },
        completeness: completeness(state, last_customer),
        flat: Vec::new(),
    };
    package.flat = flat(conversation_id, state, &package, reasons);
    package
}

/// An agent looks up every order to find one: what was only looked up is left out where there is more than that.
fn surest(fact: &Fact) -> Fact {
    let mut fact = fact.clone();
    let loose = usize::from(std::mem::take(&mut fact.loose));
    if fact.values.len() > LOOKED_UP {
        let mut index = 0;
        fact.values.retain(|value| {
            index += 1;
            index > loose || *value == fact.value
        });
    }
    fact
}

/// What a hand-off is about: the open one's signals, else those of an open offer.
fn reasons(state: &Conversation) -> &[Signal] {
    match state.phase {
        Phase::Requested | Phase::Human => state.handoff.as_ref().map_or(&[], |handoff| &handoff.signals),
        Phase::Offered => state.offer.as_ref().map_or(&[], |offer| &offer.signals),
        Phase::Ai | Phase::Ended => &[],
    }
}

/// The customer still waits for an answer to this turn: for a person, whatever the AI says, once one was asked for.
fn still_waits(state: &Conversation, turn: &KeptTurn) -> bool {
    let waits_since = match (state.phase, &state.handoff) {
        (Phase::Requested, Some(handoff)) => Some(handoff.customer_waiting_since),
        (Phase::Requested | Phase::Ai | Phase::Offered | Phase::Human | Phase::Ended, _) => {
            state.waiting_since
        }
    };
    waits_since.is_some_and(|since| since <= turn.at)
}

fn recent(turn: &KeptTurn) -> RecentTurn {
    let (event_id, text) = (turn.event_id.clone(), turn.text.text());
    RecentTurn { event_id, role: turn.role, at: turn.at, text }
}

/// How much `now` must differ from the mean before it to be a trend.
const TREND: f32 = 0.1;

fn mood(sentiment: Sentiment) -> Mood {
    let change = sentiment.now - sentiment.before;
    let trend = if change > TREND {
        "rising"
    } else if change < -TREND {
        "falling"
    } else {
        "steady"
    };
    Mood { now: decimals(sentiment.now), lowest: decimals(sentiment.lowest), trend }
}

/// A stored sentiment as it was sent: `f32` noise is cut off.
pub(super) fn decimals(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}

/// Mood and open question are not among the parts: their absence does not make a hand-off thin. A recap counts as a
/// summary if it has anything to tell.
fn completeness(state: &Conversation, last_customer: Option<&KeptTurn>) -> Completeness {
    let told = state.ai_summary.is_some()
        || state.goal.is_some()
        || !state.facts.is_empty()
        || !state.steps.is_empty();
    let parts = [
        ("goal", state.goal.is_some()),
        ("summary", told),
        ("steps_attempted", !state.steps.is_empty()),
        ("verification", state.verification.is_some()),
        ("facts", !state.facts.is_empty()),
        ("last_customer_text", last_customer.is_some()),
    ];
    let missing: Vec<&'static str> =
        parts.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    let score = (parts.len() - missing.len()) as f64 / parts.len() as f64;
    Completeness { score: (score * 1_000.0).round() / 1_000.0, missing }
}

/// Everything as strings. A fact never hides a field of ours, and what does not fit is left out.
fn flat(
    conversation_id: &str,
    state: &Conversation,
    package: &Package,
    reasons: &[Signal],
) -> Vec<(String, String)> {
    let mut flat = Flat { pairs: Vec::new(), bytes: 0 };
    let profile = &state.profile;
    flat.put("conversation_id", conversation_id);
    flat.put_some("goal", package.goal.as_deref());
    flat.put("summary", &package.summary);
    if let Some(first) = reasons.first() {
        flat.put("reason", first.reason.name());
        flat.put("reasons", &recap::list(reasons.iter().map(|signal| signal.reason.name())));
    }
    if let Some(handoff) =
        state.handoff.as_ref().filter(|_| matches!(state.phase, Phase::Requested | Phase::Human))
    {
        flat.put("handoff_id", &handoff.id.to_string());
        flat.put_some("queue", handoff.outcome_queue.as_deref().or(handoff.queue.as_deref()));
        flat.put("priority", &handoff.priority.to_string());
        flat.put("skills", &recap::list(handoff.skills.iter().map(String::as_str)));
        flat.put("customer_waiting_since", &handoff.customer_waiting_since.to_string());
    }
    flat.put_some("language", state.language());
    flat.put_some("channel", profile.channel.as_deref());
    flat.put_some("intent", profile.intent.as_deref());
    flat.put_some("customer_ref", profile.customer_ref.as_deref());
    if let Some(verification) = &package.verification {
        flat.put("verification_status", &verification.status);
        flat.put_some("verification_method", verification.method.as_deref());
    }
    flat.put_some("last_customer_text", package.last_customer_text.as_deref());
    flat.put_some("open_question", package.open_question.as_deref());
    flat.put("steps_attempted", &recap::steps(&package.steps_attempted));
    if let Some(mood) = &package.sentiment {
        flat.put("sentiment", &mood.now.to_string());
        flat.put("sentiment_trend", mood.trend);
    }
    flat.put("completeness", &package.completeness.score.to_string());
    for fact in &package.facts {
        flat.put(&fact.name, &fact.value);
    }
    flat.pairs
}

struct Flat {
    pairs: Vec<(String, String)>,
    bytes: usize,
}

impl Flat {
    fn put(&mut self, name: &str, value: &str) {
        let bytes = self.bytes + name.len() + value.len();
        if !value.is_empty() && bytes <= FLAT_BYTES && !self.pairs.iter().any(|(known, _)| known == name) {
            self.bytes = bytes;
            self.pairs.push((name.to_owned(), value.to_owned()));
        }
    }

    fn put_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }
}
