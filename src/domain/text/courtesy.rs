//! What short messages at the edges of a conversation say: thanks, a goodbye, a greeting, a no, and that somebody gives up.
//!
//! A message is cut into the longest entries of the lists that stand in it; what is left over is of its own. Thanks with much
//! left over, with a new wish or a "but" mean that the matter goes on.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Lexicon;
use super::answer::is_thumb;
use super::fold::fold;
use super::lists::{List, Section, UNSPACED};
use super::others::primary;
use super::own::grows_together;
use super::plain::plain;
use super::runs::{Runs, hashes};
use super::words::words_of;

/// What entries say, as bits.
pub(super) type Kinds = u16;

/// "thanks", "perfect".
const THANKS: Kinds = 1;
const FAREWELL: Kinds = 1 << 1;
/// What a greeting consists of, and what carries no wish beside it: "is anybody there", "I have a question".
const HELLO: Kinds = 1 << 2;
/// What takes up an offer.
const YES: Kinds = 1 << 3;
/// What says no at the head of an answer, or as the whole of it.
const NO: Kinds = 1 << 4;
/// Beside it thanks do not mean that all is well: "but", "still", "not".
const UNSETTLED: Kinds = 1 << 5;
/// Regret or acceptance of somebody who gives up: "too bad", "forget it", "I see".
const RESIGNED: Kinds = 1 << 6;
/// A new wish, or another try: "instead", "again", "which", "I want".
const ANEW: Kinds = 1 << 7;
/// The trouble is over: "it works now", "found it".
const SOLVED: Kinds = 1 << 8;
/// The customer goes on alone: "I'll do it myself", "I'll go to the branch".
const ALONE: Kinds = 1 << 9;
/// What the AI says to thanks or before it goes on: "you're welcome", "anything else?", "correct".
const WELCOME: Kinds = 1 << 10;

/// The sections of the lists that hold words of courtesy.
pub(super) const NAMES: [(&str, Kinds); 10] = [
    ("thanks", THANKS),
    ("farewell", FAREWELL),
    ("hello", HELLO),
    ("no", NO),
    ("unsettled", UNSETTLED),
    ("resigned", RESIGNED),
    ("anew", ANEW),
    ("solved", SOLVED),
    ("alone", ALONE),
    ("welcome", WELCOME),
];

/// Who is polite says it before a yes, too.
pub(super) fn may_precede_a_yes(section: Section) -> bool {
    matches!(section, Section::Courtesy(kinds) if kinds & (HELLO | THANKS) != 0)
}

/// A longer message speaks of something, whatever courtesy stands in it.
const LONGEST_WORDS: usize = 24;
const LONGEST_BYTES: usize = 400;
/// Words of their own that thanks may have beside them, or signs where nobody writes spaces.
const LEFT_OF_THANKS: Left = Left { words: 4, signs: 6 };
/// The same of what closes: "perfect, then I leave the key under the mat". Nobody is to be called because of a goodbye.
const LEFT_OF_CLOSING: Left = Left { words: 6, signs: 12 };
/// The same of giving up after a failure, which is told at length: "ok, then I will have to find another way".
const LEFT_OF_GIVING_UP: Left = Left { words: 9, signs: 16 };
/// Of what the AI says out of courtesy: a name, a word between.
const LEFT_OF_WELCOME: usize = 1;
const NOTHING_LEFT: Left = Left { words: 0, signs: 0 };
/// Words of a message that is a no though it does not begin with one: "rather not".
const SHORT_NO: usize = 4;

/// How much of a message may be its own.
#[derive(Clone, Copy)]
struct Left {
    words: usize,
    signs: usize,
}

/// The lists' words of courtesy.
#[derive(Debug)]
pub(super) struct Courtesy {
    spaced: Vec<Spaced>,
    unspaced: Option<AhoCorasick>,
    /// Of each of its patterns.
    says: Vec<Kinds>,
}

/// Those of one language.
#[derive(Debug)]
struct Spaced {
    code: &'static str,
    entries: Runs<Kinds>,
}

