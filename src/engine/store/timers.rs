//! Whose timer is due: the lazy heap over the conversations of a store, and what puts its entries right.

use std::cmp::Reverse;

use super::{NEVER, NOT_STAGED, SlotId, Store};
use crate::domain::conversation::Waits;
use crate::domain::ids::Millis;
use crate::wire;

impl Store {
    pub(super) fn schedule(&mut self, slot: SlotId, due: Millis) {
        self.entries[slot.0 as usize].scheduled = due;
        if due != NEVER {
            self.heap.push(Reverse((due, slot.0)));
        }
    }

    /// Timers are due at other moments from here on.
    pub fn reschedule(&mut self, due_of: impl Fn(Waits) -> Option<Millis>) {
        self.heap.clear();
        for staged in &mut self.staged {
            let packed = staged.packed.clone().map(|range| &self.arena[range]);
            let waits = packed.and_then(|packed| wire::conversation::peek(packed).ok());
            staged.due = waits.and_then(&due_of).unwrap_or(NEVER);
        }
        for slot in (0..self.entries.len() as u32).map(SlotId) {
            if !self.entries[slot.0 as usize].bytes.is_empty() {
                let due = self.due_now(slot, &due_of);
                self.schedule(slot, due);
            }
        }
    }

    /// The earliest moment a timer may be due (it may turn out to be later).
    pub fn earliest_due(&self) -> Option<Millis> {
        self.heap.peek().map(|Reverse((due, _))| *due)
    }

    /// All conversations whose timer is due at the earliest moment not after `until`, with that moment, ordered by key.
    /// Each must be stepped and staged, which schedules it again, or put back.
    pub fn pop_due(
        &mut self,
        until: Millis,
        due_of: impl Fn(Waits) -> Option<Millis>,
    ) -> Option<(Millis, Vec<Box<[u8]>>)> {
        let mut found: Vec<Box<[u8]>> = Vec::new();
        let mut moment = None;
        while let Some(Reverse((due, slot))) = self.heap.peek().copied() {
            if due > until || moment.is_some_and(|moment| due != moment) {
                break;
            }
            self.heap.pop();
            if self.entries[slot as usize].scheduled != due {
                continue; // an entry that was replaced by an earlier one, or whose conversation is gone
            }
            let actual = self.due_now(SlotId(slot), &due_of);
            if actual == due {
                self.entries[slot as usize].scheduled = NEVER;
                moment = Some(due);
                found.push(self.entries[slot as usize].key().into());
            } else {
                self.schedule(SlotId(slot), actual);
            }
        }
        found.sort();
        moment.map(|moment| (moment, found))
    }

    /// What [`Store::pop_due`] found and nobody stepped is due again at that moment.
    pub fn put_back(&mut self, due: Millis, keys: impl Iterator<Item = Box<[u8]>>) {
        for key in keys {
            if let Some(slot) = self.find(&key) {
                self.schedule(slot, due);
            }
        }
    }

    pub(super) fn due_now(&self, slot: SlotId, due_of: &impl Fn(Waits) -> Option<Millis>) -> Millis {
        let entry = &self.entries[slot.0 as usize];
        if entry.staged != NOT_STAGED {
            return self.staged[entry.staged as usize].due;
        }
        wire::conversation::peek(entry.packed()).ok().and_then(due_of).unwrap_or(NEVER)
    }
}
