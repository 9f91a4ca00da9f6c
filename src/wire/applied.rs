//! Records of the topic of applied policies (`segue.policies`, compacted, one partition): what `segue policy apply` writes and
//! every instance follows.
//!
//! ```text
//! key                  value
//! policy               the whole text of the policy in force; a tombstone: what was applied is taken back, each instance has
//!                      its own
//! withdrawn            behind such a tombstone: says the same once that is compacted away (older versions pass over it)
//! policy/STAMP         the same text, for whoever asks later what was in force
//! file/STAMP/NAME      a file that the text names, as it was
//! headers (of texts)   segue-policy: STAMP (version@hash8), segue-policy-name: the file's name
//! ```
//! The files of a policy stand before its texts, `policy/STAMP` before `policy`. A text without headers may be written by hand:
//! its stamp is worked out, its name is the topic's.

use super::policy;

/// Whose newest value is in force.
pub const IN_FORCE: &str = "policy";
/// Headers of a text.
pub const STAMP_HEADER: &str = "segue-policy";
pub const NAME_HEADER: &str = "segue-policy-name";

const WITHDRAWN: &str = "withdrawn";
const TEXT: &str = "policy/";
const FILE: &str = "file/";

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Applied {
    pub key: String,
    /// `None`: a tombstone.
    pub value: Option<Vec<u8>>,
    pub stamp: Option<String>,
    pub name: Option<String>,
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    InForce,
    /// What was applied before it is taken back.
    Withdrawn,
    Text {
        stamp: &'a str,
    },
    File {
        stamp: &'a str,
        name: &'a str,
    },
    /// Written by someone else, or by a later version.
    Unknown,
}

/// Reads a key.
pub fn about(key: &str) -> About<'_> {
    if key == IN_FORCE {
        return About::InForce;
    }
    if key == WITHDRAWN {
        return About::Withdrawn;
    }
    if let Some(stamp) = key.strip_prefix(TEXT) {
        return About::Text { stamp };
    }
    match key.strip_prefix(FILE).and_then(|rest| rest.split_once('/')) {
        Some((stamp, name)) => About::File { stamp, name },
        None => About::Unknown,
    }
}

/// The records of a policy in the order in which they are written. `files`: name as the policy has it, and content.
pub fn records(policy: &crate::domain::policy::Policy, files: Vec<(String, Vec<u8>)>) -> Vec<Applied> {
    let stamp = policy::stamp(policy);
    let text = |key: String| Applied {
        key,
        value: Some(policy::show(policy).into_bytes()),
        stamp: Some(stamp.clone()),
        name: Some(policy.name.clone()),
    };
    let file = |(name, content): (String, Vec<u8>)| Applied {
        key: format!("{FILE}{stamp}/{name}"),
        value: Some(content),
        ..Applied::default()
    };
    let mut records: Vec<Applied> = files.into_iter().map(file).collect();
    records.extend([text(format!("{TEXT}{stamp}")), text(IN_FORCE.to_owned())]);
    records
}

/// The records that take back whatever was applied, in the order in which they are written.
pub fn withdrawn() -> Vec<Applied> {
    let tombstone = Applied { key: IN_FORCE.to_owned(), ..Applied::default() };
    let said = Applied { key: WITHDRAWN.to_owned(), value: Some(b"yes".to_vec()), ..Applied::default() };
    vec![tombstone, said]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_pinned() {
        let policy = policy::load("live.toml", "version = \"7\"").expect("a policy");
        let written = records(&policy, vec![("w/own.weights".to_owned(), vec![1, 2])]);
        let stamp = policy::stamp(&policy);
        let keys: Vec<&str> = written.iter().map(|record| record.key.as_str()).collect();
        assert_eq!(keys, [&format!("file/{stamp}/w/own.weights"), &format!("policy/{stamp}"), "policy"]);
        let said: Vec<About<'_>> = keys.iter().map(|key| about(key)).collect();
        let file = About::File { stamp: &stamp, name: "w/own.weights" };
        assert_eq!(said, [file, About::Text { stamp: &stamp }, About::InForce]);
        assert_eq!([about("withdrawn"), about(&withdrawn()[0].key)], [About::Withdrawn, About::InForce]);
        assert_eq!([about("policies"), about("file/x"), about("")], [About::Unknown; 3]);
        assert_eq!((&written[1].value, &written[1].name), (&written[2].value, &Some("live.toml".to_owned())));
    }
}
