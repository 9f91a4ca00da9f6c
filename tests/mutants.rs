//! The mutants fit the source: what each one replaces is there, exactly once. `scripts/mutants` shows that each is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const FEWEST: usize = 40;

/// Every numbered step and invariant that a mutant must break.
const STEPS: &[&str] = &[
    "START",
    "ASSIGN",
    "RESTORE 1",
    "RESTORE 2",
    "RESTORE 3",
    "RESTORE 4",
    "COMMIT 1",
    "COMMIT 2",
    "COMMIT 3",
    "COMMIT 4",
    "COMMIT 5",
    "ABORT",
    "REVOKE",
    "invariant 1",
    "invariant 3",
    "invariant 4",
    "invariant 5",
    "invariant 8",
    "dedup",
    "order",
    "coordinates",
    "windows",
];

fn mutants() -> BTreeMap<String, toml::Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutants");
    let files = fs::read_dir(&folder).expect("tests/mutants").map(|entry| entry.expect("an entry").path());
    files
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a mutant");
            let table = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), table)
        })
        .collect()
}

fn word<'a>(table: &'a toml::Table, name: &str) -> &'a str {
    table.get(name).and_then(toml::Value::as_str).unwrap_or_else(|| panic!("no text {name:?} in {table:?}"))
}

/// The edits laid over the source one after the other; what does not fit.
fn misfits(mutant: &toml::Table) -> Vec<String> {
    let edits = mutant.get("edit").and_then(toml::Value::as_array).expect("at least one [[edit]]");
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut misfits = Vec::new();
    for edit in edits.iter().filter_map(toml::Value::as_table) {
        let (file, old, new) = (word(edit, "file"), word(edit, "old"), word(edit, "new"));
        let text = texts.entry(file).or_insert_with(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
        });
        let times = text.matches(old).count();
        if times != 1 || old == new {
            misfits.push(format!("the old text occurs {times} times in {file}: {old}"));
        }
        *text = text.replacen(old, new, 1);
    }
    misfits
}

#[test]
fn what_a_mutant_replaces_is_there_exactly_once() {
    let found: Vec<String> = mutants()
        .iter()
        .flat_map(|(name, mutant)| misfits(mutant).into_iter().map(move |why| format!("{name}: {why}")))
        .collect();
    assert!(found.is_empty(), "mutants that do not fit the source any more:\n{}", found.join("\n"));
}

#[test]
fn every_step_of_the_protocol_has_a_mutant() {
    let mutants = mutants();
    let broken: BTreeSet<&str> = mutants.values().map(|mutant| word(mutant, "step")).collect();
    assert_eq!(broken, STEPS.iter().copied().collect());
    let titles: BTreeSet<&str> = mutants.values().map(|mutant| word(mutant, "title")).collect();
    assert!(titles.len() == mutants.len() && mutants.len() >= FEWEST, "{} titles", titles.len());
}
