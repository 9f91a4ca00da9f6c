//! Shadow policies over the embedded log: they change nothing of what the acting policy does, they say what a replay under
//! them would say, and they come, change and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use segue::app::embedded::{Embedded, Origin};
use segue::domain::ids;
use segue::domain::policy::Policy;
use segue::engine::conversations::Shadow;
use segue::engine::partitioner::partition_of;
use segue::engine::port::{Out, Topic};
use segue::engine::settings::TimeSource;
use segue::wire;
use serde_json::{Value, json};

const PARTITIONS: i32 = 2;
const START: i64 = 1_764_000_000_000;

/// Hands off late, and forgets soon.
const ACTING: &str = r#"
version = "1"
[triggers.not_understood]
turns = 3
[lifecycle]
idle_after_ms = 600000
forget_after_ms = 3600000
"#;

/// Asks first, and at once; keeps conversations longer; looks for other words.
const CANARY: &str = r#"
version = "7"
[triggers.not_understood]
turns = 1
decision = "offer"
[triggers.loop]
turns = 2
[triggers.customer_request]
phrases = ["lawyer"]
[lifecycle]
idle_after_ms = 900000
forget_after_ms = 7200000
"#;

fn policy(name: &str, text: &str) -> Arc<Policy> {
    Arc::new(wire::policy::load(name, text).expect("a policy"))
}

fn acting() -> Arc<Policy> {
    policy("acting.toml", ACTING)
}

fn canary() -> Arc<Policy> {
    policy("canary.toml", CANARY)
}

/// A log with these policies, and nothing in it.
fn log(policy: Arc<Policy>, shadows: &[Arc<Policy>]) -> Embedded {
    let shadows = shadows.iter().cloned().map(Shadow::new).collect();
    Embedded::new(PARTITIONS, policy, Origin::Log, TimeSource::InputOnly).shadowed_by(shadows)
}

/// The same log under other shadows.
fn go_on(log: Embedded, shadows: &[Arc<Policy>]) -> Embedded {
    log.shadowed_by(shadows.iter().cloned().map(Shadow::new).collect())
}

fn run(log: &Embedded, records: &[(Topic, Value)]) {
    for (topic, record) in records {
        let key = record["conversation_id"].as_str().expect("an id").as_bytes().to_vec();
        let value = record.to_string();
        let partition = Some(partition_of(&key, PARTITIONS));
        let out =
            Out { topic: *topic, partition, key: Some(&key), value: Some(value.as_bytes()), trace: None };
        log.broker.append(out, record["event_time"].as_i64()).expect("appended");
    }
    log.run_to_end(1, Arc::new(AtomicBool::new(false))).expect("the end");
}

fn read(log: &Embedded, topic: Topic) -> Vec<Value> {
    let values = log.values(topic);
    values.iter().map(|value| serde_json::from_slice(value).expect("JSON")).collect()
}

/// Each conversation's events, in order.
fn by_conversation(events: Vec<Value>) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in events {
        found.entry(event["conversation_id"].to_string()).or_default().push(event);
    }
    found
}

/// What the policy publishes when it acts on these records, said as a shadow says it.
fn replayed(policy: Arc<Policy>, records: &[(Topic, Value)]) -> BTreeMap<String, Vec<Value>> {
    let alone = log(policy, &[]);
    run(&alone, records);
    let mut events = read(&alone, Topic::Events);
    events.iter_mut().for_each(|event| event["mode"] = json!("shadow"));
    by_conversation(events)
}

/// A fixed sequence of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

const CUSTOMER: [&str; 9] = [
    "Where is my order #W123456?",
    "That is not what I asked.",
    "it still does not work",
    "please let me talk to a human agent",
    "I will call my lawyer",
    "yes please",
    "no thanks",
    "Thank you, that is all.",
    "This is RIDICULOUS, you are useless!!",
];

const OUTCOMES: [&str; 12] = [
    "queued",
    "answered",
    "abandoned",
    "returned",
    "closed",
    "resolved",
    "reopened",
    "wrapped_up",
    "info_requested",
    "replied",
    "transferred",
    "csat_requested",
];

