//! What the conversations of a test say, in rounds: turns, what the desktop reports of their hand-offs, and what customers
//! say after a return. A function of conversation numbers alone.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use segue::wire::format::Format;
use segue::wire::record::Record;
use segue::wire::{outcome, turn};

use super::{PATIENCE, Site};

const ROUND_MS: i64 = 120_000;
const SAID: [&str; 6] = [
    "where is my parcel, it should have been here by now",
    "I am looking this up for you right now",
    "the number is 12345 and the shop is in Leeds",
    "Thank you, the parcel left our warehouse on Monday",
    "good, and can it be delivered on Saturday morning",
    "Yes, Saturday is booked. Have a nice day",
];

/// A record of an input: its key and its value.
#[derive(Clone, Debug)]
pub struct Line {
    pub key: String,
    pub json: String,
}

/// What becomes of a hand-off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Closed,
    Returned,
    Abandoned,
    Resolved,
}

/// Everything that was made, in order.
#[derive(Default)]
pub struct Load {
    conversations: usize,
    /// Numbers of the last round.
    round: std::ops::Range<usize>,
    at: i64,
    pub turns: Vec<Line>,
    pub outcomes: Vec<Line>,
    /// How many events of a type must come of a conversation, from what was made so far.
    pub wanted: BTreeMap<(String, &'static str), usize>,
}

fn asks(number: usize) -> bool {
    number.is_multiple_of(3)
}

fn fate(number: usize) -> Fate {
    [Fate::Closed, Fate::Returned, Fate::Abandoned, Fate::Resolved][number / 3 % 4]
}

fn id(number: usize) -> String {
    format!("c-{number:06}")
}

impl Load {
    pub fn new() -> Load {
        Load { at: 1_760_000_000_000, ..Load::default() }
    }

    fn turn(&mut self, number: usize, seq: i64, role: &str, text: &str, ended: &str) -> Line {
        let (key, at) = (id(number), self.at + seq * 10_000 + (number % 500) as i64);
        let json = format!(
            r#"{{"event_id":"{key}-{seq}","conversation_id":"{key}","event_time":{at},"role":"{role}","turn_seq":{seq},"text":"{text}","channel":"chat","tenant":"shop","ended":{ended}}}"#
        );
        let line = Line { key, json };
        self.turns.push(line.clone());
        line
    }

    fn outcome(&mut self, number: usize, seq: i64, kind: &str, more: &str) -> Line {
        let (key, at) = (id(number), self.at + seq * 10_000 + (number % 500) as i64);
        let json = format!(
            r#"{{"event_id":"{key}-o{seq}","conversation_id":"{key}","event_time":{at},"type":"{kind}","queue":"first"{more}}}"#
        );
        let line = Line { key, json };
        self.outcomes.push(line.clone());
        line
    }

    fn want(&mut self, number: usize, kind: &'static str) {
        *self.wanted.entry((id(number), kind)).or_default() += 1;
    }

