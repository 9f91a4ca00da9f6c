//! A text as 64 bits that can be compared: words (signs, where nobody writes spaces) and pairs of them, hashed into 16 bins, four bits of the smallest each
//! (one-permutation hashing). The share of equal bins estimates how many words and pairs two texts have in common.

use super::words::hash_at;

const BINS: usize = 16;
/// A bin without a word.
const NONE: u32 = u32::MAX;

/// A print being made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sketch {
    smallest: [u32; BINS],
    last: u32,
}

impl Sketch {
    pub(super) const EMPTY: Sketch = Sketch { smallest: [NONE; BINS], last: 0 };

    /// One more word, as its hash.
    #[inline]
    pub(super) fn add(&mut self, word: u32) {
        self.put(word);
        self.put(word ^ self.last.rotate_left(15));
        self.last = word;
    }

    /// The signs of what stands between two spaces where words are not told apart: each is like a word.
    pub(super) fn add_signs(&mut self, text: &[u8]) {
        for sign in text.chunk_by(|_, next| next & 0xc0 == 0x80) {
            self.add(hash_at(sign, 0, sign.len()) as u32);
        }
    }

    #[inline]
    fn put(&mut self, feature: u32) {
        let mixed = u64::from(feature).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (bin, value) = ((mixed >> 60) as usize, (mixed >> 28) as u32);
        self.smallest[bin] = self.smallest[bin].min(value);
    }

    /// The print; 0 for a text without words.
    pub(super) fn finish(self) -> u64 {
        self.smallest.iter().fold(0, |print, smallest| {
            let nibble = if *smallest == NONE { 0 } else { 1 + smallest % 15 };
            print << 4 | u64::from(nibble)
        })
    }
}

/// How alike two prints are, 0..1: equal bins among those that either fills. Two empty prints have nothing in common.
pub fn similarity(a: u64, b: u64) -> f64 {
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
