//! `segue replay`.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::{format, read, start_quiet_logs, watch_signals};
use crate::app::policy_files::{load_policy, load_shadows, own};
use crate::app::print::{print, tell};
use crate::app::run::Failure;
use crate::app::stretch::{Between, Judges};
use crate::app::{render, replay, schemas, signals, stretch};
use crate::cli::{self, Output};
use crate::domain::policy::Policy;
use crate::engine::codec::Codec;
use crate::engine::conversations::Shadow;
use crate::telemetry::process;

/// Examples that a comparison shows of each kind of change.
const EXAMPLES_SHOWN: usize = 5;

/// The past that a cluster holds, and the policy that judges where nobody else does.
fn past(args: &cli::Replay, stop: &signals::Stop) -> Result<(Arc<Policy>, replay::Input), Failure> {
    let settings = read(&args.settings)?;
    let in_force = settings.policy.file.as_deref().map(Path::new);
    let own = own(&settings, load_policy(args.policy.as_deref().or(in_force))?);
    let judges = if args.policy.is_some() { Judges::OneAlone } else { Judges::WhoDid };
    let time = |time: Option<Timestamp>| time.map(Timestamp::as_millisecond);
    let between = Between { since: time(args.since), until: time(args.until) };
    let reader = schemas::codec(&settings, stop, || {})?.ok_or_else(Failure::stopped)?.reader;
    let codec = Codec { reader, ..Codec::default() };
    let found = stretch::read(&settings, &own, (judges, between), codec, (process::now_ms(), stop))?;
    Ok((own.policy.clone(), replay::Input::Log(Arc::new(found))))
}

pub(super) fn replay_command(args: &cli::Replay) -> Result<(), Failure> {
    start_quiet_logs()?;
    let shadows = load_shadows(&args.shadow)?;
    let stop = watch_signals()?;
    let (policy, input) = match &args.turns {
        Some(turns) => {
            let input = replay::Input::Files { turns: turns.clone(), outcomes: args.outcomes.clone() };
            (Arc::new(load_policy(args.policy.as_deref())?), input)
        }
        None => past(args, &stop)?,
    };
    let plan = replay::Plan {
        input,
        decisions: args.decisions.clone(),
        signals: args.signals.clone(),
        packages: args.packages.clone(),
        summaries: args.summaries.clone(),
        metrics: args.metrics.clone(),
        shadows: shadows.into_iter().map(Arc::new).map(Shadow::new).collect(),
        shadow_events: args.shadow_events.clone(),
        partitions: args.partitions,
    };
    if let Some(other) = &args.compare {
        if plan.reads_stdin() {
            let message =
                "--compare replays twice and standard input can be read once; write it to a file first";
            return Err(Failure::settings(message.to_owned()));
        }
        let other = Arc::new(load_policy(Some(other))?);
        let found = replay::compare(&plan, policy, other, stop.flag()).map_err(Failure::running)?;
        let examples = args.examples.unwrap_or(EXAMPLES_SHOWN);
        let said = |style: render::Style| match args.output {
            Output::Text => render::comparison::page(&found, examples, style),
            Output::Json => found.json_lines(),
        };
        let style = render::Style::of_stdout();
        if plan.takes_stdout() {
            tell(said(render::Style { colour: render::Colour::Plain, ..style }).trim_end());
        } else {
            print(said(style))?;
        }
        return Ok(());
    }
    replay::replay(&plan, policy, format(args.output), stop.flag()).map_err(Failure::running)
}
