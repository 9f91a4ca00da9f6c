//! The language a text is in. Two witnesses must agree: the ordinary words of our lists, and a model of letters (`whichlang`),
//! which always names some language of the sixteen it knows and is therefore never believed alone. Where the conversation already
//! has the language that the words tell, the letters are not asked.
//!
//! Invariants: a text of fewer than [`LEAST_WORDS`] words has no language of its own (a conversation's stands for it). Where
//! two languages claim it equally, it has none.

use super::fold::Script;
use super::lists::{List, Section, UNSPACED};
use super::words::{Scan, Table, hash_at, hash_of};

/// A shorter text is not asked.
const LEAST_WORDS: u32 = 3;
/// Ordinary words that make a language likely, and that prove one the model does not know (Polish, Indonesian, Hindi in Latin
/// letters).
const LIKELY: u32 = 2;
const PROVEN: u32 = 3;

/// Which languages hold a word to be ordinary, as bits in the order of `codes`.
#[derive(Debug)]
pub(super) struct Languages {
    codes: Vec<&'static str>,
    words: Table,
}

/// Bits of a word's languages, and room for as many languages.
const MOST: usize = 32;

impl Languages {
    pub(super) fn new(lists: &[List]) -> Languages {
        let spaced = || lists.iter().filter(|list| !UNSPACED.contains(&list.code)).take(MOST);
        let words = spaced().enumerate().flat_map(|(bit, list)| {
            let ordinary = list.entries.iter().filter(|entry| entry.section == Section::Ordinary);
            ordinary.map(move |entry| (entry.text.as_str(), 1 << bit))
        });
        Languages { codes: spaced().map(|list| list.code).collect(), words: Table::new(words) }
    }

    /// ISO 639-1 of a text that stands folded in `folded`; `None` where nothing is sure. `earlier`, the conversation's language
    /// so far, is as good a witness as the letters are, and cheaper.
    pub(super) fn of(
        &self,
        text: &str,
        folded: &[u8],
        script: Option<Script>,
        earlier: Option<&str>,
    ) -> Option<&'static str> {
        match script {
            Some(Script::Kana) => return Some("ja"),
            Some(Script::Hangul) => return Some("ko"),
            Some(Script::Han) => return Some("zh"),
            Some(Script::Greek) => return Some("el"),
            Some(Script::Thai) => return Some("th"),
            Some(Script::Arabic | Script::Hebrew) => return None,
            Some(Script::Cyrillic | Script::Devanagari) | None => {}
        }
        let (code, count, next) = self.most(folded)?;
        let is_proven = count >= PROVEN && count >= 2 * next && !knows(code, script);
        (is_proven || earlier == Some(code) || by_letters(text) == code).then_some(code)
    }

    /// The word stands in every other sentence of this language, or of any.
    pub(super) fn is_ordinary(&self, word: &str, language: Option<&str>) -> bool {
        let bit = language.and_then(|code| self.codes.iter().position(|known| *known == code));
        self.words.roles_of(hash_of(word)) & bit.map_or(u64::MAX, |bit| 1 << bit) != 0
    }

    /// The language with most ordinary words in a text, how many, and how many the next has.
    fn most(&self, folded: &[u8]) -> Option<(&'static str, u32, u32)> {
        let (mut scan, mut at, mut all, mut counts) = (Scan::new(folded), 0, 0_u32, [0_u32; MOST]);
        while let Some((start, end)) = scan.next(at) {
            let mut bits = self.words.roles_of(hash_at(folded, start, end));
            while bits != 0 {
                counts[bits.trailing_zeros() as usize % MOST] += 1;
                bits &= bits - 1;
            }
            (all, at) = (all + 1, end);
        }
        let (best, count) = counts.iter().copied().enumerate().max_by_key(|(_, count)| *count)?;
        let next = counts.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, count)| *count).max()?;
        let is_likely = all >= LEAST_WORDS && count >= LIKELY && count > next;
        self.codes.get(best).filter(|_| is_likely).map(|code| (*code, count, next))
    }
}

/// Whether the model of letters would have named the language.
fn knows(code: &str, script: Option<Script>) -> bool {
    !(matches!(code, "pl" | "id") || (code == "hi" && script.is_none()))
}

/// What the letters look like.
fn by_letters(text: &str) -> &'static str {
    match whichlang::detect_language(text) {
        whichlang::Lang::Ara => "ar",
        whichlang::Lang::Cmn => "zh",
        whichlang::Lang::Deu => "de",
        whichlang::Lang::Eng => "en",
        whichlang::Lang::Fra => "fr",
        whichlang::Lang::Hin => "hi",
        whichlang::Lang::Ita => "it",
        whichlang::Lang::Jpn => "ja",
        whichlang::Lang::Kor => "ko",
        whichlang::Lang::Nld => "nl",
        whichlang::Lang::Por => "pt",
        whichlang::Lang::Rus => "ru",
        whichlang::Lang::Spa => "es",
        whichlang::Lang::Swe => "sv",
        whichlang::Lang::Tur => "tr",
        whichlang::Lang::Vie => "vi",
    }
}
