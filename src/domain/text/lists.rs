//! The words that the triggers listen for: one file a language under `lists/`, all of one format.
//!
//! ```text
//! # a comment
//! [insult]                 a section; what its entries say is told by its name (`Section`)
//! idiot, halt die klappe   words and phrases, separated by commas and ends of lines; `..` in a phrase stands for up to four
//!                          words (not in a language without spaces)
//! (du|ihr) (blöder|) bot   alternatives in brackets, which multiply; an empty one may be missing (`alternatives`)
//!
//! [staff bare]             words by the roles they play in asking for a person, one or more (`roles::NAMES`)
//! mensch, mitarbeiter-     single words; one that ends in `-` is a stem
//!
//! [sentences]
//! angry: Du bist ein Idiot what a text says, a colon, the text; a line each (the tests read them)
//! ```
//!
//! Entries are folded as texts are, so a file may be written as its language is. In a language without spaces an entry is
//! found anywhere in a text, and `ordinary` holds longer words that an entry must not be found in.
//!
//! Invariant: no section of a list holds an entry twice, because a mood would count it twice.

mod alternatives;

use std::collections::HashSet;

use super::courtesy::{self, Kinds};
use super::fold::fold;
use super::phrases::Meaning;
use super::roles::{self, Roles};
use super::words::words_of;

/// One language's list.
#[derive(Debug)]
pub(super) struct List {
    /// ISO 639-1.
    pub(super) code: &'static str,
    /// In the order of the file.
    pub(super) entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) section: Section,
    /// Folded; a stem keeps its `-`.
    pub(super) text: String,
    /// Line of the file, from 1.
    pub(super) line: usize,
}

/// What the entries of a section say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Section {
    /// Words that stand in every other sentence: they tell the language, and are no word of mood in another one.
    Ordinary,
    /// Words that differ by one letter from a word of asking and are no misspelling of it: contract, parent.
    Spelled,
    Insult,
    Awful,
    Bad,
    Sour,
    /// A word of haste: it says little alone.
    Hurry,
    Good,
    Polite,
    /// "I already told you".
    ToldAlready,
    /// "That is not what I asked".
    NotAsked,
    /// "How much longer".
    Impatience,
    /// "Waste of time", "never again".
    Complaint,
    /// "Thanks for nothing".
    Sarcasm,
    /// "It still does not work".
    Failure,
    /// What an AI says that will not or cannot: "I cannot do that".
    Refusal,
    /// "I cannot find your order": in the same clause, no refusal is heard.
    NoRefusal,
    /// What an AI says that did not understand: "I didn't get that", "could you rephrase".
    NotUnderstood,
    /// What an AI says that wants something of the customer, without a question mark: "please provide your email address".
    AsksBack,
    Danger,
    /// "I'd kill for a coffee": in the same clause, no danger is heard.
    NoDanger,
    /// Asks for a person, in words that the rules of asking would not take for it.
    Request,
    /// "Do you have jobs as an agent": in the same clause, no request is heard.
    NoRequest,
    /// "Please don't transfer me": the customer wants no person.
    Declines,
    /// "Never mind", "found it": what is asked for before it is not wanted any more. No `..` in it.
    TakenBack,
    /// "I typed": what stands in quotes are the customer's own words. No `..` in it.
    OwnWords,
    /// What the AI says that offers a person, in words that the rules of offering would not take for it.
    Offers,
    /// A plain yes to such an offer, whatever follows.
    Agrees,
    /// What else says yes to it at the head of an answer.
    Accepts,
    /// What a short message at the edges of a conversation says (`courtesy::NAMES`).
    Courtesy(Kinds),
    /// What a word is in a sentence that asks for a person, or does not.
    Asking(Roles),
}

impl Section {
    /// Those with a name of their own.
    const NAMED: [Section; 29] = [
        Section::Ordinary,
        Section::Spelled,
        Section::Insult,
        Section::Awful,
        Section::Bad,
        Section::Sour,
        Section::Hurry,
        Section::Good,
        Section::Polite,
        Section::ToldAlready,
        Section::NotAsked,
        Section::Impatience,
        Section::Complaint,
        Section::Sarcasm,
        Section::Failure,
        Section::Refusal,
        Section::NoRefusal,
        Section::NotUnderstood,
        Section::AsksBack,
        Section::Danger,
        Section::NoDanger,
        Section::Request,
        Section::NoRequest,
        Section::Declines,
        Section::TakenBack,
        Section::OwnWords,
        Section::Offers,
        Section::Agrees,
        Section::Accepts,
    ];

