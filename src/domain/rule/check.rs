//! The static checker: CEL's syntax tree in, a typed [`Expression`] or a [`Flaw`] out.

mod calls;
mod slips;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo};
use cel::parser::Parser;

use super::expression::{Expression, Value};
use super::nearest::nearest;
use super::vocabulary::{Field, Map, Meaning, Object, STEP, TextField, Type, VARIABLES};
use super::{Condition, Flaw};

/// Nesting that is accepted; the parser refuses what is deeper in its own terms first.
const DEPTH: u16 = 64;
const LOOP: &str = "loops (all, exists, exists_one, map, filter) are not available in rules; use x in [..], an index such \
                    as state.steps[0].action, size(..) or state.tool_failures";

/// Checks a condition.
pub fn compile(text: &str) -> Result<Expression, Flaw> {
    if text.len() > Condition::BYTES {
        let message = format!(
            "the condition has {} bytes; at most {} are taken: split the rule",
            text.len(),
            Condition::BYTES
        );
        return Err(Flaw { line: 0, message });
    }
    let (tree, source) =
        Parser::new().max_recursion_depth(DEPTH).parse_with_source_info(text).map_err(|errors| {
            slips::first(text).unwrap_or_else(|| {
                let first = errors.errors.first();
                let line = first.map_or(0, |error| u32::try_from(error.pos.0 - 1).unwrap_or(0));
                Flaw { line, message: unreadable(first.map_or("it cannot be read", |error| &error.msg)) }
            })
        })?;
    let checker = Checker { source };
    match checker.meaning(&tree, 0)? {
        Thing::Scalar(expression, Type::Bool) => Ok(expression),
        Thing::Scalar(_, of) => checker.flaw(
            &tree,
            format!(
                "the condition is a {}, not true or false; compare it with something, or ask has(..)",
                of.name()
            ),
        ),
        other => checker.flaw(
            &tree,
            format!("the condition is {}, not true or false; compare a field of it", other.kind()),
        ),
    }
}

/// What the parser says, without its list of everything that could stand there.
fn unreadable(said: &str) -> String {
    if said.contains("Recursion limit") {
        return format!("this nests deeper than {DEPTH} levels; split the rule");
    }
    let what = said.trim_start_matches("Syntax error: ").split(" expecting ").next().unwrap_or_default();
    format!("this is not a CEL expression: {}", what.replace("'<EOF>'", "the end"))
}

/// What a part of a condition stands for.
enum Thing {
    Scalar(Expression, Type),
    Null,
    Object(Object),
    Map(Map),
    Steps,
    Step(Expression),
    /// A list literal, whose elements have one type (`None` where it is empty).
    List(Vec<Expression>, Option<Type>),
}

impl Thing {
    fn kind(&self) -> &'static str {
        match self {
            Thing::Scalar(_, of) => of.name(),
            Thing::Null => "null",
            Thing::Object(object) => object.path(),
            Thing::Map(map) => map.path(),
            Thing::Steps => "the list state.steps",
            Thing::Step(_) => "an element of state.steps",
            Thing::List(..) => "a list",
        }
    }
}

type Checked<T> = Result<T, Flaw>;

struct Checker {
    source: SourceInfo,
}

impl Checker {
    fn flaw<T>(&self, at: &IdedExpr, message: String) -> Checked<T> {
        let start = self.source.offset_for(at.id).map_or(0, |(start, _)| start as usize);
        let line = self.source.source.chars().take(start).filter(|c| *c == '\n').count();
        Err(Flaw { line: u32::try_from(line).unwrap_or(0), message })
    }

