//! The seam between the engine and a log: a member of a consumer group with a transactional producer, and a reader of
//! changelogs. Two implementations: `kafka` (a real cluster) and `memory` (the model broker).
//!
//! Everything is blocking and belongs to one thread. Rebalances happen only inside [`Port::poll`].

use std::sync::Arc;
use std::time::Duration;

use super::error::Error;
use crate::domain::ids::Millis;
use crate::wire::trace::TraceContext;

/// The topics of the design by role; the port knows their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Turns,
    Outcomes,
    Events,
    Summaries,
    Metrics,
    Shadow,
    DeadLetters,
    Policies,
    Changelog,
    Deltas,
}

impl Topic {
    pub const ALL: [Topic; 10] = [
        Topic::Turns,
        Topic::Outcomes,
        Topic::Events,
        Topic::Summaries,
        Topic::Metrics,
        Topic::Shadow,
        Topic::DeadLetters,
        Topic::Policies,
        Topic::Changelog,
        Topic::Deltas,
    ];

    /// The role's key under `[topics]`, and its label in metrics.
    pub fn key(self) -> &'static str {
        match self {
            Topic::Turns => "turns",
            Topic::Outcomes => "outcomes",
            Topic::Events => "events",
            Topic::Summaries => "summaries",
            Topic::Metrics => "metrics",
            Topic::Shadow => "shadow_events",
            Topic::DeadLetters => "dead_letters",
            Topic::Policies => "policies",
            Topic::Changelog => "state_changelog",
            Topic::Deltas => "metric_deltas",
        }
    }

    /// The default name, without prefix; `<app>` stands for the application id.
    pub fn default_name(self) -> &'static str {
        match self {
            Topic::Turns => "conversation.turns",
            Topic::Outcomes => "handoff.outcomes",
            Topic::Events => "handoff.events",
            Topic::Summaries => "conversation.summaries",
            Topic::Metrics => "handoff.metrics",
            Topic::Shadow => "handoff.shadow-events",
            Topic::DeadLetters => "segue.dead-letters",
            Topic::Policies => "segue.policies",
            Topic::Changelog => "<app>.state.changelog",
            Topic::Deltas => "<app>.metric-deltas",
        }
    }
}

/// Which topology a port serves: its inputs (the first leads the assignment, the others follow it, partition by
/// partition), the topic its state is restored from, its consumer group and transactional id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topology {
    /// Inputs `Turns`, `Outcomes`; changelog `Changelog`; group `<app>`.
    Conversations,
    /// Input `Deltas`; changelog `Metrics`; group `<app>-metrics`.
    Windows,
}

impl Topology {
    pub fn inputs(self) -> &'static [Topic] {
        match self {
            Topology::Conversations => &[Topic::Turns, Topic::Outcomes],
            Topology::Windows => &[Topic::Deltas],
        }
    }

    pub fn changelog(self) -> Topic {
        match self {
            Topology::Conversations => Topic::Changelog,
            Topology::Windows => Topic::Metrics,
        }
    }
}

/// A record as read: key and value in one allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    /// Kafka timestamp, if the record has one.
    pub timestamp: Option<Millis>,
    bytes: Box<[u8]>,
    key_len: Option<u32>,
    has_value: bool,
    trace: Option<Arc<TraceContext>>,
}

impl Record {
    pub fn new(
        topic: Topic,
        partition: i32,
        offset: i64,
        timestamp: Option<Millis>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Record {
        let (k, v) = (key.unwrap_or_default(), value.unwrap_or_default());
        let mut bytes = Vec::with_capacity(k.len() + v.len());
        bytes.extend_from_slice(k);
        bytes.extend_from_slice(v);
        Record {
            topic,
            partition,
            offset,
            timestamp,
            bytes: bytes.into_boxed_slice(),
            key_len: key.map(|key| key.len() as u32),
            has_value: value.is_some(),
            trace: None,
        }
    }

    /// The same record as its headers tell of the trace that it is part of.
    pub fn with_trace(self, trace: Option<TraceContext>) -> Record {
        Record { trace: trace.map(Arc::new), ..self }
    }

    /// The trace that the record is part of, if its headers named one.
    pub fn trace(&self) -> Option<&Arc<TraceContext>> {
        self.trace.as_ref()
    }

    pub fn key(&self) -> Option<&[u8]> {
        self.key_len.map(|len| &self.bytes[..len as usize])
    }

    /// `None` is a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        self.has_value.then(|| &self.bytes[self.key_len.unwrap_or(0) as usize..])
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// A record to be written. `partition: None` means murmur2 of the key, as Kafka's Java client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Out<'a> {
    pub topic: Topic,
    pub partition: Option<i32>,
    pub key: Option<&'a [u8]>,
    /// `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Goes into the headers, where the port has any.
    pub trace: Option<&'a TraceContext>,
}

/// What happened to our assignment during a poll. Partition numbers of the leading input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ours now; all inputs of these partitions are assigned and paused. Restore, seek, resume.
    Assigned(Vec<i32>),
    /// No longer ours; already unassigned. Forget what was gathered of them.
    Revoked(Vec<i32>),
}

