//! [`Port`] over the embedded log: a group member with a transactional producer and a changelog reader.
//!
//! Every call first asks its fault plan. A member lives as long as its port is called: a port that nobody calls for the
//! session time-out is out of its group (a zombie learns so at its next poll, as `Revoked` of everything, and joins again
//! under a new member id). Dropping a port leaves nothing in order; [`Port::leave`] does.

use std::sync::Arc;
use std::time::Duration;

use super::broker::Broker;
use super::consumer::Consumer;
use super::faults::{Call, Fault, Faults, Plan};
use super::log::Outcome;
use super::producer::Producer;
use super::restore::Restores;
use super::state::State;
use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::port::{
    Bounds, Change, Committed, Known, Membership, Out, Port, Record, RestoreTarget, Sink, Topic, Topology,
};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Session {
    /// Joins at its first poll.
    New,
    Member(String),
    Left,
}

/// One member's access to the log.
pub struct MemoryPort {
    broker: Arc<Broker>,
    topology: Topology,
    name: String,
    session: Session,
    consumer: Consumer,
    restores: Restores,
    producer: Producer,
    /// Markers of the running `commit` or `abort` come so late.
    late: Vec<Millis>,
    faults: Faults,
}

impl MemoryPort {
    /// Connects, and ends what an earlier life of this transactional id left open. `member` begins every member id.
    pub fn new(broker: Arc<Broker>, topology: Topology, transactional_id: &str, member: &str) -> MemoryPort {
        MemoryPort {
            producer: Producer::new(Arc::clone(&broker), transactional_id),
            topology,
            name: member.to_owned(),
            session: Session::New,
            consumer: Consumer::new(topology),
            restores: Restores::new(topology.changelog(), broker.settings().restore_chunk_records),
            late: Vec::new(),
            faults: Faults::new(None),
            broker,
        }
    }

    /// The same, failing as planned.
    pub fn with_faults(mut self, plan: Plan) -> MemoryPort {
        self.faults = Faults::new(Some(plan));
        self
    }

    pub fn has_crashed(&self) -> bool {
        self.faults.crashed
    }

    /// The member id of now, if there is one.
    pub fn member_id(&self) -> Option<&str> {
        match &self.session {
            Session::Member(id) => Some(id),
            Session::New | Session::Left => None,
        }
    }

    /// Runs one call with its faults around it.
    fn run<T>(&mut self, call: Call, act: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.faults.crashed {
            return Err(crash());
        }
        self.late.clear();
        let (mut lost, mut crashes) = (None, false);
        for fault in self.faults.draw(call) {
            match fault {
                Fault::Before(error) => return Err(self.suffer(call, error)),
                Fault::After(error) if call.has_answer() => lost = Some(error),
                Fault::After(error) => return Err(self.suffer(call, error)),
                Fault::CrashBefore => {
                    self.faults.crashed = true;
                    return Err(crash());
                }
                Fault::CrashAfter => crashes = true,
                Fault::TimeOutTransaction => {
                    self.broker.time_out_transaction(self.producer.transactional_id());
                }
                Fault::Rebalance => self.broker.rebalance(self.topology),
                Fault::LateMarkers(delays) => self.late = delays,
            }
        }
        let answer = act(self);
        if crashes {
            self.faults.crashed = true;
            return Err(crash());
        }
        match lost {
            Some(error) if answer.is_ok() => Err(self.lose_answer(call, error)),
            Some(_) | None => answer,
        }
    }

    fn lose_answer(&mut self, call: Call, error: Error) -> Error {
        let asks_again = matches!(error, Error::Retry(_));
        if asks_again && call == Call::Commit {
            self.producer.lose_answer(Outcome::Commit);
        } else if asks_again && call == Call::Abort {
            self.producer.lose_answer(Outcome::Abort);
        } else {
            return self.suffer(call, error);
        }
        error
    }

    fn suffer(&mut self, call: Call, error: Error) -> Error {
        if call.is_producers() {
            self.producer.suffer(&error);
        }
        error
    }

