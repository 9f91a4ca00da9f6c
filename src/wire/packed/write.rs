//! The writing half of the alphabet. Allocates nothing but what `out` grows by.

use super::WORDS;
use crate::domain::ids::Millis;
use crate::domain::squeeze::Squeezed;

/// An id that shares less than this with the stem is a new stem.
const SHARED_MIN: usize = 3;

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
        self.bytes_above(text.as_bytes(), 0);
    }

    pub fn text_option(&mut self, text: Option<&str>) {
        match text {
            None => self.byte(0),
            Some(text) => self.bytes_above(text.as_bytes(), 1),
        }
    }

    pub fn kept(&mut self, text: &Squeezed) {
        self.bytes_above(text.bytes(), 0);
    }

    pub fn kept_option(&mut self, text: Option<&Squeezed>) {
        match text {
            None => self.byte(0),
            Some(text) => self.bytes_above(text.bytes(), 1),
        }
    }

    /// Bytes whose length is written with `tags` added, so that smaller numbers stay free for other meanings.
    fn bytes_above(&mut self, bytes: &[u8], tags: u64) {
        self.count(bytes.len() as u64 + tags);
        self.out.extend_from_slice(bytes);
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
