//! A native record written by hand as a table of TOML: the fields of a contract under their own names.
//!
//! The contract says which fields there are, and the decoder of the record what they may hold; so a case knows no format of
//! its own. What the contract says of a field is the remedy where its value is refused.

use serde_json::{Map, Value};

use crate::domain::rule::nearest::nearest;
use crate::wire::Problem;
use crate::wire::avro::Field;
use crate::wire::document::{Entry, Item, Place};
use crate::wire::fields::Reader;

/// Keys of a record that are the case's own.
const BESIDE: [&str; 1] = ["after"];

/// A record's fields as they were written, each with its place.
#[derive(Debug)]
pub struct Native<'a> {
    contract: &'a [Field],
    path: String,
    pub json: Map<String, Value>,
    /// Dotted name of a field, within the record → where it stands.
    places: Vec<(String, Place)>,
}

impl<'a> Native<'a> {
    /// Takes what is left of the reader's open table for fields of the contract. Those of `given` are not taken: the test
    /// gives them. Unknown names and values that JSON does not have are problems of the reader.
    pub fn read(contract: &'a [Field], given: &[&str], reader: &mut Reader) -> Native<'a> {
        let (path, entries) = reader.rest();
        let mut native = Native { contract, path, json: Map::new(), places: Vec::new() };
        let is_given = |name: &str| given.contains(&name);
        let (refused, kept): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| is_given(&entry.key));
        for entry in refused {
            let what = "the test gives it; remove it (a pause before a turn is after = \"5m\")";
            reader.problem(&entry.place, format!("{}.{}: {what}", native.path, entry.key));
        }
        let fields: Vec<Field> = contract.iter().filter(|field| !is_given(&field.name)).cloned().collect();
        native.json = native.object("", &fields, kept, reader);
        native
    }

    /// What the decoder of the record, written as `json`, refuses, at the place of the field. `place` is the record's own.
    pub fn refused(&self, problem: &Problem, json: &[u8], place: &Place, reader: &mut Reader) {
        let field = problem.field.as_deref().unwrap_or_default();
        let what = problem.error.strip_prefix(&format!("{field}: ")).unwrap_or(&problem.error);
        let holds = |name: &str| {
            field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // The innermost stands last.
        let at = self.places.iter().rev().find(|(name, _)| holds(name)).map_or(place, |(_, place)| place);
        let doc = doc(self.contract, field).map(|doc| format!("; it holds: {doc}"));
        let value = value_of(json, field).map(|value| format!("{value} ")).unwrap_or_default();
        reader.problem(at, format!("{}.{field}: {value}{what}{}", self.path, doc.unwrap_or_default()));
    }

    fn object(
        &mut self,
        prefix: &str,
        fields: &[Field],
        entries: Vec<Entry>,
        reader: &mut Reader,
    ) -> Map<String, Value> {
        let mut object = Map::new();
        for entry in entries {
            let name = format!("{prefix}{}", entry.key);
            let Some(field) = fields.iter().find(|field| field.name == entry.key) else {
                let own = BESIDE.iter().copied().filter(|_| prefix.is_empty());
                let known = fields.iter().map(|field| field.name.as_str()).chain(own);
                let hint = match nearest(&entry.key, known.clone()) {
                    Some(near) => format!("did you mean {}.{prefix}{near}?", self.path),
                    None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
                };
                reader.problem(&entry.place, format!("{}.{name}: unknown key; {hint}", self.path));
                continue;
            };
            self.places.push((name.clone(), entry.place.clone()));
            let value = match entry.value {
                Item::Table(inner) if !field.fields.is_empty() => {
                    Value::Object(self.object(&format!("{name}."), &field.fields, inner, reader))
                }
                item => self.value(&name, &entry.place, item, reader),
            };
            object.insert(entry.key, value);
        }
        object
    }

    fn value(&self, name: &str, place: &Place, item: Item, reader: &mut Reader) -> Value {
        match item {
            Item::Text(text) | Item::Word(text) => Value::from(text),
            Item::Whole(whole) => Value::from(whole),
            Item::Number(number) if number.is_finite() => Value::from(number),
            Item::Number(_) => self.value(name, place, Item::Strange("a number without end"), reader),
            Item::Flag(flag) => Value::from(flag),
            Item::List(entries) => {
                entries.into_iter().map(|entry| self.value(name, &entry.place, entry.value, reader)).collect()
            }
            Item::Table(entries) => {
                let named = |entry: Entry| {
                    let value = self.value(name, &entry.place, entry.value, reader);
                    (entry.key, value)
                };
                Value::Object(entries.into_iter().map(named).collect())
            }
            Item::Strange(what) => {
                let what = format!(
                    "{}.{name}: {what} cannot be sent; write a text (in quotes) or a number",
                    self.path
                );
                reader.problem(place, what);
                Value::Null
            }
        }
    }
}

/// The plain value of a field by its dotted name, as JSON writes it.
fn value_of(json: &[u8], name: &str) -> Option<Value> {
    let record: Value = serde_json::from_slice(json).ok()?;
    let value = record.pointer(&format!("/{}", name.replace('.', "/")))?;
    Some(value.clone()).filter(|value| !value.is_object() && !value.is_array() && !value.is_null())
}

/// What the contract says of a field by its dotted name.
fn doc(fields: &[Field], name: &str) -> Option<String> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let field = fields.iter().find(|field| field.name == first)?;
    match rest {
        Some(rest) => doc(&field.fields, rest),
        None => Some(field.doc.clone()).filter(|doc| !doc.is_empty()),
    }
}
