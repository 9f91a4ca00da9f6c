//! Phrase matching, similarity, language. Compiled once with the policy.

/// Compiled phrase lists. Shared by all triggers that read text.
#[derive(Debug)]
pub struct Lexicon {}
