//! The typed fields of an input record: takes one value from the reader, or says which field is wrong and how.
//!
//! Shared rules: null is absent, an empty optional string is absent, and no error quotes what a record holds.

use std::borrow::Cow;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::Problem;
use super::json::{self, Fault, Kind, Reader};
use crate::domain::ids::Millis;
use crate::domain::limits::ID_BYTES;

/// 2200-01-01T00:00:00Z: a later event time is a unit error (micro- or nanoseconds).
const EVENT_TIME_MAX: Millis = 7_258_118_400_000;
/// Ten years: a longer duration is a unit error, and sums of shorter ones fit.
const DURATION_MS_MAX: Millis = 315_360_000_000;
/// Up to this size a map is searched name by name.
const SMALL_MAP: usize = 16;

pub type Text<'a> = Cow<'a, str>;
pub type Entries<'a> = Vec<(Text<'a>, Text<'a>)>;

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Malformed(Fault),
    Invalid { field: &'static str, what: &'static str },
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Malformed(fault)
    }
}

impl Stop {
    /// The problem for the record. A record that is no JSON at all is that first, whatever field was met before.
    pub fn problem(self, text: &str) -> Problem {
        let stop = json::check(text).err().map_or(self, Stop::Malformed);
        match stop {
            Stop::Malformed(Fault { at, what }) => malformed(at, what),
            Stop::Invalid { field, what } => Problem {
                stage: "validate",
                error: format!("{field}: {what}"),
                field: Some(field.to_owned()),
            },
        }
    }
}

/// A problem of stage `decode`.
pub fn malformed(at: usize, what: &str) -> Problem {
    Problem { stage: "decode", error: format!("{what} at byte {at}"), field: None }
}

#[cold]
pub fn invalid<T>(field: &'static str, what: &'static str) -> Result<T, Stop> {
    Err(Stop::Invalid { field, what })
}

/// The text of a record that holds one JSON object. Errors: empty, not UTF-8, not an object.
pub fn document(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.valid_up_to(), "not UTF-8"))?;
    match Reader::new(text).kind() {
        Ok(Kind::Object) => Ok(text),
        Ok(Kind::Null | Kind::Bool | Kind::Number | Kind::Text | Kind::Array) => Err(json::check(text)
            .err()
            .map_or_else(|| malformed(0, "not an object"), |fault| malformed(fault.at, fault.what))),
        Err(fault) if fault.at == text.len() => Err(malformed(0, "an empty value")),
        Err(fault) => Err(malformed(fault.at, fault.what)),
    }
}

/// `event_time` of a record, without reading more of it than needed.
pub fn peek_event_time(bytes: &[u8]) -> Option<Millis> {
    let mut reader = Reader::new(std::str::from_utf8(bytes).ok()?);
    reader.open().ok()?;
    while let Some(name) = reader.next_name().ok()? {
        if name == "event_time" {
            return event_time(&mut reader, "event_time").ok().flatten();
        }
        reader.raw().ok()?;
    }
    None
}

/// A string.
#[inline]
pub fn text<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Option<Text<'a>>, Stop> {
    match reader.kind()? {
        Kind::Text => Ok(Some(reader.string()?).filter(|text| !text.is_empty())),
        Kind::Null => Ok(reader.null().map(|()| None)?),
        Kind::Bool | Kind::Number | Kind::Array | Kind::Object => invalid(field, "must be a string"),
    }
}

/// A string that names something: bounded, and without control characters.
#[inline]
pub fn identifier<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Option<Text<'a>>, Stop> {
    let text = text(reader, field)?;
    if let Some(text) = &text {
        if text.len() > ID_BYTES {
            return invalid(field, "is longer than 256 bytes");
        }
        if text.bytes().any(|byte| !(0x20..0x7f).contains(&byte)) && text.chars().any(char::is_control) {
            return invalid(field, "holds a control character");
        }
    }
    Ok(text)
}

/// The identifier of a variant of `all`.
pub fn word<T: Copy>(
    reader: &mut Reader<'_>,
    field: &'static str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<Option<T>, Stop> {
    match text(reader, field)? {
        None => Ok(None),
        Some(word) => match all.iter().find(|variant| name(**variant) == word) {
            Some(variant) => Ok(Some(*variant)),
            None => invalid(field, "is not one of the words of the contract"),
        },
    }
}

/// A finite number.
pub fn number(reader: &mut Reader<'_>, field: &'static str) -> Result<Option<f64>, Stop> {
    match reader.kind()? {
        Kind::Number => match reader.number()?.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            Ok(_) | Err(_) => invalid(field, "is out of range"),
        },
        Kind::Null => Ok(reader.null().map(|()| None)?),
        Kind::Bool | Kind::Text | Kind::Array | Kind::Object => invalid(field, "must be a number"),
    }
}

/// A number between `low` and `high`, both included.
pub fn between(
    reader: &mut Reader<'_>,
    field: &'static str,
    low: f64,
    high: f64,
) -> Result<Option<f64>, Stop> {
    match number(reader, field)? {
        Some(number) if !(low..=high).contains(&number) => invalid(field, "is out of range"),
        number => Ok(number),
    }
}

