//! An Avro value as the native JSON of its record.
//!
//! ```text
//! null                 the field is left out; null in arrays and maps
//! int, long            a number; timestamps of any unit in milliseconds
//! float, double        a number; one that is not finite as 1e999, which no field takes
//! string, enum, uuid   a string; bytes and fixed if they are UTF-8. An empty handoff_requested or ended: true
//! decimal              a number with its decimals
//! union                what it holds
//! ```
//!
//! Bounded, whatever the bytes say: nesting, values met, and the length of what is written.

use std::io::Write as _;

use super::plan::{Field, Node, Plan, Use};
use crate::domain::ids::Millis;
use crate::wire::json;

/// Values that may be nested in each other.
const DEPTH_MAX: u32 = 64;
/// Values met that take no byte of their own (null, empty records), beyond a few for each byte.
const VALUES_SPARE: usize = 4_096;
const VALUES_A_BYTE: usize = 8;
/// How long the JSON may become: names are repeated in it.
const JSON_SPARE: usize = 1 << 20;
const JSON_A_BYTE: usize = 16;

/// Why a value does not fit its schema: what is wrong, behind which byte of the datum, and in which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub what: &'static str,
    pub at: usize,
    /// The path of the field, outermost first; empty for the record itself.
    pub field: String,
}

/// Appends the record as a JSON object. Errors: the first thing that does not fit; `out` is then of no use.
pub fn unfold(plan: &Plan, datum: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut walk = Walk::new(plan, datum);
    walk.out_max = out.len() + JSON_SPARE + JSON_A_BYTE * datum.len();
    walk.value(plan.root, 0, Some(out))?;
    if walk.at < datum.len() { walk.fault("bytes follow the record") } else { Ok(()) }
}

/// One whole number of the record itself, without reading more than needed; `None` where it is not there.
pub fn peek(plan: &Plan, datum: &[u8], name: &str) -> Option<Millis> {
    let Node::Record(fields) = &plan.nodes[plan.root] else { return None };
    let mut walk = Walk::new(plan, datum);
    for field in fields {
        if field.name != name {
            walk.value(field.node, 1, None).ok()?;
            continue;
        }
        let node = walk.branch(field.node).ok()?;
        if let Node::Whole { per_ms } = node {
            return Some(walk.long().ok()?.div_euclid(*per_ms));
        }
        // A moment as text: rare.
        if *node == Node::Text {
            return walk.text().ok()?.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond());
        }
        return None;
    }
    None
}

/// A place in a value. `out`, where there is one, takes the JSON; without, the value is passed over.
struct Walk<'p, 'd> {
    plan: &'p Plan,
    datum: &'d [u8],
    at: usize,
    values_left: usize,
    out_max: usize,
}

type Out<'o> = Option<&'o mut Vec<u8>>;

impl<'p, 'd> Walk<'p, 'd> {
    fn new(plan: &'p Plan, datum: &'d [u8]) -> Walk<'p, 'd> {
        let values_left = VALUES_SPARE + VALUES_A_BYTE * datum.len();
        Walk { plan, datum, at: 0, values_left, out_max: usize::MAX }
    }

