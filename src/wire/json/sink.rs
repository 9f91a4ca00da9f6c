//! Records as JSON: names and values straight into bytes.

use serde::Serialize;

use super::write::{scalar, text};
use crate::wire::record::{Absent, Sink};

/// Writes the fields of one object after the other.
#[derive(Debug)]
pub struct Json<'o> {
    out: &'o mut Vec<u8>,
    absent: Absent,
    /// No comma is due.
    fresh: bool,
}

impl<'o> Json<'o> {
    pub fn new(out: &'o mut Vec<u8>, absent: Absent) -> Json<'o> {
        Json { out, absent, fresh: true }
    }

    /// An object, in the place of a value.
    pub fn object(&mut self, body: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        self.fresh = true;
        body(self);
        self.fresh = false;
        self.out.push(b'}');
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            self.out.push(b',');
        }
    }

    /// A name that needs no escaping; exactly one value must follow.
    fn name(&mut self, name: &'static str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        self.name(name);
        scalar(self.out, value);
    }

    fn optional<T: Serialize>(&mut self, name: &'static str, value: Option<T>) {
        match (value, self.absent) {
            (Some(value), _) => self.field(name, &value),
            (None, Absent::IsNull) => self.null(name),
            (None, Absent::IsLeftOut) => {}
        }
    }

    fn null(&mut self, name: &'static str) {
        self.name(name);
        self.out.extend_from_slice(b"null");
    }

    fn array<T>(&mut self, name: &'static str, items: &[T], mut put: impl FnMut(&mut Self, &T)) {
        self.name(name);
        self.out.push(b'[');
        self.fresh = true;
        for item in items {
            self.comma();
            put(self, item);
        }
        self.fresh = false;
        self.out.push(b']');
    }

    fn entries<T>(&mut self, items: &[T], mut put: impl FnMut(&mut Self, &T)) {
        self.out.push(b'{');
        self.fresh = true;
        for item in items {
            self.comma();
            put(self, item);
        }
        self.fresh = false;
        self.out.push(b'}');
    }
}

impl Sink for Json<'_> {
    fn text(&mut self, name: &'static str, value: &str) {
        self.field(name, value);
    }

    fn optional_text(&mut self, name: &'static str, value: Option<&str>) {
        self.optional(name, value);
    }

    fn whole(&mut self, name: &'static str, value: i64) {
        self.field(name, &value);
    }

    fn optional_whole(&mut self, name: &'static str, value: Option<i64>) {
        self.optional(name, value);
    }

    fn double(&mut self, name: &'static str, value: f64) {
        self.field(name, &value);
    }

    fn optional_double(&mut self, name: &'static str, value: Option<f64>) {
        self.optional(name, value);
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        if value || self.absent == Absent::IsNull {
            self.field(name, &value);
        }
    }

    /// An empty text would be read as absent, so a reason that is not given is `true`.
    fn happened(&mut self, name: &'static str, reason: Option<&str>) {
        match reason {
            Some("") => self.field(name, &true),
            reason => self.optional(name, reason),
        }
    }

    fn texts<T: AsRef<str>>(&mut self, name: &'static str, values: &[T]) {
        self.array(name, values, |json, value| text(json.out, value.as_ref()));
    }

    fn wholes(&mut self, name: &'static str, values: &[i64]) {
        self.array(name, values, |json, value| scalar(json.out, value));
    }

    fn map<N: AsRef<str>, V: AsRef<str>>(&mut self, name: &'static str, entries: &[(N, V)]) {
        if entries.is_empty() && self.absent == Absent::IsLeftOut {
            return;
        }
        self.name(name);
        self.entries(entries, |json, (name, value)| {
            text(json.out, name.as_ref());
            json.out.push(b':');
            text(json.out, value.as_ref());
        });
    }

    fn optional_map<N: AsRef<str>, V: AsRef<str>>(&mut self, name: &'static str, entries: Option<&[(N, V)]>) {
        match (entries, self.absent) {
            (Some(entries), _) => self.map(name, entries),
            (None, Absent::IsNull) => self.null(name),
            (None, Absent::IsLeftOut) => {}
        }
    }

    fn record(&mut self, name: &'static str, body: impl FnOnce(&mut Self)) {
        self.name(name);
        self.object(body);
    }

    fn optional_record<T>(
        &mut self,
        name: &'static str,
        value: Option<&T>,
        body: impl FnOnce(&mut Self, &T),
    ) {
        match (value, self.absent) {
            (Some(value), _) => self.record(name, |json| body(json, value)),
            (None, Absent::IsNull) => self.null(name),
            (None, Absent::IsLeftOut) => {}
        }
    }

    fn records<T>(&mut self, name: &'static str, items: &[T], body: impl Fn(&mut Self, &T)) {
        self.array(name, items, |json, item| json.object(|json| body(json, item)));
    }

    fn named_records<T>(
        &mut self,
        name: &'static str,
        items: &[T],
        key: fn(&T) -> &str,
        body: impl Fn(&mut Self, &T),
    ) {
        self.name(name);
        self.entries(items, |json, item| {
            text(json.out, key(item));
            json.out.push(b':');
            json.object(|json| body(json, item));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(absent: Absent, fields: impl FnOnce(&mut Json<'_>)) -> String {
        let mut out = Vec::new();
        Json::new(&mut out, absent).object(fields);
        String::from_utf8(out).unwrap()
    }

    fn everything(json: &mut Json<'_>) {
        json.text("text", "a\"\\\n\u{1}ü");
        json.optional_text("none", None);
        json.whole("whole", -7);
        json.double("double", 0.5);
        json.double("nan", f64::NAN);
        json.optional_double("inf", Some(f64::INFINITY));
        json.flag("flag", false);
        json.happened("asked", Some(""));
        json.map::<&str, &str>("empty", &[]);
        json.map("map", &[("a\"", "1"), ("b", "")]);
        json.texts::<&str>("texts", &[]);
        json.wholes("wholes", &[1, 2]);
        json.optional_record("record", None::<&u8>, |_, _| {});
        json.records("records", &[1, 2], |json, one| json.whole("one", *one));
        json.named_records("named", &["a", "b"], |name| name, |json, _| json.record("inner", |_| {}));
    }

    #[test]
    fn every_name_is_there_or_only_what_is_there() {
        let whole = r#"{"text":"a\"\\\n\u0001ü","none":null,"whole":-7,"double":0.5,"nan":null,"inf":null,"flag":false,"asked":true,"empty":{},"map":{"a\"":"1","b":""},"texts":[],"wholes":[1,2],"record":null,"records":[{"one":1},{"one":2}],"named":{"a":{"inner":{}},"b":{"inner":{}}}}"#;
        assert_eq!(written(Absent::IsNull, everything), whole);
        let absent = [r#""none":null,"#, r#""flag":false,"#, r#""empty":{},"#, r#""record":null,"#];
        let short = absent.iter().fold(whole.to_owned(), |text, gone| text.replace(gone, ""));
        assert_eq!(written(Absent::IsLeftOut, everything), short);
        assert_eq!(written(Absent::IsNull, |_| {}), "{}");
    }
}
