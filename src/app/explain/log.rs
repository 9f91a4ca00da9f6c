//! Reads a conversation from a cluster: its partition of the inputs, and what was published of it.
//!
//! 1. the partition by the key, as Kafka's Java client places it; where the conversation is not there, the other partitions
//!    (its senders may place keys otherwise)
//! 2. of each topic the newest records up to the limit
//! 3. what was published: its event times are proof that the partition's time had gone so far
//!
//! Invariant: nothing is written, no group is joined, no offset is committed.

use std::ops::Range;

use serde_json::Value;

use super::records::Records;
use crate::app::applied::terms;
use crate::app::replay_files::Progress;
use crate::app::run::{Failure, names, properties};
use crate::app::signals::Stop;
use crate::app::stretch::not_noted;
use crate::config::Settings;
use crate::domain::ids::Millis;
use crate::engine::codec::event_time;
use crate::engine::partitioner::partition_of;
use crate::engine::policies::InForce;
use crate::engine::port::{Record, Topic};
use crate::engine::terms::{Term, Terms};
use crate::kafka::Names;
use crate::kafka::scan::Scan;
use crate::kafka::topics::{self, Spec};
use crate::wire::avro::Reader;
use crate::wire::turn;

/// What a cluster holds of a conversation.
pub struct Found {
    pub records: Records,
    /// Who judged them.
    pub terms: Terms,
    /// Topics and partitions that were read.
    pub from: Vec<String>,
    /// Its hand-off events in order, as JSON; `None`: they could not be read, and a doubt says why.
    pub published: Option<Vec<Value>>,
    /// What casts doubt on the explanation, in sentences.
    pub doubts: Vec<String>,
}

/// How to look.
pub struct Look<'a> {
    pub follow: Follow,
    /// The policy that the settings name, or the command line.
    pub own: &'a InForce,
    pub settings: &'a Settings,
    pub reader: &'a Reader,
    /// Records of a topic that are read at most.
    pub limit: i64,
    /// Our clock.
    pub now: Millis,
    pub stop: &'a Stop,
}

/// Which policies explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// [`Look::own`] alone.
    NoOther,
    /// Those that were in force, as the partition notes it.
    WhatWasInForce,
}

/// Reads the conversation. Errors: the cluster, or topics that are missing.
pub fn from_log(conversation_id: &str, look: &Look<'_>) -> Result<Found, Failure> {
    let settings = look.settings;
    let (names, properties) = (names(settings), properties(settings)?);
    let bootstrap = settings.kafka.bootstrap_servers.clone();
    let spec = Spec { bootstrap, properties, names: names.clone(), partitions: None, replication: None };
    let plans = topics::plan(&spec)?;
    let scan = Scan::new(&spec.bootstrap, &spec.properties, &settings.engine.application_id)?;
    let mut log = Log { scan, names, look, from: Vec::new(), doubts: Vec::new() };
    let partitions = topics::partitions_of(&plans, Topic::Turns)?;
    let home = partition_of(conversation_id.as_bytes(), partitions);
    let mut records = Records::new(conversation_id);
    let others = (0..partitions).filter(|partition| *partition != home);
    for partition in std::iter::once(home).chain(others) {
        records.begin(partition);
        log.from.clear();
        log.doubts.clear();
        log.input(&mut records, Topic::Turns)?;
        if !records.own.is_empty() {
            break;
        }
    }
    if records.own.is_empty() {
        let name = format!("{} on {}", log.names.of(Topic::Turns), spec.bootstrap);
        return Err(Failure::running(records.unknown(&name)));
    }
    if records.partition != home {
        log.doubts.push(format!(
            "its turns are in partition {} and not in {home}, where Kafka's Java client would put the key: the senders use \
             another partitioner",
            records.partition
        ));
    }
    if topics::partitions_of(&plans, Topic::Outcomes)? > records.partition {
        log.input(&mut records, Topic::Outcomes)?;
    }
    let published = match topics::partitions_of(&plans, Topic::Events)
        .map_err(Failure::from)
        .and_then(|count| log.events(&records, count))
    {
        Ok(published) => Some(published),
        // A principal that runs nothing may have no right to read outputs: the rest is explained all the same.
        Err(failure) => {
            log.doubts.push(format!("what was published could not be read: {}", failure.message));
            None
        }
    };
    let told = published.as_deref().unwrap_or_default();
    if let Some(last) = told.iter().filter_map(|event| event["event_time"].as_i64()).max() {
        // A timer's event is written when partition time has passed it by more than the lateness.
        records.reach(last.saturating_add(settings.engine.lateness_ms).saturating_add(1));
    }
    if let Some(doubt) = beginning(&records, told, look.reader) {
        log.doubts.push(doubt);
    }
    let terms = log.terms(&records);
    Ok(Found { records, terms, from: log.from, published, doubts: log.doubts })
}

