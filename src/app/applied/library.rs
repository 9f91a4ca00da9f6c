//! What the topic of applied policies says, record by record: which policy is in force, and the text of each that was.
//!
//! Every text that is to come into force is read and checked when it is taken (a millisecond). Phrase lists are compiled of
//! those alone that somebody judges by (most of a second; [`crate::domain::hearing`]).
//! Invariant: a text that this version cannot read changes nothing; whoever reads the topic is told why.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::policy_files::with_files;
use crate::domain::policy::Policy;
use crate::engine::policies::InForce;
use crate::wire;
use crate::wire::applied::{About, Applied, about};

/// See the module.
#[derive(Debug)]
pub struct Library {
    /// The topic's real name.
    topic: String,
    texts: BTreeMap<String, Text>,
    /// By stamp and name.
    files: BTreeMap<(String, String), Vec<u8>>,
    newest: Option<Newest>,
    /// Texts that were to come into force since and cannot be used: offset and why.
    refused: Vec<String>,
}

/// A text as it lies in the topic.
#[derive(Clone, Debug)]
struct Text {
    name: String,
    text: String,
}

/// What the newest record about the policy in force says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// `version@hash8`; `None`: what was applied was taken back.
    pub stamp: Option<String>,
    /// See [`InForce`].
    pub revision: i64,
}

impl Library {
    /// Of a topic of which nothing was read yet.
    pub fn of(topic: &str) -> Library {
        Library {
            topic: topic.to_owned(),
            texts: BTreeMap::new(),
            files: BTreeMap::new(),
            newest: None,
            refused: Vec::new(),
        }
    }

    /// The topic that it is of.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Takes the record at an offset. True if another policy is in force since. Errors: its text cannot be used.
    pub fn take(&mut self, offset: i64, record: Applied) -> Result<bool, String> {
        let is_about_force = about(&record.key) == About::InForce;
        let taken = self.try_take(offset, record);
        match &taken {
            Ok(true) => self.refused.clear(),
            Ok(false) => {}
            Err(why) if is_about_force => self.refused.push(format!("{} offset {offset}: {why}", self.topic)),
            Err(_) => {}
        }
        taken
    }

    /// Texts that were to come into force after the newest that did, and cannot be used.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    fn try_take(&mut self, offset: i64, record: Applied) -> Result<bool, String> {
        let name = record.name.unwrap_or_else(|| self.topic.clone());
        match (about(&record.key), record.value) {
            (About::InForce, None) | (About::Withdrawn, Some(_)) => {
                self.newest = Some(Newest { stamp: None, revision: offset + 1 });
                return Ok(true);
            }
            (About::InForce, Some(value)) => {
                let text = Text { name, text: lossless(value)? };
                let stamp = match record.stamp {
                    Some(stamp) => stamp,
                    None => wire::policy::stamp(&self.read(None, &text)?),
                };
                self.read(Some(&stamp), &text)?;
                self.texts.insert(stamp.clone(), text);
                self.newest = Some(Newest { stamp: Some(stamp), revision: offset + 1 });
                return Ok(true);
            }
            (About::Text { stamp }, Some(value)) => {
                self.texts.insert(stamp.to_owned(), Text { name, text: lossless(value)? });
            }
            (About::Text { stamp }, None) => _ = self.texts.remove(stamp),
            (About::File { stamp, name }, Some(value)) => {
                self.files.insert((stamp.to_owned(), name.to_owned()), value);
            }
            (About::File { stamp, name }, None) => {
                self.files.remove(&(stamp.to_owned(), name.to_owned()));
            }
            (About::Withdrawn, None) | (About::Unknown, Some(_) | None) => {}
        }
        Ok(false)
    }

    /// `None`: nobody ever applied a policy.
    pub fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
    }

    /// What is in force by the topic; `own` is what it is without; `under` lays the settings over
    /// another. `None`: nobody ever applied a policy, or
    /// its text cannot be used (the record was refused when it was taken).
    pub fn in_force(&self, own: &InForce, under: impl FnOnce(Policy) -> Policy) -> Option<InForce> {
        let Newest { stamp, revision } = self.newest.clone()?;
        match stamp {
            None => Some(InForce { revision, ..own.clone() }),
            Some(stamp) => {
                let policy = Arc::new(under(self.policy(&stamp)?.ok()?));
                Some(InForce { policy, stamp, revision })
            }
        }
    }

    /// The policy that was applied under a stamp; `None`: none was. Errors: its text cannot be used.
    pub fn policy(&self, stamp: &str) -> Option<Result<Policy, String>> {
        self.texts.get(stamp).map(|text| self.read(Some(stamp), text))
    }

    /// Name and text of what was applied under a stamp.
    pub fn text(&self, stamp: &str) -> Option<(&str, &str)> {
        self.texts.get(stamp).map(|text| (text.name.as_str(), text.text.as_str()))
    }

    fn read(&self, stamp: Option<&str>, text: &Text) -> Result<Policy, String> {
        let policy = wire::policy::read_back(&text.name, &text.text)?;
        with_files(policy, |named| {
            let key = (stamp.unwrap_or_default().to_owned(), named.to_owned());
            let missing = || {
                format!(
                    "{named}: the topic does not hold this file; write policies with `segue policy apply`"
                )
            };
            self.files.get(&key).cloned().ok_or_else(missing)
        })
        .map_err(|problems| {
            let told: Vec<String> =
                problems.iter().map(|problem| format!("{}: {problem}", text.name)).collect();
            told.join("; ")
        })
    }
}

