//! Where in a text the things stand that must not leave.

use super::digits::{Digit, Group, scan};
use crate::domain::policy::Privacy;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Card,
    Code,
    Ssn,
    Email,
    Phone,
}

impl What {
    pub(super) fn mask(self) -> &'static str {
        match self {
            What::Card => "[card]",
            What::Code => "[code]",
            What::Ssn => "[ssn]",
            What::Email => "[email]",
            What::Phone => "[phone]",
        }
    }
}

/// A range of bytes and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Find {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) what: What,
}

/// Everything to be masked, in order, without overlaps. What is found first keeps its place: cards, then ids, then codes.
pub(super) fn all(text: &str, privacy: &Privacy) -> Vec<Find> {
    let (digits, groups) = scan(text);
    let lower = text.to_ascii_lowercase();
    let numbers = Numbers { text: &lower, digits: &digits, groups: &groups };
    let mut finds = Vec::new();
    numbers.cards(&mut finds);
    numbers.national_ids(&mut finds);
    numbers.codes(&mut finds);
    if privacy.redact_email && text.contains('@') {
        emails(text, &mut finds);
    }
    if privacy.redact_phone {
        numbers.phones(&mut finds);
    }
    finds.sort_by_key(|find| find.from);
    finds
}

/// Bytes around a card in which a three or four digit number is its security code.
const NEAR_CARD: usize = 40;
/// Bytes before a number in which a word speaks about it.
const WORD_REACH: usize = 28;

const CODE_WORDS: [&str; 12] = [
    "cvv",
    "cvc",
    "csc",
    "cvn",
    "cid",
    "security code",
    "card code",
    "securitycode",
    "pin",
    "passcode",
    "prufziffer",
    "prüfziffer",
];
const SSN_WORDS: [&str; 6] = ["ssn", "social security", "socialsecurity", "social sec", "itin", "s.s.n"];
const PHONE_WORDS: [&str; 12] = [
    "phone", "call", "tel", "mobile", "cell", "fax", "whatsapp", "sms", "text me", "reach me", "handy",
    "movil",
];

pub(super) struct Numbers<'a> {
    /// ASCII letters in lower case; same bytes otherwise.
    pub(super) text: &'a str,
    pub(super) digits: &'a [Digit],
    pub(super) groups: &'a [Group],
}

