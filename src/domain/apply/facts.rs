//! What is known of the case: ids, amounts, dates, each with where it came from.
//!
//! Sources, strongest first: the platform's own facts, tool results, tool arguments, the customer's words. A newer value
//! becomes the primary one unless its source is weaker. Ids keep all values seen (an agent looks up several orders);
//! other facts keep the newest. Everything passes `redact` before it is kept.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::scan;
use super::words;
use crate::domain::conversation::Conversation;
use crate::domain::ids::Millis;
use crate::domain::keep;
use crate::domain::limits::{ARGUMENT_FACT_BYTES, FACT_VALUES, FACTS, ID_BYTES};
use crate::domain::package::{Fact, Source};
use crate::domain::policy::Privacy;
use crate::domain::turn::{Action, Role, ToolStatus, Turn};

/// Where a value is said.
#[derive(Clone, Copy)]
struct Said<'a> {
    source: Source,
    event_id: &'a str,
    at: Millis,
    /// A tool that only reads: what it looks up is not yet what the case is about.
    reads_only: bool,
}

/// Takes all facts of a turn. True if one of them was not known before.
pub(super) fn learn(state: &mut Conversation, turn: &Turn<'_>, privacy: &Privacy) -> bool {
    let mut learner = Learner { state, privacy, new: false, said: OnceCell::new() };
    let said = Said {
        source: Source::CustomerWords,
        event_id: &turn.event_id,
        at: turn.event_time,
        reads_only: false,
    };
    if let (Role::Customer | Role::Ai, Some(text)) = (turn.role, &turn.text) {
        confirm(&mut learner.state.facts, text);
    }
    if let (Role::Customer, Some(text)) = (turn.role, &turn.text)
        && text.bytes().any(|byte| byte.is_ascii_digit())
    {
        let asked =
            learner.state.recent.iter().rev().find(|turn| turn.role == Role::Ai).map(|turn| turn.text.text());
        words::ids(text, asked.as_deref(), |name, value| learner.put(name, value, said));
    }
    if let Some(action) = &turn.action {
        learner.take_action(action, said);
    }
    for (name, value) in &turn.facts {
        learner.put(name, value, Said { source: Source::Platform, ..said });
    }
    learner.new
}

struct Learner<'a> {
    state: &'a mut Conversation,
    privacy: &'a Privacy,
    new: bool,
    /// The kept texts of people and AI, unfolded when the first value is looked for in them.
    said: OnceCell<Vec<String>>,
}

impl Learner<'_> {
    fn take_action(&mut self, action: &Action<'_>, said: Said<'_>) {
        let argument = Said { source: Source::ToolArgument, reads_only: reads_only(&action.name), ..said };
        for (name, value) in &action.arguments {
            let (name, value) = (&*snake_case(name), literal(value));
            let id = is_id(name);
            if value.starts_with('[') && id {
                scan::top_level(value, |_, one| self.put(name.trim_end_matches('s'), one, argument));
            } else if !value.starts_with(['[', '{'])
                && value != "null"
                && !says_how(name)
                && (id || value.len() <= ARGUMENT_FACT_BYTES)
            {
                self.put(name, value, argument);
            }
        }
        if let (ToolStatus::Ok, Some(result)) = (action.status, &action.result) {
            let result_said = Said { source: Source::ToolResult, ..argument };
            scan::top_level(result, |name, value| {
                let name = snake_case(name);
                if is_telling(&name) {
                    self.put(&name, value, result_said);
                }
            });
        }
    }

    fn put(&mut self, name: &str, value: &str, said: Said<'_>) {
        let known = self.state.facts.iter().position(|fact| same_name(&fact.name, name));
        // What is kept under this very name may be kept: it went through redaction.
        let value = match known.map(|index| &self.state.facts[index]) {
            Some(fact) if fact.name == name && fact.value == value => Cow::Borrowed(value),
            Some(_) | None => match keep::value(name, value, self.privacy) {
                Some(value) => Cow::Owned(value),
                None => return,
            },
        };
        let loose = said.reads_only && is_id(name) && !self.is_named(&value);
        match known {
            Some(index) => self.new |= add(&mut self.state.facts[index], &value, loose, said),
            None => {
                self.make_room();
                self.new = true;
                self.state.facts.push(Fact {
                    name: keep::cut_bytes(name, ID_BYTES).to_owned(),
                    values: vec![value.clone().into_owned()],
                    loose: u8::from(loose),
                    value: value.into_owned(),
                    source: said.source,
                    event_id: said.event_id.to_owned(),
                    at: said.at,
                });
            }
        }
    }

    /// Somebody said it, as far as the turns are kept.
    fn is_named(&self, value: &str) -> bool {
        let said = self.said.get_or_init(|| {
            self.state
                .recent
                .iter()
                .filter(|turn| turn.role != Role::Tool)
                .map(|turn| turn.text.text())
                .collect()
        });
        said.iter().any(|text| text.contains(value))
    }

    /// Where all places are taken, the weakest and oldest fact that is no id goes first.
    fn make_room(&mut self) {
        if self.state.facts.len() < FACTS {
            return;
        }
        let weakest = self
            .state
            .facts
            .iter()
            .enumerate()
            .max_by_key(|(index, fact)| (!is_id(&fact.name), fact.source, std::cmp::Reverse(*index)))
            .map_or(0, |(index, _)| index);
        self.state.facts.remove(weakest);
    }
}

