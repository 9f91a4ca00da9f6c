//! What one replay did, as far as a comparison needs it: its hand-offs, and what followed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::app::embedded::Embedded;
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::engine::port::Topic;

/// A hand-off's conversation and episode.
pub type Key = (String, u64);

/// A policy by its name and version.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Named {
    pub name: String,
    pub version: String,
}

impl Named {
    /// What events call the policy.
    pub fn of(policy: &Policy) -> Named {
        Named { name: policy.name.clone(), version: policy.version.clone() }
    }
}

/// A hand-off as it was requested. `at` is event time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub at: Millis,
    pub reason: String,
    pub intent: Option<String>,
    pub queue: Option<String>,
    /// `None` where a timer requested it.
    pub trigger_event_id: Option<String>,
    pub(super) handoff_id: String,
}

/// What followed under the acting policy: how the conversation ended and, where a hand-off was made, what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Acting {
    /// `end_kind` of the conversation's summary.
    pub end_kind: String,
    pub missed_handoff: bool,
    pub answered: bool,
    pub resolved: bool,
    pub returned: bool,
    /// The customer gave up waiting.
    pub abandoned: bool,
}

/// Offers of a person: how many were made, and after how many a hand-off was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Offers {
    pub made: usize,
    pub led_on: usize,
}

/// What one replay did, as far as a comparison needs it.
#[derive(Clone, Debug, Default)]
pub struct Side {
    pub(super) policy: Named,
    pub(super) requests: BTreeMap<Key, Request>,
    /// Ids under which a person was offered; a hand-off that follows has the same.
    pub(super) offered: BTreeSet<String>,
    /// Ids of hand-offs that a person took, and of those given back.
    pub(super) answered: BTreeSet<String>,
    pub(super) returned: BTreeSet<String>,
    /// Conversation id → how it ended.
    pub(super) ends: BTreeMap<String, End>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct End {
    kind: String,
    missed: bool,
    resolved: bool,
}

impl Side {
    /// Reads what a replay wrote.
    pub fn of(policy: &Policy, replayed: &Embedded) -> Side {
        let mut side = Side { policy: Named::of(policy), ..Side::default() };
        replayed.each(Topic::Events, |event| side.event(event));
        replayed.each(Topic::Summaries, |row| side.summary(row));
        side
    }

    pub(super) fn event(&mut self, event: &[u8]) {
        let Ok(event) = serde_json::from_slice::<Value>(event) else { return };
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        let Some(handoff_id) = text("handoff_id") else { return };
        match event["type"].as_str() {
            Some("requested") => {
                let key = text("conversation_id").zip(event["episode"].as_u64());
                let Some((key, at)) = key.zip(event["event_time"].as_i64()) else { return };
                let request = Request {
                    at,
                    reason: text("reason").unwrap_or_default(),
                    intent: text("intent"),
                    queue: text("queue"),
                    trigger_event_id: text("trigger_event_id"),
                    handoff_id,
                };
                self.requests.insert(key, request);
            }
            Some("offered") => _ = self.offered.insert(handoff_id),
            Some("accepted") => _ = self.answered.insert(handoff_id),
            Some("returned") => _ = self.returned.insert(handoff_id),
            Some(_) | None => {}
        }
    }

    /// Of repeated rows the last stands.
    pub(super) fn summary(&mut self, row: &[u8]) {
        let Ok(row) = serde_json::from_slice::<Value>(row) else { return };
        let Some(id) = row["conversation_id"].as_str() else { return };
        let end = End {
            kind: row["end_kind"].as_str().unwrap_or_default().to_owned(),
            missed: row["missed_handoff"] == true,
            resolved: row["resolved"] == true,
        };
        self.ends.insert(id.to_owned(), end);
    }

    pub(super) fn offers(&self) -> Offers {
        let led_on = self.requests.values().filter(|request| self.offered.contains(&request.handoff_id));
        Offers { made: self.offered.len(), led_on: led_on.count() }
    }

    /// What followed in the conversation, and of the hand-off if this side made it.
    pub(super) fn acting(&self, conversation_id: &str, request: Option<&Request>) -> Acting {
        let end = self.ends.get(conversation_id).cloned().unwrap_or_default();
        let is_in = |ids: &BTreeSet<String>| request.is_some_and(|request| ids.contains(&request.handoff_id));
        Acting {
            end_kind: if end.kind.is_empty() { "open".to_owned() } else { end.kind },
            missed_handoff: end.missed,
            answered: is_in(&self.answered),
            resolved: request.is_some() && end.resolved,
            returned: is_in(&self.returned),
            abandoned: false,
        }
    }
}
