//! What is in the inputs: conversations with turns of all roles, outcomes, duplicates, records late, out of order and bad.

use segue::domain::ids::Millis;
use segue::domain::outcome::{Outcome, OutcomeKind};
use segue::domain::turn::{Action, Claim, Role, ToolStatus, Turn};
use segue::engine::port::Topic;
use segue::wire;

use super::rng::Rng;
use super::scenario::{Family, Scenario};
use super::words;

/// The first event of every workload.
pub const START: Millis = 1_764_000_000_000;
const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

/// How a record gets into its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Plain,
    /// Within a transaction that commits; one that aborts leaves nothing but offsets.
    Committed,
    Aborted,
}

/// One record on its way.
#[derive(Clone, Debug)]
pub struct Sent {
    pub topic: Topic,
    /// `None`: by key.
    pub partition: Option<i32>,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// When it is appended.
    pub at: Millis,
    /// Its Kafka timestamp, where that is not the moment of the append.
    pub timestamp: Option<Millis>,
    pub via: Via,
}

/// A whole input, in the order of its appends.
pub fn draw(scenario: &Scenario, rng: &mut Rng) -> Vec<Sent> {
    let spread = *rng.pick(&[MINUTE, HOUR, 72 * HOUR, 240 * HOUR]);
    let mut all = Vec::new();
    for number in 0..scenario.conversations {
        let from = START + rng.between(0, spread);
        let mut talk = Talk::new(scenario, number, from, rng);
        talk.turns(rng);
        if scenario.family == Family::Backlog && rng.often(600) {
            talk.outcomes(rng);
        }
        all.append(&mut talk.sent);
    }
    for _ in 0..rng.below(6) {
        let at = rng.index(all.len());
        let later = match scenario.family {
            Family::Live => 0,
            Family::Backlog => {
                let most = late_by_at_most(scenario, rng);
                rng.between(0, most)
            }
        };
        all.push(Sent { at: all[at].at + later, ..all[at].clone() });
    }
    for _ in 0..rng.below(7) {
        let at = rng.index(all.len());
        all.push(spoiled(&all[at], scenario, rng));
    }
    all.sort_by_key(|sent| sent.at);
    all
}

/// How far a record may be behind. Live, never more than the lateness: what is later undoes nothing, and is no fair test.
fn late_by_at_most(scenario: &Scenario, rng: &mut Rng) -> Millis {
    match scenario.family {
        Family::Live => scenario.lateness_ms,
        Family::Backlog => rng.weighted(&[(20, scenario.lateness_ms), (8, 2 * HOUR), (2, 100 * HOUR)]),
    }
}

/// One conversation as it is made up.
struct Talk<'a> {
    scenario: &'a Scenario,
    id: String,
    tenant: Option<&'static str>,
    channel: Option<&'static str>,
    is_test: bool,
    numbered: bool,
    from: Millis,
    clock: Millis,
    count: i64,
    sent: Vec<Sent>,
}

