//! A user's rule: a CEL condition over documented variables, checked at load.
//!
//! The `cel` crate reads the text; `check` types every node against `vocabulary` and lowers it to the small typed
//! expression that `expression` evaluates. So what loads can be evaluated: no unknown name, no type error, no loop, no
//! panic, and a rule costs nanoseconds a turn. CEL's own interpreter is the oracle of the tests, not a part of the product.
//!
//! Architecture invariant: evaluation has three answers, yes, no and *no value* (a null, an absent key, a text that is no
//! number). `false && x` is no and `true || x` is yes whatever `x` is, as in CEL; else no value stays no value.

mod check;
mod expression;
mod met;
pub mod nearest;
mod set;
mod vocabulary;

pub use met::{Met, Variable};
pub use set::RuleSet;
pub use vocabulary::View;

use super::decision::Decision;
use expression::Expression;

/// One `[[rules]]` entry of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    /// The condition as written.
    pub when: String,
    /// Where it was written, `file:line`; empty where it came from no file.
    pub place: String,
    pub condition: Condition,
    pub decision: Decision,
    pub queue: Option<String>,
    pub priority: Option<i64>,
    pub skills: Vec<String>,
}

impl Rule {
    /// A rule without place, queue, priority and skills. Errors: the condition cannot be.
    pub fn new(id: String, when: String, decision: Decision) -> Result<Rule, Flaw> {
        let condition = Condition::compile(&when)?;
        let (place, skills) = (String::new(), Vec::new());
        Ok(Rule { id, when, place, condition, decision, queue: None, priority: None, skills })
    }
}

/// Why a condition cannot be: what is wrong and what to do, and the line of the text (0 is its first).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub line: u32,
    pub message: String,
}

/// A condition that was checked: it is true, false or without a value, and cannot fail.
#[derive(Clone, Debug)]
pub struct Condition(Expression);

impl Condition {
    /// The longest condition, in bytes.
    pub const BYTES: usize = 2_000;

    /// Checks a CEL text. Errors: syntax, unknown names, types, loops, too long or too deep.
    pub fn compile(text: &str) -> Result<Condition, Flaw> {
        check::compile(text).map(Condition)
    }

    /// Whether it holds at a turn; `None` where it meets no value.
    pub fn holds(&self, view: View<'_>) -> Option<bool> {
        self.0.truth(view)
    }
}

#[cfg(test)]
mod tests;