/// A committed offset of one input partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub topic: Topic,
    pub partition: i32,
    /// Next offset to read; `None` if nothing was ever committed.
    pub offset: Option<i64>,
    /// What the commit said beside it (empty if nothing).
    pub metadata: String,
}

/// The readable part of a partition: `[low, end)`. `end` is the last stable offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub low: i64,
    pub end: i64,
}

/// How far a consumer got on an input partition, and where it ended when that was last heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// As [`Port::position`]; `None` before the first record.
    pub position: Option<i64>,
    /// The high watermark of the last fetch: markers and open transactions count.
    pub end: i64,
}

/// Group membership as of now, for the fence at commit. Opaque but for its generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub generation: i32,
    pub member_id: String,
}

impl Membership {
    /// A broker accepts generation −1 and an empty member unfenced; we do not.
    pub fn is_valid(&self) -> bool {
        self.generation >= 0 && !self.member_id.is_empty()
    }
}

/// Takes committed changelog records: partition, key, value (`None`: a tombstone).
pub type Sink<'a> = dyn FnMut(i32, &[u8], Option<&[u8]>) + 'a;

/// One thread's access to the log. Every call may fail with an [`Error`] whose class says what to do.
pub trait Port {
    /// Waits up to `wait` for records and appends at most `limit` of them, in offset order a partition. Serves the group.
    fn poll(&mut self, wait: Duration, limit: usize, into: &mut Vec<Record>) -> Result<Vec<Change>, Error>;

    /// Stops, or starts again, the fetching of one input partition. Nothing already returned is affected.
    fn pause(&mut self, topic: Topic, partition: i32) -> Result<(), Error>;
    fn resume(&mut self, topic: Topic, partition: i32) -> Result<(), Error>;

    /// The next record of this input partition will be `offset` or the first after it.
    fn seek(&mut self, topic: Topic, partition: i32, offset: i64) -> Result<(), Error>;

    /// Next offset the consumer would return; moves past markers and aborted records as they are met.
    fn position(&mut self, topic: Topic, partition: i32) -> Result<Option<i64>, Error>;

    /// What the consumer knows of an input partition without asking anyone: at once, and never an error. `None` before its
    /// first fetch.
    fn known(&self, topic: Topic, partition: i32) -> Option<Known>;

    /// Committed offsets of all inputs of these partitions; waits for a predecessor's open transaction.
    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Committed>, Error>;

    /// Asks the broker for an input partition's bounds (read_committed).
    fn bounds(&mut self, topic: Topic, partition: i32) -> Result<Bounds, Error>;

    /// RESTORE 2 and 3: asks for the changelog partition's high watermark (read_uncommitted) and begins to read it from
    /// the low watermark (read_committed). Several partitions may be restored at once.
    fn restore_start(&mut self, partition: i32) -> Result<RestoreTarget, Error>;

    /// Reads on: hands over committed changelog records in offset order, and returns the position of every partition
    /// being restored. A restore is done when its position reaches the target's `high`.
    fn restore_poll(&mut self, wait: Duration, sink: &mut Sink<'_>) -> Result<Vec<(i32, i64)>, Error>;

    /// The changelog's high watermark asked for again (truncation check of a stuck restore).
    fn restore_high(&mut self, partition: i32) -> Result<i64, Error>;

    /// Ends the reading of one changelog partition, done or not.
    fn restore_stop(&mut self, partition: i32) -> Result<(), Error>;

    /// Our membership as of now; `None` while the group has lost us or our assignment.
    fn membership(&mut self) -> Option<Membership>;

    /// COMMIT 1.
    fn begin(&mut self) -> Result<(), Error>;
    /// COMMIT 2. Buffers; a delivery failure shows at `send_offsets` or `commit`.
    fn send(&mut self, record: Out<'_>) -> Result<(), Error>;
    /// COMMIT 3. Never called with an empty list. Metadata is the commit number (and what a topology adds).
    fn send_offsets(&mut self, offsets: &[Committed], membership: &Membership) -> Result<(), Error>;
    /// COMMIT 4. An error of class `Reload` means: the outcome is unknown.
    fn commit(&mut self) -> Result<(), Error>;
    fn abort(&mut self) -> Result<(), Error>;
    /// Whether the last transaction that did not end well met another producer of our transactional id.
    fn was_fenced(&self) -> bool;

    /// A new producer with the same transactional id: `init_transactions` ends or aborts what the old one left open.
    fn renew(&mut self) -> Result<(), Error>;

    /// What the cluster refuses us now: the message of the errors that come of it. An operator must grant it.
    fn refusal(&self) -> Option<&str> {
        None
    }

    /// The real name of a topic, for messages.
    fn name(&self, topic: Topic) -> String;

    /// The number of partitions of a topic (same answer for the life of the port).
    fn partitions(&mut self, topic: Topic) -> Result<i32, Error>;

    /// Leaves the group in order.
    fn leave(&mut self) -> Result<(), Error>;
}

/// Where a restore must get to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreTarget {
    pub low: i64,
    pub high: i64,
}

/// Time as the engine sees it. Two implementations: the system's, and one that a test or replay moves.
pub trait Clock {
    /// Wall clock, epoch milliseconds: only for readings kept beside partition time and for `segue_*` metrics.
    fn now(&self) -> Millis;
}
