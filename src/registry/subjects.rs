//! A topic's subject in the registry: `<topic>-value`.
//!
//! ```text
//! OUTPUT 1 all versions of the subject
//!        2 the newest must fit ours both ways: what reads the topic must read what we write, and the other way round
//!        3 a version with our canonical form is ours: its id goes before every value
//!        4 none: the registry's own check says whether it would take ours; registering it is told, or done
//! INPUT  1 the newest version must have the fields without which no record can be read; no subject is no problem
//! ```

use super::Error;
use super::client::{Client, Kind, Registered};
use crate::wire::avro::{Contract, Plan, fingerprint_of};

/// Who writes the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
}

impl Direction {
    /// What the compatibility level of a new subject is set to.
    pub fn compatibility(self) -> &'static str {
        match self {
            // Readers must read what older writers wrote.
            Direction::Input => "BACKWARD_TRANSITIVE",
            // Readers are unknown, and history is read again.
            Direction::Output => "FULL_TRANSITIVE",
        }
    }
}

/// One subject that we care about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub name: String,
    pub contract: Contract,
    pub direction: Direction,
}

impl Subject {
    /// The subject of a topic's values.
    pub fn of(topic: &str, contract: Contract, direction: Direction) -> Subject {
        Subject { name: format!("{topic}-value"), contract, direction }
    }
}

/// How a subject stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Our schema is there (for an input: one that we can read).
    Registered { id: u32, version: u32 },
    /// No such subject.
    Missing,
    /// The subject is there, our schema is not, and the registry would take it.
    Behind { newest: u32 },
    /// What is there does not fit.
    Wrong { problem: String, remedy: String },
}

/// Asks how a subject stands.
pub fn state(client: &Client, subject: &Subject) -> Result<State, Error> {
    let versions = client.versions(&subject.name)?;
    match subject.direction {
        Direction::Input => Ok(versions.last().map_or(State::Missing, |newest| readable(subject, newest))),
        Direction::Output => written(client, subject, &versions),
    }
}

fn readable(subject: &Subject, newest: &Registered) -> State {
    let Registered { id, version, .. } = *newest;
    let problem = match newest.kind {
        Kind::Json => None,
        Kind::Other(ref kind) => Some(format!("is {kind}, and Segue reads Avro and JSON")),
        // A schema in parts is put together when its first record comes.
        Kind::Avro if !newest.references.is_empty() => None,
        Kind::Avro => match Plan::parse(&newest.text) {
            Err(why) => Some(why),
            Ok(plan) => match plan.without(&subject.contract.required()).as_slice() {
                [] => None,
                missing => Some(format!("has no {}, so no record of it could be read", missing.join(", "))),
            },
        },
    };
    match problem {
        None => State::Registered { id, version },
        Some(problem) => State::Wrong {
            problem: format!("version {version} {problem}"),
            remedy: format!(
                "let its writers use the fields of `segue schemas show {}`, or name another topic",
                subject.contract.name()
            ),
        },
    }
}

fn written(client: &Client, subject: &Subject, versions: &[Registered]) -> Result<State, Error> {
    let Some(newest) = versions.last() else { return Ok(State::Missing) };
    let wrong = |problem: String| {
        State::Wrong {
        problem,
        remedy: "set topics.prefix or the topic's name so that the subject is Segue's own, or delete the version that does not fit"
            .to_owned(),
    }
    };
    let fits = match newest.kind {
        Kind::Avro => subject.contract.fits(&newest.text),
        Kind::Json | Kind::Other(_) => Err("it is not Avro".to_owned()),
    };
    if let Err(why) = fits {
        return Ok(wrong(format!("version {} does not fit: {why}", newest.version)));
    }
    let mark = subject.contract.fingerprint();
    let same = |one: &&Registered| one.kind == Kind::Avro && fingerprint_of(&one.text) == Some(mark);
    if let Some(Registered { id, version, .. }) = versions.iter().rev().find(same) {
        return Ok(State::Registered { id: *id, version: *version });
    }
    Ok(if client.takes(&subject.name, subject.contract.text())? {
        State::Behind { newest: newest.version }
    } else {
        wrong(format!("the registry would not take Segue's schema behind version {}", newest.version))
    })
}

/// Registers what is missing, and sets the level of a new subject. Errors: the registry's.
pub fn register(client: &Client, subject: &Subject, state: State) -> Result<State, Error> {
    match state {
        State::Registered { .. } | State::Wrong { .. } => return Ok(state),
        State::Missing | State::Behind { .. } => {}
    }
    client.register(&subject.name, subject.contract.text())?;
    if state == State::Missing {
        let level = subject.direction.compatibility();
        if let Err(error) = client.set_compatibility(&subject.name, level) {
            tracing::warn!(subject = subject.name, level, %error, "the schema is registered, its compatibility level is not set");
        }
    }
    self::state(client, subject)
}
