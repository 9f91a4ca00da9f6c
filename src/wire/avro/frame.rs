//! What stands before an Avro value and names its schema. The first bytes tell the formats apart: JSON never begins with
//! either of them.
//!
//! ```text
//! single-object encoding   C3 01, CRC-64-AVRO of the schema's canonical form (little-endian), the value
//! Confluent's frame        00, the registry's id of the schema (big-endian), the value
//! ```

use std::fmt;

const SINGLE_OBJECT: [u8; 2] = [0xc3, 0x01];
const CONFLUENT: u8 = 0;

/// The name of a value's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// The fingerprint of the schema.
    SingleObject(u64),
    /// The id that a schema registry gave it.
    Confluent(u32),
}

impl Frame {
    /// Appends the frame.
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Frame::SingleObject(fingerprint) => {
                out.extend_from_slice(&SINGLE_OBJECT);
                out.extend_from_slice(&fingerprint.to_le_bytes());
            }
            Frame::Confluent(id) => {
                out.push(CONFLUENT);
                out.extend_from_slice(&id.to_be_bytes());
            }
        }
    }

    /// The frame and the datum behind it; `None` where the value is no Avro (but JSON, or nothing we know). Errors: it
    /// begins as a frame does, and ends inside.
    #[inline]
    pub fn split(value: &[u8]) -> Result<Option<(Frame, &[u8])>, &'static str> {
        match value {
            [CONFLUENT, rest @ ..] => match rest.split_first_chunk() {
                Some((id, datum)) => Ok(Some((Frame::Confluent(u32::from_be_bytes(*id)), datum))),
                None => Err("a Confluent frame ends before its schema id does"),
            },
            [0xc3, 0x01, rest @ ..] => match rest.split_first_chunk() {
                Some((mark, datum)) => Ok(Some((Frame::SingleObject(u64::from_le_bytes(*mark)), datum))),
                None => Err("a single-object value ends before its fingerprint does"),
            },
            _ => Ok(None),
        }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Frame::SingleObject(fingerprint) => write!(f, "fingerprint {fingerprint:016x}"),
            Frame::Confluent(id) => write!(f, "schema id {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        let framed = |frame: Frame| {
            let mut bytes = Vec::new();
            frame.write(&mut bytes);
            bytes.extend_from_slice(b"datum");
            bytes
        };
        for frame in
            [Frame::Confluent(7), Frame::Confluent(u32::MAX), Frame::SingleObject(0x0102_0304_0506_0708)]
        {
            assert_eq!(Frame::split(&framed(frame)), Ok(Some((frame, b"datum".as_slice()))));
        }
        assert_eq!(framed(Frame::Confluent(7))[..5], [0, 0, 0, 0, 7]);
        assert_eq!(framed(Frame::SingleObject(0x0102))[..10], [0xc3, 1, 2, 1, 0, 0, 0, 0, 0, 0]);
        for json in ["", " {}", "{}", "[1]", "\u{feff}{}", "Ãx"] {
            assert_eq!(Frame::split(json.as_bytes()), Ok(None), "{json}");
        }
        for cut in [&[0][..], &[0, 0, 0, 7], &[0xc3, 1], &[0xc3, 1, 1, 2, 3, 4, 5, 6, 7]] {
            assert!(Frame::split(cut).is_err(), "{cut:?}");
        }
    }
}
