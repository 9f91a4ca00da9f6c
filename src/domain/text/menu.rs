//! A menu in what the AI says: "1 bills, 2 moving, 0 an operator". Which words stand for which key, told by the order of the
//! keys and by where the text ends, so that it does not matter how a menu is written (lines, one sentence, dashes, brackets).

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use super::offer::{OptionPlace, of_word};
use super::roles::*;
use super::vocabulary::Words;
use super::words::{Scan, words_of};

/// An item that brings to a person has no more words than these, or signs where nobody writes spaces.
const LONGEST_WORDS: usize = 10;
const LONGEST_SIGNS: usize = 24;
/// Words of its own (no "for", "the", "press") of an item that names a person and no verb of talking.
const NAMES_WITH: usize = 2;
const MOST_KEYS: usize = 10;
/// So many letters without a mark that count up are keys: "A for bills, B for moving, C for an agent".
const BARE_LETTERS: usize = 3;
/// Keys that may stand apart from the others at the end: an operator's, and the last.
const APART: [u8; 2] = [b'0', b'9'];
/// A longer text than these behind the last key is an item.
const VERB_SIGNS: usize = 14;

/// What a menu says of an offer of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Menu {
    /// The key of the item that brings to one (see [`super::AiOffer::by_word`]), and where it stands.
    Person(u32, OptionPlace),
    /// The key of an item that is a plain yes, where no item names a person.
    Yes(u32),
}

/// Reads a folded text as a menu; `None`: it is none, or none that has to do with an offer.
pub(super) fn read(text: &str, vocabulary: &Words<'_>) -> Option<Menu> {
    let keys = keys(text);
    let items = items(text, &keys, vocabulary);
    let key = |(key, _): &(u8, &str)| of_word(char::from(*key).encode_utf8(&mut [0; 4]));
    let person = items.iter().rposition(|(_, item)| brings_to_person(item, vocabulary));
    let yes = || items.iter().find(|(_, item)| is_yes(item, vocabulary));
    let place = |at: usize| match at {
        0 => OptionPlace::First,
        _ if at + 1 == items.len() => OptionPlace::Last,
        _ => OptionPlace::None,
    };
    let person = person.map(|at| Menu::Person(key(&items[at]), place(at)));
    person.or_else(|| yes().map(|item| Menu::Yes(key(item))))
}

/// Where keys stand, in their order; none where they do not count up.
fn keys(text: &str) -> Vec<(usize, u8)> {
    let kinds: [(IsKey, usize); 3] = [(is_digit_key, 2), (is_letter_key, 2), (is_bare_letter, BARE_LETTERS)];
    let mut found = kinds.into_iter().map(|(is_key, least)| (signs_that(text, is_key), least));
    found.find(|(keys, least)| keys.len() >= *least).unwrap_or_default().0
}

/// Whether the sign at a place is a key.
type IsKey = fn(&[u8], usize) -> bool;

fn signs_that(text: &str, is_key: IsKey) -> Vec<(usize, u8)> {
    let bytes = text.as_bytes();
    let found = || lone_signs(text).filter(|at| is_key(bytes, *at));
    // Most texts hold none, and get no list.
    if !(2..=MOST_KEYS).contains(&found().take(MOST_KEYS + 1).count()) {
        return Vec::new();
    }
    let keys: Vec<(usize, u8)> = found().map(|at| (at, bytes[at].to_ascii_lowercase())).collect();
    if counts_up(&keys) { keys } else { Vec::new() }
}

/// Where words of one sign stand; beyond ASCII, where keys grow together with words, every byte.
fn lone_signs(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let is_ascii = text.is_ascii();
    let mut scan = Scan::new(bytes);
    let mut at = 0;
    iter::from_fn(move || {
        if !is_ascii {
            at += 1;
            return (at <= bytes.len()).then_some(at - 1);
        }
        loop {
            let (start, end) = scan.next(at)?;
            at = end;
            if end - start == 1 {
                return Some(start);
            }
        }
    })
}

/// A digit by itself: no part of a number, a time, a sum, a share, a word.
fn is_digit_key(bytes: &[u8], at: usize) -> bool {
    let near = |from: usize| bytes.get(from).copied().unwrap_or(b' ');
    let (before, after) = (if at == 0 { b' ' } else { bytes[at - 1] }, near(at + 1));
    let joins =
        |sign: u8, digit: u8| matches!(sign, b'.' | b',' | b':' | b'/' | b'-') && digit.is_ascii_digit();
    bytes[at].is_ascii_digit()
        && !before.is_ascii_alphanumeric()
        && !after.is_ascii_alphanumeric()
        && !matches!(before, b'#' | b'$' | b'+' | b'*')
        && !matches!(after, b'%' | b'$' | b'*')
        && !joins(after, near(at + 2))
        && !(at > 1 && joins(before, bytes[at - 2]))
}

/// A letter that counts options: "b)", "(b)", "b." before a word.
fn is_letter_key(bytes: &[u8], at: usize) -> bool {
    let before = if at == 0 { b' ' } else { bytes[at - 1] };
    let near = |from: usize| bytes.get(from).copied().unwrap_or(b' ');
    matches!(bytes[at].to_ascii_lowercase(), b'a'..=b'f')
        && matches!(before, b' ' | b'(' | b'\n' | b'[')
        && (matches!(near(at + 1), b')' | b']')
            || (matches!(near(at + 1), b'.' | b':') && near(at + 2) == b' '))
}

