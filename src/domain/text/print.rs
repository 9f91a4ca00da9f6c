//! A text as 64 bits that can be compared: how its words begin and end (signs, where nobody writes spaces), hashed into 15 bins,
//! four bits of the smallest each (one-permutation hashing), and four bits of its last number. The share of equal bins estimates how
//! much two texts have in common, whatever the order of their words and the endings that grammar gives them.

use super::phrases::short;
use super::words::hash_at;

const BINS: usize = 15;
/// A bin without a word.
const NONE: u32 = u32::MAX;
/// Letters of a word's beginning, and of the end of a longer one.
const HEAD: usize = 4;
const TAIL: usize = 3;
/// Tells an end from a beginning that is written alike.
const OF_TAIL: u32 = 0x5bd1_e995;

/// A print being made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sketch {
    smallest: [u32; BINS],
    /// Of the last word with digits; 0 where there is none.
    number: u32,
}

impl Sketch {
    pub(super) const EMPTY: Sketch = Sketch { smallest: [NONE; BINS], number: 0 };

    /// One more word, whose hash is this.
    #[inline]
    pub(super) fn add(&mut self, bytes: &[u8], start: usize, end: usize, hash: u64) {
        let width = width(bytes[start]);
        let (length, head, tail) = (end - start, HEAD * width, TAIL * width);
        if length > head {
            self.put(short(hash_at(bytes, start, start + head)));
            self.put(short(hash_at(bytes, end - tail, end)) ^ OF_TAIL);
        } else {
            self.put(short(hash));
        }
        if bytes[start].is_ascii_digit() || bytes[end - 1].is_ascii_digit() {
            self.number = short(hash).max(1);
        }
    }

    /// The signs of what stands between two spaces where words are not told apart: each is like a word.
    pub(super) fn add_signs(&mut self, text: &[u8]) {
        for sign in text.chunk_by(|_, next| next & 0xc0 == 0x80) {
            self.put(short(hash_at(sign, 0, sign.len())));
        }
    }

    #[inline]
    fn put(&mut self, feature: u32) {
        let mixed = u64::from(feature).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (bin, value) = (((mixed >> 32) * BINS as u64) >> 32, (mixed >> 28) as u32);
        let smallest = &mut self.smallest[bin as usize];
        *smallest = value.min(*smallest);
    }

    /// The print; 0 for a text without words.
    pub(super) fn finish(self) -> u64 {
        let bins = self.smallest.iter().fold(0, |print, smallest| {
            let nibble = if *smallest == NONE { 0 } else { 1 + smallest % 15 };
            print << 4 | u64::from(nibble)
        });
        let number = if self.number == 0 { 0 } else { 1 + self.number % 15 };
        bins << 4 | u64::from(number)
    }
}

/// Bytes of a letter that begins so, in UTF-8.
#[inline]
fn width(lead: u8) -> usize {
    match lead {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// How alike two prints are, 0..1: equal bins among those that either fills. Two empty prints have nothing in common, nor have
/// texts that end on other numbers: "card 6035" and "card 6036" are two answers.
pub fn similarity(a: u64, b: u64) -> f64 {
    let (one, other) = (a & 0xf, b & 0xf);
    if one != other && one != 0 && other != 0 {
        return 0.0;
    }
    let (a, b) = (a >> 4, b >> 4);
    let (filled, differ) = (lowest_bits(a | b), lowest_bits(a ^ b));
    let (all, equal) = (filled.count_ones(), (filled & !differ).count_ones());
    if all == 0 { 0.0 } else { f64::from(equal) / f64::from(all) }
}

/// One bit for each four that are not all clear.
fn lowest_bits(print: u64) -> u64 {
    let pairs = print | print >> 1;
    (pairs | pairs >> 2) & 0x1111_1111_1111_1111
}

#[cfg(test)]
mod tests {
    use super::super::{Language, Lexicon};
    use super::*;

    #[test]
    fn near_duplicates_are_alike_and_others_are_not() {
        let lexicon = Lexicon::new(&[], &[], &[]);
        let alike = |a: &str, b: &str| {
            similarity(lexicon.read(a, Language::Unknown).print, lexicon.read(b, Language::Unknown).print)
        };
        for (a, b, least, most) in [
            ("Where is my order?", "where is my ORDER", 1.0, 1.0),
            ("Could you please give me your order number?", "Please give me your order number?", 0.6, 1.0),
            (
                "the voucher says invalid at checkout",
                "the voucher says its invalid at the checkout",
                0.7,
                1.0,
            ),
            (
                "its been 3 weeks. where is my refund for order 8841",
                "where is my refund for order 8841",
                0.5,
                1.0,
            ),
            ("diyorum ki kupon kodu geçersiz diyor", "kupon kodu geçersiz diyo", 0.6, 1.0),
            ("card number 6035 1180 22", "card number 6035 1180 29", 0.0, 0.0),
            ("card number 6035 1180 22", "6035 1180 22 is the card number", 0.6, 1.0),
            ("I want my money back now", "What are your opening hours on Sunday?", 0.0, 0.3),
            ("您可以在“我的订单”中申请开具发票。", "您可以在“我的订单”中申请开具发票哦。", 0.75, 1.0),
            ("予約はマイページから承ります。", "営業時間は九時からです。", 0.0, 0.4),
            ("", "", 0.0, 0.0),
        ] {
            let found = alike(a, b);
            assert!((least..=most).contains(&found), "{a} / {b}: {found}");
        }
    }
}
