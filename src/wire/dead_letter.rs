//! A dead letter on the wire: flat, every name always there. Contract: `schemas/dead-letter.avsc`.
//!
//! The record was not understood, so its key may be anything: where it may hold a payment card or a US national id, its
//! digits do not leave. The record itself stays where its coordinates say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

use super::format::Format;
use super::record::{Record, Sink};

/// The shortest payment card number.
const CARD_DIGITS: usize = 13;
const NATIONAL_ID: &str = "###-##-####";

/// A record that could not be taken, with where it lies and why.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: Option<i64>,
    pub key: Option<&'a [u8]>,
    /// `decode`, `validate`, `late`, `apply`, `size`, or `state` (the kept conversation cannot be read).
    pub stage: &'a str,
    pub error: &'a str,
    pub field: Option<&'a str>,
    /// The original bytes, where the setting lets them out.
    pub value: Option<&'a [u8]>,
}

/// Appends the dead letter as JSON.
pub fn encode(letter: &DeadLetter<'_>, out: &mut Vec<u8>) {
    Format::Json.write(letter, out);
}

/// The key is redacted if it may be a payment card or national id.
impl Record for DeadLetter<'_> {
    fn fields(&self, to: &mut impl Sink) {
        to.text("topic", self.topic);
        to.whole("partition", i64::from(self.partition));
        to.whole("offset", self.offset);
        to.optional_whole("timestamp", self.timestamp);
        to.optional_text("key", self.key.map(masked).as_deref());
        to.text("stage", self.stage);
        to.text("error", self.error);
        to.optional_text("field", self.field);
        to.optional_text("value_base64", self.value.map(|value| STANDARD.encode(value)).as_deref());
    }
}

/// The key as text; all of its digits are stars where some of them may be a card number or national id.
fn masked(key: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(key);
    if may_hold_card(&text) || may_hold_national_id(&text) {
        text.chars().map(|c| if c.is_numeric() { '*' } else { c }).collect()
    } else {
        text
    }
}

/// Thirteen digits in a row, or in groups as cards are printed (a UUID's last group is longer than a card's).
fn may_hold_card(text: &str) -> bool {
    let shape = shape(text);
    let groups: Vec<usize> = shape
        .split(|sign: char| sign != '#' && !sign.is_alphanumeric())
        .map(|group| if group.bytes().all(|sign| sign == b'#') { group.len() } else { 0 })
        .collect();
    shape.contains(&"#".repeat(CARD_DIGITS))
        || groups.windows(4).any(|four| matches!(four, [4, 4, 4, 1..=7]))
        || groups.windows(3).any(|three| matches!(three, [4, 6, 5]))
}

/// Three, two and four digits with dashes between, and no digit beside.
fn may_hold_national_id(text: &str) -> bool {
    let shape = shape(text);
    shape
        .match_indices(NATIONAL_ID)
        .any(|(at, _)| !shape[..at].ends_with('#') && !shape[at + NATIONAL_ID.len()..].starts_with('#'))
}

/// The text with every digit as `#`.
fn shape(text: &str) -> String {
    text.chars().map(|c| if c.is_numeric() { '#' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_may_be_personal_lose_their_digits() {
        let cases: [(&[u8], &str); 11] = [
            (b"c-17", "c-17"),
            (b"", ""),
            (b"55068400-1234-4123-8123-446655440000", "55068400-1234-4123-8123-446655440000"),
            (b"4111111111111111", "****************"),
            (b"customer-7:4111111111111", "customer-*:*************"),
            (b"4111-1111-1111-1111", "****-****-****-****"),
            (b"3782 822463 10005", "**** ****** *****"),
            (b"123-45-6789", "***-**-****"),
            (b"x 123-45-6789.", "x ***-**-****."),
            (b"1123-45-6789", "1123-45-6789"),
            (b"\xff-1", "\u{fffd}-1"),
        ];
        for (key, expected) in cases {
            assert_eq!(masked(key), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_null() {
        let letter = DeadLetter {
            topic: "conversation.turns",
            partition: 3,
            offset: 17,
            timestamp: None,
            key: None,
            stage: "decode",
            error: "not UTF-8 at byte 9",
            field: None,
            value: None,
        };
        let mut out = Vec::new();
        encode(&letter, &mut out);
        let expected = r#"{"topic":"conversation.turns","partition":3,"offset":17,"timestamp":null,"key":null,"stage":"decode","error":"not UTF-8 at byte 9","field":null,"value_base64":null}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
