//! What the reader of texts makes of sentences that were written without sight of its rules: `tests/sentences/*.jsonl`, a line each
//! `{"lang", "kind", "text"}`.
//!
//! Every other sentence of a kind is for learning: its mistakes may be looked at (`--nocapture` prints them), and words were added for
//! them. The others only count, and tell how the rules do on what they have not seen.

use std::collections::BTreeMap;
use std::path::Path;

use segue::domain::text::{Language, Lexicon, Reading};
use serde::Deserialize;

const LANGUAGES: [&str; 16] =
    ["de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "vi", "zh"];

#[derive(Deserialize)]
struct Sentence {
    lang: String,
    kind: String,
    text: String,
}

/// The displeasure from which a text is called angry (docs/languages.md).
const ANGRY: f64 = 0.35;

/// Whether a reading says of a text what its kind is about; for the kinds `not_..` and `calm` it must not.
fn hears(kind: &str, reading: &Reading) -> bool {
    match kind {
        "request" | "not_request" => reading.asks_person(),
        "annoyed" | "calm" => reading.displeasure >= ANGRY,
        "refusal" | "not_refusal" => reading.refuses,
        "danger" | "not_danger" => reading.danger,
        unknown => panic!("{unknown} is no kind of sentence"),
    }
}

/// Right and all, of those for learning and of the others.
#[derive(Default, Clone, Copy)]
struct Score {
    right: [u32; 2],
    all: [u32; 2],
}

#[test]
fn sentences_of_others_are_read_right() {
    let languages = LANGUAGES.map(str::to_owned);
    let lexicon = Lexicon::new(&languages, &[], &[]);
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder").map(|f| f.expect("a file").path()).collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file of text");
        for (line, sentence) in (1..).zip(text.lines()) {
            let sentence: Sentence = serde_json::from_str(sentence)
                .unwrap_or_else(|error| panic!("{}:{line}: {error}", file.display()));
            let wanted = !(sentence.kind.starts_with("not_") || sentence.kind == "calm");
            let score = scores.entry((sentence.kind.clone(), sentence.lang.clone())).or_default();
            let half = (score.all[0] > score.all[1]) as usize;
            let right = [Language::Unknown, Language::Declared(&sentence.lang)]
                .map(|language| hears(&sentence.kind, &lexicon.read(&sentence.text, language)) == wanted);
            score.all[half] += 1;
            score.right[half] += u32::from(right == [true, true]);
            if right != [true, true] && half == 0 {
                println!("{} {} {right:?} {}", sentence.lang, sentence.kind, sentence.text);
            }
        }
    }
    let mut sums: BTreeMap<&str, Score> = BTreeMap::new();
    for ((kind, lang), score) in &scores {
        println!(
            "{kind:12} {lang} {:>3}/{:<3} {:>3}/{:<3}",
            score.right[0], score.all[0], score.right[1], score.all[1]
        );
        let sum = sums.entry(kind).or_default();
        for half in 0..2 {
            sum.right[half] += score.right[half];
            sum.all[half] += score.all[half];
        }
    }
    for (kind, score) in &sums {
        let [a, b] = [0, 1].map(|half| f64::from(score.right[half]) / f64::from(score.all[half]));
        println!("{kind:12} {a:.3} {b:.3}");
    }
}