    fn meaning(&self, node: &IdedExpr, depth: u16) -> Checked<Thing> {
        if depth > DEPTH {
            return self.flaw(node, format!("the condition is nested deeper than {DEPTH}; split the rule"));
        }
        match &node.expr {
            Expr::Literal(literal) => self.literal(node, literal),
            Expr::Ident(name) => match VARIABLES.iter().find(|(known, _)| known == name) {
                Some((_, meaning)) => Ok(self.named(*meaning)),
                None => self.unknown_variable(node, name),
            },
            Expr::Select(select) => self.select(node, select, depth),
            Expr::List(list) => self.list(node, &list.elements, depth),
            Expr::Call(call) => self.call(node, call, depth),
            Expr::Comprehension(_) => self.flaw(node, LOOP.to_owned()),
            Expr::Map(_) | Expr::Struct(_) => self.flaw(
                node,
                "maps and messages cannot be made in rules; compare the fields one by one".to_owned(),
            ),
            Expr::Unspecified => {
                self.flaw(node, "this is not a CEL expression: a part of it is missing".to_owned())
            }
        }
    }

    fn scalar(&self, node: &IdedExpr, depth: u16) -> Checked<(Expression, Type)> {
        match self.meaning(node, depth)? {
            Thing::Scalar(expression, of) => Ok((expression, of)),
            Thing::Null => self.flaw(
                node,
                "null: a comparison with null meets no value and never fires; ask has(turn.intent) or !has(facts.amount)"
                    .to_owned(),
            ),
            other => self.flaw(node, format!("a single value is wanted here, not {}; name a field of it", other.kind())),
        }
    }

    /// A part whose type must be `wanted`; `what` says whose part it is.
    fn typed(&self, node: &IdedExpr, wanted: Type, what: &str, depth: u16) -> Checked<Expression> {
        let (expression, of) = self.scalar(node, depth)?;
        if of == wanted {
            return Ok(expression);
        }
        self.flaw(
            node,
            format!("{what} wants a {}, not a {}{}", wanted.name(), of.name(), remedy(wanted, of)),
        )
    }

