//! `segue replay`: a stretch of history through the same engine, over the embedded log.
//!
//! The machine's clock plays no part (but for refusing turns from the future): the same file and policy give the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::comparison::{Comparison, Outcomes, Side};
use super::embedded::{Embedded, Origin};
use super::left_out::LeftOut;
use super::print::tell;
use super::render::screen::{Format, Screen};
use super::replay_files::{InOrder, Lines, Output, Progress, is_standard, shown};
use super::run::Failure;
use super::stretch::Stretch;
use crate::domain::policy::Policy;
use crate::engine::conversations::{Observed, Observer, Shadow};
use crate::engine::partitioner::partition_of;
use crate::engine::port::{Out, Topic};
use crate::engine::settings::TimeSource;
use crate::telemetry::process;
use crate::wire;

/// What to read, and what to write where.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub input: Input,
    pub decisions: Option<PathBuf>,
    pub signals: Option<PathBuf>,
    pub packages: Option<PathBuf>,
    pub summaries: Option<PathBuf>,
    pub metrics: Option<PathBuf>,
    /// Policies that watch beside the acting one, and where their events go.
    pub shadows: Vec<Shadow>,
    pub shadow_events: Option<PathBuf>,
    /// Partitions of the embedded log. Events do not depend on it, for records at most the lateness behind.
    pub partitions: i32,
}

/// Where conversations come from.
#[derive(Clone, Debug)]
pub enum Input {
    Files { turns: PathBuf, outcomes: Option<PathBuf> },
    Log(Arc<Stretch>),
}

impl Default for Input {
    fn default() -> Input {
        Input::Files { turns: PathBuf::new(), outcomes: None }
    }
}

impl Input {
    /// Where a record lies: the line of a file, or an offset of the cluster.
    fn place(&self, topic: &str, partition: i64, offset: i64) -> String {
        match self {
            Input::Files { turns, outcomes } => {
                let outcomes = outcomes.as_ref().filter(|_| topic == Topic::Outcomes.default_name());
                format!("{}:{offset}", shown(outcomes.unwrap_or(turns)))
            }
            Input::Log(_) => format!("{topic}-{partition} offset {offset}"),
        }
    }
}

impl Plan {
    /// One of the inputs is standard input, which can be read once.
    pub fn reads_stdin(&self) -> bool {
        match &self.input {
            Input::Files { turns, outcomes } => {
                is_standard(turns) || outcomes.as_deref().is_some_and(is_standard)
            }
            Input::Log(_) => false,
        }
    }

    /// The same input, every record judged by the policy that is given.
    fn judged_by_one(&self) -> Plan {
        let input = match &self.input {
            Input::Log(stretch) => Input::Log(Arc::new(stretch.judged_by_one())),
            files @ Input::Files { .. } => files.clone(),
        };
        Plan { input, ..self.clone() }
    }

    /// One of the outputs is standard output, which then holds nothing else.
    pub fn takes_stdout(&self) -> bool {
        let Plan { decisions, signals, packages, summaries, metrics, shadow_events, .. } = self;
        [decisions, signals, packages, summaries, metrics, shadow_events]
            .into_iter()
            .flatten()
            .any(|path| is_standard(path))
    }

    fn write(&self, played: &Played) -> Result<(), String> {
        write_topic(self.decisions.as_deref(), &played.log, Topic::Events)?;
        write_lines(self.signals.as_deref(), &played.signals)?;
        write_lines(self.packages.as_deref(), &played.packages)?;
        write_topic(self.summaries.as_deref(), &played.log, Topic::Summaries)?;
        write_topic(self.metrics.as_deref(), &played.log, Topic::Metrics)?;
        write_topic(self.shadow_events.as_deref(), &played.log, Topic::Shadow)
    }
}

/// Replays the plan's input through `policy`, writes what was asked for, and shows the report: on standard output, or on
/// standard error where an output has that.
pub fn replay(plan: &Plan, policy: Arc<Policy>, format: Format, stop: Arc<AtomicBool>) -> Result<(), String> {
    let played = play(plan, policy, stop)?;
    plan.write(&played)?;
    let shown = if plan.takes_stdout() {
        report(Screen::stderr(format), plan, &played, format)
    } else {
        report(Screen::stdout(format), plan, &played, format)
    };
    shown.map_err(|error| format!("the report: {error}"))?;
    played.tell();
    Ok(())
}

