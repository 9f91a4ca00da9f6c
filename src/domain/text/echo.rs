//! What an answer repeats of the words in which the AI offered a person: "Ms Petersen then", "the notary please". A yes says that
//! something is wanted; an echo says what.

use std::borrow::Cow;
use std::collections::HashSet;

use super::others::sentences;
use super::own::grows_together;
use super::phrases::short;
use super::roles::*;
use super::vocabulary::{Words, breaths};
use super::words::{hash_of, words_of};

/// How the words that belong to an offer alone begin, each as a number; 0: none.
pub type Beginnings = [u32; KEPT];
const KEPT: usize = 10;
pub(super) const NOTHING: Beginnings = [0; KEPT];

/// Letters in which two forms of a word agree, and signs where words grow together.
const BEGINNING: usize = 5;
const BEGINNING_SIGNS: usize = 2;
/// A shorter word says too little.
const LEAST_LETTERS: usize = 4;
/// Words behind a person in which a name stands: "Ms Anna Petersen".
const NAME_WITHIN: usize = 2;
/// A longer answer tells of something, and repeats a word on the way.
const ANSWER_WORDS: usize = 14;
const BREATH_WORDS: usize = 6;

const PERSON: Roles = ANYBODY | SERVICE | TRADE;
/// Words that may stand beside an echo.
const BESIDE: Roles = TALK
    | TRANSFER
    | BRING
    | WANT
    | LIKE
    | WOULD
    | PLEASE
    | YES
    | CAN
    | LINK
    | DESCRIBES
    | ME
    | I
    | YOU
    | JOIN
    | OR
    | GREETING;

/// What belongs to the offer of a person in a folded text of the AI's, and to nothing else in it: the person, and a name behind;
/// where it is one of several options, all that this option says. And what belongs to the other options, and other questions.
pub(super) fn words_of_options(text: &str, vocabulary: &Words<'_>) -> (Beginnings, Beginnings) {
    let sentences =
        sentences(text).map(|(sentence, question)| (Part::all_of(sentence, vocabulary), question));
    let parts: Vec<(Part, bool)> = sentences
        .flat_map(|(parts, question)| {
            let is_another = question && !parts.iter().any(|part| part.offers);
            parts.into_iter().map(move |part| (part, is_another))
        })
        .collect();
    let has_options = parts.iter().any(|(part, _)| part.is_option);
    let said = |of_offers: bool| {
        parts.iter().filter(move |(part, _)| part.offers == of_offers).flat_map(|(part, is_another)| {
            part.said.iter().map(move |(word, of_person)| (*word, *of_person, part.is_option || *is_another))
        })
    };
    let [elsewhere, offered] =
        [false, true].map(|of_offers| said(of_offers).map(|(word, ..)| word).collect::<HashSet<u32>>());
    let own =
        said(true).filter(|(word, of_person, _)| (has_options || *of_person) && !elsewhere.contains(word));
    let others = said(false).filter(|(word, _, is_asked)| *is_asked && !offered.contains(word));
    (kept(own.map(|(word, ..)| word)), kept(others.map(|(word, ..)| word)))
}

/// Each once, as many as are kept.
fn kept(words: impl Iterator<Item = u32>) -> Beginnings {
    let mut kept = NOTHING;
    let mut known = HashSet::new();
    for (place, word) in kept.iter_mut().zip(words.filter(|word| known.insert(*word))) {
        *place = word;
    }
    kept
}

/// A word of a folded answer repeats one of those.
pub(super) fn repeats(answer: &str, others: Beginnings, vocabulary: &Words<'_>) -> bool {
    let words = words_of(answer);
    let mut content = words.iter().filter(|word| is_content(word, vocabulary));
    content.any(|word| beginnings(word).any(|begin| others.contains(&begin)))
}

/// A word that tells one option from another.
fn is_content(word: &str, vocabulary: &Words<'_>) -> bool {
    vocabulary.roles_of(word) & BESIDE == 0 && !vocabulary.is_ordinary(word)
}

/// Some breath of a folded answer says hardly more than an echo of those words, and asks or refuses nothing.
pub(super) fn echoes(answer: &str, own: Beginnings, vocabulary: &Words<'_>) -> bool {
    own[0] != 0
        && !answer.contains('?')
        && words_of(answer).len() <= ANSWER_WORDS
        && breaths(answer).any(|breath| is_echo(breath, own, vocabulary))
}