    fn literal(&self, node: &IdedExpr, literal: &LiteralValue) -> Checked<Thing> {
        let (value, of) = match literal {
            LiteralValue::Boolean(value) => (Value::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => (Value::Int(*value.inner()), Type::Int),
            LiteralValue::Double(value) => (Value::Double(*value.inner()), Type::Double),
            LiteralValue::String(value) => (Value::Text(value.inner().to_owned().into()), Type::Text),
            LiteralValue::Null => return Ok(Thing::Null),
            LiteralValue::UInt(value) => {
                return self
                    .flaw(node, format!("unsigned numbers are not used in rules; write {}", value.inner()));
            }
            LiteralValue::Bytes(_) => {
                return self.flaw(node, "bytes are not used in rules; write a string".to_owned());
            }
        };
        Ok(Thing::Scalar(Expression::Literal(value), of))
    }

    fn named(&self, meaning: Meaning) -> Thing {
        match meaning {
            Meaning::Scalar(field, of) => Thing::Scalar(Expression::Field(field), of),
            Meaning::Object(object) => Thing::Object(object),
            Meaning::Map(map) => Thing::Map(map),
            Meaning::Steps => Thing::Steps,
        }
    }

    fn unknown_variable<T>(&self, node: &IdedExpr, name: &str) -> Checked<T> {
        let objects = [Object::Turn, Object::State, Object::Signals];
        let paths = || {
            objects.iter().flat_map(|object| object.fields().iter().map(move |(field, _)| (object, *field)))
        };
        let exact = paths()
            .find(|(_, field)| *field == name)
            .map(|(object, field)| format!("{}.{field}", object.path()));
        let hint = exact
            .or_else(|| nearest(name, VARIABLES.map(|(known, _)| known)).map(str::to_owned))
            .or_else(|| {
                let near = nearest(name, paths().map(|(_, field)| field))?;
                paths()
                    .find(|(_, field)| *field == near)
                    .map(|(object, field)| format!("{}.{field}", object.path()))
            });
        let hint = match hint {
            Some(hint) => format!("did you mean {hint}?"),
            None => {
                format!("a text is written in quotes: \"{name}\"; variables are turn, facts, state, signals")
            }
        };
        self.flaw(node, format!("unknown variable {name}; {hint}"))
    }

    fn select(&self, node: &IdedExpr, select: &SelectExpr, depth: u16) -> Checked<Thing> {
        let of = self.meaning(&select.operand, depth + 1)?;
        let found = self.field(node, of, &select.field)?;
        if !select.test {
            return Ok(found);
        }
        let present = match found {
            Thing::Scalar(expression, _) => expression,
            Thing::Object(Object::Action) => Expression::Field(Field::Text(TextField::ActionName)),
            Thing::Object(Object::Verification) => {
                Expression::Field(Field::Text(TextField::VerificationStatus))
            }
            // Always there, if empty.
            Thing::Object(Object::Turn | Object::State | Object::Signals)
            | Thing::Map(_)
            | Thing::Steps
            | Thing::Null
            | Thing::Step(_)
            | Thing::List(..) => Expression::Literal(Value::Bool(true)),
        };
        Ok(Thing::Scalar(Expression::Present(Box::new(present)), Type::Bool))
    }

    fn field(&self, node: &IdedExpr, of: Thing, name: &str) -> Checked<Thing> {
        match of {
            Thing::Object(object) => match object.fields().iter().find(|(known, _)| *known == name) {
                Some((_, meaning)) => Ok(self.named(*meaning)),
                None if object == Object::Signals && name == "policy" => self.flaw(
                    node,
                    "signals.policy: rules do not see each other; repeat the condition".to_owned(),
                ),
                None => self.unknown_field(
                    node,
                    object.path(),
                    name,
                    object.fields().iter().map(|(known, _)| *known),
                ),
            },
            Thing::Map(map) => {
                let key = Expression::Literal(Value::Text(name.to_owned().into()));
                Ok(Thing::Scalar(Expression::Entry(map, Box::new(key)), Type::Text))
            }
            Thing::Step(index) => match STEP.iter().find(|(known, _)| *known == name) {
                Some((_, field)) => Ok(Thing::Scalar(Expression::Step(Box::new(index), *field), Type::Text)),
                None => self.unknown_field(node, "state.steps[..]", name, STEP.map(|(known, _)| known)),
            },
            Thing::Scalar(..) | Thing::Null | Thing::Steps | Thing::List(..) => {
                self.flaw(node, format!("{} has no field {name}; remove .{name}", of.kind()))
            }
        }
    }

    fn unknown_field<T>(
        &self,
        node: &IdedExpr,
        path: &str,
        name: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Checked<T> {
        let known: Vec<&str> = known.into_iter().collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {path}.{near}?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.flaw(node, format!("unknown field {path}.{name}; {hint}"))
    }

    fn list(&self, node: &IdedExpr, elements: &[IdedExpr], depth: u16) -> Checked<Thing> {
        let mut of = None;
        let mut read = Vec::with_capacity(elements.len());
        for element in elements {
            let (expression, element_type) = self.scalar(element, depth + 1)?;
            if of.is_some_and(|of| !comparable(of, element_type)) {
                return self
                    .flaw(node, "the elements of a list must have one type; split the list".to_owned());
            }
            of = of.or(Some(element_type));
            read.push(expression);
        }
        Ok(Thing::List(read, of))
    }
}

fn comparable(a: Type, b: Type) -> bool {
    a == b || (a.is_number() && b.is_number())
}

/// What to do where two types do not meet.
fn remedy(a: Type, b: Type) -> &'static str {
    match (a, b) {
        (Type::Text, Type::Int | Type::Double) | (Type::Int | Type::Double, Type::Text) => {
            "; number(..) makes a number of a string, quotes make a string"
        }
        (Type::Int, Type::Double) | (Type::Double, Type::Int) => {
            "; write the number with a point (2.0) or use double(..)"
        }
        (Type::Text, Type::Text) => "; strings can be added, compared and searched",
        (Type::Bool, _) | (_, Type::Bool) => "; a bool stands alone: turn.fallback or !turn.fallback",
        (Type::Int, Type::Int) | (Type::Double, Type::Double) => "",
    }
}
