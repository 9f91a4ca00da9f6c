//! One policy, and the conversations of a partition as they stand under it: the acting policy's, or a shadow's beside it.
//!
//! Source of truth for: those conversations (through [`Store`]). The acting policy and its shadows go through the same
//! steps, so a shadow decides what it would decide if it acted.
//! Invariant: the events of a shadow go to [`Topic::Shadow`], those of the acting policy to [`Topic::Events`].

use std::cell::OnceCell;
use std::sync::Arc;

use super::Shared;
use crate::domain::conversation::Conversation;
use crate::domain::decision::{HandoffEvent, HandoffKind, Mode, Reason};
use crate::domain::ids::Millis;
use crate::domain::measure::{Counter, Quantity};
use crate::domain::policy::Policy;
use crate::domain::text::Reading;
use crate::domain::{self, Context, Effect, Input, Step};
use crate::engine::outbox::Outbox;
use crate::engine::port::Topic;
use crate::engine::spans;
use crate::engine::store::{SlotId, Store};
use crate::engine::tally::Tally;
use crate::wire::{self, Problem};

/// See the module.
pub(super) struct Judge {
    pub policy: Arc<Policy>,
    pub seat: Seat,
    pub store: Store,
}

/// Whether what a policy decides is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    Acting,
    /// By its position in the settings.
    Shadow(usize),
}

impl Seat {
    fn mode(self) -> Mode {
        match self {
            Seat::Acting => Mode::Live,
            Seat::Shadow(_) => Mode::Shadow,
        }
    }
}

/// What the judges of a partition look at, and where they write.
pub(super) struct Desk<'a> {
    pub shared: &'a Shared,
    pub partition: i32,
    pub partition_time: Millis,
    pub tally: &'a mut Tally,
    pub out: &'a mut Outbox,
}

impl Desk<'_> {
    /// Timers that are left wait for the next batch. None waits where the past is judged again: there a batch may see several
    /// policies, each of which must be done before the next.
    fn is_full(&self) -> bool {
        self.shared.past.is_none() && self.out.is_full(&self.shared.settings)
    }
}

impl Judge {
    /// A policy that knows no conversation yet.
    pub fn new(policy: Arc<Policy>, seat: Seat) -> Judge {
        Judge { policy, seat, store: Store::default() }
    }

    /// Judges by another policy from here on, with the conversations as they are: every timer is looked at anew.
    pub fn adopt(&mut self, policy: Arc<Policy>) {
        self.store.reschedule(|waits| domain::next_due(waits, &policy));
        self.policy = policy;
    }

    /// The conversation meets a record: first its own timers that were due before, then the record. `reading`: what its
    /// text says, if it was read before. Errors: the record is refused, and what the timers did stays.
    pub fn meet(
        &mut self,
        id: &str,
        input: Input<'_>,
        offset: i64,
        reading: &OnceCell<Reading>,
        desk: &mut Desk<'_>,
    ) -> Result<Step, Problem> {
        let event_time = match input {
            Input::Turn(turn) => turn.event_time,
            Input::Outcome(outcome) => outcome.event_time,
            Input::Timer(due) => due,
        };
        let (mut slot, mut before) = self.store.take(id.as_bytes())?;
        while let Some(due) = before
            .as_ref()
            .and_then(|c| domain::next_due(c.waits(), &self.policy))
            .filter(|due| *due < event_time)
        {
            self.fire(id, slot, before, due, desk);
            (slot, before) = self.store.take(id.as_bytes())?;
        }
        match domain::step(id, before, input, self.context(Some(offset), reading, desk)) {
            Ok(step) => {
                if step.duplicate {
                    self.store.keep(slot);
                } else {
                    self.write(id, &step.effects, desk);
                    self.stage(slot, step.after.as_deref());
                }
                Ok(step)
            }
            Err(refused) => {
                self.store.keep(slot);
                Err(Problem {
                    stage: refused.stage,
                    error: refused.error,
                    field: refused.field.map(str::to_owned),
                })
            }
        }
    }

    /// One timer of one conversation.
    fn fire(
        &mut self,
        id: &str,
        slot: SlotId,
        before: Option<Box<Conversation>>,
        due: Millis,
        desk: &mut Desk<'_>,
    ) {
        if self.seat == Seat::Acting {
            desk.tally.timers += 1;
        }
        desk.out.count_timer();
        // The record that is being taken only showed that it is time.
        let cause = desk.out.caused_by(None);
        let unread = OnceCell::new();
        match domain::step(id, before, Input::Timer(due), self.context(None, &unread, desk)) {
            Ok(step) => {
                self.write(id, &step.effects, desk);
                self.stage(slot, step.after.as_deref());
            }
            Err(_refused) => self.store.keep(slot),
        }
        desk.out.caused_by(cause);
    }

