//! The conversations of one partition, packed, with a staged overlay and their timers.
//!
//! Source of truth for: the committed conversations (they equal the changelog) and, until commit or abort, the staged
//! ones. Changes by `restore`, `stage`, `commit` and `rollback` alone.
//!
//! Layout: one allocation a conversation, `[key length: u16 le][key][packed state]`; a hash table of slots finds it by key;
//! a lazy heap finds whose timer is due. A heap entry may be too early, never too late: a turn that moves a timer back
//! (the usual case) touches nothing, and the entry is put right when it comes up.

mod timers;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use hashbrown::HashTable;

use super::error::Error;
use crate::domain::conversation::{Conversation, Waits};
use crate::domain::ids::Millis;
use crate::wire::{self, Problem};

const NOT_STAGED: u32 = u32::MAX;
const NEVER: Millis = Millis::MAX;

/// Where a conversation lives in the store, valid until it is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotId(u32);

#[derive(Debug)]
struct Entry {
    /// `[key length][key][packed]`; no packed part while nothing is committed. Empty when the slot is free.
    bytes: Box<[u8]>,
    staged: u32,
    /// When the heap will look at it.
    scheduled: Millis,
}

impl Entry {
    fn key(&self) -> &[u8] {
        let len = usize::from(u16::from_le_bytes([self.bytes[0], self.bytes[1]]));
        &self.bytes[2..2 + len]
    }

    fn packed(&self) -> &[u8] {
        &self.bytes[2 + self.key().len()..]
    }
}

fn joined(key: &[u8], packed: &[u8]) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(2 + key.len() + packed.len());
    bytes.extend_from_slice(&(key.len() as u16).to_le_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(packed);
    bytes.into_boxed_slice()
}

/// A conversation as it will be if the batch commits. Packed at once: thousands of them unpacked, each in dozens of
/// allocations, would leave the processor's caches before the commit.
#[derive(Debug)]
struct Staged {
    slot: SlotId,
    /// Its state in [`Store::arena`]; `None`: forgotten.
    packed: Option<Range<usize>>,
    due: Millis,
}

/// One partition's conversations.
#[derive(Debug, Default)]
pub struct Store {
    index: HashTable<u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    staged: Vec<Staged>,
    /// The staged states, one after the other; what was staged again leaves a hole until the batch ends.
    arena: Vec<u8>,
    /// Of all entries.
    bytes: usize,
    heap: BinaryHeap<Reverse<(Millis, u32)>>,
}

fn hash(key: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    // A fixed seed: hash order is never iterated, and ids are not chosen by strangers to one another.
    let mut hasher = foldhash::fast::FixedState::with_seed(0x5e60e).build_hasher();
    hasher.write(key);
    hasher.finish()
}

