//! One consumer group, classic protocol, cooperative assignment.
//!
//! Source of truth for: who is a member, the generation, and who owns which partition of the leading input.
//!
//! A rebalance (someone joined, left, expired, or it was asked for):
//! 1. The group prepares: the generation stays, every member must call in again. One that has changes it has not
//!    served yet cannot: as with librdkafka, the callback comes first.
//! 2. When all have called in, the generation grows by one and partitions are spread evenly, owners keeping theirs.
//!    What must move is only *revoked* from its owner.
//! 3. The owner serves the revocation inside its poll; that starts the next rebalance, and its generation assigns
//!    the partition to the new owner.
//!
//! So a member may learn the new generation (its metadata has it) before it has served what came with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::Millis;
use crate::engine::error::Error;
use crate::engine::port::{Change, Membership};

#[derive(Debug)]
struct Member {
    heard_at: Millis,
    /// Assigned or about to be, and not yet given up.
    owned: BTreeSet<i32>,
    /// Changes of the current generation, not served yet.
    unserved: Vec<Change>,
    /// Has called in for the rebalance that is being prepared.
    called_in: bool,
    /// False until its first generation is complete.
    in_generation: bool,
}

#[derive(Debug)]
pub(super) struct Group {
    partitions: i32,
    generation: i32,
    members: BTreeMap<String, Member>,
    preparing: bool,
    joins: u64,
}

impl Group {
    pub fn new(partitions: i32) -> Group {
        Group { partitions, generation: 0, members: BTreeMap::new(), preparing: false, joins: 0 }
    }

    /// A new member; its id is `name` and a number, never used before.
    pub fn join(&mut self, name: &str, now: Millis) -> String {
        self.joins += 1;
        let id = format!("{name}-{}", self.joins);
        let member = Member {
            heard_at: now,
            owned: BTreeSet::new(),
            unserved: Vec::new(),
            called_in: true,
            in_generation: false,
        };
        self.members.insert(id.clone(), member);
        self.rebalance();
        self.call_in(&id, now);
        id
    }

    /// What the client's background thread does: says that it lives, and calls in if the group prepares a rebalance.
    /// False: the group does not know this member (any more).
    pub fn call_in(&mut self, id: &str, now: Millis) -> bool {
        let preparing = self.preparing;
        let Some(member) = self.members.get_mut(id) else { return false };
        member.heard_at = now;
        if preparing && member.unserved.is_empty() {
            member.called_in = true;
            self.complete_if_all_called_in();
        }
        true
    }

    /// Takes the member's changes, as a poll does; giving partitions up starts the next rebalance.
    pub fn serve(&mut self, id: &str) -> Vec<Change> {
        let Some(member) = self.members.get_mut(id) else { return Vec::new() };
        let changes = std::mem::take(&mut member.unserved);
        let mut gave_up = false;
        for change in &changes {
            if let Change::Revoked(partitions) = change {
                gave_up = true;
                member.owned.retain(|partition| !partitions.contains(partition));
            }
        }
        if gave_up {
            let heard_at = member.heard_at;
            self.rebalance();
            self.call_in(id, heard_at);
        }
        changes
    }

    /// A member goes: in order, or because it was not heard of for too long.
    pub fn remove(&mut self, id: &str) -> bool {
        let known = self.members.remove(id).is_some();
        if known {
            self.rebalance();
            self.complete_if_all_called_in();
        }
        known
    }

    /// Removes whoever was not heard of within the session time-out; true if there was one.
    pub fn expire(&mut self, now: Millis, session_ms: Millis) -> bool {
        let silent = |member: &Member| now - member.heard_at >= session_ms;
        let gone: Vec<_> =
            self.members.iter().filter(|(_, member)| silent(member)).map(|(id, _)| id.clone()).collect();
        gone.iter().filter(|id| self.remove(id)).count() > 0
    }

    /// Asks every member to call in again; who has called in for the rebalance that is being prepared already has.
    pub fn rebalance(&mut self) {
        if !self.preparing {
            self.preparing = true;
            self.members.values_mut().for_each(|member| member.called_in = false);
        }
    }

    fn complete_if_all_called_in(&mut self) {
        if !self.preparing || !self.members.values().all(|member| member.called_in) {
            return;
        }
        self.preparing = false;
        self.generation += 1;
        let targets = self.targets();
        let taken: BTreeSet<i32> =
            self.members.values().flat_map(|member| member.owned.iter().copied()).collect();
        for (member, target) in self.members.values_mut().zip(targets) {
            member.in_generation = true;
            let revoked: Vec<i32> = member.owned.difference(&target).copied().collect();
            let assigned: Vec<i32> = target.difference(&taken).copied().collect();
            member.owned.extend(&assigned);
            if !revoked.is_empty() {
                member.unserved.push(Change::Revoked(revoked));
            }
            if !assigned.is_empty() {
                member.unserved.push(Change::Assigned(assigned));
            }
        }
    }

