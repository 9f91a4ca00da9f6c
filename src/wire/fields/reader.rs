//! Reading: lays what a text says over values.

mod flat;
mod visit;

use std::ops::RangeInclusive;

use super::{parse_duration, spell_duration};
use crate::domain::ids::Millis;
use crate::domain::rule::nearest::nearest;
use crate::wire::document::{Entry, Item, Place};
pub use flat::flatten;

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
    known: Vec<&'static str>,
}

impl Reader {
    pub fn new(entries: Vec<Entry>) -> Reader {
        let root = Frame { path: String::new(), entries, known: Vec::new() };
        Reader { frames: vec![root], problems: Vec::new(), missing: Vec::new() }
    }

    /// Ends the reading. Errors: every problem, a line each, in the order of their places.
    pub fn finish(mut self) -> Result<(), String> {
        while !self.frames.is_empty() {
            self.close();
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

    /// Problems so far.
    pub fn problems(&self) -> usize {
        self.problems.len()
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

    /// Whether a key of the open table is there. It is known from now on, there or not.
    pub fn given(&mut self, key: &'static str) -> bool {
        self.learn(key);
        self.place_of(key).is_some()
    }

    /// A text that may be left out; an empty one is a text.
    pub fn text_if_given(&mut self, key: &'static str) -> Option<String> {
        self.read_text(key).map(|(_, text)| text)
    }

    /// A list of tables; `each` reads one. `None` where the key is not there.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        mut each: impl FnMut(&mut Reader, &Place) -> T,
    ) -> Option<Vec<T>> {
        let entry = self.take(key)?;
        let Item::List(elements) = entry.value else {
            let header = self.header(key);
            self.wrong(&entry, key, &format!("a list of tables is wanted; write [[{header}]]"));
            return None;
        };
        let mut read = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            let path = format!("{}[{}]", self.path(key), index + 1);
            let Item::Table(entries) = element.value else {
                let header = self.header(key);
                self.problem(&element.place, format!("{path}: a table is wanted; write [[{header}]]"));
                continue;
            };
            // An array-of-tables element is placed by its first key: the header belongs to the list.
            let place = entries.first().map_or(element.place, |first| first.place.clone());
            self.frames.push(Frame { path, entries, known: Vec::new() });
            read.push(each(self, &place));
            self.close();
        }
        Some(read)
    }

    /// Lets a single table under `key` stand for a list of one.
    pub fn one_or_many(&mut self, key: &str) {
        let Some(frame) = self.frames.last_mut() else { return };
        for entry in frame.entries.iter_mut().filter(|entry| entry.key == key) {
            if matches!(entry.value, Item::Table(_)) {
                let only = Entry { key: String::new(), ..entry.clone() };
                entry.value = Item::List(vec![only]);
            }
        }
    }

    /// Takes all that is left of the open table, for a format of its own, and says the table's path.
    pub fn rest(&mut self) -> (String, Vec<Entry>) {
        let frame = self.frames.last_mut();
        frame.map(|frame| (frame.path.clone(), std::mem::take(&mut frame.entries))).unwrap_or_default()
    }

    fn path(&self, key: &str) -> String {
        match self.frames.last() {
            Some(frame) if !frame.path.is_empty() => format!("{}.{key}", frame.path),
            Some(_) | None => key.to_owned(),
        }
    }

    /// The path as the header of a table has it, without places in lists: `cases.turns` of `cases[1].turns`.
    fn header(&self, key: &str) -> String {
        let path = self.path(key);
        let names = path.split('.').map(|name| name.split('[').next().unwrap_or(name));
        names.collect::<Vec<_>>().join(".")
    }

    fn learn(&mut self, key: &'static str) {
        if let Some(frame) = self.frames.last_mut().filter(|frame| !frame.known.contains(&key)) {
            frame.known.push(key);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Entry> {
        self.learn(key);
        let found = self.take_quietly(key);
        if found.is_none() {
            let path = self.path(key);
            self.missing.push(path);
        }
        found
    }

    fn take_quietly(&mut self, key: &str) -> Option<Entry> {
        let frame = self.frames.last_mut()?;
        frame.entries.iter().position(|entry| entry.key == key).map(|at| frame.entries.remove(at))
    }

    /// A problem of a key of the open table.
    fn wrong(&mut self, entry: &Entry, key: &str, what: &str) {
        let what = format!("{what}, not {}", entry.value.kind());
        self.flaw(&entry.place, key, &what);
    }

    fn flaw(&mut self, place: &Place, key: &str, what: &str) {
        let what = format!("{}: {what}", self.path(key));
        self.problem(place, what);
    }

    fn out_of_range(&mut self, entry: &Entry, key: &str, got: &str, low: &str, high: &str) {
        self.flaw(&entry.place, key, &format!("{got} is out of range; set it from {low} to {high}"));
    }

    /// Closes the open table: what was not asked for is unknown.
    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let prefix = if frame.path.is_empty() { String::new() } else { format!("{}.", frame.path) };
        for entry in frame.entries {
            let hint = match nearest(&entry.key, frame.known.iter().copied()) {
                Some(near) => format!("did you mean {prefix}{near}?"),
                None => format!("known here: {}", frame.known.join(", ")),
            };
            self.problem(&entry.place, format!("{prefix}{}: unknown key; {hint}", entry.key));
        }
    }

    fn read_duration(&mut self, key: &'static str, range: &RangeInclusive<Millis>) -> Option<Millis> {
        let short = key.strip_suffix("_ms").unwrap_or(key);
        self.learn(short);
        let other = if short == key { None } else { self.take_quietly(short) };
        let (entry, named) = match (self.take(key), other) {
            (Some(entry), None) => (entry, key),
            (None, Some(entry)) => (entry, short),
            (None, None) => return None,
            (Some(_), Some(entry)) => {
                self.flaw(&entry.place, short, &format!("{key} is set too; remove one of the two"));
                return None;
            }
        };
        // A bare number under a key without a unit could be anything.
        let bare = entry.value.whole().filter(|_| named == key);
        let Some(ms) = bare.or_else(|| entry.value.text().and_then(parse_duration)) else {
            let what =
                format!("a duration is wanted; write {key} = 60000 or {short} = \"60s\" (ms, s, m, h, d)");
            self.flaw(&entry.place, named, &what);
            return None;
        };
        if range.contains(&ms) {
            return Some(ms);
        }
        let [got, low, high] = [ms, *range.start(), *range.end()].map(spell_duration);
        self.out_of_range(&entry, named, &got, &low, &high);
        None
    }

    fn read_whole(&mut self, key: &'static str, range: &RangeInclusive<i64>) -> Option<i64> {
        let entry = self.take(key)?;
        let Some(whole) = entry.value.whole() else {
            self.wrong(&entry, key, "a whole number is wanted");
            return None;
        };
        if range.contains(&whole) {
            return Some(whole);
        }
        let [got, low, high] = [whole, *range.start(), *range.end()].map(|number| number.to_string());
        self.out_of_range(&entry, key, &got, &low, &high);
        None
    }

    fn read_text(&mut self, key: &'static str) -> Option<(Place, String)> {
        let entry = self.take(key)?;
        if let Some(text) = entry.value.text() {
            return Some((entry.place.clone(), text.to_owned()));
        }
        self.wrong(&entry, key, "a text is wanted (in quotes)");
        None
    }
}
