//! Collects what the conversations of one commit count, and says it to the owners of the windows.
//!
//! Source of truth for: what the open commit adds to the windows. `add` while processing, `drain` before the commit,
//! `clear` when it is aborted (the same records will be processed again).
//!
//! Measures are merged as they come, by everything that tells them apart (one look-up each); a merged measure becomes one
//! increment a split at `drain`. Nothing is iterated in the order of a hash: equal input gives equal records.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet, HashTable};

use super::partitioner::partition_of;
use crate::domain::ids::Millis;
use crate::domain::measure::{Measure, Place, Quantity};
use crate::domain::window::{Slot, Split, minute_of};
use crate::wire::delta::{Delta, Increment, PartitionTime, Section};

/// Where a conversation partition stands after the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceTime {
    pub partition: i32,
    pub partition_time: PartitionTime,
}

/// Whether every owner of windows hears the time, or only those that get increments of that partition anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TellAll {
    Yes,
    No,
}

/// The measures of one commit.
#[derive(Debug)]
pub struct DeltaBuffer {
    splits: Vec<Split>,
    /// In order of first arrival: the first values of a split keep their own rows.
    merged: Vec<Merged>,
    /// Positions in `merged`, by the hash of the key.
    positions: HashTable<usize>,
    hasher: DefaultHashBuilder,
    /// Bytes of text held in `merged`, and at most so many of each increment beside them.
    text_bytes: usize,
    increment_bytes: usize,
}

/// Measures that differ in nothing but their amount and the moment within the minute.
#[derive(Debug)]
struct Merged {
    hash: u64,
    source_partition: i32,
    minute_start: Millis,
    quantity: Quantity,
    sl_threshold_ms: Option<Millis>,
    short_abandon_ms: Option<Millis>,
    place: Place,
    amount: i64,
}

impl Default for DeltaBuffer {
    /// The standard splits: total, tenant, and each one dimension within the tenant.
    fn default() -> DeltaBuffer {
        DeltaBuffer::new(Split::standard())
    }
}

impl DeltaBuffer {
    /// A buffer whose measures become increments of these splits; those of a shadow policy become increments of
    /// [`Split::POLICY`] alone.
    pub fn new(splits: Vec<Split>) -> DeltaBuffer {
        let hasher = DefaultHashBuilder::default();
        let (merged, positions) = (Vec::new(), HashTable::new());
        DeltaBuffer { splits, merged, positions, hasher, text_bytes: 0, increment_bytes: 0 }
    }

    /// Takes in one measure of a conversation partition.
    pub fn add(&mut self, source_partition: i32, measure: &Measure) {
        let minute_start = minute_of(measure.at);
        let thresholds = (measure.sl_threshold_ms, measure.short_abandon_ms);
        let key = (source_partition, minute_start, measure.quantity, thresholds, &measure.place);
        let hash = self.hasher.hash_one(key);
        let is_same = |position: &usize| self.merged[*position].key() == key;
        if let Some(position) = self.positions.find(hash, is_same) {
            let amount = &mut self.merged[*position].amount;
            *amount = amount.wrapping_add(measure.amount);
            return;
        }
        self.positions.insert_unique(hash, self.merged.len(), |position| self.merged[*position].hash);
        self.text_bytes += text_bytes(&measure.place);
        self.increment_bytes += increment_bytes_max(measure);
        self.merged.push(Merged {
            hash,
            source_partition,
            minute_start,
            quantity: measure.quantity,
            sl_threshold_ms: measure.sl_threshold_ms,
            short_abandon_ms: measure.short_abandon_ms,
            place: measure.place.clone(),
            amount: measure.amount,
        });
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.merged.is_empty()
    }

    /// No encoded delta of what is held now is longer than this, whatever it holds: to end a batch before a record
    /// gets too large for the topic. The times of the sources come on top, 16 bytes each.
    pub fn encoded_bytes_max(&self) -> usize {
        /// The names of all quantities and splits.
        const WORDS: usize = 4_096;
        // A text stands once in a record, and once more for each combination it may be part of.
        let combinations = self.splits.iter().filter(|split| split.dimensions().count() > 1).count();
        WORDS + self.text_bytes * (1 + combinations) + self.increment_bytes * self.splits.len()
    }