    #[cold]
    fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { what, at: self.at, field: String::new() })
    }

    /// What a type is here: of a union, the branch that the value says.
    #[inline]
    fn branch(&mut self, place: usize) -> Result<&'p Node, Fault> {
        let plan = self.plan;
        match &plan.nodes[place] {
            Node::Union(branches) => {
                let number = self.long()?;
                match usize::try_from(number).ok().and_then(|number| branches.get(number)) {
                    Some(place) => Ok(&plan.nodes[*place]),
                    None => self.fault("a union has no such branch"),
                }
            }
            node => Ok(node),
        }
    }

    fn value(&mut self, place: usize, depth: u32, out: Out<'_>) -> Result<(), Fault> {
        let node = self.branch(place)?;
        self.plain(node, depth, out)
    }

    /// A value that is no union.
    fn plain(&mut self, node: &'p Node, depth: u32, mut out: Out<'_>) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return self.fault("nested too deep");
        }
        self.values_left = match self.values_left.checked_sub(1) {
            Some(left) => left,
            None => return self.fault("more values than its bytes can hold"),
        };
        match node {
            Node::Null => put(&mut out, b"null"),
            Node::Boolean => match self.take(1)? {
                [0] => put(&mut out, b"false"),
                [1] => put(&mut out, b"true"),
                _ => return self.fault("a boolean is neither 0 nor 1"),
            },
            Node::Whole { per_ms } => {
                let value = self.long()?;
                number(&mut out, if *per_ms == 1 { value } else { value.div_euclid(*per_ms) });
            }
            Node::Float => double(&mut out, f64::from(f32::from_le_bytes(self.array()?))),
            Node::Double => double(&mut out, f64::from_le_bytes(self.array()?)),
            Node::Text => {
                let text = self.text()?;
                string(&mut out, text);
            }
            Node::Bytes => {
                let length = self.length()?;
                self.words(length, out)?;
            }
            Node::Fixed(length) => self.words(*length, out)?,
            Node::Uuid => {
                let id = uuid::Uuid::from_bytes(self.array()?);
                string(&mut out, id.hyphenated().encode_lower(&mut [0; 36]));
            }
            Node::Decimal { size, scale } => {
                let size = if let Some(size) = size { *size } else { self.length()? };
                self.decimal(size, *scale, out)?;
            }
            Node::Enum(symbols) => {
                let number = self.long()?;
                match usize::try_from(number).ok().and_then(|number| symbols.get(number)) {
                    Some(symbol) => string(&mut out, symbol),
                    None => return self.fault("an enum has no such symbol"),
                }
            }
            Node::Array(items) => self.blocks(b"[]", out, |walk, out| walk.value(*items, depth + 1, out))?,
            Node::Map(values) => self.blocks(b"{}", out, |walk, mut out| {
                let name = walk.text()?;
                string(&mut out, name);
                put(&mut out, b":");
                walk.value(*values, depth + 1, out)
            })?,
            Node::Record(fields) => self.record(fields, depth, out)?,
            // A union directly in a union is no schema.
            Node::Union(_) => return self.fault("a union in a union"),
        }
        Ok(())
    }

    fn record(&mut self, fields: &'p [Field], depth: u32, mut out: Out<'_>) -> Result<(), Fault> {
        put(&mut out, b"{");
        let mut separator: &[u8] = b"\"";
        for field in fields {
            let inside = |mut fault: Fault| {
                let dot = if fault.field.is_empty() { "" } else { "." };
                fault.field = format!("{}{dot}{}", field.name, fault.field);
                fault
            };
            let node = self.branch(field.node).map_err(inside)?;
            if field.use_ == Use::PassedOver || *node == Node::Null {
                self.plain(node, depth + 1, None).map_err(inside)?;
                continue;
            }
            put(&mut out, separator);
            put(&mut out, field.name.as_bytes());
            put(&mut out, b"\":");
            if field.use_ == Use::Happened && *node == Node::Text && self.datum.get(self.at) == Some(&0) {
                self.at += 1;
                put(&mut out, b"true");
            } else {
                self.plain(node, depth + 1, out.as_deref_mut()).map_err(inside)?;
            }
            separator = b",\"";
        }
        put(&mut out, b"}");
        Ok(())
    }

    /// The blocks of an array or a map. A negative count is followed by the block's length in bytes, which we do not need.
    fn blocks(
        &mut self,
        brackets: &[u8; 2],
        mut out: Out<'_>,
        mut item: impl FnMut(&mut Self, Out<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        put(&mut out, &brackets[..1]);
        let mut fresh = true;
        loop {
            let mut count = self.long()?;
            if count == 0 {
                break;
            }
            if count < 0 {
                self.long()?;
                count = count.saturating_neg();
            }
            for _ in 0..count {
                if !std::mem::take(&mut fresh) {
                    put(&mut out, b",");
                }
                item(self, out.as_deref_mut())?;
                if out.as_ref().is_some_and(|out| out.len() > self.out_max) {
                    return self.fault("it unfolds to far more than its bytes");
                }
            }
        }
        put(&mut out, &brackets[1..]);
        Ok(())
    }

    /// Bytes that are text.
    fn words(&mut self, length: usize, mut out: Out<'_>) -> Result<(), Fault> {
        let bytes = self.take(length)?;
        if out.is_some() {
            match std::str::from_utf8(bytes) {
                Ok(text) => string(&mut out, text),
                Err(_) => return self.fault("bytes that are not UTF-8"),
            }
        }
        Ok(())
    }

    /// Two's complement, the highest byte first.
    fn decimal(&mut self, size: usize, scale: usize, out: Out<'_>) -> Result<(), Fault> {
        const SCALE_MAX: usize = 38;
        let bytes = self.take(size)?;
        if size > 16 || scale > SCALE_MAX {
            return self.fault("a decimal has more than 38 digits");
        }
        let negative = bytes.first().is_some_and(|first| *first >= 0x80);
        let unscaled =
            bytes.iter().fold(if negative { -1_i128 } else { 0 }, |sum, byte| sum << 8 | i128::from(*byte));
        if let Some(out) = out {
            let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
            let (whole, decimals) = digits.split_at(digits.len() - scale);
            let (sign, point) = (if negative { "-" } else { "" }, if scale == 0 { "" } else { "." });
            // Writing to a vector cannot fail.
            let _ = write!(out, "{sign}{whole}{point}{decimals}");
        }
        Ok(())
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'d [u8], Fault> {
        match self.datum.get(self.at..).and_then(|rest| rest.get(..length)) {
            Some(bytes) => {
                self.at += length;
                Ok(bytes)
            }
            None => self.fault("the record ends inside a value"),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.take(N)?.first_chunk() {
            Some(bytes) => Ok(*bytes),
            None => self.fault("the record ends inside a value"),
        }
    }

    #[inline]
    fn long(&mut self) -> Result<i64, Fault> {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let Some(byte) = self.datum.get(self.at) else {
                return self.fault("the record ends inside a value");
            };
            self.at += 1;
            if shift == 63 && *byte > 1 {
                return self.fault("a number has more than 64 bits");
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
            shift += 7;
        }
    }

    #[inline]
    fn length(&mut self) -> Result<usize, Fault> {
        match usize::try_from(self.long()?) {
            Ok(length) => Ok(length),
            Err(_) => self.fault("a length is negative"),
        }
    }

    #[inline]
    fn text(&mut self) -> Result<&'d str, Fault> {
        let length = self.length()?;
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(text),
            Err(_) => self.fault("a string is not UTF-8"),
        }
    }
}

#[inline]
fn put(out: &mut Out<'_>, bytes: &[u8]) {
    if let Some(out) = out {
        out.extend_from_slice(bytes);
    }
}

#[inline]
fn string(out: &mut Out<'_>, value: &str) {
    if let Some(out) = out {
        json::text(out, value);
    }
}

fn number(out: &mut Out<'_>, value: i64) {
    if let Some(out) = out {
        json::scalar(out, &value);
    }
}

fn double(out: &mut Out<'_>, value: f64) {
    match out {
        Some(out) if value.is_finite() => json::scalar(out, &value),
        Some(out) => out.extend_from_slice(b"1e999"),
        None => {}
    }
}
