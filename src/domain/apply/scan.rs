//! The scalars at the top of a JSON value, without building the value: enough to find ids in a tool's result.
//!
//! Not a validator: it stops at the first thing it does not understand, and fields with escapes are passed over.

use crate::domain::keep::cut_bytes;
use crate::domain::limits::RESULT_READ_BYTES;

/// Calls `visit(name, value)` for each top-level field of an object whose value is a string, number or boolean, and
/// `visit("", value)` for each such element of an array.
pub(super) fn top_level(json: &str, mut visit: impl FnMut(&str, &str)) {
    let mut rest = Rest(cut_bytes(json, RESULT_READ_BYTES).trim_start());
    let close = match rest.next_if(&['{', '[']) {
        Some('{') => '}',
        Some(_) => ']',
        None => return,
    };
    while rest.next_if(&[close]).is_none() {
        let mut name = "";
        if close == '}' {
            let Some(key) = rest.string() else { return };
            if rest.next_if(&[':']).is_none() {
                return;
            }
            name = key;
        }
        match rest.value() {
            Some(Value::Scalar(value)) => visit(name, value),
            Some(Value::Other) => {}
            None => return,
        }
        if rest.next_if(&[',']).is_none() && !rest.0.starts_with(close) {
            return;
        }
    }
}

enum Value<'a> {
    Scalar(&'a str),
    /// Nested, null, or a string with escapes.
    Other,
}

/// What is still to be read, without leading white space.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, bytes: usize) {
        self.0 = self.0[bytes..].trim_start();
    }

    fn next_if(&mut self, wanted: &[char]) -> Option<char> {
        let next = self.0.chars().next().filter(|next| wanted.contains(next))?;
        self.skip(next.len_utf8());
        Some(next)
    }

    /// A string as written between its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let text = self.0.strip_prefix('"')?;
        let end = string_end(text)?;
        self.skip(end + 2);
        Some(&text[..end])
    }

    fn value(&mut self) -> Option<Value<'a>> {
        match self.0.as_bytes().first()? {
            b'"' => {
                self.string().map(|text| if text.contains('\\') { Value::Other } else { Value::Scalar(text) })
            }
            b'{' | b'[' => self.nested(),
            _ => {
                let end = self.0.find([',', '}', ']'])?;
                let word = self.0[..end].trim_end();
                self.skip(end);
                Some(if word == "null" || word.is_empty() { Value::Other } else { Value::Scalar(word) })
            }
        }
    }

    fn nested(&mut self) -> Option<Value<'a>> {
        let (mut depth, mut at) = (0usize, 0);
        let text = self.0;
        loop {
            match *text.as_bytes().get(at)? {
                b'"' => at += string_end(&text[at + 1..])? + 1,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                self.skip(at);
                return Some(Value::Other);
            }
        }
    }
}

/// Where the closing quote is.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &[(&str, &str)]) {
        let mut found = Vec::new();
        top_level(json, |name, value| found.push((name.to_owned(), value.to_owned())));
        let expected: Vec<_> = expected.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        assert_eq!(found, expected, "{json}");
    }

    #[test]
    fn scalars_of_the_top_level_are_found() {
        check(
            r##"{"order_id": "#W1", "amount": 649.5, "ok": true}"##,
            &[("order_id", "#W1"), ("amount", "649.5"), ("ok", "true")],
        );
        check(r#" {"a":{"b":"x}","c":[1]},"d":"é","n":null,"e":"q\"x","f":2}"#, &[("d", "é"), ("f", "2")]);
        check(r#"["a", 2, [3], "b"]"#, &[("", "a"), ("", "2"), ("", "b")]);
    }

    #[test]
    fn what_is_not_understood_ends_the_reading() {
        for (json, expected) in [
            ("", &[][..]),
            ("order 12", &[]),
            ("{", &[]),
            (r#"{"a":1"#, &[]),
            (r#"{"a":1,"b":"x"#, &[("a", "1")]),
            (r#"{"a":1,b:2}"#, &[("a", "1")]),
            (r#"{"a":[[["#, &[]),
            (r#"{"a" 1}"#, &[]),
            (r#"{"a":"\"#, &[]),
        ] {
            check(json, expected);
        }
    }
}
