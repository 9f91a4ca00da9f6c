//! How values are read and written: which contract a topic has, the format of each output, and the schemas of inputs.

use super::port::Topic;
use crate::domain::ids::Millis;
use crate::wire::avro::{Contract, Reader};
use crate::wire::format::Format;
use crate::wire::{outcome, turn};

/// The contract of a topic's values; `None`: only we read it, or it is no record.
pub fn contract(topic: Topic) -> Option<Contract> {
    match topic {
        Topic::Turns => Some(Contract::Turn),
        Topic::Outcomes => Some(Contract::Outcome),
        Topic::Events | Topic::Shadow => Some(Contract::Event),
        Topic::Summaries => Some(Contract::Summary),
        Topic::Metrics => Some(Contract::Window),
        Topic::DeadLetters => Some(Contract::DeadLetter),
        Topic::Policies | Topic::Changelog | Topic::Deltas => None,
    }
}

/// When an input's record happened, as far as that can be read without reading all of it; `None` for other topics.
pub fn event_time(reader: &Reader, topic: Topic, value: &[u8]) -> Option<Millis> {
    match topic {
        Topic::Turns => reader.event_time(value, turn::peek_event_time),
        Topic::Outcomes => reader.event_time(value, outcome::peek_event_time),
        Topic::Events
        | Topic::Summaries
        | Topic::Metrics
        | Topic::Shadow
        | Topic::DeadLetters
        | Topic::Policies
        | Topic::Changelog
        | Topic::Deltas => None,
    }
}

/// What others send.
pub const INPUTS: [Topic; 2] = [Topic::Turns, Topic::Outcomes];
/// What others read.
pub const OUTPUTS: [Topic; 5] =
    [Topic::Events, Topic::Summaries, Topic::Metrics, Topic::Shadow, Topic::DeadLetters];

/// The format of each topic that is written for others; JSON unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats([Format; Topic::ALL.len()]);

impl Formats {
    #[inline]
    pub fn of(&self, topic: Topic) -> Format {
        self.0[topic as usize]
    }

    pub fn with(mut self, topic: Topic, format: Format) -> Formats {
        self.0[topic as usize] = format;
        self
    }
}

/// What every task of a process shares. By default: JSON out; JSON and our own schemas in.
#[derive(Clone, Debug, Default)]
pub struct Codec {
    pub formats: Formats,
    pub reader: Reader,
}