/// A message, cut up.
#[derive(Clone, Copy, Debug, Default)]
struct Cut {
    /// What its pieces say, together.
    said: Kinds,
    /// The first of them, where nothing stands before it.
    first: Kinds,
    words: usize,
    /// Words that no entry covers; or signs, where nobody writes spaces.
    left: usize,
    unspaced: bool,
    /// It asks something, or holds a number.
    asks: bool,
    has_digits: bool,
}

impl Courtesy {
    pub(super) fn new(lists: &[List]) -> Courtesy {
        // An entry that stands in several sections says all of them.
        let mut unspaced: BTreeMap<String, Kinds> = BTreeMap::new();
        for (text, kinds) in lists.iter().filter(|list| UNSPACED.contains(&list.code)).flat_map(entries) {
            *unspaced.entry(words_of(text).concat()).or_default() |= kinds;
        }
        let (patterns, says): (Vec<String>, Vec<Kinds>) = unspaced.into_iter().unzip();
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns);
        Courtesy {
            spaced: lists.iter().filter(|list| !UNSPACED.contains(&list.code)).map(Spaced::new).collect(),
            // A list too large for the automaton cannot be: it is compiled in.
            unspaced: automaton.ok(),
            says,
        }
    }

    /// Cuts a message in this language; not known: in any. English is understood in all.
    fn cut(&self, text: &str, language: Option<&str>) -> Option<Cut> {
        let text = plain(text);
        if text.len() > LONGEST_BYTES {
            return None;
        }
        let folded = fold(&text);
        let mut cut = Cut {
            asks: folded.contains('?'),
            has_digits: folded.bytes().any(|byte| byte.is_ascii_digit()),
            ..Cut::default()
        };
        if folded.chars().any(grows_together) {
            self.cut_signs(&folded, &mut cut);
        } else {
            let words = words_of(&folded);
            if words.len() > LONGEST_WORDS {
                return None;
            }
            self.cut_words(&hashes(&words), language.map(primary), &mut cut);
        }
        Some(cut)
    }

    fn cut_words(&self, words: &[u64], language: Option<&str>, cut: &mut Cut) {
        let is_read = |code: &str| code == "en" || language.is_none_or(|known| known == code);
        let lists: Vec<&Spaced> = self.spaced.iter().filter(|list| is_read(list.code)).collect();
        cut.words = words.len();
        let mut at = 0;
        while at < words.len() {
            let longest = lists.iter().filter_map(|list| list.entries.at(&words[at..]).last());
            // What lists of several languages hold says what it says in each.
            let (count, kinds) = longest.fold((0, 0), |(most, all), (count, kinds)| match count.cmp(&most) {
                Ordering::Greater => (count, kinds),
                Ordering::Equal => (most, all | kinds),
                Ordering::Less => (most, all),
            });
            if count == 0 {
                cut.left += 1;
                at += 1;
                continue;
            }
            cut.first |= if at == 0 { kinds } else { 0 };
            cut.said |= kinds;
            at += count;
        }
    }

    fn cut_signs(&self, folded: &str, cut: &mut Cut) {
        let signs: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut covered = 0;
        for found in self.unspaced.iter().flat_map(|patterns| patterns.find_iter(&signs)) {
            let kinds = self.says[found.pattern().as_usize()];
            cut.first |= if found.start() == 0 { kinds } else { 0 };
            cut.said |= kinds;
            covered += signs[found.range()].chars().count();
        }
        cut.unspaced = true;
        // "ok", a name or a brand in Latin letters says nothing here.
        cut.left = signs.chars().filter(|c| !c.is_ascii()).count().saturating_sub(covered);
    }
}

impl Spaced {
    fn new(list: &List) -> Spaced {
        Spaced { code: list.code, entries: Runs::new(entries(list), |one, other| one | other) }
    }
}

/// Its entries of courtesy.
fn entries(list: &List) -> impl Iterator<Item = (&str, Kinds)> {
    list.entries.iter().filter_map(|entry| {
        let kinds = if let Section::Courtesy(kinds) = entry.section {
            kinds
        } else if matches!(entry.section, Section::Agrees | Section::Accepts) {
            YES
        } else {
            return None;
        };
        Some((entry.text.as_str(), kinds))
    })
}