    /// The section with this name, which may be several names of roles.
    fn called(name: &str) -> Option<Section> {
        if let Some(section) = Section::NAMED.into_iter().find(|section| section.name() == name) {
            return Some(section);
        }
        if let Some((_, kinds)) = courtesy::NAMES.iter().find(|(known, _)| *known == name) {
            return Some(Section::Courtesy(*kinds));
        }
        let role = |name: &str| roles::NAMES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role);
        let roles: Option<Vec<Roles>> = name.split_ascii_whitespace().map(role).collect();
        let all = roles?.into_iter().reduce(|all, role| all | role)?;
        Some(Section::Asking(all))
    }

    fn name(self) -> &'static str {
        match self {
            Section::Ordinary => "ordinary",
            Section::Spelled => "spelled",
            Section::Insult => "insult",
            Section::Awful => "awful",
            Section::Bad => "bad",
            Section::Sour => "sour",
            Section::Hurry => "hurry",
            Section::Good => "good",
            Section::Polite => "polite",
            Section::ToldAlready => "told_already",
            Section::NotAsked => "not_asked",
            Section::Impatience => "impatience",
            Section::Complaint => "complaint",
            Section::Sarcasm => "sarcasm",
            Section::Failure => "failure",
            Section::Refusal => "refusal",
            Section::NoRefusal => "no_refusal",
            Section::NotUnderstood => "not_understood",
            Section::AsksBack => "asks_back",
            Section::Danger => "danger",
            Section::NoDanger => "no_danger",
            Section::Request => "request",
            Section::NoRequest => "no_request",
            Section::Declines => "declines",
            Section::TakenBack => "taken_back",
            Section::OwnWords => "own_words",
            Section::Offers => "offers",
            Section::Agrees => "agrees",
            Section::Accepts => "accepts",
            Section::Courtesy(_) => "courtesy",
            Section::Asking(_) => "asking",
        }
    }

    /// What a single word of the section says of mood; 0 where a word is a phrase like any other.
    pub(super) fn mood(self) -> Roles {
        match self {
            Section::Insult => roles::INSULT,
            Section::Awful => roles::AWFUL,
            Section::Bad => roles::BAD,
            Section::Sour => roles::SOUR,
            Section::Hurry => roles::IMPATIENT,
            Section::Good => roles::GOOD,
            Section::Polite => roles::POLITE,
            Section::Ordinary
            | Section::Spelled
            | Section::ToldAlready
            | Section::NotAsked
            | Section::Impatience
            | Section::Complaint
            | Section::Sarcasm
            | Section::Failure
            | Section::Refusal
            | Section::NoRefusal
            | Section::NotUnderstood
            | Section::AsksBack
            | Section::Danger
            | Section::NoDanger
            | Section::Request
            | Section::NoRequest
            | Section::Declines
            | Section::TakenBack
            | Section::OwnWords
            | Section::Offers
            | Section::Agrees
            | Section::Accepts
            | Section::Courtesy(_)
            | Section::Asking(_) => 0,
        }
    }

    /// What a phrase of the section means; single words that are ordinary, or play a part in asking, mean nothing alone.
    pub(super) fn meaning(self) -> Option<Meaning> {
        match self {
            Section::Ordinary
            | Section::Spelled
            | Section::TakenBack
            | Section::OwnWords
            | Section::Agrees
            | Section::Accepts
            | Section::Courtesy(_)
            | Section::Asking(_) => None,
            Section::Insult
            | Section::Awful
            | Section::Bad
            | Section::Sour
            | Section::Hurry
            | Section::Good
            | Section::Polite => Some(Meaning::Mood(self.mood())),
            Section::ToldAlready | Section::Impatience => Some(Meaning::Impatience),
            Section::NotAsked | Section::Complaint => Some(Meaning::Complaint),
            Section::Sarcasm => Some(Meaning::Sarcasm),
            Section::Failure => Some(Meaning::Failure),
            Section::Refusal => Some(Meaning::Refusal),
            Section::NoRefusal => Some(Meaning::NoRefusal),
            Section::NotUnderstood => Some(Meaning::NotUnderstood),
            Section::AsksBack => Some(Meaning::AsksBack),
            Section::Danger => Some(Meaning::Danger),
            Section::NoDanger => Some(Meaning::NoDanger),
            Section::Request => Some(Meaning::Asks),
            Section::NoRequest => Some(Meaning::NoRequest),
            Section::Declines => Some(Meaning::Declines),
            Section::Offers => Some(Meaning::Offers),
        }
    }
}

impl List {
    /// Single words of mood.
    pub(super) fn moods(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_mood())
    }

    /// Words by the roles they play in asking for a person.
    pub(super) fn asking(&self) -> impl Iterator<Item = (&str, Roles)> {
        self.entries.iter().filter_map(|entry| {
            if let Section::Asking(roles) = entry.section { Some((entry.text.as_str(), roles)) } else { None }
        })
    }
}

impl Entry {
    /// One word that says something of mood.
    pub(super) fn is_mood(&self) -> bool {
        self.section.mood() != 0 && words_of(&self.text).len() == 1
    }
}

const FILES: [(&str, &str); 16] = [
    ("de", include_str!("lists/de.list")),
    ("en", include_str!("lists/en.list")),
    ("es", include_str!("lists/es.list")),
    ("fr", include_str!("lists/fr.list")),
    ("hi", include_str!("lists/hi.list")),
    ("id", include_str!("lists/id.list")),
    ("it", include_str!("lists/it.list")),
    ("ja", include_str!("lists/ja.list")),
    ("ko", include_str!("lists/ko.list")),
    ("nl", include_str!("lists/nl.list")),
    ("pl", include_str!("lists/pl.list")),
    ("pt", include_str!("lists/pt.list")),
    ("ru", include_str!("lists/ru.list")),
    ("tr", include_str!("lists/tr.list")),
    ("vi", include_str!("lists/vi.list")),
    ("zh", include_str!("lists/zh.list")),
];