    /// A round of turns: every third conversation asks for a person, of the others some stay without an answer, the rest end.
    pub fn turns(&mut self, count: usize) -> Vec<Line> {
        self.at += ROUND_MS;
        self.round = self.conversations..self.conversations + count;
        self.conversations += count;
        let mut lines = Vec::new();
        for seq in 0..6 {
            for number in self.round.clone() {
                let role = if seq % 2 == 0 { "customer" } else { "ai" };
                let line = match seq {
                    4 if asks(number) => {
                        self.turn(number, 4, role, "please let me talk to a human agent", "null")
                    }
                    5 if asks(number) || number % 7 == 1 => continue,
                    5 => self.turn(number, 5, role, SAID[5], r#""resolved""#),
                    _ => self.turn(number, seq, role, SAID[seq as usize], "null"),
                };
                lines.push(line);
            }
        }
        for number in self.round.clone().filter(|number| asks(*number)) {
            self.want(number, "requested");
        }
        lines
    }

    /// What the desktop reports of the round's hand-offs. Send it when they were requested: live, the two inputs wait for
    /// each other only in a backlog.
    pub fn outcomes(&mut self) -> Vec<Line> {
        self.at += ROUND_MS;
        let mut lines = Vec::new();
        let steps = |fate| match fate {
            Fate::Closed => ["queued", "answered", "resolved", "wrapped_up", "closed"].as_slice(),
            Fate::Returned => &["queued", "answered", "returned"],
            Fate::Abandoned => &["queued", "abandoned"],
            Fate::Resolved => &["answered", "replied", "resolved"],
        };
        for seq in 0..5 {
            for number in self.round.clone().filter(|number| asks(*number)) {
                let Some(kind) = steps(fate(number)).get(seq) else { continue };
                let more = if *kind == "wrapped_up" { r#","talk_ms":61000,"acw_ms":5000"# } else { "" };
                let line = self.outcome(number, seq as i64, kind, more);
                lines.push(line);
            }
        }
        for number in self.round.clone().filter(|number| asks(*number)) {
            match fate(number) {
                Fate::Closed => self.want(number, "completed"),
                Fate::Returned => self.want(number, "returned"),
                Fate::Abandoned => self.want(number, "canceled"),
                Fate::Resolved => {}
            }
        }
        lines
    }

    /// After a return: half of the customers ask for a person again, the others are helped.
    pub fn after_return(&mut self) -> Vec<Line> {
        self.at += ROUND_MS;
        let mut lines = Vec::new();
        for seq in 6..8 {
            for number in self.round.clone().filter(|number| asks(*number) && fate(*number) == Fate::Returned)
            {
                let line = match (seq, number % 2 == 0) {
                    (6, _) => self.turn(number, 6, "customer", "and where can I see the invoice", "null"),
                    (_, true) => {
                        self.want(number, "requested");
                        self.turn(number, 7, "customer", "no, please connect me with a human agent", "null")
                    }
                    (_, false) => self.turn(number, 7, "ai", "It is in your account", r#""resolved""#),
                };
                lines.push(line);
            }
        }
        lines
    }

    /// The last turn, hours later: whatever the others are waiting for is over by then, live and in a replay.
    pub fn end(&mut self) -> Vec<Line> {
        self.at += 12 * 3_600_000;
        let number = self.conversations;
        self.conversations += 1;
        self.want(number, "requested");
        vec![self.turn(number, 0, "customer", "please let me talk to a human agent", "null")]
    }
}

/// The line as it is, or what it says as Avro.
fn written(format: Format, record: &impl Record, line: &Line) -> Vec<u8> {
    match format {
        Format::Json => line.json.clone().into_bytes(),
        Format::Avro(_) => {
            let mut value = Vec::new();
            format.write(record, &mut value);
            value
        }
    }
}

/// Writes inputs as a Java client would place them, in order, over outages.
pub struct Writer {
    producer: ThreadedProducer<DefaultProducerContext>,
    turns: String,
    outcomes: String,
    policies: String,
    /// How turns and outcomes are written; JSON unless said otherwise.
    pub formats: (Format, Format),
}

impl Writer {
    pub fn new(site: &Site) -> Writer {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &site.bootstrap)
            // One that met a partition between two leaders may not ask again before (default: five minutes).
            .set("topic.metadata.refresh.interval.ms", "5000")
            .set("partitioner", "murmur2_random")
            .set("enable.idempotence", "true")
            .set("message.max.bytes", "33554432")
            .set("reconnect.backoff.max.ms", "1000")
            .create()
            .expect("a producer");
        let (turns, outcomes) = (site.topic("conversation.turns"), site.topic("handoff.outcomes"));
        let policies = site.topic("segue.policies");
        Writer { producer, turns, outcomes, policies, formats: Default::default() }
    }

    /// Turns, on their way: [`Writer::flush`] waits until they are written.
    pub fn turns(&self, lines: &[Line]) {
        for line in lines {
            let turn = turn::decode(line.json.as_bytes()).expect("a turn");
            let value = written(self.formats.0, &turn, line);
            self.send(BaseRecord::to(&self.turns).key(&line.key).payload(&value));
        }
    }

    pub fn outcomes(&self, lines: &[Line]) {
        for line in lines {
            let outcome = outcome::decode(line.json.as_bytes()).expect("an outcome");
            let value = written(self.formats.1, &outcome, line);
            self.send(BaseRecord::to(&self.outcomes).key(&line.key).payload(&value));
        }
    }

    /// Any record at all on the turns.
    pub fn raw(&self, key: Option<&[u8]>, value: Option<&[u8]>) {
        let record = BaseRecord { key, payload: value, ..BaseRecord::<[u8], [u8]>::to(&self.turns) };
        self.send(record.partition(0));
    }

    /// A turn with headers, on the first partition.
    pub fn with_headers(&self, key: &str, json: &str, headers: OwnedHeaders) {
        self.send(BaseRecord::to(&self.turns).key(key).payload(json).headers(headers).partition(0));
    }

    /// A text among the applied policies, as somebody else may put it there.
    pub fn policy(&self, text: &str) {
        self.send(BaseRecord::to(&self.policies).key("policy").payload(text));
    }

    fn send<K, V>(&self, record: BaseRecord<'_, K, V>)
    where
        K: rdkafka::message::ToBytes + ?Sized,
        V: rdkafka::message::ToBytes + ?Sized,
    {
        let mut record = record;
        while let Err((failure, refused)) = self.producer.send(record) {
            let full = matches!(failure, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            assert!(full, "{failure}");
            record = refused;
            self.producer.poll(std::time::Duration::from_millis(20));
        }
    }

    pub fn flush(&self) {
        self.producer.flush(PATIENCE).expect("the input is written");
    }
}
