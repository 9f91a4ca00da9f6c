//! A transactional producer, as a client sees it: records are buffered, written as part of an open transaction, and an
//! error says what the producer is good for afterwards.
//!
//! Source of truth for: whether a transaction is open on this side, and whether the producer is still usable.

use std::sync::Arc;

use super::broker::Broker;
use super::log::{Outcome, Writer};
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::port::{Committed, Membership, Out, Record, Topology};

#[derive(Clone, Debug)]
enum Phase {
    Idle,
    Open,
    /// Must be aborted.
    Failed(String),
    /// Ended so, but the caller has not heard of it and asks again.
    Unanswered(Outcome),
    /// Fenced, or of unknown fate: every call answers with this until [`Producer::renew`].
    Dead(Error),
}

/// One life of a transactional id; a second producer with the same id fences the first.
pub struct Producer {
    broker: Arc<Broker>,
    id: String,
    writer: Writer,
    phase: Phase,
    buffer: Vec<Record>,
    /// The coordinator knows of the open transaction.
    touched: bool,
}

impl Producer {
    /// Connects and runs `init_transactions`.
    pub fn new(broker: Arc<Broker>, transactional_id: &str) -> Producer {
        let writer = broker.call(|state, now| state.init(transactional_id, now));
        let id = transactional_id.to_owned();
        Producer { broker, id, writer, phase: Phase::Idle, buffer: Vec::new(), touched: false }
    }

    /// A new life: the old one's open transaction is aborted, or completed if it was decided.
    pub fn renew(&mut self) {
        self.writer = self.broker.call(|state, now| state.init(&self.id, now));
        self.reset();
    }

    fn reset(&mut self) {
        self.phase = Phase::Idle;
        self.touched = false;
        self.buffer.clear();
    }

    pub fn begin(&mut self) -> Result<(), Error> {
        match &self.phase {
            Phase::Idle => {
                self.phase = Phase::Open;
                Ok(())
            }
            Phase::Open | Phase::Unanswered(_) => {
                Err(Error::Fatal(format!("producer {} is in a transaction already", self.id)))
            }
            Phase::Failed(why) => Err(Error::Abort(why.clone())),
            Phase::Dead(error) => Err(error.clone()),
        }
    }

    fn must_be_open(&self) -> Result<(), Error> {
        match &self.phase {
            Phase::Open => Ok(()),
            Phase::Idle | Phase::Unanswered(_) => {
                Err(Error::Fatal(format!("producer {} is in no transaction", self.id)))
            }
            Phase::Failed(why) => Err(Error::Abort(why.clone())),
            Phase::Dead(error) => Err(error.clone()),
        }
    }

    /// Buffers; writes when the buffer is full.
    pub fn send(&mut self, out: Out<'_>) -> Result<(), Error> {
        self.must_be_open()?;
        self.buffer.push(self.broker.settings().place(out));
        if self.buffer.len() >= self.broker.settings().send_buffer_records {
            // As with a real client, what goes wrong here shows at `send_offsets` or `commit`.
            let _shown_later = self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let (id, writer, buffer) = (&self.id, self.writer, &mut self.buffer);
        let written = self.broker.call(|state, now| state.produce(id, writer, buffer, now));
        self.touched |= written.is_ok();
        written.inspect_err(|error| self.suffer(error))
    }

    /// Offsets with nothing in them are left out, and an empty list is not sent, nor checked (as in librdkafka, which does
    /// not wait for buffered records here either: a group may know the offsets before the log has the records).
    pub fn send_offsets(
        &mut self,
        topology: Topology,
        offsets: &[Committed],
        membership: &Membership,
    ) -> Result<(), Error> {
        self.must_be_open()?;
        let offsets: Vec<Committed> =
            offsets.iter().filter(|committed| committed.offset.is_some()).cloned().collect();
        if offsets.is_empty() {
            return Ok(());
        }
        let (id, writer) = (&self.id, self.writer);
        let sent = self
            .broker
            .call(|state, now| state.send_offsets(id, writer, topology, &offsets, membership, now));
        // AddOffsetsToTxn may have opened the transaction even if the group then refused.
        self.touched = true;
        sent.inspect_err(|error| self.suffer(error))
    }

    /// Commits. Each marker is written `late` ms after the answer (in the order places were touched, over again if
    /// there are more places); an empty slice means all at once.
    pub fn commit(&mut self, late: &[Millis]) -> Result<(), Error> {
        if let Phase::Unanswered(Outcome::Commit) = self.phase {
            self.phase = Phase::Idle;
            return Ok(());
        }
        self.must_be_open()?;
        self.flush()?;
        self.end(Outcome::Commit, late)
    }

    /// Aborts; nothing to do if no transaction is open.
    pub fn abort(&mut self, late: &[Millis]) -> Result<(), Error> {
        match &self.phase {
            Phase::Idle => return Ok(()),
            Phase::Open | Phase::Failed(_) => {}
            Phase::Unanswered(Outcome::Abort) => {
                self.phase = Phase::Idle;
                return Ok(());
            }
            Phase::Unanswered(Outcome::Commit) => {
                return Err(Error::Fatal(format!("producer {} is committing: ask again", self.id)));
            }
            Phase::Dead(error) => return Err(error.clone()),
        }
        self.buffer.clear();
        self.end(Outcome::Abort, late)
    }

    fn end(&mut self, outcome: Outcome, late: &[Millis]) -> Result<(), Error> {
        if self.touched {
            let (id, writer) = (&self.id, self.writer);
            let ended = self.broker.call(|state, now| state.end(id, writer, outcome, late, now));
            ended.inspect_err(|error| self.suffer(error))?;
        }
        self.reset();
        Ok(())
    }

    /// What an error leaves of the producer.
    pub(super) fn suffer(&mut self, error: &Error) {
        match error {
            Error::Retry(_) => {}
            Error::Abort(why) => self.phase = Phase::Failed(why.clone()),
            Error::Reload(_) | Error::Lost(_) | Error::Fatal(_) => self.phase = Phase::Dead(error.clone()),
        }
    }

    /// The transaction ended so and the caller was told to ask again.
    pub(super) fn lose_answer(&mut self, outcome: Outcome) {
        self.phase = Phase::Unanswered(outcome);
    }

    pub fn transactional_id(&self) -> &str {
        &self.id
    }
}