impl Cut {
    fn says(self, kinds: Kinds) -> bool {
        self.said & kinds != 0
    }

    /// Little is left over, and nothing is asked or wished.
    fn is_all(self, left: Left) -> bool {
        !self.asks
            && !self.has_digits
            && !self.says(ANEW)
            && self.left <= if self.unspaced { left.signs } else { left.words }
    }
}

/// `language` is the text's, as far as it is known (a tag; `de-AT` is read as `de`).
impl Lexicon {
    /// The customer is content: thanks, or says that it works.
    pub fn thanks(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        cut.is_some_and(|cut| cut.says(THANKS | SOLVED) && !cut.says(UNSETTLED) && cut.is_all(LEFT_OF_THANKS))
    }

    /// Thanks or a goodbye: nothing that waits for an answer.
    pub fn closes(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        cut.is_some_and(|cut| {
            cut.says(THANKS | SOLVED | FAREWELL) && !cut.says(UNSETTLED) && cut.is_all(LEFT_OF_CLOSING)
        })
    }

    /// Takes in what was said and no more: "ok", "got it", a thumb. Where something was asked it is an answer.
    pub fn acknowledges(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        is_thumb(text)
            || cut.is_some_and(|cut| {
                cut.said != 0 && !cut.says(NO | HELLO | UNSETTLED) && cut.is_all(NOTHING_LEFT)
            })
    }

    /// The AI only answers thanks or goes on politely: "You're welcome, happy to help! Anything else?"
    pub fn only_welcomes(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        cut.is_some_and(|cut| cut.says(WELCOME | THANKS | FAREWELL) && cut.left <= LEFT_OF_WELCOME)
    }

    /// No to an offer.
    pub fn says_no(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        cut.is_some_and(|cut| {
            cut.first & NO != 0 || (cut.words <= SHORT_NO && cut.says(NO) && !cut.says(YES) && cut.left <= 1)
        })
    }

    /// The customer gives up: hardly more than some words of acceptance, thanks, farewell or regret. A yes alone goes on.
    pub fn gives_up(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        cut.is_some_and(|cut| {
            cut.says(RESIGNED | NO | THANKS | FAREWELL | ALONE)
                && !cut.says(SOLVED)
                && cut.is_all(LEFT_OF_GIVING_UP)
        })
    }

    /// Behind a yes it says no, that the trouble is over or that the customer goes on alone: "yes, it works now".
    pub(super) fn needs_nobody(&self, text: &str, language: Option<&str>) -> bool {
        let cut = self.courtesy.cut(text, language);
        cut.is_some_and(|cut| {
            let is_over = cut.says(SOLVED | ALONE) && cut.is_all(LEFT_OF_THANKS);
            // Where words are not told apart, one that begins like a yes is kept among the unsettled.
            cut.says(NO) || is_over || (cut.unspaced && cut.says(UNSETTLED))
        })
    }

    /// What a text asks for before its last sentence is not wanted any more: that sentence says that the trouble is over, that
    /// the customer goes on alone, or "never mind".
    pub(super) fn withdraws(&self, text: &str, language: Option<&str>) -> bool {
        let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
        let ends = |c: char| matches!(c, '.' | '!' | '?' | ';' | '\n' | '…' | '。' | '！' | '？');
        let Some((_, last)) = text.rsplit_once(ends) else { return false };
        let cut = self.courtesy.cut(last, language);
        cut.is_some_and(|cut| cut.says(SOLVED | ALONE | RESIGNED) && cut.is_all(LEFT_OF_THANKS))
    }

    /// More than a greeting, a yes or a no: something one could want.
    pub fn is_substantive(&self, text: &str, language: Option<&str>) -> bool {
        let Some(cut) = self.courtesy.cut(text, language) else { return true };
        if cut.words == 0 && !cut.unspaced {
            return text.chars().any(char::is_alphanumeric);
        }
        cut.left > 0 || cut.says(ANEW)
    }
}
