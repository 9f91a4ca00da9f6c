//! Whether a request that was heard stands: what somebody else says in quotes is not the customer's, and what is taken back
//! behind it is not wanted any more.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;

use super::fold::fold;
use super::lists::{List, Section, UNSPACED};
use super::others::primary;
use super::read::Reading;
use super::{Language, Lexicon};

/// Quotes that open and close; the straight ones do both.
const QUOTES: [(char, char); 9] = [
    ('"', '"'),
    ('\'', '\''),
    ('“', '”'),
    ('„', '“'),
    ('”', '”'),
    ('‘', '’'),
    ('«', '»'),
    ('「', '」'),
    ('『', '』'),
];
/// Fewer words between quotes are stressed, or the name of something.
const QUOTED_WORDS: usize = 4;
const QUOTED_SIGNS: usize = 6;
/// Signs beside the quotes in which it is said whose words they are.
const NEAR_QUOTES: usize = 30;
/// The learned probability from which what is left of a text still asks.
const STILL_ASKS: f64 = 0.5;

/// What the entries of a list say of a request beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Behind it: it is not wanted any more.
    TakenBack,
    /// Outside of quotes: what is quoted are the customer's own words.
    OwnWords,
}

/// All entries of the lists that are marks.
#[derive(Debug)]
pub(super) struct Marks {
    patterns: AhoCorasick,
    /// Of each pattern: what it says, in which languages.
    says: Vec<Vec<(&'static str, Mark)>>,
}

impl Marks {
    /// `None` where there are none.
    pub(super) fn new(lists: &[List]) -> Option<Marks> {
        let mut known: BTreeMap<&str, Vec<(&'static str, Mark)>> = BTreeMap::new();
        for list in lists {
            for entry in &list.entries {
                let mark = match entry.section {
                    Section::TakenBack => Mark::TakenBack,
                    Section::OwnWords => Mark::OwnWords,
                    _ => continue,
                };
                known.entry(&entry.text).or_default().push((list.code, mark));
            }
        }
        let (texts, says): (Vec<&str>, Vec<_>) = known.into_iter().unzip();
        let patterns = AhoCorasick::new(texts).ok()?;
        (!says.is_empty()).then_some(Marks { patterns, says })
    }

    /// Where the last one of these ends in a lowered text of this language (not known: of any; English is understood in all).
    fn last(&self, lowered: &str, language: Option<&str>, mark: Mark) -> Option<usize> {
        let is_meant = |code: &str| code == "en" || language.is_none_or(|known| primary(known) == code);
        let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let all = self.patterns.find_overlapping_iter(lowered).filter(|found| {
            let stands_alone = || {
                !joins(lowered[..found.start()].chars().next_back())
                    && !joins(lowered[found.end()..].chars().next())
            };
            self.says[found.pattern().as_usize()].iter().any(|(code, says)| {
                *says == mark && is_meant(code) && (UNSPACED.contains(code) || stands_alone())
            })
        });
        all.map(|found| found.end()).max()
    }
}

impl Lexicon {
    /// A customer's reading without the request in it that does not stand. `hear` reads a part of the text.
    pub(super) fn as_it_stands(
        &self,
        text: &str,
        known: Language<'_>,
        reading: Reading,
        hear: impl Fn(&str, Language<'_>) -> Reading,
    ) -> Reading {
        if reading.request.is_none() && reading.may_ask < STILL_ASKS {
            return reading;
        }
        let language = known.code().or(reading.language);
        let known = match known {
            Language::Declared(_) => known,
            Language::Earlier(_) | Language::Unknown => language.map_or(known, Language::Earlier),
        };
        let own = self.own_part(text, language);
        let reading = match &own {
            Cow::Borrowed(_) => reading,
            Cow::Owned(own) => {
                let Reading { request, may_ask, declines_person, .. } = hear(own, known);
                Reading { request, may_ask, declines_person, ..reading }
            }
        };
        let asks_still = |rest: &str| {
            let rest = hear(rest, known);
            rest.request.is_some() || rest.may_ask >= STILL_ASKS
        };
        let is_taken_back = || {
            let lowered = lowered(&own);
            let behind =
                self.marks.as_ref().and_then(|marks| marks.last(&lowered, language, Mark::TakenBack));
            behind.is_some_and(|behind| !asks_still(&lowered[behind..]))
        };
        if self.withdraws(&own, language) || is_taken_back() {
            return Reading { request: None, may_ask: 0.0, ..reading };
        }
        reading
    }

    /// The text without what somebody else says in it.
    fn own_part<'t>(&self, text: &'t str, language: Option<&str>) -> Cow<'t, str> {
        let is_mark = |near: &str| {
            let marks = self.marks.as_ref();
            marks.is_some_and(|marks| marks.last(&lowered(near), language, Mark::OwnWords).is_some())
        };
        let says_it_oneself = |(start, end): &(usize, usize)| {
            is_mark(last_of(&text[..*start], NEAR_QUOTES)) || is_mark(first_of(&text[*end..], NEAR_QUOTES))
        };
        let mut own = String::new();
        let mut from = 0;
        for (start, end) in quoted(text).into_iter().filter(|quoted| !says_it_oneself(quoted)) {
            own.push_str(&text[from..start]);
            from = end;
        }
        own.push_str(if from == 0 { "" } else { &text[from..] });
        if own.chars().any(char::is_alphanumeric) { Cow::Owned(own) } else { Cow::Borrowed(text) }
    }
}

/// Folded as the entries of the lists are: ASCII letters in lower case, too.
fn lowered(text: &str) -> String {
    let mut folded = fold(text).into_owned();
    folded.make_ascii_lowercase();
    folded
}

/// The first signs of a text.
fn first_of(text: &str, signs: usize) -> &str {
    text.char_indices().nth(signs).map_or(text, |(end, _)| &text[..end])
}

/// The last signs of a text.
fn last_of(text: &str, signs: usize) -> &str {
    text.char_indices().rev().take(signs).last().map_or(text, |(start, _)| &text[start..])
}

/// What stands between quotes and is more than a name, with them.
fn quoted(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    // What closes none behind one place closes none behind a later one.
    let mut unclosed = Vec::new();
    while let Some((start, open)) =
        text[from..].char_indices().find(|(at, c)| !unclosed.contains(c) && opens(text, from + at, *c))
    {
        let start = from + start;
        let inner = start + open.len_utf8();
        let closing = |c: char| QUOTES.iter().any(|(opening, closing)| *opening == open && *closing == c);
        let end = text[inner..].char_indices().find(|(at, c)| closing(*c) && closes(text, inner + at, *c));
        let Some((length, close)) = end else {
            unclosed.push(open);
            from = inner;
            continue;
        };
        let (end, behind) = (inner + length, inner + length + close.len_utf8());
        if says_something(&text[inner..end]) {
            found.push((start, behind));
        }
        from = behind;
    }
    found
}

/// A quote, and no apostrophe: a single one opens only behind a gap.
fn opens(text: &str, at: usize, c: char) -> bool {
    let behind_word = || text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    QUOTES.iter().any(|(open, _)| *open == c) && (!matches!(c, '\'' | '‘' | '”') || !behind_word())
}

/// A single one closes only where no word goes on.
fn closes(text: &str, at: usize, c: char) -> bool {
    let before_word = || text[at + c.len_utf8()..].chars().next().is_some_and(char::is_alphanumeric);
    !matches!(c, '\'' | '’') || !before_word()
}

fn says_something(quoted: &str) -> bool {
    let signs = || quoted.chars().filter(|c| !c.is_ascii() && c.is_alphanumeric()).count();
    let is_unspaced = quoted.chars().any(super::own::grows_together);
    quoted.split_whitespace().count() >= QUOTED_WORDS || (is_unspaced && signs() >= QUOTED_SIGNS)
}
