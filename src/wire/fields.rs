//! One description of a set of keys, used to read them and to write them.
//!
//! A type that is kept as TOML names its keys once, against [`Fields`]. [`Reader`] lays what a text says over the value
//! and collects every problem; [`Writer`] writes the value so that reading it back yields the same.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::domain::ids::Millis;
use crate::domain::rule::nearest::nearest;

use super::document::{Entry, Item, Place};

/// A visitor over keys. Every key is visited once, in the order in which it is written.
pub trait Fields: Sized {
    /// A table of its own.
    fn table(&mut self, key: &'static str, body: impl FnOnce(&mut Self));
    fn flag(&mut self, key: &'static str, value: &mut bool);
    fn number(&mut self, key: &'static str, value: &mut f64, range: RangeInclusive<f64>);
    fn whole<T>(&mut self, key: &'static str, value: &mut T, range: RangeInclusive<i64>)
    where
        T: Copy + TryFrom<i64> + TryInto<i64>;
    fn optional_whole(&mut self, key: &'static str, value: &mut Option<i64>, range: RangeInclusive<i64>);
    /// Milliseconds under a key that ends in `_ms`; `"30m"` is taken too, and under the key without `_ms`.
    fn duration(&mut self, key: &'static str, value: &mut Millis, range: RangeInclusive<Millis>);
    /// A text; `check` says what is wrong with it and what to do.
    fn text(&mut self, key: &'static str, value: &mut String, check: Check);
    /// An empty text is `None`.
    fn optional_text(&mut self, key: &'static str, value: &mut Option<String>);
    fn texts(&mut self, key: &'static str, value: &mut Vec<String>, check: Check);
    /// One of a closed list of words.
    fn word<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        value: &mut T,
        all: &[T],
        name: fn(T) -> &'static str,
    );
    /// A table of durations whose keys are the user's.
    fn durations(
        &mut self,
        key: &'static str,
        value: &mut Vec<(String, Millis)>,
        range: RangeInclusive<Millis>,
    );
    /// A table of texts whose keys are the user's (dotted keys and nested tables are the same; scalars become texts).
    fn properties(&mut self, key: &'static str, value: &mut BTreeMap<String, String>);
}

/// What is wrong with a text, and the remedy.
pub type Check = fn(&str) -> Result<(), String>;

/// Nothing is wrong with any text.
pub fn any(_: &str) -> Result<(), String> {
    Ok(())
}

/// `"90s"`, `"30m"`, `"72h"`, `"1d"`, `"250ms"` as milliseconds.
pub fn parse_duration(text: &str) -> Option<Millis> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    text[..digits].parse::<Millis>().ok()?.checked_mul(unit)
}

/// Milliseconds in words: `72 h`, `1.5 s`.
pub fn spell_duration(ms: Millis) -> String {
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)] {
        let enough = if unit == "d" { ms >= 4 * size } else { ms >= size };
        if enough && ms % (size / 10) == 0 {
            return if ms % size == 0 {
                format!("{} {unit}", ms / size)
            } else {
                format!("{} {unit}", ms as f64 / size as f64)
            };
        }
    }
    format!("{ms} ms")
}

/// Lays what a text says over values, and collects every problem on the way.
#[derive(Debug)]
pub struct Reader {
    frames: Vec<Frame>,
    problems: Vec<(Place, String)>,
    /// Paths of the keys that were asked for and not there.
    pub missing: Vec<String>,
}

#[derive(Debug)]
struct Frame {
    path: String,
    entries: Vec<Entry>,
    known: Vec<String>,
}

impl Reader {
    pub fn new(entries: Vec<Entry>) -> Reader {
        let root = Frame { path: String::new(), entries, known: Vec::new() };
        Reader { frames: vec![root], problems: Vec::new(), missing: Vec::new() }
    }

    /// Ends the reading. Errors: every problem, a line each, in the order of their places.
    pub fn finish(mut self) -> Result<(), String> {
        while let Some(frame) = self.frames.pop() {
            self.close(frame);
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort_by_key(|(place, _)| place.line);
        let mut lines: Vec<String> =
            self.problems.into_iter().map(|(place, what)| format!("{place}: {what}")).collect();
        lines.dedup();
        Err(lines.join("\n"))
    }

    /// Adds a problem at a place.
    pub fn problem(&mut self, place: &Place, what: String) {
        self.problems.push((place.clone(), what));
    }

    /// Where a key of the open table stands, and the line on which its value begins.
    pub fn place_of(&self, key: &str) -> Option<(Place, u32)> {
        let entry = self.frames.last()?.entries.iter().find(|entry| entry.key == key)?;
        Some((entry.place.clone(), entry.value_line))
    }

    /// A list of tables; `each` reads one. `None` where the key is not there.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        mut each: impl FnMut(&mut Reader, &Place) -> T,
    ) -> Option<Vec<T>> {
        let entry = self.take(key)?;
        let Item::List(elements) = entry.value else {
            self.wrong(&entry, key, &format!("a list of tables is wanted; write [[{key}]]"));
            return None;
        };
        let mut read = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            let path = format!("{}[{}]", self.path(key), index + 1);
            match element.value {
                Item::Table(entries) => {
                    // An array-of-tables element is placed by its first key: the header belongs to the list.
                    let place = entries.first().map_or(element.place, |first| first.place.clone());
                    self.frames.push(Frame { path, entries, known: Vec::new() });
                    read.push(each(self, &place));
                    self.close_top();
                }
                Item::Text(_)
                | Item::Word(_)
                | Item::Whole(_)
                | Item::Number(_)
                | Item::Flag(_)
                | Item::List(_)
                | Item::Strange(_) => {
                    self.problem(&element.place, format!("{path}: a table is wanted; write [[{key}]]"))
                }
            }
        }
        Some(read)
    }

    fn path(&self, key: &str) -> String {
        match self.frames.last() {
            Some(frame) if !frame.path.is_empty() => format!("{}.{key}", frame.path),
            _ => key.to_owned(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Entry> {
        let found = self.frames.last_mut().and_then(|frame| {
            frame.known.push(key.to_owned());
            frame.entries.iter().position(|entry| entry.key == key).map(|at| frame.entries.remove(at))
        });
        if found.is_none() {
            let path = self.path(key);
            self.missing.push(path);
        }
        found
    }

    fn wrong(&mut self, entry: &Entry, key: &str, what: &str) {
        let what = format!("{}: {what}, not {}", self.path(key), entry.value.kind());
        self.problem(&entry.place, what);
    }

    fn out_of_range(&mut self, entry: &Entry, key: &str, got: &str, low: &str, high: &str) {
        let what = format!("{}: {got} is out of range; set it from {low} to {high}", self.path(key));
        self.problem(&entry.place, what);
    }

    fn close_top(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.close(frame);
        }
    }

    fn close(&mut self, frame: Frame) {
        let prefix = if frame.path.is_empty() { String::new() } else { format!("{}.", frame.path) };
        for entry in frame.entries {
            let hint = match nearest(&entry.key, frame.known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {prefix}{near}?"),
                None => format!("known here: {}", frame.known.join(", ")),
            };
            let place = first_place(&entry);
            self.problem(&place, format!("{prefix}{}: unknown key; {hint}", entry.key));
        }
    }

    fn read_duration(&mut self, key: &'static str, range: &RangeInclusive<Millis>) -> Option<Millis> {
        let short = key.strip_suffix("_ms").unwrap_or(key);
        let (entry, named) = match self.take_quietly(short).filter(|_| short != key) {
            Some(entry) => (entry, short),
            None => (self.take(key)?, key),
        };
        let ms = match &entry.value {
            Item::Whole(ms) if named == key => Some(*ms),
            Item::Text(text) => parse_duration(text),
            Item::Word(text) => parse_duration(text).or_else(|| text.parse().ok().filter(|_| named == key)),
            Item::Whole(_)
            | Item::Number(_)
            | Item::Flag(_)
            | Item::List(_)
            | Item::Table(_)
            | Item::Strange(_) => None,
        };
        let Some(ms) = ms else {
            let what = format!(
                "{}: a duration is wanted; write {key} = 60000 or {short} = \"60s\" (ms, s, m, h, d)",
                self.path(named)
            );
            self.problem(&entry.place, what);
            return None;
        };
        if !range.contains(&ms) {
            let (low, high) = (spell_duration(*range.start()), spell_duration(*range.end()));
            self.out_of_range(&entry, named, &spell_duration(ms), &low, &high);
            return None;
        }
        Some(ms)
    }

    fn take_quietly(&mut self, key: &str) -> Option<Entry> {
        let frame = self.frames.last_mut()?;
        frame.entries.iter().position(|entry| entry.key == key).map(|at| frame.entries.remove(at))
    }

    fn read_whole(&mut self, key: &'static str, range: &RangeInclusive<i64>) -> Option<i64> {
        let entry = self.take(key)?;
        let whole = match &entry.value {
            Item::Whole(whole) => Some(*whole),
            Item::Word(text) => text.parse().ok(),
            Item::Text(_)
            | Item::Number(_)
            | Item::Flag(_)
            | Item::List(_)
            | Item::Table(_)
            | Item::Strange(_) => None,
        };
        match whole {
            Some(whole) if range.contains(&whole) => Some(whole),
            Some(whole) => {
                let (low, high) = (range.start().to_string(), range.end().to_string());
                self.out_of_range(&entry, key, &whole.to_string(), &low, &high);
                None
            }
            None => {
                self.wrong(&entry, key, "a whole number is wanted");
                None
            }
        }
    }

    fn read_text(&mut self, key: &'static str) -> Option<(Place, String)> {
        let entry = self.take(key)?;
        match entry.value {
            Item::Text(text) | Item::Word(text) => Some((entry.place, text)),
            Item::Whole(_)
            | Item::Number(_)
            | Item::Flag(_)
            | Item::List(_)
            | Item::Table(_)
            | Item::Strange(_) => {
                self.wrong(&entry, key, "a text is wanted (in quotes)");
                None
            }
        }
    }
}

/// An unknown table that several sources made has no place of its own.
fn first_place(entry: &Entry) -> Place {
    match &entry.value {
        Item::Table(entries) if entry.place.source.is_empty() => {
            entries.first().map(first_place).unwrap_or_default()
        }
        Item::Table(_)
        | Item::Text(_)
        | Item::Word(_)
        | Item::Whole(_)
        | Item::Number(_)
        | Item::Flag(_)
        | Item::List(_)
        | Item::Strange(_) => entry.place.clone(),
    }
}

impl Fields for Reader {
    fn table(&mut self, key: &'static str, body: impl FnOnce(&mut Self)) {
        let path = self.path(key);
        let entries = match self.take(key) {
            None => Vec::new(),
            Some(Entry { value: Item::Table(entries), .. }) => entries,
            Some(entry) => {
                self.wrong(&entry, key, &format!("a table is wanted; write [{path}]"));
                Vec::new()
            }
        };
        self.frames.push(Frame { path, entries, known: Vec::new() });
        body(self);
        self.close_top();
    }

    fn flag(&mut self, key: &'static str, value: &mut bool) {
        let Some(entry) = self.take(key) else { return };
        match &entry.value {
            Item::Flag(flag) => *value = *flag,
            Item::Word(text) if text == "true" => *value = true,
            Item::Word(text) if text == "false" => *value = false,
            Item::Word(_)
            | Item::Text(_)
            | Item::Whole(_)
            | Item::Number(_)
            | Item::List(_)
            | Item::Table(_)
            | Item::Strange(_) => self.wrong(&entry, key, "true or false is wanted (without quotes)"),
        }
    }

    fn number(&mut self, key: &'static str, value: &mut f64, range: RangeInclusive<f64>) {
        let Some(entry) = self.take(key) else { return };
        let number = match &entry.value {
            Item::Number(number) => Some(*number),
            Item::Whole(whole) => Some(*whole as f64),
            Item::Word(text) => text.parse().ok(),
            Item::Text(_) | Item::Flag(_) | Item::List(_) | Item::Table(_) | Item::Strange(_) => None,
        };
        match number {
            Some(number) if range.contains(&number) => *value = number,
            Some(number) => {
                let (low, high) = (range.start().to_string(), range.end().to_string());
                self.out_of_range(&entry, key, &number.to_string(), &low, &high);
            }
            None => self.wrong(&entry, key, "a number is wanted"),
        }
    }

    fn whole<T>(&mut self, key: &'static str, value: &mut T, range: RangeInclusive<i64>)
    where
        T: Copy + TryFrom<i64> + TryInto<i64>,
    {
        if let Some(whole) = self.read_whole(key, &range).and_then(|whole| T::try_from(whole).ok()) {
            *value = whole;
        }
    }

    fn optional_whole(&mut self, key: &'static str, value: &mut Option<i64>, range: RangeInclusive<i64>) {
        if let Some(whole) = self.read_whole(key, &range) {
            *value = Some(whole);
        }
    }

    fn duration(&mut self, key: &'static str, value: &mut Millis, range: RangeInclusive<Millis>) {
        if let Some(ms) = self.read_duration(key, &range) {
            *value = ms;
        }
    }

    fn text(&mut self, key: &'static str, value: &mut String, check: Check) {
        let Some((place, text)) = self.read_text(key) else { return };
        match check(&text) {
            Ok(()) => *value = text,
            Err(what) => {
                let what = format!("{}: {what}", self.path(key));
                self.problem(&place, what);
            }
        }
    }

    fn optional_text(&mut self, key: &'static str, value: &mut Option<String>) {
        if let Some((_, text)) = self.read_text(key) {
            *value = Some(text).filter(|text| !text.is_empty());
        }
    }

    fn texts(&mut self, key: &'static str, value: &mut Vec<String>, check: Check) {
        let Some(entry) = self.take(key) else { return };
        let words: Vec<(Place, Item)> = match &entry.value {
            Item::List(elements) => {
                elements.iter().map(|one| (one.place.clone(), one.value.clone())).collect()
            }
            Item::Word(text) => text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(|word| (entry.place.clone(), Item::Word(word.to_owned())))
                .collect(),
            Item::Text(_)
            | Item::Whole(_)
            | Item::Number(_)
            | Item::Flag(_)
            | Item::Table(_)
            | Item::Strange(_) => {
                return self.wrong(&entry, key, "a list of texts is wanted, such as [\"a\", \"b\"]");
            }
        };
        let mut texts = Vec::with_capacity(words.len());
        for (place, word) in words {
            let checked = match word {
                Item::Text(text) | Item::Word(text) => check(&text).map(|()| text),
                Item::Whole(_)
                | Item::Number(_)
                | Item::Flag(_)
                | Item::List(_)
                | Item::Table(_)
                | Item::Strange(_) => {
                    Err(format!("every entry must be a text (in quotes), not {}", word.kind()))
                }
            };
            match checked {
                Ok(text) => texts.push(text),
                Err(what) => {
                    let what = format!("{}: {what}", self.path(key));
                    self.problem(&place, what);
                }
            }
        }
        *value = texts;
    }

    fn word<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        value: &mut T,
        all: &[T],
        name: fn(T) -> &'static str,
    ) {
        let Some((place, text)) = self.read_text(key) else { return };
        if let Some(known) = all.iter().find(|one| name(**one) == text) {
            *value = *known;
            return;
        }
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        let hint = match nearest(&text, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write one of: {}", names.join(", ")),
        };
        let what = format!("{}: \"{text}\" is not known here; {hint}", self.path(key));
        self.problem(&place, what);
    }

    fn durations(
        &mut self,
        key: &'static str,
        value: &mut Vec<(String, Millis)>,
        range: RangeInclusive<Millis>,
    ) {
        let Some(entry) = self.take(key) else { return };
        let Item::Table(entries) = entry.value else {
            return self.wrong(&entry, key, "a table of durations is wanted");
        };
        let path = self.path(key);
        let mut read = Vec::with_capacity(entries.len());
        for one in entries {
            let ms = match &one.value {
                Item::Whole(ms) => Some(*ms),
                Item::Text(text) | Item::Word(text) => parse_duration(text).or_else(|| text.parse().ok()),
                Item::Number(_) | Item::Flag(_) | Item::List(_) | Item::Table(_) | Item::Strange(_) => None,
            };
            match ms.filter(|ms| range.contains(ms)) {
                Some(ms) => read.push((one.key, ms)),
                None => {
                    let (low, high) = (spell_duration(*range.start()), spell_duration(*range.end()));
                    let what = format!(
                        "{path}.{}: a duration from {low} to {high} is wanted; write 20000 or \"20s\"",
                        one.key
                    );
                    self.problem(&one.place, what);
                }
            }
        }
        read.sort();
        *value = read;
    }

    fn properties(&mut self, key: &'static str, value: &mut BTreeMap<String, String>) {
        let Some(entry) = self.take(key) else { return };
        let Item::Table(entries) = entry.value else {
            return self.wrong(&entry, key, "a table of properties is wanted");
        };
        let path = self.path(key);
        let mut open: Vec<(String, Entry)> =
            entries.into_iter().rev().map(|one| (one.key.clone(), one)).collect();
        while let Some((name, one)) = open.pop() {
            let text = match one.value {
                Item::Text(text) | Item::Word(text) => text,
                Item::Whole(whole) => whole.to_string(),
                Item::Number(number) => number.to_string(),
                Item::Flag(flag) => flag.to_string(),
                Item::Table(entries) => {
                    open.extend(
                        entries.into_iter().rev().map(|inner| (format!("{name}.{}", inner.key), inner)),
                    );
                    continue;
                }
                Item::List(_) | Item::Strange(_) => {
                    self.problem(
                        &one.place,
                        format!("{path}.{name}: a text, a number, true or false is wanted"),
                    );
                    continue;
                }
            };
            value.insert(name, text);
        }
    }
}

/// Writes values as TOML that reads back to the same. `None` is not written: it is what a reader starts from.
#[derive(Debug, Default)]
pub struct Writer {
    pub text: String,
    path: Vec<&'static str>,
    /// The header of the open table is still to be written.
    header_due: bool,
}

impl Writer {
    /// Starts an element of an array of tables.
    pub fn element(&mut self, key: &str) {
        self.text.push_str(&format!("\n[[{key}]]\n"));
        self.path.clear();
        self.header_due = false;
    }

    fn line(&mut self, key: &str, value: &str) {
        if std::mem::take(&mut self.header_due) {
            self.text.push_str(&format!("\n[{}]\n", self.path.join(".")));
        }
        self.text.push_str(&format!("{key} = {value}\n"));
    }
}

/// A TOML text in quotes; one with quotes in it is written literally where that can be.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn quoted_key(key: &str) -> String {
    let bare = !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare { key.to_owned() } else { quoted(key) }
}

impl Fields for Writer {
    fn table(&mut self, key: &'static str, body: impl FnOnce(&mut Self)) {
        self.path.push(key);
        self.header_due = true;
        body(self);
        self.path.pop();
        self.header_due = true;
    }

    fn flag(&mut self, key: &'static str, value: &mut bool) {
        self.line(key, &value.to_string());
    }

    fn number(&mut self, key: &'static str, value: &mut f64, _: RangeInclusive<f64>) {
        self.line(key, &format!("{value:?}"));
    }

    fn whole<T>(&mut self, key: &'static str, value: &mut T, _: RangeInclusive<i64>)
    where
        T: Copy + TryFrom<i64> + TryInto<i64>,
    {
        let whole: i64 = (*value).try_into().unwrap_or(i64::MAX);
        self.line(key, &whole.to_string());
    }

    fn optional_whole(&mut self, key: &'static str, value: &mut Option<i64>, _: RangeInclusive<i64>) {
        if let Some(whole) = value {
            self.line(key, &whole.to_string());
        }
    }

    fn duration(&mut self, key: &'static str, value: &mut Millis, _: RangeInclusive<Millis>) {
        self.line(key, &format!("{value}  # {}", spell_duration(*value)));
    }

    fn text(&mut self, key: &'static str, value: &mut String, _: Check) {
        self.line(key, &quoted(value));
    }

    fn optional_text(&mut self, key: &'static str, value: &mut Option<String>) {
        if let Some(text) = value {
            self.line(key, &quoted(text));
        }
    }

    fn texts(&mut self, key: &'static str, value: &mut Vec<String>, _: Check) {
        let texts: Vec<String> = value.iter().map(|text| quoted(text)).collect();
        self.line(key, &format!("[{}]", texts.join(", ")));
    }

    fn word<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        value: &mut T,
        _: &[T],
        name: fn(T) -> &'static str,
    ) {
        self.line(key, &quoted(name(*value)));
    }

    fn durations(&mut self, key: &'static str, value: &mut Vec<(String, Millis)>, _: RangeInclusive<Millis>) {
        self.table(key, |fields| {
            for (name, ms) in value {
                fields.line(&quoted_key(name), &format!("{ms}  # {}", spell_duration(*ms)));
            }
        });
    }

    fn properties(&mut self, key: &'static str, value: &mut BTreeMap<String, String>) {
        self.table(key, |fields| {
            for (name, text) in value {
                fields.line(&quoted_key(name), &quoted(text));
            }
        });
    }
}
