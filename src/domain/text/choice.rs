//! Whether an answer chooses the person among the options that the AI named, by the key, the keyword or the place of that option.

use std::borrow::Cow;

use super::offer::{AiOffer, OptionPlace, of_word};
use super::roles::*;
use super::vocabulary::{Words, breaths};
use super::words::words_of;

/// A longer answer names no key alone: "option 2 please".
const KEY_WORDS: usize = 4;
/// A longer answer tells of something that is second.
const PLACE_WORDS: usize = 5;
const PLACE_SIGNS: usize = 30;
/// A letter is a word of its own in longer ones: "a".
const LETTER_WORDS: usize = 2;

/// What says that an option is not wanted.
const REFUSES: Roles = NOT | CANNOT | REFUSE;

/// "2", "option 2 please", "I have tried 1, so 2", and not "not 2"; "the second one please"; and "0", the key for an operator everywhere.
pub(super) fn chooses(folded: &str, offer: AiOffer, vocabulary: &Words<'_>) -> bool {
    let breaths: Vec<_> = breaths(folded).map(words_of).filter(|words| !words.is_empty()).collect();
    let refuses = |words: &[Cow<'_, str>]| words.iter().any(|word| vocabulary.roles_of(word) & REFUSES != 0);
    let is_named =
        |words: &[Cow<'_, str>]| offer.by_word != 0 && names(words, offer.by_word) && !refuses(words);
    let is_chosen = match &*breaths {
        [first, last] => is_named(first) || is_named(last),
        // More of them tell of something.
        [first, ..] => is_named(first),
        [] => false,
    };
    is_chosen || is_operators_key(&words_of(folded)) || is_place_of(folded, offer, vocabulary)
}

/// A breath is hardly more than the word that was named: "2", "option 2 please", "3번".
fn names(words: &[Cow<'_, str>], by_word: u32) -> bool {
    let is_it = |word: &Cow<'_, str>| {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let counts = digits > 0 && digits < word.len() && !word.is_ascii();
        let is_letter = word.len() == 1 && digits == 0;
        words.len() <= if is_letter { LETTER_WORDS } else { KEY_WORDS }
            && (of_word(word) == by_word || (counts && of_word(&word[..digits]) == by_word))
    };
    words.iter().any(is_it)
}

/// The answer begins with hardly more than the place of the option: "the second one please".
fn is_place_of(folded: &str, offer: AiOffer, vocabulary: &Words<'_>) -> bool {
    let Some(breath) = breaths(folded).find(|breath| breath.contains(char::is_alphanumeric)) else {
        return false;
    };
    let words = words_of(breath);
    let roles = words.iter().fold(vocabulary.unspaced(breath), |seen, word| seen | vocabulary.roles_of(word));
    let is = |keys: [&str; 2]| keys.map(of_word).contains(&offer.by_word);
    let is_last = offer.place == OptionPlace::Last;
    let named = (roles & FIRST != 0 && (is(["1", "a"]) || offer.place == OptionPlace::First))
        || (roles & SECOND != 0 && (is(["2", "b"]) || (is_last && offer.by_word == 0)))
        || (roles & LAST != 0 && is_last);
    let signs = || words.iter().map(|word| word.chars().count()).sum::<usize>();
    named && words.len() <= PLACE_WORDS && signs() <= PLACE_SIGNS && roles & REFUSES == 0
}

/// "0": the key for an operator.
fn is_operators_key(words: &[Cow<'_, str>]) -> bool {
    matches!(words, [alone] if alone == "0")
}
