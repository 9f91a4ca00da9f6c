//! Records that a replay could not take: how many, why, and where the first of each kind lies.

use std::collections::BTreeMap;

use serde_json::Value;

use super::embedded::Embedded;
use super::print::tell;
use super::render::count;
use super::replay_files::remedied;
use crate::engine::port::Topic;

/// The records of a replay that became dead letters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftOut {
    /// By stage (`decode`, `validate`, `late`, ...: the contract of dead letters).
    kinds: BTreeMap<String, Kind>,
}

#[derive(Clone, Debug, PartialEq)]
struct Kind {
    records: usize,
    /// Where the first lies, and what is wrong with it.
    first: String,
}

impl LeftOut {
    /// Reads the dead letters of a log. `place` says where the record of a topic, partition and offset lies.
    pub fn of(log: &Embedded, place: impl Fn(&str, i64, i64) -> String) -> LeftOut {
        let mut found = LeftOut::default();
        log.each(Topic::DeadLetters, |letter| {
            let letter: Value = serde_json::from_slice(letter).unwrap_or_default();
            let text = |name: &str| letter[name].as_str().unwrap_or_default();
            let whole = |name: &str| letter[name].as_i64().unwrap_or_default();
            let (stage, at) = (text("stage"), || place(text("topic"), whole("partition"), whole("offset")));
            let new =
                || Kind { records: 0, first: format!("{}: {stage}: {}", at(), remedied(text("error"))) };
            found.kinds.entry(stage.to_owned()).or_insert_with(new).records += 1;
        });
        found
    }

    /// Records by stage.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        self.kinds.iter().map(|(stage, kind)| (stage.as_str(), kind.records)).collect()
    }

    /// `3 records could not be taken: 2 late, 1 decode`; `None` where all were taken.
    pub fn summary(&self) -> Option<String> {
        let mut counts: Vec<(&str, usize)> = self.counts().into_iter().collect();
        // Most first; of equal counts, the order of the alphabet.
        counts.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
        let all: usize = counts.iter().map(|(_, records)| records).sum();
        let each: Vec<String> = counts.iter().map(|(stage, records)| format!("{records} {stage}")).collect();
        (all > 0).then(|| format!("{} could not be taken: {}", count(all, "record"), each.join(", ")))
    }

    /// Says it on standard error, with the first of each kind.
    pub fn tell(&self) {
        self.summary().iter().map(String::as_str).chain(self.firsts()).for_each(tell);
    }

    /// The first of each kind: where it lies, its stage and what is wrong with it.
    pub fn firsts(&self) -> impl Iterator<Item = &str> {
        self.kinds.values().map(|kind| kind.first.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::embedded::Origin;
    use crate::engine::port::Out;
    use crate::engine::settings::TimeSource;
    use crate::wire;

    fn left_out(letters: &[(&str, i64, &str, &str)]) -> LeftOut {
        let policy = Arc::new(wire::policy::built_in());
        let log = Embedded::new(1, policy, Origin::File, TimeSource::InputOnly);
        for (topic, offset, stage, error) in letters {
            let letter = serde_json::json!({ "topic": topic, "partition": 0, "offset": offset, "stage": stage,
                "error": error });
            let value = letter.to_string();
            let topic = Topic::DeadLetters;
            let out =
                Out { topic, partition: Some(0), key: None, value: Some(value.as_bytes()), trace: None };
            log.broker.append(out, None).unwrap();
        }
        LeftOut::of(&log, |topic, _, offset| format!("{topic}:{offset}"))
    }

    #[test]
    fn what_could_not_be_taken_is_counted_by_stage_with_the_first_of_each() {
        let found = left_out(&[
            ("t", 2, "decode", "not an object at byte 0"),
            ("t", 3, "late", "too late"),
            ("o", 4, "late", "too late"),
        ]);
        assert_eq!(
            found.firsts().collect::<Vec<_>>(),
            ["t:2: decode: not an object at byte 0", "t:3: late: too late"]
        );
        assert_eq!(found.summary().as_deref(), Some("3 records could not be taken: 2 late, 1 decode"));
        let one = left_out(&[("t", 2, "size", "too long")]);
        assert_eq!(one.summary().as_deref(), Some("1 record could not be taken: 1 size"));
        assert_eq!(left_out(&[]).summary(), None);
    }
}
