//! The transaction coordinator: one state a transactional id.
//!
//! Source of truth for: the current epoch of each transactional id, whether its transaction is open, and which markers
//! are still to be written. It writes nothing itself: it answers with the [`Marker`]s that `state` must write now.
//!
//! ```text
//! empty ─add─▶ ongoing ─end─▶ prepared ─last marker─▶ complete ─add─▶ ongoing
//!                 └─ time-out, or init by a successor: epoch + 1, abort ─▶ complete
//! ```

use std::collections::BTreeMap;

use super::log::{Outcome, Writer};
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};

/// Something a transaction has touched and must be marked when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Log(Topic, i32),
    /// The pending offsets of a group.
    Offsets(Topology),
}

/// "This producer's open work at this place ends so."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub writer: Writer,
    pub outcome: Outcome,
    pub place: Place,
}

#[derive(Debug)]
enum Phase {
    Empty,
    Ongoing { since: Millis, places: Vec<Place> },
    Prepared { outcome: Outcome, late: Vec<(Millis, Place)> },
    Complete(Outcome),
}

#[derive(Debug)]
struct Transactional {
    writer: Writer,
    phase: Phase,
}

impl Transactional {
    /// Ends an open transaction (aborted) or a prepared one (as it was decided), and returns the markers for it.
    fn finish(&mut self) -> Vec<Marker> {
        let writer = self.writer;
        let (outcome, places) = match std::mem::replace(&mut self.phase, Phase::Empty) {
            Phase::Ongoing { places, .. } => (Outcome::Abort, places),
            Phase::Prepared { outcome, late } => {
                (outcome, late.into_iter().map(|(_, place)| place).collect())
            }
            before @ (Phase::Empty | Phase::Complete(_)) => {
                self.phase = before;
                return Vec::new();
            }
        };
        self.phase = Phase::Complete(outcome);
        places.into_iter().map(|place| Marker { writer, outcome, place }).collect()
    }

    /// Takes the late markers that are due.
    fn take_due(&mut self, now: Millis) -> Vec<Marker> {
        let writer = self.writer;
        let Phase::Prepared { outcome, late } = &mut self.phase else { return Vec::new() };
        let outcome = *outcome;
        let mut due: Vec<_> = late.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        if late.is_empty() {
            self.phase = Phase::Complete(outcome);
        }
        due.into_iter().map(|(_, place)| Marker { writer, outcome, place }).collect()
    }
}

#[derive(Debug, Default)]
pub(super) struct Coordinator {
    ids: BTreeMap<String, Transactional>,
}

impl Coordinator {
    /// `init_transactions`: fences every older life of this id and ends what it left: open ⇒ aborted, decided ⇒ completed.
    pub fn init(&mut self, id: &str) -> (Writer, Vec<Marker>) {
        let producer = self.ids.len() as i64 + 1;
        let known = self
            .ids
            .entry(id.to_owned())
            .or_insert(Transactional { writer: Writer { id: producer, epoch: -1 }, phase: Phase::Empty });
        known.writer.epoch += 1;
        let markers = known.finish();
        known.phase = Phase::Empty;
        (known.writer, markers)
    }

    fn current(&mut self, id: &str, writer: Writer) -> Result<&mut Transactional, Error> {
        match self.ids.get_mut(id) {
            Some(known) if known.writer == writer => Ok(known),
            Some(known) => Err(Error::Lost(format!(
                "producer {id} is fenced: its epoch is {}, the current one is {}",
                writer.epoch, known.writer.epoch
            ))),
            None => Err(Error::Lost(format!("producer {id} is unknown"))),
        }
    }

    /// AddPartitionsToTxn, AddOffsetsToTxn. What a previous transaction still has to write is written first: a real client
    /// is told CONCURRENT_TRANSACTIONS and repeats until it is.
    pub fn add(
        &mut self,
        id: &str,
        writer: Writer,
        touched: &[Place],
        now: Millis,
    ) -> Result<Vec<Marker>, Error> {
        let known = self.current(id, writer)?;
        let mut markers = Vec::new();
        if !matches!(known.phase, Phase::Ongoing { .. }) {
            markers = known.finish();
            known.phase = Phase::Ongoing { since: now, places: Vec::new() };
        }
        if let Phase::Ongoing { places, .. } = &mut known.phase {
            for place in touched {
                if !places.contains(place) {
                    places.push(*place);
                }
            }
        }
        Ok(markers)
    }

    /// EndTxn. `late` is empty, or says by how much each marker comes after the answer (in the order the places were
    /// added, over again if there are more places). Asked again with the same outcome, it answers the same.
    pub fn end(
        &mut self,
        id: &str,
        writer: Writer,
        outcome: Outcome,
        late: &[Millis],
        now: Millis,
    ) -> Result<Vec<Marker>, Error> {
        let known = self.current(id, writer)?;
        match &mut known.phase {
            Phase::Ongoing { places, .. } => {
                let delays = late.iter().copied().cycle().chain(std::iter::repeat(0));
                let late = std::mem::take(places)
                    .into_iter()
                    .zip(delays)
                    .map(|(place, delay)| (now + delay, place))
                    .collect();
                known.phase = Phase::Prepared { outcome, late };
                Ok(known.take_due(now))
            }
            Phase::Prepared { outcome: decided, .. } | Phase::Complete(decided) if *decided == outcome => {
                Ok(Vec::new())
            }
            Phase::Empty | Phase::Prepared { .. } | Phase::Complete(_) => {
                Err(Error::Fatal(format!("producer {id} has no transaction to end this way")))
            }
        }
    }

    /// The coordinator aborts an open transaction and bumps the epoch, as after a transaction time-out.
    pub fn time_out(&mut self, id: &str) -> Vec<Marker> {
        match self.ids.get_mut(id) {
            Some(known) if matches!(known.phase, Phase::Ongoing { .. }) => {
                known.writer.epoch += 1;
                known.finish()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// What time has brought: late markers that are due, transactions over their time-out.
    pub fn due(&mut self, now: Millis, timeout_ms: Option<Millis>) -> Vec<Marker> {
        let mut markers = Vec::new();
        for known in self.ids.values_mut() {
            markers.append(&mut known.take_due(now));
            if let (Phase::Ongoing { since, .. }, Some(timeout_ms)) = (&known.phase, timeout_ms)
                && now - since >= timeout_ms
            {
                known.writer.epoch += 1;
                markers.append(&mut known.finish());
            }
        }
        markers
    }

    /// Every late marker, due or not.
    pub fn all_late(&mut self) -> Vec<Marker> {
        self.ids.values_mut().flat_map(|known| known.take_due(Millis::MAX)).collect()
    }

    /// How many markers are decided and not yet written.
    pub fn late_markers(&self) -> usize {
        let late = |known: &Transactional| match &known.phase {
            Phase::Prepared { late, .. } => late.len(),
            Phase::Empty | Phase::Ongoing { .. } | Phase::Complete(_) => 0,
        };
        self.ids.values().map(late).sum()
    }

    /// The ids whose transaction is open.
    pub fn open(&self) -> Vec<String> {
        let is_open = |known: &Transactional| matches!(known.phase, Phase::Ongoing { .. });
        self.ids.iter().filter(|(_, known)| is_open(known)).map(|(id, _)| id.clone()).collect()
    }
}
