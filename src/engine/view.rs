//! The committed state as others may see it: a question to the thread that owns the conversation, answered between batches.

use std::sync::mpsc::SyncSender;

use crate::domain::conversation::Conversation;

/// "How does this conversation stand?" Sent to every worker; the one that owns it answers `Some`.
#[derive(Debug)]
pub struct Query {
    pub conversation_id: String,
    pub reply: SyncSender<Option<Seen>>,
}

/// A committed conversation and where it lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub partition: i32,
    pub conversation: Box<Conversation>,
}
