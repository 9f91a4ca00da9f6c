//! The file that `segue learn` writes: a line that says what it is, a line of JSON about the model, and its table.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::text::{Head, Learned, Model, Weights};

const MAGIC: &[u8] = b"segue-weights 1\n";

/// The second line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// What it tells of a text; files of before there were several do not say.
    model: Option<String>,
    bits: u32,
    unit: f64,
    bias: f64,
    ordinary: f64,
    texts: u64,
    positive: u64,
}

/// What this program was built with (docs/learning.md).
pub fn built_in() -> Learned {
    Model::ALL.into_iter().fold(Learned::nothing(), |learned, model| {
        // A test reads each: they are there and sound.
        learned.with(model, parse(model, Cow::Borrowed(file(model))).unwrap_or_else(|_| Weights::none()))
    })
}

fn file(model: Model) -> &'static [u8] {
    match model {
        Model::Displeasure => include_bytes!("weights/displeasure.weights"),
        Model::DispleasureElsewhere => include_bytes!("weights/displeasure-elsewhere.weights"),
        Model::Request => include_bytes!("weights/request.weights"),
        Model::Danger => include_bytes!("weights/danger.weights"),
        Model::Answer => include_bytes!("weights/answer.weights"),
    }
}

/// Reads the weight file of a model. Errors: what is wrong with it, or that it is another model's; without its name.
pub fn parse(model: Model, file: Cow<'static, [u8]>) -> Result<Weights, String> {
    let rest = file
        .strip_prefix(MAGIC)
        .ok_or("this is no weight file of this version: make it with `segue learn`")?;
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or("its second line has no end")?;
    let line: Line =
        serde_json::from_slice(&rest[..end]).map_err(|error| format!("its second line: {error}"))?;
    let Line { model: named, bits, unit, bias, ordinary, texts, positive } = line;
    if let Some(named) = named.filter(|named| named != model.name()) {
        let model = model.name();
        return Err(format!(
            "these are weights of the model {named}: name a file of `segue learn --model {model}` here"
        ));
    }
    let from = MAGIC.len() + end + 1;
    let cells = match file {
        Cow::Borrowed(file) => Cow::Borrowed(&file[from..]),
        Cow::Owned(mut file) => Cow::Owned(file.split_off(from)),
    };
    Weights::new(Head { bits, unit, bias, ordinary, texts, positive }, cells)
}

/// The file of a model's weights: the same bytes for the same weights.
pub fn write(model: Model, weights: &Weights) -> Vec<u8> {
    let Head { bits, unit, bias, ordinary, texts, positive } = weights.head;
    let line = Line { model: Some(model.name().to_owned()), bits, unit, bias, ordinary, texts, positive };
    // Plain numbers cannot fail to be written.
    let line = serde_json::to_vec(&line).unwrap_or_default();
    [MAGIC, line.as_slice(), b"\n", weights.cells()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let head = Head { bits: 2, unit: 0.25, bias: -1.5, ordinary: -2.0, texts: 7, positive: 3 };
        let weights = Weights::new(head, Cow::Owned(vec![0, 255, 1, 128])).expect("weights");
        let file = write(Model::Request, &weights);
        assert_eq!(parse(Model::Request, Cow::Owned(file.clone())), Ok(weights));
        let told = |file: Vec<u8>| parse(Model::Request, Cow::Owned(file)).expect_err("refused");
        assert_eq!(
            told(b"{}".to_vec()),
            "this is no weight file of this version: make it with `segue learn`"
        );
        assert_eq!(told(file[..file.len() - 1].to_vec()), "it has 3 cells, and its head says 4");
        assert_eq!(told([MAGIC, b"{}"].concat()), "its second line has no end");
        assert!(
            told([MAGIC, b"{\"bits\":8,\"units\":1}\n"].concat())
                .starts_with("its second line: unknown field `units`")
        );
    }

    #[test]
    fn a_file_of_another_model_is_refused_and_one_that_does_not_say_is_taken() {
        let file = write(Model::Displeasure, &Weights::none());
        assert_eq!(parse(Model::Displeasure, Cow::Owned(file.clone())), Ok(Weights::none()));
        assert_eq!(
            parse(Model::Request, Cow::Owned(file.clone())),
            Err("these are weights of the model displeasure: name a file of `segue learn --model request` here"
                .to_owned())
        );
        let earlier = String::from_utf8(file).expect("text").replace("\"model\":\"displeasure\",", "");
        assert_eq!(parse(Model::Request, Cow::Owned(earlier.into_bytes())), Ok(Weights::none()));
    }

    #[test]
    fn the_built_in_files_are_sound_and_small() {
        for model in Model::ALL {
            assert!(built_in().of(model).head.texts > 0, "{model:?} was made from texts");
            assert_eq!(write(model, built_in().of(model)), file(model), "{model:?} is named in its file");
        }
        assert!(Model::ALL.map(|model| file(model).len()).iter().sum::<usize>() < 2 << 20, "at most 2 MB");
    }
}
