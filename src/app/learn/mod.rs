//! `segue learn`: a weight file from labelled texts; [`combination`] learns from whole conversations.

pub mod combination;
mod fit;

use std::path::PathBuf;

use serde::Deserialize;

use self::fit::{Example, Plan};
use super::replay_files::{Lines, not_json};
use crate::domain::text::Model;
use crate::wire;

/// What to learn from, and where to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    pub model: Model,
    /// JSON lines: `{"text": .., "label": true|false, "group": ..?}`; other fields are passed over.
    pub texts: Vec<PathBuf>,
    pub out: PathBuf,
    /// Parts of the check; 0: no check.
    pub check: u64,
}

/// How well texts are told apart that the model has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    pub texts: u64,
    pub positive: u64,
    pub bytes: usize,
    /// Parts of the check; 0: none was asked for.
    pub parts: u64,
    /// AUROC over all parts of the check; `None` without one, and where the texts are too few for it.
    pub checked: Option<f64>,
    /// AUROC on the very texts it was made from.
    pub own: f64,
}

/// Texts of each label under which weights say little. (A few thousand are needed to better the built-in ones.)
const TEXTS_LEAST: u64 = 1_000;

impl Learned {
    /// What casts doubt on it, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let negative = self.texts - self.positive;
        let few = || {
            format!(
                "few texts: {} with label true, {negative} with label false; under {TEXTS_LEAST} of each the weights say little \
                 and the AUROC is left to chance; add texts (docs/learning.md)",
                self.positive
            )
        };
        let few = (self.positive.min(negative) < TEXTS_LEAST).then(few);
        let unchecked = (self.parts > 0 && self.checked.is_none()).then(|| fit::unchecked(self.parts));
        few.into_iter().chain(unchecked).collect()
    }

    /// For a person.
    pub fn text(&self, inputs: &Inputs) -> String {
        let checked = self.checked.map_or(String::new(), |auroc| {
            format!("AUROC on texts it had not seen ({} parts): {auroc:.4}\n", inputs.check)
        });
        format!(
            "{}: {} bytes from {} texts, {} of them true\n{checked}AUROC on the texts it was made from: {:.4}\n",
            inputs.out.display(),
            self.bytes,
            self.texts,
            self.positive,
            self.own
        )
    }

    /// For a machine.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "texts": self.texts, "positive": self.positive, "bytes": self.bytes,
            "auroc_unseen": self.checked, "auroc_own": self.own, "warnings": self.warnings() })
    }
}

#[derive(Deserialize)]
struct Labelled {
    text: String,
    label: bool,
    group: Option<String>,
}

/// Reads, fits, checks and writes. Errors name the file and the line.
pub fn learn(inputs: &Inputs) -> Result<Learned, String> {
    // The roles of words are those of the built-in lists.
    let (lexicon, mut examples) = (wire::policy::built_in().lexicon, Vec::new());
    for file in &inputs.texts {
        let mut lines = Lines::open(file)?;
        let mut line = Vec::new();
        while let Some(number) = lines.next_into(&mut line)? {
            let read = serde_json::from_slice::<Labelled>(&line);
            let read = read.map_err(|error| {
                let what = not_json(&line, &error);
                format!(
                    "{}:{number}: {what}; a line is {{\"text\": \"..\", \"label\": true|false}}",
                    file.display()
                )
            })?;
            let group = read.group.as_deref().unwrap_or(&read.text);
            examples.push(Example::new(lexicon.features(&read.text, inputs.model), read.label, group));
        }
    }
    let plan = Plan::of(inputs.model);
    let weights = fit::fit(&examples, &plan);
    let own: Vec<f64> = examples.iter().map(|example| example.scored_by(&weights)).collect();
    let truths: Vec<bool> = examples.iter().map(|example| example.is_true).collect();
    let own = fit::auroc(&own, &truths)
        .ok_or("there must be texts with label true and texts with label false to learn from")?;
    let checked = match inputs.check {
        0 => None,
        parts => fit::checked(&examples, &plan, parts).and_then(|scores| fit::auroc(&scores, &truths)),
    };
    let bytes = wire::weights::write(inputs.model, &weights);
    let name = inputs.out.display();
    std::fs::write(&inputs.out, &bytes).map_err(|error| format!("{name}: {error}"))?;
    let (texts, positive) = (weights.head.texts, weights.head.positive);
    Ok(Learned { texts, positive, bytes: bytes.len(), parts: inputs.check, checked, own })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::app::policy_files::load_policy;
    use crate::domain::text::Language;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("segue-learn-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder of our own");
        folder
    }

    fn learned(folder: &Path, lines: &str) -> Result<Learned, String> {
        learned_as(Model::Displeasure, folder, lines)
    }

    fn learned_as(model: Model, folder: &Path, lines: &str) -> Result<Learned, String> {
        fs::write(folder.join("texts.jsonl"), lines).expect("written");
        learn(&Inputs {
            model,
            texts: vec![folder.join("texts.jsonl")],
            out: folder.join("our.weights"),
            check: 2,
        })
    }

    const LINES: &str = r#"{"text":"this is rubbish","label":true,"source":"us"}
{"text":"what a rubbish answer","label":true}
{"text":"the parcel came, thank you","label":false,"group":"c-1"}

