//! The contracts: one Avro schema a record type, as it stands and as it was in every released version.

use apache_avro::Schema;
use apache_avro::schema::RecordField;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};

use super::fingerprint::fingerprint_of;

/// A record type that others write or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    Turn,
    Outcome,
    Event,
    Summary,
    Window,
    DeadLetter,
}

impl Contract {
    pub const ALL: [Contract; 6] = [
        Contract::Turn,
        Contract::Outcome,
        Contract::Event,
        Contract::Summary,
        Contract::Window,
        Contract::DeadLetter,
    ];

    /// The name of its file in `schemas/`, without ending.
    pub fn name(self) -> &'static str {
        match self {
            Contract::Turn => "conversation-turn",
            Contract::Outcome => "handoff-outcome",
            Contract::Event => "handoff-event",
            Contract::Summary => "conversation-summary",
            Contract::Window => "metric-window",
            Contract::DeadLetter => "dead-letter",
        }
    }

    /// The schema as text, with its doc strings.
    pub fn text(self) -> &'static str {
        match self {
            Contract::Turn => include_str!("../../../schemas/conversation-turn.avsc"),
            Contract::Outcome => include_str!("../../../schemas/handoff-outcome.avsc"),
            Contract::Event => include_str!("../../../schemas/handoff-event.avsc"),
            Contract::Summary => include_str!("../../../schemas/conversation-summary.avsc"),
            Contract::Window => include_str!("../../../schemas/metric-window.avsc"),
            Contract::DeadLetter => include_str!("../../../schemas/dead-letter.avsc"),
        }
    }

    /// Every version ever released, oldest first; the last is the one in force.
    pub fn released(self) -> &'static [&'static str] {
        match self {
            Contract::Turn => &[include_str!("../../../schemas/released/conversation-turn.v1.avsc")],
            Contract::Outcome => &[include_str!("../../../schemas/released/handoff-outcome.v1.avsc")],
            Contract::Event => &[
                include_str!("../../../schemas/released/handoff-event.v1.avsc"),
                include_str!("../../../schemas/released/handoff-event.v2.avsc"),
            ],
            Contract::Summary => &[include_str!("../../../schemas/released/conversation-summary.v1.avsc")],
            Contract::Window => &[
                include_str!("../../../schemas/released/metric-window.v1.avsc"),
                include_str!("../../../schemas/released/metric-window.v2.avsc"),
            ],
            Contract::DeadLetter => &[include_str!("../../../schemas/released/dead-letter.v1.avsc")],
        }
    }

    /// The schema, parsed.
    pub fn schema(self) -> Schema {
        Schema::parse_str(self.text()).expect("our own schemas are parsed by a test")
    }

    /// CRC-64-AVRO of the schema's canonical form.
    pub fn fingerprint(self) -> u64 {
        fingerprint_of(self.text()).expect("our own schemas are parsed by a test")
    }

    /// Whether another version of the schema may stand beside ours: each can read the other's records, all of them.
    /// Errors: it cannot be parsed, or which way it does not fit, and why.
    pub fn fits(self, text: &str) -> Result<(), String> {
        let theirs = Schema::parse_str(text).map_err(|error| format!("it cannot be parsed: {error}"))?;
        let ours = self.schema();
        resolves(&ours, &theirs)
            .map_err(|why| format!("its readers could not read what Segue writes: {why}"))?;
        resolves(&theirs, &ours)
            .map_err(|why| format!("its records could not be read with Segue's schema: {why}"))
    }

    /// Its fields, in the order of the schema.
    pub fn fields(self) -> Vec<Field> {
        fields_of(self.schema())
    }

    /// Fields of the record itself without which it cannot be read.
    pub fn required(self) -> Vec<String> {
        let Schema::Record(record) = self.schema() else { return Vec::new() };
        record.fields.into_iter().filter(|field| field.default.is_none()).map(|field| field.name).collect()
    }
}

/// A field of a contract, for those who write records by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// What it holds, in the schema's own words.
    pub doc: String,
    /// The fields of the record that it holds; none where it holds a plain value or a map.
    pub fields: Vec<Field>,
}

fn fields_of(schema: Schema) -> Vec<Field> {
    match schema {
        Schema::Record(record) => record.fields.into_iter().map(field).collect(),
        Schema::Union(union) => union.variants().iter().cloned().flat_map(fields_of).collect(),
        _ => Vec::new(),
    }
}

fn field(field: RecordField) -> Field {
    Field { name: field.name, doc: field.doc.unwrap_or_default(), fields: fields_of(field.schema) }
}

/// Whether records of `writer` can be read as `reader` by Avro's rules. Errors: what does not fit.
pub fn resolves(writer: &Schema, reader: &Schema) -> Result<(), String> {
    match SchemaCompatibility::can_read(writer, reader) {
        Ok(Compatibility::Full) => Ok(()),
        Ok(Compatibility::Partial) => {
            Err("a union or an enum of the writer holds more than the reader's".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}
