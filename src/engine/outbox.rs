//! What a batch will write: encoded records in the order they were caused, and the increments for the windows.
//!
//! Source of truth for: nothing. It is emptied by every commit and every abort.

use std::ops::Range;
use std::sync::Arc;

use super::deltas::{DeltaBuffer, SourceTime, TellAll};
use super::port::{Out, Topic};
use super::settings::Settings;
use crate::domain::window::Split;
use crate::wire;
use crate::wire::delta::PartitionTime;
use crate::wire::trace::TraceContext;

/// The output of one batch, in one arena.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    records: Vec<Slot>,
    pub deltas: DeltaBuffer,
    times: Vec<SourceTime>,
    tell: Tell,
    cause: Option<Arc<TraceContext>>,
    written: [Written; Topic::ALL.len()],
    timers: usize,
}

/// How much is in it for one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Written {
    pub records: u64,
    /// Of keys and values.
    pub bytes: u64,
}

/// Who must hear a partition's time with this commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tell {
    /// The delta partitions that get increments anyway.
    #[default]
    Touched,
    /// Every delta partition: finality needs to hear from all.
    All,
}

#[derive(Debug)]
struct Slot {
    topic: Topic,
    partition: Option<i32>,
    key: Range<usize>,
    value: Option<Range<usize>>,
    trace: Option<Arc<TraceContext>>,
}

/// Whether records of a topic carry the trace of what caused them: those for readers do, our own do not.
fn is_traced(topic: Topic) -> bool {
    match topic {
        Topic::Events | Topic::Summaries | Topic::Shadow | Topic::DeadLetters => true,
        Topic::Turns
        | Topic::Outcomes
        | Topic::Metrics
        | Topic::Policies
        | Topic::Changelog
        | Topic::Deltas => false,
    }
}

impl Outbox {
    /// An empty one whose increments become rows of these splits.
    pub fn new(splits: Vec<Split>) -> Outbox {
        Outbox { deltas: DeltaBuffer::new(splits), ..Outbox::default() }
    }

    /// Adds a record whose value `encode` appends to the buffer it is given. Returns the value's length.
    pub fn push(
        &mut self,
        topic: Topic,
        partition: Option<i32>,
        key: &[u8],
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> usize {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        encode(&mut self.bytes);
        let end = self.bytes.len();
        self.add(topic, partition, start..middle, Some(middle..end));
        end - middle
    }

    /// Adds a tombstone.
    pub fn push_tombstone(&mut self, topic: Topic, partition: Option<i32>, key: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.add(topic, partition, start..self.bytes.len(), None);
    }

    fn add(&mut self, topic: Topic, partition: Option<i32>, key: Range<usize>, value: Option<Range<usize>>) {
        let written = &mut self.written[topic as usize];
        written.records += 1;
        written.bytes += (self.bytes.len() - key.start) as u64;
        let trace = self.cause.clone().filter(|_| is_traced(topic));
        self.records.push(Slot { topic, partition, key, value, trace });
    }

    /// What is added from now on is caused by a record of this trace; returns what caused it until now. `None`: by none.
    pub fn caused_by(&mut self, cause: Option<Arc<TraceContext>>) -> Option<Arc<TraceContext>> {
        std::mem::replace(&mut self.cause, cause)
    }

    /// The trace of what is being added.
    pub fn cause(&self) -> Option<&Arc<TraceContext>> {
        self.cause.as_ref()
    }

    /// What is in it, by topic in the order of [`Topic::ALL`].
    pub fn written(&self) -> &[Written; Topic::ALL.len()] {
        &self.written
    }

    /// A source partition's time goes with this commit's deltas.
    pub fn note_time(&mut self, partition: i32, partition_time: PartitionTime, tell: Tell) {
        self.times.push(SourceTime { partition, partition_time });
        self.tell = self.tell.max(tell);
    }

    /// Turns the increments into at most one record a delta partition.
    pub fn seal_deltas(&mut self, delta_partitions: i32) {
        let tell = match self.tell {
            Tell::Touched => TellAll::No,
            Tell::All => TellAll::Yes,
        };
        for (partition, delta) in self.deltas.drain(delta_partitions, &self.times, tell) {
            self.push(Topic::Deltas, Some(partition), &[], |bytes| wire::delta::encode(&delta, bytes));
        }
    }

    /// A timer fired.
    pub fn count_timer(&mut self) {
        self.timers += 1;
    }

    /// Nothing more should be taken or fire before a commit: the next record or timer might make a delta larger than
    /// `record_bytes_max`, the batch larger than memory should bear, or its transaction longer than a broker waits.
    pub fn is_full(&self, settings: &Settings) -> bool {
        const BATCH_BYTES: usize = 256 << 20;
        self.timers >= settings.batch_timers
            || self.bytes.len() > BATCH_BYTES
            || self.deltas.encoded_bytes_max() > settings.record_bytes_max / 2
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Everything to be sent, in order. An empty key is no key.
    pub fn records(&self) -> impl Iterator<Item = Out<'_>> {
        self.records.iter().map(|slot| Out {
            topic: slot.topic,
            partition: slot.partition,
            key: (!slot.key.is_empty()).then(|| &self.bytes[slot.key.clone()]),
            value: slot.value.clone().map(|range| &self.bytes[range]),
            trace: slot.trace.as_deref(),
        })
    }

    /// Empties it and keeps the memory, up to a bound.
    pub fn clear(&mut self) {
        const KEEP: usize = 64 << 20;
        self.records.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEEP {
            self.bytes.shrink_to(KEEP);
        }
        self.deltas.clear();
        self.times.clear();
        self.tell = Tell::Touched;
        self.cause = None;
        self.written = Default::default();
        self.timers = 0;
    }
}
