//! Whether two inputs put a key into the same partition, seen from their first keys.
//!
//! Kafka's Java client hashes with murmur2, librdkafka by default with CRC32: turns and outcomes of one conversation
//! would meet different owners, and nothing would ever say so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::link::Quiet;
use super::{Properties, error, rights, settings};
use crate::engine::error::Error;
use crate::engine::partitioner::murmur2;

/// Keys looked at, a topic.
pub const KEYS: usize = 1_000;
const ASK_WAIT: Duration = Duration::from_secs(5);
const READ_WAIT: Duration = Duration::from_secs(10);

/// How a topic's keys were given to partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partitioner {
    /// Kafka's Java client, and `murmur2_random` of librdkafka.
    Murmur2,
    /// librdkafka's default, `consistent_random`.
    Crc32,
    /// Neither: a partitioner of its own, mixed producers, or a partition count that was raised.
    Unknown,
    /// Too few keys to tell, or one partition.
    Open,
}

/// The first keys of a topic and the partitions they are in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sample {
    pub partitions: i32,
    pub keys: BTreeMap<Vec<u8>, i32>,
}

/// Whether turns and outcomes of a conversation meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Meet,
    /// They do not: the reason, for the operator.
    Miss(String),
    /// Nothing speaks against it, and nothing proves it: worth a warning if it names an unknown partitioner.
    Open(String),
}

/// The partitioner that explains every key of the sample.
pub fn recognise(sample: &Sample) -> Partitioner {
    if sample.partitions < 2 {
        return Partitioner::Open;
    }
    let count = sample.partitions as u32;
    let all = |hash: fn(&[u8]) -> u32| sample.keys.iter().all(|(key, at)| hash(key) % count == *at as u32);
    match (all(murmur2_positive), all(crc32)) {
        (true, true) => Partitioner::Open,
        (true, false) => Partitioner::Murmur2,
        (false, true) => Partitioner::Crc32,
        (false, false) => Partitioner::Unknown,
    }
}

/// Compares two inputs: by keys that are in both, else by what partitioned them.
pub fn compare(turns: &Sample, outcomes: &Sample) -> Verdict {
    if turns.partitions != outcomes.partitions {
        return Verdict::Miss(format!("{} partitions against {}", turns.partitions, outcomes.partitions));
    }
    let (left, right) = (recognise(turns), recognise(outcomes));
    let shared = || outcomes.keys.iter().filter_map(|(key, at)| turns.keys.get(key).map(|other| (other, at)));
    if let Some((first, second)) = shared().find(|(first, second)| first != second) {
        return Verdict::Miss(format!(
            "one key is in partition {first} of the turns ({left:?}) and in {second} of the outcomes ({right:?})"
        ));
    }
    match (left, right) {
        (Partitioner::Murmur2, Partitioner::Murmur2) | (Partitioner::Crc32, Partitioner::Crc32) => {
            Verdict::Meet
        }
        (Partitioner::Murmur2, Partitioner::Crc32) | (Partitioner::Crc32, Partitioner::Murmur2) => {
            Verdict::Miss(format!(
                "turns are partitioned by {left:?} and outcomes by {right:?}; set the producers' partitioner alike"
            ))
        }
        _ if shared().next().is_some() => Verdict::Meet,
        (Partitioner::Open, _) | (_, Partitioner::Open) => Verdict::Open("too few keys yet".to_owned()),
        (Partitioner::Unknown, _) | (_, Partitioner::Unknown) => {
            Verdict::Open(format!("turns are partitioned by {left:?}, outcomes by {right:?}"))
        }
    }
}

