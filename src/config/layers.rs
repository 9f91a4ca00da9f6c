//! The layers of the settings. Each is checked by itself, so that every message names its own place; the `config` crate
//! merges them, and a merged value keeps the place it came from.

use config::{Config, ConfigError, Map, Source, Value, ValueKind};

use super::login::Key;
use super::{Settings, keys};
use crate::kafka::is_secret;
use crate::wire::document::{self, Entry, Item, Place};
use crate::wire::fields::flatten;

/// How a variable of ours begins.
const VARIABLE: &str = "SEGUE__";

/// All layers as one tree. Errors: every problem of every layer, a line each.
pub fn merge(
    file: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
    set: &[String],
) -> Result<Vec<Entry>, String> {
    let mut problems = Vec::new();
    let mut layers = Vec::new();
    if let Some((name, text)) = file {
        layers.push(document::parse(name, text)?);
    }
    layers.extend(variables(environment));
    for argument in set {
        match assignment(argument) {
            Ok(layer) => layers.push(layer),
            Err(problem) => problems.push(problem),
        }
    }
    let mut builder = Config::builder();
    for layer in layers {
        let layer = with_flat_properties(layer);
        if let Err(problem) = keys::read(&mut Settings::default(), &layer) {
            problems.push(problem);
        }
        builder = builder.add_source(Layer(layer));
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    let merged = builder.build().map_err(|error| format!("settings: they cannot be merged: {error}"))?;
    Ok(entries(merged.cache))
}

/// Every variable of ours is a layer, in the order of their names.
fn variables(environment: impl IntoIterator<Item = (String, String)>) -> Vec<Vec<Entry>> {
    let mut ours: Vec<(String, String)> =
        environment.into_iter().filter(|(name, _)| name.starts_with(VARIABLE)).collect();
    ours.sort();
    ours.into_iter()
        .map(|(name, value)| {
            let place = Place { source: format!("environment variable {name}"), line: 0 };
            let path: Vec<String> = name[VARIABLE.len()..].split("__").map(str::to_lowercase).collect();
            match path.as_slice() {
                // Variables cannot have points in their names; properties have no underscores in theirs.
                [kafka, properties, rest @ ..]
                    if kafka == "kafka" && properties == "properties" && !rest.is_empty() =>
                {
                    let property = rest.join(".").replace('_', ".");
                    tree(&[kafka.clone(), properties.clone(), property], &place, value)
                }
                path => tree(path, &place, value),
            }
        })
        .collect()
}

/// `section.key=value`.
fn assignment(argument: &str) -> Result<Vec<Entry>, String> {
    let Some((path, value)) = argument.split_once('=') else {
        // What does not look like a key may be anything, a password too.
        let is_part = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
        let key: String = argument.chars().take_while(is_part).collect();
        return Err(format!("--set {key}: a value is missing; write --set section.key=value"));
    };
    let place = Place { source: format!("--set {}", path.trim()), line: 0 };
    let path: Vec<String> = path.trim().split('.').map(str::to_owned).collect();
    if is_secret_path(&path) {
        return Err(format!(
            "{place}: every user of this machine can read the command line of a process, so a secret may not be in it (and \
             this one should be changed); use {}",
            safer(&path)
        ));
    }
    Ok(tree(&path, &place, value.to_owned()))
}

fn is_secret_path(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["kafka", "properties", property @ ..] => is_secret(&property.join(".")),
        ["kafka", key] => Key::ALL.into_iter().any(|known| known.is_secret() && known.name() == *key),
        ["registry", "password" | "token"] => true,
        _ => false,
    }
}

/// Where a secret may be instead: a file, or the environment.
fn safer(path: &[String]) -> String {
    let variable = path.join("__").replace('.', "_").to_ascii_uppercase();
    match path {
        [section, key] => {
            format!("--set {section}.{key}_file=FILE, or the environment variable {VARIABLE}{variable}")
        }
        _ => {
            let property = path[2..].join("_").to_ascii_uppercase();
            format!(
                "the environment variable {VARIABLE}KAFKA__PROPERTIES__{property}, or a file by the keys of [kafka]"
            )
        }
    }
}

/// The tree with one leaf.
fn tree(path: &[String], place: &Place, word: String) -> Vec<Entry> {
    let mut value = Item::Word(word);
    for key in path.iter().rev() {
        value = Item::Table(vec![Entry { key: key.clone(), place: place.clone(), value_line: 0, value }]);
    }
    if let Item::Table(entries) = value { entries } else { Vec::new() }
}

/// Properties have dotted names: `a.b = 1`, `"a.b" = 1` and a nested table are the same, in every layer.
fn with_flat_properties(mut layer: Vec<Entry>) -> Vec<Entry> {
    for section in layer.iter_mut().filter(|section| section.key == "kafka") {
        let Item::Table(keys) = &mut section.value else { continue };
        for properties in keys.iter_mut().filter(|key| key.key == "properties") {
            if let Item::Table(entries) = &mut properties.value {
                *entries = flatten(std::mem::take(entries));
            }
        }
    }
    layer
}

/// A layer as the `config` crate takes it.
#[derive(Clone, Debug)]
struct Layer(Vec<Entry>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(table(&self.0))
    }
}

fn table(entries: &[Entry]) -> Map<String, Value> {
    entries.iter().map(|entry| (entry.key.clone(), value(entry))).collect()
}

fn value(entry: &Entry) -> Value {
    let kind = match &entry.value {
        Item::Text(text) | Item::Word(text) => ValueKind::String(text.clone()),
        Item::Whole(whole) => ValueKind::I64(*whole),
        Item::Number(number) => ValueKind::Float(*number),
        Item::Flag(flag) => ValueKind::Boolean(*flag),
        Item::List(elements) => ValueKind::Array(elements.iter().map(value).collect()),
        Item::Table(entries) => ValueKind::Table(table(entries)),
        // Refused when its layer was checked.
        Item::Strange(_) => ValueKind::Nil,
    };
    Value::new(Some(&entry.place.to_string()), kind)
}

/// The merged tree. Texts have become words: their types were checked in their layers.
fn entries(merged: Value) -> Vec<Entry> {
    let ValueKind::Table(table) = merged.kind else { return Vec::new() };
    let mut entries: Vec<Entry> = table.into_iter().map(|(key, value)| entry(key, value)).collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries
}

fn entry(key: String, value: Value) -> Entry {
    let place = Place { source: value.origin().unwrap_or_default().to_owned(), line: 0 };
    let item = match value.kind {
        ValueKind::String(text) => Item::Word(text),
        ValueKind::Boolean(flag) => Item::Flag(flag),
        ValueKind::I64(whole) => Item::Whole(whole),
        ValueKind::Float(number) => Item::Number(number),
        ValueKind::Array(values) => {
            Item::List(values.into_iter().map(|value| entry(String::new(), value)).collect())
        }
        ValueKind::Table(_) => Item::Table(entries(value)),
        ValueKind::Nil | ValueKind::U64(_) | ValueKind::I128(_) | ValueKind::U128(_) => {
            Item::Strange("nothing")
        }
    };
    Entry { key, place, value_line: 0, value: item }
}