    /// Fires the timers that are due not after `until`, the earliest first, as many as the batch has room for. True if there was
    /// one.
    pub fn fire_due(&mut self, until: Millis, desk: &mut Desk<'_>) -> bool {
        if self.store.earliest_due().is_none_or(|due| due > until) {
            return false;
        }
        let policy = self.policy.clone();
        let mut fired = false;
        while !desk.is_full()
            && let Some((due, keys)) = self.store.pop_due(until, |waits| domain::next_due(waits, &policy))
        {
            let mut keys = keys.into_iter();
            while !desk.is_full()
                && let Some(key) = keys.next()
            {
                let id = String::from_utf8_lossy(&key);
                match self.store.take(&key) {
                    Ok((slot, before)) => {
                        self.fire(&id, slot, before, due, desk);
                        fired = true;
                    }
                    Err(problem) => {
                        tracing::error!(partition = desk.partition, conversation_id = %id, error = problem.error,
                            "a timer is due and cannot be looked at");
                    }
                }
            }
            self.store.put_back(due, keys);
        }
        fired
    }

    /// Stages the conversation as it is after a step; `None` forgets it.
    pub fn stage(&mut self, slot: SlotId, after: Option<&Conversation>) {
        let due = after.and_then(|after| domain::next_due(after.waits(), &self.policy));
        self.store.stage(slot, after, due);
    }

    /// Takes in a committed state; `None` is a tombstone. Errors: the state cannot be read.
    pub fn restore(&mut self, id: &[u8], packed: Option<&[u8]>) -> Result<(), super::Error> {
        let policy = &self.policy;
        self.store.restore(id, packed, |waits| domain::next_due(waits, policy))
    }

    /// The batch is dropped.
    pub fn rollback(&mut self) {
        let policy = &self.policy;
        self.store.rollback(|waits| domain::next_due(waits, policy));
    }

    fn context<'a>(
        &'a self,
        offset: Option<i64>,
        reading: &'a OnceCell<Reading>,
        desk: &Desk<'_>,
    ) -> Context<'a> {
        Context {
            policy: &self.policy,
            mode: self.seat.mode(),
            reading,
            partition: desk.partition,
            offset,
            partition_time: desk.partition_time,
            lateness_ms: desk.shared.settings.lateness_ms,
        }
    }

    fn write(&self, id: &str, effects: &[Effect], desk: &mut Desk<'_>) {
        let formats = desk.shared.codec.formats;
        for effect in effects {
            match effect {
                Effect::Handoff(event) => {
                    self.count(event, desk);
                    let topic = match event.mode {
                        Mode::Live => Topic::Events,
                        Mode::Shadow => Topic::Shadow,
                    };
                    let transcript_topic = desk.shared.transcript_topic.as_deref();
                    let published = wire::handoff::Published { event, transcript_topic };
                    desk.out
                        .push(topic, None, id.as_bytes(), |bytes| formats.of(topic).write(&published, bytes));
                }
                Effect::Summary(row) => {
                    desk.out.push(Topic::Summaries, None, id.as_bytes(), |bytes| {
                        formats.of(Topic::Summaries).write(&**row, bytes)
                    });
                }
                Effect::Measure(measure) => {
                    desk.tally.late_events +=
                        u64::from(measure.quantity == Quantity::Count(Counter::LateEvents));
                    desk.out.deltas.add(desk.partition, measure);
                }
            }
        }
    }

    /// What the process counts of an event.
    fn count(&self, event: &HandoffEvent, desk: &mut Desk<'_>) {
        match (event.kind, self.seat) {
            (HandoffKind::Requested, Seat::Acting) => {
                let reason = event.reasons.first().map_or(Reason::Policy, |signal| signal.reason);
                desk.tally.handoff(reason);
                spans::handoff(event, reason, desk.out.cause().map(AsRef::as_ref));
            }
            (HandoffKind::Requested, Seat::Shadow(position)) => desk.tally.shadow_handoff(position),
            (HandoffKind::Offered, Seat::Acting) => desk.tally.offers += 1,
            (HandoffKind::Offered, Seat::Shadow(_)) => {}
            (
                HandoffKind::Accepted
                | HandoffKind::Unanswered
                | HandoffKind::Returned
                | HandoffKind::Completed
                | HandoffKind::Canceled,
                Seat::Acting | Seat::Shadow(_),
            ) => {}
        }
    }
}
