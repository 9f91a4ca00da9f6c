//! Records as Avro binary: values straight into bytes, in the order of the schema. Names are the schema's.

use crate::wire::record::Sink;

/// Writes the fields of one record after the other.
#[derive(Debug)]
pub struct Avro<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Avro<'o> {
    pub fn new(out: &'o mut Vec<u8>) -> Avro<'o> {
        Avro { out }
    }

    /// Zig-zag, seven bits a byte, the lowest first.
    #[inline]
    fn long(&mut self, value: i64) {
        let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
        while rest >= 0x80 {
            self.out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.out.push(rest as u8);
    }

    #[inline]
    fn string(&mut self, value: &str) {
        self.long(value.len() as i64);
        self.out.extend_from_slice(value.as_bytes());
    }

    /// The branch of a union of null and a type.
    #[inline]
    fn branch<T>(&mut self, value: Option<T>) -> Option<T> {
        self.long(i64::from(value.is_some()));
        value
    }

    /// An array or a map: one block, and the empty one that ends it.
    fn blocks<T>(&mut self, items: &[T], mut put: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            self.long(items.len() as i64);
            for item in items {
                put(self, item);
            }
        }
        self.long(0);
    }
}

impl Sink for Avro<'_> {
    fn text(&mut self, _name: &'static str, value: &str) {
        self.string(value);
    }

    fn optional_text(&mut self, _name: &'static str, value: Option<&str>) {
        if let Some(value) = self.branch(value) {
            self.string(value);
        }
    }

    fn whole(&mut self, _name: &'static str, value: i64) {
        self.long(value);
    }

    fn optional_whole(&mut self, _name: &'static str, value: Option<i64>) {
        if let Some(value) = self.branch(value) {
            self.long(value);
        }
    }

    fn double(&mut self, _name: &'static str, value: f64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn optional_double(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = self.branch(value.filter(|value| value.is_finite())) {
            self.double(name, value);
        }
    }

    fn flag(&mut self, _name: &'static str, value: bool) {
        self.out.push(u8::from(value));
    }

    fn happened(&mut self, name: &'static str, reason: Option<&str>) {
        self.optional_text(name, reason);
    }

    fn texts<T: AsRef<str>>(&mut self, _name: &'static str, values: &[T]) {
        self.blocks(values, |avro, value| avro.string(value.as_ref()));
    }

    fn wholes(&mut self, _name: &'static str, values: &[i64]) {
        self.blocks(values, |avro, value| avro.long(*value));
    }

    fn map<N: AsRef<str>, V: AsRef<str>>(&mut self, _name: &'static str, entries: &[(N, V)]) {
        self.blocks(entries, |avro, (name, value)| {
            avro.string(name.as_ref());
            avro.string(value.as_ref());
        });
    }

    fn optional_map<N: AsRef<str>, V: AsRef<str>>(&mut self, name: &'static str, entries: Option<&[(N, V)]>) {
        if let Some(entries) = self.branch(entries) {
            self.map(name, entries);
        }
    }

    fn record(&mut self, _name: &'static str, body: impl FnOnce(&mut Self)) {
        body(self);
    }

    fn optional_record<T>(
        &mut self,
        _name: &'static str,
        value: Option<&T>,
        body: impl FnOnce(&mut Self, &T),
    ) {
        if let Some(value) = self.branch(value) {
            body(self, value);
        }
    }

    fn records<T>(&mut self, _name: &'static str, items: &[T], body: impl Fn(&mut Self, &T)) {
        self.blocks(items, body);
    }

    fn named_records<T>(
        &mut self,
        _name: &'static str,
        items: &[T],
        key: fn(&T) -> &str,
        body: impl Fn(&mut Self, &T),
    ) {
        self.blocks(items, |avro, item| {
            avro.string(key(item));
            body(avro, item);
        });
    }
}
