//! `segue learn`: a weight file from labelled texts.

mod fit;

use std::path::PathBuf;

use serde::Deserialize;

use self::fit::{Example, Plan};
use super::replay_files::Lines;
use crate::wire;

/// What to learn from, and where to write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
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
    /// AUROC over all parts of the check; `None` without a check.
    pub checked: Option<f64>,
    /// AUROC on the very texts it was made from.
    pub own: f64,
}

impl Learned {
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
            "auroc_unseen": self.checked, "auroc_own": self.own })
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
    let mut examples = Vec::new();
    for file in &inputs.texts {
        let mut lines = Lines::open(file)?;
        let mut line = Vec::new();
        while let Some(number) = lines.next_into(&mut line)? {
            let read = serde_json::from_slice::<Labelled>(&line);
            let read = read.map_err(|error| format!("{}:{number}: {error}", file.display()))?;
            examples.push(Example::new(&read.text, read.label, read.group.as_deref()));
        }
    }
    let plan = Plan::default();
    let weights = fit::fit(&examples, &plan);
    let own: Vec<f64> = examples.iter().map(|example| example.scored_by(&weights)).collect();
    let own = fit::auroc(&own, &examples)
        .ok_or("there must be texts with label true and texts with label false to learn from")?;
    let checked = match inputs.check {
        0 => None,
        parts => fit::auroc(&fit::checked(&examples, &plan, parts), &examples),
    };
    let bytes = wire::weights::write(&weights);
    let name = inputs.out.display();
    std::fs::write(&inputs.out, &bytes).map_err(|error| format!("{name}: {error}"))?;
    let (texts, positive) = (weights.head.texts, weights.head.positive);
    Ok(Learned { texts, positive, bytes: bytes.len(), checked, own })
}
