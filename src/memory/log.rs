//! One partition: records and control markers in offset order.
//!
//! Source of truth for: what was written, and whose transaction it belongs to. It changes by appending, by a marker that
//! decides the open records of one producer, and by cleanup from the front or in between.
//! Invariant: offsets only grow, with gaps (explicit offsets, markers, compaction); a reader of committed records never
//! passes the first offset of an open transaction.

use std::collections::{BTreeMap, HashSet, VecDeque};

use crate::domain::ids::Millis;
use crate::engine::port::{Bounds, Record, Topic};

/// A producer in one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub id: i64,
    pub epoch: i32,
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Commit,
    Abort,
}

/// What a reader wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Up to the last stable offset, without aborted records.
    Committed,
    /// Everything up to the high watermark.
    Uncommitted,
}

/// What compaction does with a tombstone that is the last word on its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tombstones {
    /// As within `delete.retention.ms`: a reader half-way through still learns of the deletion.
    Keep,
    /// As after it.
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Committed,
    Open,
    Aborted,
    Marker(Outcome),
}

#[derive(Clone, Debug)]
struct Entry {
    record: Record,
    /// `None`: written outside any transaction.
    writer: Option<Writer>,
    standing: Standing,
}

impl Entry {
    fn is_visible(&self, isolation: Isolation) -> bool {
        match self.standing {
            Standing::Committed => true,
            Standing::Open | Standing::Aborted => isolation == Isolation::Uncommitted,
            Standing::Marker(_) => false,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct PartitionLog {
    entries: VecDeque<Entry>,
    low: i64,
    next: i64,
    /// First offset of each producer's open transaction.
    open: BTreeMap<i64, i64>,
}

impl PartitionLog {
    /// Appends at the next offset; a `writer` makes it part of that producer's open transaction.
    pub fn append(&mut self, mut record: Record, writer: Option<Writer>) -> i64 {
        let offset = self.next;
        record.offset = offset;
        let standing = match writer {
            Some(writer) => {
                self.open.entry(writer.id).or_insert(offset);
                Standing::Open
            }
            None => Standing::Committed,
        };
        self.push(Entry { record, writer, standing });
        offset
    }

    /// Leaves a gap: the next record gets `offset`. False if it is taken already.
    pub fn skip_to(&mut self, offset: i64) -> bool {
        if offset < self.next {
            return false;
        }
        if self.entries.is_empty() && self.low == self.next {
            self.low = offset;
        }
        self.next = offset;
        true
    }

    /// Writes the control marker that decides everything this producer has open here.
    pub fn mark(&mut self, topic: Topic, partition: i32, writer: Writer, outcome: Outcome, now: Millis) {
        if let Some(first) = self.open.remove(&writer.id) {
            let decided = match outcome {
                Outcome::Commit => Standing::Committed,
                Outcome::Abort => Standing::Aborted,
            };
            let start = self.index_of(first);
            for entry in self.entries.range_mut(start..) {
                let ours = entry.writer.is_some_and(|by| by.id == writer.id);
                if ours && entry.standing == Standing::Open {
                    entry.standing = decided;
                }
            }
        }
        let record = Record::new(topic, partition, self.next, Some(now), None, None);
        self.push(Entry { record, writer: Some(writer), standing: Standing::Marker(outcome) });
    }

    fn push(&mut self, entry: Entry) {
        self.next = entry.record.offset + 1;
        self.entries.push_back(entry);
    }

    /// Hands at most `limit` visible records from `from` on to `sink` and returns the reader's new position, past the
    /// markers, aborted records and gaps it met. A position under the low watermark starts there.
    pub fn read(&self, from: i64, isolation: Isolation, limit: usize, sink: &mut dyn FnMut(&Record)) -> i64 {
        let end = match isolation {
            Isolation::Committed => self.last_stable(),
            Isolation::Uncommitted => self.next,
        };
        let mut position = from.max(self.low);
        if position >= end {
            return position;
        }
        let mut taken = 0;
        for entry in self.entries.range(self.index_of(position)..) {
            if entry.record.offset >= end {
                break;
            }
            if taken == limit {
                return position;
            }
            position = entry.record.offset + 1;
            if entry.is_visible(isolation) {
                sink(&entry.record);
                taken += 1;
            }
        }
        end
    }

    fn index_of(&self, offset: i64) -> usize {
        self.entries.partition_point(|entry| entry.record.offset < offset)
    }

    /// The high watermark: the next offset to be written.
    pub fn high(&self) -> i64 {
        self.next
    }

    pub fn low(&self) -> i64 {
        self.low
    }

    /// Everything before it is decided.
    pub fn last_stable(&self) -> i64 {
        self.open.values().copied().min().unwrap_or(self.next)
    }

    pub fn bounds(&self) -> Bounds {
        Bounds { low: self.low, end: self.last_stable() }
    }

    /// Entries held, markers included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The offset of the entry `keep` entries before the end.
    pub fn offset_of_last(&self, keep: usize) -> i64 {
        let index = self.entries.len().saturating_sub(keep);
        self.entries.get(index).map_or(self.next, |entry| entry.record.offset)
    }

    /// Retention: forgets what lies before `offset`, but nothing that is not yet decided.
    pub fn delete_before(&mut self, offset: i64) {
        self.low = self.low.max(offset.min(self.last_stable()));
        let gone = self.index_of(self.low);
        self.entries.drain(..gone);
    }

    /// Compaction of what is decided and lies before `below`: of every key the last committed record stays; aborted
    /// records and markers go; records without key stay. Watermarks do not move.
    pub fn compact(&mut self, below: i64, tombstones: Tombstones) {
        let end = self.index_of(below.min(self.last_stable()));
        let mut keep = vec![true; end];
        let mut seen: HashSet<&[u8]> = HashSet::with_capacity(end);
        for (index, entry) in self.entries.range(..end).enumerate().rev() {
            keep[index] = match (entry.standing, entry.record.key()) {
                (Standing::Committed, None) => true,
                (Standing::Committed, Some(key)) => {
                    let is_last = seen.insert(key);
                    is_last && (entry.record.value().is_some() || tombstones == Tombstones::Keep)
                }
                (Standing::Open, _) => true,
                (Standing::Aborted | Standing::Marker(_), _) => false,
            };
        }
        drop(seen);
        let mut index = 0;
        self.entries.retain(|_| {
            index += 1;
            keep.get(index - 1).copied().unwrap_or(true)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: Writer = Writer { id: 1, epoch: 0 };
    const BERT: Writer = Writer { id: 2, epoch: 0 };

    fn record(key: &str, value: Option<&str>) -> Record {
        Record::new(Topic::Changelog, 0, 0, Some(7), Some(key.as_bytes()), value.map(str::as_bytes))
    }

    fn mark(log: &mut PartitionLog, writer: Writer, outcome: Outcome) {
        log.mark(Topic::Changelog, 0, writer, outcome, 9);
    }

    /// `offset:key=value`, and where the reader stands then.
    fn seen(log: &PartitionLog, from: i64, isolation: Isolation, limit: usize) -> (Vec<String>, i64) {
        let mut lines = Vec::new();
        let position = log.read(from, isolation, limit, &mut |record| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let key = record.key().map(text).unwrap_or_default();
            lines.push(format!("{}:{key}={}", record.offset, record.value().map_or("-".into(), text)));
        });
        (lines, position)
    }

    fn check(log: &PartitionLog, isolation: Isolation, lines: &[&str], position: i64) {
        let expected = (lines.iter().map(|line| line.to_string()).collect::<Vec<_>>(), position);
        assert_eq!(seen(log, 0, isolation, usize::MAX), expected);
    }

    #[test]
    fn aborted_records_are_seen_only_by_read_uncommitted() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), Some(ANNA));
        mark(&mut log, ANNA, Outcome::Abort);
        log.append(record("b", Some("2")), None);
        check(&log, Isolation::Committed, &["2:b=2"], 3);
        check(&log, Isolation::Uncommitted, &["0:a=1", "2:b=2"], 3);
    }

    #[test]
    fn open_transaction_holds_the_last_stable_offset() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), None);
        log.append(record("b", Some("2")), Some(ANNA));
        log.append(record("c", Some("3")), Some(BERT));
        mark(&mut log, BERT, Outcome::Commit);
        assert_eq!((log.last_stable(), log.high()), (1, 4));
        check(&log, Isolation::Committed, &["0:a=1"], 1);
        mark(&mut log, ANNA, Outcome::Commit);
        check(&log, Isolation::Committed, &["0:a=1", "1:b=2", "2:c=3"], 5);
    }

    #[test]
    fn a_marker_decides_only_its_own_producer() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), Some(ANNA));
        log.append(record("b", Some("2")), Some(BERT));
        mark(&mut log, ANNA, Outcome::Abort);
        mark(&mut log, BERT, Outcome::Commit);
        check(&log, Isolation::Committed, &["1:b=2"], 4);
    }

    #[test]
    fn a_limit_stops_right_after_the_last_record_and_the_next_read_passes_the_marker() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), Some(ANNA));
        log.append(record("b", Some("2")), Some(ANNA));
        mark(&mut log, ANNA, Outcome::Commit);
        assert_eq!(seen(&log, 0, Isolation::Committed, 1), (vec!["0:a=1".into()], 1));
        assert_eq!(seen(&log, 1, Isolation::Committed, 9), (vec!["1:b=2".into()], 3));
        assert_eq!(seen(&log, 3, Isolation::Committed, 9), (vec![], 3));
    }

    #[test]
    fn explicit_offsets_leave_gaps_and_never_go_back() {
        let mut log = PartitionLog::default();
        assert!(log.skip_to(5));
        log.append(record("a", Some("1")), None);
        assert!(log.skip_to(9));
        log.append(record("b", Some("2")), None);
        assert!(!log.skip_to(9));
        assert_eq!(log.bounds(), Bounds { low: 5, end: 10 });
        assert_eq!(seen(&log, 6, Isolation::Committed, 9), (vec!["9:b=2".into()], 10));
    }

    #[test]
    fn compaction_keeps_the_last_committed_record_of_a_key_below_the_point() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), None);
        log.append(record("b", Some("2")), None);
        log.append(record("a", Some("3")), Some(ANNA));
        mark(&mut log, ANNA, Outcome::Abort);
        log.append(record("b", Some("4")), Some(ANNA));
        mark(&mut log, ANNA, Outcome::Commit);
        log.append(record("b", Some("5")), None);
        log.compact(6, Tombstones::Remove);
        check(&log, Isolation::Uncommitted, &["0:a=1", "4:b=4", "6:b=5"], 7);
        assert_eq!(log.len(), 3);
    }

    #[test]
    fn tombstones_are_kept_or_removed_as_asked_and_watermarks_stay() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), None);
        log.append(record("a", None), None);
        log.compact(9, Tombstones::Keep);
        check(&log, Isolation::Committed, &["1:a=-"], 2);
        log.compact(9, Tombstones::Remove);
        check(&log, Isolation::Committed, &[], 2);
        assert_eq!((log.low(), log.high()), (0, 2));
    }

    #[test]
    fn nothing_undecided_is_compacted_or_deleted() {
        let mut log = PartitionLog::default();
        log.append(record("a", Some("1")), None);
        log.append(record("a", Some("2")), Some(ANNA));
        log.compact(9, Tombstones::Remove);
        log.delete_before(9);
        assert_eq!(log.bounds(), Bounds { low: 1, end: 1 });
        mark(&mut log, ANNA, Outcome::Commit);
        check(&log, Isolation::Committed, &["1:a=2"], 3);
    }
}
