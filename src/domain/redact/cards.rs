//! Card numbers, as printed, spelled, or hidden in a longer run of digits.

use super::digits::Digit;
use super::find::{Find, Numbers, What};

/// Digits of a card.
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// Digits of a card that is believed by its name alone where the text speaks of one.
const LONG_CARD: usize = 14;
const CARD_WORDS: [&str; 14] = [
    "card",
    "visa",
    "master",
    "amex",
    "american express",
    "discover",
    "credit",
    "debit",
    "karte",
    "tarjeta",
    "carte",
    "cartao",
    "cartão",
    "cc ",
];

/// Two- to four-digit groups as cards are printed, for a card inside a longer run of groups.
const CARD_SHAPES: [&[usize]; 8] = [
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 1],
    &[8, 8],
    &[4, 4, 4, 4, 2],
    &[4, 4, 5],
];

impl Numbers<'_> {
    /// Cards: every run of joined groups, as a whole, from its start, to its end, and in the printed shapes within.
    pub(super) fn cards(&self, finds: &mut Vec<Find>) {
        let mut start = 0;
        while start < self.groups.len() {
            let mut end = start + 1;
            while end < self.groups.len() && self.groups[end].joined {
                end += 1;
            }
            self.cards_in(start, end, finds);
            start = end;
        }
    }

    fn cards_in(&self, start: usize, end: usize, finds: &mut Vec<Find>) {
        let (mut at, length) = (start, |a: usize, b: usize| self.groups[b - 1].end - self.groups[a].first);
        if length(start, end) < *CARD.start() {
            return;
        }
        let phones = self.is_phone_list(start, end);
        while at < end {
            // No card has more groups than digits.
            let found = (at + 1..=end.min(at + CARD.end())).rev().find(|to| {
                let anchored =
                    (at == start || *to == end || self.is_printed(at, *to) || self.is_spelled(at, *to))
                        && !phones;
                CARD.contains(&length(at, *to)) && anchored && self.is_card(at, *to)
            });
            match found {
                Some(to) => {
                    finds.push(self.find(at, to, What::Card));
                    at = to;
                }
                None => at += 1,
            }
        }
    }

    /// Groups as printed on a card.
    fn is_printed(&self, from: usize, to: usize) -> bool {
        CARD_SHAPES.iter().any(|shape| {
            shape.len() == to - from
                && shape.iter().zip(&self.groups[from..to]).all(|(len, group)| *len == group.len())
        })
    }

    /// Digit by digit, or pair by pair.
    fn is_spelled(&self, from: usize, to: usize) -> bool {
        to - from >= 7 && self.groups[from..to].iter().all(|group| group.len() <= 2)
    }

    fn is_card(&self, from: usize, to: usize) -> bool {
        let digits = &self.digits[self.groups[from].first..self.groups[to - 1].end];
        let (adds_up, named) = (passes_luhn(digits), has_issuer(digits));
        // The words around are looked at last: most runs of digits are no card whatever they say.
        if !(adds_up || named && digits.len() >= LONG_CARD) {
            return false;
        }
        let spoken_of = self.spoken_of(self.groups[from].first, &CARD_WORDS);
        (spoken_of || !self.is_international(from))
            && ((adds_up && (named || spoken_of)) || (spoken_of && named && digits.len() >= LONG_CARD))
    }

    /// Telephone numbers one after another: 3-3-4, with or without a country code.
    fn is_phone_list(&self, start: usize, end: usize) -> bool {
        let lengths: Vec<usize> = self.groups[start..end].iter().map(|group| group.len()).collect();
        let repeats = |shape: &[usize]| {
            lengths.len().is_multiple_of(shape.len()) && lengths.chunks(shape.len()).all(|part| part == shape)
        };
        repeats(&[3, 3, 4]) || repeats(&[1, 3, 3, 4])
    }
}

/// Luhn's check.
fn passes_luhn(digits: &[Digit]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit.value) * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Begins as a card of this length does. (Numbers that begin otherwise are cards only where the text speaks of one.)
fn has_issuer(digits: &[Digit]) -> bool {
    let head = digits[..4].iter().fold(0_u32, |n, digit| n * 10 + u32::from(digit.value));
    match head / 1000 {
        4..=6 => true,
        3 => digits.len() >= 14,
        2 => digits.len() >= 15 && matches!(head, 2014 | 2149 | 2200..=2205 | 2221..=2720),
        8 => digits.len() >= 16 && matches!(head / 100, 81 | 82),
        9 => head == 9792,
        1 => digits.len() == 15,
        _ => false,
    }
}