/// Reads a topic's first keys, in no group's name. Ends at the limit, or at the ends of all partitions.
pub fn sample(bootstrap: &str, properties: &Properties, group: &str, topic: &str) -> Result<Sample, Error> {
    properties.accept()?;
    let about = |e: &KafkaError| error::of_client(topic, e);
    let consumer = Quiet::asker(&settings::sampler(bootstrap, properties, group)?, properties, topic)?;
    let metadata = consumer.fetch_metadata(Some(topic), ASK_WAIT).map_err(|e| about(&e))?;
    let partitions = metadata.topics().first().map_or(0, |found| found.partitions().len() as i32);
    let mut start = TopicPartitionList::new();
    for partition in 0..partitions {
        start.add_partition_offset(topic, partition, Offset::Beginning).map_err(|e| about(&e))?;
    }
    consumer.assign(&start).map_err(|e| about(&e))?;
    let mut found = Sample { partitions, keys: BTreeMap::new() };
    let mut ends = 0;
    let mut read = 0;
    let deadline = Instant::now() + READ_WAIT;
    while ends < partitions && read < KEYS {
        match consumer.poll(deadline.saturating_duration_since(Instant::now())) {
            Some(Ok(message)) => {
                read += 1;
                // Records without a key, or with an empty one, go to any partition: they say nothing.
                if let Some(key) = message.key().filter(|key| !key.is_empty()) {
                    found.keys.insert(key.to_vec(), message.partition());
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            Some(Err(failure))
                if failure.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed) =>
            {
                return Err(Error::Retry(rights::spell_group(group)));
            }
            Some(Err(failure)) => return Err(about(&failure)),
            None if Instant::now() >= deadline => {
                return Err(Error::Retry(format!("{topic}: no keys in time")));
            }
            None => {}
        }
    }
    Ok(found)
}

/// As Kafka's Java client: murmur2 without the sign.
fn murmur2_positive(key: &[u8]) -> u32 {
    murmur2(key) as u32 & 0x7fff_ffff
}

/// The CRC-32 of zlib (reflected, polynomial 0xEDB88320), as librdkafka's `consistent`. Bit by bit: 1,000 short keys.
fn crc32(key: &[u8]) -> u32 {
    !key.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_clients() {
        // Kafka's UtilsTest (signed there), and the check value of CRC-32.
        for (key, hash) in
            [("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536)]
        {
            assert_eq!(murmur2_positive(key.as_bytes()), (hash & 0x7fff_ffff) as u32, "{key}");
        }
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    fn by(hash: fn(&[u8]) -> u32, from: usize, count: usize) -> Sample {
        let keys = (from..from + count).map(|n| format!("c-{n}").into_bytes());
        Sample { partitions: 6, keys: keys.map(|key| (key.clone(), (hash(&key) % 6) as i32)).collect() }
    }

    fn own(key: &[u8]) -> u32 {
        key.len() as u32
    }

    #[test]
    fn a_partitioner_is_recognised_by_all_of_its_keys() {
        for (sample, expected) in [
            (by(murmur2_positive, 0, 50), Partitioner::Murmur2),
            (by(crc32, 0, 50), Partitioner::Crc32),
            (by(own, 0, 50), Partitioner::Unknown),
            (Sample { partitions: 6, ..Sample::default() }, Partitioner::Open),
            (Sample { partitions: 1, keys: BTreeMap::from([(b"c".to_vec(), 0)]) }, Partitioner::Open),
        ] {
            assert_eq!(recognise(&sample), expected);
        }
    }

    #[test]
    fn inputs_miss_each_other_by_a_shared_key_or_by_two_known_partitioners() {
        let verdict = |turns: &Sample, outcomes: &Sample| match compare(turns, outcomes) {
            Verdict::Meet => "meet",
            Verdict::Miss(_) => "miss",
            Verdict::Open(_) => "open",
        };
        let murmur = by(murmur2_positive, 0, 50);
        for (outcomes, expected) in [
            (by(murmur2_positive, 100, 50), "meet"),
            (by(crc32, 100, 50), "miss"),
            (by(own, 0, 50), "miss"),
            (by(own, 100, 50), "open"),
            (Sample { partitions: 6, ..Sample::default() }, "open"),
            (Sample { partitions: 7, ..Sample::default() }, "miss"),
        ] {
            assert_eq!(verdict(&murmur, &outcomes), expected);
        }
        assert_eq!(verdict(&by(own, 0, 50), &by(own, 20, 50)), "meet");
        assert_eq!(verdict(&by(own, 0, 50), &by(own, 100, 50)), "open");
    }
}
