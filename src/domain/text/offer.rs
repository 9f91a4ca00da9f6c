//! The AI's offer of a person: whether a text makes one, and what takes it up.

use std::sync::LazyLock;

use super::phrases::{Word, short};
use super::request::Clause;
use super::roles::*;
use super::words::{hash_at, hash_of};

/// An offer of a person that the AI has made in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AiOffer {
    /// A yes takes it up: nothing else was asked behind it, and yes is no key to something else.
    pub by_yes: bool,
    /// Stands for the word that takes it up by itself: a key to press, the letter of an option, a keyword, or that it is the last
    /// of the options. 0: none is named.
    pub by_word: u32,
}

impl AiOffer {
    /// One that a yes takes up, and no word by itself.
    pub const PLAIN: AiOffer = AiOffer { by_yes: true, by_word: 0 };

    /// What two readings of a text know of one offer: a yes takes it up if it does for both.
    pub(super) fn or(self, other: AiOffer) -> AiOffer {
        // A name says more than a place.
        let says = |word: u32| (word != 0, word != *LAST_OPTION);
        let by_word = if says(other.by_word) > says(self.by_word) { other.by_word } else { self.by_word };
        AiOffer { by_yes: self.by_yes && other.by_yes, by_word }
    }
}

/// Words of a question that only asks about what was said before it ("shall I?", "would you like that?").
const REFERS_WORDS: usize = 4;
const REFERS_WORDS_WITH_THIS: usize = 9;
/// Words that may stand behind the last of several options.
const BEHIND_LAST: usize = 2;
/// Stands for being the last option, in [`AiOffer::by_word`]: no word is written so.
pub(super) static LAST_OPTION: LazyLock<u32> = LazyLock::new(|| of_word("last option"));
/// Words between a key's verb and its name: "reply with 2", "press the 2".
const KEY_REACH: usize = 3;

/// Follows a text clause by clause.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Offering {
    made: Option<AiOffer>,
    /// Something else was asked before the offer: a yes answers that, unless the offer is a question too.
    asked: bool,
    /// What was asked last asks about what was said before it, where no offer was made.
    refers_back: bool,
    /// Yes is the key to something else: "reply YES to confirm the return".
    yes_is_taken: bool,
}

impl Offering {
    /// The text goes on with this clause. `offers`: a person.
    pub(super) fn meet(&mut self, clause: Clause<'_>, offers: bool) {
        let Clause { words, seen, question, .. } = clause;
        let key = if seen & YES != 0 { yes_key(words) } else { None };
        if offers {
            let person = words.iter().position(|word| word.is(ANYBODY | SERVICE)).unwrap_or(0);
            self.yes_is_taken |= key.is_some_and(|key| part_of(words, key) != part_of(words, person));
            let key = key_of(words, person);
            let is_last = key == 0 && words.len() - part_of(words, person).1 <= BEHIND_LAST;
            self.offer(question, if is_last { *LAST_OPTION } else { key });
        } else {
            self.yes_is_taken |= key.is_some();
            self.go_on(question, || refers_back(words));
        }
    }

    /// An offer is made, as a question or not; the last word that was named takes it up.
    fn offer(&mut self, question: bool, word: u32) {
        let before = self.made.map_or(0, |before| before.by_word);
        let by_word = if word == 0 { before } else { word };
        self.made = Some(AiOffer { by_yes: question || !self.asked, by_word });
    }

    /// Something else is said or asked.
    fn go_on(&mut self, question: bool, refers_back: impl Fn() -> bool) {
        match &mut self.made {
            Some(made) if !refers_back() => {
                made.by_yes &= !question;
                made.by_word = if made.by_word == *LAST_OPTION { 0 } else { made.by_word };
            }
            Some(_) => {}
            None if question => (self.asked, self.refers_back) = (true, refers_back()),
            None => {}
        }
    }

    /// The last question, where there is no offer, asks about what was said before the text: "about five minutes, shall I?"
    pub(super) fn refers_back(&self) -> bool {
        self.made.is_none() && self.refers_back
    }

    /// The offer that was made.
    pub(super) fn made(&self) -> Option<AiOffer> {
        self.made.map(|made| AiOffer { by_yes: made.by_yes && !self.yes_is_taken, ..made })
    }
}

/// A sentence of a language without spaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence<'a> {
    /// Folded.
    pub(super) text: &'a str,
    /// It ends with a question mark.
    pub(super) question: bool,
    /// The roles that occur in it.
    pub(super) seen: Roles,
}

/// Signs of a question that only asks about what was said before it.
const REFERS_SIGNS: usize = 8;
/// Signs of a word that takes an offer up.
const KEYWORD_SIGNS: usize = 6;