/// Adds a value to a known fact. True if it is new.
fn add(fact: &mut Fact, value: &str, loose: bool, said: Said<'_>) -> bool {
    if fact.value == value {
        fact.source = fact.source.min(said.source);
    }
    let known = fact.values.iter().position(|one| *one == value);
    let was_loose = known.is_some_and(|known| known < usize::from(fact.loose));
    // A look-up displaces nothing surer.
    let primary_loose = fact.values.iter().take(usize::from(fact.loose)).any(|one| *one == fact.value);
    let leads = said.source <= fact.source && said.at >= fact.at && (!loose || primary_loose);
    if !is_id(&fact.name) {
        if leads && fact.value != value {
            fact.values = vec![value.to_owned()];
            lead(fact, value, said);
            return true;
        }
        return false;
    }
    let kept = match known {
        Some(_) if said.at < fact.at || (loose && !was_loose) => return false,
        Some(known) => {
            fact.loose -= u8::from(was_loose);
            fact.values.remove(known)
        }
        None => value.to_owned(),
    };
    // Older than what is known: it stands before the newer ones.
    let place = match (loose, said.at < fact.at) {
        (true, true) => 0,
        (true, false) | (false, true) => usize::from(fact.loose),
        (false, false) => fact.values.len(),
    };
    fact.values.insert(place, kept);
    fact.loose += u8::from(loose);
    if leads && fact.value != value {
        lead(fact, value, said);
    }
    if fact.values.len() > FACT_VALUES {
        let oldest = fact.values.iter().position(|one| *one != fact.value).unwrap_or(0);
        fact.values.remove(oldest);
        fact.loose -= u8::from(oldest < usize::from(fact.loose));
    }
    known.is_none()
}

/// Makes `value` the primary one.
fn lead(fact: &mut Fact, value: &str, said: Said<'_>) {
    value.clone_into(&mut fact.value);
    fact.source = said.source;
    fact.at = said.at;
    said.event_id.clone_into(&mut fact.event_id);
}

/// What the customer or the AI names is no longer only looked up.
fn confirm(facts: &mut [Fact], text: &str) {
    for fact in facts.iter_mut().filter(|fact| fact.loose > 0) {
        let mut index = 0;
        while index < usize::from(fact.loose) {
            if text.contains(&fact.values[index]) {
                let value = fact.values.remove(index);
                fact.values.push(value);
                fact.loose -= 1;
            } else {
                index += 1;
            }
        }
    }
}

/// `orderId`, `Order-ID` and `order id` are `order_id`.
fn snake_case(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(plain) && !name.contains("__") {
        return Cow::Borrowed(name);
    }
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        } else if !snake.ends_with('_') {
            snake.push('_');
        }
    }
    Cow::Owned(snake)
}

/// Equal but for case and separators.
fn same_name(a: &str, b: &str) -> bool {
    fn plain(name: &str) -> impl Iterator<Item = char> {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
    }
    a == b || (a.len().abs_diff(b.len()) <= 4 && plain(a).eq(plain(b)))
}

/// The name says that it is an id: its last word is one of a few.
pub(in crate::domain) fn is_id(name: &str) -> bool {
    let last = name.rsplit(['_', '-', ' ', '.']).next().unwrap_or(name);
    const LAST: [&str; 9] = ["id", "ids", "number", "numbers", "no", "nr", "ref", "reference", "iban"];
    LAST.iter().any(|word| last.eq_ignore_ascii_case(word))
        || last.ends_with("Id")
        || last.ends_with("ID")
        || last.ends_with("Number")
}

/// Of a result only what a person needs to find or to judge the case.
fn is_telling(name: &str) -> bool {
    if name == "id" {
        return false;
    }
    const WORDS: [&str; 22] = [
        "amount",
        "total",
        "price",
        "balance",
        "refund",
        "fee",
        "currency",
        "status",
        "state",
        "date",
        "at",
        "on",
        "eta",
        "delivered",
        "shipped",
        "delivery",
        "tracking",
        "carrier",
        "plan",
        "membership",
        "email",
        "phone",
    ];
    is_id(name) || name.split('_').any(|word| WORDS.contains(&word))
}

/// An argument that says how a tool works, not what the case is about.
fn says_how(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["type", "limit", "page", "offset", "sort", "format", "query", "expression", "thought"];
    WORDS.contains(&name.rsplit('_').next().unwrap_or(name))
}

/// A query written as one comparison, such as `is_equal_to("x")`, means `x`.
fn literal(value: &str) -> &str {
    let value = value.trim();
    let Some((call, rest)) = value.split_once("(\"") else { return value };
    match rest.strip_suffix("\")") {
        Some(inner) if call.contains("equal") && !call.contains("not") && !inner.contains('"') => inner,
        _ => value,
    }
}

fn reads_only(tool: &str) -> bool {
    let first = tool.split(['_', '-', '.']).next().unwrap_or(tool).to_ascii_lowercase();
    ["get", "find", "list", "search", "lookup", "read", "fetch", "check", "query", "show"]
        .iter()
        .any(|verb| first.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tools_become_snake_case() {
        for (name, snake) in
            [("orderId", "order_id"), ("OrderID", "order_id"), ("order-id", "order_id"), ("PIN", "pin")]
        {
            assert_eq!(snake_case(name), snake);
            assert!(same_name(name, snake));
        }
        assert!(!same_name("order_id", "user_id"));
    }

    #[test]
    fn ids_are_known_by_their_name() {
        for name in ["order_id", "account_number", "orderId", "id", "invoice_no"] {
            assert!(is_id(name), "{name}");
        }
        for name in ["amount", "paid", "delivered_at", "video", "casino"] {
            assert!(!is_id(name), "{name}");
        }
    }

    #[test]
    fn a_comparison_means_its_literal() {
        assert_eq!(literal("api.is_equal_to(\"Dr. Who\")"), "Dr. Who");
        assert_eq!(literal("api.is_not_equal_to(\"x\")"), "api.is_not_equal_to(\"x\")");
        assert_eq!(literal(" 9 pm "), "9 pm");
    }
}
