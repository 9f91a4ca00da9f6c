//! The partition record: one reserved key a changelog partition, written in each commit.
use super::Problem;

/// The reserved key. No conversation id can be it: ids are never empty and never begin with NUL.
pub const KEY: &[u8] = b"\0partition";

/// Where a partition stands after a commit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PartitionRecord {
    pub partition_time: i64,
    /// Our clock when partition time was that.
    pub clock: i64,
    pub next_turns: i64,
    pub next_outcomes: i64,
    /// Grows by one a commit; also the metadata of the committed offsets.
    pub commit_number: u64,
    pub policy_version: String,
    /// Partition time last told to all delta partitions.
    pub told_time: i64,
}

/// Appends the record as JSON (internal, and readable by a person).
pub fn encode(_record: &PartitionRecord, _out: &mut Vec<u8>) {
    todo!("in work")
}

/// Reads it back.
pub fn decode(_bytes: &[u8]) -> Result<PartitionRecord, Problem> {
    todo!("in work")
}
