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
//! | word (a name, a short value: likely to come again) | varint: odd `2n+1`: the n-th word of the record; even `2n`: length n, UTF-8 |
//! | option of a word | varint 0, or the word's varint + 1 and its UTF-8 |
//! | id (event ids of a conversation often begin alike) | as a word, but after an even `2n` a varint: bytes shared with the stem, which is the last id that shared none; n is the length of the rest |
//! | flags | a bit each, the first lowest, as varint |
//! | variant of an enum | a byte: its place in `ALL` |
//!
//! The first [`WORDS`] words that are written out can be referred to. A writer may write a word out again; a reader
//! does not care. A reader trusts nothing: lengths and counts are checked against what is left before anything is allocated.

use super::Problem;
use crate::domain::ids::Millis;

/// Words of a record that can be referred to.
const WORDS: usize = 64;
/// An id that shares less than this with the stem is a new stem.
const SHARED_MIN: usize = 3;
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
    stem: &'s str,
}

impl<'o, 's> Writer<'o, 's> {
    pub fn new(out: &'o mut Vec<u8>) -> Writer<'o, 's> {
        Writer { out, base: 0, words: Words::new(), places: Places([0; 256]), stem: "" }
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
        match self.known(word) {
            Some(place) => self.count(place * 2 + 1 + tags),
            None => {
                self.count(word.len() as u64 * 2 + tags);
                self.out.extend_from_slice(word.as_bytes());
            }
        }
    }

    pub fn id(&mut self, id: &'s str) {
        if let Some(place) = self.known(id) {
            return self.count(place * 2 + 1);
        }
        let alike = self.stem.bytes().zip(id.bytes()).take_while(|(one, other)| one == other).count();
        let (head, tail) = id.split_at(id.floor_char_boundary(alike));
        let (head, tail) = if head.len() < SHARED_MIN { ("", id) } else { (head, tail) };
        if head.is_empty() {
            self.stem = id;
        }
        self.count(tail.len() as u64 * 2);
        self.count(head.len() as u64);
        self.out.extend_from_slice(tail.as_bytes());
    }

    pub fn ids(&mut self, all: &'s [String]) {
        self.list(all, |w, id| w.id(id));
    }

    /// The place of a word that was written before; a new one gets a place.
    fn known(&mut self, word: &'s str) -> Option<u64> {
        let slot = &mut self.places.0[Places::of(word)];
        let place = u64::from(*slot);
        if self.words.get(place) == Some(word) {
            return Some(place);
        }
        *slot = self.words.len as u8;
        self.words.add(word);
        None
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
    rest: &'a [u8],
    base: Millis,
    /// The words met so far, each in two parts: what it shares with the stem, and the rest.
    words: Vec<(&'a str, &'a str)>,
    stem: &'a str,
}

/// Why bytes are not a record. One byte, because every read returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Version,
    Cut,
    Number,
    Option,
    Text,
    Word,
    List,
    Flag,
    Variant,
    Rest,
}

impl Broken {
    fn what(self) -> &'static str {
        match self {
            Broken::Version => "another version",
            Broken::Cut => "the record is cut",
            Broken::Number => "a number is too large",
            Broken::Option => "neither there nor absent",
            Broken::Text => "a text is not UTF-8",
            Broken::Word => "a word that was not met",
            Broken::List => "a list is longer than the record",
            Broken::Flag => "an unknown flag",
            Broken::Variant => "an unknown variant",
            Broken::Rest => "something follows the record",
        }
    }
}

pub type Read<T> = Result<T, Broken>;

/// Reads a whole record: nothing may be left.
pub fn read<'a, T>(bytes: &'a [u8], get: impl FnOnce(&mut Reader<'a>) -> Read<T>) -> Result<T, Problem> {
    let mut reader = Reader { rest: bytes, base: 0, words: Vec::with_capacity(LIST_ROOM), stem: "" };
    let value =
        get(&mut reader).and_then(|value| if reader.rest.is_empty() { Ok(value) } else { Err(Broken::Rest) });
    value.map_err(|broken| {
        let at = bytes.len() - reader.rest.len();
        Problem { stage: "decode", error: format!("{} at byte {at}", broken.what()), field: None }
    })
}

impl<'a> Reader<'a> {
    /// Later times are distances from this.
    pub fn set_base(&mut self, base: Millis) {
        self.base = base;
    }

