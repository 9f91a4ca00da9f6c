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
//! | word (an id, a name, a short value: likely to come again) | varint: odd `2n+1`: the n-th word of the record; even `2n`: length n, UTF-8 |
//! | option of a word | varint 0, or the word's varint + 1 and its UTF-8 |
//! | flags | a bit each, the first lowest, as varint |
//! | variant of an enum | a byte: its place in `ALL` |
//!
//! The first [`WORDS`] words that are written out can be referred to. A writer may write a word out again; a reader
//! does not care. A reader trusts nothing: lengths and counts are checked against what is left before anything is allocated.

use super::Problem;
use crate::domain::ids::Millis;

/// Words of a record that can be referred to.
const WORDS: usize = 128;
/// Room made for a list before its elements have proved to be there.
const LIST_ROOM: usize = 32;

/// The words of a record, in the order met.
#[derive(Debug)]
struct Words<'s> {
    words: [&'s str; WORDS],
    len: usize,
}

impl<'s> Words<'s> {
    fn new() -> Words<'s> {
        Words { words: [""; WORDS], len: 0 }
    }

    fn get(&self, place: u64) -> Option<&'s str> {
        let place = usize::try_from(place).ok()?;
        self.words[..self.len].get(place).copied()
    }

    fn add(&mut self, word: &'s str) {
        if let Some(place) = self.words.get_mut(self.len) {
            *place = word;
            self.len += 1;
        }
    }
}

/// Where a word was last seen, by a cheap hash: of two words with one hash the first is forgotten and written out again.
#[derive(Debug)]
struct Places([u8; 256]);

impl Places {
    fn of(word: &str) -> usize {
        let bytes = word.as_bytes();
        let mixed = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) => {
                u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29)
            }
            (None, _) | (_, None) => bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        ((mixed ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
    }
}

/// Appends to bytes. `'s` is the life of the record being written.
#[derive(Debug)]
pub struct Writer<'o, 's> {
    out: &'o mut Vec<u8>,
    base: Millis,
    words: Words<'s>,
    places: Places,
}

impl<'o, 's> Writer<'o, 's> {
    pub fn new(out: &'o mut Vec<u8>) -> Writer<'o, 's> {
        Writer { out, base: 0, words: Words::new(), places: Places([0; 256]) }
    }

    /// Later times are distances from this.
    pub fn set_base(&mut self, base: Millis) {
        self.base = base;
    }

    pub fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    #[inline]
    pub fn count(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    pub fn signed(&mut self, value: i64) {
        self.count(((value << 1) ^ (value >> 63)) as u64);
    }

    pub fn time(&mut self, at: Millis) {
        self.signed(at.wrapping_sub(self.base));
    }

    pub fn times(&mut self, all: &[Millis]) {
        self.count(all.len() as u64);
        for at in all {
            self.time(*at);
        }
    }

    /// Whether there is a value, and if so the value.
    pub fn option<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }

    /// The value alone; a flag written before says whether it is there.
    pub fn flagged<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            put(self, value);
        }
    }

    pub fn single(&mut self, value: f32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub fn double(&mut self, value: f64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub fn prints(&mut self, all: &[u64]) {
        self.count(all.len() as u64);
        for print in all {
            self.out.extend_from_slice(&print.to_le_bytes());
        }
    }

    pub fn bytes(&mut self, bytes: &[u8; 16]) {
        self.out.extend_from_slice(bytes);
    }

    pub fn text(&mut self, text: &str) {
        self.text_above(text, 0);
    }

    pub fn text_option(&mut self, text: Option<&str>) {
        match text {
            None => self.byte(0),
            Some(text) => self.text_above(text, 1),
        }
    }

    /// A text whose length is written with `tags` added, so that smaller numbers stay free for other meanings.
    fn text_above(&mut self, text: &str, tags: u64) {
        self.count(text.len() as u64 + tags);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub fn word(&mut self, word: &'s str) {
        self.word_above(word, 0);
    }

    pub fn words(&mut self, all: &'s [String]) {
        self.list(all, |w, word| w.word(word));
    }

    pub fn word_option(&mut self, word: Option<&'s str>) {
        match word {
            None => self.byte(0),
            Some(word) => self.word_above(word, 1),
        }
    }

    fn word_above(&mut self, word: &'s str, tags: u64) {
        let slot = &mut self.places.0[Places::of(word)];
        let place = u64::from(*slot);
        if self.words.get(place) == Some(word) {
            return self.count(place * 2 + 1 + tags);
        }
        *slot = self.words.len as u8;
        self.words.add(word);
        self.count(word.len() as u64 * 2 + tags);
        self.out.extend_from_slice(word.as_bytes());
    }

    pub fn list<T>(&mut self, all: &'s [T], put: impl Fn(&mut Self, &'s T)) {
        self.count(all.len() as u64);
        for element in all {
            put(self, element);
        }
    }

    pub fn flags<const N: usize>(&mut self, flags: [bool; N]) {
        self.count(flags.iter().enumerate().fold(0, |bits, (place, flag)| bits | u64::from(*flag) << place));
    }
}

/// Reads what a [`Writer`] wrote. `'a` is the life of the bytes.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    base: Millis,
    words: Words<'a>,
}

