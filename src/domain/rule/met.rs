//! What a condition met at a turn, for a person who asks why it fired or did not.
//!
//! Every variable is read, also those that the evaluation did not need: `a && b` is decided where `a` is false, and a
//! person still wants to see `b`.

use super::Condition;
use super::expression::{Conversion, Expression, Value};
use super::vocabulary::{Field, Meaning, Object, STEP, View};
use crate::domain::keep;
use crate::domain::policy::Privacy;

/// How a condition read at a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Met {
    /// As [`Condition::holds`].
    pub holds: Option<bool>,
    /// The terms that `&&` joins at the top, and how many of them hold. A condition without `&&` is one term.
    pub terms: usize,
    pub terms_met: usize,
    /// In the order of the text, each once.
    pub variables: Vec<Variable>,
}

/// A variable and its value, as a rule would write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// Texts stand in quotes, redacted and cut as in the state; a secret is left out in words. `None`: no value.
    pub value: Option<String>,
    /// What the condition wanted to read in the value, and could not: `number` of `649,00`.
    pub is_no: Option<&'static str>,
}

impl Condition {
    /// Whether it holds at a turn, and with which values.
    pub fn met(&self, view: View<'_>, privacy: &Privacy) -> Met {
        let terms = if let Expression::And(terms) = &self.0 { terms } else { std::slice::from_ref(&self.0) };
        let mut reader = Reader { view, privacy, variables: Vec::new() };
        reader.read(&self.0);
        Met {
            holds: self.holds(view),
            terms: terms.len(),
            terms_met: terms.iter().filter(|term| term.truth(view) == Some(true)).count(),
            variables: reader.variables,
        }
    }
}

struct Reader<'a> {
    view: View<'a>,
    privacy: &'a Privacy,
    variables: Vec<Variable>,
}

impl Reader<'_> {
    fn read(&mut self, expression: &Expression) {
        match expression {
            Expression::Literal(_) => {}
            Expression::Field(field) => self.note(path(*field), expression),
            Expression::Is(field, _) => {
                let field = Field::Text(*field);
                self.note(path(field), &Expression::Field(field));
            }
            Expression::Entry(map, key) => {
                self.read(key);
                self.note(entry(map.path(), key.value(self.view).as_ref()), expression);
            }
            Expression::Step(index, field) => {
                self.read(index);
                let name = STEP.iter().find(|(_, known)| known == field).map_or("", |(name, _)| name);
                let at = index.value(self.view).map_or("..".to_owned(), |at| plain(&at));
                self.note(format!("state.steps[{at}].{name}"), expression);
            }
            Expression::MapSize(map) => self.note(format!("size({})", map.path()), expression),
            Expression::StepCount => self.note("size(state.steps)".to_owned(), expression),
            Expression::Present(inner)
            | Expression::Not(inner)
            | Expression::Negate(inner)
            | Expression::Matches(inner, _) => self.read(inner),
            Expression::Convert(conversion, inner) => {
                self.read(inner);
                if inner.value(self.view).is_some() && expression.value(self.view).is_none() {
                    self.note_unread(inner, *conversion);
                }
            }
            Expression::And(terms) | Expression::Or(terms) => terms.iter().for_each(|term| self.read(term)),
            Expression::If(parts) => parts.iter().for_each(|part| self.read(part)),
            Expression::Compare(_, sides) | Expression::Compute(_, sides) | Expression::Search(_, sides) => {
                sides.iter().for_each(|side| self.read(side));
            }
            Expression::OneOf(one, others) => {
                self.read(one);
                others.iter().for_each(|other| self.read(other));
            }
        }
    }

    /// The one variable of an expression has a value that cannot be converted.
    fn note_unread(&mut self, expression: &Expression, conversion: Conversion) {
        let mut inner = Reader { variables: Vec::new(), ..*self };
        inner.read(expression);
        if let [only] = inner.variables.as_slice()
            && let Some(known) = self.variables.iter_mut().find(|known| known.name == only.name)
        {
            known.is_no = Some(conversion.wanted());
        }
    }

    fn note(&mut self, name: String, variable: &Expression) {
        if self.variables.iter().any(|known| known.name == name) {
            return;
        }
        let value = variable.value(self.view).map(|value| match &value {
            Value::Text(text) => keep::value(last_name(&name), text, self.privacy)
                .map_or_else(|| left_out(text), |kept| format!("\"{kept}\"")),
            Value::Bool(_) | Value::Int(_) | Value::Double(_) => plain(&value),
        });
        self.variables.push(Variable { name, value, is_no: None });
    }
}

/// Why nothing is kept of a text: it is empty, or its name says that it is a secret.
fn left_out(text: &str) -> String {
    if text.trim().is_empty() { "\"\"".to_owned() } else { "(a secret, left out)".to_owned() }
}

fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        // Some are kept as `f32`: to four places, so that 0.3 is not 0.30000001192092896.
        Value::Double(value) => ((value * 10_000.0).round() / 10_000.0).to_string(),
        Value::Text(text) => text.to_string(),
    }
}

/// `facts.amount`, or `facts["unit price"]` where the key is no name.
fn entry(map: &str, key: Option<&Value<'_>>) -> String {
    let is_name = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match key {
        Some(Value::Text(key)) if is_name(key) => format!("{map}.{key}"),
        Some(key) => format!("{map}[\"{}\"]", plain(key)),
        None => format!("{map}[..]"),
    }
}

fn last_name(path: &str) -> &str {
    let name = path.rsplit(['.', '[']).next().unwrap_or(path);
    name.trim_matches(['"', ']'])
}

/// How a rule names the field.
fn path(field: Field) -> String {
    let objects = [Object::Turn, Object::Action, Object::Verification, Object::State, Object::Signals];
    let of = |object: Object| {
        let is_it = |meaning: &Meaning| matches!(meaning, Meaning::Scalar(known, _) if *known == field);
        let (name, _) = object.fields().iter().find(|(_, meaning)| is_it(meaning))?;
        Some(format!("{}.{name}", object.path()))
    };
    objects.into_iter().find_map(of).unwrap_or_default()
}
