//! The same history under other numbers: each conversation through the domain again, without the engine around it.
//!
//! 1. The turns are kept as their lines, each with partition time as it was before it.
//! 2. A timer that was due before a turn, or that partition time had passed, fires before that turn, as in the engine.
//! 3. A text is read once: lists and weights are the same under all numbers.
//! 4. After its first decision a conversation says nothing more.
//!
//! What the engine did once ([`super::watch`]) this does alike: a test compares, and the tuned policy is replayed by the engine.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::watch::{PARTITIONS, Track, Watched};
use crate::app::replay_files::Lines;
use crate::domain::combination::Combination;
use crate::domain::conversation::Conversation;
use crate::domain::decision::{HandoffEvent, HandoffKind, Mode};
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::domain::text::Reading;
use crate::domain::{Context, Effect, Input, Step, next_due, step};
use crate::engine::conversations::Observed;
use crate::engine::partitioner::partition_of;
use crate::engine::settings::Settings;
use crate::wire;

/// See the module.
pub struct History {
    /// By place in [`Watched::conversations`].
    conversations: Vec<Vec<Line>>,
    lateness_ms: Millis,
}

/// A turn.
struct Line {
    json: Vec<u8>,
    offset: i64,
    partition: i32,
    partition_time: Millis,
    reading: OnceLock<Reading>,
}

impl History {
    /// Reads the turns that the engine took. Errors: a file cannot be read.
    pub fn read(turns: &[PathBuf], watched: &Watched) -> Result<History, String> {
        let ids = |track: &Track| track.turns.iter().map(|met| met.event_id.clone()).collect();
        let taken: Vec<HashSet<String>> = watched.conversations.iter().map(ids).collect();
        let mut conversations: Vec<Vec<Line>> = taken.iter().map(|_| Vec::new()).collect();
        for file in turns {
            let mut times = [Millis::MIN; PARTITIONS as usize];
            let (mut lines, mut line) = (Lines::open(file)?, Vec::new());
            while let Some(number) = lines.next_into(&mut line)? {
                let Ok(turn) = wire::turn::decode(&line) else { continue };
                let place = watched.find(&turn.conversation_id);
                let Some(place) = place.filter(|place| taken[*place].contains(&*turn.event_id)) else {
                    continue;
                };
                let partition = partition_of(turn.conversation_id.as_bytes(), PARTITIONS);
                let time = &mut times[partition as usize];
                conversations[place].push(Line {
                    json: line.clone(),
                    offset: number as i64,
                    partition,
                    partition_time: *time,
                    reading: OnceLock::new(),
                });
                *time = (*time).max(turn.event_time);
            }
        }
        Ok(History { conversations, lateness_ms: Settings::default().lateness_ms })
    }

    /// What each conversation says under a policy in which combined reasons observe, in the order of `watched`.
    pub fn under(&self, policy: &Policy, combination: &Combination, watched: &Watched) -> Vec<Track> {
        let all: Vec<(&Vec<Line>, &Track)> = self.conversations.iter().zip(&watched.conversations).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = all.len().div_ceil(threads).max(1);
        let replay = |(lines, known): &(&Vec<Line>, &Track)| {
            Replay { policy, combination, known, lateness_ms: self.lateness_ms }.run(lines)
        };
        std::thread::scope(|scope| {
            let parts = all.chunks(share);
            let running: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter().map(replay).collect::<Vec<Track>>()))
                .collect();
            let done = running.into_iter().map(|part| part.join());
            done.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }
}

/// One conversation under a policy.
struct Replay<'a> {
    policy: &'a Policy,
    combination: &'a Combination,
    /// As the engine knew it.
    known: &'a Track,
    lateness_ms: Millis,
}

impl Replay<'_> {
    fn run(&self, lines: &[Line]) -> Track {
        let mut track = Track::new(&self.known.id);
        let mut standing: Option<Box<Conversation>> = None;
        for line in lines {
            let Ok(turn) = wire::turn::decode(&line.json) else { continue };
            let passed = line.partition_time.saturating_sub(self.lateness_ms);
            while let Some(due) = standing
                .as_ref()
                .and_then(|conversation| next_due(conversation.waits(), self.policy))
                .filter(|due| *due < turn.event_time || *due < passed)
            {
                let Some(step) = self.meet(&mut standing, Input::Timer(due), line) else { break };
                if let Some(event) = decision(&step) {
                    track.above = self.known.at_decision(event.trigger_event_id.as_deref(), Some(due));
                    return track;
                }
                standing = step.after;
            }
            let Some(step) = self.meet(&mut standing, Input::Turn(&turn), line) else { continue };
            if let (Some(after), false) = (&step.after, step.duplicate) {
                track.see(
                    &Observed {
                        conversation_id: &self.known.id,
                        event_id: &turn.event_id,
                        partition: line.partition,
                        signals: &step.signals,
                        combined: step.combined,
                        weighed_in: step.weighed_in,
                        after,
                    },
                    self.combination,
                );
            }
            if let Some(event) = decision(&step) {
                let at = self.known.at_decision(event.trigger_event_id.as_deref(), Some(event.event_time));
                track.above = at;
                return track;
            }
            standing = step.after;
        }
        track
    }

    /// A step; what was standing stays where the domain refuses it (`None`).
    fn meet(&self, standing: &mut Option<Box<Conversation>>, input: Input<'_>, line: &Line) -> Option<Step> {
        let reading = line.reading.get().map_or_else(OnceCell::new, |reading| OnceCell::from(*reading));
        let context = Context {
            policy: self.policy,
            mode: Mode::Live,
            reading: &reading,
            partition: line.partition,
            offset: matches!(input, Input::Turn(_)).then_some(line.offset),
            partition_time: line.partition_time,
            lateness_ms: self.lateness_ms,
        };
        let met = step(&self.known.id, standing.clone(), input, context).ok();
        if let Some(reading) = reading.into_inner() {
            line.reading.get_or_init(|| reading);
        }
        met
    }
}

/// The first offer or request among what a step caused.
fn decision(step: &Step) -> Option<&HandoffEvent> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Handoff(event) => {
            matches!(event.kind, HandoffKind::Offered | HandoffKind::Requested).then_some(&**event)
        }
        Effect::Summary(_) | Effect::Measure(_) => None,
    })
}
