//! History through the engine once, and what every turn of it said: what labels are weighed against.
//!
//! The policy decides only by what stands above the combination (requests, safety, rules, no answer); the reasons that are
//! combined only observe. Up to a conversation's first decision its state does not depend on which of them act, so where any
//! choice among them would first decide can be read off one run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::app::embedded::{Embedded, Origin};
use crate::app::print::tell;
use crate::app::replay;
use crate::app::replay_files::{InOrder, Progress};
use crate::domain::combination::{COMBINED, Combination, Peaks, place};
use crate::domain::conversation::Phase;
use crate::domain::decision::Decision;
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::engine::conversations::{Observed, Observer};
use crate::engine::port::Topic;
use crate::engine::settings::TimeSource;

/// Partitions of the embedded log; what is decided does not depend on it.
pub(super) const PARTITIONS: i32 = 4;

/// A moment in a conversation. Ordered by its place: a timer's stands before the turn that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Twice the place of the turn, from 0, and one more where it is the turn itself.
    place: usize,
    /// Customer turns so far.
    pub customer_turns: i64,
}

/// A turn as labels name it.
#[derive(Clone, Debug, PartialEq)]
pub struct Met {
    pub event_id: String,
    /// Customer turns so far, this one included.
    pub customer_turns: i64,
    /// The largest event time so far.
    pub latest: Millis,
}

/// A turn at which a combined reason fired or grew, while the AI owned the conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub at: At,
    /// By place in [`COMBINED`].
    pub fired: [bool; COMBINED.len()],
    /// After the turn, by place in [`COMBINED`].
    pub peaks: [f64; COMBINED.len()],
    /// A peak that weighs something rose.
    pub rose: bool,
    /// The customer has said that they want no person: nothing offers them one.
    pub declined: bool,
}

/// One conversation of the history.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Track {
    pub id: String,
    pub turns: Vec<Met>,
    pub moments: Vec<Moment>,
    /// The first decision of what stands above the combination.
    pub above: Option<At>,
    /// How it ended: `end_kind` of its summary.
    pub end_kind: String,
    /// A person wrote in it.
    pub person_wrote: bool,
    /// Combined reasons that said anything, under their bounds included, by place in [`COMBINED`].
    pub spoke: [bool; COMBINED.len()],
    started_at: Millis,
    customers: u32,
    heard: Peaks,
}

impl Track {
    /// Nothing is known yet.
    pub(super) fn new(id: &str) -> Track {
        Track { id: id.to_owned(), ..Track::default() }
    }

    /// Where the nth turn (from 0) stands.
    pub fn at_turn(&self, turn: usize) -> At {
        At { place: 2 * turn + 1, customer_turns: self.turns.get(turn).map_or(0, |met| met.customer_turns) }
    }

    /// The last turn. A conversation that was watched has one.
    pub fn last(&self) -> At {
        self.at_turn(self.turns.len().saturating_sub(1))
    }

    /// Where a timer that was due stands; `None`: after the last turn, where it only says that the recording stopped.
    fn at_timer(&self, due: Millis) -> Option<At> {
        let next = self.turns.iter().position(|met| met.latest > due)?;
        let before = next.checked_sub(1).and_then(|before| self.turns.get(before));
        Some(At { place: 2 * next, customer_turns: before.map_or(0, |met| met.customer_turns) })
    }

    /// Where a decision stands that this turn, or else a timer due then, led to; `None`: after the last turn.
    pub(super) fn at_decision(&self, trigger_event_id: Option<&str>, due: Option<Millis>) -> Option<At> {
        match trigger_event_id {
            Some(id) => self.turns.iter().position(|met| met.event_id == id).map(|turn| self.at_turn(turn)),
            None => self.at_timer(due?),
        }
    }

    /// Takes in what a turn said.
    pub(super) fn see(&mut self, seen: &Observed<'_>, combination: &Combination) {
        // Forgotten and begun again: another life remembers nothing.
        if self.started_at != seen.after.started_at {
            (self.started_at, self.customers, self.heard) = (seen.after.started_at, 0, Peaks::default());
        }
        let before = self.turns.last().map_or(0, |met| met.customer_turns);
        let spoke = i64::from(seen.after.turns.customer.saturating_sub(self.customers));
        self.customers = seen.after.turns.customer;
        self.person_wrote |= seen.after.turns.human > 0;
        self.turns.push(Met {
            event_id: seen.event_id.to_owned(),
            customer_turns: before + spoke,
            latest: seen.after.last_at,
        });
        let rose = self.heard.hear(seen.signals, &combination.weights);
        let mut fired = [false; COMBINED.len()];
        for signal in seen.signals {
            let Some(place) = place(signal.reason) else { continue };
            self.spoke[place] = true;
            fired[place] |= signal.fires();
        }
        if seen.weighed_in == Phase::Ai && (rose || fired.contains(&true)) {
            let at = self.at_turn(self.turns.len() - 1);
            let (peaks, declined) = (self.heard.strengths(), seen.after.evidence.person_declined);
            self.moments.push(Moment { at, fired, peaks, rose, declined });
        }
    }
}

/// The whole history.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Watched {
    /// File by file, in the order of their ids.
    pub conversations: Vec<Track>,
    by_id: BTreeMap<String, usize>,
}