    /// A question to the broker, by a member that is alive.
    fn ask<T>(&self, act: impl FnOnce(&mut State, Millis) -> T) -> T {
        self.broker.call(|state, now| {
            call_in(state, self.topology, &self.session, now);
            act(state, now)
        })
    }
}

fn crash() -> Error {
    Error::Fatal("crash".to_owned())
}

/// Says that the member lives, and calls in for a rebalance; false if the group does not know it.
fn call_in(state: &mut State, topology: Topology, session: &Session, now: Millis) -> bool {
    let Session::Member(id) = session else { return false };
    let before = state.group(topology).generation();
    let known = state.group_mut(topology).call_in(id, now);
    state.changed |= state.group(topology).generation() != before;
    known
}

/// The group's part of a poll: joins, notices that it was thrown out, serves changes.
fn serve(
    state: &mut State,
    now: Millis,
    name: &str,
    session: &mut Session,
    consumer: &mut Consumer,
    topology: Topology,
) -> Vec<Change> {
    let mut changes = Vec::new();
    if !call_in(state, topology, session, now) {
        let owned = consumer.partitions();
        if !owned.is_empty() {
            changes.push(Change::Revoked(owned));
        }
        *session = Session::Member(state.group_mut(topology).join(name, now));
        state.changed = true;
    }
    if let Session::Member(id) = session {
        let served = state.group_mut(topology).serve(id);
        state.changed |= !served.is_empty();
        changes.extend(served);
    }
    consumer.apply(&changes);
    changes
}

impl Port for MemoryPort {
    fn poll(&mut self, wait: Duration, limit: usize, into: &mut Vec<Record>) -> Result<Vec<Change>, Error> {
        self.run(Call::Poll, |port| {
            if port.session == Session::Left {
                return Err(Error::Fatal(format!("member {} has left its group", port.name)));
            }
            let MemoryPort { broker, topology, name, session, consumer, .. } = port;
            let before = into.len();
            // Records come first: some may be of partitions that the same poll then takes away.
            let polled = broker.wait_for(wait, |state, now| {
                let fetched = consumer.fetch(state, limit, into);
                let changes = serve(state, now, name, session, consumer, *topology);
                match fetched {
                    Err(error) => Some(Err(error)),
                    Ok(_) if changes.is_empty() && into.len() == before => None,
                    Ok(_) => Some(Ok(changes)),
                }
            });
            polled.unwrap_or_else(|| Ok(Vec::new()))
        })
    }

    fn pause(&mut self, topic: Topic, partition: i32) -> Result<(), Error> {
        self.run(Call::Pause, |port| port.consumer.pause(topic, partition))
    }

    fn resume(&mut self, topic: Topic, partition: i32) -> Result<(), Error> {
        self.run(Call::Resume, |port| port.consumer.resume(topic, partition))
    }

    fn seek(&mut self, topic: Topic, partition: i32, offset: i64) -> Result<(), Error> {
        self.run(Call::Seek, |port| port.consumer.seek(topic, partition, offset))
    }

    fn position(&mut self, topic: Topic, partition: i32) -> Result<Option<i64>, Error> {
        self.run(Call::Position, |port| port.consumer.position(topic, partition))
    }

    /// The log itself is at hand: the end is always the newest. No fault meets what is not asked.
    fn known(&self, topic: Topic, partition: i32) -> Option<Known> {
        let end = self.broker.high(topic, partition).ok()?;
        Some(Known { position: self.consumer.known_position(topic, partition), end })
    }

    /// `Retry` while a pending transactional offset exists for one of these partitions.
    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Committed>, Error> {
        self.run(Call::Committed, |port| {
            let inputs = port.consumer.co_partitions(partitions);
            port.ask(|state, _| {
                let offsets = state.offsets(port.topology);
                match inputs.iter().find(|(topic, partition)| offsets.is_pending(*topic, *partition)) {
                    Some((topic, partition)) => Err(Error::Retry(format!(
                        "the offset of {topic:?}-{partition} belongs to an open transaction"
                    ))),
                    None => Ok(inputs.iter().map(|(topic, at)| offsets.get(*topic, *at)).collect()),
                }
            })
        })
    }

