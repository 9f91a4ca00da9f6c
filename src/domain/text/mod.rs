//! Phrase matching, similarity, language. Compiled once with the policy.
//!
//! A text is read once, clause by clause, into a buffer on the stack: each word is hashed and looked up (`words`), and the
//! cascade (`request`) and the phrases run over a clause only where a key word was seen. ASCII text allocates nothing. Another
//! pass takes misspelled words for what they may mean (`typos`) where the first found no request in a short text or beside a
//! word of asking; and one looks for other languages (`trie`, because they need stems) where it found no English.

mod answer;
mod evidence;
mod features;
mod fold;
mod language;
mod learned;
mod lists;
mod manner;
mod mood;
mod moods;
mod offer;
mod others;
mod phrases;
mod print;
mod read;
mod reader;
mod request;
mod roles;
mod said;
mod trie;
mod typos;
mod weights;
mod words;

pub use evidence::{Evidence, Request};
pub use features::{Features, feature_of_word};
pub use fold::Script;
pub use learned::{Learned, Model};
pub use manner::Manner;
pub use offer::AiOffer;
pub use print::similarity;
pub use read::Reading;
pub use weights::{Head, ROLES_COUNT, Weights};

use crate::domain::ids;
use answer::Yes;
use language::Languages;
use lists::List;
use moods::{Moods, Ordinary};
use others::{Others, Unspaced};
use phrases::{Meaning, Phrases, Saying, Whose};
use roles::PHRASE;
use typos::Typos;
use words::Table;

/// What is known of a text's language before it is read: a tag such as `de` or `de-AT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language<'a> {
    /// The platform says it: the text is not asked.
    Declared(&'a str),
    /// What earlier texts of the conversation were in: stands for a text that does not tell its own.
    Earlier(&'a str),
    Unknown,
}

impl Language<'_> {
    /// Tells one from another.
    pub fn print(self) -> u64 {
        match self {
            Language::Declared(tag) => ids::print(tag),
            Language::Earlier(code) => !ids::print(code),
            Language::Unknown => 0,
        }
    }
}

/// Compiled phrase lists. Shared by all triggers that read text.
#[derive(Debug)]
pub struct Lexicon {
    /// The configured languages, as they are called in texts.
    served: Vec<String>,
    /// English words, words of mood, and the words that phrases are found by.
    english: Table,
    /// Words of asking of the other configured languages.
    others: Option<Others>,
    /// Languages written without spaces, by substring.
    unspaced: Option<Unspaced>,
    languages: Languages,
    /// Words of mood of the other languages.
    moods: Moods,
    phrases: Phrases,
    /// Of English words of asking, where English is served.
    typos: Option<Typos>,
    learned: Learned,
    /// What takes up an offer of a person, by language.
    yes: Vec<Yes>,
}

impl Lexicon {
    /// Compiles the lists of the configured languages (ISO 639-1; unknown codes add nothing) and the user's extra phrases.
    pub fn new(languages: &[String], request_phrases: &[String], safety_phrases: &[String]) -> Lexicon {
        let is_on = |code: &str| {
            languages.iter().any(|language| others::primary(language).eq_ignore_ascii_case(code))
        };
        let every = lists::all();
        // A text that is not English may swear in English, so what is said of mood in English is always heard.
        let heard: Vec<&List> = every.iter().filter(|list| list.code == "en" || is_on(list.code)).collect();
        let served: Vec<&List> = every.iter().filter(|list| is_on(list.code)).collect();
        let ordinary = moods::ordinary(&every);
        let (phrases, anchors) = phrases(&heard, &ordinary, request_phrases, safety_phrases);
        Lexicon {
            served: languages.iter().map(|tag| others::primary(tag).to_ascii_lowercase()).collect(),
            english: english(&every, &ordinary, &anchors, is_on("en")),
            others: Others::new(&served),
            unspaced: Unspaced::new(&served),
            languages: Languages::new(&every),
            moods: Moods::new(&heard, &ordinary),
            phrases,
            typos: served.iter().find(|list| list.code == "en").map(|list| Typos::new(list)),
            learned: Learned::nothing(),
            yes: heard.iter().map(|list| Yes::new(list)).collect(),
        }
    }

