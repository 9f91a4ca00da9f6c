//! `segue demo`: generated conversations through the real engine over the embedded log, hand-offs shown as they happen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::script::{DemoRecord, Timed, generate};
use crate::app::embedded::{Embedded, Origin};
use crate::app::print::{Pipe, Reader};
use crate::app::render::screen::{Format, Screen};
use crate::app::signals::Stop;
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::engine::port::{Out, Topic};
use crate::engine::settings::TimeSource;

const PARTITIONS: i32 = 4;
const THREADS: usize = 2;
/// Conversations of one stretch of an endless demo.
const STRETCH: u64 = 20;
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What to play.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// `None`: goes on until told to stop.
    pub conversations: Option<u64>,
    pub pace: Pace,
    pub seed: u64,
    pub format: Format,
}

/// How fast, and what comes after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as the engine can; ends with the report.
    AtOnceThenExit,
    /// Event time passes this many times faster than ours; ends when told to.
    Times(f64),
}

/// Plays until done or told to stop, then shows reasons, volume and rates.
pub fn demo(play: &Play, policy: Policy, start_ms: Millis, stop: &Stop) -> Result<(), String> {
    let embedded = Embedded::new(PARTITIONS, Arc::new(policy), Origin::Log, TimeSource::InputOnly);
    let mut show = Show { screen: Screen::stdout(play.format), next: BTreeMap::new() };
    match play.pace {
        Pace::AtOnceThenExit => at_once(play, &embedded, start_ms, stop, &mut show)?,
        Pace::Times(speed) => paced(play, &embedded, start_ms, speed, stop, &mut show)?,
    }
    for row in embedded.values(Topic::Metrics) {
        show.screen.window(&row).map_err(no_output)?;
    }
    show.screen.close().map_err(no_output)
}

fn at_once(
    play: &Play,
    embedded: &Embedded,
    start_ms: Millis,
    stop: &Stop,
    show: &mut Show,
) -> Result<(), String> {
    for record in generate(play.seed, play.conversations.unwrap_or(STRETCH), start_ms)? {
        append(embedded, &record)?;
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let engine = scope.spawn(|| {
            let ran = embedded.run_to_end(THREADS, stop.flag());
            done.store(true, Ordering::SeqCst);
            ran
        });
        while !done.load(Ordering::SeqCst) {
            show.look(embedded)?;
            std::thread::sleep(LOOK_EVERY);
        }
        show.look(embedded)?;
        match engine.join() {
            Ok(ran) => ran.map_err(|error| error.to_string()),
            Err(_) => Err("the engine's thread panicked: this is a bug in segue".to_owned()),
        }
    })
}

fn paced(
    play: &Play,
    embedded: &Embedded,
    start_ms: Millis,
    speed: f64,
    stop: &Stop,
    show: &mut Show,
) -> Result<(), String> {
    // The engine stops after the feeder: its flag is its own.
    let engine_stop = Arc::new(AtomicBool::new(false));
    let failed = |error: crate::engine::error::Error| error.to_string();
    let conversations = embedded.start_conversations(THREADS, engine_stop.clone(), None).map_err(failed)?;
    let windows = embedded.start_windows(engine_stop.clone(), None).map_err(failed)?;
    let (mut seed, mut left, mut at) = (play.seed, play.conversations, start_ms);
    while !show.is_over(stop) && !engine_stop.load(Ordering::Relaxed) && left != Some(0) {
        let stretch = left.map_or(STRETCH, |left| left.min(STRETCH));
        at = feed(embedded, &generate(seed, stretch, at)?, at, speed, stop, show)?;
        seed += 1;
        left = left.map(|left| left - stretch);
    }
    while play.conversations.is_some() && !show.is_over(stop) && !engine_stop.load(Ordering::Relaxed) {
        show.look(embedded)?;
        std::thread::sleep(LOOK_EVERY);
    }
    engine_stop.store(true, Ordering::SeqCst);
    conversations.join().map_err(failed)?;
    windows.join().map_err(failed)?;
    show.look(embedded)
}

/// Appends the records when their time has come; the event time of the last.
fn feed(
    embedded: &Embedded,
    records: &[Timed],
    from: Millis,
    speed: f64,
    stop: &Stop,
    show: &mut Show,
) -> Result<Millis, String> {
    let started = std::time::Instant::now();
    for record in records {
        let due = Duration::from_secs_f64((record.at_ms - from).max(0) as f64 / 1_000.0 / speed.max(0.001));
        while started.elapsed() < due && !show.is_over(stop) {
            show.look(embedded)?;
            std::thread::sleep(LOOK_EVERY.min(due.saturating_sub(started.elapsed())));
        }
        if show.is_over(stop) {
            break;
        }
        append(embedded, record)?;
    }
    Ok(records.last().map_or(from, |last| last.at_ms))
}

fn append(embedded: &Embedded, record: &Timed) -> Result<(), String> {
    let (topic, value) = match &record.record {
        DemoRecord::Turn(value) => (Topic::Turns, value),
        DemoRecord::Outcome(value) => (Topic::Outcomes, value),
    };
    let out =
        Out { topic, partition: None, key: Some(record.key.as_bytes()), value: Some(value), trace: None };
    embedded.broker.append(out, Some(record.at_ms)).map(|_| ()).map_err(|error| error.to_string())
}

fn no_output(error: std::io::Error) -> String {
    format!("standard output: {error}")
}

/// What was shown so far.
struct Show {
    screen: Screen<Pipe<std::io::Stdout>>,
    /// Partition → next offset.
    next: BTreeMap<i32, i64>,
}

impl Show {
    /// Told to stop, or nobody looks any more.
    fn is_over(&self, stop: &Stop) -> bool {
        stop.requested() || self.screen.reader() == Reader::Left
    }

    /// Shows what has been committed since the last look.
    fn look(&mut self, embedded: &Embedded) -> Result<(), String> {
        for partition in 0..PARTITIONS {
            let next = self.next.entry(partition).or_insert(0);
            for record in embedded.broker.read_committed(Topic::Events, partition, *next) {
                *next = record.offset + 1;
                if let Some(value) = record.value() {
                    self.screen.event(value).map_err(no_output)?;
                }
            }
        }
        Ok(())
    }
}
