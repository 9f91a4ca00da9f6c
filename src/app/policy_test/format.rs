//! A file of cases: conversations written by hand, and what a policy is expected to decide of them.
//!
//! ```toml
//! policy = "example.toml"      # beside this file; without it the built-in policy, and --policy stands above it
//!
//! [[cases]]
//! name = "a costly replacement is reviewed"
//! turns = [
//!   { role = "customer", text = "It never came.", intent = "missing_delivery", facts = { amount = 649.0 } },
//!   { role = "ai", text = "Let me look.", after = "20s" },   # any field of a turn; five seconds later unless it says so
//!   { outcome = "answered", after = "1m" },                  # what the agent desktop reports
//!   { silence = "3m" },                                      # time passes, and what is due happens
//! ]
//! expect = { decision = "hand_off", turn = 1, rule = "review-high-value-replacement", queue = "claims" }
//! ```
//!
//! `expect` is all that is decided, in order: one table, several, or nothing at all. Turns are counted from 1, outcomes and
//! silence are not. Ids, times and `turn_seq` are the test's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::native::Native;
use crate::domain::decision::{Decision, HandoffKind, Reason};
use crate::domain::ids::Millis;
use crate::domain::outcome::OutcomeKind;
use crate::domain::rule::nearest::nearest;
use crate::domain::turn::Role;
use crate::wire;
use crate::wire::avro::{Contract, Field};
use crate::wire::document::{self, Place};
use crate::wire::fields::{Fields, Reader, any};

/// The conversation's id: every case is a conversation of its own.
pub const CONVERSATION: &str = "case";
/// Every case begins here: 2026-01-05T08:00:00Z.
const START: Millis = 1_767_600_000_000;
/// A record comes so long after the one before, unless it says otherwise.
const PACE_MS: Millis = 5_000;
const PAUSE_MS_MAX: Millis = 30 * 86_400_000;
const RECORDS_MAX: usize = 1_000;
const CASES_MAX: usize = 10_000;

/// A file of cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Cases {
    pub file: String,
    /// The policy that it is about, as written (a path from the file's folder), and where.
    pub policy: Option<(String, Place)>,
    pub cases: Vec<Case>,
}

/// One conversation and what is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub name: String,
    pub place: Place,
    pub happens: Vec<Happens>,
    /// Every hand-off and offer, in order; `None` where the case leaves it to `events`.
    pub expected: Option<Vec<Expected>>,
    /// The types of all hand-off events, in order, where the case says.
    pub events: Option<Vec<String>>,
}

/// What happens next. `at` is event time, never before the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Happens {
    pub at: Millis,
    pub what: What,
}

/// Records are native JSON, as the engine reads them.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Turn(Vec<u8>),
    Outcome(Vec<u8>),
    Silence,
}

/// What a case expects of one decision; what is absent may be anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// `hand_off` or `offer`.
    pub decision: Decision,
    /// The turn at which it is decided, from 1; with `after_ms` so long after that turn, by a timer.
    pub turn: Option<usize>,
    pub after_ms: Option<Millis>,
    /// The primary reason.
    pub reason: Option<Reason>,
    /// A rule that fired; empty: none did.
    pub rule: Option<String>,
    /// Empty: the default queue.
    pub queue: Option<String>,
    pub priority: Option<i64>,
    pub skills: Option<Vec<String>>,
    /// Facts of the package: name → primary value. Others may be there.
    pub facts: BTreeMap<String, String>,
}

/// What may be expected; `None`: nothing is decided.
const DECISIONS: [Option<Decision>; 3] = [Some(Decision::HandOff), Some(Decision::Offer), None];

fn decision_word(decision: Option<Decision>) -> &'static str {
    decision.map_or("none", Decision::name)
}

/// Reads a file of cases. Errors: every problem, a line each, `file:line: key: what and remedy`.
pub fn read(file: &str, text: &str) -> Result<Cases, String> {
    let mut reader = Reader::new(document::parse(file, text)?);
    let (mut policy, place) = (None, reader.place_of("policy"));
    reader.optional_text("policy", &mut policy);
    let policy = policy.zip(place.map(|(place, _)| place));
    let contracts = Contracts { turn: Contract::Turn.fields(), outcome: Contract::Outcome.fields() };
    let mut names: Vec<(String, Place)> = Vec::new();
    let cases = reader.list("cases", |reader, place| {
        let case = case(reader, place, &contracts);
        if let Some((_, first)) = names.iter().find(|(name, _)| *name == case.name && !name.is_empty()) {
            let what = format!(
                "cases: the name \"{}\" is taken by the case at {first}; give every case its own",
                case.name
            );
            reader.problem(&case.place, what);
        }
        names.push((case.name.clone(), case.place.clone()));
        case
    });
    let cases = cases.unwrap_or_default();
    let top = Place { source: file.to_owned(), line: 1 };
    match cases.len() {
        0 => reader
            .problem(&top, "cases: there are none; write [[cases]] with a name, turns and expect".to_owned()),
        1..=CASES_MAX => {}
        many => reader.problem(&top, format!("cases: there are {many}; at most {CASES_MAX} are taken")),
    }
    reader.finish()?;
    Ok(Cases { file: file.to_owned(), policy, cases })
}

