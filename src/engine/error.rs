//! Errors by consequence.

use std::fmt;

/// What a failure means for the loop. The message names topic, partition and offset where there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The same call may be made again.
    Retry(String),
    /// The transaction must be aborted; the producer lives.
    Abort(String),
    /// The outcome is unknown or the producer is dead: renew it and read back what happened.
    Reload(String),
    /// Our partitions or our epoch belong to someone else now.
    Lost(String),
    /// Nobody but the operator can help: stop, exit code 1.
    Fatal(String),
}

impl Error {
    pub fn message(&self) -> &str {
        match self {
            Error::Retry(m) | Error::Abort(m) | Error::Reload(m) | Error::Lost(m) | Error::Fatal(m) => m,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}
