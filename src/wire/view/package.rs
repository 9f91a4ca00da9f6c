//! What a person who takes over must know, in the view: facts, steps, the identity check.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::domain::package::{Fact, StepTaken, Verification};

/// Name → fact, in the order of the state.
pub struct Facts<'a>(pub &'a [Fact]);

#[derive(Serialize)]
struct FactView<'a> {
    value: &'a str,
    values: &'a [String],
    source: &'static str,
    event_id: &'a str,
    at: i64,
}

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for fact in self.0 {
            let Fact { name, value, values, source, event_id, at, loose: _ } = fact;
            map.serialize_entry(name, &FactView { value, values, source: source.name(), event_id, at: *at })?;
        }
        map.end()
    }
}

/// See [`step`].
#[derive(Serialize)]
pub struct StepView<'a> {
    action: &'a str,
    arguments: Pairs<'a>,
    status: &'static str,
    result: Option<&'a str>,
    event_id: &'a str,
}

/// A step that was taken.
pub fn step(step: &StepTaken) -> StepView<'_> {
    StepView {
        action: &step.action,
        arguments: Pairs(&step.arguments),
        status: step.status.name(),
        result: step.result.as_deref(),
        event_id: &step.event_id,
    }
}

/// A list of pairs as an object.
struct Pairs<'a>(&'a [(String, String)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// See [`verification`].
#[derive(Serialize)]
pub struct VerificationView<'a> {
    method: Option<&'a str>,
    status: &'a str,
    event_id: &'a str,
    at: i64,
}

/// The last identity check.
pub fn verification(last: &Verification) -> VerificationView<'_> {
    VerificationView {
        method: last.method.as_deref(),
        status: &last.status,
        event_id: &last.event_id,
        at: last.at,
    }
}
