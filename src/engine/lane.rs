//! The input side of one partition: what was fetched and not yet taken, in which order it is taken, and where each input
//! stands.
//!
//! Order: of the inputs' heads the one with the smaller event time is taken next (equal: the leading input first). While
//! an input is behind the end it had when we got the partition (a backlog), its missing head is waited for; once caught
//! up, nothing waits.

use std::collections::VecDeque;

use super::port::{Record, Topic};
use crate::domain::ids::Millis;

/// One input topic of the partition.
#[derive(Debug)]
pub struct Input {
    pub topic: Topic,
    queue: VecDeque<Queued>,
    /// Of the records in the queue.
    queued_bytes: usize,
    /// Next offset to commit, as the running batch sees it: last taken + 1.
    pub next: i64,
    /// The same as of the last commit.
    pub next_committed: i64,
    /// End of the input when the partition was restored.
    pub backlog_end: i64,
    caught_up: bool,
    pub paused: bool,
    /// Everything not taken is newer than this, epoch ms by Kafka's timestamps: the last record taken, or our clock when
    /// nothing was left. `None` before either.
    pub newer_than: Option<Millis>,
}

#[derive(Debug)]
struct Queued {
    record: Record,
    event_time: Option<Millis>,
    peeked: bool,
}

/// All inputs of one partition.
#[derive(Debug)]
pub struct Lane {
    pub inputs: Vec<Input>,
}

impl Lane {
    pub fn new(topics: &[Topic]) -> Lane {
        let input = |topic: &Topic| Input {
            topic: *topic,
            queue: VecDeque::new(),
            queued_bytes: 0,
            next: 0,
            next_committed: 0,
            backlog_end: 0,
            caught_up: false,
            paused: true,
            newer_than: None,
        };
        Lane { inputs: topics.iter().map(input).collect() }
    }

    pub fn input(&mut self, topic: Topic) -> Option<&mut Input> {
        self.inputs.iter_mut().find(|input| input.topic == topic)
    }

    /// A fetched record waits its turn. One behind `next` is not ours to take twice and is dropped.
    pub fn push(&mut self, record: Record) {
        if let Some(input) = self.input(record.topic)
            && record.offset >= input.next
        {
            input.queued_bytes += record.size();
            input.queue.push_back(Queued { record, event_time: None, peeked: false });
        }
    }

    /// Starts at these offsets with nothing queued.
    pub fn start(&mut self, topic: Topic, next: i64, backlog_end: i64) {
        if let Some(input) = self.input(topic) {
            input.clear();
            input.next = next;
            input.next_committed = next;
            input.backlog_end = backlog_end;
            input.caught_up = next >= backlog_end;
        }
    }

    /// Says how far the consumer got on an input: markers and aborted records move it without a record.
    pub fn reached(&mut self, topic: Topic, position: i64) {
        if let Some(input) = self.input(topic)
            && input.queue.is_empty()
            && position >= input.backlog_end
        {
            input.caught_up = true;
        }
    }

    /// Inputs whose backlog is not finished and which have nothing queued: ask the consumer for their position.
    pub fn waiting_inputs(&self) -> impl Iterator<Item = Topic> + '_ {
        self.inputs.iter().filter(|input| !input.caught_up && input.queue.is_empty()).map(|input| input.topic)
    }

    /// The backlog of every input is finished.
    pub fn is_caught_up(&self) -> bool {
        self.inputs.iter().all(|input| input.caught_up && input.queue.is_empty())
    }

    pub fn queued(&self) -> usize {
        self.inputs.iter().map(|input| input.queue.len()).sum()
    }

    /// Next offset of each input, in the topology's order.
    pub fn next_offsets(&self) -> Vec<i64> {
        self.inputs.iter().map(|input| input.next).collect()
    }

    /// The records one of which would be taken next.
    pub fn heads(&self) -> impl Iterator<Item = &Record> {
        self.inputs.iter().filter_map(|input| input.queue.front()).map(|queued| &queued.record)
    }

    /// Takes the next record in order; `None` where there is none, or the missing head of a backlog must come first.
    pub fn take(&mut self, event_time: impl Fn(&Record) -> Option<Millis>) -> Option<Record> {
        let chosen = match self.inputs.as_mut_slice() {
            [only] => (!only.queue.is_empty()).then_some(0)?,
            inputs => {
                let blocked = inputs.iter().any(|input| input.queue.is_empty() && !input.caught_up);
                if blocked {
                    return None;
                }
                let heads = inputs.iter().filter(|input| !input.queue.is_empty()).count();
                if heads > 1 {
                    for input in inputs.iter_mut() {
                        input.peek(&event_time);
                    }
                }
                let head = |(index, input): (usize, &Input)| {
                    // A record without a readable time goes at once: it will be a dead letter.
                    input.queue.front().map(|queued| (queued.event_time.unwrap_or(Millis::MIN), index))
                };
                inputs.iter().enumerate().filter_map(head).min()?.1
            }
        };
        let input = &mut self.inputs[chosen];
        let queued = input.queue.pop_front()?;
        input.queued_bytes -= queued.record.size();
        input.next = queued.record.offset + 1;
        input.newer_than = queued.record.timestamp.or(input.newer_than);
        if input.queue.is_empty() && input.next >= input.backlog_end {
            input.caught_up = true;
        }
        Some(queued.record)
    }

    /// The batch is committed.
    pub fn commit(&mut self) {
        for input in &mut self.inputs {
            input.next_committed = input.next;
        }
    }

    /// The batch is dropped: nothing is queued, and reading starts again at the committed offsets.
    pub fn rollback(&mut self) {
        for input in &mut self.inputs {
            input.clear();
            input.next = input.next_committed;
            input.caught_up = input.next >= input.backlog_end;
        }
    }
}

impl Input {
    fn peek(&mut self, event_time: &impl Fn(&Record) -> Option<Millis>) {
        if let Some(queued) = self.queue.front_mut()
            && !queued.peeked
        {
            queued.event_time = event_time(&queued.record);
            queued.peeked = true;
        }
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.queued_bytes = 0;
    }

    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Bytes of keys and values that wait.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Kafka's timestamp of the next record, if it is fetched.
    pub fn head_timestamp(&self) -> Option<Millis> {
        self.queue.front().and_then(|queued| queued.record.timestamp)
    }
}
