//! `segue replay`: a stretch of history through the same engine, over the embedded log.
//!
//! The machine's clock plays no part (but for refusing turns from the future): the same file and policy give the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::embedded::{Embedded, Origin};
use super::render::screen::{Format, Screen};
use super::replay_files::{Lines, Output, Progress, is_standard};
use crate::domain::policy::Policy;
use crate::engine::conversations::{Observed, Observer, Shadow};
use crate::engine::partitioner::partition_of;
use crate::engine::port::{Out, Topic};
use crate::engine::settings::TimeSource;
use crate::wire;

/// What to read, and what to write where.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub turns: PathBuf,
    pub outcomes: Option<PathBuf>,
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

impl Plan {
    /// One of the outputs is standard output, which then holds nothing else.
    pub fn takes_stdout(&self) -> bool {
        let Plan { decisions, signals, packages, summaries, metrics, shadow_events, .. } = self;
        [decisions, signals, packages, summaries, metrics, shadow_events]
            .into_iter()
            .flatten()
            .any(|path| is_standard(path))
    }

    fn write(&self, played: &Played) -> Result<(), String> {
        write_lines(self.decisions.as_deref(), &played.events)?;
        write_lines(self.signals.as_deref(), &played.signals)?;
        write_lines(self.packages.as_deref(), &played.packages)?;
        write_lines(self.summaries.as_deref(), &played.summaries)?;
        write_lines(self.metrics.as_deref(), &played.windows)?;
        write_lines(self.shadow_events.as_deref(), &played.shadow_events)
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
    if !played.dead_letters.is_empty() {
        eprintln!(
            "{} record(s) could not be taken; the first: {}",
            played.dead_letters.len(),
            first(&played.dead_letters)
        );
    }
    Ok(())
}

fn report<W: Write>(mut screen: Screen<W>, plan: &Plan, played: &Played, format: Format) -> io::Result<()> {
    for event in &played.events {
        match format {
            Format::Json if plan.decisions.is_none() => screen.event(event)?,
            Format::Json => {}
            Format::Text => screen.count(event)?,
        }
    }
    played.windows.iter().try_for_each(|row| screen.window(row))?;
    screen.close()
}

/// Replays twice and says what `other` would have changed. What the plan asks for is written of `policy`.
pub fn compare(
    plan: &Plan,
    policy: Arc<Policy>,
    other: Arc<Policy>,
    stop: Arc<AtomicBool>,
) -> Result<Comparison, String> {
    let (before, after) = (play(plan, policy, stop.clone())?, play(plan, other, stop)?);
    plan.write(&before)?;
    Ok(Comparison::of(&before.events, &after.events))
}

/// What a replay wrote: JSON lines in order.
struct Played {
    events: Vec<Vec<u8>>,
    signals: Vec<Vec<u8>>,
    packages: Vec<Vec<u8>>,
    summaries: Vec<Vec<u8>>,
    windows: Vec<Vec<u8>>,
    shadow_events: Vec<Vec<u8>>,
    dead_letters: Vec<Vec<u8>>,
}

fn play(plan: &Plan, policy: Arc<Policy>, stop: Arc<AtomicBool>) -> Result<Played, String> {
    let watched: Arc<Mutex<Watched>> = Arc::default();
    let mut embedded = Embedded::new(plan.partitions, policy.clone(), Origin::File, TimeSource::InputOnly)
        .shadowed_by(plan.shadows.clone());
    if plan.signals.is_some() || plan.packages.is_some() {
        embedded = embedded.watched_by(observer(plan, policy, watched.clone()));
    }
    load(&embedded, Topic::Turns, &plan.turns, plan.partitions)?;
    if let Some(outcomes) = &plan.outcomes {
        load(&embedded, Topic::Outcomes, outcomes, plan.partitions)?;
    }
    let progress = Progress::count("replaying", None);
    let ran = embedded.run_to_end(1, stop);
    progress.finish();
    ran.map_err(|error| error.to_string())?;
    let watched = std::mem::take(&mut *watched.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Played {
        events: embedded.values(Topic::Events),
        signals: watched.signals,
        packages: watched.packages.into_values().collect(),
        summaries: embedded.values(Topic::Summaries),
        windows: embedded.values(Topic::Metrics),
        shadow_events: embedded.values(Topic::Shadow),
        dead_letters: embedded.values(Topic::DeadLetters),
    })
}

/// Appends a file's lines to an input topic; a line's offset is its number.
fn load(embedded: &Embedded, topic: Topic, file: &Path, partitions: i32) -> Result<(), String> {
    let mut lines = Lines::open(file)?;
    let progress = Progress::bytes("reading", lines.total());
    let mut line = Vec::new();
    while let Some(number) = lines.next_into(&mut line)? {
        progress.set(lines.bytes());
        let key = match topic {
            Topic::Outcomes => {
                wire::outcome::decode(&line).ok().map(|outcome| outcome.conversation_id.into_owned())
            }
            Topic::Turns
            | Topic::Events
            | Topic::Summaries
            | Topic::Metrics
            | Topic::Shadow
            | Topic::DeadLetters
            | Topic::Policies
            | Topic::Changelog
            | Topic::Deltas => wire::turn::decode(&line).ok().map(|turn| turn.conversation_id.into_owned()),
        };
        let key = key.as_deref().map(str::as_bytes);
        let partition = key.map_or(0, |key| partition_of(key, partitions));
        let out = Out { topic, partition: Some(partition), key, value: Some(&line), trace: None };
        let appended = embedded.broker.append_at(out, number as i64, None);
        appended.map_err(|error| format!("{}:{number}: {error}", file.display()))?;
    }
    progress.finish();
    Ok(())
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
            wire::handoff::encode_signals(seen.conversation_id, seen.event_id, seen.signals, &mut line);
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

fn write_lines(file: Option<&Path>, lines: &[Vec<u8>]) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    let mut output = Output::create(file)?;
    lines.iter().try_for_each(|line| output.line(line))?;
    output.finish()
}

fn first(lines: &[Vec<u8>]) -> String {
    let letter: Value = lines.first().and_then(|line| serde_json::from_slice(line).ok()).unwrap_or_default();
    let text = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
    format!("line {} ({}): {}", letter["offset"], text("stage"), text("error"))
}

/// What another policy would have changed, a conversation's episode at a time.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Comparison {
    pub added: Vec<Difference>,
    pub lost: Vec<Difference>,
    pub earlier: Vec<Difference>,
    pub later: Vec<Difference>,
    pub unchanged: usize,
}