impl Store {
    /// Committed conversations.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Bytes of keys and packed states.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Keys of the committed conversations, in no order that means anything.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter(|entry| !entry.bytes.is_empty()).map(Entry::key)
    }

    /// Takes a committed changelog record in. `due` computes when its timer is due. Errors: the state cannot be read.
    pub fn restore(
        &mut self,
        key: &[u8],
        packed: Option<&[u8]>,
        due: impl FnOnce(Waits) -> Option<Millis>,
    ) -> Result<(), Error> {
        match packed {
            None => {
                if let Some(slot) = self.find(key) {
                    self.remove(slot);
                }
            }
            Some(packed) => {
                let waits = wire::conversation::peek(packed).map_err(|problem| {
                    Error::Fatal(format!(
                        "changelog record of {:?}: {}",
                        String::from_utf8_lossy(key),
                        problem.error
                    ))
                })?;
                let slot = self.find(key).unwrap_or_else(|| self.insert(key));
                self.set_bytes(slot, joined(key, packed));
                let due = due(waits).unwrap_or(NEVER);
                // As in `stage`: one entry a conversation and not one a record of it.
                if due < self.entries[slot.0 as usize].scheduled {
                    self.schedule(slot, due);
                }
            }
        }
        Ok(())
    }

    fn find(&self, key: &[u8]) -> Option<SlotId> {
        self.index.find(hash(key), |slot| self.entries[*slot as usize].key() == key).map(|slot| SlotId(*slot))
    }

    fn insert(&mut self, key: &[u8]) -> SlotId {
        let entry = Entry { bytes: joined(key, &[]), staged: NOT_STAGED, scheduled: NEVER };
        self.bytes += entry.bytes.len();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        let Store { index, entries, .. } = self;
        index.insert_unique(hash(key), slot, |slot| hash(entries[*slot as usize].key()));
        SlotId(slot)
    }

    fn set_bytes(&mut self, slot: SlotId, bytes: Box<[u8]>) {
        let entry = &mut self.entries[slot.0 as usize];
        self.bytes = self.bytes - entry.bytes.len() + bytes.len();
        entry.bytes = bytes;
    }

    fn remove(&mut self, slot: SlotId) {
        let entry = &self.entries[slot.0 as usize];
        if let Ok(found) = self.index.find_entry(hash(entry.key()), |other| *other == slot.0) {
            found.remove();
        }
        self.set_bytes(slot, Box::default());
        let entry = &mut self.entries[slot.0 as usize];
        entry.scheduled = NEVER;
        entry.staged = NOT_STAGED;
        self.free.push(slot.0);
    }

    /// The conversation as the batch sees it, taken out to be stepped; put back with [`Store::stage`] or [`Store::keep`].
    /// Errors: its state cannot be read, and stays as it is.
    pub fn take(&mut self, key: &[u8]) -> Result<(SlotId, Option<Box<Conversation>>), Problem> {
        Ok(match self.find(key) {
            None => (self.insert(key), None),
            Some(slot) => (slot, self.current(slot)?),
        })
    }

    /// Whether the batch knows the conversation.
    pub fn holds(&self, key: &[u8]) -> bool {
        self.find(key).is_some_and(|slot| !self.packed(slot).is_empty())
    }

    /// The conversation as the batch sees it, and nothing is taken out. Errors: its state cannot be read.
    pub fn look(&self, key: &[u8]) -> Result<Option<Box<Conversation>>, Problem> {
        self.find(key).map_or(Ok(None), |slot| self.current(slot))
    }

    /// As the batch sees it; empty: it is not known.
    fn packed(&self, slot: SlotId) -> &[u8] {
        let entry = &self.entries[slot.0 as usize];
        match self.staged.get(entry.staged as usize) {
            Some(staged) => staged.packed.clone().map_or(&[][..], |range| &self.arena[range]),
            None => entry.packed(),
        }
    }

    fn current(&self, slot: SlotId) -> Result<Option<Box<Conversation>>, Problem> {
        let packed = self.packed(slot);
        if packed.is_empty() {
            return Ok(None);
        }
        wire::conversation::decode(packed).map(Some).map_err(|problem| Problem {
            stage: "state",
            error: format!("the state of the conversation cannot be read: {}", problem.error),
            field: None,
        })
    }

    /// Stages what a step made of the conversation; `None` forgets it.
    pub fn stage(&mut self, slot: SlotId, after: Option<&Conversation>, due: Option<Millis>) {
        let due = due.unwrap_or(NEVER);
        let packed = after.map(|after| {
            let start = self.arena.len();
            wire::conversation::encode(after, &mut self.arena);
            start..self.arena.len()
        });
        let entry = &mut self.entries[slot.0 as usize];
        if entry.staged == NOT_STAGED {
            entry.staged = self.staged.len() as u32;
            self.staged.push(Staged { slot, packed, due });
        } else {
            let staged = &mut self.staged[entry.staged as usize];
            staged.packed = packed;
            staged.due = due;
        }
        if due < entry.scheduled {
            self.schedule(slot, due);
        }
    }

    /// Nothing came of the step (a duplicate, a refusal): the conversation is as it was before [`Store::take`].
    pub fn keep(&mut self, slot: SlotId) {
        let entry = &self.entries[slot.0 as usize];
        if entry.staged == NOT_STAGED && entry.packed().is_empty() {
            self.remove(slot);
        }
    }

    /// Hands over every staged conversation, in the order they were first staged: its key and its packed state, or `None`.
    pub fn staged(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.staged.iter().map(|staged| {
            let packed = staged.packed.clone().map(|range| &self.arena[range]);
            (self.entries[staged.slot.0 as usize].key(), packed)
        })
    }

    /// The batch is committed.
    pub fn commit(&mut self) {
        let arena = std::mem::take(&mut self.arena);
        for staged in std::mem::take(&mut self.staged) {
            self.entries[staged.slot.0 as usize].staged = NOT_STAGED;
            match staged.packed {
                Some(packed) => {
                    let entry = &self.entries[staged.slot.0 as usize];
                    let (bytes, scheduled) = (joined(entry.key(), &arena[packed]), entry.scheduled);
                    self.set_bytes(staged.slot, bytes);
                    if staged.due < scheduled {
                        self.schedule(staged.slot, staged.due);
                    }
                }
                None => self.remove(staged.slot),
            }
        }
        self.reuse(arena);
    }

    /// Keeps the arena's memory for the next batch, unless one batch was unusually large.
    fn reuse(&mut self, mut arena: Vec<u8>) {
        const KEPT_BYTES: usize = 4 << 20;
        arena.clear();
        arena.shrink_to(KEPT_BYTES);
        self.arena = arena;
    }

    /// The batch is dropped: staged conversations are as they were, their timers too.
    pub fn rollback(&mut self, due_of: impl Fn(Waits) -> Option<Millis>) {
        self.arena.clear();
        for staged in std::mem::take(&mut self.staged) {
            let entry = &mut self.entries[staged.slot.0 as usize];
            entry.staged = NOT_STAGED;
            if entry.packed().is_empty() {
                self.remove(staged.slot);
            } else {
                let due = self.due_now(staged.slot, &due_of);
                self.schedule(staged.slot, due);
            }
        }
    }

    /// The committed state of one conversation, whatever is staged.
    pub fn committed(&self, key: &[u8]) -> Option<Box<Conversation>> {
        let slot = self.find(key)?;
        let packed = self.entries[slot.0 as usize].packed();
        if packed.is_empty() { None } else { wire::conversation::decode(packed).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_conversation_is_scheduled_once_however_often_it_was_written() {
        let mut packed = Vec::new();
        wire::conversation::encode(&Conversation::default(), &mut packed);
        let mut store = Store::default();
        for due in [70, 70, 80, 90] {
            store.restore(b"c-1", Some(&packed), |_| Some(due)).expect("restored");
        }
        assert_eq!(store.heap.len(), 1);
        assert_eq!(store.pop_due(90, |_| Some(90)), Some((90, vec![Box::from(&b"c-1"[..])])));
        store.put_back(90, [Box::from(&b"c-1"[..])].into_iter());
        assert_eq!(store.pop_due(90, |_| Some(90)), Some((90, vec![Box::from(&b"c-1"[..])])));
        assert_eq!(store.pop_due(90, |_| Some(90)), None);
    }
}
