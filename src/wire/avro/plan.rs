//! A writer's schema made ready for reading: nodes in one list, names already as JSON.

use std::collections::BTreeSet;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, Name, NamespaceRef, UuidSchema};
use hashbrown::HashMap;

use super::contract::Contract;
use super::fingerprint::fingerprint_of;

/// Types that a schema may hold.
const NODES_MAX: usize = 10_000;
/// How deep a schema's text may nest.
const DEPTH_MAX: u32 = 64;

/// One type of the writer's schema. Numbers are places in [`Plan::nodes`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Boolean,
    /// An int or a long. Moments come in milliseconds: this many of the writer's units are one.
    Whole {
        per_ms: i64,
    },
    Float,
    Double,
    Text,
    Bytes,
    Fixed(usize),
    /// A UUID as 16 bytes.
    Uuid,
    /// A number with so many decimals; `size`: of a fixed, else bytes.
    Decimal {
        size: Option<usize>,
        scale: usize,
    },
    Enum(Vec<String>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record(Vec<Field>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) node: usize,
    pub(super) use_: Use,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A record of ours has a field of this name. Inner records keep all of theirs.
    Kept,
    /// It happened, with a reason: an empty text is one that is not given, not one that is absent.
    Happened,
    /// No record of ours has it.
    PassedOver,
}

impl Use {
    /// Of a field of the record itself.
    fn of(name: &str, known: &BTreeSet<String>) -> Use {
        match name {
            "handoff_requested" | "ended" => Use::Happened,
            name if known.contains(name) => Use::Kept,
            _unknown => Use::PassedOver,
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub(super) nodes: Vec<Node>,
    pub(super) root: usize,
    pub fingerprint: u64,
}

impl Plan {
    /// Parses a schema and makes it ready. Errors, in words: it is no schema, not that of a record, or larger than anything
    /// real.
    pub fn parse(text: &str) -> Result<Plan, String> {
        Plan::parse_with(text, &[])
    }

    /// The same of a schema that refers to others, which are given innermost first.
    pub fn parse_with(text: &str, inner: &[String]) -> Result<Plan, String> {
        let (schema, inner) = if inner.is_empty() {
            (Schema::parse_str(text).map_err(unparsed)?, Vec::new())
        } else {
            Schema::parse_str_with_list(text, inner).map_err(unparsed)?
        };
        let mut builder = Builder { nodes: Vec::new(), named: HashMap::new(), known: known_names() };
        for one in &inner {
            builder.add(one, None, 1)?;
        }
        let root = builder.add(&schema, None, 0)?;
        if let Node::Record(_) = builder.nodes[root] {
            return Ok(Plan { nodes: builder.nodes, root, fingerprint: fingerprint_of(text).unwrap_or(0) });
        }
        Err("the schema is not that of a record".to_owned())
    }

    /// Which of these fields its records do not have.
    pub fn without<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let Node::Record(fields) = &self.nodes[self.root] else { return Vec::new() };
        let has = |name: &&String| fields.iter().any(|field| field.name == **name);
        names.iter().filter(|name| !has(name)).map(String::as_str).collect()
    }
}

fn unparsed(error: apache_avro::Error) -> String {
    format!("the schema cannot be parsed: {error}")
}

/// Every name that a record of ours has.
fn known_names() -> BTreeSet<String> {
    let fields = |contract: &Contract| match contract.schema() {
        Schema::Record(record) => record.fields.into_iter().map(|field| field.name).collect(),
        _other => Vec::new(),
    };
    Contract::ALL.iter().flat_map(fields).collect()
}

struct Builder {
    nodes: Vec<Node>,
    /// Named types that were met, by full name.
    named: HashMap<String, usize>,
    known: BTreeSet<String>,
}

impl Builder {
    fn push(&mut self, node: Node) -> Result<usize, String> {
        if self.nodes.len() >= NODES_MAX {
            return Err(format!("the schema has more than {NODES_MAX} types"));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    /// A named type: known by its name before what is in it is met.
    fn name(&mut self, name: &Name, space: NamespaceRef<'_>) -> Result<usize, String> {
        let place = self.push(Node::Null)?;
        self.named.insert(name.fullname(space), place);
        Ok(place)
    }

    fn add(&mut self, schema: &Schema, space: NamespaceRef<'_>, depth: u32) -> Result<usize, String> {
        if depth > DEPTH_MAX {
            return Err(format!("the schema nests deeper than {DEPTH_MAX} types"));
        }
        let node = match schema {
            Schema::Null => Node::Null,
            Schema::Boolean => Node::Boolean,
            Schema::Int
            | Schema::Long
            | Schema::Date
            | Schema::TimeMillis
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::LocalTimestampMillis => Node::Whole { per_ms: 1 },
            Schema::TimestampMicros | Schema::LocalTimestampMicros => Node::Whole { per_ms: 1_000 },
            Schema::TimestampNanos | Schema::LocalTimestampNanos => Node::Whole { per_ms: 1_000_000 },
            Schema::Float => Node::Float,
            Schema::Double => Node::Double,
            Schema::String | Schema::Uuid(UuidSchema::String) => Node::Text,
            Schema::Bytes | Schema::BigDecimal => Node::Bytes,
            Schema::Uuid(UuidSchema::Bytes) => Node::Bytes,
            Schema::Array(array) => Node::Array(self.add(&array.items, space, depth + 1)?),
            Schema::Map(map) => Node::Map(self.add(&map.types, space, depth + 1)?),
            Schema::Union(union) => {
                let branches = union.variants().iter().map(|branch| self.add(branch, space, depth + 1));
                Node::Union(branches.collect::<Result<_, _>>()?)
            }
            Schema::Decimal(decimal) => {
                let size = match &decimal.inner {
                    InnerDecimalSchema::Bytes => None,
                    InnerDecimalSchema::Fixed(fixed) => Some(fixed.size),
                };
                let node = Node::Decimal { size, scale: decimal.scale };
                return match &decimal.inner {
                    InnerDecimalSchema::Bytes => self.push(node),
                    InnerDecimalSchema::Fixed(fixed) => self.put(&fixed.name, space, node),
                };
            }
            Schema::Uuid(UuidSchema::Fixed(fixed)) => return self.put(&fixed.name, space, Node::Uuid),
            Schema::Fixed(fixed) | Schema::Duration(fixed) => {
                return self.put(&fixed.name, space, Node::Fixed(fixed.size));
            }
            Schema::Enum(one) => return self.put(&one.name, space, Node::Enum(one.symbols.clone())),
            Schema::Record(record) => {
                let place = self.name(&record.name, space)?;
                let inner = record.name.namespace().or(space);
                let mut fields = Vec::with_capacity(record.fields.len());
                for field in &record.fields {
                    let node = self.add(&field.schema, inner, depth + 1)?;
                    let use_ = if depth == 0 { Use::of(&field.name, &self.known) } else { Use::Kept };
                    fields.push(Field { name: field.name.clone(), node, use_ });
                }
                self.nodes[place] = Node::Record(fields);
                return Ok(place);
            }
            Schema::Ref { name } => {
                let full = name.fullname(space);
                return self
                    .named
                    .get(&full)
                    .copied()
                    .ok_or_else(|| format!("the schema names {full}, which it does not define"));
            }
        };
        self.push(node)
    }

    fn put(&mut self, name: &Name, space: NamespaceRef<'_>, node: Node) -> Result<usize, String> {
        let place = self.name(name, space)?;
        self.nodes[place] = node;
        Ok(place)
    }
}
