//! One description of a set of keys, used to read them and to write them.
//!
//! A type that is kept as TOML names its keys once, against [`Fields`]. [`Reader`] lays what a text says over the value
//! and collects every problem; [`Writer`] writes the value so that reading it back yields the same.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::domain::ids::Millis;

mod reader;
mod writer;

pub use reader::{Reader, flatten};
pub use writer::{Writer, quoted};

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
    /// A duration that may be left to something else.
    fn optional_duration(
        &mut self,
        key: &'static str,
        value: &mut Option<Millis>,
        range: RangeInclusive<Millis>,
    );
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

/// Something that is named: it must say something, and steer no terminal.
pub fn named(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("an empty name says nothing; remove it".to_owned());
    }
    named_or_empty(text)
}

/// The same, or nothing.
pub fn named_or_empty(text: &str) -> Result<(), String> {
    let is_plain = text.chars().all(|c| !c.is_control());
    is_plain.then_some(()).ok_or_else(|| "it holds control characters; remove them".to_owned())
}

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