/// A whole number; `3.0` and `3e0` are whole too.
pub fn whole(reader: &mut Reader<'_>, field: &'static str) -> Result<Option<i64>, Stop> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match reader.kind()? {
        Kind::Number => {
            let token = reader.number()?;
            if let Ok(whole) = token.parse::<i64>() {
                return Ok(Some(whole));
            }
            match token.parse::<f64>() {
                Ok(number) if number.fract() == 0.0 && number.abs() <= EXACT_MAX => Ok(Some(number as i64)),
                Ok(_) | Err(_) => invalid(field, "must be a whole number"),
            }
        }
        Kind::Null => Ok(reader.null().map(|()| None)?),
        Kind::Bool | Kind::Text | Kind::Array | Kind::Object => invalid(field, "must be a whole number"),
    }
}

/// A duration in milliseconds.
pub fn duration_ms(reader: &mut Reader<'_>, field: &'static str) -> Result<Option<Millis>, Stop> {
    match whole(reader, field)? {
        Some(ms) if !(0..=DURATION_MS_MAX).contains(&ms) => invalid(field, "is out of range"),
        ms => Ok(ms),
    }
}

/// A moment: epoch milliseconds, or an RFC 3339 string.
pub fn event_time(reader: &mut Reader<'_>, field: &'static str) -> Result<Option<Millis>, Stop> {
    let at = match reader.kind()? {
        Kind::Text => match reader.string()?.parse::<Timestamp>() {
            Ok(timestamp) => Some(timestamp.as_millisecond()),
            Err(_) => return invalid(field, "is neither epoch milliseconds nor RFC 3339"),
        },
        Kind::Number | Kind::Null => whole(reader, field)?,
        Kind::Bool | Kind::Array | Kind::Object => {
            return invalid(field, "is neither epoch milliseconds nor RFC 3339");
        }
    };
    match at {
        Some(at) if !(0..EVENT_TIME_MAX).contains(&at) => invalid(field, "is not between 1970 and 2200"),
        at => Ok(at),
    }
}

/// True, false, or null for false.
pub fn flag(reader: &mut Reader<'_>, field: &'static str) -> Result<bool, Stop> {
    match reader.kind()? {
        Kind::Bool => Ok(reader.boolean()?),
        Kind::Null => Ok(reader.null().map(|()| false)?),
        Kind::Number | Kind::Text | Kind::Array | Kind::Object => invalid(field, "must be true or false"),
    }
}

/// Something that happened, with a reason: null or false (it did not), true, the reason, or an object with `reason`.
pub fn happened<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Option<Text<'a>>, Stop> {
    match reader.kind()? {
        Kind::Null => Ok(reader.null().map(|()| None)?),
        Kind::Bool => Ok(reader.boolean()?.then(Text::default)),
        Kind::Text => text(reader, field),
        Kind::Object => {
            reader.open()?;
            let mut reason = None;
            while let Some(name) = reader.next_name()? {
                if name == "reason" {
                    reason = text(reader, field)?;
                } else {
                    reader.raw()?;
                }
            }
            Ok(Some(reason.unwrap_or_default()))
        }
        Kind::Number | Kind::Array => invalid(field, "must be a reason, true or false"),
    }
}

/// A string, or any other value as it is written; null is absent.
pub fn value<'a>(reader: &mut Reader<'a>) -> Result<Option<Text<'a>>, Stop> {
    match reader.kind()? {
        Kind::Text => Ok(Some(reader.string()?)),
        Kind::Null => Ok(reader.null().map(|()| None)?),
        Kind::Bool | Kind::Number | Kind::Array | Kind::Object => Ok(Some(Cow::Borrowed(reader.raw()?))),
    }
}

/// A map of strings, in the order sent. Of a repeated name the last value stands; a name with null is left out.
pub fn map<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Entries<'a>, Stop> {
    match reader.kind()? {
        Kind::Null => return Ok(reader.null().map(|()| Vec::new())?),
        Kind::Object => reader.open()?,
        Kind::Bool | Kind::Number | Kind::Text | Kind::Array => return invalid(field, "must be a map"),
    }
    let mut entries: Vec<(Text<'a>, Option<Text<'a>>)> = Vec::new();
    while let Some(name) = reader.next_name()? {
        entries.push((name, value(reader)?));
    }
    let entries = if has_twins(&entries) { last_of_each(entries) } else { entries };
    // Same layout on both sides: this runs in place.
    Ok(entries.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Whether a name may occur twice; a large map is simply taken to.
fn has_twins<V>(entries: &[(Text<'_>, V)]) -> bool {
    entries.len() > SMALL_MAP
        || entries
            .iter()
            .enumerate()
            .any(|(i, (name, _))| entries[..i].iter().any(|(before, _)| before == name))
}

/// The last value of each name, where the name first stood.
fn last_of_each<'a, V>(entries: Vec<(Text<'a>, V)>) -> Vec<(Text<'a>, V)> {
    let mut places: HashMap<Text<'a>, usize> = HashMap::with_capacity(entries.len());
    let mut kept: Vec<(Text<'a>, V)> = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        let place = *places.entry(name.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(entry) => entry.1 = value,
            None => kept.push((name, value)),
        }
    }
    kept
}
