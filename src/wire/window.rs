//! A metric window row on the wire: flat, every field always there. Contract: `schemas/metric-window.avsc`.
//!
//! The key of the record is [`WindowRow::window_id`]. The output topic is also the changelog of the windows: a row that is
//! not final is read back after a restart, so everything that the next revision needs is in it. Two fields tell "mixed"
//! from "not there yet" where a threshold is null. A counter that an older version did not write is zero.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Problem;
use super::format::Format;
use super::record::{Record, Sink};
use crate::domain::cells::{Cells, Threshold};
use crate::domain::ids::Millis;
use crate::domain::measure::{Counter, Quantity, WAIT_BUCKETS};
use crate::domain::window::{ALL, Dimension, Grain, Slot, Window};

/// One row of `handoff.metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow {
    pub window: Window,
    pub slot: Slot,
    /// Grows by one each time the row is written; 1 the first time.
    pub revision: u64,
    /// Never written again.
    pub is_final: bool,
    pub cells: Cells,
}

impl WindowRow {
    /// The row's name, for ever: `PT15M/2026-11-25T10:15Z/acme/channel=chat`; a tenant's row and the total (`_all`) end
    /// with the tenant, days have no time of day. In labels `%`, `/`, `=`, white space and control characters are percent-encoded.
    pub fn window_id(&self) -> String {
        let mut id = format!("{}/{}/", self.window.grain().name(), start_text(self.window));
        push_escaped(&self.slot.tenant, &mut id);
        for dimension in self.slot.split.dimensions() {
            id.push('/');
            id.push_str(dimension.name());
            id.push('=');
            push_escaped(self.slot.label(dimension), &mut id);
        }
        id
    }
}

/// The window a `window_id` begins with; `None` if it is not one of ours.
pub fn window_of(window_id: &str) -> Option<Window> {
    let mut parts = window_id.split('/');
    let (grain, start) = (Grain::named(parts.next()?)?, parts.next()?);
    let full = match grain {
        Grain::Minute | Grain::Quarter | Grain::Hour => start.replace('Z', ":00Z"),
        Grain::Day | Grain::Late => format!("{start}T00:00:00Z"),
    };
    let start = match full.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.as_millisecond(),
        Err(_) => start.parse().ok()?,
    };
    Some(Window::at(grain, start))
}

/// To the minute, or the day; the bare milliseconds where the calendar does not reach.
fn start_text(window: Window) -> String {
    let format = match window.grain() {
        Grain::Minute | Grain::Quarter | Grain::Hour => "%Y-%m-%dT%H:%MZ",
        Grain::Day | Grain::Late => "%Y-%m-%d",
    };
    match jiff::Timestamp::from_millisecond(window.start()) {
        Ok(start) if window.start() >= 0 => start.strftime(format).to_string(),
        Ok(_) | Err(_) => window.start().to_string(),
    }
}

fn push_escaped(label: &str, id: &mut String) {
    for c in label.chars() {
        if matches!(c, '%' | '/' | '=') || c.is_whitespace() || c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                id.push_str(&format!("%{byte:02X}"));
            }
        } else {
            id.push(c);
        }
    }
}

/// Appends the row as JSON, in the order of the published contract.
pub fn encode(row: &WindowRow, out: &mut Vec<u8>) {
    Format::Json.write(row, out);
}

impl Record for WindowRow {
    fn fields(&self, to: &mut impl Sink) {
        let WindowRow { window, slot, revision, is_final, cells } = self;
        to.text("window_id", &self.window_id());
        to.text("grain", window.grain().name());
        to.whole("window_start", window.start());
        to.whole("window_end", window.end());
        to.whole("revision", revision.cast_signed());
        to.flag("is_final", *is_final);
        for dimension in Dimension::ALL {
            to.text(dimension.name(), slot.label(dimension));
        }
        for counter in Counter::ALL {
            to.whole(counter.name(), cells.get(Quantity::Count(*counter)));
        }
        to.optional_whole("sl_threshold_ms", one(cells.sl_threshold));
        to.flag("sl_threshold_mixed", cells.sl_threshold == Threshold::Mixed);
        to.optional_whole("short_abandon_ms", one(cells.short_abandon));
        to.flag("short_abandon_mixed", cells.short_abandon == Threshold::Mixed);
        to.wholes("wait_ms_buckets", cells.waits());
    }
}

fn one(threshold: Threshold) -> Option<Millis> {
    match threshold {
        Threshold::One(ms) => Some(ms),
        Threshold::Unset | Threshold::Mixed => None,
    }
}

/// Reads a row back. Unknown fields are skipped. Errors: not JSON (`decode`), or without what tells which row it is
/// (`validate`).
pub fn decode(bytes: &[u8]) -> Result<WindowRow, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let raw = json.deserialize_map(RawVisitor).map_err(|error| Problem {
        stage: if error.is_data() { "validate" } else { "decode" },
        error: error.to_string(),
        field: None,
    })?;
    json.end().map_err(|error| Problem { stage: "decode", error: error.to_string(), field: None })?;
    raw.into_row()
}

