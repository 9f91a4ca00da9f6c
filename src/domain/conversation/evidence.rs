//! What the triggers remember between the turns of one episode.

use crate::domain::combination::Peaks;
use crate::domain::ids::Millis;
use crate::domain::limits::EVIDENCE_TURNS;
use crate::domain::text::AiOffer;

/// How often in a row, and which turns show it (newest last, at most `EVIDENCE_TURNS`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Streak {
    pub count: u16,
    pub turns: Vec<String>,
}

impl Streak {
    /// One more, shown by `event_id`.
    pub fn add(&mut self, event_id: &str) {
        self.count = self.count.saturating_add(1);
        if self.turns.len() == EVIDENCE_TURNS {
            self.turns.remove(0);
        }
        self.turns.push(event_id.to_owned());
    }

    pub fn clear(&mut self) {
        self.count = 0;
        self.turns.clear();
    }
}

/// What the triggers remember between turns of one episode. Each trigger owns the fields named after it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Evidence {
    /// Consecutive AI turns (or customer turns that carry `confidence`) under the bound. Missing confidence changes nothing.
    pub low_confidence: Streak,
    /// Exponential average of confidence.
    pub confidence_average: Option<f32>,
    pub not_understood: Streak,
    /// What counted last was a turn of the customer's.
    pub customer_not_understood: bool,
    /// Failed or denied tool calls of the episode, any tool.
    pub tool_failures: Streak,
    /// The newest tool call failed, and what has come of it.
    pub failure: Failure,
    /// Some tool call of the episode worked.
    pub tools_worked: bool,
    /// The tool that failed last and how often in a row.
    pub failing_tool: Option<(String, u16)>,
    pub customer_repeats: Streak,
    pub ai_repeats: Streak,
    /// Similarity prints of the last customer and AI texts, oldest first (at most 4 each).
    pub customer_prints: Vec<u64>,
    pub ai_prints: Vec<u64>,
    /// Customer turns of the episode that report that something still fails.
    pub failure_reports: Streak,
    /// Customer turns since the last new fact, step or intent, and when that was.
    pub turns_without_progress: u16,
    pub progress_at: Option<Millis>,
    /// When the customer last wrote in this episode.
    pub customer_at: Option<Millis>,
    /// Level of frustration so far, 0..1, its peak's turns, and the customer turns it was computed from.
    pub frustration: f32,
    pub frustration_turns: Streak,
    pub frustration_samples: u16,
    /// What the customer's turns have said of their mood one after another (see `trigger::frustration`): above 0 displeasure.
    pub tension: f32,
    /// The offer of a person that the AI's last turn made.
    pub ai_offer: Option<AiOffer>,
    /// The customer has said that they want no person, and has asked for none since: none is offered.
    pub person_declined: bool,
    /// The combination's: the largest strength of each of its reasons.
    pub peaks: Peaks,
}

/// What has come of the newest tool call, if it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Failure {
    #[default]
    None,
    /// It failed; the customer does not know yet.
    Silent,
    /// It failed, and the AI has spoken since.
    Told,
}

impl Failure {
    pub const ALL: [Failure; 3] = [Failure::None, Failure::Silent, Failure::Told];
}
