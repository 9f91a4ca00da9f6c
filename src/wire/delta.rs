//! What one commit of conversations adds to the windows: one record of the internal delta topic.
//!
//! Layout, version 1. Integers are LEB128 varints, signed ones (`~`) zigzag first; texts are numbers into the one table.
//!
//! ```text
//! u8 version  n { n bytes: text }  n { ~source partition  ~partition time  n {increment} }
//! increment: tenant text, split text, value text, quantity text, ~minutes since the increment before, ~amount,
//!            u8 which thresholds follow (1 service level, 2 short abandon), ~ms of each
//! ```
//!
//! The time of a partition that has none yet is i64::MIN plus our clock when it was proven empty: to a version that does not
//! know of it, a time so long ago that nothing is final.
//!
//! Splits and quantities stand as words, so that versions which know different ones never mistake them.

use std::sync::Arc;

use hashbrown::HashMap;

use super::Problem;
use crate::domain::ids::Millis;
use crate::domain::measure::{Counter, Quantity, WAIT_BUCKETS};
use crate::domain::window::{MINUTE_MS, Slot, Split};

const VERSION: u8 = 1;
const SL_FOLLOWS: u8 = 1;
const SHORT_FOLLOWS: u8 = 2;
/// `wait_ms_buckets/3`: one bucket of the waits.
const WAIT_PREFIX: &str = "wait_ms_buckets/";

/// What a commit says to one delta partition.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Delta {
    pub sections: Vec<Section>,
}

/// What comes from one conversation partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub source_partition: i32,
    /// After the commit.
    pub partition_time: PartitionTime,
    /// In the order in which their rows were first met.
    pub increments: Vec<Increment>,
}

/// How far a conversation partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionTime {
    /// By its records.
    At(Millis),
    /// No record has given it a time. Our clock when both its inputs were last proven to hold nothing more.
    NoneAt(Millis),
}

impl PartitionTime {
    /// Nothing is known of it.
    pub const UNKNOWN: PartitionTime = PartitionTime::NoneAt(0);

    /// What it has heard of all that happened before this.
    pub fn ms(self) -> Millis {
        match self {
            PartitionTime::At(ms) | PartitionTime::NoneAt(ms) => ms,
        }
    }

    fn number(self) -> i64 {
        match self {
            PartitionTime::At(ms) => ms,
            PartitionTime::NoneAt(clock) => i64::MIN + clock,
        }
    }

    fn of_number(number: i64) -> PartitionTime {
        if number < i64::MIN / 2 {
            PartitionTime::NoneAt(number - i64::MIN)
        } else {
            PartitionTime::At(number)
        }
    }
}

/// `amount` of `quantity` for one row of each grain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Increment {
    pub slot: Slot,
    /// Epoch milliseconds, a whole minute.
    pub minute_start: Millis,
    pub quantity: Quantity,
    pub amount: i64,
    pub sl_threshold_ms: Option<Millis>,
    pub short_abandon_ms: Option<Millis>,
}

/// Appends the record.
pub fn encode(delta: &Delta, out: &mut Vec<u8>) {
    let mut texts = Texts::default();
    let mut body = Vec::new();
    put_count(delta.sections.len(), &mut body);
    for section in &delta.sections {
        put_signed(i64::from(section.source_partition), &mut body);
        put_signed(section.partition_time.number(), &mut body);
        put_count(section.increments.len(), &mut body);
        let mut minute = 0;
        for increment in &section.increments {
            minute = put_increment(increment, minute, &mut texts, &mut body);
        }
    }
    out.push(VERSION);
    put_count(texts.list.len(), out);
    for text in &texts.list {
        put_count(text.len(), out);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&body);
}

/// Returns the increment's minute, which the next one counts from.
fn put_increment(increment: &Increment, minute_before: i64, texts: &mut Texts, body: &mut Vec<u8>) -> i64 {
    put_count(texts.number(&increment.slot.tenant), body);
    put_count(texts.number(&increment.slot.split.name()), body);
    put_count(texts.number(&increment.slot.value), body);
    match increment.quantity {
        Quantity::Count(counter) => put_count(texts.number(counter.name()), body),
        Quantity::Wait(bucket) => put_count(texts.number(&format!("{WAIT_PREFIX}{bucket}")), body),
    }
    let minute = increment.minute_start.div_euclid(MINUTE_MS);
    put_signed(minute - minute_before, body);
    put_signed(increment.amount, body);
    let sl = increment.sl_threshold_ms.map_or(0, |_| SL_FOLLOWS);
    let short = increment.short_abandon_ms.map_or(0, |_| SHORT_FOLLOWS);
    body.push(sl | short);
    for threshold in [increment.sl_threshold_ms, increment.short_abandon_ms].into_iter().flatten() {
        put_signed(threshold, body);
    }
    minute
}