struct Log<'a> {
    scan: Scan,
    names: Names,
    look: &'a Look<'a>,
    from: Vec<String>,
    doubts: Vec<String>,
}

/// The doubt about records that are older than what the partition notes of its policies.
fn before_notes(records: &Records, terms: &Terms) -> Option<String> {
    let is_older = records.own.iter().any(|record| terms.is_before_first(record));
    is_older.then(|| not_noted("records", terms))
}

impl Log<'_> {
    /// Who judged the records. What cannot be had is a doubt, and the policy of the settings stands in.
    fn terms(&mut self, records: &Records) -> Terms {
        let own = self.look.own;
        if self.look.follow == Follow::NoOther {
            return Terms::only(own.clone());
        }
        match terms(&self.scan, &self.names, records.partition, own, self.look.settings) {
            Ok(terms) => {
                self.doubts.extend(before_notes(records, &terms));
                let judged =
                    |(at, _): &(usize, &Term)| records.own.iter().any(|record| terms.at(record) == *at);
                for (_, term) in terms.all().iter().enumerate().filter(judged) {
                    self.doubts.extend(term.instead_of.as_ref().map(|why| {
                        format!(
                            "a policy that was in force is not known here, and {} stands in: {why}",
                            own.stamp
                        )
                    }));
                }
                terms
            }
            Err(error) => {
                self.doubts.push(format!("which policies were in force could not be read: {error}"));
                Terms::only(own.clone())
            }
        }
    }

    /// The stretch that is read: the newest up to the limit.
    fn stretch(&mut self, topic: Topic, partition: i32) -> Result<Range<i64>, Failure> {
        let name = self.names.of(topic);
        let bounds = self.scan.bounds(name, partition)?;
        let from = bounds.low.max(bounds.end.saturating_sub(self.look.limit));
        self.from.push(format!("{name}-{partition} offsets {from} to {}", bounds.end));
        if from > bounds.low {
            let left_out = from - bounds.low;
            self.doubts.push(format!(
                "{name}-{partition}: {left_out} older records were not read; --scan-limit N reads more than {}",
                self.look.limit
            ));
        }
        Ok(from..bounds.end)
    }

    fn input(&mut self, records: &mut Records, topic: Topic) -> Result<(), Failure> {
        let (reader, now) = (self.look.reader, self.look.now);
        self.read(topic, records.partition, |record| {
            let id = record.key().map(<[u8]>::to_vec);
            let at = record.value().and_then(|value| event_time(reader, topic, value));
            records.look(record, id.as_deref(), at, now);
        })
    }

    /// The hand-off events of the conversation.
    fn events(&mut self, records: &Records, partitions: i32) -> Result<Vec<Value>, Failure> {
        let (reader, id) = (self.look.reader, records.conversation_id.as_bytes());
        let mut found = Vec::new();
        self.read(Topic::Events, partition_of(id, partitions), |record| {
            let mut scratch = Vec::new();
            let ours = record.value().filter(|_| record.key() == Some(id));
            let json = ours.and_then(|value| reader.document(value, &mut scratch).ok());
            found.extend(json.and_then(|document| serde_json::from_slice::<Value>(document.json).ok()));
        })?;
        Ok(found)
    }

    fn read(&mut self, topic: Topic, partition: i32, mut take: impl FnMut(Record)) -> Result<(), Failure> {
        let offsets = self.stretch(topic, partition)?;
        let progress = Progress::count("reading records", u64::try_from(offsets.end - offsets.start).ok());
        let mut read = 0;
        self.scan.read((topic, self.names.of(topic)), partition, offsets, |record| {
            read += 1;
            progress.set(read);
            take(record);
            !self.look.stop.requested()
        })?;
        progress.finish();
        if self.look.stop.requested() { Err(Failure::stopped()) } else { Ok(()) }
    }
}

/// What retention has taken of the conversation's beginning. Two things show it: a published event that points at an
/// earlier first turn, and a first turn whose ordinal is not the first.
fn beginning(records: &Records, published: &[Value], reader: &Reader) -> Option<String> {
    let first = records.first_turn()?;
    let pointed = published
        .iter()
        .filter_map(|event| event["package"]["transcript"]["first_offset"].as_i64())
        .min()
        .filter(|offset| *offset < first.offset);
    if let Some(offset) = pointed {
        return Some(format!(
            "its first turn was at offset {offset} and the first that is left, or was read, is at {}: what came before is \
             unknown here, so signals and ids may differ from those of the time",
            first.offset
        ));
    }
    if first.offset == 0 {
        return None;
    }
    let mut scratch = Vec::new();
    let document = reader.document(first.value()?, &mut scratch).ok()?;
    let seq = turn::decode(document.json).ok()?.turn_seq?;
    (seq > 1).then(|| {
        format!(
            "the first turn that is left, or was read, has turn_seq {seq}: what came before is unknown here, so signals and \
             ids may differ from those of the time"
        )
    })
}
