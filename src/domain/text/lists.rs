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
mod section;

use hashbrown::HashSet;

use super::courtesy;
use super::fold::fold;
use super::roles::{self, Roles};
use super::words::words_of;
pub(super) use section::Section;

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
    /// It is one word.
    is_word: bool,
    /// Line of the file, from 1.
    pub(super) line: usize,
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
        self.is_word && self.section.mood() != 0
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
    // Beyond ASCII, folding lowers letters.
    let mut text = fold(entry).into_owned();
    text.make_ascii_lowercase();
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
        words => Ok(Entry { section, is_word: words.len() == 1, text, line }),
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
