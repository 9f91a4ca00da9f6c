//! `segue policy explain`: any decision over one conversation, reproduced from its records.
//!
//! ```text
//! files   ─records─▶ Records ─reproduce─▶ History ─pick─▶ Explanation ─▶ text (`render::explanation`) or JSON
//! cluster ─log─────▶    │                    └─ published: is what was published what comes out here?
//! ```
//! - [`history`]: what happened, moment by moment. `verdict`: what the policy did at each, and why no more.
//! - [`why_not`] and `bounds`: how near a conversation without any decision came to one.

mod bounds;
pub mod explanation;
pub mod history;
mod log;
pub mod published;
mod records;
mod reproduce;
#[cfg(test)]
mod tests;
mod verdict;
pub mod why_not;

use std::path::Path;
use std::sync::Arc;

use super::pipeline::SystemClock;
use super::policy_files::{load_policy, own};
use super::render::screen::Format;
use super::render::{Style, explanation as shown};
use super::replay_files::shown;
use super::run::Failure;
use super::{schemas, signals};
use crate::cli;
use crate::config::Settings;
use crate::domain::policy::Policy;
use crate::engine;
use crate::engine::codec::Codec;
use crate::engine::conversations::Shared;
use crate::engine::policies::{Board, InForce};
use crate::engine::port::{Clock, Topic};
use crate::engine::settings::TimeSource;
use crate::engine::terms::Terms;
use crate::telemetry;
use explanation::{Asked, Explanation, Input, Picked, PolicyUsed, pick};
use published::Published;
use records::Records;
use reproduce::reproduce;

/// What to print. Errors: settings, the policy, files, the cluster; an id that is not there.
pub fn explain(args: &cli::Explain, format: Format, style: Style) -> Result<String, Failure> {
    let asked = match (&args.turn, &args.handoff) {
        (Some(turn), _) => Asked::Turn(turn.clone()),
        (None, Some(handoff)) => Asked::Handoff(handoff.clone()),
        (None, None) if args.all => Asked::All,
        (None, None) => Asked::Decisions,
    };
    let explanation = match &args.turns {
        Some(turns) => of_files(args, turns, &asked)?,
        None => of_log(args, &asked)?,
    };
    match format {
        Format::Text => Ok(shown::text(&explanation, style)),
        Format::Json => serde_json::to_string(&explanation)
            .map(|json| json + "\n")
            .map_err(|error| Failure::running(format!("the explanation as JSON: {error}"))),
    }
}

fn of_files(args: &cli::Explain, turns: &Path, asked: &Asked) -> Result<Explanation, Failure> {
    let in_force = InForce::own(Arc::new(load_policy(args.policy.as_deref())?));
    let outcomes = args.outcomes.as_deref();
    let now = SystemClock.now();
    let records = records::from_files(&args.conversation, turns, outcomes, now).map_err(Failure::running)?;
    let from: Vec<String> = [Some(turns), outcomes].into_iter().flatten().map(shown).collect();
    if records.first_turn().is_none() {
        return Err(Failure::running(records.unknown(&from.join(", "))));
    }
    let unreadable = records.unreadable.as_ref();
    let unreadable =
        unreadable.map(|(lines, first)| format!("{lines} line(s) are no record, the first: {first}"));
    let doubts = unreadable.into_iter().chain(records.doubts.iter().cloned()).collect();
    let settings = engine::settings::Settings {
        time: TimeSource::InputOnly,
        started_at: now,
        ..engine::settings::Settings::default()
    };
    let terms = Terms::only(in_force);
    let shared = shared(settings, (records.partition, &terms), Codec::default(), None);
    conclude(&records, (shared, &terms), asked, (from, doubts), None)
}