/// One hand-off that differs. Times are epoch milliseconds; `None` where that policy did not hand off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub conversation_id: String,
    pub episode: u64,
    pub before: Option<(i64, String)>,
    pub after: Option<(i64, String)>,
}

impl Comparison {
    fn of(before: &[Vec<u8>], after: &[Vec<u8>]) -> Comparison {
        let (before, after) = (requests(before), requests(after));
        let mut found = Comparison::default();
        let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
        for (conversation_id, episode) in keys {
            let key = (conversation_id.clone(), episode);
            let (was, is) = (before.get(&key).cloned(), after.get(&key).cloned());
            let list = match (&was, &is) {
                (None, _) => &mut found.added,
                (_, None) => &mut found.lost,
                (Some(was), Some(is)) if is.0 < was.0 => &mut found.earlier,
                (Some(was), Some(is)) if is.0 > was.0 => &mut found.later,
                (Some(_), Some(_)) => {
                    found.unchanged += 1;
                    continue;
                }
            };
            list.push(Difference { conversation_id, episode, before: was, after: is });
        }
        found
    }

    /// For a person: the four counts, and each difference on a line.
    pub fn text(&self) -> String {
        let mut text = format!(
            "hand-offs: {} unchanged, {} added, {} lost, {} earlier, {} later\n",
            self.unchanged,
            self.added.len(),
            self.lost.len(),
            self.earlier.len(),
            self.later.len()
        );
        for (what, list) in self.lists() {
            for one in list {
                let side = |side: &Option<(i64, String)>| {
                    side.as_ref().map_or("-".to_owned(), |(at, reason)| format!("{at} {reason}"))
                };
                text.push_str(&format!(
                    "{what:<8} {} (episode {})  {} → {}\n",
                    one.conversation_id,
                    one.episode,
                    side(&one.before),
                    side(&one.after)
                ));
            }
        }
        text
    }

    /// For a machine: one object a difference, then the counts.
    pub fn json_lines(&self) -> String {
        let mut lines = String::new();
        for (what, list) in self.lists() {
            for one in list {
                let side = |side: &Option<(i64, String)>| match side {
                    Some((at, reason)) => serde_json::json!({ "event_time": at, "reason": reason }),
                    None => Value::Null,
                };
                let line = serde_json::json!({ "change": what, "conversation_id": one.conversation_id,
                    "episode": one.episode, "before": side(&one.before), "after": side(&one.after) });
                lines.push_str(&format!("{line}\n"));
            }
        }
        let counts = serde_json::json!({ "unchanged": self.unchanged, "added": self.added.len(), "lost": self.lost.len(),
            "earlier": self.earlier.len(), "later": self.later.len() });
        lines + &format!("{counts}\n")
    }

    fn lists(&self) -> [(&'static str, &Vec<Difference>); 4] {
        [("added", &self.added), ("lost", &self.lost), ("earlier", &self.earlier), ("later", &self.later)]
    }
}

/// (conversation, episode) → when and why a hand-off was requested.
fn requests(events: &[Vec<u8>]) -> BTreeMap<(String, u64), (i64, String)> {
    events
        .iter()
        .filter_map(|event| serde_json::from_slice::<Value>(event).ok())
        .filter(|event| event["type"] == "requested")
        .filter_map(|event| {
            let key = (event["conversation_id"].as_str()?.to_owned(), event["episode"].as_u64()?);
            Some((key, (event["event_time"].as_i64()?, event["reason"].as_str()?.to_owned())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_names_what_was_added_lost_and_moved() {
        let event = |id: &str, at: i64| {
            serde_json::json!({"type": "requested", "conversation_id": id, "episode": 1, "event_time": at, "reason": "loop"})
                .to_string()
                .into_bytes()
        };
        let before = [event("a", 1), event("b", 5), event("c", 5), event("e", 2)];
        let after = [event("a", 1), event("b", 4), event("d", 9), event("e", 3)];
        let found = Comparison::of(&before, &after);
        let ids =
            |list: &[Difference]| list.iter().map(|one| one.conversation_id.clone()).collect::<String>();
        assert_eq!(
            (found.unchanged, ids(&found.added), ids(&found.lost), ids(&found.earlier), ids(&found.later)),
            (1, "d".to_owned(), "c".to_owned(), "b".to_owned(), "e".to_owned())
        );
    }
}
