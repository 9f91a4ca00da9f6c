//! The context package: what the human must see so that nothing is asked again.

use super::ids::Millis;
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
    pub const ALL: [Source; 4] = [Source::Platform, Source::ToolResult, Source::ToolArgument, Source::CustomerWords];

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
