//! A settings or policy text as a tree that knows where everything stands.
//!
//! A [`Place`] is a file's line, or the name of another source (an environment variable, a `--set`), so that every
//! message can say where to look.

use std::fmt;

use toml::de::{DeTable, DeValue};

/// Where an entry was written. `line` is 0 where the source has no lines.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Place {
    pub source: String,
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.source),
            line => write!(f, "{}:{line}", self.source),
        }
    }
}

/// One key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// Line on which the value's content begins (a text over several lines begins after its quotes).
    pub value_line: u32,
    pub value: Item,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Text(String),
    /// Text from a source without types: it is read as whatever its key wants.
    Word(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    List(Vec<Entry>),
    Table(Vec<Entry>),
    /// Something no key takes; what it is, in words.
    Strange(&'static str),
}

impl Item {
    pub fn text(&self) -> Option<&str> {
        if let Item::Text(text) | Item::Word(text) = self { Some(text) } else { None }
    }

    pub fn whole(&self) -> Option<i64> {
        if let Item::Whole(whole) = self { Some(*whole) } else { self.word() }
    }

    /// A whole number is a number too.
    pub fn number(&self) -> Option<f64> {
        if let Item::Number(number) = self {
            return Some(*number);
        }
        if let Item::Whole(whole) = self { Some(*whole as f64) } else { self.word() }
    }

    pub fn flag(&self) -> Option<bool> {
        if let Item::Flag(flag) = self { Some(*flag) } else { self.word() }
    }

    fn word<T: std::str::FromStr>(&self) -> Option<T> {
        if let Item::Word(word) = self { word.parse().ok() } else { None }
    }

    /// What it is, in words, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Item::Text(_) | Item::Word(_) => "a text",
            Item::Whole(_) => "a whole number",
            Item::Number(_) => "a number",
            Item::Flag(_) => "true or false",
            Item::List(_) => "a list",
            Item::Table(_) => "a table",
            Item::Strange(what) => what,
        }
    }
}

/// The entry under a path of keys.
pub fn find<'a>(entries: &'a [Entry], path: &[&str]) -> Option<&'a Entry> {
    let (first, rest) = path.split_first()?;
    let entry = entries.iter().find(|entry| entry.key == *first)?;
    match &entry.value {
        Item::Table(inner) if !rest.is_empty() => find(inner, rest),
        _ if rest.is_empty() => Some(entry),
        _ => None,
    }
}

/// The text of a file. Errors: `file:line: what is wrong`.
pub fn text(file: &str, bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        format!("{file}:{line}: {NOT_UTF8}")
    })
}

/// What is said of a text of people's files that is none.
pub const NOT_UTF8: &str = "this is not UTF-8; save it as UTF-8";

/// Reads TOML. Errors: `file:line: what is wrong`.
pub fn parse(file: &str, text: &str) -> Result<Vec<Entry>, String> {
    let source = Source::new(file, text);
    match DeTable::parse(text) {
        Ok(table) => Ok(source.entries(table.get_ref())),
        Err(error) => {
            let place = source.place(error.span().map_or(0, |span| span.start));
            Err(format!("{place}: this is not TOML: {}", error.message().replace('\n', "; ")))
        }
    }
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(file: &'a str, text: &'a str) -> Source<'a> {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Source { file, text, line_starts: std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect() }
    }

    fn line(&self, at: usize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }

    fn place(&self, at: usize) -> Place {
        Place { source: self.file.to_owned(), line: self.line(at) }
    }

    fn entries(&self, table: &DeTable<'_>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                place: self.place(key.span().start),
                value_line: self.content_line(value.span().start),
                value: self.item(value.get_ref()),
            })
            .collect();
        entries.sort_by_key(|entry| entry.place.line);
        entries
    }

    /// A text in triple quotes begins on the next line if nothing stands behind the quotes.
    fn content_line(&self, at: usize) -> u32 {
        let raw = self.text.get(at..).unwrap_or_default();
        let opened = raw.strip_prefix("'''").or_else(|| raw.strip_prefix("\"\"\""));
        let skipped = opened.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"));
        self.line(at) + u32::from(skipped)
    }

    fn item(&self, value: &DeValue<'_>) -> Item {
        match value {
            DeValue::String(text) => Item::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Item::Strange("a whole number that is too large"), Item::Whole),
            DeValue::Float(number) => {
                number.as_str().parse().map_or(Item::Strange("not a number"), Item::Number)
            }
            DeValue::Boolean(flag) => Item::Flag(*flag),
            DeValue::Datetime(_) => Item::Strange("a date"),
            DeValue::Array(values) => Item::List(
                values
                    .iter()
                    .map(|value| Entry {
                        key: String::new(),
                        place: self.place(value.span().start),
                        value_line: self.content_line(value.span().start),
                        value: self.item(value.get_ref()),
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Item::Table(self.entries(table)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_knows_its_line() {
        let text = "a = 1_000\n\n[b]\nc = '''\nlong'''\nd = [true,\n 2.5]\n";
        let place = |line| Place { source: "f".into(), line };
        let entry = |key: &str, line, value_line, value| Entry {
            key: key.into(),
            place: place(line),
            value_line,
            value,
        };
        assert_eq!(
            parse("f", text).unwrap(),
            [
                entry("a", 1, 1, Item::Whole(1000)),
                entry(
                    "b",
                    3,
                    3,
                    Item::Table(vec![
                        entry("c", 4, 5, Item::Text("long".into())),
                        entry(
                            "d",
                            6,
                            6,
                            Item::List(vec![
                                entry("", 6, 6, Item::Flag(true)),
                                entry("", 7, 7, Item::Number(2.5))
                            ])
                        ),
                    ])
                ),
            ]
        );
    }

    #[test]
    fn what_is_not_utf8_is_refused_with_its_line() {
        assert_eq!(text("f", b"a = 1".to_vec()), Ok("a = 1".to_owned()));
        let told = Err("f:3: this is not UTF-8; save it as UTF-8".to_owned());
        assert_eq!(text("f", b"a = 1\n\nb = \"\xfcber\"\n".to_vec()), told);
    }

    #[test]
    fn an_entry_is_found_by_its_path() {
        let entries = parse("f", "[a.b]\nc = 1\n").unwrap();
        let line = |path: &[&str]| find(&entries, path).map(|entry| entry.place.line);
        assert_eq!(line(&["a", "b", "c"]), Some(2));
        for none in [&["a", "c"][..], &["a", "b", "c", "d"], &[]] {
            assert_eq!(line(none), None);
        }
    }

    #[test]
    fn what_is_not_toml_is_refused_with_its_line() {
        let error = parse("f.toml", "a = 1\nb = \n").unwrap_err();
        assert!(error.starts_with("f.toml:2: this is not TOML: "), "{error}");
        let error = parse("f.toml", "a = 1\na = 2\n").unwrap_err();
        assert!(error.starts_with("f.toml:2: this is not TOML: "), "{error}");
    }
}