/// The fields as they came.
#[derive(Default)]
struct Raw {
    grain: Option<String>,
    window_start: Option<Millis>,
    revision: Option<u64>,
    is_final: Option<bool>,
    labels: [Option<String>; Dimension::ALL.len()],
    cells: Cells,
    sl_threshold: (Option<Millis>, bool),
    short_abandon: (Option<Millis>, bool),
}

impl Raw {
    fn into_row(self) -> Result<WindowRow, Problem> {
        let grain = required("grain", self.grain.as_deref().and_then(Grain::named))?;
        let start = required("window_start", self.window_start)?;
        let window = Window::at(grain, start);
        required("window_start", (window.start() == start).then_some(()))?;
        let mut labels = [""; Dimension::ALL.len()];
        for ((label, text), dimension) in labels.iter_mut().zip(&self.labels).zip(Dimension::ALL) {
            // A row of before shadow policies does not say that it is of the acting one.
            let text = text.as_deref().or((dimension == Dimension::Policy).then_some(ALL));
            *label = required(dimension.name(), text)?;
        }
        let mut cells = self.cells;
        cells.sl_threshold = threshold(self.sl_threshold);
        cells.short_abandon = threshold(self.short_abandon);
        Ok(WindowRow {
            window,
            slot: Slot::of_labels(labels),
            revision: required("revision", self.revision)?,
            is_final: required("is_final", self.is_final)?,
            cells,
        })
    }
}

fn required<T>(field: &'static str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem {
        stage: "validate",
        error: format!("metric window without a usable {field}"),
        field: Some(field.to_owned()),
    })
}

fn threshold((ms, mixed): (Option<Millis>, bool)) -> Threshold {
    match (ms, mixed) {
        (_, true) => Threshold::Mixed,
        (Some(ms), false) => Threshold::One(ms),
        (None, false) => Threshold::Unset,
    }
}

/// A field's name, borrowed where it holds no escape.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a metric window row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut raw = Raw::default();
        // Counters come in their order: the next one is tried before anything is searched.
        let mut next = Counter::ALL.iter();
        while let Some(Name(name)) = map.next_key()? {
            if next.as_slice().first().is_some_and(|counter| counter.name() == name) {
                put_count(next.next(), &mut map, &mut raw)?;
                continue;
            }
            match name.as_ref() {
                "grain" => raw.grain = Some(map.next_value()?),
                "window_start" => raw.window_start = Some(map.next_value()?),
                "revision" => raw.revision = Some(map.next_value()?),
                "is_final" => raw.is_final = Some(map.next_value()?),
                "sl_threshold_ms" => raw.sl_threshold.0 = map.next_value()?,
                "sl_threshold_mixed" => raw.sl_threshold.1 = map.next_value()?,
                "short_abandon_ms" => raw.short_abandon.0 = map.next_value()?,
                "short_abandon_mixed" => raw.short_abandon.1 = map.next_value()?,
                "wait_ms_buckets" => put_waits(&map.next_value::<Vec<i64>>()?, &mut raw.cells)?,
                other => put_other(other, &mut map, &mut raw)?,
            }
        }
        Ok(raw)
    }
}

fn put_waits<E: serde::de::Error>(waits: &[i64], cells: &mut Cells) -> Result<(), E> {
    if waits.len() != WAIT_BUCKETS {
        return Err(E::invalid_length(waits.len(), &"one number for each of the wait buckets"));
    }
    for (bucket, amount) in (0_u8..).zip(waits) {
        cells.add(Quantity::Wait(bucket), *amount);
    }
    Ok(())
}

/// A dimension, a counter, or nothing we know.
fn put_other<'de, A: MapAccess<'de>>(name: &str, map: &mut A, raw: &mut Raw) -> Result<(), A::Error> {
    if let Some(place) = Dimension::ALL.iter().position(|dimension| dimension.name() == name) {
        raw.labels[place] = Some(map.next_value()?);
        return Ok(());
    }
    put_count(Counter::ALL.iter().find(|counter| counter.name() == name), map, raw)
}

