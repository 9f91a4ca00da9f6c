//! Phrase matching, similarity, language. Compiled once with the policy.
//!
//! A text is read once, clause by clause, into a buffer on the stack: each word is hashed and looked up (`words`), and the
//! cascade (`request`) and the phrases run over a clause only where a key word was seen. ASCII text allocates nothing. Another
//! pass takes misspelled words for what they may mean (`typos`) where the first found no request in a short text or beside a
//! word of asking; and one looks for other languages (`trie`, because they need stems) where it found no English.

mod answer;
mod choice;
mod courtesy;
mod echo;
mod evidence;
mod features;
mod fold;
mod language;
mod learned;
mod lists;
mod manner;
mod meaning;
mod menu;
mod mood;
mod moods;
mod offer;
mod others;
mod own;
mod phrases;
mod plain;
mod print;
mod read;
mod reader;
mod request;
mod roles;
mod runs;
mod said;
mod stands;
mod trie;
mod typos;
mod vocabulary;
mod weights;
mod words;

pub use answer::LEARNED_YES_FROM;
pub use echo::Beginnings;
pub use evidence::{Evidence, Request};
pub use features::{Features, feature_of_word};
pub use fold::Script;
pub use learned::{Learned, Model};
pub use manner::Manner;
pub use offer::{AiOffer, OptionPlace};
pub use others::primary;
pub use print::similarity;
pub use read::Reading;
pub use weights::{Head, ROLES_COUNT, Weights};

use hashbrown::HashSet;

use crate::domain::ids;
use answer::Yes;
use courtesy::Courtesy;
use language::Languages;
use lists::List;
use meaning::{Meaning, Saying, Whose};
use moods::{Moods, Ordinary};
use others::{Others, Unspaced};
use own::OwnAnywhere;
use phrases::Phrases;
use plain::plain;
use roles::{AI_PHRASE, PHRASE, Roles};
use stands::Marks;
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

impl<'a> Language<'a> {
    /// The tag, as far as one is known.
    pub fn code(self) -> Option<&'a str> {
        match self {
            Language::Declared(tag) | Language::Earlier(tag) => Some(tag),
            Language::Unknown => None,
        }
    }

    /// Tells one from another.
    pub fn print(self) -> u64 {
        match self {
            Language::Declared(tag) => ids::print(tag),
            Language::Earlier(code) => !ids::print(code),
            Language::Unknown => 0,
        }
    }
}

/// Something is asked in a text, by its marks; for one that was folded or not.
pub fn is_question(text: &str) -> bool {
    text.contains(['?', '？', '؟']) && plain(text).contains(['?', '？', '؟'])
}

/// Compiled phrase lists. Shared by all triggers that read text.
#[derive(Debug)]
pub struct Lexicon {
    /// The languages in which requests are heard, as they are called in texts.
    served: Vec<String>,
    /// English words, words of mood, and the words that phrases are found by.
    english: Table,
    /// Words of asking of the others of these languages.
    others: Option<Others>,
    /// Those written without spaces, by substring.
    unspaced: Option<Unspaced>,
    languages: Languages,
    /// Words of mood of the other languages, all of them.
    moods: Moods,
    phrases: Phrases,
    /// Those that only the AI says.
    ai_phrases: Phrases,
    /// The policy's own phrases that are found anywhere in a text.
    own: Option<OwnAnywhere>,
    /// Of English words of asking, where English is served.
    typos: Option<Typos>,
    learned: Learned,
    /// What takes up an offer of a person, by language.
    yes: Vec<Yes>,
    courtesy: Courtesy,
    marks: Option<Marks>,
}

