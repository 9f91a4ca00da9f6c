//! The static checker: CEL's syntax tree in, a typed [`Expression`] or a [`Flaw`] out.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::parser::Parser;
use regex::RegexBuilder;

use super::expression::{Arithmetic, Comparison, Conversion, Expression, Search, Value};
use super::nearest::nearest;
use super::vocabulary::{FUNCTIONS, Field, Map, Meaning, Object, STEP, StepField, Type, VARIABLES};
use super::{Condition, Flaw};

/// Nesting that is accepted; the parser refuses what is deeper in its own terms first.
const DEPTH: u16 = 64;
/// Bytes a compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 20;
/// CEL's macros over lists and maps.
const LOOPS: [&str; 6] = ["all", "exists", "exists_one", "existsOne", "map", "filter"];
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
            let first = errors.errors.first();
            let line = first.map_or(0, |error| u32::try_from(error.pos.0 - 1).unwrap_or(0));
            let what = first.map_or("it cannot be read", |error| error.msg.as_str());
            let message =
                format!("this is not a CEL expression: {}", what.trim_start_matches("Syntax error: "));
            Flaw { line, message }
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
            Thing::Object(Object::Action) => Expression::Field(Field::ActionName),
            Thing::Object(Object::Verification) => Expression::Field(Field::VerificationStatus),
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

    fn call(&self, node: &IdedExpr, call: &CallExpr, depth: u16) -> Checked<Thing> {
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
        Ok(Thing::Scalar(Expression::Compare(comparison, Box::new([a, b])), Type::Bool))
    }

    /// A field with a closed list of words is compared with one of them only.
    fn word(&self, node: &IdedExpr, field: &Expression, with: &Expression) -> Checked<()> {
        let words = if let Expression::Field(field) = field {
            field.words()
        } else if let Expression::Step(_, StepField::Status) = field {
            Field::ActionStatus.words()
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
                format!("{name} does not take {} arguments; see the rule reference", parts.len()),
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
