//! The writer: objects and arrays straight into bytes; strings and numbers through serde_json's formatter.
//!
//! A name is written as it is (names are ours and plain). A double that is not finite is `null`.

use serde::Serialize;

/// An object being written. [`Object::end`] closes it.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    separator: u8,
}

impl<'o> Object<'o> {
    pub fn begin(out: &'o mut Vec<u8>) -> Object<'o> {
        Object { out, separator: b'{' }
    }

    /// Writes a name that needs no escaping; exactly one value must follow.
    pub fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(std::mem::replace(&mut self.separator, b','));
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A name and a string, number, boolean or an option of one (`None` is null).
    pub fn field<T: Serialize>(&mut self, name: &str, value: T) {
        scalar(self.name(name), &value);
    }

    /// A name and null.
    pub fn null(&mut self, name: &str) {
        self.name(name).extend_from_slice(b"null");
    }

    /// A name and a value, left out where there is nothing to say.
    pub fn present<T: Serialize>(&mut self, name: &str, value: Option<T>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    /// A name that may hold anything; exactly one value must follow.
    pub fn any_name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(std::mem::replace(&mut self.separator, b','));
        text(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// A name and a map of strings.
    pub fn map<N: AsRef<str>, V: AsRef<str>>(&mut self, name: &str, entries: &[(N, V)]) {
        let mut map = Object::begin(self.name(name));
        for (name, value) in entries {
            text(map.any_name(name.as_ref()), value.as_ref());
        }
        map.end();
    }

    /// A name and an array of strings.
    pub fn texts<T: AsRef<str>>(&mut self, name: &str, values: &[T]) {
        let mut array = Array::begin(self.name(name));
        for value in values {
            text(array.item(), value.as_ref());
        }
        array.end();
    }

    pub fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// An array being written. [`Array::end`] closes it.
#[derive(Debug)]
pub struct Array<'o> {
    out: &'o mut Vec<u8>,
    separator: u8,
}

impl<'o> Array<'o> {
    pub fn begin(out: &'o mut Vec<u8>) -> Array<'o> {
        Array { out, separator: b'[' }
    }

    /// Exactly one value must follow.
    pub fn item(&mut self) -> &mut Vec<u8> {
        self.out.push(std::mem::replace(&mut self.separator, b','));
        self.out
    }

    pub fn end(self) {
        if self.separator == b'[' {
            self.out.push(b'[');
        }
        self.out.push(b']');
    }
}

/// A string with its quotes.
pub fn text(out: &mut Vec<u8>, value: &str) {
    scalar(out, value);
}

fn scalar<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Only a map with odd keys or a failing writer can fail here, and there is neither.
    serde_json::to_writer(out, value).expect("a scalar always fits a Vec");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_still_brackets() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.map::<&str, &str>("map", &[]);
        object.texts::<&str>("texts", &[]);
        Object::begin(object.name("object")).end();
        object.end();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"map":{},"texts":[],"object":{}}"#);
    }

    #[test]
    fn values_are_written_as_json() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.field("text", "a\"\\\n\u{1}ü");
        object.field("none", None::<&str>);
        object.field("whole", -7_i64);
        object.field("doubles", 0.5);
        object.field("nan", f64::NAN);
        object.field("inf", Some(f64::INFINITY));
        object.present("absent", None::<i64>);
        object.map("map", &[("a\"", "1"), ("b", "")]);
        object.end();
        let expected = r#"{"text":"a\"\\\n\u0001ü","none":null,"whole":-7,"doubles":0.5,"nan":null,"inf":null,"map":{"a\"":"1","b":""}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
