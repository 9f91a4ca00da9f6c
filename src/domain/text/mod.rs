//! Phrase matching, similarity, language. Compiled once with the policy.
//!
//! A text is read once, clause by clause, into a buffer on the stack: each word is hashed and looked up (`words`), and the
//! cascade (`request`) and the phrases run over a clause only where a key word was seen. ASCII text allocates nothing. A
//! second pass looks for other languages (`trie`, because they need stems) where the first found no English.

mod english;
mod evidence;
mod fold;
mod mood;
mod others;
mod phrases;
mod print;
mod read;
mod request;
mod roles;
mod tables;
mod trie;
mod weights;
mod words;

pub use evidence::{Evidence, Request};
pub use fold::Script;
pub use print::similarity;
pub use read::Reading;
pub use weights::{Head, Weights, feature_of_word, features};

use phrases::{Meaning, Phrases};
use roles::{PHRASE, Roles};
use trie::Trie;
use words::Table;

/// Compiled phrase lists. Shared by all triggers that read text.
#[derive(Debug)]
pub struct Lexicon {
    /// English words, words of mood, and the words that phrases are found by.
    english: Table,
    /// All other configured languages together.
    others: Option<Trie>,
    /// Languages written without spaces, by substring.
    unspaced: Option<others::Unspaced>,
    phrases: Phrases,
    /// Displeasure in English, as it was learned from labelled texts.
    displeasure: Weights,
}

impl Lexicon {
    /// Compiles the lists of the configured languages (ISO 639-1; unknown codes add nothing) and the user's extra phrases.
    pub fn new(languages: &[String], request_phrases: &[String], safety_phrases: &[String]) -> Lexicon {
        let is_on = |code: &str| {
            languages.iter().any(|language| others::primary(language).eq_ignore_ascii_case(code))
        };
        let words = |list: &'static [(Roles, &'static str)]| {
            list.iter().flat_map(|(roles, words)| split(words, *roles))
        };

        let own = |phrases: &[String], meaning| {
            let folded: Vec<String> = phrases.iter().map(|phrase| fold::fold(phrase).into_owned()).collect();
            folded.into_iter().map(move |phrase| (phrase, meaning))
        };
        let built_in = english::PHRASES
            .iter()
            .chain(others::TABLES.iter().filter(|table| is_on(table.code)).flat_map(|table| table.phrases))
            .flat_map(|(meaning, list)| list.lines().map(|line| (line.to_owned(), *meaning)));
        let all = built_in
            .chain(own(request_phrases, Meaning::Request))
            .chain(own(safety_phrases, Meaning::Danger));
        let (phrases, anchors) = Phrases::new(
            all.map(|(phrase, meaning)| (words::words_of(&phrase), meaning)),
            english::is_everyday,
        );

        let request: &[(Roles, &str)] = if is_on("en") { english::REQUEST } else { &[] };
        // Whether a text is English matters to the other languages even where English is not served.
        let function = english::REQUEST.iter().filter(|(roles, _)| {
            roles & (roles::ENGLISH | roles::NOT | roles::CANNOT | roles::YES | roles::STILL) != 0
        });
        let english = Table::new(
            words(request)
                .chain(function.flat_map(|(roles, words)| split(words, *roles)))
                .chain(words(english::MOODS))
                .chain(anchors.iter().map(|word| (word.as_str(), PHRASE))),
        );
        let tables: Vec<&others::Table> = others::TABLES.iter().filter(|table| is_on(table.code)).collect();
        let others = (!tables.is_empty()).then(|| {
            Trie::new(tables.iter().flat_map(|table| table.words.iter().flat_map(|(r, w)| split(w, *r))))
        });
        Lexicon {
            english,
            others,
            unspaced: others::Unspaced::new(is_on),
            phrases,
            displeasure: Weights::none(),
        }
    }

    /// The same with learned weights for displeasure; without them only the lists speak.
    pub fn with_displeasure(self, displeasure: Weights) -> Lexicon {
        Lexicon { displeasure, ..self }
    }

    /// The learned weights for displeasure.
    pub fn displeasure(&self) -> &Weights {
        &self.displeasure
    }

    /// Reads a text, up to [`super::limits::TEXT_READ_CHARS`].
    pub fn read(&self, text: &str) -> Reading {
        read::read(self, text, None)
    }

    /// The same, with what was learned of displeasure: for the words of a customer whose sentiment nobody else tells. It takes
    /// a second pass over the text.
    pub fn read_mood(&self, text: &str) -> Reading {
        read::read(self, text, Some(&self.displeasure))
    }
}

fn split(words: &str, roles: Roles) -> impl Iterator<Item = (&str, Roles)> {
    words.split_ascii_whitespace().map(move |word| (word, roles))
}
