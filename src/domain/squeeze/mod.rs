//! Texts as they are kept: squeezed to about half. A run of up to eight bytes that is frequent in customer service is one byte;
//! a byte that begins no such run takes two. (FSST: Boncz, Neumann, Leis, VLDB 2020.) A text that would only grow, as one in
//! another script does, stays as it is.
//!
//! A text is squeezed once, when it is kept, and read again when somebody looks at it: most never are.

mod table;

use std::fmt;
use std::sync::LazyLock;

use fsst::{Compressor, Symbol};

static TABLE: LazyLock<Compressor> = LazyLock::new(|| {
    let symbol = |run: &&[u8]| {
        let mut eight = [0; 8];
        eight[..run.len()].copy_from_slice(run);
        Symbol::from_slice(&eight)
    };
    let lengths: Vec<u8> = table::RUNS.iter().map(|run| run.len() as u8).collect();
    Compressor::rebuild_from(table::RUNS.iter().map(symbol).collect::<Vec<_>>(), lengths)
});

/// The code that says: the next byte stands for itself.
const ITSELF: u8 = 0xff;
/// Begins a text that stays as it is. No squeezed text begins so: the byte does not occur in UTF-8.
const PLAIN: [u8; 2] = [ITSELF, 0xff];

/// A text, squeezed.
#[derive(Clone, PartialEq, Eq)]
pub struct Squeezed(Box<[u8]>);

impl Squeezed {
    /// Squeezes a text: the same text always gives the same bytes, at most two more than its own.
    pub fn new(text: &str) -> Squeezed {
        let squeezed = TABLE.compress(text.as_bytes());
        if squeezed.len() > PLAIN.len() + text.len() {
            return Squeezed([&PLAIN, text.as_bytes()].concat().into_boxed_slice());
        }
        Squeezed(squeezed.into_boxed_slice())
    }

    /// The text.
    pub fn text(&self) -> String {
        if let Some(plain) = self.0.strip_prefix(&PLAIN) {
            return String::from_utf8_lossy(plain).into_owned();
        }
        let bytes = TABLE.decompressor().decompress(&self.0);
        String::from_utf8(bytes)
            .unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned())
    }

    /// What is kept: [`Squeezed::kept`] takes it back.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` if the bytes are cut short. Other damage shows as replacement characters in the text.
    pub fn kept(bytes: &[u8]) -> Option<Squeezed> {
        (bytes.starts_with(&PLAIN) || bytes.last() != Some(&ITSELF)).then(|| Squeezed(bytes.into()))
    }
}

impl fmt::Debug for Squeezed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_of_the_trade_takes_little_more_than_half() {
        let text = "Hello, my order was delivered to the wrong address and I would like to have it picked up, please.";
        let squeezed = Squeezed::new(text);
        assert_eq!(squeezed.text(), text);
        assert!(squeezed.bytes().len() * 10 < text.len() * 6, "{} of {}", squeezed.bytes().len(), text.len());
    }

    /// Changelogs hold bytes like these.
    #[test]
    fn codes_mean_what_they_meant() {
        const WORDS: &str = "I want to speak with a person, ¿por qué no?";
        const CODES: [u8; 26] = [
            178, 86, 193, 40, 191, 51, 159, 2, 108, 54, 195, 81, 255, 194, 255, 191, 204, 114, 235, 200, 228,
            255, 169, 187, 70, 213,
        ];
        assert_eq!(Squeezed::new(WORDS).bytes(), CODES);
        assert_eq!(Squeezed::kept(&CODES).map(|kept| kept.text()).as_deref(), Some(WORDS));
    }

    #[test]
    fn a_cut_text_is_refused() {
        assert_eq!(Squeezed::kept(&[7, ITSELF]), None);
        assert_eq!(Squeezed::kept(&[]).map(|kept| kept.text()).as_deref(), Some(""));
    }

    #[test]
    fn a_text_in_another_script_does_not_grow() {
        let text = "我的订单还没有到";
        let squeezed = Squeezed::new(text);
        assert_eq!((squeezed.text().as_str(), squeezed.bytes().len()), (text, text.len() + 2));
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in any::<String>()) {
            let squeezed = Squeezed::new(&text);
            prop_assert_eq!(Squeezed::kept(squeezed.bytes()), Some(squeezed.clone()));
            prop_assert_eq!(squeezed.text(), text);
        }

        #[test]
        fn no_bytes_hurt(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(kept) = Squeezed::kept(&bytes) {
                kept.text();
            }
        }
    }
}