fn lossless(value: Vec<u8>) -> Result<String, String> {
    String::from_utf8(value).map_err(|error| format!("the text is not UTF-8: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::policy_files::files_of;
    use crate::domain::text::{Model, Weights};
    use crate::wire::applied::{records, withdrawn};

    const TOPIC: &str = "segue.policies";

    fn policy(text: &str) -> Policy {
        with_files(wire::policy::load("live.toml", text).expect("a policy"), |_| {
            Ok(wire::weights::write(Model::Displeasure, &Weights::none()))
        })
        .expect("weights")
    }

    fn own() -> InForce {
        InForce::own(Arc::new(wire::policy::built_in()))
    }

    /// What is in force after records, each at the offset after the one before: stamp and revision.
    fn in_force(library: &Library) -> Option<(String, i64)> {
        library.in_force(&own(), |policy| policy).map(|in_force| (in_force.stamp, in_force.revision))
    }

    #[test]
    fn what_was_applied_is_in_force_with_its_files_until_something_else_is() {
        let (first, second) = (
            policy("version = \"7\"\n[triggers.frustration]\nweights_file = \"w.weights\""),
            policy("version = \"8\""),
        );
        let [one, two] = [&first, &second].map(wire::policy::stamp);
        let (mut library, mut seen) = (Library::of(TOPIC), Vec::new());
        let all = [records(&first, files_of(&first)), records(&second, files_of(&second)), withdrawn()];
        for (offset, record) in all.concat().into_iter().enumerate() {
            let news = library.take(offset as i64, record).expect("a record that can be used");
            if news {
                seen.extend(in_force(&library));
            }
        }
        assert_eq!(seen, [(one.clone(), 3), (two, 5), (own().stamp, 6), (own().stamp, 7)]);
        let known = library.policy(&one).expect("it was applied").expect("it can be used");
        assert_eq!(wire::policy::show(&known), wire::policy::show(&first));
        assert!(!known.lexicon.is_compiled(), "nobody judges by it");
        assert_eq!(
            (known.name.as_str(), known.lexicon.learned().of(Model::Displeasure)),
            ("live.toml", &Weights::none())
        );
    }

    #[test]
    fn what_cannot_be_used_changes_nothing_and_is_told() {
        let good = policy("version = \"7\"");
        let mut library = Library::of(TOPIC);
        for (offset, record) in records(&good, Vec::new()).into_iter().enumerate() {
            library.take(offset as i64, record).expect("a record that can be used");
        }
        let before = in_force(&library);
        let text = |value: &[u8]| Applied {
            key: "policy".to_owned(),
            value: Some(value.to_vec()),
            ..Applied::default()
        };
        let weights = b"[triggers.frustration]\nweights_file = \"w.weights\"";
        let problems = [&b"verison = 1"[..], b"\xff", weights]
            .map(|value| library.take(9, text(value)).expect_err("it cannot be used"));
        assert!(problems[0].starts_with("segue.policies:1: verison: "), "{}", problems[0]);
        assert!(problems[1].starts_with("the text is not UTF-8"), "{}", problems[1]);
        let missing =
            "segue.policies: triggers.frustration.weights_file: w.weights: the topic does not hold this file";
        assert!(problems[2].starts_with(missing), "{}", problems[2]);
        assert_eq!((library.refused().len(), in_force(&library)), (3, before));
        // Written by hand: its stamp is worked out, its name is the topic's.
        assert_eq!(library.take(12, text(b"version = \"by hand\"")), Ok(true));
        let by_hand = library.in_force(&own(), |policy| policy).expect("it is in force");
        assert_eq!((by_hand.policy.name.as_str(), by_hand.revision), (TOPIC, 13));
        assert!(by_hand.stamp.starts_with("by hand@") && library.refused().is_empty());
    }

    #[test]
    fn a_record_about_something_unknown_says_nothing() {
        let mut library = Library::of(TOPIC);
        let record = |key: &str| Applied { key: key.to_owned(), value: Some(vec![1]), ..Applied::default() };
        assert_eq!(library.take(0, record("policies")), Ok(false));
        assert_eq!((library.newest(), in_force(&library)), (None, None));
    }
}
