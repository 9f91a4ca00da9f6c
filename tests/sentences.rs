//! What the reader of texts makes of sentences that were written without sight of its rules, a line each
//! `{"lang", "kind", "text"}`.
//!
//! Of `tests/sentences/*.jsonl`, every other sentence of a kind was looked at while the lists were written; `seen/` was looked at
//! whole. The others, and those of `fresh/` and `later/`, which came later, only count: they tell how rules and learned models do
//! on what they have not seen. The authors of `later/` were asked in other words than those of the learned texts.
//! (`--nocapture` prints a table, and what is read wrongly of those that may be looked at. Do not look at the others, and learn
//! nothing from any.)

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use segue::domain::policy::Policy;
use segue::domain::text::{Language, Reading};
use segue::wire::policy::built_in;
use serde::Deserialize;

/// Which sentences: those that were looked at, the others, those that came later, and those of `later/`.
const SETS: [&str; 4] = ["seen", "others", "fresh", "later"];

/// The least share of each kind that is read right, of all languages together, by set; 0 where a set has none.
const LEAST: [(&str, [f64; 4]); 8] = [
    ("annoyed", [0.95, 0.86, 0.58, 0.0]),
    ("calm", [0.90, 0.91, 0.96, 0.0]),
    ("danger", [0.98, 0.86, 0.63, 0.39]),
    ("not_danger", [0.98, 0.90, 0.915, 0.95]),
    ("not_refusal", [0.98, 0.94, 0.92, 0.0]),
    ("not_request", [0.93, 0.84, 0.945, 0.0]),
    ("refusal", [0.98, 0.87, 0.42, 0.0]),
    ("request", [0.96, 0.92, 0.68, 0.0]),
];

/// The displeasure from which a text is called angry (docs/languages.md).
const ANGRY: f64 = 0.35;

#[derive(Deserialize)]
struct Sentence {
    lang: String,
    kind: String,
    text: String,
}

/// Whether the policy reads what the sentence's kind says: the kinds `not_..` and `calm` say that something is not there. The
/// AI says refusals and what is none, customers the rest.
fn is_read_right(policy: &Policy, kind: &str, text: &str, language: Language<'_>) -> bool {
    let reading = match kind {
        "refusal" | "not_refusal" => policy.lexicon.read(text, language),
        _ => policy.lexicon.read_customer(text, language, false),
    };
    let from = policy.triggers.customer_request.learned_from;
    let asks = |reading: &Reading| reading.asks_person() || reading.learned_request(from).is_some();
    let endangers = reading.tells_danger(policy.triggers.safety.learned_from);
    match kind {
        "request" => asks(&reading),
        "not_request" => !asks(&reading),
        "annoyed" => reading.displeasure >= ANGRY,
        "calm" => reading.displeasure < ANGRY,
        "refusal" => reading.refuses,
        "not_refusal" => !reading.refuses,
        "danger" => endangers,
        "not_danger" => !endangers,
        unknown => panic!("{unknown} is no kind of sentence"),
    }
}

/// Read right, and all, by set.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    right: [u32; 4],
    all: [u32; 4],
}

impl Score {
    fn add(&mut self, other: Score) {
        for set in 0..SETS.len() {
            self.right[set] += other.right[set];
            self.all[set] += other.all[set];
        }
    }

    fn shown(&self) -> String {
        let sets = SETS.into_iter().zip(self.shares()).zip(self.all).filter(|(_, all)| *all > 0);
        sets.map(|((set, share), all)| format!("  {set} {share:.3} of {all:<4}")).collect()
    }

    fn shares(&self) -> [f64; 4] {
        [0, 1, 2, 3].map(|set| f64::from(self.right[set]) / f64::from(self.all[set].max(1)))
    }
}