/// A value for this counter; without one, a value to skip.
fn put_count<'de, A: MapAccess<'de>>(
    counter: Option<&Counter>,
    map: &mut A,
    raw: &mut Raw,
) -> Result<(), A::Error> {
    let Some(counter) = counter else { return map.next_value::<IgnoredAny>().map(|_skipped| ()) };
    let amount =
        map.next_value().map_err(|error| A::Error::custom(format!("{}: {error}", counter.name())))?;
    raw.cells.add(Quantity::Count(*counter), amount);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::window::Split;
    use proptest::prelude::*;

    const SCHEMA: &str = include_str!("../../schemas/metric-window.avsc");
    const VALID: &[u8] = include_bytes!("../../schemas/golden/metric-window.valid.json");
    const OLDER: &[u8] = include_bytes!("../../schemas/golden/metric-window.older.json");
    const INVALID: &[u8] = include_bytes!("../../schemas/golden/metric-window.invalid.json");

    fn row() -> WindowRow {
        let mut cells = Cells::default();
        cells.sl_threshold = Threshold::One(20_000);
        for (amount, counter) in (1..).zip(Counter::ALL) {
            cells.add(Quantity::Count(*counter), amount);
        }
        cells.add(Quantity::Wait(2), 7);
        cells.short_abandon = Threshold::Mixed;
        WindowRow {
            window: Window::at(Grain::Quarter, 1_764_065_700_000),
            slot: Slot::new(Split::within_tenant(&[Dimension::Channel]), "acme", "chat"),
            revision: 3,
            is_final: false,
            cells,
        }
    }

    fn encoded(row: &WindowRow) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(row, &mut bytes);
        bytes
    }

    #[test]
    fn the_golden_rows_stay_readable() {
        assert_eq!(String::from_utf8_lossy(&encoded(&row())), String::from_utf8_lossy(VALID).trim_end());
        assert_eq!(decode(VALID), Ok(row()));
        // Before `late_events` was counted and mixed thresholds were told.
        let mut older = row();
        older.cells.add(Quantity::Count(Counter::LateEvents), -(Counter::ALL.len() as i64));
        older.cells.short_abandon = Threshold::Unset;
        assert_eq!(decode(OLDER), Ok(older));
        let problem = decode(INVALID).expect_err("no tenant");
        assert_eq!((problem.stage, problem.field.as_deref()), ("validate", Some("tenant")));
    }

    #[test]
    fn the_avro_schema_names_the_same_fields() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("JSON");
        let json: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(VALID).expect("JSON");
        let fields = schema["fields"].as_array().expect("fields");
        let mut names = fields.iter().filter_map(|field| field["name"].as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        let mut expected = json.keys().map(String::as_str).collect::<Vec<_>>();
        expected.sort_unstable();
        assert_eq!(names, expected);
        apache_avro::Schema::parse_str(SCHEMA).expect("an Avro schema");
    }

    #[test]
    fn window_ids_are_readable_and_unique() {
        let at = 1_764_065_789_123;
        let channel = Split::within_tenant(&[Dimension::Channel]);
        let both = Split::within_tenant(&[Dimension::Channel, Dimension::Queue]);
        let table = [
            (Grain::Minute, at, Slot::new(Split::TOTAL, "_all", ""), "PT1M/2025-11-25T10:16Z/_all"),
            (Grain::Hour, at, Slot::new(Split::TENANT, "acme", ""), "PT1H/2025-11-25T10:00Z/acme"),
            (
                Grain::Quarter,
                at,
                Slot::new(channel, "acme", "chat"),
                "PT15M/2025-11-25T10:15Z/acme/channel=chat",
            ),
            (
                Grain::Day,
                at,
                Slot::new(both, "a/b", "x=1\u{1f}é %"),
                "P1D/2025-11-25/a%2Fb/channel=x%3D1/queue=é%20%25",
            ),
            (Grain::Late, at, Slot::new(channel, "_none", "_other"), "late/2025-11-25/_none/channel=_other"),
            (
                Grain::Day,
                at,
                Slot::new(Split::POLICY, "acme", "canary.toml@7"),
                "P1D/2025-11-25/acme/policy=canary.toml@7",
            ),
            (Grain::Minute, -1, Slot::new(Split::TOTAL, "_all", ""), "PT1M/-60000/_all"),
            (Grain::Day, i64::MAX, Slot::new(Split::TOTAL, "_all", ""), "P1D/9223372036768375807/_all"),
        ];
        for (grain, at, slot, expected) in table {
            let window = Window::at(grain, at);
            let row = WindowRow { window, slot, ..row() };
            assert_eq!(row.window_id(), expected);
            if at < i64::MAX {
                assert_eq!(window_of(expected), Some(window), "{expected}");
            }
        }
        for foreign in ["", "PT2M/2025-11-25T10:16Z/_all", "PT1M", "PT1M/soon/_all"] {
            assert_eq!(window_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn what_is_not_a_row_is_a_problem() {
        let table: [(&[u8], &str); 5] = [
            (b"", "decode"),
            (b"{\"grain\":\"PT1M\"", "decode"),
            (b"{} {}", "decode"),
            (b"[1]", "validate"),
            (b"{\"offers\":\"two\"}", "validate"),
        ];
        for (bytes, stage) in table {
            assert_eq!(decode(bytes).map_err(|problem| problem.stage), Err(stage));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            grain in prop::sample::select(Grain::ALL.as_slice()),
            at in any::<i64>().prop_map(|at| at / 2),
            labels in ("\\PC{0,4}", "\\PC{1,4}"),
            numbers in (0..=i64::MAX.cast_unsigned(), any::<i64>(), any::<Option<i64>>(), any::<bool>()),
        ) {
            let (revision, amount, threshold, is_final) = numbers;
            let mut cells = Cells::default();
            cells.sl_threshold = Threshold::Unset.meet(threshold);
            cells.add(Quantity::Count(Counter::WaitMsSum), amount);
            cells.add(Quantity::Wait(11), amount);
            let slot = Slot::new(Split::within_tenant(&[Dimension::Intent]), &labels.0, &labels.1);
            let row = WindowRow { window: Window::at(grain, at), slot, revision, is_final, cells };
            prop_assert_eq!(decode(&encoded(&row)), Ok(row));
        }
    }
}