    /// Forgets everything: the commit was aborted.
    pub fn clear(&mut self) {
        self.merged.clear();
        self.positions.clear();
        (self.text_bytes, self.increment_bytes) = (0, 0);
    }

    /// Empties the buffer into at most one delta for each of the `partitions` of the delta topic, by partition.
    ///
    /// `times` names every conversation partition that counted something, and with [`TellAll::Yes`] all that every owner
    /// of windows is to hear of. A partition that is missing there tells no time.
    pub fn drain(&mut self, partitions: i32, times: &[SourceTime], tell_all: TellAll) -> Vec<(i32, Delta)> {
        let mut sections: BTreeMap<(i32, i32), Vec<Increment>> = BTreeMap::new();
        if tell_all == TellAll::Yes {
            let all = (0..partitions).flat_map(|delta| times.iter().map(move |time| (delta, time.partition)));
            sections.extend(all.map(|key| (key, Vec::new())));
        }
        for (source, increment) in self.increments() {
            let owner = owner_of(&increment.slot, partitions);
            sections.entry((owner, source)).or_default().push(increment);
        }
        self.clear();
        let times = times.iter().map(|time| (time.partition, time.partition_time)).collect::<HashMap<_, _>>();
        let mut deltas: Vec<(i32, Delta)> = Vec::new();
        for ((owner, source_partition), increments) in sections {
            if deltas.last().is_none_or(|(last, _)| *last != owner) {
                deltas.push((owner, Delta::default()));
            }
            if let Some((_, delta)) = deltas.last_mut() {
                let partition_time = times.get(&source_partition).copied().unwrap_or(PartitionTime::UNKNOWN);
                delta.sections.push(Section { source_partition, partition_time, increments });
            }
        }
        deltas
    }

    /// Every increment with its source partition, merged, in order of first arrival.
    fn increments(&self) -> impl Iterator<Item = (i32, Increment)> {
        let mut increments: Vec<(i32, Increment)> = Vec::new();
        let mut positions: HashMap<_, usize> = HashMap::new();
        let mut texts = Texts::default();
        for merged in &self.merged {
            let is_shadows = merged.place.policy.is_some();
            let splits = if is_shadows { &[Split::POLICY] } else { self.splits.as_slice() };
            for split in splits {
                let tenant = texts.shared(&split.tenant_at(&merged.place));
                let value = texts.shared(&split.value_at(&merged.place));
                let increment = Increment {
                    slot: Slot { split: *split, tenant, value },
                    minute_start: merged.minute_start,
                    quantity: merged.quantity,
                    amount: merged.amount,
                    sl_threshold_ms: merged.sl_threshold_ms,
                    short_abandon_ms: merged.short_abandon_ms,
                };
                let (source, minute, quantity, thresholds, _) = merged.key();
                let key = (source, minute, quantity, thresholds, increment.slot.clone());
                match positions.get(&key) {
                    Some(position) => {
                        let amount = &mut increments[*position].1.amount;
                        *amount = amount.wrapping_add(merged.amount);
                    }
                    None => {
                        positions.insert(key, increments.len());
                        increments.push((source, increment));
                    }
                }
            }
        }
        increments.into_iter().filter(|(_, increment)| says_something(increment))
    }
}

type Key<'a> = (i32, Millis, Quantity, (Option<Millis>, Option<Millis>), &'a Place);

impl Merged {
    fn key(&self) -> Key<'_> {
        let thresholds = (self.sl_threshold_ms, self.short_abandon_ms);
        (self.source_partition, self.minute_start, self.quantity, thresholds, &self.place)
    }
}

/// Which partition of the delta topic, and so of the windows, owns a split of a tenant: murmur2 of both names.
fn owner_of(slot: &Slot, partitions: i32) -> i32 {
    let mut key = Vec::with_capacity(slot.tenant.len() + 16);
    key.extend_from_slice(slot.tenant.as_bytes());
    key.push(0);
    key.extend_from_slice(slot.split.name().as_bytes());
    partition_of(&key, partitions)
}