impl Numbers<'_> {
    pub(super) fn is_international(&self, group: usize) -> bool {
        let from = self.digits[self.groups[group].first].from;
        self.text[..from].trim_end().ends_with('+')
    }

    /// US national ids: 3-2-4 in valid ranges, or nine digits after the word.
    fn national_ids(&self, finds: &mut Vec<Find>) {
        for at in 0..self.groups.len() {
            let three = self.groups.get(at..at + 3).filter(|groups| groups[1].joined && groups[2].joined);
            let shaped = three.is_some_and(|groups| {
                let whole = [groups[0].len(), groups[1].len(), groups[2].len()] == [3, 2, 4];
                let alone = !groups[0].joined && !self.groups.get(at + 3).is_some_and(|group| group.joined);
                whole
                    && (alone || self.spoken_of(groups[0].first, &SSN_WORDS))
                    && self.is_valid_id(groups[0].first)
            });
            if shaped {
                self.push(finds, at, at + 3, What::Ssn);
                continue;
            }
            if self.spoken_of(self.groups[at].first, &SSN_WORDS) {
                let to = (at + 1..=self.groups.len())
                    .take_while(|to| *to == at + 1 || self.groups[to - 1].joined)
                    .find(|to| self.groups[to - 1].end - self.groups[at].first == 9);
                if let Some(to) = to {
                    self.push(finds, at, to, What::Ssn);
                }
            }
        }
    }

    /// Area 001–665, 667–899 (social security) or 9xx (taxpayer), group and serial not zero.
    fn is_valid_id(&self, first: usize) -> bool {
        let number = |from: usize, to: usize| {
            self.digits[from..to].iter().fold(0_u32, |n, digit| n * 10 + u32::from(digit.value))
        };
        let (area, group, serial) =
            (number(first, first + 3), number(first + 3, first + 5), number(first + 5, first + 9));
        area != 0 && area != 666 && (area < 900 || group >= 50) && group != 0 && serial != 0
    }

    /// Security codes: three to six digits after the word, or three or four near a card.
    fn codes(&self, finds: &mut Vec<Find>) {
        let cards: Vec<Find> = finds.iter().copied().filter(|find| find.what == What::Card).collect();
        for at in 0..self.groups.len() {
            let group = self.groups[at];
            let (from, to) = (self.digits[group.first].from, self.digits[group.end - 1].to);
            let named = (3..=6).contains(&group.len())
                && self.spoken_of(group.first, &CODE_WORDS)
                && !self.is_postal(from, group.len());
            let near = (3..=4).contains(&group.len())
                && cards.iter().any(|card| {
                    (from >= card.to && from - card.to <= NEAR_CARD)
                        || (to <= card.from && card.from - to <= NEAR_CARD / 2)
                })
                && !self.is_date_or_amount(from, to);
            if named || near {
                self.push(finds, at, at + 1, What::Code);
            }
        }
    }

    /// A year behind a slash, an amount with its currency or its cents.
    fn is_date_or_amount(&self, from: usize, to: usize) -> bool {
        let (before, after) = (&self.text[..from], &self.text[to..]);
        before.ends_with(['/', '$', '€', '£'])
            || after.starts_with(['/', '%'])
            || after.starts_with(" usd")
            || after.starts_with(" eur")
    }

    /// India's postal PIN code has six digits.
    fn is_postal(&self, from: usize, digits: usize) -> bool {
        digits == 6 && self.text[back(self.text, from, WORD_REACH)..from].contains("pin code")
    }

    /// One of the words stands shortly before the digit, with no other digits between.
    pub(super) fn spoken_of(&self, digit: usize, words: &[&str]) -> bool {
        let from = self.digits[digit].from;
        let after_number = if digit == 0 { 0 } else { self.digits[digit - 1].to };
        let gap = &self.text[back(self.text, from, WORD_REACH).max(after_number)..from];
        words.iter().any(|word| {
            gap.match_indices(word).any(|(at, _)| {
                let before = gap[..at].chars().next_back();
                let after = gap[at + word.len()..].chars().next();
                // "pin" is no part of "shipping", but "visa" may stand in "myvisa".
                word.len() > 3
                    || (!before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic))
            })
        })
    }

    /// Telephone numbers: after `+`, in the shapes people write them, or ten digits and more after a word for it.
    fn phones(&self, finds: &mut Vec<Find>) {
        let mut at = 0;
        while at < self.groups.len() {
            let found = (at + 1..=self.groups.len().min(at + 6))
                .rev()
                .filter(|to| (at + 1..*to).all(|i| self.groups[i].joined || self.in_brackets(i)))
                .find(|to| self.is_phone(at, *to));
            match found {
                Some(to) => {
                    self.push(finds, at, to, What::Phone);
                    at = to;
                }
                None => at += 1,
            }
        }
    }

    /// `(555) 123`: a bracket between two groups.
    fn in_brackets(&self, group: usize) -> bool {
        let (from, to) =
            (self.digits[self.groups[group].first - 1].to, self.digits[self.groups[group].first].from);
        let gap = self.text[from..to].trim();
        matches!(gap, ")" | "(" | ") -" | ")-")
    }

    fn is_phone(&self, from: usize, to: usize) -> bool {
        let first = self.groups[from].first;
        let digits = &self.digits[first..self.groups[to - 1].end];
        if !(7..=15).contains(&digits.len()) {
            return false;
        }
        if self.is_international(from) {
            return true;
        }
        let before = self.text[..digits[0].from].chars().next_back();
        if before.is_some_and(|c| c == '#' || c.is_alphanumeric()) {
            return false;
        }
        let lengths: Vec<usize> = self.groups[from..to].iter().map(|group| group.len()).collect();
        let shaped = matches!(
            lengths.as_slice(),
            [3, 3, 4]
                | [1, 3, 3, 4]
                | [3, 7]
                | [2..=5, 5..=8]
                | [2..=5, 3, 3..=4]
                | [2..=5, 2, 2, 2..=3]
                | [2, 2, 2, 2, 2]
        );
        (shaped && digits.len() >= 9)
            || (digits.len() >= 7 && self.spoken_of(first, &PHONE_WORDS))
            || is_north_american(digits, to - from)
    }

    fn push(&self, finds: &mut Vec<Find>, from: usize, to: usize, what: What) {
        let find = self.find(from, to, what);
        if finds.iter().all(|other| find.to <= other.from || other.to <= find.from) {
            finds.push(find);
        }
    }

    pub(super) fn find(&self, from: usize, to: usize, what: What) -> Find {
        let (first, last) = (self.groups[from].first, self.groups[to - 1].end - 1);
        Find { from: self.digits[first].from, to: self.digits[last].to, what }
    }
}

/// Ten digits without gaps that can be nothing but a North American number: area and exchange begin with 2 to 9.
fn is_north_american(digits: &[Digit], groups: usize) -> bool {
    groups == 1 && digits.len() == 10 && digits[0].value >= 2 && digits[3].value >= 2
}

/// E-mail addresses: what stands around an `@` without gaps, with a dot behind it.
fn emails(text: &str, finds: &mut Vec<Find>) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'');
    for (at, _) in text.match_indices('@') {
        let from =
            text[..at].char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(at, |(i, _)| i);
        let host: &str = {
            let rest = &text[at + 1..];
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(rest.len());
            rest[..end].trim_end_matches(['.', '-'])
        };
        let to = at + 1 + host.len();
        if from < at && host.contains('.') {
            finds.retain(|other| to <= other.from || other.to <= from);
            finds.push(Find { from, to, what: What::Email });
        }
    }
}

/// `reach` bytes before `at`, moved forward to a character's start.
fn back(text: &str, at: usize, reach: usize) -> usize {
    let mut from = at.saturating_sub(reach);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    from
}