/// The texts met so far; the first one is number 0.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Box<str>, usize>,
    list: Vec<Box<str>>,
}

impl Texts {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.list.len();
        self.numbers.insert(Box::from(text), number);
        self.list.push(Box::from(text));
        number
    }
}

fn put_count(count: usize, out: &mut Vec<u8>) {
    put_varint(count as u64, out);
}

fn put_signed(value: i64, out: &mut Vec<u8>) {
    put_varint(((value << 1) ^ (value >> 63)) as u64, out);
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads the record. Errors: another version, a word this version does not know, or bytes that are not a delta.
pub fn decode(bytes: &[u8]) -> Result<Delta, Problem> {
    let mut reader = Reader { rest: bytes };
    let version = reader.byte()?;
    if version != VERSION {
        return Err(problem(format!("delta of version {version}; this program reads version {VERSION}")));
    }
    let texts = reader.texts()?;
    let sections = reader.count()?;
    let mut delta = Delta::default();
    for _ in 0..sections {
        delta.sections.push(reader.section(&texts)?);
    }
    match reader.rest.is_empty() {
        true => Ok(delta),
        false => Err(problem(format!("delta with {} bytes after its end", reader.rest.len()))),
    }
}

fn problem(error: String) -> Problem {
    Problem { stage: "decode", error, field: None }
}

/// What is left to read. Nothing is allocated by a count that the bytes do not back.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, Problem> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| problem("delta cut short".to_owned()))?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Problem> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| problem("delta cut short".to_owned()))?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Problem> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(problem("delta with an endless number".to_owned()))
    }

    fn signed(&mut self) -> Result<i64, Problem> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A number of things that take at least a byte each.
    fn count(&mut self) -> Result<usize, Problem> {
        let count = self.varint()?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.rest.len())
            .ok_or_else(|| problem(format!("delta cut short: {count} announced")))
    }

    fn texts(&mut self) -> Result<Vec<Arc<str>>, Problem> {
        let count = self.count()?;
        let mut texts = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self.count()?;
            let text = std::str::from_utf8(self.take(length)?).map_err(|error| problem(error.to_string()))?;
            texts.push(Arc::from(text));
        }
        Ok(texts)
    }

    fn text<'t>(&mut self, texts: &'t [Arc<str>]) -> Result<&'t Arc<str>, Problem> {
        let number = self.varint()?;
        usize::try_from(number)
            .ok()
            .and_then(|number| texts.get(number))
            .ok_or_else(|| problem(format!("delta without text {number}")))
    }

    fn section(&mut self, texts: &[Arc<str>]) -> Result<Section, Problem> {
        let source = self.signed()?;
        let source_partition =
            i32::try_from(source).map_err(|_| problem(format!("delta of partition {source}")))?;
        let partition_time = PartitionTime::of_number(self.signed()?);
        let count = self.count()?;
        let mut section = Section { source_partition, partition_time, increments: Vec::with_capacity(count) };
        let mut minute = 0;
        for _ in 0..count {
            section.increments.push(self.increment(texts, &mut minute)?);
        }
        Ok(section)
    }

    fn increment(&mut self, texts: &[Arc<str>], minute: &mut i64) -> Result<Increment, Problem> {
        let tenant = Arc::clone(self.text(texts)?);
        let split = self.text(texts)?;
        let split =
            Split::named(split).ok_or_else(|| problem(format!("delta with unknown split {split}")))?;
        let value = Arc::clone(self.text(texts)?);
        let quantity = self.text(texts)?;
        let quantity = quantity_named(quantity)
            .ok_or_else(|| problem(format!("delta with unknown quantity {quantity}")))?;
        *minute = minute.wrapping_add(self.signed()?);
        let minute_start =
            minute.checked_mul(MINUTE_MS).ok_or_else(|| problem(format!("delta at minute {minute}")))?;
        let amount = self.signed()?;
        let flags = self.byte()?;
        if flags & !(SL_FOLLOWS | SHORT_FOLLOWS) != 0 {
            return Err(problem(format!("delta with unknown thresholds {flags}")));
        }
        let mut follows = |flag| if flags & flag != 0 { self.signed().map(Some) } else { Ok(None) };
        let (sl_threshold_ms, short_abandon_ms) = (follows(SL_FOLLOWS)?, follows(SHORT_FOLLOWS)?);
        let slot = Slot { split, tenant, value };
        Ok(Increment { slot, minute_start, quantity, amount, sl_threshold_ms, short_abandon_ms })
    }
}

