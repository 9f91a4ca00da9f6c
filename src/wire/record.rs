//! One description of a record for every format: a record names its fields once, and a [`Sink`] writes them as JSON or as
//! Avro. So the two cannot drift apart.
//!
//! Invariant: a record names its fields in the order of its schema (`schemas/*.avsc`), whatever its values are. JSON takes
//! its names from here, Avro its order.

/// A record that others read.
pub trait Record {
    /// What JSON does about a field without a value.
    const ABSENT: Absent = Absent::IsNull;

    /// Says every field, in the order of the schema.
    fn fields(&self, to: &mut impl Sink);
}

/// A field without a value, in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Every name is always there.
    IsNull,
    /// Nothing is said of it; nor of `false` and of empty maps.
    IsLeftOut,
}

/// Takes the fields of a record, one after the other. `optional_*` is a union of null and the type.
pub trait Sink: Sized {
    fn text(&mut self, name: &'static str, value: &str);
    fn optional_text(&mut self, name: &'static str, value: Option<&str>);
    /// A long, or an int (both are written alike).
    fn whole(&mut self, name: &'static str, value: i64);
    fn optional_whole(&mut self, name: &'static str, value: Option<i64>);
    fn double(&mut self, name: &'static str, value: f64);
    /// A double that is not finite is none.
    fn optional_double(&mut self, name: &'static str, value: Option<f64>);
    fn flag(&mut self, name: &'static str, value: bool);
    /// Something that happened, with a reason that may be empty.
    fn happened(&mut self, name: &'static str, reason: Option<&str>);
    fn texts<T: AsRef<str>>(&mut self, name: &'static str, values: &[T]);
    fn wholes(&mut self, name: &'static str, values: &[i64]);
    fn map<N: AsRef<str>, V: AsRef<str>>(&mut self, name: &'static str, entries: &[(N, V)]);
    fn optional_map<N: AsRef<str>, V: AsRef<str>>(&mut self, name: &'static str, entries: Option<&[(N, V)]>);
    fn record(&mut self, name: &'static str, body: impl FnOnce(&mut Self));
    fn optional_record<T>(&mut self, name: &'static str, value: Option<&T>, body: impl FnOnce(&mut Self, &T));
    /// An array of records.
    fn records<T>(&mut self, name: &'static str, items: &[T], body: impl Fn(&mut Self, &T));
    /// A map of records.
    fn named_records<T>(
        &mut self,
        name: &'static str,
        items: &[T],
        key: fn(&T) -> &str,
        body: impl Fn(&mut Self, &T),
    );
}
