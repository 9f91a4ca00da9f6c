//! The typed expression a checked condition is lowered to, and its evaluation.
//!
//! Invariant (kept by `check`): the operands of a node have the types the node is for. Where a value of another type would
//! come, the answer is no value and never a panic.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::Regex;

use super::vocabulary::{Field, Map, StepField, TextField, View};

/// A scalar value; texts borrow from the turn, the conversation or the rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    pub fn text(text: &'a str) -> Value<'a> {
        Value::Text(Cow::Borrowed(text))
    }

    fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    fn into_text(self) -> Option<Cow<'a, str>> {
        if let Value::Text(value) = self { Some(value) } else { None }
    }

    /// How two values are ordered; numbers of both kinds compare by value. `None`: they cannot be compared.
    fn order(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Int(a), Value::Double(b)) => (*a as f64).partial_cmp(b),
            (Value::Double(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
            (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
            (Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_), _) => None,
        }
    }
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// An order of `None` is a NaN, which equals nothing and stands nowhere.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What is looked for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    Contains,
    StartsWith,
    EndsWith,
}

/// One value made of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// The design's `number(x)`: no value where the text is no number.
    Number,
    Int,
    Double,
    Text,
    LowerAscii,
    UpperAscii,
    /// Characters of a text.
    Length,
}

impl Conversion {
    /// What it makes, in words.
    pub fn wanted(self) -> &'static str {
        match self {
            Conversion::Number | Conversion::Double => "number",
            Conversion::Int | Conversion::Length => "whole number",
            Conversion::Text | Conversion::LowerAscii | Conversion::UpperAscii => "text",
        }
    }
}

/// A typed expression.
#[derive(Clone, Debug)]
pub enum Expression {
    Literal(Value<'static>),
    Field(Field),
    /// The field is this text.
    Is(TextField, Box<str>),
    Entry(Map, Box<Expression>),
    Step(Box<Expression>, StepField),
    /// Whether there is a value.
    Present(Box<Expression>),
    MapSize(Map),
    StepCount,
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    If(Box<[Expression; 3]>),
    Compare(Comparison, Box<[Expression; 2]>),
    /// The first is one of the others.
    OneOf(Box<Expression>, Vec<Expression>),
    Compute(Arithmetic, Box<[Expression; 2]>),
    Negate(Box<Expression>),
    Search(Search, Box<[Expression; 2]>),
    Matches(Box<Expression>, Box<Regex>),
    Convert(Conversion, Box<Expression>),
}

impl Expression {
    /// The value at a turn; `None` is no value.
    pub fn value<'a>(&'a self, view: View<'a>) -> Option<Value<'a>> {
        match self {
            Expression::Literal(value) => Some(borrowed(value)),
            Expression::Field(field) => field.read(view),
            Expression::Entry(map, key) => map.get(&key.value(view)?.into_text()?, view).map(Value::text),
            Expression::Step(index, field) => step(index.value(view)?, *field, view),
            Expression::MapSize(map) => i64::try_from(map.len(view)).ok().map(Value::Int),
            Expression::StepCount => i64::try_from(view.conversation.steps.len()).ok().map(Value::Int),
            Expression::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if condition.truth(view)? { yes.value(view) } else { no.value(view) }
            }
            Expression::Compute(arithmetic, sides) => {
                let (left, right) = both(sides, view)?;
                compute(*arithmetic, left, right)
            }
            Expression::Negate(inner) => match inner.value(view)? {
                Value::Int(value) => value.checked_neg().map(Value::Int),
                Value::Double(value) => Some(Value::Double(-value)),
                Value::Bool(_) | Value::Text(_) => None,
            },
            Expression::Convert(conversion, inner) => convert(*conversion, inner.value(view)?),
            Expression::Is(..)
            | Expression::Present(_)
            | Expression::Not(_)
            | Expression::And(_)
            | Expression::Or(_)
            | Expression::Compare(..)
            | Expression::OneOf(..)
            | Expression::Search(..)
            | Expression::Matches(..) => self.truth(view).map(Value::Bool),
        }
    }

