//! Where a partition of conversations stands, beside its conversations: what its partition record keeps.

use crate::domain::ids::Millis;
use crate::wire::partition::Switch;

/// What the partition record keeps, beside offsets.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// Where the policy in force and those before it came into force; the last is in force once a batch has begun.
    pub switches: Vec<Switch>,
    /// Partition time and our clock when it was set.
    pub time: Option<(Millis, Millis)>,
    pub told_time: Millis,
    /// Our clock when both inputs were last proven empty, while no record had given a time.
    pub empty_at: Option<Millis>,
    pub next: Vec<i64>,
    pub commit_number: u64,
    pub dead_in_a_row: u64,
    /// A record of the changelog said so (false before the first commit of the partition).
    pub recorded: bool,
}

impl Standing {
    /// After a commit: a line where it noted another policy than was `committed` before.
    pub fn tell_switch(&self, committed: &Standing, partition: i32) {
        if let (Some(before), Some(note)) = (committed.switches.last(), self.switches.last())
            && before.policy != note.policy
        {
            tracing::info!(
                partition,
                policy = note.policy,
                name = note.name,
                before = before.policy,
                next_turn = note.next_turns,
                "another policy is in force"
            );
        }
    }
}
