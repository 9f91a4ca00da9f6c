//! The policy's own phrases in scripts whose words grow together: found anywhere in a text, as the entries of such lists are.

use aho_corasick::AhoCorasick;

use super::meaning::{Meaning, Saying};
use super::others::Unspaced;

/// Such phrases, folded, and what they say.
#[derive(Debug)]
pub(super) struct OwnAnywhere {
    patterns: AhoCorasick,
    meanings: Vec<Meaning>,
}

impl OwnAnywhere {
    /// Those of the phrases that are written so; `None` if there are none.
    pub(super) fn new<'a>(phrases: impl Iterator<Item = &'a (String, Saying)>) -> Option<OwnAnywhere> {
        let written_so = phrases.filter(|(phrase, _)| phrase.chars().any(grows_together));
        let (texts, meanings): (Vec<&str>, Vec<Meaning>) =
            written_so.map(|(phrase, saying)| (phrase.trim(), saying.meaning)).unzip();
        // A list too large for the automaton cannot be: a policy's phrases are limited.
        let patterns = AhoCorasick::new(texts).ok()?;
        (!meanings.is_empty()).then_some(OwnAnywhere { patterns, meanings })
    }

    /// What they say in a folded sentence. A request counts only in a part between commas that negates nothing.
    pub(super) fn find(&self, sentence: &str, words: Option<&Unspaced>) -> Vec<Meaning> {
        let parts = sentence.split([',', ':']);
        let found = parts.flat_map(|part| {
            let is_refused = words.is_some_and(|words| words.refuses(part));
            let all = self.patterns.find_overlapping_iter(part);
            let meanings = all.map(|found| self.meanings[found.pattern().as_usize()]);
            meanings.filter(move |meaning| !(is_refused && *meaning == Meaning::Asks))
        });
        found.collect()
    }
}

/// Thai and Lao, Burmese, Khmer, kana, Han and Hangul (Korean writes spaces, but endings grow on its words).
pub(super) fn grows_together(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3130}'..='\u{318f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}')
}
