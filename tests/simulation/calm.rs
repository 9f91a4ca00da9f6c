//! A world in which nothing goes wrong any more: rounds in order, until all have come to their end.

use std::sync::Arc;

use segue::domain::ids::Millis;
use segue::engine::port::{Port, Topology};

use super::member::Slot;
use super::world::{TOPOLOGIES, World};

impl World {
    /// Nothing goes wrong any more: who is not alive is out of its group, nothing stays open.
    pub fn calm(&self) {
        self.inner().is_rough = false;
        self.end_foreign();
        for topology in TOPOLOGIES {
            let alive: Vec<String> = {
                let mut inner = self.inner();
                let members = inner.slots.iter_mut().filter_map(|slot| slot.member.as_mut());
                members.filter_map(|member| member.port().member_id().map(str::to_owned)).collect()
            };
            for id in self.ids(topology, None).into_iter().filter(|id| !alive.contains(id)) {
                self.broker.expire_member(topology, &id);
            }
        }
        for id in self.broker.open_transactions() {
            self.broker.time_out_transaction(&id);
        }
        self.broker.deliver_markers();
    }

    /// A calm round of every member of a topology; somebody is always there.
    pub fn calm_rounds(self: &Arc<World>, topology: Topology, tick_ms: Millis) -> Result<(), String> {
        self.calm();
        self.clock.advance(tick_ms);
        if self.alive(Some(topology)).is_empty() {
            let first = self.slots_where(|slot| slot.topology == topology)[0];
            self.start(first);
        }
        for slot in self.alive(Some(topology)) {
            self.hear(slot);
            self.round(slot);
        }
        self.inner().failure.clone().map_or(Ok(()), Err)
    }

    /// All members of a topology go, in order; so do those that come while the others leave.
    pub fn dismiss(&self, topology: Topology) {
        let present = |slot: &Slot| slot.topology == topology && slot.member.is_some();
        while let Some(slot) = self.slots_where(present).first() {
            if let Some(mut member) = self.take(*slot) {
                let _ = member.port().leave();
            }
        }
    }
}