/// Languages whose entries are found anywhere in a text: no spaces, or endings that grow on words.
pub(super) const UNSPACED: [&str; 3] = ["ja", "ko", "zh"];

/// Those whose words of asking are found so: Vietnamese too, because a word of its is several syllables with spaces between.
pub(super) const ASKED_ANYWHERE: [&str; 4] = ["ja", "ko", "vi", "zh"];

/// All lists. They are compiled in, and a test reads every one; outside a debug build one that does not parse would be left out.
pub(super) fn all() -> Vec<List> {
    let read = |(code, text): &(&'static str, &'static str)| {
        parse(code, text).inspect_err(|wrong| debug_assert!(false, "{wrong}")).ok()
    };
    FILES.iter().filter_map(read).collect()
}

/// An entry that stands twice in a section is kept once. Errors: every line that is wrong, with the file, the line, and what
/// belongs there.
pub(super) fn parse(code: &'static str, text: &str) -> Result<List, String> {
    let entries = entries(code, text)?;
    let kept = are_new(&entries);
    let entries =
        entries.into_iter().zip(kept).filter_map(|(entry, is_new)| is_new.then_some(entry)).collect();
    Ok(List { code, entries })
}

/// Of each entry: none before it in its section is the same.
fn are_new(entries: &[Entry]) -> Vec<bool> {
    let mut known = HashSet::with_capacity(entries.len());
    entries.iter().map(|entry| known.insert((entry.section, entry.text.as_str()))).collect()
}

/// All entries of a file, in its order.
fn entries(code: &str, text: &str) -> Result<Vec<Entry>, String> {
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    let mut at = None;
    for (line, content) in (1..).zip(text.lines().map(str::trim)) {
        let mut tell = |problem: String| wrong.push(format!("{code}.list:{line}: {problem}"));
        match content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            _ if content.is_empty() || content.starts_with('#') => {}
            Some("sentences") => at = Some(Place::Sentences),
            Some(name) => match Section::called(name) {
                Some(section) => at = Some(Place::Entries(section)),
                None => tell(format!("[{name}] is no section; known are {}", names())),
            },
            None => match at {
                Some(Place::Entries(section)) => {
                    for entry in alternatives::entries(content) {
                        match expanded(code, section, entry, line) {
                            Ok(more) => entries.extend(more),
                            Err(problem) => tell(problem),
                        }
                    }
                }
                Some(Place::Sentences) if content.contains(": ") => {}
                Some(Place::Sentences) => tell("a sentence is written as `angry: text`".to_owned()),
                None => tell(format!("an entry stands before the first section; write one of {}", names())),
            },
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    Ok(entries)
}

#[derive(Clone, Copy)]
enum Place {
    Entries(Section),
    Sentences,
}

/// What an entry stands for: itself, or all that its alternatives make of it.
fn expanded(code: &str, section: Section, entry: &str, line: usize) -> Result<Vec<Entry>, String> {
    let entries = alternatives::expand(entry).map_err(|problem| format!("\"{entry}\": {problem}"))?;
    entries.iter().map(|entry| entry_of(code, section, entry, line)).collect()
}

fn entry_of(code: &str, section: Section, entry: &str, line: usize) -> Result<Entry, String> {
    let text = fold(entry).to_lowercase();
    let is_asking = matches!(section, Section::Asking(_));
    match words_of(&text).as_slice() {
        [] => {
            Err("an entry has no letters; a comma stands between two entries and not behind the last"
                .to_owned())
        }
        [..] if entry.ends_with('-') && !(is_asking && has_stems(code)) => {
            Err(format!("\"{entry}\": no stem can stand here; write the words out"))
        }
        [_, _, ..]
            if matches!(section, Section::Ordinary | Section::Spelled)
                || is_asking && !ASKED_ANYWHERE.contains(&code) =>
        {
            Err(format!("\"{entry}\": this section holds single words; put a comma between them"))
        }
        [_, ..] => Ok(Entry { section, text, line }),
    }
}

/// Words of asking may be stems where they are neither English (looked up whole, for speed) nor found anywhere anyhow.
fn has_stems(code: &str) -> bool {
    code != "en" && !ASKED_ANYWHERE.contains(&code)
}

fn names() -> String {
    let roles = roles::NAMES.map(|(name, _)| format!("[{name}]")).join(" ");
    let named = Section::NAMED.map(|section| format!("[{}]", section.name())).join(" ");
    let courtesy = courtesy::NAMES.map(|(name, _)| format!("[{name}]")).join(" ");
    format!("{named} {courtesy} [sentences], and of asking {roles}")
}

#[cfg(test)]
mod tests;