fn case(reader: &mut Reader, place: &Place, contracts: &Contracts) -> Case {
    let mut name = String::new();
    let named = reader.place_of("name").map(|(place, _)| place);
    if named.is_none() {
        reader.problem(place, "cases: a case needs a name; write name = \"what it shows\"".to_owned());
    }
    let place = named.unwrap_or_else(|| place.clone());
    reader.text("name", &mut name, case_name);
    let mut story = Story { contracts, at: START, turns: 0, outcomes: 0 };
    let flaws = reader.problems();
    let happens = reader.list("turns", |reader, place| story.next(reader, place)).unwrap_or_default();
    // An entry that is wrong may have been meant for a turn.
    if story.turns == 0 && reader.problems() == flaws {
        let what = "turns: a case needs a turn; write turns = [{ role = \"customer\", text = \"...\" }]";
        reader.problem(&place, format!("case \"{name}\": {what}"));
    }
    if happens.len() > RECORDS_MAX {
        let many = happens.len();
        reader.problem(
            &place,
            format!("case \"{name}\": turns: there are {many}; at most {RECORDS_MAX} are taken"),
        );
    }
    let events = reader.given("events").then(|| {
        let mut events = Vec::new();
        reader.texts("events", &mut events, event_kind);
        events
    });
    reader.one_or_many("expect");
    let expected =
        reader.list("expect", |reader, place| (place.clone(), expected(reader, place, story.turns)));
    let expected = match expected {
        Some(expected) => Some(decisions(expected, reader)),
        None => events.is_none().then(Vec::new),
    };
    Case { name, place, happens: happens.into_iter().flatten().collect(), expected, events }
}

/// Nothing stands alone.
fn decisions(expected: Vec<(Place, Option<Expected>)>, reader: &mut Reader) -> Vec<Expected> {
    if expected.len() > 1 {
        for (place, _) in expected.iter().filter(|(_, one)| one.is_none()) {
            let what = "expect: none stands alone; remove it, or what stands beside it";
            reader.problem(place, what.to_owned());
        }
    }
    expected.into_iter().filter_map(|(_, expected)| expected).collect()
}

/// One decision; `None` where nothing is to be decided.
fn expected(reader: &mut Reader, place: &Place, turns: usize) -> Option<Expected> {
    if reader.place_of("decision").is_none() {
        let what = "expect: what is decided is missing; write decision = \"hand_off\", \"offer\" or \"none\"";
        reader.problem(place, what.to_owned());
    }
    let mut decision = Some(Decision::HandOff);
    reader.word("decision", &mut decision, &DECISIONS, decision_word);
    let Some(decision) = decision else {
        let (path, rest) = reader.rest();
        for entry in rest {
            let what = "where nothing is decided there is nothing to say of it; remove it";
            reader.problem(&entry.place, format!("{path}.{}: {what}", entry.key));
        }
        return None;
    };
    let (mut turn, mut after_ms, mut facts) = (None, None, BTreeMap::new());
    reader.optional_whole("turn", &mut turn, 1..=turns.max(1) as i64);
    reader.optional_duration("after_ms", &mut after_ms, 0..=PAUSE_MS_MAX);
    let reason = reader.given("reason").then(|| {
        let mut reason = Reason::Policy;
        reader.word("reason", &mut reason, &Reason::ALL, Reason::name);
        reason
    });
    let (rule, queue) = (reader.text_if_given("rule"), reader.text_if_given("queue"));
    let mut priority = None;
    reader.optional_whole("priority", &mut priority, 1..=1_000);
    let skills = reader.given("skills").then(|| {
        let mut skills = Vec::new();
        reader.texts("skills", &mut skills, any);
        skills
    });
    reader.properties("facts", &mut facts);
    let turn = turn.and_then(|turn| usize::try_from(turn).ok());
    Some(Expected { decision, turn, after_ms, reason, rule, queue, priority, skills, facts })
}