/// Scores by kind and language of one file, added to `scores`. A sentence is right if it is with its language known and not known.
fn read_file(policy: &Policy, file: &Path, scores: &mut BTreeMap<(String, String), Score>) {
    let is_in = |name| file.parent().is_some_and(|folder| folder.ends_with(name));
    let whole = SETS.iter().position(is_in);
    let text = fs::read_to_string(file).expect("a file of text");
    let mut of_kind: BTreeMap<String, u32> = BTreeMap::new();
    for (line, sentence) in (1..).zip(text.lines()) {
        let Sentence { lang, kind, text } = serde_json::from_str(sentence)
            .unwrap_or_else(|error| panic!("{}:{line}: {error}", file.display()));
        let before = of_kind.entry(kind.clone()).or_default();
        let set = whole.unwrap_or(usize::from(!before.is_multiple_of(2)));
        *before += 1;
        let languages = [Language::Unknown, Language::Declared(&lang)];
        let right = languages.map(|language| is_read_right(policy, &kind, &text, language));
        if set == 0 && right != [true, true] {
            println!("{lang} {kind}, unknown and known {right:?}: {text}");
        }
        let one = u32::from(right == [true, true]);
        let mut score = Score::default();
        (score.right[set], score.all[set]) = (one, 1);
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
    let policy = built_in();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let mut scores = BTreeMap::new();
    for folder in [folder.clone(), folder.join("seen"), folder.join("fresh"), folder.join("later")] {
        for file in files(&folder) {
            read_file(&policy, &file, &mut scores);
        }
    }
    let mut sums: BTreeMap<&str, Score> = BTreeMap::new();
    for ((kind, lang), score) in &scores {
        println!("{kind:12} {lang} {}", score.shown());
        sums.entry(kind).or_default().add(*score);
    }
    let mut missed = Vec::new();
    for (kind, least) in LEAST {
        println!("{kind:12} all{}", sums[kind].shown());
        let there = sums[kind].all.map(|all| all > 0);
        assert_eq!(least.map(|least| least > 0.0), there, "{kind}: a set has a bound if it has sentences");
        for ((share, least), set) in sums[kind].shares().into_iter().zip(least).zip(SETS) {
            if share < least {
                missed.push(format!("{kind}, {set}: {share:.3} read right, at least {least}"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(sums.len(), LEAST.len(), "every kind has a bound");
}

#[derive(Deserialize)]
struct Labelled {
    text: String,
    label: bool,
}

/// Share of texts of each label, of all files in a folder, that `is_heard`.
fn heard(folder: &str, is_heard: impl Fn(&str) -> bool) -> [f64; 2] {
    let (mut heard, mut all) = ([0_u32; 2], [0_u32; 2]);
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
        for line in fs::read_to_string(&file).expect("a file of text").lines() {
            let Labelled { text, label } = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}: {error}: {line}", file.display()));
            all[usize::from(label)] += 1;
            heard[usize::from(label)] += u32::from(is_heard(&text));
        }
    }
    [0, 1].map(|label| f64::from(heard[label]) / f64::from(all[label]))
}

/// A change of folding, features or roles of words that leaves the shipped weights behind shows here.
#[test]
fn shipped_weights_know_the_texts_that_they_were_made_from() {
    let policy = built_in();
    let read = |text: &str| policy.lexicon.read_customer(text, Language::Unknown, false);
    let [others, requests] = heard("src/wire/weights/requests", |text| {
        let reading = read(text);
        reading.asks_person() || reading.learned_request(0.5).is_some()
    });
    println!("requests {requests:.4}, others {others:.4}");
    assert!(requests > 0.97 && others < 0.03, "scripts/learn-weights makes them anew");
    let from = policy.triggers.safety.learned_from;
    let [harmless, dangers] = heard("src/wire/weights/dangers", |text| read(text).tells_danger(from));
    println!("dangers {dangers:.4}, harmless {harmless:.4}");
    assert!(dangers > 0.97 && harmless < 0.06, "scripts/learn-weights makes them anew");
    let [calm, annoyed] = heard("src/wire/weights/moods", |text| read(text).displeasure >= ANGRY);
    println!("annoyed {annoyed:.4}, calm {calm:.4}");
    assert!(annoyed > 0.65 && calm < 0.03, "docs/learning.md says how they are made anew");
}