type Read<T> = Result<T, Problem>;

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0, base: 0, words: Words::new() }
    }

    /// Times are distances from this; it stands in the bytes before the first of them.
    pub fn set_base(&mut self, base: Millis) {
        self.base = base;
    }

    #[cold]
    pub fn problem(&self, what: &str) -> Problem {
        Problem { stage: "decode", error: format!("{what} at byte {}", self.at), field: None }
    }

    pub fn finish(self) -> Read<()> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.problem("something follows the record")) }
    }

    #[inline]
    fn take(&mut self, len: u64) -> Read<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        match usize::try_from(len).ok().and_then(|len| rest.get(..len)) {
            Some(taken) => {
                self.at += taken.len();
                Ok(taken)
            }
            None => Err(self.problem("the record is cut")),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        match self.bytes[self.at..].first_chunk::<N>() {
            Some(taken) => {
                self.at += N;
                Ok(*taken)
            }
            None => Err(self.problem("the record is cut")),
        }
    }

    #[inline]
    pub fn byte(&mut self) -> Read<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub fn count(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.problem("a number is too long"))
    }

    /// A count that must fit a smaller type.
    pub fn small<T: TryFrom<u64>>(&mut self) -> Read<T> {
        let value = self.count()?;
        T::try_from(value).map_err(|_| self.problem("a number is too large"))
    }

    pub fn signed(&mut self) -> Read<i64> {
        let value = self.count()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub fn time(&mut self) -> Read<Millis> {
        Ok(self.base.wrapping_add(self.signed()?))
    }

    pub fn times(&mut self) -> Read<Vec<Millis>> {
        self.list(Reader::time)
    }

    pub fn option<T>(&mut self, get: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        match self.byte()? {
            0 => Ok(None),
            1 => get(self).map(Some),
            _ => Err(self.problem("neither there nor absent")),
        }
    }

    pub fn single(&mut self) -> Read<f32> {
        self.array().map(f32::from_le_bytes)
    }

    pub fn double(&mut self) -> Read<f64> {
        self.array().map(f64::from_le_bytes)
    }

    pub fn prints(&mut self) -> Read<Vec<u64>> {
        self.list(|r| r.array().map(u64::from_le_bytes))
    }

    pub fn bytes(&mut self) -> Read<[u8; 16]> {
        self.array()
    }

    fn str(&mut self, len: u64) -> Read<&'a str> {
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|_| self.problem("a text is not UTF-8"))
    }

    pub fn text(&mut self) -> Read<String> {
        let len = self.count()?;
        self.str(len).map(str::to_owned)
    }

    pub fn text_option(&mut self) -> Read<Option<String>> {
        match self.count()? {
            0 => Ok(None),
            tagged => self.str(tagged - 1).map(|text| Some(text.to_owned())),
        }
    }

    pub fn word(&mut self) -> Read<String> {
        let tag = self.count()?;
        self.word_tagged(tag)
    }

    pub fn words(&mut self) -> Read<Vec<String>> {
        self.list(Reader::word)
    }

    pub fn word_option(&mut self) -> Read<Option<String>> {
        match self.count()? {
            0 => Ok(None),
            tag => self.word_tagged(tag - 1).map(Some),
        }
    }

    fn word_tagged(&mut self, tag: u64) -> Read<String> {
        if tag & 1 == 1 {
            let known = self.words.get(tag >> 1);
            return known.map(str::to_owned).ok_or_else(|| self.problem("a word that was not met"));
        }
        let word = self.str(tag >> 1)?;
        self.words.add(word);
        Ok(word.to_owned())
    }

    pub fn list<T>(&mut self, get: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count: usize = self.small()?;
        // Every element takes a byte at least.
        if count > self.bytes.len() - self.at {
            return Err(self.problem("a list is longer than the record"));
        }
        let mut all = Vec::with_capacity(count.min(LIST_ROOM));
        for _ in 0..count {
            all.push(get(self)?);
        }
        Ok(all)
    }

    pub fn flags<const N: usize>(&mut self) -> Read<[bool; N]> {
        let bits = self.count()?;
        if N < 64 && bits >> N != 0 {
            return Err(self.problem("an unknown flag"));
        }
        Ok(std::array::from_fn(|place| bits >> place & 1 == 1))
    }

    pub fn variant<T: Copy>(&mut self, all: &[T]) -> Read<T> {
        let place = self.byte()?;
        all.get(usize::from(place)).copied().ok_or_else(|| self.problem("an unknown variant"))
    }
}
