//! The reader: RFC 8259 to the letter, but that a lone surrogate escape (a cut emoji) becomes U+FFFD.
//!
//! Absent: recursion. Nesting is a counter with a limit, so no input can overflow the stack.

mod strings;

use std::borrow::Cow;

use strings::plain_end;

/// Brackets that may be open at once.
pub const DEPTH_MAX: u32 = 128;

/// Where the text stops being JSON, and why. Never holds content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte position in the text.
    pub at: usize,
    pub what: &'static str,
}

/// What the next value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    Text,
    Array,
    Object,
}

/// A place in a JSON text. The caller asks for the [`Kind`] of the next value and then takes it.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// An object was just opened: no comma before its first name.
    fresh: bool,
}

/// Reads a whole text for nothing but its being one JSON value.
pub fn check(text: &str) -> Result<(), Fault> {
    let mut reader = Reader::new(text);
    reader.raw()?;
    reader.finish()
}

impl<'a> Reader<'a> {
    /// Starts before the first value; a leading byte order mark is passed over.
    pub fn new(text: &'a str) -> Reader<'a> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Reader { text, at, fresh: false }
    }

    /// What comes next; nothing but white space is consumed.
    #[inline]
    pub fn kind(&mut self) -> Result<Kind, Fault> {
        match self.token() {
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(_) => Err(self.fault("expected a value")),
            None => Err(self.fault("the text ends where a value was expected")),
        }
    }

    /// Takes `null`.
    pub fn null(&mut self) -> Result<(), Fault> {
        self.literal("null")
    }

