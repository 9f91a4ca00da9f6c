//! How each kind of value is read: what it may look like, and what is said where it does not.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::flat::{flatten, scalar};
use super::{Frame, Reader};
use crate::domain::ids::Millis;
use crate::domain::rule::nearest::nearest;
use crate::wire::document::Item;
use crate::wire::fields::{Check, Fields, parse_duration, spell_duration};

impl Fields for Reader {
    fn table(&mut self, key: &'static str, body: impl FnOnce(&mut Self)) {
        let path = self.path(key);
        let mut entries = Vec::new();
        if let Some(entry) = self.take(key) {
            if let Item::Table(found) = entry.value {
                entries = found;
            } else {
                self.wrong(&entry, key, &format!("a table is wanted; write [{path}]"));
            }
        }
        self.frames.push(Frame { path, entries, known: Vec::new() });
        body(self);
        self.close();
    }

    fn flag(&mut self, key: &'static str, value: &mut bool) {
        let Some(entry) = self.take(key) else { return };
        match entry.value.flag() {
            Some(flag) => *value = flag,
            None => self.wrong(&entry, key, "true or false is wanted (without quotes)"),
        }
    }

    fn number(&mut self, key: &'static str, value: &mut f64, range: RangeInclusive<f64>) {
        let Some(entry) = self.take(key) else { return };
        match entry.value.number() {
            Some(number) if range.contains(&number) => *value = number,
            Some(number) => {
                let [got, low, high] =
                    [number, *range.start(), *range.end()].map(|number| number.to_string());
                self.out_of_range(&entry, key, &got, &low, &high);
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
        *value = self.read_whole(key, &range).or(*value);
    }

    fn duration(&mut self, key: &'static str, value: &mut Millis, range: RangeInclusive<Millis>) {
        *value = self.read_duration(key, &range).unwrap_or(*value);
    }

    fn optional_duration(
        &mut self,
        key: &'static str,
        value: &mut Option<Millis>,
        range: RangeInclusive<Millis>,
    ) {
        *value = self.read_duration(key, &range).or(*value);
    }

    fn text(&mut self, key: &'static str, value: &mut String, check: Check) {
        let Some((place, text)) = self.read_text(key) else { return };
        match check(&text) {
            Ok(()) => *value = text,
            Err(what) => self.flaw(&place, key, &what),
        }
    }

    fn optional_text(&mut self, key: &'static str, value: &mut Option<String>) {
        if let Some((_, text)) = self.read_text(key) {
            *value = Some(text).filter(|text| !text.is_empty());
        }
    }

    fn texts(&mut self, key: &'static str, value: &mut Vec<String>, check: Check) {
        let Some(entry) = self.take(key) else { return };
        let mut texts = Vec::new();
        if let Item::List(elements) = &entry.value {
            for element in elements {
                match element.value.text() {
                    Some(text) => texts.push((element.place.clone(), text.to_owned())),
                    None => self.wrong(element, key, "every entry must be a text (in quotes)"),
                }
            }
        } else if let Item::Word(list) = &entry.value {
            let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
            texts.extend(words.map(|word| (entry.place.clone(), word.to_owned())));
        } else {
            return self.wrong(&entry, key, "a list of texts is wanted, such as [\"a\", \"b\"]");
        }
        for (place, text) in &texts {
            if let Err(what) = check(text) {
                self.flaw(place, key, &what);
            }
        }
        *value = texts.into_iter().map(|(_, text)| text).collect();
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
        self.flaw(&place, key, &format!("\"{text}\" is not known here; {hint}"));
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
        let mut read = Vec::with_capacity(entries.len());
        for one in entries {
            let ms = one.value.whole().or_else(|| one.value.text().and_then(parse_duration));
            match ms.filter(|ms| range.contains(ms)) {
                Some(ms) => read.push((one.key, ms)),
                None => {
                    let [low, high] = [*range.start(), *range.end()].map(spell_duration);
                    let what = format!("a duration from {low} to {high} is wanted; write 20000 or \"20s\"");
                    self.flaw(&one.place, &format!("{key}.{}", one.key), &what);
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
        for one in flatten(entries) {
            match scalar(&one.value) {
                Some(text) => {
                    value.insert(one.key, text);
                }
                None => self.wrong(
                    &one,
                    &format!("{key}.{}", one.key),
                    "a text, a number, true or false is wanted",
                ),
            }
        }
    }
}