fn case_name(text: &str) -> Result<(), String> {
    match text.trim().len() {
        1..=200 if !text.chars().any(char::is_control) => Ok(()),
        _ => Err("a name has 1 to 200 bytes and no control characters".to_owned()),
    }
}

fn event_kind(text: &str) -> Result<(), String> {
    let names = HandoffKind::ALL.map(HandoffKind::name);
    if names.contains(&text) {
        return Ok(());
    }
    Err(match nearest(text, names) {
        Some(near) => format!("\"{text}\" is not known here; did you mean \"{near}\"?"),
        None => format!("\"{text}\" is not known here; write some of: {}", names.join(", ")),
    })
}

/// The fields that records may have.
struct Contracts {
    turn: Vec<Field>,
    outcome: Vec<Field>,
}

/// The conversation so far.
struct Story<'a> {
    contracts: &'a Contracts,
    at: Millis,
    turns: usize,
    outcomes: usize,
}

impl Story<'_> {
    /// One entry of `turns`; `None` where it is wrong.
    fn next(&mut self, reader: &mut Reader, place: &Place) -> Option<Happens> {
        let is_there = |key: &str| reader.place_of(key).is_some();
        match (is_there("role"), is_there("outcome"), is_there("silence") || is_there("silence_ms")) {
            (true, false, false) => self.turn(reader, place),
            (false, true, false) => self.outcome(reader, place),
            (false, false, true) => {
                let mut pause_ms = 0;
                reader.duration("silence_ms", &mut pause_ms, 1..=PAUSE_MS_MAX);
                self.at += pause_ms;
                Some(Happens { at: self.at, what: What::Silence })
            }
            _ => {
                let (path, _) = reader.rest();
                let what = "an entry is a turn (it has a role), an outcome, or silence; write role = \"customer\", \
                            outcome = \"answered\" or silence = \"3m\"";
                reader.problem(place, format!("{path}: {what}"));
                None
            }
        }
    }

    fn turn(&mut self, reader: &mut Reader, place: &Place) -> Option<Happens> {
        self.turns += 1;
        let mut role = Role::System;
        reader.word("role", &mut role, &Role::ALL, Role::name);
        self.pause(reader);
        let mut native = Native::read(
            &self.contracts.turn,
            &["event_id", "conversation_id", "event_time", "turn_seq"],
            reader,
        );
        native.json.insert("role".to_owned(), role.name().into());
        native.json.insert("turn_seq".to_owned(), self.turns.into());
        let json = self.json(&mut native, turn_id(self.turns));
        if let Err(problem) = wire::turn::decode(&json) {
            native.refused(&problem, &json, place, reader);
        }
        Some(Happens { at: self.at, what: What::Turn(json) })
    }

    fn outcome(&mut self, reader: &mut Reader, place: &Place) -> Option<Happens> {
        self.outcomes += 1;
        let mut kind = OutcomeKind::Queued;
        reader.word("outcome", &mut kind, &OutcomeKind::ALL, OutcomeKind::name);
        self.pause(reader);
        let given = ["event_id", "conversation_id", "event_time", "type", "handoff_id"];
        let mut native = Native::read(&self.contracts.outcome, &given, reader);
        native.json.insert("type".to_owned(), kind.name().into());
        let json = self.json(&mut native, format!("o-{}", self.outcomes));
        if let Err(problem) = wire::outcome::decode(&json) {
            native.refused(&problem, &json, place, reader);
        }
        Some(Happens { at: self.at, what: What::Outcome(json) })
    }

    /// The time before a record.
    fn pause(&mut self, reader: &mut Reader) {
        let mut pause_ms = PACE_MS;
        reader.duration("after_ms", &mut pause_ms, 0..=PAUSE_MS_MAX);
        self.at += pause_ms;
    }

    /// The record with its ids and its time, written.
    fn json(&self, native: &mut Native, event_id: String) -> Vec<u8> {
        native.json.insert("event_id".to_owned(), event_id.into());
        native.json.insert("conversation_id".to_owned(), CONVERSATION.into());
        native.json.insert("event_time".to_owned(), self.at.into());
        Value::Object(std::mem::take(&mut native.json)).to_string().into_bytes()
    }
}

/// The event id of the nth turn.
fn turn_id(n: usize) -> String {
    format!("t-{n}")
}

/// The turn that has this event id.
pub fn turn_of(event_id: &str) -> Option<usize> {
    event_id.strip_prefix("t-")?.parse().ok()
}
