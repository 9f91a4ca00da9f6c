//! The reading half of the alphabet. Trusts nothing.

use super::WORDS;
use crate::domain::ids::Millis;
use crate::domain::squeeze::Squeezed;
use crate::wire::Problem;

/// Room made for a list before its elements have proved to be there.
const LIST_ROOM: usize = 32;

/// Reads what a [`super::Writer`] wrote. `'a` is the life of the bytes.
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
    match get(&mut reader) {
        Ok(value) if reader.rest.is_empty() => Ok(value),
        Ok(_) => Err(reader.problem(bytes, Broken::Rest)),
        Err(broken) => Err(reader.problem(bytes, broken)),
    }
}

/// Reads the beginning of a record.
pub fn read_head<'a, T>(bytes: &'a [u8], get: impl FnOnce(&mut Reader<'a>) -> Read<T>) -> Result<T, Problem> {
    let mut reader = Reader { rest: bytes, base: 0, words: Vec::new(), stem: "" };
    get(&mut reader).map_err(|broken| reader.problem(bytes, broken))
}

impl<'a> Reader<'a> {
    fn problem(&self, bytes: &[u8], broken: Broken) -> Problem {
        let at = bytes.len() - self.rest.len();
        Problem { stage: "decode", error: format!("{} at byte {at}", broken.what()), field: None }
    }

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

    #[inline(never)]
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

    #[inline]
    pub fn signed(&mut self) -> Read<i64> {
        let value = self.count()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    #[inline]
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

    #[inline]
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

    pub fn kept(&mut self) -> Read<Squeezed> {
        let len = self.count()?;
        Squeezed::kept(self.take(len)?).ok_or(Broken::Text)
    }

    pub fn kept_option(&mut self) -> Read<Option<Squeezed>> {
        match self.count()? {
            0 => Ok(None),
            tag => Squeezed::kept(self.take(tag - 1)?).ok_or(Broken::Text).map(Some),
        }
    }

    #[inline]
    pub fn word(&mut self) -> Read<String> {
        match self.count()? {
            tag if tag & 1 == 1 => self.known(tag >> 1),
            tag => self.new_word(tag >> 1),
        }
    }

    #[inline]
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

    #[inline(never)]
    fn known(&self, place: u64) -> Read<String> {
        let place = usize::try_from(place).map_err(|_| Broken::Word)?;
        let (head, tail) = self.words.get(place).ok_or(Broken::Word)?;
        Ok(joined(head, tail))
    }

    #[inline]
    fn new_word(&mut self, len: u64) -> Read<String> {
        let word = self.str(len)?;
        self.add("", word);
        Ok(word.to_owned())
    }

    #[inline]
    fn add(&mut self, head: &'a str, tail: &'a str) {
        if self.words.len() < WORDS {
            self.words.push((head, tail));
        }
    }

    #[inline]
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
    if head.is_empty() {
        return tail.to_owned();
    }
    let mut word = String::with_capacity(head.len() + tail.len());
    word.push_str(head);
    word.push_str(tail);
    word
}