impl Lexicon {
    /// Compiles the lists and the user's extra phrases. `languages` (ISO 639-1; unknown codes add nothing) are those in which a
    /// request for a person is heard; everything else is, in all.
    pub fn new(languages: &[String], request_phrases: &[String], safety_phrases: &[String]) -> Lexicon {
        let is_on = |code: &str| {
            languages.iter().any(|language| others::primary(language).eq_ignore_ascii_case(code))
        };
        let every = lists::all();
        let served: Vec<&List> = every.iter().filter(|list| is_on(list.code)).collect();
        let ordinary = moods::ordinary(&every);
        let own = own_phrases(request_phrases, safety_phrases);
        let [(phrases, anchors), (ai_phrases, ai_anchors)] =
            [false, true].map(|of_ai| phrases(&every, is_on, &ordinary, &own, of_ai));
        Lexicon {
            served: languages.iter().map(|tag| others::primary(tag).to_ascii_lowercase()).collect(),
            english: english(&every, &ordinary, [(&anchors, PHRASE), (&ai_anchors, AI_PHRASE)], is_on("en")),
            others: Others::new(&served),
            unspaced: Unspaced::new(&served),
            languages: Languages::new(&every),
            moods: Moods::new(&every, is_on, &ordinary),
            phrases,
            ai_phrases,
            own: OwnAnywhere::new(own.iter()),
            typos: served.iter().find(|list| list.code == "en").map(|list| Typos::new(list)),
            learned: Learned::nothing(),
            // Who writes in another language may still say yes in English.
            yes: every.iter().filter(|list| list.code == "en" || is_on(list.code)).map(Yes::new).collect(),
            courtesy: Courtesy::new(&every),
            marks: Marks::new(&every),
        }
    }

    /// Whether requests are heard in this language: one that is not known may be any of those that are on.
    fn serves(&self, language: Option<&str>) -> bool {
        language.map_or(!self.served.is_empty(), |code| self.served.iter().any(|served| served == code))
    }

    /// The same with what was learned; without it only the lists speak.
    pub fn with_learned(self, learned: Learned) -> Lexicon {
        Lexicon { learned, ..self }
    }

    /// What was learned, as it was given.
    pub fn learned(&self) -> &Learned {
        &self.learned
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
            Model::Request | Model::Answer => Some(read::read(self, text, Language::Unknown, None).roles),
        };
        Features::of(text, roles)
    }
}

/// The policy's own phrases, folded.
fn own_phrases(request_phrases: &[String], safety_phrases: &[String]) -> Vec<(String, Saying)> {
    let own = |phrases: &[String], meaning| {
        let saying = Saying { meaning, whose: Whose::Policy };
        phrases.iter().map(|phrase| (fold::fold(phrase).into_owned(), saying)).collect::<Vec<_>>()
    };
    [own(request_phrases, Meaning::Asks), own(safety_phrases, Meaning::Danger)].concat()
}

/// The phrases of the lists, except those that are found anywhere in a text, and the policy's own; and the words that they are
/// found by. `is_on`: requests are heard in this language. `of_ai`: those that only the AI says, or the others.
fn phrases(
    every: &[List],
    is_on: impl Fn(&str) -> bool,
    ordinary: &Ordinary,
    own: &[(String, Saying)],
    of_ai: bool,
) -> (Phrases, HashSet<String>) {
    let built_in = every
        .iter()
        .filter(|list| !lists::UNSPACED.contains(&list.code))
        .flat_map(|list| list.entries.iter().map(move |entry| (list.code, entry)))
        .filter(|(_, entry)| !entry.is_mood())
        .filter_map(|(code, entry)| {
            let whose = if code == "en" { Whose::English } else { Whose::Elsewhere };
            let meaning = entry.section.meaning().filter(|meaning| is_on(code) || !meaning.is_of_asking())?;
            Some((entry.text.as_str(), Saying { meaning, whose }))
        });
    let own = own.iter().map(|(phrase, saying)| (phrase.as_str(), *saying));
    let said_by_it = built_in.chain(own).filter(|(_, saying)| saying.meaning.is_of_ai() == of_ai);
    Phrases::new(said_by_it, |word| ordinary.contains_key(word))
}

/// What the first pass looks for: words of asking where English is served, and always those that tell English from other
/// languages, its words of mood, and `anchors` with what marks them.
fn english(
    every: &[List],
    ordinary: &Ordinary,
    anchors: [(&HashSet<String>, Roles); 2],
    is_served: bool,
) -> Table {
    let lists = || every.iter().filter(|list| list.code == "en");
    let tells = roles::ENGLISH | roles::NOT | roles::CANNOT | roles::YES | roles::STILL;
    let asking = lists().flat_map(List::asking).filter(|(_, roles)| is_served || roles & tells != 0);
    let moods = lists().flat_map(List::moods).map(|entry| {
        let harmless = moods::harmless_in(entry, "en", ordinary);
        let doubt = if harmless.is_empty() { 0 } else { roles::DOUBTFUL };
        (entry.text.as_str(), entry.section.mood() | doubt)
    });
    let marked = anchors.iter().flat_map(|(words, mark)| words.iter().map(|word| (word.as_str(), *mark)));
    Table::new(asking.chain(moods).chain(marked))
}