/// A letter that is a word.
fn is_bare_letter(bytes: &[u8], at: usize) -> bool {
    let is_gap = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_none_or(|byte| matches!(byte, b' ' | b'\n' | b','))
    };
    matches!(bytes[at].to_ascii_lowercase(), b'a'..=b'f') && is_gap(at.checked_sub(1)) && is_gap(Some(at + 1))
}

fn counts_up(keys: &[(usize, u8)]) -> bool {
    let Some((_, first)) = keys.first() else { return false };
    let follows = |at: usize| {
        let (before, key) = (keys[at - 1].1, keys[at].1);
        key == before + 1 || (at + 1 == keys.len() && before != b'0' && APART.contains(&key))
    };
    matches!(first, b'0' | b'1' | b'a') && (1..keys.len()).all(follows)
}

/// The keys with what each stands for: what follows it, or what stands before it where the text ends with its last key
/// ("for an agent press 0, for your balance press 1").
fn items<'t>(text: &'t str, keys: &[(usize, u8)], vocabulary: &Words<'_>) -> Vec<(u8, &'t str)> {
    let Some((last, _)) = keys.last() else { return Vec::new() };
    let starts = || keys.iter().map(|(at, _)| at + 1);
    let behind = starts().zip(keys.iter().skip(1).map(|(at, _)| *at).chain([text.len()]));
    let before = [0].into_iter().chain(starts()).zip(keys.iter().map(|(at, _)| *at));
    let ranges: Vec<Range<usize>> = if says_nothing(&text[last + 1..], vocabulary) {
        before.map(|(from, to)| last_sentence(text, from..to)).collect()
    } else {
        behind.map(|(from, to)| first_sentence(text, from..to)).collect()
    };
    keys.iter().zip(ranges).map(|((_, key), range)| (*key, &text[range])).collect()
}

/// Nothing but the verb of a key: "", "drücken", "を押してください".
fn says_nothing(text: &str, vocabulary: &Words<'_>) -> bool {
    let is_empty =
        |word: &Cow<'_, str>| vocabulary.roles_of(word) & (KEY | LINK | DESCRIBES | PLEASE | JOIN) != 0;
    let is_verb = || {
        let seen = vocabulary.unspaced(text);
        seen & KEY != 0 && seen & (ANYBODY | SERVICE) == 0 && signs(text) <= VERB_SIGNS
    };
    words_of(text).iter().all(is_empty) || is_verb()
}

fn signs(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

const ENDS: [char; 5] = ['\n', '.', '!', '?', ';'];

/// Up to the first end of a line or sentence behind the marks of the key itself.
fn first_sentence(text: &str, item: Range<usize>) -> Range<usize> {
    let start = text[item.clone()].find(char::is_alphanumeric).map_or(item.end, |at| item.start + at);
    let end = text[start..item.end].find(ENDS).map_or(item.end, |at| start + at);
    start..end
}

/// From the last end of a line or sentence on.
fn last_sentence(text: &str, item: Range<usize>) -> Range<usize> {
    let start = text[item.clone()].trim_end().rfind(ENDS).map_or(item.start, |end| item.start + end + 1);
    start..item.end
}

/// "an operator", "talk to one of our agents"; not "change your account manager".
fn brings_to_person(item: &str, vocabulary: &Words<'_>) -> bool {
    let words = words_of(item);
    let roles: Vec<Roles> = words.iter().map(|word| vocabulary.roles_of(word)).collect();
    let seen = roles.iter().fold(0, |seen, roles| seen | roles);
    let is_own = |roles: &&Roles| **roles & (LINK | DESCRIBES | PLEASE | KEY | JOIN | REAL | CUSTOMER) == 0;
    let own = roles.iter().filter(is_own).count();
    let is_thing = |at: usize| {
        roles[at] & (ANYBODY | SERVICE | TRADE) != 0
            && (at > 0 && roles[at - 1] & COMPOUND != 0
                || roles
                    .get(at + 1)
                    .is_some_and(|next| next & AFTER != 0 && next & (ANYBODY | SERVICE | TRADE) == 0))
    };
    let names = seen & (STAFF | TRADE) != 0
        || (seen & PERSON != 0 && seen & (REAL | TALK) != 0)
        || (seen & SERVICE != 0 && seen & (CUSTOMER | TALK) != 0);
    let spaced = names
        && words.len() <= LONGEST_WORDS
        && !(0..roles.len()).any(is_thing)
        && (seen & (TALK | TRANSFER) != 0 || own <= NAMES_WITH);
    spaced || (vocabulary.unspaced(item) & (ANYBODY | SERVICE | TRADE) != 0 && signs(item) <= LONGEST_SIGNS)
}

fn is_yes(item: &str, vocabulary: &Words<'_>) -> bool {
    let words = words_of(item);
    let is = |word: &Cow<'_, str>| vocabulary.roles_of(word) & (YES | PLEASE | JOIN | LINK) != 0;
    words.first().is_some_and(|word| vocabulary.roles_of(word) & YES != 0) && words.iter().all(is)
}
