//! The partition record: one reserved key a changelog partition, written in each commit. JSON: internal, but an operator
//! may have to read it.

use serde::{Deserialize, Serialize};

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
    /// Where another policy came into force, oldest first; the last is in force. Older ones are left out in the end.
    pub switches: Vec<Switch>,
    /// Policies that watch, in no particular order.
    pub shadows: Vec<Watch>,
}

/// A partition is under a policy from these records on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// `version@hash8` ([`super::policy::stamp`]).
    pub policy: String,
    /// Its file.
    pub name: String,
    /// 0: what the owner was started with; else one more than the offset of its record among the applied policies.
    pub revision: i64,
    /// The first records that it judges.
    pub next_turns: i64,
    pub next_outcomes: i64,
    /// Partition time then: timers that were due before were the other policy's.
    pub time: i64,
}

/// Since when a shadow policy watches a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// `name@version`, for whoever reads the record.
    pub policy: String,
    /// [`super::shadow::print`], in hexadecimal.
    pub print: String,
    /// Offset of the first turn it met; conversations that began before were under way.
    pub since: i64,
}

/// The form in the changelog. A new field needs `#[serde(default)]`: older records do not have it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "PartitionRecord")]
struct Form {
    partition_time: i64,
    clock: i64,
    next_turns: i64,
    next_outcomes: i64,
    commit_number: u64,
    policy_version: String,
    told_time: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    switches: Vec<Switch>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shadows: Vec<Watch>,
}

/// Appends the record as JSON (internal, and readable by a person).
pub fn encode(record: &PartitionRecord, out: &mut Vec<u8>) {
    // Numbers and a string cannot fail, and neither can a Vec.
    Form::serialize(record, &mut serde_json::Serializer::new(out)).expect("a partition record is plain JSON");
}

/// Reads it back. Errors: the bytes are not a partition record.
pub fn decode(bytes: &[u8]) -> Result<PartitionRecord, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Form::deserialize(&mut reader).and_then(|record| reader.end().map(|()| record)).map_err(|error| Problem {
        stage: "decode",
        error: error.to_string(),
        field: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_is_readable() {
        let record =
            PartitionRecord { partition_time: 5, policy_version: "7".to_owned(), ..Default::default() };
        let mut out = Vec::new();
        encode(&record, &mut out);
        let expected = r#"{"partition_time":5,"clock":0,"next_turns":0,"next_outcomes":0,"commit_number":0,"policy_version":"7","told_time":0}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let watch = Watch { policy: "canary.toml@7".to_owned(), print: "00ff".to_owned(), since: 42 };
        let mut out = Vec::new();
        encode(&PartitionRecord { shadows: vec![watch], ..record.clone() }, &mut out);
        let switch = Switch {
            policy: "7@9f86d081".to_owned(),
            name: "live.toml".to_owned(),
            revision: 3,
            next_turns: 40,
            next_outcomes: 2,
            time: 5,
        };
        let mut switched = Vec::new();
        encode(&PartitionRecord { switches: vec![switch], ..record.clone() }, &mut switched);
        let expected = r#""told_time":0,"switches":[{"policy":"7@9f86d081","name":"live.toml","revision":3,"next_turns":40,"next_outcomes":2,"time":5}]}"#;
        assert!(String::from_utf8(switched).unwrap().ends_with(expected));
        let expected = r#""told_time":0,"shadows":[{"policy":"canary.toml@7","print":"00ff","since":42}]}"#;
        assert!(String::from_utf8(out).unwrap().ends_with(expected));
    }

    #[test]
    fn what_is_not_a_record_is_refused() {
        for bytes in [&b""[..], b"{}", b"null", b"\x01\x02"] {
            assert_eq!(decode(bytes).unwrap_err().stage, "decode");
        }
    }

    proptest! {
        #[test]
        fn every_record_survives(times in any::<[i64; 5]>(), commit_number in any::<u64>(), policy_version in any::<String>()) {
            let [partition_time, clock, next_turns, next_outcomes, told_time] = times;
            let shadows = vec![Watch { policy: policy_version.clone(), print: "0f".to_owned(), since: clock }];
            let switches = vec![Switch {
                policy: policy_version.clone(), name: String::new(), revision: clock, next_turns, next_outcomes, time: clock,
            }];
            let record = PartitionRecord {
                partition_time, clock, next_turns, next_outcomes, commit_number, policy_version, told_time, switches, shadows,
            };
            let mut out = Vec::new();
            encode(&record, &mut out);
            prop_assert_eq!(decode(&out), Ok(record.clone()));
            out.push(b'x');
            prop_assert!(decode(&out).is_err());
        }
    }
}
