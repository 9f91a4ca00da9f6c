//! `segue learn`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Output;

/// Make a weight file from labelled texts: how words speak of displeasure, ask for a person, tell of danger, or take up the offer of a person
#[derive(Debug, PartialEq, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
    segue learn --texts labelled.jsonl --out displeasure.weights\n  \
    segue learn --model request --texts asked.jsonl --out request.weights\n  \
    segue learn --texts ours.jsonl --texts public.jsonl --check 10 --out displeasure.weights\n\n\
    A line of --texts is {\"text\": \"..\", \"label\": true|false, \"group\": \"..\"}; texts of one group (a conversation, say) \
    are never on both sides of a check. The same input gives the same bytes. A policy uses it by triggers.frustration.weights_file, \
    one of --model displeasure-elsewhere by triggers.frustration.weights_file_elsewhere, one of --model request by \
    triggers.customer_request.weights_file, one of --model danger by triggers.safety.weights_file, one of --model answer by \
    triggers.customer_request.weights_file_answer."
)]
pub struct Learn {
    #[command(subcommand)]
    pub of: Option<LearnOf>,
    /// What a label tells: that the text is displeased, asks for a person, tells of danger, or takes up the offer of a person
    #[arg(long, value_enum, default_value_t)]
    pub model: Learnt,
    /// Labelled texts as JSON lines; may be given more than once
    #[arg(long, value_name = "FILE", required = true)]
    pub texts: Vec<PathBuf>,
    /// The weight file
    #[arg(long, value_name = "OUT", required = true)]
    pub out: Option<PathBuf>,
    /// Parts of a check on unseen texts: each part is scored by a model made of the others; 2 to 100, 0 for none
    #[arg(long, value_name = "PARTS", default_value_t = 5, value_parser = parts)]
    pub check: u64,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// What can be learned of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Learnt {
    /// Displeasure in English words.
    #[default]
    Displeasure,
    /// Displeasure in other languages.
    DispleasureElsewhere,
    /// A request for a person, in any language.
    Request,
    /// Danger to someone, in any language.
    Danger,
    /// An answer that takes up the AI's offer of a person, in any language.
    Answer,
}

/// What else can be learned.
#[derive(Debug, PartialEq, Subcommand)]
pub enum LearnOf {
    /// Make the weights of the combination, from conversations of which is known whether they needed a person
    #[command(
        after_help = "Examples:\n  segue learn combination --turns turns.jsonl --labels labels.jsonl --out combination.toml\n\n\
        The file is a policy with [combination] alone; put the table into yours. Labels as for segue policy tune; lines of one \
        \"group\" are never on both sides of the check. The same input gives the same bytes."
    )]
    Combination {
        /// Turns as JSON lines; may be given more than once
        #[arg(long, value_name = "FILE", required = true)]
        turns: Vec<PathBuf>,
        /// Which conversations needed a person, as JSON lines
        #[arg(long, value_name = "FILE")]
        labels: PathBuf,
        /// The policy file to write
        #[arg(long, value_name = "OUT")]
        out: PathBuf,
        /// The policy whose triggers are heard; without it the built-in one
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Parts of a check on unseen conversations; 2 to 100, 0 for none
        #[arg(long, value_name = "PARTS", default_value_t = 5, value_parser = parts)]
        check: u64,
        /// How the report is written
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

/// One part alone would leave nothing to learn from.
fn parts(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(parts @ (0 | 2..=100)) => Ok(parts),
        Ok(_) | Err(_) => {
            Err("2 to 100 parts are wanted, each scored by what the others taught, or 0 for no check"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_check_has_two_parts_or_none() {
        for (text, expected) in
            [("0", Some(0)), ("2", Some(2)), ("100", Some(100)), ("1", None), ("101", None), ("x", None)]
        {
            assert_eq!(parts(text).ok(), expected, "{text}");
        }
    }
}