    fn bounds(&mut self, topic: Topic, partition: i32) -> Result<Bounds, Error> {
        self.run(Call::Bounds, |port| port.ask(|state, _| Ok(state.log(topic, partition)?.bounds())))
    }

    fn restore_start(&mut self, partition: i32) -> Result<RestoreTarget, Error> {
        self.run(Call::RestoreStart, |port| {
            let MemoryPort { broker, topology, session, restores, .. } = port;
            broker.call(|state, now| {
                call_in(state, *topology, session, now);
                restores.start(state, partition)
            })
        })
    }

    fn restore_poll(&mut self, wait: Duration, sink: &mut Sink<'_>) -> Result<Vec<(i32, i64)>, Error> {
        self.run(Call::RestorePoll, |port| {
            let MemoryPort { broker, topology, session, restores, .. } = port;
            let mut records = Vec::new();
            let read = broker.wait_for(wait, |state, now| {
                call_in(state, *topology, session, now);
                match restores.read(state, &mut records) {
                    Ok(false) => None,
                    Ok(true) => Some(Ok(())),
                    Err(error) => Some(Err(error)),
                }
            });
            read.unwrap_or(Ok(()))?;
            // Outside the lock: what the sink does with a record is its own time.
            for record in &records {
                if let Some(key) = record.key() {
                    sink(record.partition, key, record.value());
                }
            }
            Ok(port.restores.positions())
        })
    }

    fn restore_high(&mut self, partition: i32) -> Result<i64, Error> {
        self.run(Call::RestoreHigh, |port| port.ask(|state, _| port.restores.high(state, partition)))
    }

    fn restore_stop(&mut self, partition: i32) -> Result<(), Error> {
        self.run(Call::RestoreStop, |port| {
            port.restores.stop(partition);
            Ok(())
        })
    }

    fn membership(&mut self) -> Option<Membership> {
        let Session::Member(id) = &self.session else { return None };
        if self.faults.crashed {
            return None;
        }
        self.ask(|state, _| state.group(self.topology).membership(id))
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.run(Call::Begin, |port| port.producer.begin())
    }

    fn send(&mut self, record: Out<'_>) -> Result<(), Error> {
        self.run(Call::Send, |port| port.producer.send(record))
    }

    fn send_offsets(&mut self, offsets: &[Committed], membership: &Membership) -> Result<(), Error> {
        self.run(Call::SendOffsets, |port| {
            port.ask(|_, _| ());
            port.producer.send_offsets(port.topology, offsets, membership)
        })
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.run(Call::Commit, |port| {
            port.ask(|_, _| ());
            port.producer.commit(&port.late)
        })
    }

    fn abort(&mut self) -> Result<(), Error> {
        self.run(Call::Abort, |port| port.producer.abort(&port.late))
    }

    /// It says so with an error of class `Lost`.
    fn was_fenced(&self) -> bool {
        false
    }

    fn renew(&mut self) -> Result<(), Error> {
        self.run(Call::Renew, |port| {
            port.producer.renew();
            Ok(())
        })
    }

    fn name(&self, topic: Topic) -> String {
        topic.default_name().to_owned()
    }

    fn partitions(&mut self, topic: Topic) -> Result<i32, Error> {
        Ok(self.broker.partitions(topic))
    }

    fn leave(&mut self) -> Result<(), Error> {
        self.run(Call::Leave, |port| {
            if let Session::Member(id) = &port.session {
                port.broker.call(|state, _| {
                    state.group_mut(port.topology).remove(id);
                    state.changed = true;
                });
            }
            port.session = Session::Left;
            port.consumer = Consumer::new(port.topology);
            port.restores.clear();
            Ok(())
        })
    }
}
