//! What is known of the case: ids, amounts, dates, each with where it came from.
//!
//! Sources, strongest first: the platform's own facts, tool results, tool arguments, the customer's words. A newer value
//! becomes the primary one unless its source is weaker. Ids keep all values seen (an agent looks up several orders);
//! other facts keep the newest. Everything passes `redact` before it is kept.

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
    let mut learner = Learner { state, privacy, new: false };
    let said = Said {
        source: Source::CustomerWords,
        event_id: &turn.event_id,
        at: turn.event_time,
        reads_only: false,
    };
    if let (Role::Customer, Some(text)) = (turn.role, &turn.text)
        && text.bytes().any(|byte| byte.is_ascii_digit())
    {
        let asked = learner
            .state
            .recent
            .iter()
            .rev()
            .find(|turn| turn.role == Role::Ai)
            .map(|turn| turn.text.clone());
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
}

impl Learner<'_> {
    fn take_action(&mut self, action: &Action<'_>, said: Said<'_>) {
        let argument = Said { source: Source::ToolArgument, reads_only: reads_only(&action.name), ..said };
        for (name, value) in &action.arguments {
            let (name, value) = (&snake_case(name), literal(value));
            let id = is_id(name);
            if value.starts_with('[') && id {
                scan::top_level(value, |_, one| self.put(name.trim_end_matches('s'), one, argument));
            } else if !value.starts_with(['[', '{'])
                && value != "null"
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
        let Some(value) = keep::value(name, value, self.privacy) else { return };
        match self.state.facts.iter().position(|fact| same_name(&fact.name, name)) {
            Some(index) => self.add(index, name, value, said),
            None => {
                self.make_room();
                self.new = true;
                self.state.facts.push(Fact {
                    name: keep::cut_bytes(name, ID_BYTES).to_owned(),
                    values: vec![value.clone()],
                    value,
                    source: said.source,
                    event_id: said.event_id.to_owned(),
                    at: said.at,
                });
            }
        }
    }

    fn add(&mut self, index: usize, name: &str, value: String, said: Said<'_>) {
        let primary = self.becomes_primary(&self.state.facts[index], &value, said);
        let fact = &mut self.state.facts[index];
        if fact.value == value {
            if said.source < fact.source {
                fact.source = said.source;
            }
            return;
        }
        let known = fact.values.iter().position(|one| *one == value);
        self.new |= known.is_none();
        if said.at < fact.at {
            // Older than what is known: it stands before the newer ones.
            if known.is_none() && is_id(name) && fact.values.len() < FACT_VALUES {
                fact.values.insert(0, value);
            }
            return;
        }
        if let Some(known) = known {
            fact.values.remove(known);
        }
        if primary {
            fact.value.clone_from(&value);
            fact.source = said.source;
            fact.at = said.at;
            said.event_id.clone_into(&mut fact.event_id);
            if !is_id(&fact.name) {
                fact.values.clear();
            }
        } else if !is_id(&fact.name) {
            return;
        }
        fact.values.push(value);
        if fact.values.len() > FACT_VALUES {
            let oldest = fact.values.iter().position(|one| *one != fact.value).unwrap_or(0);
            fact.values.remove(oldest);
        }
    }

    /// A look-up of another id does not displace the one that the customer named.
    fn becomes_primary(&self, fact: &Fact, value: &str, said: Said<'_>) -> bool {
        if said.source > fact.source || said.at < fact.at {
            return false;
        }
        let named = |value: &str| {
            self.state.recent.iter().any(|turn| turn.role == Role::Customer && turn.text.contains(value))
        };
        !(said.reads_only && is_id(&fact.name) && named(&fact.value) && !named(value))
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

/// `orderId`, `Order-ID` and `order id` are `order_id`.
fn snake_case(name: &str) -> String {
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
    snake
}

/// Equal but for case and separators.
fn same_name(a: &str, b: &str) -> bool {
    let plain = |name: &'_ str| -> Vec<char> {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    a == b
        || (a.len().abs_diff(b.len()) <= 4
            && a.as_bytes().first().map(u8::to_ascii_lowercase)
                == b.as_bytes().first().map(u8::to_ascii_lowercase)
            && plain(a) == plain(b))
}

/// The name says that it is an id: its last word is one of a few.
pub(in crate::domain) fn is_id(name: &str) -> bool {
    let last = name.rsplit(['_', '-', ' ', '.']).next().unwrap_or(name);
    let lower = last.to_ascii_lowercase();
    ["id", "ids", "number", "numbers", "no", "num", "nr", "ref", "reference", "iban"]
        .contains(&lower.as_str())
        || last.ends_with("Id")
        || last.ends_with("ID")
        || last.ends_with("Number")
}

/// Of a result only what a person needs to find or to judge the case.
fn is_telling(name: &str) -> bool {
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
