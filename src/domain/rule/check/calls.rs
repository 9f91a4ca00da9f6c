//! Operators and functions of a condition: what they take, and what they give.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use regex::RegexBuilder;

use super::{Checked, Checker, LOOP, Thing, comparable, remedy};
use crate::domain::rule::expression::{Arithmetic, Comparison, Conversion, Expression, Search, Value};
use crate::domain::rule::nearest::nearest;
use crate::domain::rule::vocabulary::{FUNCTIONS, Field, StepField, TextField, Type};

/// Bytes a compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 20;
/// CEL's macros over lists and maps.
const LOOPS: [&str; 6] = ["all", "exists", "exists_one", "existsOne", "map", "filter"];

impl Checker {
    pub(super) fn call(&self, node: &IdedExpr, call: &CallExpr, depth: u16) -> Checked<Thing> {
        let depth = depth + 1;
        let parts: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let of = |expression, of| Ok(Thing::Scalar(expression, of));
        match (call.func_name.as_str(), parts.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, _) => {
                let mut terms = Vec::new();
                self.terms(node, &call.func_name, &mut terms, depth)?;
                let and = call.func_name == operators::LOGICAL_AND;
                of(if and { Expression::And(terms) } else { Expression::Or(terms) }, Type::Bool)
            }
            (operators::LOGICAL_NOT, [inner]) => {
                of(Expression::Not(Box::new(self.typed(inner, Type::Bool, "!", depth)?)), Type::Bool)
            }
            (operators::NEGATE, [inner]) => match self.scalar(inner, depth)? {
                (expression, kind) if kind.is_number() => of(Expression::Negate(Box::new(expression)), kind),
                (_, kind) => self.flaw(node, format!("- wants a number, not a {}", kind.name())),
            },
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.conditional(node, [condition, yes, no], depth)
            }
            (operators::IN, [one, others]) => self.membership(node, one, others, depth),
            (operators::INDEX, [from, index]) => self.index(node, from, index, depth),
            (name, [left, right]) => {
                if let Some(comparison) = comparison(name) {
                    self.compare(node, comparison, left, right, depth)
                } else if let Some(arithmetic) = arithmetic(name) {
                    self.compute(node, arithmetic, left, right, depth)
                } else {
                    self.function(node, name, &parts, depth)
                }
            }
            (name, _) => self.function(node, name, &parts, depth),
        }
    }

    /// The terms of a chain of one connective. The parser balances chains, so this is not deep.
    fn terms(
        &self,
        node: &IdedExpr,
        connective: &str,
        terms: &mut Vec<Expression>,
        depth: u16,
    ) -> Checked<()> {
        if let Expr::Call(call) = &node.expr
            && call.func_name == connective
        {
            return call.args.iter().try_for_each(|arg| self.terms(arg, connective, terms, depth));
        }
        let sign = if connective == operators::LOGICAL_AND { "&&" } else { "||" };
        terms.push(self.typed(node, Type::Bool, sign, depth)?);
        Ok(())
    }

    fn conditional(&self, node: &IdedExpr, parts: [&IdedExpr; 3], depth: u16) -> Checked<Thing> {
        let condition = self.typed(parts[0], Type::Bool, "? :", depth)?;
        let (yes, of) = self.scalar(parts[1], depth)?;
        let (no, other) = self.scalar(parts[2], depth)?;
        if of != other {
            let what = format!("both sides of : must have one type, not {} and {}", of.name(), other.name());
            return self.flaw(node, format!("{what}{}", remedy(of, other)));
        }
        Ok(Thing::Scalar(Expression::If(Box::new([condition, yes, no])), of))
    }

    fn compare(
        &self,
        node: &IdedExpr,
        comparison: Comparison,
        left: &IdedExpr,
        right: &IdedExpr,
        depth: u16,
    ) -> Checked<Thing> {
        let ((a, a_type), (b, b_type)) = (self.scalar(left, depth)?, self.scalar(right, depth)?);
        if !comparable(a_type, b_type) {
            let what = format!("a {} cannot be compared with a {}", a_type.name(), b_type.name());
            return self.flaw(node, format!("{what}{}", remedy(a_type, b_type)));
        }
        match comparison {
            Comparison::Equal | Comparison::NotEqual => {
                self.word(node, &a, &b)?;
                self.word(node, &b, &a)?;
            }
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                if a_type == Type::Bool {
                    return self.flaw(node, "true and false have no order; use == or !=".to_owned());
                }
            }
        }
        Ok(Thing::Scalar(lowered(comparison, a, b), Type::Bool))
    }

    /// A field with a closed list of words is compared with one of them only.
    fn word(&self, node: &IdedExpr, field: &Expression, with: &Expression) -> Checked<()> {
        let words = if let Expression::Field(Field::Text(field)) = field {
            field.words()
        } else if let Expression::Step(_, StepField::Status) = field {
            TextField::ActionStatus.words()
        } else {
            None
        };
        let (Some(words), Expression::Literal(Value::Text(text))) = (words, with) else { return Ok(()) };
        if words.contains(&text.as_ref()) {
            return Ok(());
        }
        let hint = match nearest(text, words.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it is one of {}", words.join(", ")),
        };
        self.flaw(node, format!("this field is never \"{text}\"; {hint}"))
    }

    fn compute(
        &self,
        node: &IdedExpr,
        arithmetic: Arithmetic,
        left: &IdedExpr,
        right: &IdedExpr,
        depth: u16,
    ) -> Checked<Thing> {
        let ((a, a_type), (b, b_type)) = (self.scalar(left, depth)?, self.scalar(right, depth)?);
        let sign = match arithmetic {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        };
        let possible = match arithmetic {
            Arithmetic::Add => a_type != Type::Bool,
            Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide => a_type.is_number(),
            Arithmetic::Remainder => a_type == Type::Int,
        };
        if a_type != b_type || !possible {
            let what = format!("{sign} is not defined for {} and {}", a_type.name(), b_type.name());
            return self.flaw(node, format!("{what}{}", remedy(a_type, b_type)));
        }
        Ok(Thing::Scalar(Expression::Compute(arithmetic, Box::new([a, b])), a_type))
    }

    fn membership(&self, node: &IdedExpr, one: &IdedExpr, others: &IdedExpr, depth: u16) -> Checked<Thing> {
        let found = match self.meaning(others, depth)? {
            Thing::List(elements, of) => {
                let (expression, one_type) = self.scalar(one, depth)?;
                if of.is_some_and(|of| !comparable(of, one_type)) {
                    let of = of.map_or("", Type::name);
                    return self.flaw(node, format!("a {} is never in a list of {of}", one_type.name()));
                }
                for element in &elements {
                    self.word(node, &expression, element)?;
                }
                Expression::OneOf(Box::new(expression), elements)
            }
            Thing::Map(map) => {
                let key = self.typed(one, Type::Text, "in", depth)?;
                Expression::Present(Box::new(Expression::Entry(map, Box::new(key))))
            }
            Thing::Object(object) => match &one.expr {
                Expr::Literal(LiteralValue::String(name)) => {
                    match self.field(node, Thing::Object(object), name.inner())? {
                        Thing::Scalar(expression, _) => Expression::Present(Box::new(expression)),
                        other => {
                            return self
                                .flaw(node, format!("in does not look at {}; use has(..)", other.kind()));
                        }
                    }
                }
                _ => return self.flaw(node, format!("in {} wants a name in quotes", object.path())),
            },
            Thing::Steps => {
                return self.flaw(
                    node,
                    "in does not look into state.steps; use state.steps[0].action == \"..\"".to_owned(),
                );
            }
            other @ (Thing::Scalar(..) | Thing::Null | Thing::Step(_)) => {
                let what = format!(
                    "in wants a list or a map, not {}; for a part of a text use .contains(..)",
                    other.kind()
                );
                return self.flaw(node, what);
            }
        };
        Ok(Thing::Scalar(found, Type::Bool))
    }

    fn index(&self, node: &IdedExpr, from: &IdedExpr, index: &IdedExpr, depth: u16) -> Checked<Thing> {
        match self.meaning(from, depth)? {
            Thing::Map(map) => {
                let key = self.typed(index, Type::Text, "an index", depth)?;
                Ok(Thing::Scalar(Expression::Entry(map, Box::new(key)), Type::Text))
            }
            Thing::Steps => Ok(Thing::Step(self.typed(index, Type::Int, "an index", depth)?)),
            object @ Thing::Object(_) => match &index.expr {
                Expr::Literal(LiteralValue::String(name)) => self.field(node, object, name.inner()),
                _ => self.flaw(node, format!("{}[..] wants a name in quotes", object.kind())),
            },
            other @ (Thing::Scalar(..) | Thing::Null | Thing::Step(_) | Thing::List(..)) => {
                self.flaw(node, format!("{} has no elements; remove the index", other.kind()))
            }
        }
    }

    fn function(&self, node: &IdedExpr, name: &str, parts: &[&IdedExpr], depth: u16) -> Checked<Thing> {
        let of = |expression, of| Ok(Thing::Scalar(expression, of));
        let convert = |conversion, inner, kind| of(Expression::Convert(conversion, Box::new(inner)), kind);
        match (name, parts) {
            ("size", [inner]) => match self.meaning(inner, depth)? {
                Thing::Scalar(text, Type::Text) => convert(Conversion::Length, text, Type::Int),
                Thing::Map(map) => of(Expression::MapSize(map), Type::Int),
                Thing::Steps => of(Expression::StepCount, Type::Int),
                other => self
                    .flaw(node, format!("size wants a string, a map or state.steps, not {}", other.kind())),
            },
            ("number", [inner]) => match self.scalar(inner, depth)? {
                (_, Type::Bool) => {
                    self.flaw(node, "number wants a string, not a bool; use the bool itself".to_owned())
                }
                (inner, _) => convert(Conversion::Number, inner, Type::Double),
            },
            ("int" | "double", [inner]) => match self.scalar(inner, depth)? {
                (_, Type::Bool) => self.flaw(node, format!("{name} wants a string or a number, not a bool")),
                (inner, _) if name == "int" => convert(Conversion::Int, inner, Type::Int),
                (inner, _) => convert(Conversion::Double, inner, Type::Double),
            },
            ("string", [inner]) => convert(Conversion::Text, self.scalar(inner, depth)?.0, Type::Text),
            ("lowerAscii", [inner]) => {
                convert(Conversion::LowerAscii, self.typed(inner, Type::Text, name, depth)?, Type::Text)
            }
            ("upperAscii", [inner]) => {
                convert(Conversion::UpperAscii, self.typed(inner, Type::Text, name, depth)?, Type::Text)
            }
            ("contains" | "startsWith" | "endsWith", [text, sought]) => {
                let search = match name {
                    "contains" => Search::Contains,
                    "startsWith" => Search::StartsWith,
                    _ => Search::EndsWith,
                };
                let sides = [
                    self.typed(text, Type::Text, name, depth)?,
                    self.typed(sought, Type::Text, name, depth)?,
                ];
                of(Expression::Search(search, Box::new(sides)), Type::Bool)
            }
            ("matches", [text, pattern]) => self.matches(node, text, pattern, depth),
            _ if LOOPS.contains(&name) => self.flaw(node, LOOP.to_owned()),
            _ if FUNCTIONS.contains(&name) => self.flaw(
                node,
                format!("{name} does not take {} arguments; docs/policies.md lists them", parts.len()),
            ),
            _ => {
                let hint = match nearest(name, FUNCTIONS) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("known are {}", FUNCTIONS.join(", ")),
                };
                self.flaw(node, format!("unknown function {name}; {hint}"))
            }
        }
    }

    fn matches(&self, node: &IdedExpr, text: &IdedExpr, pattern: &IdedExpr, depth: u16) -> Checked<Thing> {
        let text = self.typed(text, Type::Text, "matches", depth)?;
        let Expr::Literal(LiteralValue::String(pattern)) = &pattern.expr else {
            return self
                .flaw(node, "matches wants its pattern in quotes, so that it can be checked now".to_owned());
        };
        match RegexBuilder::new(pattern.inner()).size_limit(REGEX_BYTES).build() {
            Ok(regex) => Ok(Thing::Scalar(Expression::Matches(Box::new(text), Box::new(regex)), Type::Bool)),
            Err(error) => {
                let what = error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned();
                self.flaw(
                    node,
                    format!("matches: \"{}\" is not a regular expression: {what}", pattern.inner()),
                )
            }
        }
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<Arithmetic> {
    Some(match name {
        operators::ADD => Arithmetic::Add,
        operators::SUBSTRACT => Arithmetic::Subtract,
        operators::MULTIPLY => Arithmetic::Multiply,
        operators::DIVIDE => Arithmetic::Divide,
        operators::MODULO => Arithmetic::Remainder,
        _ => return None,
    })
}

/// A comparison; that of a field with a given text, which most rules begin with, has a form of its own.
fn lowered(comparison: Comparison, a: Expression, b: Expression) -> Expression {
    match (comparison, a, b) {
        (
            Comparison::Equal,
            Expression::Field(Field::Text(field)),
            Expression::Literal(Value::Text(text)),
        )
        | (
            Comparison::Equal,
            Expression::Literal(Value::Text(text)),
            Expression::Field(Field::Text(field)),
        ) => Expression::Is(field, text.into()),
        (comparison, a, b) => Expression::Compare(comparison, Box::new([a, b])),
    }
}
