//! A schema registry with Confluent's API: the only place that names its client.
//!
//! - [`client`]: one call a question, errors by consequence.
//! - [`subjects`]: whether a topic's schema is registered and fits; registering it.
//! - [`cached`]: writers' schemas by id, asked for once; says it once when the registry is away, and once when it is back.
//!
//! Absent: a call on the way of a record whose schema is known.

pub mod cached;
pub mod client;
pub mod subjects;

use std::fmt;

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It cannot be reached, is too slow, or is not well: ask again.
    Away(String),
    /// It does not let us: credentials.
    Refused(String),
    /// No such subject, version or schema.
    NoSuch(String),
    /// It does not take the schema.
    Incompatible(String),
    /// It answers otherwise than a schema registry does.
    Strange(String),
}

impl Error {
    pub fn message(&self) -> &str {
        match self {
            Error::Away(m)
            | Error::Refused(m)
            | Error::NoSuch(m)
            | Error::Incompatible(m)
            | Error::Strange(m) => m,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests;
