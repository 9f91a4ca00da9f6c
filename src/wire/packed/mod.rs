//! The alphabet of packed records: varints, times as distances, and words that are stored once.
//!
//! | what | bytes |
//! |---|---|
//! | count, u32 | LEB128 varint |
//! | i64 | zigzag varint |
//! | time | zigzag varint of the distance from a base time the record begins with (wrapping: any i64 survives) |
//! | option of a time or number | byte 0, or 1 and the value |
//! | f32, f64, print (u64) | little endian, 4 or 8 bytes |
//! | text | varint length, UTF-8 |
//! | option of a text | varint 0, or length + 1 and UTF-8 |
//! | kept text, and an option of one | as a text, but squeezed ([`crate::domain::squeeze`]) |
//! | word (a name, a short value: likely to come again) | varint: odd `2n+1`: the n-th word of the record; even `2n`: length n, UTF-8 |
//! | option of a word | varint 0, or the word's varint + 1 and its UTF-8 |
//! | id (event ids of a conversation often begin alike) | as a word, but after an even `2n` a varint: bytes shared with the stem, which is the last id that shared none; n is the length of the rest |
//! | flags | a bit each, the first lowest, as varint |
//! | variant of an enum | a byte: its place in `ALL` |
//!
//! The first `WORDS` words that are written out can be referred to. A writer may write a word out again; a reader
//! does not care. A reader trusts nothing: lengths and counts are checked against what is left before anything is allocated.

mod read;
mod write;

pub use read::{Broken, Read, Reader, read, read_head};
pub use write::Writer;

/// Words of a record that can be referred to.
const WORDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_at_their_edges() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::MAX >> 1, u64::MAX] {
            let mut out = Vec::new();
            Writer::new(&mut out).count(value);
            assert_eq!(read(&out, Reader::count), Ok(value));
            assert!(read(&out[..out.len() - 1], Reader::count).is_err());
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            let mut out = Vec::new();
            Writer::new(&mut out).signed(value);
            assert_eq!(read(&out, Reader::signed), Ok(value));
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        for last in [0x02, 0x81] {
            let mut bytes = [0xff; 10];
            bytes[9] = last;
            assert!(read(&bytes, Reader::count).unwrap_err().error.starts_with("a number is too large"));
        }
    }

    #[test]
    fn times_far_from_the_base_survive() {
        for (base, at) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (5, 5)] {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out);
            writer.set_base(base);
            writer.time(at);
            let time = read(&out, |r| {
                r.set_base(base);
                r.time()
            });
            assert_eq!(time, Ok(at));
        }
    }

    #[test]
    fn what_comes_again_is_written_once() {
        let ids =
            ["conversation-17/turn-1", "conversation-17/turn-2", "conversation-17/turn-1", "ü-1", "ü-2", "é"];
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        for id in ids {
            writer.id(id);
        }
        writer.word("retail");
        writer.word_option(Some("retail"));
        writer.word_option(None);
        // 2 + 22, 2 + 1, 1, 2 + 4, 2 + 1, 2 + 2; 1 + 6, 1, 1.
        assert_eq!(out.len(), 24 + 3 + 1 + 6 + 3 + 4 + 7 + 1 + 1);
        let back = read(&out, |r| {
            let ids = [r.id()?, r.id()?, r.id()?, r.id()?, r.id()?, r.id()?];
            Ok((ids, r.word()?, r.word_option()?, r.word_option()?))
        });
        assert_eq!(back, Ok((ids.map(str::to_owned), "retail".to_owned(), Some("retail".to_owned()), None)));
    }

    #[test]
    fn more_words_than_the_table_holds_survive() {
        let words: Vec<String> = (0..3 * WORDS).map(|n| format!("word {}", n % (2 * WORDS))).collect();
        let mut out = Vec::new();
        Writer::new(&mut out).words(&words);
        assert_eq!(read(&out, Reader::words), Ok(words));
    }
}