/// Conversations side by side, in order of time: turns of everyone, and what a desktop says of hand-offs that were made,
/// or were not. The last record is a turn.
fn traffic(seed: u64) -> Vec<(Topic, Value)> {
    let mut dice = Dice(seed);
    let mut begun: BTreeMap<u64, i64> = BTreeMap::new();
    let mut records = Vec::new();
    let mut at = START;
    for number in 0..900_u64 {
        at += dice.below(40_000) as i64 + 1;
        let talk = dice.below(30) + number / 300 * 20;
        let id = format!("c-{talk}");
        if dice.below(100) < 25 && begun.contains_key(&talk) {
            let mut outcome = json!({"event_id": format!("o-{number}"), "conversation_id": id, "event_time": at,
                "type": dice.pick(&OUTCOMES)});
            if dice.below(2) == 0 {
                outcome["handoff_id"] = json!(ids::handoff_id(&id, begun[&talk], 1).to_string());
            }
            records.push((Topic::Outcomes, outcome));
            continue;
        }
        begun.entry(talk).or_insert(at);
        let role = dice.pick(&["customer", "customer", "customer", "ai", "ai", "ai", "tool", "human"]);
        let mut turn = json!({"event_id": format!("t-{number}"), "conversation_id": id, "event_time": at, "role": role,
            "tenant": dice.pick(&["acme", "shop"]), "is_test": talk == 3});
        match role {
            "customer" => turn["text"] = json!(dice.pick(&CUSTOMER)),
            "ai" => {
                turn["text"] =
                    json!(dice.pick(&["Let me look that up.", "I did not get that.", "Anything else?"]));
                turn["fallback"] = json!(dice.below(3) == 0);
            }
            "tool" => {
                let status = dice.pick(&["ok", "failed", "failed"]);
                turn["action"] =
                    json!({"name": "get_order", "status": status, "arguments": {"order_id": "#W123456"}});
            }
            _ => turn["text"] = json!("Could you tell me your order id?"),
        }
        records.push((Topic::Turns, turn));
    }
    records.push((
        Topic::Turns,
        json!({"event_id": "t-last", "conversation_id": "c-last", "event_time": at + 1,
        "role": "system"}),
    ));
    records
}

const POLICY_COUNTERS: [&str; 4] = ["handoffs", "handoff_conversations", "offers", "offers_declined"];

/// Of rows of the last revision from quarters up: window, tenant, and the counters that are a policy's own.
fn own_counts(rows: &[Value], is_one: impl Fn(&Value) -> bool) -> BTreeMap<String, Vec<i64>> {
    let mut counts = BTreeMap::new();
    for row in rows.iter().filter(|row| row["grain"] != "PT1M" && is_one(row)) {
        let window = format!("{} {} {}", row["grain"], row["window_start"], row["tenant"]);
        let numbers: Vec<i64> =
            POLICY_COUNTERS.iter().map(|name| row[*name].as_i64().expect("a number")).collect();
        counts.insert(window, numbers);
    }
    counts.retain(|_, numbers| numbers.iter().any(|number| *number != 0));
    counts
}

#[test]
fn the_acting_policy_does_and_counts_the_same_with_and_without_shadows() {
    for seed in 1..=3 {
        let records = traffic(seed);
        let (alone, watched) = (log(acting(), &[]), log(acting(), &[canary(), policy("idle.toml", "")]));
        run(&alone, &records);
        run(&watched, &records);
        for topic in [Topic::Events, Topic::Summaries, Topic::DeadLetters] {
            assert!(!alone.values(topic).is_empty(), "{topic:?}");
            assert_eq!(read(&alone, topic), read(&watched, topic), "{topic:?} of seed {seed}");
        }
        let mut rows = read(&watched, Topic::Metrics);
        let all = rows.len();
        rows.retain(|row| row["policy"] == "_all");
        assert!(all > rows.len(), "the shadows have rows of their own");
        let sorted = |mut rows: Vec<Value>| {
            rows.sort_by_key(|row| (row["window_id"].to_string(), row["revision"].as_i64()));
            rows
        };
        assert_eq!(sorted(read(&alone, Topic::Metrics)), sorted(rows), "windows of seed {seed}");
        assert_eq!(alone.values(Topic::Shadow), Vec::<Vec<u8>>::new());
        assert!(read(&watched, Topic::Events).iter().all(|event| event["mode"] == "live"));
    }
}

#[test]
fn a_shadow_says_and_counts_what_a_replay_under_its_policy_would() {
    for seed in 1..=3 {
        let records = traffic(seed);
        let (watched, alone) = (log(acting(), &[canary()]), log(canary(), &[]));
        run(&watched, &records);
        run(&alone, &records);
        let shadow = by_conversation(read(&watched, Topic::Shadow));
        assert_ne!(shadow.len(), 0);
        assert_eq!(shadow, replayed(canary(), &records), "seed {seed}");
        assert_ne!(shadow, replayed(acting(), &records), "the policies decide alike; the test shows nothing");
        let shadows = own_counts(&read(&watched, Topic::Metrics), |row| row["policy"] == "canary.toml@7");
        let is_tenants = |row: &Value| {
            let split = ["channel", "queue", "reason", "intent", "ai_version"];
            row["tenant"] != "_all" && split.iter().all(|name| row[*name] == "_all")
        };
        let alone = own_counts(&read(&alone, Topic::Metrics), is_tenants);
        assert_ne!(alone.len(), 0);
        assert_eq!(shadows, alone, "seed {seed}");
    }
}

