//! `segue policy hear`.

use std::path::PathBuf;

use clap::Args;

use super::Output;
use crate::wire::policy::languages;

/// Show what a policy hears in texts: requests for a person, mood, danger, the language, and the words it goes by
#[derive(Debug, PartialEq, Args)]
#[command(after_help = "Examples:\n  \
    segue policy hear \"I'd rather have somebody real look at this\"\n  \
    segue policy hear --policy policy.toml --language de < texts.txt\n  \
    segue policy hear --ai \"I'm afraid I cannot do that\"\n\n\
    Without TEXT every line of standard input is one. Each is read by itself, as a conversation's first turn; what depends on turns \
    before it (a yes to an offer, a level that rises) is seen by segue policy test and explain.")]
pub struct Hear {
    /// What somebody says; may be given more than once
    #[arg(value_name = "TEXT")]
    pub texts: Vec<String>,
    /// The policy; without it the built-in one
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The language that the platform tells, one of those that requests are heard in, such as de or pt-BR; without it the text is asked
    #[arg(long, value_name = "TAG", value_parser = language)]
    pub language: Option<String>,
    /// The AI says it, not a customer
    #[arg(long)]
    pub ai: bool,
    /// How the result is written: for people, or a line of JSON a text
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

fn language(tag: &str) -> Result<String, String> {
    languages::heard(tag).map(|()| tag.to_owned())
}