impl<'a> Talk<'a> {
    fn new(scenario: &'a Scenario, number: u64, from: Millis, rng: &mut Rng) -> Talk<'a> {
        Talk {
            scenario,
            id: format!("c-{number}"),
            tenant: rng.often(700).then(|| *rng.pick(words::TENANTS)),
            channel: rng.often(700).then(|| *rng.pick(words::CHANNELS)),
            is_test: rng.often(50),
            numbered: rng.often(400),
            from,
            clock: from,
            count: 0,
            sent: Vec::new(),
        }
    }

    fn turns(&mut self, rng: &mut Rng) {
        let roles =
            [Role::Customer, Role::Ai, Role::Customer, Role::Tool, Role::Ai, Role::Human, Role::System];
        let calm = rng.often(500);
        for number in 0..rng.between(2, 10) {
            self.pause(calm, rng);
            let role = match calm {
                true => [Role::Customer, Role::Ai][number as usize % 2],
                false => *rng.pick(&roles),
            };
            let event_id = self.next("t");
            let mut turn = Turn::new("", "", self.clock, role);
            turn.event_id = event_id.into();
            turn.conversation_id = self.id.clone().into();
            turn.turn_seq = self.numbered.then_some(number);
            turn.tenant = self.tenant.map(Into::into);
            turn.channel = self.channel.map(Into::into);
            turn.is_test = self.is_test;
            say(&mut turn, rng);
            let mut value = Vec::new();
            wire::turn::encode(&turn, &mut value);
            self.send(Topic::Turns, self.clock, value, rng);
        }
    }

    fn outcomes(&mut self, rng: &mut Rng) {
        let usual = [OutcomeKind::Queued, OutcomeKind::Answered, OutcomeKind::Replied, OutcomeKind::Returned];
        let (until, ordered) = (self.clock, rng.often(700));
        self.clock = self.from;
        for number in 0..rng.between(1, 7) {
            self.clock = match ordered {
                true => self.clock.max(self.from) + rng.between(0, (until - self.clock).max(0) / 3 + 2_000),
                false => rng.between(self.from, until + MINUTE),
            };
            let kind = match usual.get(number as usize) {
                Some(kind) if rng.often(700) => *kind,
                Some(_) | None => *rng.pick(&OutcomeKind::ALL),
            };
            let ms = |rng: &mut Rng| rng.often(400).then(|| rng.between(0, 400_000));
            let outcome = Outcome {
                event_id: self.next("o").into(),
                conversation_id: self.id.clone().into(),
                event_time: self.clock,
                kind,
                handoff_id: rng.often(100).then(|| "another".into()),
                agent_ref: rng.often(300).then(|| "agent-1".into()),
                queue: rng.often(300).then(|| (*rng.pick(words::QUEUES)).into()),
                reason: rng.often(200).then(|| "because".into()),
                field: rng.often(300).then(|| rng.pick(words::FACTS).0.into()),
                wait_ms: ms(rng),
                talk_ms: ms(rng),
                hold_ms: ms(rng),
                acw_ms: ms(rng),
                score: rng.often(500).then(|| rng.between(1, 5) as f64),
                score_max: rng.often(500).then_some(5.0),
                attributes: Vec::new(),
            };
            let mut value = Vec::new();
            wire::outcome::encode(&outcome, &mut value);
            self.send(Topic::Outcomes, self.clock, value, rng);
        }
    }

    /// Time passes between two turns: seconds mostly, sometimes until a timer is due, sometimes until all is forgotten.
    fn pause(&mut self, calm: bool, rng: &mut Rng) {
        let most = rng.weighted(&[
            (20, 2_000),
            (40, 30_000),
            (20, 10 * MINUTE),
            (6, HOUR),
            (3, 30 * HOUR),
            (1, 80 * HOUR),
        ]);
        let back = !calm && self.scenario.family == Family::Backlog && rng.often(60);
        let by = rng.between(0, most);
        self.clock = if back { (self.clock - by).max(self.from) } else { self.clock + by };
    }

    fn next(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}-{}-{}", self.id, self.count)
    }

    fn send(&mut self, topic: Topic, event_time: Millis, value: Vec<u8>, rng: &mut Rng) {
        let most = late_by_at_most(self.scenario, rng);
        let delay = if rng.often(700) { 0 } else { rng.between(0, most) };
        let key = Some(self.id.clone().into_bytes());
        let at = event_time + delay;
        // Some clocks are ahead of Kafka's; by less than five minutes that is let through.
        let ahead = self.scenario.family == Family::Backlog && rng.often(50);
        let timestamp = ahead.then(|| event_time - rng.between(1, 5 * MINUTE));
        let via = rng.weighted(&[(85, Via::Plain), (10, Via::Committed), (5, Via::Aborted)]);
        let via = if timestamp.is_some() { Via::Plain } else { via };
        let sent = Sent { topic, partition: None, key, value: Some(value), at, timestamp, via };
        if via == Via::Aborted {
            // The sender tries again, as senders do.
            self.sent.push(Sent { via: Via::Plain, ..sent.clone() });
        }
        self.sent.push(sent);
    }
}