    /// An even spread in the order of member ids, in which everyone keeps what they own up to their share.
    fn targets(&self) -> Vec<BTreeSet<i32>> {
        let all = 0..self.partitions.max(0);
        let count = self.members.len().max(1);
        let (share, extra) = (all.len() / count, all.len() % count);
        // Those who own most get the larger shares, so that the fewest partitions move.
        let mut by_owned: Vec<usize> = (0..self.members.len()).collect();
        let owned: Vec<&BTreeSet<i32>> = self.members.values().map(|member| &member.owned).collect();
        by_owned.sort_by_key(|index| std::cmp::Reverse(owned[*index].len()));
        let mut quota = vec![share; self.members.len()];
        by_owned.iter().take(extra).for_each(|index| quota[*index] += 1);

        let mut targets: Vec<BTreeSet<i32>> = owned
            .iter()
            .zip(&quota)
            .map(|(owned, quota)| owned.iter().copied().take(*quota).collect())
            .collect();
        let kept: BTreeSet<i32> = targets.iter().flatten().copied().collect();
        let mut free = all.filter(|partition| !kept.contains(partition));
        for (target, quota) in targets.iter_mut().zip(quota) {
            let missing = quota - target.len();
            target.extend(free.by_ref().take(missing));
        }
        targets
    }

    /// The member's metadata; `None` before its first generation and after it was removed.
    pub fn membership(&self, id: &str) -> Option<Membership> {
        let member = self.members.get(id)?;
        member.in_generation.then(|| Membership { generation: self.generation, member_id: id.to_owned() })
    }

    /// The check of TxnOffsetCommit. As in a real broker, generation −1 with an empty member id passes unchecked.
    pub fn check(&self, membership: &Membership) -> Result<(), Error> {
        let Membership { generation, member_id } = membership;
        if *generation < 0 && member_id.is_empty() {
            return Ok(());
        }
        if !self.members.contains_key(member_id) {
            return Err(Error::Abort(format!("the group does not know member {member_id:?}")));
        }
        if *generation != self.generation {
            let now = self.generation;
            return Err(Error::Abort(format!("generation {generation} is stale, the group is at {now}")));
        }
        Ok(())
    }

    pub fn generation(&self) -> i32 {
        self.generation
    }

    /// Member ids and what each owns.
    pub fn owners(&self) -> Vec<(String, Vec<i32>)> {
        let owner = |(id, member): (&String, &Member)| (id.clone(), member.owned.iter().copied().collect());
        self.members.iter().map(owner).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Change::{Assigned, Revoked};

    #[test]
    fn a_single_member_gets_everything() {
        let mut group = Group::new(3);
        let a = group.join("a", 0);
        assert_eq!(group.serve(&a), [Assigned(vec![0, 1, 2])]);
        assert_eq!(group.membership(&a), Some(Membership { generation: 1, member_id: "a-1".into() }));
    }

    #[test]
    fn a_partition_moves_in_two_generations_revoked_first() {
        let mut group = Group::new(4);
        let a = group.join("a", 0);
        assert_eq!(group.serve(&a), [Assigned(vec![0, 1, 2, 3])]);
        let b = group.join("b", 0);
        assert_eq!((group.membership(&b), group.generation()), (None, 1), "nobody moves before a calls in");
        assert!(group.call_in(&a, 0));
        assert_eq!(group.generation(), 2);
        assert_eq!(group.serve(&b), [], "withheld until it is revoked");
        assert_eq!(group.serve(&a), [Revoked(vec![2, 3])]);
        assert_eq!(group.generation(), 2, "b has not called in");
        assert!(group.call_in(&b, 0));
        assert_eq!(group.generation(), 3);
        assert_eq!(group.serve(&b), [Assigned(vec![2, 3])]);
        assert_eq!(group.serve(&a), []);
    }

    #[test]
    fn a_member_with_unserved_changes_does_not_call_in() {
        let mut group = Group::new(2);
        let a = group.join("a", 0);
        group.join("b", 0);
        assert!(group.call_in(&a, 0));
        assert_eq!(group.generation(), 1);
        assert_eq!(group.serve(&a), [Assigned(vec![0, 1])]);
        assert!(group.call_in(&a, 0));
        assert_eq!(group.generation(), 2);
    }

    #[test]
    fn a_silent_member_expires_and_its_partitions_go_to_the_others() {
        let mut group = Group::new(2);
        let a = group.join("a", 0);
        group.serve(&a);
        let b = group.join("b", 5);
        assert!(group.expire(10, 10));
        assert!(!group.call_in(&a, 10), "a is no longer known");
        assert_eq!(group.serve(&b), [Assigned(vec![0, 1])]);
        assert_eq!(group.membership(&a), None);
    }

    #[test]
    fn only_the_current_generation_of_a_known_member_passes_and_minus_one_unfenced() {
        let mut group = Group::new(1);
        let a = group.join("a", 0);
        group.rebalance();
        group.serve(&a);
        group.call_in(&a, 0);
        let check = |generation, member: &str| {
            group.check(&Membership { generation, member_id: member.into() }).is_ok()
        };
        let verdicts = [
            check(2, "a-1"),
            check(1, "a-1"),
            check(2, "x-9"),
            check(-1, "a-1"),
            check(-1, ""),
            check(2, ""),
        ];
        assert_eq!(verdicts, [true, false, false, false, true, false]);
    }

    #[test]
    fn leaving_gives_the_partitions_to_who_stays() {
        let mut group = Group::new(2);
        let a = group.join("a", 0);
        group.serve(&a);
        let b = group.join("b", 0);
        group.call_in(&a, 0);
        group.serve(&a);
        group.call_in(&b, 0);
        assert_eq!(group.serve(&b), [Assigned(vec![1])]);
        assert!(group.remove(&a));
        group.call_in(&b, 0);
        assert_eq!(group.serve(&b), [Assigned(vec![0])]);
        assert_eq!(group.owners(), [("b-2".to_owned(), vec![0, 1])]);
    }
}
