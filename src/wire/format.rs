//! How a value is written for others: JSON, or Avro behind a frame that names its schema.

use super::avro::{Avro, Frame};
use super::json::Json;
use super::record::{Absent, Record};

/// The format of one output topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Json,
    /// The frame names the schema of the topic's records.
    Avro(Frame),
}

impl Format {
    /// Appends a record.
    pub fn write<R: Record>(self, record: &R, out: &mut Vec<u8>) {
        match self {
            Format::Json => {
                let mut json = Json::new(out, R::ABSENT);
                json.object(|fields| record.fields(fields));
            }
            Format::Avro(frame) => {
                frame.write(out);
                record.fields(&mut Avro::new(out));
            }
        }
    }
}

/// Says some fields as a JSON object; for lines that are no record of a topic.
pub fn json_line(out: &mut Vec<u8>, fields: impl FnOnce(&mut Json<'_>)) {
    Json::new(out, Absent::IsNull).object(fields);
}
