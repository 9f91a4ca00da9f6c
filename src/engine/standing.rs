//! How far behind the inputs are: told once a second from what the consumer knows anyway, so nobody is asked or waits.
//!
//! Lag in records is the end that the last fetch told minus what is taken. Markers and aborted records in between count,
//! because nobody can tell them from records before reading them; at the end they do not, because the consumer's position
//! moves over them.

use super::lane::Input;
use super::port::{Clock, Known, Port};
use super::stats::{InputStanding, Standing};
use super::task::Task;
use super::worker::{Stage, Worker};
use crate::domain::ids::Millis;

const EVERY_MS: Millis = 1_000;

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
    /// Tells it where it is due.
    pub(super) fn note_standing(&mut self) {
        let now = self.clock.now();
        if !self.changed && now - self.standing_noted_at < EVERY_MS {
            return;
        }
        self.standing_noted_at = now;
        let mut standing = Standing::default();
        for (partition, owned) in &mut self.owned {
            if !matches!(owned.stage, Stage::Running) {
                continue;
            }
            standing.times.extend(owned.task.time().map(|(time, _)| (*partition, time)));
            for input in &mut owned.lane.inputs {
                let Some(known) = self.port.known(input.topic, *partition) else { continue };
                let lag_records = lag(input, known);
                if lag_records == 0 {
                    input.newer_than = Some(now);
                }
                let behind_since = input.head_timestamp().or(input.newer_than).filter(|_| lag_records > 0);
                let (topic, partition) = (input.topic, *partition);
                standing.inputs.push(InputStanding { topic, partition, lag_records, behind_since });
            }
        }
        *self.parts.stats.standing() = standing;
    }
}

fn lag(input: &Input, known: Known) -> u64 {
    let reached = match (input.queued(), known.position) {
        (0, Some(position)) => position.max(input.next),
        _ => input.next,
    };
    u64::try_from(known.end - reached).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lane::Lane;
    use crate::engine::port::{Record, Topic};

    #[test]
    fn what_is_fetched_and_not_taken_is_behind_and_a_marker_at_the_end_is_not() {
        let mut lane = Lane::new(&[Topic::Turns]);
        lane.start(Topic::Turns, 5, 5);
        let lag_at = |lane: &Lane, position, end| lag(&lane.inputs[0], Known { position, end });
        assert_eq!(lag_at(&lane, None, 5), 0);
        assert_eq!(lag_at(&lane, Some(5), 8), 3, "nothing fetched yet");
        lane.push(Record::new(Topic::Turns, 0, 6, Some(70), None, None));
        assert_eq!(lag_at(&lane, Some(8), 8), 3, "fetched, with a marker before and one behind it");
        assert_eq!(lane.inputs[0].head_timestamp(), Some(70));
        lane.take(|_| None);
        assert_eq!(lag_at(&lane, Some(8), 8), 0, "the marker at the end is passed");
        assert_eq!((lag_at(&lane, Some(7), 8), lag_at(&lane, Some(7), 3)), (1, 0));
        assert_eq!(lane.inputs[0].newer_than, Some(70));
    }
}