/// What the turn says, beside who, when and to whom.
fn say(turn: &mut Turn<'static>, rng: &mut Rng) {
    turn.intent = rng.often(250).then(|| (*rng.pick(words::INTENTS)).into());
    turn.language = rng.often(150).then(|| (*rng.pick(words::LANGUAGES)).into());
    turn.customer_ref = rng.often(200).then(|| "u-9".into());
    turn.ended = rng.often(70).then(|| (*rng.pick(words::ENDINGS)).into());
    if rng.often(250) {
        turn.facts = (0..rng.between(1, 2))
            .map(|_| *rng.pick(words::FACTS))
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        turn.facts.dedup_by(|a, b| a.0 == b.0);
    }
    match turn.role {
        Role::Customer => {
            turn.text = rng.often(900).then(|| (*rng.pick(words::CUSTOMER)).into());
            turn.sentiment = rng.often(300).then(|| rng.between(-10, 10) as f64 / 10.0);
        }
        Role::Ai => {
            turn.text = rng.often(900).then(|| (*rng.pick(words::AI)).into());
            turn.confidence = rng.often(400).then(|| rng.between(0, 10) as f64 / 10.0);
            turn.fallback = rng.often(200);
            turn.handoff_requested = rng.often(60).then(|| "too hard".into());
            turn.ai_agent = rng.often(500).then(|| "shopbot".into());
            turn.ai_version = rng.often(500).then(|| (*rng.pick(&["4.1", "4.2"])).into());
            turn.summary = rng.often(200).then(|| "Customer asks about an order.".into());
            turn.goal = rng.often(200).then(|| "find the parcel".into());
            if rng.often(250) {
                turn.action = Some(act(rng));
            }
        }
        Role::Tool => turn.action = Some(act(rng)),
        Role::Human => turn.text = Some((*rng.pick(words::HUMAN)).into()),
        Role::System => {}
    }
    if rng.often(100) {
        let status = (*rng.pick(&["passed", "failed"])).into();
        turn.verification = Some(Claim { method: Some("email_code".into()), status });
    }
}

fn act(rng: &mut Rng) -> Action<'static> {
    Action {
        name: (*rng.pick(words::TOOLS)).into(),
        status: *rng.pick(&[ToolStatus::Ok, ToolStatus::Failed, ToolStatus::Denied]),
        arguments: vec![("order_id".into(), "#W123".into())],
        result: rng.often(500).then(|| "delivered_at=2025-11-24".into()),
    }
}

/// A good record made bad.
fn spoiled(good: &Sent, scenario: &Scenario, rng: &mut Rng) -> Sent {
    let text = String::from_utf8_lossy(good.value.as_deref().unwrap_or_default()).into_owned();
    let bad = Sent { via: Via::Plain, timestamp: None, ..good.clone() };
    let value = |value: &[u8]| Sent { value: Some(value.to_vec()), ..bad.clone() };
    match rng.below(10) {
        0 => value(b"no JSON at all"),
        1 => value(b""),
        2 => Sent { value: None, ..bad },
        3 => Sent {
            key: None,
            partition: Some(rng.below(scenario.partitions.unsigned_abs().into()) as i32),
            ..bad
        },
        4 => Sent { key: Some(b"somebody else".to_vec()), ..bad },
        5 => value(text.replacen('{', "{\"confidence\":7,\"wait_ms\":-1,", 1).as_bytes()),
        // The future: ten minutes ahead of its Kafka timestamp. (Live, a timestamp is the broker's.)
        6 if scenario.family == Family::Backlog => Sent { timestamp: Some(START - 10 * MINUTE), ..bad },
        7 => value(&[0xff, 0xfe, b'{', b'}']),
        8 if scenario.record_bytes_max < 100_000 => value(
            text.replacen('{', &format!("{{\"x\":\"{}\",", "x".repeat(scenario.record_bytes_max)), 1)
                .as_bytes(),
        ),
        6 | 8 => value(b"[1,2]"),
        _ => value(text.replacen("event_time", "event_tame", 1).as_bytes()),
    }
}
