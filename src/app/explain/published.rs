//! What was published of a conversation against what was reproduced, event by event.

use serde::Serialize;
use serde_json::Value;

use crate::domain::policy::Policy;

/// The comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Where the events were read.
    pub topic: String,
    pub events: Vec<Compared>,
    /// Policies that published events name and that are none of those that explain, `name version`.
    pub other_policies: Vec<String>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    #[serde(rename = "type")]
    pub kind: String,
    pub handoff_id: String,
    pub event_time: i64,
    pub policy: String,
    pub policy_version: String,
    pub verdict: Verdict,
    /// The fields that differ.
    pub differs: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Same,
    Differs,
    /// Published, and nothing like it came out here.
    NotReproduced,
    /// It came out here, and is not in the topic.
    NotPublished,
}

impl Published {
    /// `known` are the policies that explain.
    pub fn compare(topic: &str, published: &[Value], reproduced: &[Value], known: &[&Policy]) -> Published {
        let mut left: Vec<&Value> = reproduced.iter().collect();
        let mut events = Vec::new();
        for event in published {
            // The same twice would be two reminders: those differ in time, and so the nearest in order is taken.
            let same_kind = |other: &&Value| identity(other) == identity(event);
            let exact =
                left.iter().position(|other| same_kind(other) && other["event_time"] == event["event_time"]);
            match exact.or_else(|| left.iter().position(same_kind)) {
                Some(at) => {
                    let differs = differences(event, left.remove(at));
                    let verdict = if differs.is_empty() { Verdict::Same } else { Verdict::Differs };
                    events.push(Compared::of(event, verdict, differs));
                }
                None => events.push(Compared::of(event, Verdict::NotReproduced, Vec::new())),
            }
        }
        events.extend(left.into_iter().map(|event| Compared::of(event, Verdict::NotPublished, Vec::new())));
        let mut other_policies: Vec<String> = events
            .iter()
            .filter(|event| {
                !known.iter().any(|known| event.policy == known.name && event.policy_version == known.version)
            })
            .map(|event| format!("{} {}", event.policy, event.policy_version))
            .collect();
        other_policies.sort();
        other_policies.dedup();
        Published { topic: topic.to_owned(), events, other_policies }
    }

    pub fn is_same(&self) -> bool {
        self.events.iter().all(|event| event.verdict == Verdict::Same)
    }
}

impl Compared {
    fn of(event: &Value, verdict: Verdict, differs: Vec<String>) -> Compared {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        Compared {
            kind: text("type"),
            handoff_id: text("handoff_id"),
            event_time: event["event_time"].as_i64().unwrap_or_default(),
            policy: text("policy"),
            policy_version: text("policy_version"),
            verdict,
            differs,
        }
    }
}

fn identity(event: &Value) -> (&Value, &Value) {
    (&event["type"], &event["handoff_id"])
}

/// Names of the fields that differ; one that is null and one that is not there are alike.
fn differences(a: &Value, b: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let (a, b) = (a.as_object().unwrap_or(&empty), b.as_object().unwrap_or(&empty));
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort();
    names.dedup();
    let at =
        |object: &serde_json::Map<String, Value>, name: &str| whole(object.get(name).unwrap_or(&Value::Null));
    names.into_iter().filter(|name| at(a, name) != at(b, name)).cloned().collect()
}

/// A value without its nulls, and with all numbers as doubles: formats write them differently.
fn whole(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), whole(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(whole).collect()),
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_published_event_is_the_same_differs_or_stands_alone() {
        let event = |kind: &str, id: &str, at: i64, queue: Value| {
            json!({"type": kind, "handoff_id": id, "event_time": at, "policy": "p.toml", "policy_version": "1",
                "queue": queue, "package": {"goal": null, "score": 1}})
        };
        let none = Value::Null;
        let mut older = event("requested", "h-3", 9, none.clone());
        older["policy_version"] = json!("0");
        let mut short = event("requested", "h-1", 5, none.clone());
        short["package"] = json!({"score": 1.0});
        let published = [
            short,
            event("unanswered", "h-1", 7, json!("a")),
            event("unanswered", "h-1", 8, json!("a")),
            older,
        ];
        let reproduced = [
            event("requested", "h-1", 5, none.clone()),
            event("unanswered", "h-1", 8, json!("b")),
            event("unanswered", "h-1", 7, json!("a")),
            event("canceled", "h-1", 9, none),
        ];
        let policy = crate::wire::policy::load("p.toml", "version = \"1\"").expect("a policy");
        let found = Published::compare("events", &published, &reproduced, &[&policy]);
        let shown: Vec<(&str, i64, Verdict, String)> = found
            .events
            .iter()
            .map(|one| (one.kind.as_str(), one.event_time, one.verdict, one.differs.join(" ")))
            .collect();
        assert_eq!(
            shown,
            [
                ("requested", 5, Verdict::Same, String::new()),
                ("unanswered", 7, Verdict::Same, String::new()),
                ("unanswered", 8, Verdict::Differs, "queue".to_owned()),
                ("requested", 9, Verdict::NotReproduced, String::new()),
                ("canceled", 9, Verdict::NotPublished, String::new()),
            ]
        );
        assert_eq!(found.other_policies, ["p.toml 0"]);
        assert!(!found.is_same());
    }
}