    /// Whether texts of this language are listened to: one that is not known may be any of those that are on.
    fn serves(&self, language: Option<&str>) -> bool {
        language.map_or(!self.served.is_empty(), |code| self.served.iter().any(|served| served == code))
    }

    /// The same with what was learned; without it only the lists speak.
    pub fn with_learned(self, learned: Learned) -> Lexicon {
        Lexicon { learned, ..self }
    }

    /// Reads a text, up to [`super::limits::TEXT_READ_CHARS`].
    /// Words that are harmless in other languages count only where the text's language is known.
    pub fn read(&self, text: &str, language: Language<'_>) -> Reading {
        read::read(self, text, language, None)
    }

    /// The same of a customer's words, with what was learned: of requests, and of displeasure where the platform does not tell
    /// the sentiment. It takes a second pass over the text.
    pub fn read_customer(&self, text: &str, language: Language<'_>, sentiment_told: bool) -> Reading {
        read::read(self, text, language, Some((&self.learned, sentiment_told)))
    }

    /// What a model knows of a text.
    pub fn features(&self, text: &str, model: Model) -> Features {
        let roles = match model {
            Model::Displeasure | Model::DispleasureElsewhere | Model::Danger => None,
            Model::Request => Some(read::read(self, text, Language::Unknown, None).roles),
        };
        Features::of(text, roles)
    }
}

/// The phrases of the lists, except those that are found anywhere in a text, and the policy's own; and the words that they are
/// found by.
fn phrases(
    lists: &[&List],
    ordinary: &Ordinary,
    request_phrases: &[String],
    safety_phrases: &[String],
) -> (Phrases, Vec<String>) {
    let own = |phrases: &[String], meaning| {
        let saying = Saying { meaning, whose: Whose::Policy };
        let folded: Vec<String> = phrases.iter().map(|phrase| fold::fold(phrase).into_owned()).collect();
        folded.into_iter().map(move |phrase| (phrase, saying))
    };
    let built_in = lists
        .iter()
        .filter(|list| !lists::UNSPACED.contains(&list.code))
        .flat_map(|list| list.entries.iter().map(|entry| (list.code == "en", entry)))
        .filter(|(_, entry)| !entry.is_mood())
        .filter_map(|(is_english, entry)| {
            let whose = if is_english { Whose::English } else { Whose::Elsewhere };
            Some((entry.text.clone(), Saying { meaning: entry.section.meaning()?, whose }))
        });
    let all = built_in.chain(own(request_phrases, Meaning::Asks)).chain(own(safety_phrases, Meaning::Danger));
    Phrases::new(all, |word| ordinary.contains_key(word))
}

/// What the first pass looks for: words of asking where English is served, and always those that tell English from other
/// languages, its words of mood, and `anchors`.
fn english(every: &[List], ordinary: &Ordinary, anchors: &[String], is_served: bool) -> Table {
    let lists = || every.iter().filter(|list| list.code == "en");
    let tells = roles::ENGLISH | roles::NOT | roles::CANNOT | roles::YES | roles::STILL;
    let asking = lists().flat_map(List::asking).filter(|(_, roles)| is_served || roles & tells != 0);
    let moods = lists().flat_map(List::moods).map(|entry| {
        let harmless = moods::harmless_in(entry, "en", ordinary);
        let doubt = if harmless.is_empty() { 0 } else { roles::DOUBTFUL };
        (entry.text.as_str(), entry.section.mood() | doubt)
    });
    Table::new(asking.chain(moods).chain(anchors.iter().map(|word| (word.as_str(), PHRASE))))
}
