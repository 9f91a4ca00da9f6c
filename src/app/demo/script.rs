//! Plays scripts: N conversations with their own names, numbers and pace, interleaved in event time.

use super::conversation::{Conversation, Played};
use super::format::{Script, built_in};
use super::random::Random;
use crate::domain::ids::Millis;

/// Conversations start this far apart, on average.
const ARRIVAL_MS: u64 = 15_000;

/// One record of the demo and when it happens. `key` is the conversation id.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    pub at_ms: Millis,
    pub key: String,
    pub record: DemoRecord,
}

/// Native JSON, for the topic it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub enum DemoRecord {
    Turn(Vec<u8>),
    Outcome(Vec<u8>),
}

/// The scripts, and what all conversations of one seed share.
#[derive(Debug)]
pub struct Stage {
    scripts: Vec<Script>,
    weights: u64,
    seed: u64,
    /// Pauses within a conversation are this many times shorter.
    speed: f64,
}

impl Stage {
    pub fn new(seed: u64, speed: f64) -> Result<Stage, String> {
        let scripts = built_in()?;
        let weights = scripts.iter().map(|script| script.weight).sum();
        Ok(Stage { scripts, weights, seed, speed })
    }

    /// The records of the `n`th conversation, which starts at `start`, and how much later the next one does, on average
    /// `apart_ms`.
    pub fn conversation(&self, n: u64, start: Millis, apart_ms: u64) -> (Vec<Timed>, Millis) {
        let mut records = Vec::new();
        let gap = self.play(n, start, apart_ms, &mut records);
        (records.into_iter().map(Played::encode).collect(), gap)
    }

    fn play(&self, n: u64, start: Millis, apart_ms: u64, records: &mut Vec<Played>) -> Millis {
        let mut random = Random::nth(self.seed, n);
        let script = weighed(&self.scripts, random.below(self.weights));
        // Short names for a person to type; the seed keeps two demos apart.
        let id = format!("c-{:04x}-{:04}", Random::new(self.seed).next() & 0xffff, n + 1);
        Conversation::new(id, script, start, self.speed, &mut random).play(&mut random, records);
        random.between(1, 2 * apart_ms) as Millis
    }
}

/// The records of `conversations` conversations, the first of which starts at `start_ms`, in order of event time.
pub fn generate(seed: u64, conversations: u64, start_ms: Millis) -> Result<Vec<Timed>, String> {
    Ok(play(seed, conversations, start_ms)?.into_iter().map(Played::encode).collect())
}

fn play(seed: u64, conversations: u64, start_ms: Millis) -> Result<Vec<Played>, String> {
    let stage = Stage::new(seed, 1.0)?;
    let mut records = Vec::new();
    let mut start = start_ms;
    for n in 0..conversations {
        start += stage.play(n, start, ARRIVAL_MS, &mut records);
    }
    // Stable: of one moment, the order of the conversations and of their steps stays.
    records.sort_by_key(Played::at);
    Ok(records)
}