{"text":"thank you very much","label":false,"group":"c-2"}
"#;

    #[test]
    fn a_policy_uses_the_weights_that_were_learned() {
        let folder = folder("policy");
        let found = learned(&folder, LINES).expect("learned");
        assert_eq!((found.texts, found.positive, found.own), (4, 2, 1.0));
        let file = fs::read(folder.join("our.weights")).expect("written");
        learned(&folder, LINES).expect("learned again");
        assert_eq!(fs::read(folder.join("our.weights")).expect("written"), file, "the same bytes");
        let policy = folder.join("policy.toml");
        fs::write(&policy, "[triggers.frustration]\nweights_file = \"our.weights\"\n").expect("written");
        let (ours, built_in) = (load_policy(Some(&policy)).expect("a policy"), wire::policy::built_in());
        assert!(!ours.reads_like(&built_in), "its texts are read by other weights");
        let over = |policy: &crate::domain::policy::Policy| {
            let heard = |text| policy.lexicon.read_customer(text, Language::Unknown, false).displeasure;
            heard("that is a rubbish idea") - heard("that is a fine idea")
        };
        assert!(over(&ours) > 0.0);
        fs::write(&policy, "[triggers.frustration]\nweights_file = \"texts.jsonl\"\n").expect("written");
        let told = load_policy(Some(&policy)).expect_err("no weight file");
        assert_eq!(told.exit_code, 2);
        assert!(
            told.message
                .ends_with("texts.jsonl: this is no weight file of this version: make it with `segue learn`")
        );
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn what_is_learned_from_few_texts_is_told_to_say_little() {
        let folder = folder("few");
        let few = learned(&folder, LINES).expect("learned");
        let told = "few texts: 2 with label true, 2 with label false; under 1000 of each the weights say little and the AUROC \
                    is left to chance; add texts (docs/learning.md)";
        let unchecked = "no check: without one of 2 parts there are not both labels left to learn from; give more groups, or fewer \
                         parts (--check)";
        assert_eq!((few.warnings(), few.checked), (vec![told.to_owned(), unchecked.to_owned()], None));
        assert_eq!(few.json()["warnings"][0], told);
        let many = Learned { texts: 2_000, positive: 1_000, checked: Some(0.8), ..few };
        assert_eq!(many.warnings(), [] as [&str; 0]);
        assert_eq!(Learned { texts: 9_000, positive: 999, ..many }.warnings().len(), 1);
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn requests_are_heard_as_a_company_labelled_them_where_no_rule_speaks() {
        let folder = folder("requests");
        let asks = ["beam me to the bridge", "beam me to the captain", "to the bridge with me"];
        let others = ["beam up my parcel", "where is the bridge", "the captain paid"];
        let line = |(text, label): (&str, bool)| {
            format!("{}\n", serde_json::json!({ "text": text, "label": label }))
        };
        let lines =
            asks.map(|text| line((text, true))).into_iter().chain(others.map(|text| line((text, false))));
        learned_as(Model::Request, &folder, &lines.collect::<String>()).expect("learned");
        let file = folder.join("policy.toml");
        let policy = |from: &str| {
            let text = format!(
                "[triggers.customer_request]\nweights_file = \"our.weights\"\nlearned_from = {from}\n"
            );
            fs::write(&file, text).expect("written");
            load_policy(Some(&file)).expect("a policy")
        };
        let heard = |policy: &crate::domain::policy::Policy, text| {
            let reading = policy.lexicon.read_customer(text, Language::Unknown, true);
            reading.learned_request(policy.triggers.customer_request.learned_from)
        };
        let ours = policy("0.6");
        assert!(heard(&ours, "please beam me to the bridge") >= Some(0.6));
        assert_eq!(heard(&ours, "where is my parcel"), None);
        assert_eq!(heard(&ours, "beam me to the captain, I want a human agent"), None, "a rule speaks");
        assert_eq!(heard(&policy("1.0"), "please beam me to the bridge"), None, "never");
        let reading = |language| ours.lexicon.read_customer("please beam me to the bridge", language, true);
        assert!(reading(Language::Declared("en-GB")).may_ask > 0.0);
        assert_eq!(reading(Language::Declared("sv")).may_ask, 0.0, "a language that is off");
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn what_cannot_be_learned_from_is_told_with_its_line() {
        let folder = folder("lines");
        let told = |lines: &str| learned(&folder, lines).expect_err("refused");
        assert!(
            told("{\"text\":\"a\",\"label\":true}\n{\"text\":\"b\"}\n")
                .contains("texts.jsonl:2: column 12: missing field `label`; a line is {\"text\": ")
        );
        assert!(
            told("{\"text\":\"a\",\"label\":true}\n").starts_with("there must be texts with label true and")
        );
        assert!(told("").starts_with("there must be texts"));
        fs::remove_dir_all(folder).expect("ours");
    }
}
