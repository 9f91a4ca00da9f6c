//! What the topic of applied policies says, record by record: which policy is in force, and the text of each that was.
//!
//! Invariant: a text that this version cannot read changes nothing; whoever reads the topic is told why.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::policy_files::with_files;
use crate::domain::policy::Policy;
use crate::engine::policies::InForce;
use crate::wire;
use crate::wire::applied::{About, Applied, about};

/// See the module.
#[derive(Debug, Default)]
pub struct Library {
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
    /// Takes the record at an offset. True if another policy is in force since. Errors: its text cannot be used.
    pub fn take(&mut self, offset: i64, record: Applied, topic: &str) -> Result<bool, String> {
        let is_about_force = about(&record.key) == About::InForce;
        let taken = self.try_take(offset, record, topic);
        match &taken {
            Ok(true) => self.refused.clear(),
            Ok(false) => {}
            Err(why) if is_about_force => self.refused.push(format!("{topic} offset {offset}: {why}")),
            Err(_) => {}
        }
        taken
    }

    /// Texts that were to come into force after the newest that did, and cannot be used.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    fn try_take(&mut self, offset: i64, record: Applied, topic: &str) -> Result<bool, String> {
        match (about(&record.key), record.value) {
            (About::InForce, None) => {
                self.newest = Some(Newest { stamp: None, revision: offset + 1 });
                return Ok(true);
            }
            (About::InForce, Some(value)) => {
                let text =
                    Text { name: record.name.unwrap_or_else(|| topic.to_owned()), text: lossless(value)? };
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
                let name = record.name.unwrap_or_else(|| topic.to_owned());
                self.texts.insert(stamp.to_owned(), Text { name, text: lossless(value)? });
            }
            (About::Text { stamp }, None) => _ = self.texts.remove(stamp),
            (About::File { stamp, name }, Some(value)) => {
                self.files.insert((stamp.to_owned(), name.to_owned()), value);
            }
            (About::File { stamp, name }, None) => {
                self.files.remove(&(stamp.to_owned(), name.to_owned()));
            }
            (About::Unknown, Some(_) | None) => {}
        }
        Ok(false)
    }

    /// `None`: nobody ever applied a policy.
    pub fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
    }

    /// What is in force by the topic; `own` is what it is without. `None`: nobody ever applied a policy, or
    /// its text cannot be used (the record was refused when it was taken).
    pub fn in_force(&self, own: &InForce) -> Option<InForce> {
        let Newest { stamp, revision } = self.newest.clone()?;
        match stamp {
            None => Some(InForce { revision, ..own.clone() }),
            Some(stamp) => {
                let policy = Arc::new(self.policy(&stamp)?.ok()?);
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
        let policy = wire::policy::load(&text.name, &text.text)?;
        with_files(policy, |named| {
            let key = (stamp.unwrap_or_default().to_owned(), named.to_owned());
            let missing = || {
                format!(
                    "{named}: the topic does not hold this file; write policies with `segue policy apply`"
                )
            };
            self.files.get(&key).cloned().ok_or_else(missing)
        })
        .map_err(|problem| format!("{}: {problem}", text.name))
    }
}

fn lossless(value: Vec<u8>) -> Result<String, String> {
    String::from_utf8(value).map_err(|error| format!("the text is not UTF-8: {error}"))
}
