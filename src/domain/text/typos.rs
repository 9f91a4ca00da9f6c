//! Misspelled words of asking: one letter wrong, missing or too many, or two changed about ("ooerator", "taok", "assistnat").
//!
//! Asked only where a text has some word of asking and no request was found in it as it is written. A word that any list
//! knows is not misspelled.

use std::collections::{BTreeMap, HashSet};

use super::lists::{List, Section};
use super::roles::*;
use super::words::hash_of;

/// A shorter word is one letter away from too many others: a verb, and any other word.
const LEAST_LETTERS: usize = 4;
const LEAST_LETTERS_OF_NOUNS: usize = 5;
/// What is repaired.
const VERBS: Roles = TALK;
const NOUNS: Roles = STAFF | PERSON | SOMEONE | SERVICE | CUSTOMER;

#[derive(Debug)]
pub(super) struct Typos {
    /// Words that may be meant, with their roles, by their first letter.
    meant: Vec<(Box<[u8]>, Roles)>,
    /// Hashes of words that mean themselves.
    spelled: HashSet<u64>,
}

impl Typos {
    /// Of the words of one list.
    pub(super) fn new(list: &List) -> Typos {
        let mut words: BTreeMap<&str, Roles> = BTreeMap::new();
        for (word, roles) in list.asking().filter(|(word, _)| word.len() >= LEAST_LETTERS) {
            *words.entry(word).or_default() |= roles;
        }
        let meant = words.into_iter().filter(|(word, roles)| {
            roles & VERBS != 0 || (roles & NOUNS != 0 && word.len() >= LEAST_LETTERS_OF_NOUNS)
        });
        let meant = meant.map(|(word, roles)| (word.as_bytes().into(), roles)).collect();
        let spelled = list.entries.iter().filter(|entry| {
            matches!(entry.section, Section::Ordinary | Section::Spelled | Section::Asking(_))
                || entry.is_mood()
        });
        Typos { meant, spelled: spelled.map(|entry| hash_of(&entry.text)).collect() }
    }

    /// The roles of the words that this one, folded, may be meant to be; none where it means itself.
    pub(super) fn roles_of(&self, word: &[u8], hash: u64) -> Roles {
        if word.len() < LEAST_LETTERS || self.spelled.contains(&hash) {
            return 0;
        }
        let first = word[0].to_ascii_lowercase();
        let start = self.meant.partition_point(|(meant, _)| meant[0] < first);
        let same = self.meant[start..].iter().take_while(|(meant, _)| meant[0] == first);
        same.filter(|(meant, _)| is_one_slip_away(word, meant)).fold(0, |all, (_, roles)| all | roles)
    }
}

/// One letter is wrong, missing or too many, or two neighbours have changed places.
fn is_one_slip_away(word: &[u8], meant: &[u8]) -> bool {
    let same = |a: &u8, b: &u8| a.eq_ignore_ascii_case(b);
    let (short, long) = if word.len() <= meant.len() { (word, meant) } else { (meant, word) };
    let head = short.iter().zip(long).take_while(|(a, b)| same(a, b)).count();
    let rest = |from: usize, to: usize| {
        short[from.min(short.len())..].len() == long[to.min(long.len())..].len()
            && short[from.min(short.len())..].iter().zip(&long[to.min(long.len())..]).all(|(a, b)| same(a, b))
    };
    match long.len() - short.len() {
        0 if head + 1 < short.len()
            && same(&short[head], &long[head + 1])
            && same(&short[head + 1], &long[head]) =>
        {
            rest(head + 2, head + 2)
        }
        0 => rest(head + 1, head + 1),
        1 => rest(head, head + 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_a_letter_wrong_missing_or_too_many_or_two_changed_about() {
        for (word, meant, expected) in [
            ("ooerator", "operator", true),
            ("taok", "talk", true),
            ("assistnat", "assistant", true),
            ("assistgant", "assistant", true),
            ("agnet", "agent", true),
            ("AGET", "agent", true),
            ("agentt", "agent", true),
            ("agant", "agent", true),
            ("agntt", "agent", false),
            ("agt", "agent", false),
            ("tkla", "talk", false),
        ] {
            assert_eq!(is_one_slip_away(word.as_bytes(), meant.as_bytes()), expected, "{word} {meant}");
        }
    }
}
