//! Which schema a value was written with, and the value as JSON.

use std::fmt;
use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

use super::contract::Contract;
use super::frame::Frame;
use super::plan::Plan;
use super::unfold::{Fault, peek, unfold};
use crate::domain::ids::Millis;
use crate::wire::Problem;

/// The seam to a schema registry. Two implementations: the client of a real one, and [`NoRegistry`].
///
/// Invariant: an answer of `Known` or `NoSuch` is the registry's; while it does not answer, it is [`Away`].
pub trait Registry: Send + Sync {
    /// The schema with this id. May block for as long as the registry's time-out.
    fn writer(&self, id: u32) -> Result<Writer, Away>;
}

/// What a registry says about an id.
#[derive(Clone, Debug)]
pub enum Writer {
    Known(Arc<Plan>),
    /// A JSON Schema: what follows the frame is JSON.
    Json,
    /// No schema that can be read: why, and what to do.
    NoSuch(String),
}

/// The registry does not answer. It says so itself, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// No registry is set: no id means anything.
#[derive(Clone, Copy, Debug)]
pub struct NoRegistry;

impl Registry for NoRegistry {
    fn writer(&self, _id: u32) -> Result<Writer, Away> {
        Ok(Writer::NoSuch("no registry is set that could tell its schema; set registry.url".to_owned()))
    }
}

/// Turns values of any format into JSON. Shared by all threads.
#[derive(Clone)]
pub struct Reader {
    known: Arc<Known>,
    registry: Arc<dyn Registry>,
}

/// Schemas by fingerprint.
struct Known {
    /// Our own, of every released version: made ready when the first value names one by its fingerprint.
    ours: OnceLock<HashMap<u64, Arc<Plan>>>,
    /// What the user gave.
    more: HashMap<u64, Arc<Plan>>,
}

impl Known {
    fn plan(&self, fingerprint: u64) -> Option<&Arc<Plan>> {
        let ours = || {
            let texts = Contract::ALL.iter().flat_map(|contract| contract.released());
            let plans = texts.map(|text| Plan::parse(text).expect("our own schemas are parsed by a test"));
            plans.map(|plan| (plan.fingerprint, Arc::new(plan))).collect()
        };
        self.more.get(&fingerprint).or_else(|| self.ours.get_or_init(ours).get(&fingerprint))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("more", &self.known.more.len()).finish_non_exhaustive()
    }
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new(Vec::new(), Arc::new(NoRegistry))
    }
}

/// A value as JSON text, and where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Document<'b> {
    pub json: &'b [u8],
    frame: Option<Frame>,
}

impl Document<'_> {
    /// Names the writer's schema beside a problem with the record.
    pub fn explain(&self, problem: Problem) -> Problem {
        match self.frame {
            None => problem,
            Some(frame) => Problem { error: format!("{} (Avro, {frame})", problem.error), ..problem },
        }
    }
}

impl Reader {
    /// `more`: schemas of writers that use single-object encoding with a schema of their own.
    pub fn new(more: Vec<Plan>, registry: Arc<dyn Registry>) -> Reader {
        let more = more.into_iter().map(|plan| (plan.fingerprint, Arc::new(plan))).collect();
        Reader { known: Arc::new(Known { ours: OnceLock::new(), more }), registry }
    }

    /// Whether the value can be read now: its schema is at hand, or no schema is needed. May ask the registry.
    pub fn is_at_hand(&self, value: &[u8]) -> bool {
        match value.first() {
            Some(0) => match Frame::split(value) {
                Ok(Some((Frame::Confluent(id), _))) => self.registry.writer(id).is_ok(),
                Ok(_) | Err(_) => true,
            },
            Some(_) | None => true,
        }
    }

    /// The value as JSON: itself, or unfolded into `scratch`. Errors: stage `decode`.
    pub fn document<'b>(&self, value: &'b [u8], scratch: &'b mut Vec<u8>) -> Result<Document<'b>, Problem> {
        let (frame, datum) = match Frame::split(value) {
            Ok(None) => return Ok(Document { json: value, frame: None }),
            Ok(Some(framed)) => framed,
            Err(what) => return Err(problem(what.to_owned(), None)),
        };
        let plan = match self.writer(frame) {
            Writer::Known(plan) => plan,
            Writer::Json => return Ok(Document { json: datum, frame: None }),
            Writer::NoSuch(why) => return Err(problem(format!("{frame}: {why}"), None)),
        };
        scratch.clear();
        unfold(&plan, datum, scratch).map_err(|fault| explained(frame, fault))?;
        Ok(Document { json: scratch, frame: Some(frame) })
    }

    /// `event_time` of a value, cheaply; `None` where there is none to read. `json` reads it from JSON.
    pub fn event_time(&self, value: &[u8], json: fn(&[u8]) -> Option<Millis>) -> Option<Millis> {
        match Frame::split(value) {
            Ok(None) => json(value),
            Ok(Some((frame, datum))) => match self.writer(frame) {
                Writer::Known(plan) => peek(&plan, datum, "event_time"),
                Writer::Json => json(datum),
                Writer::NoSuch(_) => None,
            },
            Err(_) => None,
        }
    }

    /// A registry that went away since [`Reader::is_at_hand`] said yes has still told: what is known stays known.
    fn writer(&self, frame: Frame) -> Writer {
        match frame {
            Frame::SingleObject(fingerprint) => match self.known.plan(fingerprint) {
                Some(plan) => Writer::Known(plan.clone()),
                None => Writer::NoSuch(
                    "no schema with this fingerprint is known; put the writer's schema (.avsc) into registry.folder"
                        .to_owned(),
                ),
            },
            Frame::Confluent(id) => self
                .registry
                .writer(id)
                .unwrap_or_else(|Away| Writer::NoSuch("the registry does not answer".to_owned())),
        }
    }
}

fn problem(error: String, field: Option<String>) -> Problem {
    Problem { stage: "decode", error, field }
}

#[cold]
fn explained(frame: Frame, fault: Fault) -> Problem {
    let Fault { what, at, field } = fault;
    let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
    problem(
        format!("{place}{what} at byte {at} of the datum (Avro, {frame})"),
        (!field.is_empty()).then_some(field),
    )
}
