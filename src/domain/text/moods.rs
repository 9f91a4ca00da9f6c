//! Words of mood of the languages other than English: by language where a text's is known, else all together without those
//! that are ordinary in another language.
//!
//! Invariant: `all` holds no word that another language's `[ordinary]` section holds (`con` insults in French and is `with` in
//! Spanish).

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::lists::{Entry, List, Section, UNSPACED};
use super::meaning::{Meaning, Saying, Whose};
use super::mood::Mood;
use super::words::Table;

#[derive(Debug)]
pub(super) struct Moods {
    each: Vec<(&'static str, Table)>,
    all: Table,
    unspaced: Option<Unspaced>,
}

/// Which languages hold a word to be ordinary.
pub(super) type Ordinary = BTreeMap<String, Vec<&'static str>>;

/// The ordinary words of all lists.
pub(super) fn ordinary(lists: &[List]) -> Ordinary {
    let mut found = Ordinary::new();
    for list in lists {
        for entry in list.entries.iter().filter(|entry| entry.section == Section::Ordinary) {
            found.entry(entry.text.clone()).or_default().push(list.code);
        }
    }
    found
}

/// The languages in which an entry is an ordinary word, its own left out.
pub(super) fn harmless_in(entry: &Entry, code: &str, ordinary: &Ordinary) -> Vec<&'static str> {
    ordinary.get(&entry.text).into_iter().flatten().copied().filter(|other| *other != code).collect()
}

impl Moods {
    /// `is_on`: requests are heard in this language; `ordinary`: of all languages.
    pub(super) fn new(lists: &[List], is_on: impl Fn(&str) -> bool, ordinary: &Ordinary) -> Moods {
        let spaced = || lists.iter().filter(|list| list.code != "en" && !UNSPACED.contains(&list.code));
        let each = spaced().map(|list| (list.code, compile(list.moods()))).collect();
        let shared = spaced().flat_map(|list| {
            let harmless = |word: &&Entry| harmless_in(word, list.code, ordinary).is_empty();
            list.moods().filter(harmless)
        });
        let all = compile(shared);
        let unspaced = lists.iter().filter(|list| UNSPACED.contains(&list.code));
        Moods { each, all, unspaced: Unspaced::new(unspaced, is_on) }
    }

    /// The words to read a text by whose language (ISO 639-1) is this, or is not known.
    pub(super) fn of(&self, language: Option<&str>) -> &Table {
        let known = language.and_then(|code| self.each.iter().find(|(each, _)| *each == code));
        known.map_or(&self.all, |(_, words)| words)
    }

    /// What a folded sentence says in a language without spaces.
    pub(super) fn unspaced<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = Saying> + 'a {
        let patterns = self.unspaced.as_ref().filter(|_| !folded.is_ascii());
        patterns.into_iter().flat_map(|unspaced| unspaced.find(folded))
    }
}

fn compile<'a>(words: impl Iterator<Item = &'a Entry>) -> Table {
    Table::new(words.map(|word| (word.text.as_str(), word.section.mood())))
}

/// Entries that are found anywhere in a text, the longest first.
#[derive(Debug)]
struct Unspaced {
    patterns: AhoCorasick,
    /// Of each pattern, what the sections of all lists say that hold it, each once, and of mood only the first: mood adds up.
    /// An ordinary word means nothing, and hides what stands within it.
    sayings: Vec<Vec<Saying>>,
}

impl Unspaced {
    fn new<'a>(lists: impl Iterator<Item = &'a List>, is_on: impl Fn(&str) -> bool) -> Option<Unspaced> {
        let mut entries: BTreeMap<&str, Vec<Saying>> = BTreeMap::new();
        let all = lists.flat_map(|list| list.entries.iter().map(move |entry| (list.code, entry)));
        let is_heard = |entry: &Entry, code: &str| match entry.section.meaning() {
            Some(meaning) => is_on(code) || !meaning.is_of_asking(),
            None => entry.section == Section::Ordinary,
        };
        for (_, entry) in all.filter(|(code, entry)| is_heard(entry, code)) {
            let says = entries.entry(entry.text.trim()).or_default();
            let is_known = |meaning: &Meaning| {
                says.iter().any(|known| {
                    known.meaning == *meaning || (known.meaning.is_of_mood() && meaning.is_of_mood())
                })
            };
            let meaning = entry.section.meaning().filter(|meaning| !is_known(meaning));
            says.extend(meaning.map(|meaning| Saying { meaning, whose: Whose::Elsewhere }));
        }
        let (texts, sayings): (Vec<&str>, Vec<Vec<Saying>>) = entries.into_iter().unzip();
        // A list too large for the automaton cannot be: it is compiled in.
        let patterns = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(texts).ok()?;
        (!sayings.is_empty()).then_some(Unspaced { patterns, sayings })
    }

    fn find<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = Saying> + 'a {
        let found = self.patterns.find_iter(folded);
        found.flat_map(|found| self.sayings[found.pattern().as_usize()].iter().copied())
    }
}

impl Mood {
    /// What a phrase says about mood; the others say nothing here.
    pub(super) fn hear(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Mood(roles) => self.sound(roles),
            Meaning::Complaint => self.complain(),
            Meaning::Impatience => self.press(),
            Meaning::Sarcasm => self.mock(),
            Meaning::Failure => self.fail(),
            other => debug_assert!(!other.is_of_mood(), "{other:?} is of mood, and nobody hears it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lists::parse;
    use super::super::roles::INSULT;
    use super::*;

    #[test]
    fn what_stands_in_two_sections_says_both_and_what_stands_in_two_lists_says_it_once() {
        let japanese = parse("ja", "[insult]\n低能\n[bad]\n低能\n[no_refusal]\n低能").expect("a list");
        let chinese = parse("zh", "[insult]\n低能\n[ordinary]\n不低能").expect("a list");
        let unspaced = Unspaced::new([&japanese, &chinese].into_iter(), |_| true).expect("they have entries");
        let said = |text: &str| unspaced.find(text).map(|saying| saying.meaning).collect::<Vec<_>>();
        assert_eq!(said("低能"), [Meaning::Mood(INSULT), Meaning::NoRefusal]);
        assert_eq!(said("不低能"), [], "an ordinary word hides what stands within it");
        let with_a_yes = parse("zh", "[insult]\n低能\n[accepts]\n很低").expect("a list");
        let unspaced = Unspaced::new([&with_a_yes].into_iter(), |_| true).expect("it has entries");
        let said: Vec<Meaning> = unspaced.find("很低能").map(|saying| saying.meaning).collect();
        assert_eq!(said, [Meaning::Mood(INSULT)], "a yes hides nothing");
    }
}