fn quantity_named(name: &str) -> Option<Quantity> {
    match name.strip_prefix(WAIT_PREFIX) {
        Some(bucket) => {
            bucket.parse().ok().filter(|bucket| usize::from(*bucket) < WAIT_BUCKETS).map(Quantity::Wait)
        }
        None => Counter::ALL.iter().find(|counter| counter.name() == name).map(|c| Quantity::Count(*c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::window::Dimension;
    use proptest::prelude::*;

    fn increment() -> impl Strategy<Value = Increment> {
        let mut splits = Split::standard();
        splits.extend([Split::within_tenant(&[Dimension::Channel, Dimension::Queue]), Split::POLICY]);
        let slot = (prop::sample::select(splits), "[a-z_é]{0,3}", "\\PC{0,3}")
            .prop_map(|(split, tenant, value)| Slot::new(split, &tenant, &value));
        let quantity = prop_oneof![
            prop::sample::select(Counter::ALL).prop_map(Quantity::Count),
            (0..WAIT_BUCKETS as u8).prop_map(Quantity::Wait),
        ];
        let minute = (i64::MIN / MINUTE_MS)..=(i64::MAX / MINUTE_MS);
        let thresholds = any::<(Option<Millis>, Option<Millis>)>();
        (slot, minute, quantity, any::<i64>(), thresholds).prop_map(
            |(slot, minute, quantity, amount, (sl_threshold_ms, short_abandon_ms))| Increment {
                slot,
                minute_start: minute * MINUTE_MS,
                quantity,
                amount,
                sl_threshold_ms,
                short_abandon_ms,
            },
        )
    }

    fn delta() -> impl Strategy<Value = Delta> {
        let time = any::<i64>().prop_map(PartitionTime::of_number);
        let section = (any::<i32>(), time, prop::collection::vec(increment(), 0..8)).prop_map(
            |(source_partition, partition_time, increments)| Section {
                source_partition,
                partition_time,
                increments,
            },
        );
        prop::collection::vec(section, 0..4).prop_map(|sections| Delta { sections })
    }

    fn encoded(delta: &Delta) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(delta, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(delta in delta()) {
            prop_assert_eq!(decode(&encoded(&delta)), Ok(delta));
        }

        #[test]
        fn a_cut_record_is_a_problem(delta in delta(), cut in any::<prop::sample::Index>()) {
            let bytes = encoded(&delta);
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn any_bytes_are_a_delta_or_a_problem(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(version) = bytes.first_mut() {
                *version = VERSION;
            }
            let _either = decode(&bytes);
        }
    }

    #[test]
    fn the_layout_of_version_1_stays() {
        let increment = Increment {
            slot: Slot::new(Split::TOTAL, "_all", ""),
            minute_start: 2 * MINUTE_MS,
            quantity: Quantity::Count(Counter::Queued),
            amount: 3,
            sl_threshold_ms: Some(20),
            short_abandon_ms: None,
        };
        let partition_time = PartitionTime::At(200);
        let section = Section { source_partition: 1, partition_time, increments: vec![increment] };
        let bytes = encoded(&Delta { sections: vec![section] });
        let expected =
            b"\x01\x04\x04_all\x05total\x00\x06queued\x01\x02\x90\x03\x01\x00\x01\x02\x03\x04\x06\x01\x28";
        assert_eq!(bytes, expected);
        let partition_time = PartitionTime::NoneAt(1);
        let section = Section { source_partition: 1, partition_time, increments: Vec::new() };
        let expected = b"\x01\x00\x01\x02\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00";
        assert_eq!(encoded(&Delta { sections: vec![section] }), expected);
    }

    #[test]
    fn what_it_does_not_know_is_a_problem() {
        let table: [(&[u8], &str); 4] = [
            (b"", "delta cut short"),
            (b"\x02", "delta of version 2; this program reads version 1"),
            (b"\x01\x00\x00!", "delta with 1 bytes after its end"),
            (
                b"\x01\x03\x04_all\x05total\x06colour\x01\x00\x00\x01\x00\x01\x00\x02\x00\x00\x00",
                "delta with unknown quantity colour",
            ),
        ];
        for (bytes, error) in table {
            assert_eq!(decode(bytes), Err(problem(error.to_owned())));
        }
    }
}