    #[inline]
    fn take(&mut self, len: u64) -> Read<&'a [u8]> {
        let len = usize::try_from(len).map_err(|_| Broken::Cut)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Broken::Cut)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Broken::Cut)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    pub fn byte(&mut self) -> Read<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    #[inline]
    pub fn count(&mut self) -> Read<u64> {
        match self.byte()? {
            byte @ 0..0x80 => Ok(u64::from(byte)),
            byte => self.long_count(byte),
        }
    }

    fn long_count(&mut self, first: u8) -> Read<u64> {
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Broken::Number)
    }

    /// A count that must fit a smaller type.
    #[inline]
    pub fn small<T: TryFrom<u64>>(&mut self) -> Read<T> {
        T::try_from(self.count()?).map_err(|_| Broken::Number)
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
            _ => Err(Broken::Option),
        }
    }

    pub fn single(&mut self) -> Read<f32> {
        self.array().map(f32::from_le_bytes)
    }

    pub fn double(&mut self) -> Read<f64> {
        self.array().map(f64::from_le_bytes)
    }

    pub fn prints(&mut self) -> Read<Vec<u64>> {
        let count = self.count()?;
        let bytes = self.take(count.checked_mul(8).ok_or(Broken::List)?)?;
        Ok(bytes.as_chunks().0.iter().map(|print| u64::from_le_bytes(*print)).collect())
    }

    pub fn bytes(&mut self) -> Read<[u8; 16]> {
        self.array()
    }

    #[inline]
    fn str(&mut self, len: u64) -> Read<&'a str> {
        std::str::from_utf8(self.take(len)?).map_err(|_| Broken::Text)
    }

    pub fn text(&mut self) -> Read<String> {
        let len = self.count()?;
        Ok(self.str(len)?.to_owned())
    }

    pub fn text_option(&mut self) -> Read<Option<String>> {
        match self.count()? {
            0 => Ok(None),
            tag => Ok(Some(self.str(tag - 1)?.to_owned())),
        }
    }

    pub fn word(&mut self) -> Read<String> {
        match self.count()? {
            tag if tag & 1 == 1 => self.known(tag >> 1),
            tag => self.new_word(tag >> 1),
        }
    }

    pub fn word_option(&mut self) -> Read<Option<String>> {
        match self.count()? {
            0 => Ok(None),
            tag if tag & 1 == 0 => self.known((tag - 1) >> 1).map(Some),
            tag => self.new_word((tag - 1) >> 1).map(Some),
        }
    }

    pub fn words(&mut self) -> Read<Vec<String>> {
        self.list(Reader::word)
    }

    pub fn id(&mut self) -> Read<String> {
        let tag = self.count()?;
        if tag & 1 == 1 {
            return self.known(tag >> 1);
        }
        let shared: usize = self.small()?;
        let head = self.stem.get(..shared).ok_or(Broken::Word)?;
        let tail = self.str(tag >> 1)?;
        if shared == 0 {
            self.stem = tail;
        }
        self.add(head, tail);
        Ok(joined(head, tail))
    }

    pub fn ids(&mut self) -> Read<Vec<String>> {
        self.list(Reader::id)
    }

    fn known(&self, place: u64) -> Read<String> {
        let place = usize::try_from(place).map_err(|_| Broken::Word)?;
        let (head, tail) = self.words.get(place).ok_or(Broken::Word)?;
        Ok(joined(head, tail))
    }

    fn new_word(&mut self, len: u64) -> Read<String> {
        let word = self.str(len)?;
        self.add("", word);
        Ok(word.to_owned())
    }

    fn add(&mut self, head: &'a str, tail: &'a str) {
        if self.words.len() < WORDS {
            self.words.push((head, tail));
        }
    }

    pub fn list<T>(&mut self, get: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count: usize = self.small()?;
        // Every element takes a byte at least.
        if count > self.rest.len() {
            return Err(Broken::List);
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
            return Err(Broken::Flag);
        }
        Ok(std::array::from_fn(|place| bits >> place & 1 == 1))
    }

    pub fn variant<T: Copy>(&mut self, all: &[T]) -> Read<T> {
        let place = self.byte()?;
        all.get(usize::from(place)).copied().ok_or(Broken::Variant)
    }
}

fn joined(head: &str, tail: &str) -> String {
    let mut word = String::with_capacity(head.len() + tail.len());
    word.push_str(head);
    word.push_str(tail);
    word
}