impl Watched {
    /// The place of a conversation.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    fn index(&mut self) {
        let places = self.conversations.iter().enumerate();
        self.by_id = places.map(|(place, track)| (track.id.clone(), place)).collect();
    }

    fn track(&mut self, id: &str) -> &mut Track {
        let place = match self.by_id.get(id) {
            Some(place) => *place,
            None => {
                self.by_id.insert(id.to_owned(), self.conversations.len());
                self.conversations.push(Track::new(id));
                self.conversations.len() - 1
            }
        };
        &mut self.conversations[place]
    }
}

/// Takes the turns through the engine, each file a history of its own. `policy` decides only by what stands above the combination; `combination` says which
/// reasons weigh something. Errors: a file cannot be read, a conversation is in two of them, or the engine stopped.
pub fn watch(
    turns: &[PathBuf],
    mut policy: Policy,
    combination: &Combination,
    stop: Arc<AtomicBool>,
) -> Result<Watched, String> {
    observing(&mut policy);
    let (policy, mut all) = (Arc::new(policy), Watched::default());
    for file in turns {
        let more = watch_file(file, policy.clone(), combination, stop.clone())?;
        if let Some(twice) = more.conversations.iter().find(|track| all.find(&track.id).is_some()) {
            let name = file.display();
            return Err(format!(
                "{name}: conversation {:?} is in an earlier file too; give each to one",
                twice.id
            ));
        }
        all.conversations.extend(more.conversations);
        all.index();
    }
    Ok(all)
}

/// Lets a policy decide only by what stands above the combination.
pub(super) fn observing(policy: &mut Policy) {
    for reason in COMBINED {
        policy.triggers.switch_mut(reason).decision = Decision::Observe;
    }
    policy.combination = Combination::off();
}

fn watch_file(
    file: &Path,
    policy: Arc<Policy>,
    combination: &Combination,
    stop: Arc<AtomicBool>,
) -> Result<Watched, String> {
    let watched: Arc<Mutex<Watched>> = Arc::default();
    let (log, order) = run(file, policy, Some(observer(watched.clone(), combination.clone())), stop)?;
    replay::tell_dead_letters(&log, file);
    order.doubt(file).iter().for_each(tell);
    let mut watched = std::mem::take(&mut *watched.lock().unwrap_or_else(PoisonError::into_inner));
    for (id, event) in first_decisions(&log) {
        if let Some(place) = watched.find(&id) {
            let track = &mut watched.conversations[place];
            track.above = at(track, &event);
        }
    }
    log.each(Topic::Summaries, |row| {
        let row: Value = serde_json::from_slice(row).unwrap_or_default();
        let place = row["conversation_id"].as_str().and_then(|id| watched.find(id));
        if let (Some(place), Some(kind)) = (place, row["end_kind"].as_str()) {
            watched.conversations[place].end_kind = kind.to_owned();
        }
    });
    // As the engine's partitions came to them; a file knows none.
    watched.conversations.sort_by(|a, b| a.id.cmp(&b.id));
    watched.index();
    Ok(watched)
}

/// Conversations in which a policy decides before their last turn, as a replay of each file has it.
pub fn decided(
    turns: &[PathBuf],
    policy: Policy,
    watched: &Watched,
    stop: Arc<AtomicBool>,
) -> Result<usize, String> {
    let (policy, mut count) = (Arc::new(policy), 0);
    for file in turns {
        let (log, _) = run(file, policy.clone(), None, stop.clone())?;
        let counts = |(id, event): &(&String, &Value)| {
            watched.find(id).is_some_and(|place| at(&watched.conversations[place], event).is_some())
        };
        count += first_decisions(&log).iter().filter(counts).count();
    }
    Ok(count)
}

fn run(
    file: &Path,
    policy: Arc<Policy>,
    observer: Option<Observer>,
    stop: Arc<AtomicBool>,
) -> Result<(Embedded, InOrder), String> {
    let mut embedded = Embedded::new(PARTITIONS, policy, Origin::File, TimeSource::InputOnly);
    if let Some(observer) = observer {
        embedded = embedded.watched_by(observer);
    }
    let order = replay::load(&embedded, Topic::Turns, file)?;
    let progress = Progress::count("replaying", None);
    let ran = embedded.run_to_end(1, stop);
    progress.finish();
    ran.map_err(|error| error.to_string())?;
    Ok((embedded, order))
}

fn observer(watched: Arc<Mutex<Watched>>, combination: Combination) -> Observer {
    Arc::new(Mutex::new(move |seen: Observed<'_>| {
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.track(seen.conversation_id).see(&seen, &combination);
    }))
}

/// The first offer or request of every conversation that has one, in the order of ids.
fn first_decisions(log: &Embedded) -> BTreeMap<String, Value> {
    let mut first = BTreeMap::new();
    log.each(Topic::Events, |event| {
        let event: Value = serde_json::from_slice(event).unwrap_or_default();
        if let ("requested" | "offered", Some(id)) =
            (event["type"].as_str().unwrap_or_default(), event["conversation_id"].as_str())
        {
            first.entry(id.to_owned()).or_insert(event);
        }
    });
    first
}

/// Where an event stands in its conversation; `None`: after its last turn.
fn at(track: &Track, event: &Value) -> Option<At> {
    track.at_decision(event["trigger_event_id"].as_str(), event["event_time"].as_i64())
}
