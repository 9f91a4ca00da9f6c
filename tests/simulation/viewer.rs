//! Somebody who watches: asks a member how conversations stand, as the HTTP side does.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use segue::engine::view::{Query, Seen};

/// One watcher a member.
pub struct Viewer {
    to: SyncSender<Query>,
    reply: SyncSender<Option<Seen>>,
    replies: Receiver<Option<Seen>>,
    count: u64,
    /// Conversations asked for, the oldest first; answers come in the same order.
    asked: VecDeque<String>,
}

impl Viewer {
    /// And the end that the member answers.
    pub fn new() -> (Viewer, Receiver<Query>) {
        const WAITING: usize = 64;
        let (to, queries) = sync_channel(WAITING);
        let (reply, replies) = sync_channel(WAITING);
        (Viewer { to, reply, replies, count: 0, asked: VecDeque::new() }, queries)
    }

    /// Asks for the next of so many conversations, in turn.
    pub fn ask(&mut self, conversations: u64) {
        let conversation_id = format!("c-{}", self.count % conversations.max(1));
        self.count += 1;
        let query = Query { conversation_id: conversation_id.clone(), reply: self.reply.clone() };
        // A member that cannot settle a commit does not answer; then the queue is full, and the question is not missed.
        if self.to.try_send(query).is_ok() {
            self.asked.push_back(conversation_id);
        }
    }

    /// What it was shown since the last time.
    pub fn seen(&mut self) -> Vec<(String, Seen)> {
        let answers = self.replies.try_iter();
        answers.filter_map(|seen| self.asked.pop_front().zip(seen)).collect()
    }
}