fn of_log(args: &cli::Explain, asked: &Asked) -> Result<Explanation, Failure> {
    // Who waits for a registry must read that it does.
    telemetry::start_logs(telemetry::LogFormat::Text, "warn", None).map_err(Failure::running)?;
    let stop = signals::watch().map_err(|error| Failure::running(format!("signals: {error}")))?;
    let settings =
        Settings::read(args.settings.config.as_deref(), &args.settings.set).map_err(Failure::settings)?;
    let in_force = settings.policy.file.as_deref().map(Path::new);
    let policy = load_policy(args.policy.as_deref().or(in_force))?;
    let own = own(&settings, policy);
    // As it writes is nothing to us: what comes out here is JSON.
    let reader = schemas::codec(&settings, &stop, || {})?.ok_or_else(Failure::stopped)?.reader;
    let now = SystemClock.now();
    // Who names a policy wants to know what it would have done.
    let follow = if args.policy.is_some() { log::Follow::NoOther } else { log::Follow::WhatWasInForce };
    let look = log::Look {
        follow,
        own: &own,
        settings: &settings,
        reader: &reader,
        limit: args.scan_limit,
        now,
        stop: &stop,
    };
    let found = log::from_log(&args.conversation, &look)?;
    let engine = engine::settings::Settings {
        lateness_ms: settings.engine.lateness_ms,
        record_bytes_max: settings.engine.record_bytes_max,
        time: TimeSource::InputOnly,
        started_at: now,
        ..engine::settings::Settings::default()
    };
    let app = &settings.engine.application_id;
    let name = |topic| settings.topics.name(topic, app);
    let codec = Codec { reader: reader.clone(), ..Codec::default() };
    let shared = shared(engine, (found.records.partition, &found.terms), codec, Some(name(Topic::Turns)));
    conclude(
        &found.records,
        (shared, &found.terms),
        asked,
        (found.from, found.doubts),
        found.published.map(|published| (name(Topic::Events), published)),
    )
}

/// What the engine is made of. `transcript_topic` as in [`Shared`].
fn shared(
    settings: engine::settings::Settings,
    (partition, terms): (i32, &Terms),
    codec: Codec,
    transcript_topic: Option<String>,
) -> Shared {
    Shared {
        settings,
        policies: Arc::new(Board::new(terms.all()[0].in_force.clone())),
        past: Some(Arc::new([(partition, terms.clone())].into())),
        shadows: Vec::new(),
        stats: Arc::default(),
        turns_name: Topic::Turns.default_name().to_owned(),
        outcomes_name: Topic::Outcomes.default_name().to_owned(),
        transcript_topic,
        codec,
    }
}

fn conclude(
    records: &Records,
    (shared, terms): (Shared, &Terms),
    asked: &Asked,
    (from, mut doubts): (Vec<String>, Vec<String>),
    published: Option<(String, Vec<serde_json::Value>)>,
) -> Result<Explanation, Failure> {
    let history = reproduce(records, shared, terms);
    doubts.extend(history.refused.iter().cloned());
    let of = |topic| records.own.iter().filter(|record| record.topic == topic).count();
    let missing = |what: String| Failure::running(format!("{}: {what}", records.conversation_id));
    let used = used(records, terms);
    let last = used[used.len() - 1];
    let Picked { decisions, moments, why_not } = pick(&history, asked, &last.policy).map_err(missing)?;
    let published = published.map(|(topic, events)| {
        let known: Vec<&Policy> = used.iter().map(|in_force| in_force.policy.as_ref()).collect();
        Published::compare(&topic, &events, &history.published, &known)
    });
    Ok(Explanation {
        conversation_id: records.conversation_id.clone(),
        policy: PolicyUsed::of(last),
        earlier_policies: used[..used.len() - 1].iter().map(|in_force| PolicyUsed::of(in_force)).collect(),
        input: Input { from, turns: of(Topic::Turns), outcomes: of(Topic::Outcomes), doubts },
        decisions,
        moments,
        why_not,
        published,
    })
}

/// The policies that judged records of the conversation, in their order; the first one if none did.
fn used<'t>(records: &Records, terms: &'t Terms) -> Vec<&'t InForce> {
    let mut positions: Vec<usize> = records.own.iter().map(|record| terms.at(record)).collect();
    positions.sort_unstable();
    positions.dedup();
    if positions.is_empty() {
        positions.push(0);
    }
    positions.into_iter().map(|at| &terms.all()[at].in_force).collect()
}
