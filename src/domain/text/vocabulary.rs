//! The words of one text, looked up one by one: what the passes over it add up, a menu or an echo needs word by word.

use super::Lexicon;
use super::roles::Roles;
use super::words::hash_of;

/// The pieces of a folded text between signs that end a thought, or pause in it.
pub(super) fn breaths(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(['.', ',', ';', ':', '!', '?', '\n'])
}

/// The words of a text: English ones and, where it is not in English, those of its language or of all.
pub(super) struct Words<'a> {
    pub(super) lexicon: &'a Lexicon,
    /// `None`: it is in English.
    pub(super) elsewhere: Option<Option<&'a str>>,
}

impl Words<'_> {
    /// The roles of a folded word.
    pub(super) fn roles_of(&self, word: &str) -> Roles {
        let others = self.lexicon.others.as_ref().zip(self.elsewhere);
        let elsewhere = others.map_or(0, |(others, language)| others.of(language).roles_of(word.as_bytes()));
        self.lexicon.english.roles_of(hash_of(word)) | elsewhere
    }

    /// The roles that occur in a text of a language without spaces.
    pub(super) fn unspaced(&self, text: &str) -> Roles {
        let words = self.lexicon.unspaced.as_ref().filter(|_| self.elsewhere.is_some() && !text.is_ascii());
        words.map_or(0, |words| words.read(text).0)
    }

    /// The parts of a sentence, between commas and, where nobody writes spaces, words that part two thoughts; and whether "or"
    /// stands beside each.
    pub(super) fn parts<'t>(&self, sentence: &'t str) -> Vec<(&'t str, bool)> {
        match self.lexicon.unspaced.as_ref().filter(|_| self.elsewhere.is_some() && !sentence.is_ascii()) {
            Some(words) => words.parts(sentence),
            None => sentence.split([',', ':']).map(|part| (part, false)).collect(),
        }
    }

    /// The word stands in every other sentence.
    pub(super) fn is_ordinary(&self, word: &str) -> bool {
        self.lexicon.languages.is_ordinary(word, self.elsewhere.unwrap_or(Some("en")))
    }
}
