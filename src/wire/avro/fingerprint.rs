//! CRC-64-AVRO of a schema's Parsing Canonical Form, as the specification says it: what names a schema in single-object
//! encoding. Two schemas with the same form read and write the same bytes; doc strings, defaults, aliases and logical
//! types do not count.
//!
//! Why not apache-avro's: its form keeps `{"type":"long"}` where a logical type stood, and so differs from every other
//! implementation's (fastavro gives the values in the test below).

use serde_json::Value;

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
/// The fingerprint of nothing, and the polynomial.
const EMPTY: u64 = 0xc15d_213a_a4d7_a795;
/// How deep a schema's text may nest.
const DEPTH_MAX: u32 = 128;

/// The fingerprint of a schema's text; `None` where it is no schema.
pub fn fingerprint_of(text: &str) -> Option<u64> {
    let schema = serde_json::from_str(text).ok()?;
    let mut form = String::new();
    canonical(&schema, "", 0, &mut form)?;
    Some(crc_64(form.as_bytes()))
}

fn crc_64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(EMPTY, |sum, byte| {
        let low = (sum ^ u64::from(*byte)) & 0xff;
        let turned = (0..8).fold(low, |bits, _| (bits >> 1) ^ (EMPTY & (bits & 1).wrapping_neg()));
        (sum >> 8) ^ turned
    })
}

/// Appends the canonical form. `space` is the namespace around.
fn canonical(schema: &Value, space: &str, depth: u32, out: &mut String) -> Option<()> {
    if depth > DEPTH_MAX {
        return None;
    }
    match schema {
        Value::String(name) if PRIMITIVES.contains(&name.as_str()) => quoted(name, out),
        Value::String(name) => quoted(&full(name, None, space), out),
        Value::Array(branches) => {
            listed(branches, out, |branch, out| canonical(branch, space, depth + 1, out))?;
        }
        Value::Object(object) => {
            let text = |name: &str| object.get(name).and_then(Value::as_str);
            let named = |kind: &str, out: &mut String| {
                let name = full(text("name")?, text("namespace"), space);
                out.push_str("{\"name\":");
                quoted(&name, out);
                out.push_str(",\"type\":");
                quoted(kind, out);
                Some(name)
            };
            match text("type") {
                Some(kind @ ("record" | "error")) => {
                    let name = named(kind, out)?;
                    let inner = name.rsplit_once('.').map_or("", |(space, _)| space);
                    out.push_str(",\"fields\":");
                    listed(object.get("fields")?.as_array()?, out, |field, out| {
                        out.push_str("{\"name\":");
                        quoted(field.get("name")?.as_str()?, out);
                        out.push_str(",\"type\":");
                        canonical(field.get("type")?, inner, depth + 1, out)?;
                        out.push('}');
                        Some(())
                    })?;
                    out.push('}');
                }
                Some(kind @ "enum") => {
                    named(kind, out)?;
                    out.push_str(",\"symbols\":");
                    listed(object.get("symbols")?.as_array()?, out, |symbol, out| {
                        quoted(symbol.as_str()?, out);
                        Some(())
                    })?;
                    out.push('}');
                }
                Some(kind @ "fixed") => {
                    named(kind, out)?;
                    let size = object.get("size")?;
                    let size = size.as_u64().or_else(|| size.as_str()?.parse().ok())?;
                    out.push_str(&format!(",\"size\":{size}}}"));
                }
                Some("array") => {
                    out.push_str("{\"type\":\"array\",\"items\":");
                    canonical(object.get("items")?, space, depth + 1, out)?;
                    out.push('}');
                }
                Some("map") => {
                    out.push_str("{\"type\":\"map\",\"values\":");
                    canonical(object.get("values")?, space, depth + 1, out)?;
                    out.push('}');
                }
                Some(_) | None => canonical(object.get("type")?, space, depth + 1, out)?,
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => return None,
    }
    Some(())
}

/// The full name: with points as it is, else in its own namespace or the one around.
fn full(name: &str, own: Option<&str>, around: &str) -> String {
    let space = own.unwrap_or(around);
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

fn quoted(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

fn listed(
    items: &[Value],
    out: &mut String,
    mut put: impl FnMut(&Value, &mut String) -> Option<()>,
) -> Option<()> {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        put(item, out)?;
    }
    out.push(']');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::avro::Contract;

    #[test]
    fn fingerprints_are_those_of_other_implementations() {
        // The specification's, then fastavro's of our contracts.
        assert_eq!(fingerprint_of("\"int\""), Some(0x7275_d51a_3f39_5c8f));
        assert_eq!(fingerprint_of("\"string\""), Some(0x8f01_4872_6345_03c7));
        let fastavro = [
            (Contract::Turn, "682def7ca31d96ee"),
            (Contract::Outcome, "456ee2c0e5af8c23"),
            (Contract::Event, "6ee5f06c3e1c5072"),
            (Contract::Summary, "25a35f26052e3a4c"),
            (Contract::Window, "66dbcfcbeb4ce377"),
            (Contract::DeadLetter, "685b5caedaebd1f3"),
        ];
        for (contract, expected) in fastavro {
            assert_eq!(format!("{:016x}", contract.fingerprint()), expected, "{}", contract.name());
        }
    }

    #[test]
    fn the_form_is_the_specification_s() {
        let table = [
            (r#"{"type": "long", "logicalType": "timestamp-millis"}"#, r#""long""#),
            (r#"{"type": {"type": "bytes", "logicalType": "decimal", "precision": 4}}"#, r#""bytes""#),
            (
                r#"{"type": "record", "namespace": "n", "name": "A", "doc": "d", "fields": [
                    {"default": 1, "type": ["null", "B"], "name": "x"},
                    {"name": "f", "type": {"size": "8", "type": "fixed", "name": "m.F"}}]}"#,
                r#"{"name":"n.A","type":"record","fields":[{"name":"x","type":["null","n.B"]},{"name":"f","type":{"name":"m.F","type":"fixed","size":8}}]}"#,
            ),
            (
                r#"{"type": "map", "values": {"items": {"name": "E", "type": "enum", "symbols": ["a"]}, "type": "array"}}"#,
                r#"{"type":"map","values":{"type":"array","items":{"name":"E","type":"enum","symbols":["a"]}}}"#,
            ),
        ];
        for (text, expected) in table {
            let mut form = String::new();
            canonical(&serde_json::from_str(text).unwrap(), "", 0, &mut form).unwrap();
            assert_eq!(form, expected);
        }
        for nothing in ["", "1", "{}", r#"{"type": "record", "name": "A"}"#] {
            assert_eq!(fingerprint_of(nothing), None, "{nothing}");
        }
    }
}