fn weighed(scripts: &[Script], mut at: u64) -> &Script {
    for script in scripts {
        if at < script.weight {
            return script;
        }
        at -= script.weight;
    }
    &scripts[0]
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::domain::ids::handoff_id;
    use crate::domain::outcome::OutcomeKind;
    use crate::wire;

    const START: Millis = 1_764_000_000_000;

    #[test]
    fn a_seed_gives_the_same_records_and_another_seed_others() {
        let first = play(1, 40, START).unwrap();
        assert_eq!(first, play(1, 40, START).unwrap());
        assert_ne!(first, play(2, 40, START).unwrap());
    }

    #[test]
    fn more_conversations_do_not_change_those_before() {
        let few: BTreeSet<String> =
            play(3, 5, START).unwrap().iter().map(|record| format!("{record:?}")).collect();
        let many: BTreeSet<String> =
            play(3, 50, START).unwrap().iter().map(|record| format!("{record:?}")).collect();
        assert!(few.is_subset(&many));
    }

    #[test]
    fn a_faster_stage_shortens_pauses_and_nothing_else() {
        let length = |speed: f64| {
            let (records, gap) = Stage::new(9, speed).unwrap().conversation(3, START, 1_000);
            let (first, last) = (records[0].at_ms, records[records.len() - 1].at_ms);
            (last - first, records.len(), records[0].key.clone(), gap)
        };
        let ((slow, records, key, gap), fast) = (length(1.0), length(10.0));
        assert_eq!((records, key, gap), (fast.1, fast.2, fast.3));
        assert!((9..=11).contains(&(slow / fast.0)), "{slow} {}", fast.0);
    }

    #[test]
    fn records_are_in_event_time_and_ids_are_used_once() {
        let records = play(4, 200, START).unwrap();
        assert!(records.is_sorted_by_key(Played::at) && records[0].at() == START);
        let mut ids = BTreeSet::new();
        let mut turns: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for record in &records {
            match record {
                Played::Turn(turn) => {
                    assert!(ids.insert(turn.event_id.as_ref()));
                    turns.entry(&turn.conversation_id).or_default().extend(turn.turn_seq);
                }
                Played::Outcome(outcome) => assert!(ids.insert(outcome.event_id.as_ref())),
            }
        }
        assert_eq!(turns.len(), 200);
        assert!(turns.values().all(|seqs| seqs.iter().copied().eq(1..=seqs.len() as i64)));
    }

    #[test]
    fn what_is_written_can_be_read() {
        for timed in generate(8, 300, START).unwrap() {
            let read = match &timed.record {
                DemoRecord::Turn(json) => {
                    wire::turn::decode(json).map(|turn| (turn.event_time, turn.conversation_id))
                }
                DemoRecord::Outcome(json) => {
                    wire::outcome::decode(json).map(|outcome| (outcome.event_time, outcome.conversation_id))
                }
            };
            assert_eq!(read, Ok((timed.at_ms, timed.key.as_str().into())));
        }
    }

    #[test]
    fn an_outcome_names_the_hand_off_that_the_engine_will_make() {
        let records = play(5, 60, START).unwrap();
        let mut started: BTreeMap<String, Millis> = BTreeMap::new();
        for record in records {
            match record {
                Played::Turn(turn) => {
                    started.entry(turn.conversation_id.into_owned()).or_insert(turn.event_time);
                }
                Played::Outcome(outcome) => {
                    let at = started[outcome.conversation_id.as_ref()];
                    let ids =
                        [1, 2].map(|episode| handoff_id(&outcome.conversation_id, at, episode).to_string());
                    assert!(
                        ids.iter().any(|id| Some(id.as_str()) == outcome.handoff_id.as_deref()),
                        "{outcome:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_script_is_played_and_no_place_stays_open() {
        let records = play(6, 2_000, START).unwrap();
        let mut intents = BTreeSet::new();
        for record in &records {
            if let Played::Turn(turn) = record {
                intents.extend(turn.intent.as_deref());
            }
            let shown = format!("{record:?}");
            assert!(!shown.contains('<'), "{shown}");
        }
        for intent in [
            "missing_delivery",
            "billing_dispute",
            "fraud_report",
            "name_change",
            "bereavement",
            "cancel_order",
        ] {
            assert!(intents.contains(intent), "{intent}");
        }
    }

    #[test]
    fn a_wait_is_what_lies_between_queue_and_answer() {
        let mut queued: BTreeMap<String, Millis> = BTreeMap::new();
        for record in play(7, 100, START).unwrap() {
            let Played::Outcome(outcome) = record else { continue };
            let id = outcome.conversation_id.into_owned();
            if outcome.kind == OutcomeKind::Queued {
                queued.insert(id, outcome.event_time);
            } else if outcome.kind == OutcomeKind::Answered {
                assert_eq!(outcome.wait_ms, Some(outcome.event_time - queued[&id]));
            } else {
                let is_wrapped_up = outcome.kind == OutcomeKind::WrappedUp;
                assert_eq!(outcome.talk_ms.is_some_and(|talk| talk > 0), is_wrapped_up, "{:?}", outcome.kind);
            }
        }
    }
}