fn report<W: Write>(mut screen: Screen<W>, plan: &Plan, played: &Played, format: Format) -> io::Result<()> {
    for event in played.log.values(Topic::Events) {
        match format {
            Format::Json if plan.decisions.is_none() => screen.event(&event)?,
            Format::Json => {}
            Format::Text => screen.count(&event)?,
        }
    }
    played.log.values(Topic::Metrics).iter().try_for_each(|row| screen.window(row))?;
    screen.left_out(&played.left_out);
    screen.close()
}

/// Replays twice, so no input may be standard input, and says what `other` would have changed. What the plan asks for is
/// written of `policy`, the acting one.
pub fn compare(
    plan: &Plan,
    policy: Arc<Policy>,
    other: Arc<Policy>,
    stop: Arc<AtomicBool>,
) -> Result<Comparison, String> {
    let played = play(plan, policy.clone(), stop.clone())?;
    plan.write(&played)?;
    played.tell();
    let Played { log, left_out, .. } = played;
    let before = Side::of(&policy, &log);
    drop(log);
    // Outcomes of hand-offs that only the acting policy makes are dead letters here, and no news.
    let plan = &plan.judged_by_one();
    let played = play(plan, other.clone(), stop)?;
    let outcomes = match &plan.input {
        Input::Files { outcomes: None, .. } => Outcomes::NotGiven,
        Input::Files { outcomes: Some(_), .. } | Input::Log(_) => Outcomes::Given,
    };
    let found = Comparison::of(&before, &Side::of(&other, &played.log), &played.log, outcomes);
    Ok(Comparison { left_out, ..found })
}

/// What a replay leaves: its log, what it could not take, and the JSON lines of what was watched.
struct Played {
    log: Embedded,
    left_out: LeftOut,
    /// What casts doubt on what came out, in sentences.
    doubts: Vec<String>,
    signals: Vec<Vec<u8>>,
    packages: Vec<Vec<u8>>,
}

impl Played {
    /// Says on standard error what casts doubt on it, and what could not be taken.
    fn tell(&self) {
        self.doubts.iter().for_each(tell);
        self.left_out.tell();
    }
}

/// Says on standard error what could not be taken of a file.
pub(super) fn tell_dead_letters(log: &Embedded, file: &Path) {
    LeftOut::of(log, |_, _, line| format!("{}:{line}", shown(file))).tell();
}

fn play(plan: &Plan, policy: Arc<Policy>, stop: Arc<AtomicBool>) -> Result<Played, String> {
    let watched: Arc<Mutex<Watched>> = Arc::default();
    let mut doubts = Vec::new();
    let embedded = match &plan.input {
        Input::Files { turns, outcomes } => {
            let embedded =
                Embedded::new(plan.partitions, policy.clone(), Origin::File, TimeSource::InputOnly);
            doubts.extend(load(&embedded, Topic::Turns, turns)?.doubt(turns));
            if let Some(outcomes) = outcomes {
                doubts.extend(load(&embedded, Topic::Outcomes, outcomes)?.doubt(outcomes));
            }
            embedded
        }
        Input::Log(stretch) => Embedded::of(stretch, policy.clone()).map_err(|error| error.to_string())?,
    };
    let mut embedded = embedded.shadowed_by(plan.shadows.clone());
    if plan.signals.is_some() || plan.packages.is_some() {
        embedded = embedded.watched_by(observer(plan, policy, watched.clone()));
    }
    let progress = Progress::count("replaying", None);
    let ran = embedded.run_to_end(1, stop.clone());
    progress.finish();
    ran.map_err(|error| error.to_string())?;
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::stopped().message);
    }
    let watched = std::mem::take(&mut *watched.lock().unwrap_or_else(PoisonError::into_inner));
    let left_out =
        LeftOut::of(&embedded, |topic, partition, offset| plan.input.place(topic, partition, offset));
    let packages = watched.packages.into_values().collect();
    Ok(Played { log: embedded, left_out, doubts, signals: watched.signals, packages })
}

