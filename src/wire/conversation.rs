//! A conversation in the changelog and in memory: packed, versioned bytes.
use super::Problem;
use crate::domain::conversation::Conversation;

/// Appends the packed state.
pub fn encode(_conversation: &Conversation, _out: &mut Vec<u8>) {
    todo!("in work")
}

/// Reads it back. Errors: the bytes are not a state this version can read.
pub fn decode(_bytes: &[u8]) -> Result<Conversation, Problem> {
    todo!("in work")
}
