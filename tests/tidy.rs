//! The rules of the house that a compiler does not know, checked over every source file.
//!
//! What follows `#[cfg(test)]` in a file, and files named `tests.rs`, may reach over layers: tests put parts together.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer and what it may name (itself always). `app` and `main` stand above and may name everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("wire", &["domain"]),
    ("engine", &["domain", "wire"]),
    ("telemetry", &["domain", "engine"]),
    ("security", &[]),
    ("kafka", &["domain", "wire", "engine", "security"]),
    ("memory", &["domain", "wire", "engine"]),
    ("registry", &["wire"]),
    ("http", &["domain", "wire", "engine", "telemetry", "security"]),
    ("config", &["domain", "wire", "engine", "kafka", "security"]),
    ("cli", &["config", "wire"]),
];

/// A word, the only folder that may use it, and why.
const CONFINED: &[(&str, &str, &str)] = &[
    ("rdkafka", "kafka", "the rest of the program does not know Kafka's client"),
    ("rdkafka_sys", "kafka", "the rest of the program does not know Kafka's client"),
    ("unsafe", "kafka", "calls that rdkafka does not offer are all that needs it"),
    ("axum", "http", "the rest of the program does not know HTTP"),
    ("rustls", "security", "the provider of its cryptography is named there, never a default"),
    ("ureq", "security", "one client asks over HTTP"),
    ("apache_avro", "wire", "`wire` owns formats"),
    ("schema_registry_converter", "registry", "the rest of the program does not know the registry's client"),
    ("reqwest", "registry", "the rest of the program does not know the registry's client"),
];

/// Words that a folder may not use, and why.
const ABSENT: &[(&str, &str, &str)] = &[
    ("domain", "serde", "`wire` owns formats"),
    ("domain", "serde_json", "`wire` owns formats"),
    ("domain", "tracing", "the domain performs nothing"),
    ("domain", "SystemTime", "time is the input's"),
    ("domain", "Instant", "time is the input's"),
    ("wire", "SystemTime", "`wire` is pure"),
    ("wire", "Instant", "`wire` is pure"),
    ("registry", "tokio", "the registry is asked by blocking threads"),
    ("engine", "SystemTime", "the engine has `port::Clock`"),
    ("engine", "tokio", "the engine is blocking threads"),
    ("app", "print!", "`app::print` prints: a reader that leaves is no panic"),
    ("app", "println!", "`app::print` prints: a reader that leaves is no panic"),
    ("app", "eprint!", "`app::print` prints: a reader that leaves is no panic"),
    ("app", "eprintln!", "`app::print` prints: a reader that leaves is no panic"),
];

const LINES_MOST: usize = 600;
const LINES_LOOK_TWICE: usize = 400;

/// A source file: its path from the root of the package, and its text.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The first folder or file under `src`, without ending: `http` of `src/http/api.rs`, `cli` of `src/cli.rs`.
    fn layer(&self) -> Option<&str> {
        let first = self.path.strip_prefix("src").ok()?.components().next()?;
        Path::new(first.as_os_str()).file_stem()?.to_str()
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests") || self.path.starts_with("benches") || self.path.ends_with("tests.rs")
    }

    /// Lines with their numbers, comments cut off; of a file with tests inside, those before (or from) the tests.
    fn code(&self, part: Part) -> Vec<(usize, &str)> {
        let lines = || self.text.lines().enumerate().map(|(at, line)| (at + 1, without_comment(line)));
        let tests_from = if self.is_test() {
            1
        } else {
            let test_module =
                |line: &str| line.trim_start().starts_with("#[cfg(test)]") && !line.starts_with(' ');
            lines().find(|(_, line)| test_module(line)).map_or(usize::MAX, |(number, _)| number)
        };
        lines()
            .filter(|(number, _)| match part {
                Part::Program => *number < tests_from,
                Part::Tests => *number >= tests_from,
                Part::Whole => true,
            })
            .collect()
    }
}

#[derive(Clone, Copy)]
enum Part {
    Program,
    Tests,
    Whole,
}

fn without_comment(line: &str) -> &str {
    // `//` inside a string (an address) stands behind a colon.
    match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        Some(_) | None => line,
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(&root.join(folder), root, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the sources are not where they were");
    found
}

fn collect(folder: &Path, root: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, root, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source { path: path.strip_prefix(root).unwrap().to_owned(), text });
        }
    }
}

/// Whether `line` holds `word` as a whole word.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

/// Names behind `crate::` on a line, those in braces included.
fn crate_names(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let group = rest.strip_prefix('{').and_then(|group| group.split('}').next());
        for name in group.map_or(vec![rest], |group| group.split(',').collect()) {
            let end = name.trim_start().find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = name.trim_start();
            names.push(&name[..end.unwrap_or(name.len())]);
        }
    }
    names
}

/// Fails with all findings at once.
fn none(rule: &str, findings: &[String]) {
    let mut list = String::new();
    for finding in findings {
        let _never_fails = writeln!(list, "  {finding}");
    }
    assert!(findings.is_empty(), "{rule}:\n{list}");
}