/// Appends a file's lines to an input topic; a line's offset is its number. Returns whether they stand in the order of time.
pub(super) fn load(embedded: &Embedded, topic: Topic, file: &Path) -> Result<InOrder, String> {
    let partitions = embedded.broker.partitions(topic);
    let mut lines = Lines::open(file)?;
    let progress = Progress::bytes("reading", lines.total());
    let (mut line, mut order) = (Vec::new(), InOrder::at(process::now_ms()));
    while let Some(number) = lines.next_into(&mut line)? {
        progress.set(lines.bytes());
        let read = if topic == Topic::Outcomes {
            let outcome = wire::outcome::decode(&line).ok();
            outcome.map(|outcome| (outcome.conversation_id.into_owned(), outcome.event_time))
        } else {
            wire::turn::decode(&line).ok().map(|turn| (turn.conversation_id.into_owned(), turn.event_time))
        };
        if let Some((_, event_time)) = read {
            order.meet(number, event_time);
        }
        let key = read.as_ref().map(|(id, _)| id.as_bytes());
        let partition = key.map_or(0, |key| partition_of(key, partitions));
        let out = Out { topic, partition: Some(partition), key, value: Some(&line), trace: None };
        let appended = embedded.broker.append_at(out, number as i64, None);
        appended.map_err(|error| format!("{}:{number}: {error}", file.display()))?;
    }
    progress.finish();
    Ok(order)
}

/// What the observer keeps.
#[derive(Default)]
struct Watched {
    signals: Vec<Vec<u8>>,
    /// Conversation id → the package after its last turn.
    packages: BTreeMap<String, Vec<u8>>,
}

fn observer(plan: &Plan, policy: Arc<Policy>, watched: Arc<Mutex<Watched>>) -> Observer {
    let (wants_signals, wants_packages) = (plan.signals.is_some(), plan.packages.is_some());
    Arc::new(Mutex::new(move |seen: Observed<'_>| {
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        if wants_signals && !seen.signals.is_empty() {
            let mut line = Vec::new();
            let Observed { conversation_id, event_id, signals, combined, .. } = seen;
            wire::handoff::encode_signals(conversation_id, event_id, signals, combined, &mut line);
            watched.signals.push(line);
        }
        if wants_packages {
            let package =
                crate::domain::package::package(seen.conversation_id, seen.after, seen.partition, &policy);
            let mut line = Vec::new();
            wire::handoff::encode_package(seen.conversation_id, &package, None, &mut line);
            watched.packages.insert(seen.conversation_id.to_owned(), line);
        }
    }))
}

fn write_topic(file: Option<&Path>, log: &Embedded, topic: Topic) -> Result<(), String> {
    if file.is_some() { write_lines(file, &log.values(topic)) } else { Ok(()) }
}

fn write_lines(file: Option<&Path>, lines: &[Vec<u8>]) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    let mut output = Output::create(file)?;
    lines.iter().try_for_each(|line| output.line(line))?;
    output.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_a_replay_cannot_take_is_told_with_its_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let turn =
            r#"{"event_id":"t-1","conversation_id":"c-1","event_time":1764000000000,"role":"customer"}"#;
        fs::write(at("turns.jsonl"), format!("{turn}\nnonsense\n")).unwrap();
        fs::write(at("outcomes.jsonl"), "\n{}\n").unwrap();
        let input = Input::Files { turns: at("turns.jsonl"), outcomes: Some(at("outcomes.jsonl")) };
        let plan = Plan { input, partitions: 1, ..Plan::default() };
        let played = play(&plan, Arc::new(wire::policy::built_in()), Arc::default()).unwrap();
        let root = format!("{}/", folder.path().display());
        let firsts: Vec<String> = played.left_out.firsts().map(|first| first.replace(&root, "")).collect();
        assert_eq!(firsts.len(), 2, "{firsts:?}");
        assert!(firsts[0].starts_with("turns.jsonl:2: decode: "), "{firsts:?}");
        assert!(firsts[1].starts_with("outcomes.jsonl:2: validate: "), "{firsts:?}");
    }
}