/// A count that was taken back within the commit is nothing, unless it tells by which threshold it was judged.
fn says_something(increment: &Increment) -> bool {
    increment.amount != 0 || increment.sl_threshold_ms.is_some() || increment.short_abandon_ms.is_some()
}

/// Four numbers of texts, a minute, an amount, the flags, and the thresholds.
fn increment_bytes_max(measure: &Measure) -> usize {
    let thresholds = [measure.sl_threshold_ms, measure.short_abandon_ms].into_iter().flatten().count();
    4 * 3 + 10 + 10 + 1 + 10 * thresholds
}

/// Texts with what a label may add and their lengths.
fn text_bytes(place: &Place) -> usize {
    let Place { tenant, channel, queue, reason, intent, ai_version, policy } = place;
    [tenant, channel, queue, reason, intent, ai_version, policy]
        .into_iter()
        .flatten()
        .map(|text| text.len() + 8)
        .sum()
}

/// One allocation a text.
#[derive(Default)]
struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new = Arc::from(text);
        self.0.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::Counter;
    use crate::wire::delta;

    fn measure(counter: Counter, amount: i64, at: Millis, channel: &str) -> Measure {
        let place = Place { tenant: Some("acme".into()), channel: Some(channel.into()), ..Place::default() };
        let quantity = Quantity::Count(counter);
        Measure { quantity, amount, at, place, sl_threshold_ms: None, short_abandon_ms: None }
    }

    const TIMES: [SourceTime; 2] = [
        SourceTime { partition: 3, partition_time: PartitionTime::At(90_000) },
        SourceTime { partition: 5, partition_time: PartitionTime::At(70) },
    ];

    fn lines(deltas: &[(i32, Delta)]) -> Vec<String> {
        let mut lines = Vec::new();
        for (owner, delta) in deltas {
            for section in &delta.sections {
                let head = format!("{owner}: {}@{}", section.source_partition, section.partition_time.ms());
                lines.push(head);
                lines.extend(section.increments.iter().map(|increment| {
                    let Increment { slot, minute_start, quantity, amount, .. } = increment;
                    let Slot { split, tenant, value } = slot;
                    format!("  {tenant} {} [{value}] {minute_start} {quantity:?} {amount}", split.name())
                }));
            }
        }
        lines
    }

    #[test]
    fn measures_of_a_minute_become_one_increment_a_split() {
        let mut buffer = DeltaBuffer::new(vec![
            Split::TOTAL,
            Split::within_tenant(&[crate::domain::window::Dimension::Channel]),
        ]);
        buffer.add(3, &measure(Counter::Handoffs, 1, 60_000, "chat"));
        buffer.add(3, &measure(Counter::Handoffs, 1, 119_999, "voice"));
        buffer.add(3, &measure(Counter::Handoffs, 2, 60_001, "chat"));
        buffer.add(3, &measure(Counter::Offers, 1, 0, "chat"));
        buffer.add(3, &measure(Counter::Offers, -1, 1, "chat"));
        let deltas = buffer.drain(1, &TIMES, TellAll::No);
        let expected = [
            "0: 3@90000",
            "  _all total [] 60000 Count(Handoffs) 4",
            "  acme channel [chat] 60000 Count(Handoffs) 3",
            "  acme channel [voice] 60000 Count(Handoffs) 1",
        ];
        assert_eq!(lines(&deltas), expected);
        assert!(buffer.is_empty());
        assert_eq!(buffer.drain(1, &TIMES, TellAll::No), []);
    }

    #[test]
    fn counts_of_a_shadow_go_to_rows_of_its_policy_and_leave_the_others_as_they_are() {
        let deltas = |with_shadow: bool| {
            let mut buffer = DeltaBuffer::new(vec![Split::TOTAL, Split::TENANT]);
            buffer.add(3, &measure(Counter::Handoffs, 1, 0, "chat"));
            if with_shadow {
                let place = Place {
                    tenant: Some("acme".into()),
                    policy: Some("canary.toml@7".into()),
                    ..Place::default()
                };
                buffer.add(3, &Measure { place, ..measure(Counter::Handoffs, 5, 0, "chat") });
            }
            lines(&buffer.drain(1, &TIMES, TellAll::No))
        };
        let acting =
            ["0: 3@90000", "  _all total [] 0 Count(Handoffs) 1", "  acme tenant [] 0 Count(Handoffs) 1"];
        assert_eq!(deltas(false), acting);
        let shadows = "  acme policy [canary.toml@7] 0 Count(Handoffs) 5";
        assert_eq!(deltas(true), [acting[0], acting[1], acting[2], shadows]);
    }

    #[test]
    fn all_values_of_a_tenants_split_have_one_owner() {
        let mut buffer = DeltaBuffer::default();
        for (source, channel) in [(3, "chat"), (5, "voice"), (3, "mail")] {
            buffer.add(source, &measure(Counter::Handoffs, 1, 0, channel));
        }
        let mut owners: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for (owner, delta) in buffer.drain(16, &TIMES, TellAll::No) {
            for increment in delta.sections.iter().flat_map(|section| &section.increments) {
                owners.entry(increment.slot.split.name().into_owned()).or_default().push(owner);
            }
        }
        for list in owners.values_mut() {
            list.dedup();
        }
        let one = |name: &str, key: &[u8]| (name.to_owned(), vec![partition_of(key, 16)]);
        let expected = [
            one("total", b"_all\0total"),
            one("tenant", b"acme\0tenant"),
            one("channel", b"acme\0channel"),
            one("queue", b"acme\0queue"),
            one("reason", b"acme\0reason"),
            one("intent", b"acme\0intent"),
            one("ai_version", b"acme\0ai_version"),
        ];
        assert_eq!(owners, BTreeMap::from(expected));
    }

    #[test]
    fn all_owners_hear_the_time_when_told_to() {
        let mut buffer = DeltaBuffer::default();
        let expected = ["0: 3@90000", "0: 5@70", "1: 3@90000", "1: 5@70"];
        assert_eq!(lines(&buffer.drain(2, &TIMES, TellAll::Yes)), expected);
        buffer.add(3, &measure(Counter::Handoffs, 1, 0, "chat"));
        let deltas = buffer.drain(2, &TIMES, TellAll::Yes);
        let sections = deltas.iter().map(|(owner, delta)| (*owner, delta.sections.len())).collect::<Vec<_>>();
        assert_eq!(sections, [(0, 2), (1, 2)]);
        buffer.add(3, &measure(Counter::Handoffs, 1, 0, "chat"));
        buffer.clear();
        assert_eq!(buffer.drain(2, &TIMES, TellAll::No), []);
    }

    #[test]
    fn a_count_taken_back_still_tells_its_threshold() {
        let mut buffer = DeltaBuffer::new(vec![Split::TOTAL]);
        for amount in [1, -1] {
            let judged =
                Measure { sl_threshold_ms: Some(20_000), ..measure(Counter::Queued, amount, 0, "chat") };
            buffer.add(3, &judged);
        }
        assert_eq!(lines(&buffer.drain(1, &TIMES, TellAll::No))[1..], ["  _all total [] 0 Count(Queued) 0"]);
    }

    #[test]
    fn the_bound_of_a_record_holds() {
        let mut buffer = DeltaBuffer::default();
        for number in 0..300_i64 {
            let long = "x".repeat(number as usize % 256);
            buffer.add(3, &measure(Counter::WaitMsSum, i64::MIN, i64::MAX / 2 + number * 60_000, &long));
        }
        let bound = buffer.encoded_bytes_max();
        for (_, delta) in buffer.drain(1, &TIMES, TellAll::Yes) {
            let mut bytes = Vec::new();
            delta::encode(&delta, &mut bytes);
            assert!(bytes.len() <= bound, "{} > {bound}", bytes.len());
        }
    }
}
