//! `segue demo --to-kafka`: the same conversations into a cluster, at the clock's own pace.
//!
//! 1. The cluster is waited for, and its topics are checked.
//! 2. Conversations begin at random, so many a minute on average; each of their records goes out when its time has come.
//! 3. At the end, everything that was sent is waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::script::{DemoRecord, Stage, Timed};
use crate::app::print::print_line;
use crate::app::render::screen::Format;
use crate::app::run::{Failure, names, preflight, properties};
use crate::app::signals::Stop;
use crate::config::Settings;
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};
use crate::kafka::Feed;

const LOOK_EVERY: Duration = Duration::from_millis(20);
const SAY_EVERY_MS: Millis = 60_000;
const FINISH_WITHIN: Duration = Duration::from_secs(30);
/// A clock that stood still (a machine that slept) is not made up for: what should have begun then never does.
const BEHIND_MS_MAX: Millis = 60_000;

/// What to play.
#[derive(Clone, Debug, PartialEq)]
pub struct Production {
    /// `None`: goes on until told to stop.
    pub conversations: Option<u64>,
    /// Conversations that begin in a minute, on average.
    pub rate: f64,
    /// Pauses within a conversation are this many times shorter.
    pub speed: f64,
    pub seed: u64,
    pub format: Format,
}

/// Plays until done or told to stop. Errors: topics that cannot work, a record that the cluster refuses.
pub fn produce(
    plan: &Production,
    settings: &Settings,
    now: fn() -> Millis,
    stop: &Stop,
) -> Result<(), Failure> {
    let stage = Stage::new(plan.seed, plan.speed).map_err(Failure::running)?;
    let properties = properties(settings)?;
    let feed = Feed::new(&settings.kafka.bootstrap_servers, &properties, names(settings))?;
    // 1
    if preflight(settings, &properties, &[Topology::Conversations], stop, || {})?.is_none() {
        return Ok(());
    }
    // 2
    let mut played = Played::default();
    let mut pending = Pending::new((60_000.0 / plan.rate) as u64, now());
    let mut say_at = now() + SAY_EVERY_MS;
    while !stop.requested() {
        let at = now();
        pending.begin(&stage, plan.conversations, at);
        while let Some(record) = pending.due(at) {
            if !send(&feed, &record, stop)? {
                break;
            }
            played.count(&record);
        }
        if pending.is_over(plan.conversations) {
            break;
        }
        if at >= say_at {
            say_at = at + SAY_EVERY_MS;
            print_line(played.line(pending.begun, plan.format))?;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    // 3
    feed.finish(FINISH_WITHIN)?;
    print_line(played.line(pending.begun, plan.format))?;
    Ok(())
}

/// Sends one record; a full queue is waited for. `false`: told to stop meanwhile.
fn send(feed: &Feed, record: &Timed, stop: &Stop) -> Result<bool, Failure> {
    let (topic, value) = match &record.record {
        DemoRecord::Turn(value) => (Topic::Turns, value),
        DemoRecord::Outcome(value) => (Topic::Outcomes, value),
    };
    while !stop.requested() {
        match feed.send(topic, &record.key, value) {
            Ok(()) => return Ok(true),
            Err(Error::Retry(_)) => std::thread::sleep(LOOK_EVERY),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// Conversations that have begun, as the records that are still to come, in order of their time.
struct Pending {
    records: BTreeMap<(Millis, u64), Timed>,
    /// Numbers records of one moment in the order they were made.
    number: u64,
    apart_ms: u64,
    begun: u64,
    next_start: Millis,
}

impl Pending {
    fn new(apart_ms: u64, start: Millis) -> Pending {
        Pending {
            records: BTreeMap::new(),
            number: 0,
            apart_ms: apart_ms.max(1),
            begun: 0,
            next_start: start,
        }
    }

    /// Begins what is to begin until `now`.
    fn begin(&mut self, stage: &Stage, conversations: Option<u64>, now: Millis) {
        self.next_start = self.next_start.max(now - BEHIND_MS_MAX);
        while self.next_start <= now && conversations.is_none_or(|all| self.begun < all) {
            let (records, gap) = stage.conversation(self.begun, self.next_start, self.apart_ms);
            for record in records {
                self.records.insert((record.at_ms, self.number), record);
                self.number += 1;
            }
            self.begun += 1;
            self.next_start += gap;
        }
    }

    fn due(&mut self, now: Millis) -> Option<Timed> {
        let first = self.records.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn is_over(&self, conversations: Option<u64>) -> bool {
        self.records.is_empty() && conversations.is_some_and(|all| self.begun >= all)
    }
}

/// What was handed to the cluster.
#[derive(Default)]
struct Played {
    turns: u64,
    outcomes: u64,
}

impl Played {
    fn count(&mut self, record: &Timed) {
        match record.record {
            DemoRecord::Turn(_) => self.turns += 1,
            DemoRecord::Outcome(_) => self.outcomes += 1,
        }
    }

    fn line(&self, conversations: u64, format: Format) -> String {
        let Played { turns, outcomes } = self;
        match format {
            Format::Text => {
                format!("{conversations} conversations begun, {turns} turns and {outcomes} outcomes sent")
            }
            Format::Json => {
                serde_json::json!({ "conversations": conversations, "turns": turns, "outcomes": outcomes })
                    .to_string()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = 1_764_000_000_000;

    #[test]
    fn each_record_is_due_at_its_time_and_once() {
        let stage = Stage::new(1, 1.0).unwrap();
        let mut pending = Pending::new(3_000, START);
        let (mut now, mut seen) = (START, Vec::new());
        while !pending.is_over(Some(12)) {
            pending.begin(&stage, Some(12), now);
            while let Some(record) = pending.due(now) {
                assert!((now - 1_000..=now).contains(&record.at_ms), "{} at {now}", record.at_ms);
                seen.push(record.record);
            }
            now += 1_000;
        }
        let all = |n| stage.conversation(n, START, 3_000).0.len();
        assert_eq!((pending.begun, seen.len()), (12, (0..12).map(all).sum()));
    }

    #[test]
    fn what_a_sleeping_machine_missed_does_not_begin_at_once() {
        let stage = Stage::new(1, 1.0).unwrap();
        let mut pending = Pending::new(1_000, START);
        pending.begin(&stage, None, START);
        let before = pending.begun;
        pending.begin(&stage, None, START + 3_600_000);
        assert!((20..=180).contains(&(pending.begun - before)), "{}", pending.begun);
    }
}
