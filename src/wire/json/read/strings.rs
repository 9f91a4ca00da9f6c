//! Strings: where they end, and what their escapes stand for.

use super::{Fault, Reader};

impl Reader<'_> {
    /// Passes over a string.
    pub(super) fn skip_string(&mut self) -> Result<(), Fault> {
        if self.token() != Some(b'"') {
            return Err(self.fault("expected a string"));
        }
        let bytes = self.text.as_bytes();
        let mut end = plain_end(bytes, self.at + 1);
        while self.byte(end) == Some(b'\\') {
            end = plain_end(bytes, self.escape(end)?.1);
        }
        self.closing_quote(end)
    }

    /// A string with escapes: `start` is behind the opening quote, `end` at the first byte that is not plain.
    pub(super) fn unescape(&mut self, start: usize, end: usize) -> Result<String, Fault> {
        let mut out = String::with_capacity(end - start + 64);
        let (mut start, mut end) = (start, end);
        loop {
            out.push_str(&self.text[start..end]);
            if self.byte(end) != Some(b'\\') {
                self.closing_quote(end)?;
                return Ok(out);
            }
            let (character, after) = self.escape(end)?;
            out.push(character);
            (start, end) = (after, plain_end(self.text.as_bytes(), after));
        }
    }

    fn closing_quote(&mut self, at: usize) -> Result<(), Fault> {
        self.at = at;
        match self.byte(at) {
            Some(b'"') => self.at += 1,
            Some(_) => return Err(self.fault("a control character inside a string")),
            None => return Err(self.fault("the text ends inside a string")),
        }
        Ok(())
    }

    /// The character that the escape at `at` stands for, and where it ends.
    fn escape(&self, at: usize) -> Result<(char, usize), Fault> {
        let character = match self.byte(at + 1) {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => return self.unicode_escape(at),
            Some(_) | None => return Err(Fault { at, what: "an unknown escape" }),
        };
        Ok((character, at + 2))
    }

    fn unicode_escape(&self, at: usize) -> Result<(char, usize), Fault> {
        let (first, after) = (self.hex(at + 2)?, at + 6);
        if (0xd800..0xdc00).contains(&first) && self.text.as_bytes()[after..].starts_with(b"\\u") {
            let second = self.hex(after + 2)?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), after + 6));
            }
        }
        Ok((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), after))
    }

    /// Four hexadecimal digits.
    fn hex(&self, at: usize) -> Result<u32, Fault> {
        let digits = self.text.as_bytes().get(at..at + 4).unwrap_or_default();
        let value = digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?));
        value.filter(|_| digits.len() == 4).ok_or(Fault { at, what: "expected four hexadecimal digits" })
    }
}

/// The first byte from `at` on that is a quote, a backslash or a control character; eight bytes at a time.
#[inline]
pub(super) fn plain_end(bytes: &[u8], at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The high bit of every byte that is zero. A byte above a zero byte may be marked too: only the lowest counts.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut at = at;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let marks = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\'))) | control;
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\') {
        at += 1;
    }
    at
}