fn is_echo(breath: &str, own: Beginnings, vocabulary: &Words<'_>) -> bool {
    let words = words_of(breath);
    let roles = words.iter().fold(vocabulary.unspaced(breath), |seen, word| seen | vocabulary.roles_of(word));
    if roles & (NOT | CANNOT | REFUSE) != 0 || words.len() > BREATH_WORDS {
        return false;
    }
    let is_own = |word: &&Cow<'_, str>| beginnings(word).any(|begin| own.contains(&begin));
    let says_something =
        |word: &&Cow<'_, str>| is_content(word, vocabulary) && beginnings(word).next().is_some();
    let mut said = words.iter().filter(says_something).peekable();
    said.peek().is_some()
        && said.clone().any(|word| is_own(&word))
        && said.all(|word| is_own(&word) || vocabulary.unspaced(word) & BESIDE != 0)
}

/// A part of a sentence, between commas and joining words.
struct Part {
    /// It speaks of a person, or of being brought to one.
    offers: bool,
    /// "Or" stands beside it.
    is_option: bool,
    /// How its words begin, and whether each is a person or its name.
    said: Vec<(u32, bool)>,
}

impl Part {
    fn all_of(sentence: &str, vocabulary: &Words<'_>) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (piece, is_parted) in vocabulary.parts(sentence) {
            let words = words_of(piece);
            let roles: Vec<Roles> = words.iter().map(|word| vocabulary.roles_of(word)).collect();
            let by_or =
                |at: Option<usize>| at.and_then(|at| roles.get(at)).is_some_and(|roles| roles & OR != 0);
            let mut from = 0_usize;
            for to in 0..=words.len() {
                if roles.get(to).is_some_and(|roles| roles & (JOIN | OR) == 0) {
                    continue;
                }
                let is_option = is_parted || by_or(Some(to)) || by_or(from.checked_sub(1));
                // "A, or B": the option before stands before the comma.
                if from == to && by_or(Some(to)) {
                    parts.last_mut().into_iter().for_each(|before| before.is_option = true);
                }
                parts.push(Part::of(&words[from..to], &roles[from..to], is_option, vocabulary));
                from = to + 1;
            }
        }
        parts
    }

    fn of(words: &[Cow<'_, str>], roles: &[Roles], is_option: bool, vocabulary: &Words<'_>) -> Part {
        let all: Vec<Roles> =
            words.iter().zip(roles).map(|(word, roles)| roles | vocabulary.unspaced(word)).collect();
        let offers = all.iter().any(|roles| roles & (PERSON | TALK | TRANSFER) != 0);
        let is_named = |at: usize| (at.saturating_sub(NAME_WITHIN)..=at).any(|at| all[at] & PERSON != 0);
        let is_said =
            |at: &usize| roles[*at] & (PERSON | TALK | TRANSFER) != 0 || is_content(&words[*at], vocabulary);
        let content = (0..words.len()).filter(is_said);
        let said =
            content.flat_map(|at| beginnings(&words[at]).map(move |begin| (begin, is_named(at)))).collect();
        Part { offers, is_option, said }
    }
}

/// How a word begins; where words grow together, each two signs of it.
fn beginnings(word: &str) -> impl Iterator<Item = u32> {
    let grows = word.chars().any(grows_together);
    let signs: Vec<char> = word.chars().collect();
    let is_hangul = signs.iter().any(|sign| matches!(sign, '\u{ac00}'..='\u{d7a3}'));
    let is_kana = |sign: &char| matches!(sign, '\u{3040}'..='\u{309f}');
    let has_digit = signs.iter().any(char::is_ascii_digit);
    let pieces: Vec<String> = if has_digit {
        Vec::new()
    } else if is_hangul {
        signs.get(..BEGINNING_SIGNS).map(|two| two.iter().collect()).into_iter().collect()
    } else if grows {
        let pairs = signs.windows(BEGINNING_SIGNS).filter(|two| !two.iter().any(is_kana));
        pairs.map(|two| two.iter().collect()).collect()
    } else if signs.len() >= LEAST_LETTERS {
        vec![signs.iter().take(BEGINNING).collect()]
    } else {
        Vec::new()
    };
    pieces.into_iter().map(|piece| short(hash_of(&piece)))
}
