//! The AI's offer of a person: whether a text makes one, and what takes it up.

use std::sync::LazyLock;

use super::echo::{self, Beginnings};
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
    /// Where it stands among the options that were named.
    pub place: OptionPlace,
    /// What an answer that repeats it repeats (`echo`).
    pub own: Beginnings,
    /// The same of what else was asked or could be chosen.
    pub others: Beginnings,
}

/// Where an offer stands among options: which words for a place take it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OptionPlace {
    /// There is but one, or it stands between others.
    None,
    First,
    Last,
}

impl OptionPlace {
    /// In the order of their numbers.
    pub const ALL: [OptionPlace; 3] = [OptionPlace::None, OptionPlace::First, OptionPlace::Last];
}

impl AiOffer {
    /// One that a yes takes up, and no word by itself.
    pub const PLAIN: AiOffer = AiOffer {
        by_yes: true,
        by_word: 0,
        place: OptionPlace::None,
        own: echo::NOTHING,
        others: echo::NOTHING,
    };

    /// What two readings of a text know of one offer: a yes takes it up if it does for both.
    pub(super) fn or(self, other: AiOffer) -> AiOffer {
        let by_word = if self.by_word == 0 { other.by_word } else { self.by_word };
        let place = if self.place == OptionPlace::None { other.place } else { self.place };
        AiOffer { by_yes: self.by_yes && other.by_yes, by_word, place, ..self }
    }
}

/// Words of a question that only asks about what was said before it ("shall I?", "would you like that?").
const REFERS_WORDS: usize = 4;
const REFERS_WORDS_WITH_THIS: usize = 9;
/// Words that may stand behind the last of several options.
const BEHIND_LAST: usize = 2;
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
    /// Yes is the key to something else: "confirm the return with yes".
    yes_is_taken: bool,
    /// The same, and a verb of keys stands beside it ("reply YES to confirm"): it is one in whatever language the text goes on.
    yes_is_key: bool,
}

impl Offering {
    /// The text goes on with this clause. `offers`: a person.
    pub(super) fn meet(&mut self, clause: Clause<'_>, offers: bool) {
        let Clause { words, seen, question, .. } = clause;
        let key = if seen & YES != 0 { yes_key(words) } else { None };
        if offers {
            let position = |roles| words.iter().position(|word| word.is(roles));
            let person =
                position(ANYBODY | SERVICE | TRADE).or_else(|| position(TALK | TRANSFER)).unwrap_or(0);
            let (from, to) = part_of(words, person);
            self.yes_is_taken |= key.is_some_and(|key| part_of(words, key) != (from, to));
            let place = match () {
                () if words.len() - to <= BEHIND_LAST => OptionPlace::Last,
                () if from == 0 && self.made.is_none() && words[to].is(OR) => OptionPlace::First,
                () => OptionPlace::None,
            };
            self.offer(question, key_of(words, person), place);
        } else {
            // "Type Y to be put through": the key to the person who was offered.
            let is_its_own = self.made.is_some() && seen & (TALK | TRANSFER) != 0;
            let is_taken = key.is_some() && !is_its_own;
            self.yes_is_taken |= is_taken;
            self.yes_is_key |= is_taken && seen & KEY != 0;
            self.go_on(question, || refers_back(words));
        }
    }

    /// An offer is made, as a question or not; the last word that was named takes it up.
    fn offer(&mut self, question: bool, word: u32, place: OptionPlace) {
        let before = self.made.map_or(0, |before| before.by_word);
        let by_word = if word == 0 { before } else { word };
        self.made = Some(AiOffer { by_yes: question || !self.asked, by_word, place, ..AiOffer::PLAIN });
    }

    /// Something else is said or asked.
    fn go_on(&mut self, question: bool, refers_back: impl Fn() -> bool) {
        match &mut self.made {
            Some(made) if !refers_back() => {
                made.by_yes &= !question;
                made.place = if made.place == OptionPlace::Last { OptionPlace::None } else { made.place };
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

    /// The offer that was made; `other`: what another pass over the text has followed.
    pub(super) fn made(&self, other: Option<&Offering>) -> Option<AiOffer> {
        let yes_is_taken = self.yes_is_taken || other.is_some_and(|other| other.yes_is_key);
        self.made.map(|made| AiOffer { by_yes: made.by_yes && !yes_is_taken, ..made })
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
    /// And in its last part.
    pub(super) seen_last: Roles,
}

/// Signs of a question that only asks about what was said before it.
const REFERS_SIGNS: usize = 8;
/// Signs of a word that takes an offer up.
const KEYWORD_SIGNS: usize = 6;

impl Offering {
    /// The same without spaces.
    pub(super) fn meet_unspaced(&mut self, sentence: Sentence<'_>, offers: bool) {
        let Sentence { text, question, seen, seen_last } = sentence;
        if offers {
            let ends_with_it = seen_last & (ANYBODY | SERVICE | TRADE | TALK) != 0;
            let place = if ends_with_it { OptionPlace::Last } else { OptionPlace::None };
            self.offer(question, keyword(text, seen), place);
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
    let has_pronoun = (0..words.len()).any(is_pronoun);
    // "is this number right".
    let names_a_thing = !has_pronoun && words.iter().any(|word| word.is(THIS));
    // "would you like me to": it names nothing of its own.
    let names_nothing =
        || words.iter().all(|word| word.is(WOULD | CAN | LIKE | WANT | I | YOU | ME | LINK | THIS | PLEASE));
    (words.len() <= REFERS_WORDS && !names_a_thing)
        || (words.len() <= REFERS_WORDS_WITH_THIS && (has_pronoun || names_nothing()))
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
        let end = if (from..to).contains(&verb) { to } else { words.len() };
        let behind = &words[verb + 1..end.min(verb + 1 + KEY_REACH)];
        let choice = behind.iter().find(|word| is_choice(**word));
        // A yes that is a key is one to something else, or a yes.
        let is_keyword = |word: &&Word| word.is(ANYBODY) || !word.is(LINK | DESCRIBES | YES);
        // "send the link again, or connect you": a verb of another part before it names no keyword.
        choice.or_else(|| behind.iter().filter(|_| verb >= from).find(is_keyword))
    });
    let head = words[from..to].first().filter(|word| is_digit(**word));
    // "एजेंट के लिए 9 लिखें": the verb stands behind.
    let before = || verb.and_then(|verb| words.get(from..verb)?.last()).filter(|word| is_digit(**word));
    named.or(head).or_else(before).map_or(0, |word| word.hash)
}

/// The part of a clause that a word stands in: between commas and joining words.
fn part_of(words: &[Word], at: usize) -> (usize, usize) {
    let from = (1..=at).rev().find(|i| words[*i].is(COMMA | JOIN | OR)).unwrap_or(0);
    let to = (at + 1..words.len()).find(|i| words[*i].is(COMMA | JOIN | OR)).unwrap_or(words.len());
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
