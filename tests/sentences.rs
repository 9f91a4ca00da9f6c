//! What the reader of texts makes of sentences that were written without sight of its rules, a line each
//! `{"lang", "kind", "text"}`.
//!
//! Of `tests/sentences/*.jsonl`, every other sentence of a kind was looked at while the lists were written; `seen/` was looked at
//! whole. The others only count: they tell how the rules do on what they have not seen. (`--nocapture` prints a table, and what
//! is read wrongly of those that may be looked at. Do not look at the others.)

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use segue::domain::text::{Language, Lexicon, Reading};
use serde::Deserialize;

const LANGUAGES: [&str; 16] =
    ["de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "vi", "zh"];

/// The least share of each kind that is read right, of all languages together: of those that were seen, and of the others.
const LEAST: [(&str, f64, f64); 8] = [
    ("annoyed", 0.95, 0.79),
    ("calm", 0.93, 0.93),
    ("danger", 0.98, 0.78),
    ("not_danger", 0.98, 0.90),
    ("not_refusal", 0.98, 0.94),
    ("not_request", 0.96, 0.88),
    ("refusal", 0.98, 0.87),
    ("request", 0.93, 0.79),
];

/// The displeasure from which a text is called angry (docs/languages.md).
const ANGRY: f64 = 0.35;

#[derive(Deserialize)]
struct Sentence {
    lang: String,
    kind: String,
    text: String,
}

/// Whether a reading says what the sentence's kind says: the kinds `not_..` and `calm` say that something is not there.
fn is_read_right(kind: &str, reading: &Reading) -> bool {
    match kind {
        "request" => reading.asks_person(),
        "not_request" => !reading.asks_person(),
        "annoyed" => reading.displeasure >= ANGRY,
        "calm" => reading.displeasure < ANGRY,
        "refusal" => reading.refuses,
        "not_refusal" => !reading.refuses,
        "danger" => reading.danger,
        "not_danger" => !reading.danger,
        unknown => panic!("{unknown} is no kind of sentence"),
    }
}

/// Read right, and all; of those that were seen, and of the others.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    right: [u32; 2],
    all: [u32; 2],
}

impl Score {
    fn add(&mut self, other: Score) {
        for half in 0..2 {
            self.right[half] += other.right[half];
            self.all[half] += other.all[half];
        }
    }

    fn shares(&self) -> [f64; 2] {
        [0, 1].map(|half| f64::from(self.right[half]) / f64::from(self.all[half].max(1)))
    }
}

/// Scores by kind and language of one file, added to `scores`. A sentence is right if it is with its language known and not known.
fn read_file(lexicon: &Lexicon, file: &Path, scores: &mut BTreeMap<(String, String), Score>) {
    let all_seen = file.parent().is_some_and(|folder| folder.ends_with("seen"));
    let text = fs::read_to_string(file).expect("a file of text");
    let mut of_kind: BTreeMap<String, u32> = BTreeMap::new();
    for (line, sentence) in (1..).zip(text.lines()) {
        let Sentence { lang, kind, text } = serde_json::from_str(sentence)
            .unwrap_or_else(|error| panic!("{}:{line}: {error}", file.display()));
        let before = of_kind.entry(kind.clone()).or_default();
        let half = usize::from(!all_seen && !before.is_multiple_of(2));
        *before += 1;
        let languages = [Language::Unknown, Language::Declared(&lang)];
        let right = languages.map(|language| is_read_right(&kind, &lexicon.read(&text, language)));
        if half == 0 && right != [true, true] {
            println!("{lang} {kind}, unknown and known {right:?}: {text}");
        }
        let one = u32::from(right == [true, true]);
        let mut score = Score::default();
        (score.right[half], score.all[half]) = (one, 1);
        scores.entry((kind, lang)).or_default().add(score);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of sentences");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

#[test]
fn sentences_written_without_sight_of_the_rules_are_read_right() {
    let lexicon = Lexicon::new(&LANGUAGES.map(str::to_owned), &[], &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let mut scores = BTreeMap::new();
    for file in files(&folder).into_iter().chain(files(&folder.join("seen"))) {
        read_file(&lexicon, &file, &mut scores);
    }
    let mut sums: BTreeMap<&str, Score> = BTreeMap::new();
    for ((kind, lang), score) in &scores {
        let [seen, others] = score.shares();
        println!(
            "{kind:12} {lang}  seen {seen:.2} of {:<4} others {others:.2} of {}",
            score.all[0], score.all[1]
        );
        sums.entry(kind).or_default().add(*score);
    }
    let mut missed = Vec::new();
    for (kind, least_seen, least_others) in LEAST {
        let [seen, others] = sums[kind].shares();
        println!("{kind:12} all  seen {seen:.3} others {others:.3}");
        if seen < least_seen || others < least_others {
            missed
                .push(format!("{kind}: {seen:.3} and {others:.3}, at least {least_seen} and {least_others}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(sums.len(), LEAST.len(), "every kind has a bound");
}