fn place(source: &Source, number: usize, line: &str) -> String {
    format!("{}:{number}: {}", source.path.display(), line.trim())
}

#[test]
fn layers_point_one_way() {
    let mut findings = Vec::new();
    for source in sources() {
        let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| source.layer() == Some(layer)) else {
            continue;
        };
        for (number, line) in source.code(Part::Program) {
            for name in crate_names(line) {
                if name != *layer && !allowed.contains(&name) {
                    findings
                        .push(format!("{} (`{layer}` may not name `{name}`)", place(&source, number, line)));
                }
            }
        }
    }
    none("main → app → {kafka, memory, http, registry} → engine → wire → domain", &findings);
}

#[test]
fn what_is_confined_stays_in_its_folder() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src")) {
        for (word, folder, why) in CONFINED.iter().filter(|(_, folder, _)| source.layer() != Some(folder)) {
            for (number, line) in source.code(Part::Program) {
                if has_word(without_strings(line).as_str(), word) {
                    findings.push(format!(
                        "{} (`{word}` only in src/{folder}: {why})",
                        place(source, number, line)
                    ));
                }
            }
        }
    }
    none("some things live in one folder", &findings);
}

#[test]
fn what_a_layer_does_not_do_is_not_there() {
    let mut findings = Vec::new();
    for source in sources() {
        for (_, word, why) in ABSENT.iter().filter(|(layer, ..)| source.layer() == Some(layer)) {
            for (number, line) in source.code(Part::Program) {
                if has_word(without_strings(line).as_str(), word) {
                    findings.push(format!("{} (`{word}`: {why})", place(&source, number, line)));
                }
            }
        }
    }
    none("some things are absent", &findings);
}

#[test]
fn every_file_says_what_it_is() {
    let findings: Vec<String> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! ") || source.text.starts_with("//! (in work)"))
        .map(|source| source.path.display().to_string())
        .collect();
    none("a file opens with `//!` lines that say what it is", &findings);
}

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let shown = format!("{}: {lines} lines", source.path.display());
        if lines > LINES_MOST {
            findings.push(shown);
        } else if lines > LINES_LOOK_TWICE {
            println!("look twice: {shown}");
        }
    }
    none("a file has at most 600 lines", &findings);
}

#[test]
fn main_reads_as_the_program() {
    let lines =
        sources().iter().find(|source| source.path == Path::new("src/main.rs")).unwrap().text.lines().count();
    assert!(lines <= 60, "src/main.rs has {lines} lines; at most 60");
}

#[test]
fn lints_are_silenced_only_with_a_reason() {
    let mut findings = Vec::new();
    for source in sources() {
        let code = source.code(Part::Whole);
        for (at, (number, line)) in code.iter().enumerate() {
            let attribute = line.trim_start();
            let silenced = |word: &str| {
                attribute.starts_with(&format!("#[{word}(")) || attribute.starts_with(&format!("#![{word}("))
            };
            let reason =
                || code[at..code.len().min(at + 6)].iter().any(|(_, line)| line.contains("reason = "));
            if silenced("allow") || silenced("expect") && !reason() {
                findings.push(place(&source, *number, line));
            }
        }
    }
    none("`#[expect(.., reason = \"..\")]`, never `#[allow]`", &findings);
}

#[test]
fn tests_do_not_wait_for_time_to_pass() {
    let sleeps = ["thread::sleep(", "time::sleep("];
    let mut findings = Vec::new();
    // A benchmark may pace its load; a test may not.
    for source in sources().iter().filter(|source| !source.path.starts_with("benches")) {
        for (number, line) in source.code(Part::Tests) {
            if sleeps.iter().any(|sleep| without_strings(line).contains(sleep)) {
                findings.push(place(source, number, line));
            }
        }
    }
    none("a test waits for what happens, not for time", &findings);
}

/// The line with the insides of its string literals left out (raw strings over several lines are not understood).
fn without_strings(line: &str) -> String {
    let mut inside = false;
    let mut escaped = false;
    line.chars()
        .filter(|c| {
            let was_inside = inside;
            if escaped {
                escaped = false;
            } else if *c == '\\' {
                escaped = inside;
            } else if *c == '"' {
                inside = !inside;
            }
            !was_inside || !inside
        })
        .collect()
}

#[test]
fn the_rules_themselves_see_what_they_look_for() {
    assert_eq!(crate_names("use crate::{domain::ids, wire};"), ["domain", "wire"]);
    assert_eq!(crate_names("x: crate::engine::Port, y: crate::http"), ["engine", "http"]);
    assert!(has_word("use rdkafka::x;", "rdkafka") && !has_word("librdkafka", "rdkafka"));
    assert_eq!(without_strings(r#"a("unsafe \" b", c)"#), r#"a("", c)"#);
    assert_eq!([without_comment("a; // b"), without_comment("\"http://x\"")], ["a; ", "\"http://x\""]);
}