    /// The same of what is true or false.
    pub fn truth(&self, view: View<'_>) -> Option<bool> {
        match self {
            Expression::Is(field, text) => field.read(view).map(|read| *read == **text),
            Expression::Present(inner) => Some(inner.value(view).is_some()),
            Expression::Not(inner) => inner.truth(view).map(|value| !value),
            Expression::And(terms) => decide(terms, view, Connective::And),
            Expression::Or(terms) => decide(terms, view, Connective::Or),
            Expression::Compare(comparison, sides) => {
                let (left, right) = both(sides, view)?;
                Some(comparison.holds(left.order(&right)))
            }
            Expression::OneOf(one, others) => one_of(&one.value(view)?, others, view),
            Expression::Search(search, sides) => {
                let (text, sought) = both(sides, view)?;
                let (text, sought) = (text.into_text()?, sought.into_text()?);
                Some(match search {
                    Search::Contains => text.contains(sought.as_ref()),
                    Search::StartsWith => text.starts_with(sought.as_ref()),
                    Search::EndsWith => text.ends_with(sought.as_ref()),
                })
            }
            Expression::Matches(text, regex) => Some(regex.is_match(&text.value(view)?.into_text()?)),
            Expression::Literal(_)
            | Expression::Field(_)
            | Expression::Entry(..)
            | Expression::Step(..)
            | Expression::MapSize(_)
            | Expression::StepCount
            | Expression::If(_)
            | Expression::Compute(..)
            | Expression::Negate(_)
            | Expression::Convert(..) => self.value(view)?.as_bool(),
        }
    }
}

fn borrowed<'a>(value: &'a Value<'static>) -> Value<'a> {
    match value {
        Value::Bool(value) => Value::Bool(*value),
        Value::Int(value) => Value::Int(*value),
        Value::Double(value) => Value::Double(*value),
        Value::Text(text) => Value::text(text),
    }
}

fn both<'a>(sides: &'a [Expression; 2], view: View<'a>) -> Option<(Value<'a>, Value<'a>)> {
    Some((sides[0].value(view)?, sides[1].value(view)?))
}

#[derive(Clone, Copy, PartialEq)]
enum Connective {
    And,
    Or,
}

