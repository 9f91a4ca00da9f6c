//! Writers' schemas by id.
//!
//! Source of truth for: what the registry has said. An id is asked for once; its schema never changes.
//! One thread asks at a time. While the registry is away nobody asks more often than [`AGAIN_AFTER`], and everybody else
//! hears at once that it is.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use hashbrown::HashMap;

use super::Error;
use super::client::{Client, Kind, Registered};
use crate::wire::avro::{Away, Plan, Registry, Writer};

/// How long nobody asks after a question without an answer.
pub const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A registry of several machines may know an id a moment later: so long an unknown one is asked for again.
pub const UNKNOWN_FOR: Duration = Duration::from_secs(3);
/// Then its records are dead letters, and it is asked for again so often.
const UNKNOWN_AGAIN: Duration = Duration::from_secs(60);
/// Unknown ids that are remembered.
const UNKNOWN_MAX: usize = 1_000;

/// See the module.
pub struct Cached {
    client: Client,
    known: RwLock<HashMap<u32, Writer>>,
    asking: Mutex<Asking>,
}

#[derive(Default)]
struct Asking {
    /// Told that it is away, and not yet that it is back.
    is_away: bool,
    /// Nobody asks before.
    not_before: Option<Instant>,
    unknown: HashMap<u32, Unknown>,
}

/// An id that the registry does not know.
#[derive(Clone, Copy)]
struct Unknown {
    since: Instant,
    asked: Instant,
}

impl Cached {
    pub fn new(client: Client) -> Cached {
        Cached { client, known: RwLock::default(), asking: Mutex::default() }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Takes over what was learnt otherwise.
    pub fn learn(&self, registered: &Registered) {
        if let Ok(writer) = self.writer_of(registered) {
            self.keep(registered.id, writer);
        }
    }

    fn keep(&self, id: u32, writer: Writer) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id, writer);
    }

    fn known(&self, id: u32) -> Option<Writer> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The schema made ready, what it refers to fetched. Errors: the registry's.
    fn writer_of(&self, registered: &Registered) -> Result<Writer, Error> {
        let plan = match &registered.kind {
            Kind::Json => return Ok(Writer::Json),
            Kind::Other(kind) => {
                return Ok(Writer::NoSuch(format!("its schema is {kind}; send Avro or JSON")));
            }
            Kind::Avro => {
                let mut inner = Vec::new();
                self.fetch(&registered.references, &mut inner, 0)?;
                Plan::parse_with(&registered.text, &inner)
            }
        };
        Ok(match plan {
            Ok(plan) => Writer::Known(Arc::new(plan)),
            Err(why) => Writer::NoSuch(format!("its schema cannot be used: {why}")),
        })
    }

    /// What is referred to, innermost first.
    fn fetch(&self, references: &[(String, u32)], into: &mut Vec<String>, depth: u32) -> Result<(), Error> {
        const DEPTH_MAX: u32 = 16;
        if depth > DEPTH_MAX {
            return Err(Error::NoSuch(format!("schemas refer to each other deeper than {DEPTH_MAX}")));
        }
        for (subject, version) in references {
            let found = self.client.version(subject, *version)?;
            self.fetch(&found.references, into, depth + 1)?;
            if !into.contains(&found.text) {
                into.push(found.text);
            }
        }
        Ok(())
    }

    fn ask(&self, id: u32, asking: &mut Asking) -> Result<Writer, Away> {
        let now = Instant::now();
        let waits = |until: Instant| now < until;
        if asking.not_before.is_some_and(waits) {
            return Err(Away);
        }
        if let Some(unknown) = asking.unknown.get(&id) {
            let is_lost = unknown.asked - unknown.since >= UNKNOWN_FOR;
            if is_lost && waits(unknown.asked + UNKNOWN_AGAIN) {
                return Ok(no_such(id));
            }
            if !is_lost && waits(unknown.asked + AGAIN_AFTER / 2) {
                return Err(Away);
            }
        }
        match self.client.schema(id).and_then(|registered| self.writer_of(&registered)) {
            Ok(writer) => {
                asking.unknown.remove(&id);
                asking.is_back();
                self.keep(id, writer.clone());
                Ok(writer)
            }
            Err(Error::NoSuch(_)) => {
                asking.is_back();
                if asking.unknown.len() >= UNKNOWN_MAX {
                    asking.unknown.clear();
                }
                let asked = Instant::now();
                let unknown = asking.unknown.entry(id).or_insert(Unknown { since: asked, asked });
                unknown.asked = asked;
                if asked - unknown.since >= UNKNOWN_FOR { Ok(no_such(id)) } else { Err(Away) }
            }
            Err(error) => {
                if !std::mem::replace(&mut asking.is_away, true) {
                    tracing::warn!(
                        cause = %error,
                        "the schema registry does not answer as it should; records whose schema is not known yet wait for it"
                    );
                }
                asking.not_before = Some(Instant::now() + AGAIN_AFTER);
                Err(Away)
            }
        }
    }
}

impl Asking {
    fn is_back(&mut self) {
        self.not_before = None;
        if std::mem::take(&mut self.is_away) {
            tracing::info!("the schema registry answers again");
        }
    }
}

fn no_such(id: u32) -> Writer {
    Writer::NoSuch(format!("the registry knows no schema with the id {id}; register it before it is used"))
}

impl Registry for Cached {
    fn writer(&self, id: u32) -> Result<Writer, Away> {
        if let Some(writer) = self.known(id) {
            return Ok(writer);
        }
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have asked meanwhile.
        match self.known(id) {
            Some(writer) => Ok(writer),
            None => self.ask(id, &mut asking),
        }
    }
}
