//! `segue policy tune`: what is asked of labelled history.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::Output;

/// Find thresholds under a budget of hand-offs, on history of which is known who needed a person
#[derive(Debug, PartialEq, Args)]
#[command(
    group(ArgGroup::new("known").required(true).args(["labels", "outcomes"])),
    after_help = "Examples:\n  \
    segue policy tune --turns turns.jsonl --labels labels.jsonl --budget 8%\n  \
    segue policy tune --turns turns.jsonl --outcomes outcomes.jsonl --budget 8% --policy policy.toml --out tuned.toml\n\n\
    A line of --labels is {\"conversation_id\": \"..\", \"handoff\": true|false}, and may name the turn from which a person was \
    right: \"event_id\": \"..\" or \"turn\": 7. With --outcomes a conversation needed a person where one answered and \
    resolved it, and none where it ended contained (docs/tuning.md). Set are the bound of the combination, which of its reasons \
    decide alone, and the numbers of their triggers; what customers, the AI and rules ask for is never tuned. Numbers change only where that is \
    clear of chance and better on conversations that they were not chosen on.\n\
    Cost: the history is kept in memory and replayed 70 to 250 times: about 10 s of processor time for 30,000 short turns, a minute for \
    15,000 turns with long results of tools.\n\
    Exit codes: 0 found, 1 no setting keeps within the budget, 2 wrong command line, files, labels or policy."
)]
pub struct Tune {
    /// Turns as JSON lines; may be given more than once
    #[arg(long, value_name = "FILE", required = true)]
    pub turns: Vec<PathBuf>,
    /// Which conversations needed a person, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Outcomes as JSON lines, to tell from them; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub outcomes: Vec<PathBuf>,
    /// Share of all conversations that may get an offer or a hand-off
    #[arg(long, value_name = "PERCENT", value_parser = budget)]
    pub budget: f64,
    /// The policy to tune; without it the built-in one
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Write the tuned policy, whole
    #[arg(long, value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// `8%` or `8`, as a share.
fn budget(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        Ok(_) | Err(_) => Err("a percentage from 0 to 100 is wanted; write 8%".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::budget;

    #[test]
    fn a_budget_is_a_percentage() {
        for (text, share) in [("8%", 0.08), ("8", 0.08), ("12.5 %", 0.125), ("0", 0.0), ("100%", 1.0)] {
            assert_eq!(budget(text), Ok(share), "{text}");
        }
        for text in ["", "%", "101%", "-1", "0.08x", "NaN", "inf"] {
            assert!(budget(text).is_err(), "{text}");
        }
    }
}
