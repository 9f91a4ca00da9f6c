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
    /// Stands for the word that takes it up by itself: a key to press, the letter of an option, a keyword. 0: none is named.
    pub by_word: u32,
}

impl AiOffer {
    /// One that a yes takes up, and no word by itself.
    pub const PLAIN: AiOffer = AiOffer { by_yes: true, by_word: 0 };

    /// What two readings of a text know of one offer: a yes takes it up if it does for both.
    pub(super) fn or(self, other: AiOffer) -> AiOffer {
        let by_word = if self.by_word == 0 { other.by_word } else { self.by_word };
        AiOffer { by_yes: self.by_yes && other.by_yes, by_word }
    }
}

/// Words of a question that only asks about what was said before it ("shall I?", "would you like that?").
const REFERS_WORDS: usize = 4;
const REFERS_WORDS_WITH_THIS: usize = 9;
/// Words of an item of a menu.
const ITEM_WORDS: usize = 8;
/// Words between a key's verb and its name: "reply with 2", "press the 2".
const KEY_REACH: usize = 3;

/// Follows a text clause by clause.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Offering {
    made: Option<AiOffer>,
    /// Something else was asked before the offer: a yes answers that, unless the offer is a question too.
    asked: bool,
    /// Yes is the key to something else: "reply YES to confirm the return".
    yes_is_taken: bool,
    /// The number that ended the clause before this one, or the letter that was all of it: "2.", "B)".
    bullet: u32,
}

impl Offering {
    /// The text goes on with this clause. `offers`: a person.
    pub(super) fn meet(&mut self, clause: Clause<'_>, offers: bool) {
        let Clause { words, seen, question, .. } = clause;
        let bullet = std::mem::take(&mut self.bullet);
        if let Some(last) =
            words.last().filter(|last| if words.len() == 1 { is_choice(**last) } else { is_digit(**last) })
        {
            self.bullet = last.hash;
        }
        let is_item =
            words.len() <= ITEM_WORDS && seen & STAFF != 0 && (seen & TALK != 0 || words.len() <= 2);
        let offers = offers || (bullet != 0 && is_item);
        let key = if seen & YES != 0 { yes_key(words) } else { None };
        if offers {
            let person = words.iter().position(|word| word.is(ANYBODY | SERVICE)).unwrap_or(0);
            self.yes_is_taken |= key.is_some_and(|key| part_of(words, key) != part_of(words, person));
            self.offer(question, [key_of(words, person), bullet]);
        } else {
            self.yes_is_taken |= key.is_some();
            self.go_on(question, || refers_back(words));
        }
    }

    /// An offer is made, as a question or not; the first of the words that is there takes it up.
    fn offer(&mut self, question: bool, words: [u32; 2]) {
        let before = self.made.map_or(0, |before| before.by_word);
        let by_word = words.into_iter().chain([before]).find(|word| *word != 0).unwrap_or(0);
        self.made = Some(AiOffer { by_yes: question || !self.asked, by_word });
    }

    /// Something else is said or asked.
    fn go_on(&mut self, question: bool, refers_back: impl FnOnce() -> bool) {
        match &mut self.made {
            Some(made) => made.by_yes &= !question || refers_back(),
            None => self.asked |= question,
        }
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
    /// The same without spaces. `names_person`: somebody is named in a part of the sentence.
    pub(super) fn meet_unspaced(
        &mut self,
        sentence: Sentence<'_>,
        offers: bool,
        names_person: impl Fn(&str) -> bool,
    ) {
        let Sentence { text, question, seen } = sentence;
        let bullet = std::mem::take(&mut self.bullet);
        self.bullet = last_digit(text);
        if offers || (bullet != 0 && names_person(text)) {
            self.offer(question, [keyword(text, seen, names_person), bullet]);
        } else {
            let signs = || text.chars().filter(|c| c.is_alphanumeric()).count();
            self.go_on(question, || signs() <= REFERS_SIGNS);
        }
    }
}

/// Stands for the digit that ends a sentence, where another word stands before it or nothing: the number of what follows.
fn last_digit(text: &str) -> u32 {
    let text = text.trim_end();
    let ends = text.bytes().next_back().is_some_and(|byte| byte.is_ascii_digit());
    let alone = !text.bytes().rev().nth(1).is_some_and(|byte| byte.is_ascii_digit());
    if ends && alone { of_word(&text[text.len() - 1..]) } else { 0 }
}

/// The digit of the part that names a person ("1 order 2 agent"), or the word behind a verb of keys, which quotes set apart.
fn keyword(text: &str, seen: Roles, names_person: impl Fn(&str) -> bool) -> u32 {
    let digits: Vec<usize> =
        text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at).collect();
    let ends = digits.iter().skip(1).copied().chain([text.len()]);
    let items = digits.iter().zip(ends);
    let of_digit = |at: usize| of_word(&text[at..=at]);
    match digits.as_slice() {
        [] if seen & KEY != 0 => {
            let quoted =
                text.split(' ').find(|word| !word.is_empty() && word.chars().count() <= KEYWORD_SIGNS);
            quoted.map_or(0, of_word)
        }
        [] => 0,
        [one] if seen & KEY != 0 || *one == 0 => of_digit(*one),
        [_] => 0,
        [..] => items
            .filter(|(at, end)| names_person(&text[**at..*end]))
            .last()
            .map_or(0, |(at, _)| of_digit(*at)),
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
    words.len() <= REFERS_WORDS || (words.len() <= REFERS_WORDS_WITH_THIS && (0..words.len()).any(is_pronoun))
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
/// clause, or at the head of the part: "press 2 for an agent", "for an agent say AGENT", "2 for an agent", "(B) a colleague".
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
        choice.or(behind.iter().find(is_keyword))
    });
    let head = words[from..to].first().filter(|word| is_digit(**word));
    let bracketed = from.checked_sub(1).map(|at| &words[at]).filter(|word| is_choice(**word));
    named.or(head).or(bracketed).map_or(0, |word| word.hash)
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