#[test]
fn a_restart_loses_nothing_of_a_shadow() {
    let records = traffic(4);
    for parts in [2, 5, 30] {
        let log = log(acting(), &[canary()]);
        for part in records.chunks(records.len().div_ceil(parts)) {
            run(&log, part);
        }
        let shadow = by_conversation(read(&log, Topic::Shadow));
        assert_eq!(shadow, replayed(canary(), &records), "in {parts} parts");
    }
}

fn turn(id: &str, number: i64, role: &str, text: &str) -> (Topic, Value) {
    let turn = json!({"event_id": format!("t-{number}"), "conversation_id": id, "event_time": START + number * 1_000,
        "role": role, "text": text, "fallback": text == "I did not get that."});
    (Topic::Turns, turn)
}

fn misunderstood(id: &str, from: i64) -> [(Topic, Value); 2] {
    [
        turn(id, from, "customer", "Where is my order #W123456?"),
        turn(id, from + 1, "ai", "I did not get that."),
    ]
}

/// Keys of the shadows in the changelog as compaction would leave it, by print.
fn kept(log: &Embedded) -> BTreeMap<u64, BTreeSet<String>> {
    let mut kept: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for partition in 0..PARTITIONS {
        for record in log.broker.read_committed(Topic::Changelog, partition, 0) {
            let Some((print, id)) = record.key().and_then(wire::shadow::read_key) else { continue };
            let (keys, id) = (kept.entry(print).or_default(), String::from_utf8_lossy(id).into_owned());
            _ = if record.value().is_some() { keys.insert(id) } else { keys.remove(&id) };
        }
    }
    kept.retain(|_, keys| !keys.is_empty());
    kept
}

#[test]
fn a_policy_that_is_added_takes_over_what_is_under_way_and_judges_what_begins() {
    let before =
        [turn("c-1", 1, "customer", "Where is my order #W123456?"), turn("c-2", 2, "customer", "Hello")];
    let goes_on =
        [turn("c-1", 10, "customer", "are you there"), turn("c-1", 11, "ai", "I did not get that.")];
    let after = [goes_on, misunderstood("c-3", 20)].concat();
    let first = log(acting(), &[]);
    run(&first, &before);
    let log = go_on(first, &[canary()]);
    run(&log, &after);
    let told = by_conversation(read(&log, Topic::Shadow));
    let told_of: Vec<&String> = told.keys().collect();
    assert_eq!(told_of, ["\"c-1\"", "\"c-3\""], "{told:?}");
    assert_eq!(told["\"c-3\""], replayed(canary(), &[&before[..], &after[..]].concat())["\"c-3\""]);
    let taken_over = &told["\"c-1\""][0];
    assert_eq!(taken_over["handoff_id"], json!(ids::handoff_id("c-1", START + 1_000, 1).to_string()));
    let first_turn = &taken_over["package"]["facts"]["order_id"]["event_id"];
    assert_eq!(first_turn, "t-1", "it knows what was said before: {taken_over}");
    // c-2 has not met a record since.
    let ids = BTreeSet::from(["c-1".to_owned(), "c-3".to_owned()]);
    assert_eq!(kept(&log), BTreeMap::from([(wire::shadow::print(&canary()), ids)]));
}

#[test]
fn a_hand_off_that_the_acting_policy_has_open_is_not_made_again_by_a_policy_that_is_added() {
    let first = log(acting(), &[]);
    run(&first, &[turn("c-1", 1, "customer", "please let me talk to a human agent")]);
    assert_eq!(read(&first, Topic::Events).len(), 1);
    let log = go_on(first, &[canary()]);
    run(&log, &[turn("c-1", 2, "customer", "please let me talk to a human agent")]);
    assert_eq!(read(&log, Topic::Shadow), Vec::<Value>::new());
}

#[test]
fn what_a_policy_knew_that_is_gone_or_was_changed_is_dropped_at_the_next_start() {
    let changed = policy("canary.toml", &CANARY.replace("turns = 2", "turns = 4"));
    let first = log(acting(), &[canary()]);
    run(&first, &misunderstood("c-1", 1));
    assert_eq!(kept(&first).into_keys().collect::<Vec<_>>(), [wire::shadow::print(&canary())]);
    let second = go_on(first, std::slice::from_ref(&changed));
    run(&second, &misunderstood("c-2", 10));
    assert_eq!(kept(&second).into_keys().collect::<Vec<_>>(), [wire::shadow::print(&changed)]);
    let third = go_on(second, &[]);
    run(&third, &[]);
    assert_eq!(kept(&third), BTreeMap::new());
    let states = third.broker.read_committed(Topic::Changelog, partition_of(b"c-1", PARTITIONS), 0);
    let acting = states.iter().rev().find(|record| record.key() == Some(b"c-1"));
    assert!(acting.is_some_and(|record| record.value().is_some()), "the acting policy's state stays");
}