/// `&&` and `||` with three values: a term that settles it wins over one without a value, on either side.
fn decide(terms: &[Expression], view: View<'_>, connective: Connective) -> Option<bool> {
    let settles = connective == Connective::Or;
    let mut answer = Some(!settles);
    for term in terms {
        match term.truth(view) {
            Some(value) if value == settles => return Some(settles),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

fn one_of(one: &Value<'_>, others: &[Expression], view: View<'_>) -> Option<bool> {
    let mut answer = Some(false);
    for other in others {
        match other.value(view) {
            Some(other) if one.order(&other) == Some(Ordering::Equal) => return Some(true),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

fn step<'a>(index: Value<'_>, field: StepField, view: View<'a>) -> Option<Value<'a>> {
    let Value::Int(index) = index else { return None };
    let step = view.conversation.steps.get(usize::try_from(index).ok()?)?;
    Some(match field {
        StepField::Action => Value::text(&step.action),
        StepField::Status => Value::text(step.status.name()),
    })
}

/// Overflow and division by zero have no value; doubles do as IEEE 754 says.
fn compute<'a>(arithmetic: Arithmetic, left: Value<'a>, right: Value<'a>) -> Option<Value<'a>> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => match arithmetic {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide => a.checked_div(b),
            Arithmetic::Remainder => a.checked_rem(b),
        }
        .map(Value::Int),
        (Value::Double(a), Value::Double(b)) => match arithmetic {
            Arithmetic::Add => Some(a + b),
            Arithmetic::Subtract => Some(a - b),
            Arithmetic::Multiply => Some(a * b),
            Arithmetic::Divide => Some(a / b),
            Arithmetic::Remainder => None,
        }
        .map(Value::Double),
        (Value::Text(a), Value::Text(b)) if arithmetic == Arithmetic::Add => Some(Value::Text(a + b)),
        (Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_), _) => None,
    }
}

fn convert(conversion: Conversion, value: Value<'_>) -> Option<Value<'_>> {
    match (conversion, value) {
        (Conversion::Number, Value::Text(text)) => parse_number(&text).map(Value::Double),
        (Conversion::Number | Conversion::Double, Value::Int(value)) => Some(Value::Double(value as f64)),
        (Conversion::Number | Conversion::Double, Value::Double(value)) => Some(Value::Double(value)),
        (Conversion::Double, Value::Text(text)) => {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double)
        }
        (Conversion::Int, Value::Int(value)) => Some(Value::Int(value)),
        // Bounds of i64 as doubles: anything outside has no value.
        (Conversion::Int, Value::Double(value)) if (-9.2e18..=9.2e18).contains(&value) => {
            Some(Value::Int(value as i64))
        }
        (Conversion::Int, Value::Text(text)) => text.parse().ok().map(Value::Int),
        (Conversion::Text, Value::Bool(value)) => Some(Value::Text(value.to_string().into())),
        (Conversion::Text, Value::Int(value)) => Some(Value::Text(value.to_string().into())),
        (Conversion::Text, Value::Double(value)) => Some(Value::Text(value.to_string().into())),
        (Conversion::Text, Value::Text(text)) => Some(Value::Text(text)),
        (Conversion::LowerAscii, Value::Text(text)) => Some(Value::Text(text.to_ascii_lowercase().into())),
        (Conversion::UpperAscii, Value::Text(text)) => Some(Value::Text(text.to_ascii_uppercase().into())),
        (Conversion::Length, Value::Text(text)) => i64::try_from(text.chars().count()).ok().map(Value::Int),
        (_, Value::Bool(_) | Value::Int(_) | Value::Double(_)) => None,
    }
}

/// A number as people and systems write amounts: `1299`, `1299.50`, `$1,299.50`, `1299.50 EUR`, `-3`. `None` where it is
/// not one, or could be two (`1,5`).
pub fn parse_number(text: &str) -> Option<f64> {
    // Most amounts are plain: no need to look closer.
    if text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return text.parse().ok().filter(|number: &f64| number.is_finite());
    }
    let currency = |c: char| c.is_whitespace() || "$€£¥".contains(c) || c.is_ascii_uppercase();
    let plain = text.trim_matches(currency);
    let (whole, fraction) =
        plain.split_once('.').map_or((plain, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = whole.trim_start_matches(['-', '+']);
    if whole.len() > digits.len() + 1
        || fraction.is_some_and(|fraction| !fraction.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let all_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = digits.contains(',');
    if !all_digits(first)
        || (grouped && first.len() > 3)
        || !groups.all(|group| group.len() == 3 && all_digits(group))
    {
        return None;
    }
    plain.replace(',', "").parse::<f64>().ok().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::parse_number;

    #[test]
    fn amounts_are_read_and_what_could_be_two_numbers_is_not() {
        for (text, expected) in [
            ("500", Some(500.0)),
            (" 1299.50 ", Some(1299.5)),
            ("$1,299.50", Some(1299.5)),
            ("1299.5 EUR", Some(1299.5)),
            ("USD 12", Some(12.0)),
            ("-3", Some(-3.0)),
            ("1,234,567", Some(1_234_567.0)),
            ("1,5", None),
            ("1234,567", None),
            ("--3", None),
            ("1.2.3", None),
            ("1e9", None),
            ("inf", None),
            ("NaN", None),
            ("", None),
            (".", None),
            ("five", None),
        ] {
            assert_eq!(parse_number(text), expected, "{text:?}");
        }
    }
}