    /// Takes `true` or `false`.
    pub fn boolean(&mut self) -> Result<bool, Fault> {
        let is_true = self.token() == Some(b't');
        self.literal(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    /// Takes a number, as it is written.
    pub fn number(&mut self) -> Result<&'a str, Fault> {
        self.token();
        let start = self.at;
        self.skip_number()?;
        Ok(&self.text[start..self.at])
    }

    /// Takes a string; borrowed where it holds no escape.
    #[inline]
    pub fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.token() != Some(b'"') {
            return Err(self.fault("expected a string"));
        }
        let start = self.at + 1;
        let end = plain_end(self.text.as_bytes(), start);
        if self.byte(end) == Some(b'"') {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.unescape(start, end).map(Cow::Owned)
    }

    /// Takes any value, whole and checked, as it is written.
    pub fn raw(&mut self) -> Result<&'a str, Fault> {
        self.token();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Takes the opening bracket of an object; then call [`Reader::next_name`] until it says `None`.
    pub fn open(&mut self) -> Result<(), Fault> {
        if self.token() != Some(b'{') {
            return Err(self.fault("expected an object"));
        }
        self.at += 1;
        self.fresh = true;
        Ok(())
    }

    /// The next name of the open object, its colon taken; `None` once the object is closed.
    #[inline]
    pub fn next_name(&mut self) -> Result<Option<Cow<'a, str>>, Fault> {
        let fresh = std::mem::replace(&mut self.fresh, false);
        match self.token() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !fresh => self.at += 1,
            Some(_) if fresh => {}
            Some(_) => return Err(self.fault("expected a comma or the end of the object")),
            None => return Err(self.fault("the text ends inside an object")),
        }
        let name = self.string()?;
        self.colon()?;
        Ok(Some(name))
    }

    /// Nothing may follow but white space.
    pub fn finish(&mut self) -> Result<(), Fault> {
        match self.token() {
            None => Ok(()),
            Some(_) => Err(self.fault("something follows the value")),
        }
    }

    /// The next byte that is not white space.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                other => return Some(*other),
            }
        }
        None
    }

    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    #[cold]
    fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at, what }
    }

    fn literal(&mut self, word: &'static str) -> Result<(), Fault> {
        self.token();
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("expected a value"));
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Fault> {
        if self.token() != Some(b':') {
            return Err(self.fault("expected a colon"));
        }
        self.at += 1;
        Ok(())
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn skip_number(&mut self) -> Result<(), Fault> {
        if self.byte(self.at) == Some(b'-') {
            self.at += 1;
        }
        if self.byte(self.at) == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte(self.at) == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte(self.at) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault("expected a digit")) } else { Ok(()) }
    }

    /// Passes over one value. `objects` is the stack of open brackets, a bit each (set: an object).
    fn skip(&mut self) -> Result<(), Fault> {
        let (mut objects, mut depth) = (0_u128, 0_u32);
        loop {
            match self.kind()? {
                Kind::Null => self.null()?,
                Kind::Bool => {
                    self.boolean()?;
                }
                Kind::Number => self.skip_number()?,
                Kind::Text => self.skip_string()?,
                bracket @ (Kind::Object | Kind::Array) => {
                    if depth == DEPTH_MAX {
                        return Err(self.fault("nested too deep"));
                    }
                    let is_object = bracket == Kind::Object;
                    (objects, depth) = (objects << 1 | u128::from(is_object), depth + 1);
                    self.at += 1;
                    if self.token() != Some(if is_object { b'}' } else { b']' }) {
                        if is_object {
                            self.skip_name()?;
                        }
                        continue;
                    }
                }
            }
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let is_object = objects & 1 == 1;
                match self.token() {
                    Some(b',') => {
                        self.at += 1;
                        if is_object {
                            self.skip_name()?;
                        }
                        break;
                    }
                    Some(b'}') if is_object => self.at += 1,
                    Some(b']') if !is_object => self.at += 1,
                    Some(_) => return Err(self.fault("expected a comma or a closing bracket")),
                    None => return Err(self.fault("the text ends inside brackets")),
                }
                (objects, depth) = (objects >> 1, depth - 1);
            }
        }
    }

    fn skip_name(&mut self) -> Result<(), Fault> {
        self.skip_string()?;
        self.colon()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    #[test]
    fn strings_are_read_as_written() {
        let cases = [
            (r#""""#, ""),
            (r#" "plain, longer than a word of eight" "#, "plain, longer than a word of eight"),
            (r#""a\"b\\c\/d\n\t\r\b\f""#, "a\"b\\c/d\n\t\r\u{8}\u{c}"),
            (r#""\u00e4\u20AC\ud83d\ude00""#, "ä€😀"),
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ude00 \ud83dx\ud83d\u0041""#, "\u{fffd} \u{fffd}x\u{fffd}A"),
            (r#""nul \u0000 and ünïcode \u007f""#, "nul \0 and ünïcode \u{7f}"),
        ];
        for (text, expected) in cases {
            assert_eq!(Reader::new(text).string().as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_string_without_escapes_borrows() {
        assert!(matches!(Reader::new("\"Grüße, no escapes here\"").string(), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn values_are_kept_as_written() {
        let cases =
            ["500.00", "-0", "12345678901234567890123", "1e999", "[1, {\"a\":[]}]", "{}", "true", "null"];
        for text in cases {
            assert_eq!(Reader::new(text).raw(), Ok(text));
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let cases = [
            ("", 0, "the text ends where a value was expected"),
            ("  ", 2, "the text ends where a value was expected"),
            ("{\"a\":1,}", 7, "expected a string"),
            ("{,}", 1, "expected a string"),
            ("[1 2]", 3, "expected a comma or a closing bracket"),
            ("{\"a\":1]", 6, "expected a comma or a closing bracket"),
            ("[1", 2, "the text ends inside brackets"),
            ("{\"a\" 1}", 5, "expected a colon"),
            ("01", 1, "something follows the value"),
            ("1.", 2, "expected a digit"),
            ("nul", 0, "expected a value"),
            ("\"a", 2, "the text ends inside a string"),
            ("\"a\nb\"", 2, "a control character inside a string"),
            ("\"\\x\"", 1, "an unknown escape"),
            ("\"\\u12\"", 3, "expected four hexadecimal digits"),
            ("{} {}", 3, "something follows the value"),
        ];
        for (text, at, what) in cases {
            assert_eq!(check(text), Err(Fault { at, what }), "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&nested(DEPTH_MAX as usize)), Ok(()));
        assert_eq!(check(&nested(DEPTH_MAX as usize + 1)), Err(Fault { at: 128, what: "nested too deep" }));
        assert_eq!(check(&"[".repeat(100_000)), Err(Fault { at: 128, what: "nested too deep" }));
        assert_eq!(check(&"{\"a\":".repeat(100_000)), Err(Fault { at: 640, what: "nested too deep" }));
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in r#"([\[\]{}:, ]|"[a\\"u0]{0,9}"|-?[0-9.eE+-]{1,4}|true|nul{1,2}){0,12}"#) {
            prop_assert_eq!(check(&text).is_ok(), serde_json::from_str::<IgnoredAny>(&text).is_ok());
        }

        #[test]
        fn reads_the_string_serde_json_wrote(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(Reader::new(&written).string().unwrap(), text);
        }
    }
}
