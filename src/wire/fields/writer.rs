//! Writing: the whole value as TOML, with durations in words beside them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Check, Fields, spell_duration};
use crate::domain::ids::Millis;

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

    fn optional_duration(
        &mut self,
        key: &'static str,
        value: &mut Option<Millis>,
        range: RangeInclusive<Millis>,
    ) {
        if let Some(ms) = value {
            self.duration(key, ms, range);
        }
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