impl Offering {
    /// The same without spaces.
    pub(super) fn meet_unspaced(&mut self, sentence: Sentence<'_>, offers: bool) {
        let Sentence { text, question, seen } = sentence;
        if offers {
            self.offer(question, keyword(text, seen));
        } else {
            let signs = || text.chars().filter(|c| c.is_alphanumeric()).count();
            self.go_on(question, || signs() <= REFERS_SIGNS);
        }
    }
}

/// The only digit of a sentence about keys, or the word that quotes set apart there.
fn keyword(text: &str, seen: Roles) -> u32 {
    let mut digits = (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_digit());
    match (digits.next(), digits.next()) {
        (None, _) if seen & KEY != 0 => {
            let is_short = |word: &&str| !word.is_empty() && word.chars().count() <= KEYWORD_SIGNS;
            text.split(' ').find(is_short).map_or(0, of_word)
        }
        (Some(one), None) if seen & KEY != 0 || one == 0 => of_word(&text[one..=one]),
        _ => 0,
    }
}

/// "shall I?", "would you like me to do that?", "is that all right?".
fn refers_back(words: &[Word]) -> bool {
    let is_pronoun = |at: usize| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        words[at].is(THIS)
            && !next.is(DESCRIBES & !THIS | MINE)
            && (!next.is(LONG) || next.is(YES | GOOD | PLEASE | TALK))
    };
    // "would you like me to": it names nothing of its own.
    let names_nothing =
        || words.iter().all(|word| word.is(WOULD | CAN | LIKE | WANT | I | YOU | ME | LINK | THIS | PLEASE));
    words.len() <= REFERS_WORDS
        || (words.len() <= REFERS_WORDS_WITH_THIS && ((0..words.len()).any(is_pronoun) || names_nothing()))
}

/// Where a plain yes is a key: "reply YES to confirm the return", "confirm with a clear yes". At the head the AI agrees itself.
fn yes_key(words: &[Word]) -> Option<usize> {
    (1..words.len()).find(|at| words[*at].is(YES) && PLAIN_YES.contains(&words[*at].hash))
}

/// Words for a plain yes, folded; what else has that role is said of other things too.
static PLAIN_YES: LazyLock<[u32; 12]> = LazyLock::new(|| {
    ["yes", "y", "ja", "si", "oui", "tak", "sim", "да", "evet", "ya", "haan", "हां"].map(of_word)
});

/// The word that takes the person at `person` up: behind the verb of keys of the same part of the clause, or the only one of the
/// clause, or at the head of the part: "press 2 for an agent", "for an agent say AGENT", "2 for an agent". (Of several: see `menu`.)
fn key_of(words: &[Word], person: usize) -> u32 {
    let (from, to) = part_of(words, person);
    let mut verbs = (0..words.len()).filter(|at| words[*at].is(KEY));
    let only = verbs.next().filter(|_| verbs.next().is_none());
    let verb = (from..to).find(|at| words[*at].is(KEY)).or(only);
    let named = verb.and_then(|verb| {
        let behind = &words[verb + 1..words.len().min(verb + 1 + KEY_REACH)];
        let choice = behind.iter().find(|word| is_choice(**word));
        // A yes that is a key is one to something else, or a yes.
        let is_keyword = |word: &&Word| word.is(ANYBODY) || !word.is(LINK | DESCRIBES | YES);
        // "send the link again, or connect you": a verb of another part before it names no keyword.
        choice.or_else(|| behind.iter().filter(|_| verb >= from).find(is_keyword))
    });
    let head = words[from..to].first().filter(|word| is_digit(**word));
    named.or(head).map_or(0, |word| word.hash)
}

/// The part of a clause that a word stands in: between commas and joining words.
fn part_of(words: &[Word], at: usize) -> (usize, usize) {
    let from = (1..=at).rev().find(|i| words[*i].is(COMMA | JOIN)).unwrap_or(0);
    let to = (at + 1..words.len()).find(|i| words[*i].is(COMMA | JOIN)).unwrap_or(words.len());
    (from, to)
}

/// A digit, or a letter that options are counted by.
fn is_choice(word: Word) -> bool {
    !word.is(LONG) && CHOICES.contains(&word.hash)
}

fn is_digit(word: Word) -> bool {
    !word.is(LONG) && CHOICES[..DIGITS].contains(&word.hash)
}

const DIGITS: usize = 10;
/// What stands for the digits, and for the first letters.
static CHOICES: LazyLock<[u32; 16]> =
    LazyLock::new(|| b"0123456789abcdef".map(|sign| short(hash_at(&[sign], 0, 1))));

/// What stands for a folded word in [`AiOffer::by_word`].
pub(super) fn of_word(word: &str) -> u32 {
    short(hash_of(word))
}
