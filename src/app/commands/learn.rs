//! `segue learn`.

use super::{start_quiet_logs, watch_signals};
use crate::app::learn::{self, Inputs};
use crate::app::policy_files::load_policy;
use crate::app::print::{print, tell};
use crate::app::run::Failure;
use crate::cli::{self, LearnOf, Learnt, Output};
use crate::domain::text::Model;

fn model_of(learnt: Learnt) -> Model {
    match learnt {
        Learnt::Displeasure => Model::Displeasure,
        Learnt::DispleasureElsewhere => Model::DispleasureElsewhere,
        Learnt::Request => Model::Request,
        Learnt::Danger => Model::Danger,
        Learnt::Answer => Model::Answer,
    }
}

pub(super) fn learn_command(args: cli::Learn) -> Result<(), Failure> {
    let cli::Learn { of, model, texts, out, check, output } = args;
    if let Some(of) = of {
        return learn_of(of);
    }
    let inputs = Inputs { model: model_of(model), texts, out: out.unwrap_or_default(), check };
    let learned = learn::learn(&inputs).map_err(Failure::settings)?;
    print(match output {
        Output::Text => learned.text(&inputs),
        Output::Json => format!("{}\n", learned.json()),
    })?;
    learned.warnings().iter().for_each(tell);
    Ok(())
}

fn learn_of(of: LearnOf) -> Result<(), Failure> {
    let LearnOf::Combination { turns, labels, out, policy, check, output } = of;
    start_quiet_logs()?;
    let inputs = learn::combination::Inputs { turns, labels, out, check };
    let stop = watch_signals()?;
    let learned = learn::combination::learn(&inputs, load_policy(policy.as_deref())?, stop.flag())?;
    print(match output {
        Output::Text => learned.text(&inputs),
        Output::Json => format!("{}\n", learned.json()),
    })?;
    learned.warnings().iter().for_each(tell);
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn the_command_line_calls_a_model_as_its_weight_file_does() {
        let named = |learnt: &Learnt| Some(learnt.to_possible_value()?.get_name().to_owned());
        let models: Vec<Model> = Learnt::value_variants().iter().map(|learnt| model_of(*learnt)).collect();
        assert_eq!(models, Model::ALL);
        for learnt in Learnt::value_variants() {
            assert_eq!(named(learnt).as_deref(), Some(model_of(*learnt).name()));
        }
    }
}
