//! Tables whose keys are the user's: nested ones are the same as dotted keys, and scalars are texts.

use crate::wire::document::{Entry, Item};

/// Entries of nested tables under dotted names, in order.
pub fn flatten(entries: Vec<Entry>) -> Vec<Entry> {
    let mut flat = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Item::Table(inner) = entry.value {
            let named = |one: Entry| Entry { key: format!("{}.{}", entry.key, one.key), ..one };
            flat.extend(flatten(inner).into_iter().map(named));
        } else {
            flat.push(entry);
        }
    }
    flat
}

/// A value that can be written as a text.
pub(super) fn scalar(item: &Item) -> Option<String> {
    match item {
        Item::Text(text) | Item::Word(text) => Some(text.clone()),
        Item::Whole(whole) => Some(whole.to_string()),
        Item::Number(number) => Some(number.to_string()),
        Item::Flag(flag) => Some(flag.to_string()),
        Item::List(_) | Item::Table(_) | Item::Strange(_) => None,
    }
}
