//! Slips of the pen in a condition that cannot be read: what other languages write where CEL writes something else.
//!
//! The parser knows no more than where it stopped; this looks for what was meant.

use super::super::Flaw;

/// What is written, and what to write. Signs that begin with another stand before it.
const SIGNS: [(&str, Option<&str>); 13] = [
    ("===", Some("==")),
    ("!==", Some("!=")),
    ("==", None),
    ("!=", None),
    ("<=", None),
    (">=", None),
    ("<>", Some("!=")),
    ("=", Some("==")),
    ("&&", None),
    ("||", None),
    ("&", Some("&&")),
    ("|", Some("||")),
    ("//", None),
];
const WORDS: [(&str, &str); 3] = [("and", "&&"), ("or", "||"), ("not", "!")];

/// The first slip outside texts and comments, with its line (from 0).
pub fn first(text: &str) -> Option<Flaw> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, meant) = token(rest, text[..at].ends_with('.'));
        if let Some(meant) = meant {
            let line = text[..at].matches('\n').count();
            let message = format!("this is not a CEL expression: write {meant} for {}", &rest[..length]);
            return Some(Flaw { line: u32::try_from(line).unwrap_or(0), message });
        }
        at += length;
    }
    None
}

/// Bytes of the token that a text begins with (at least one), and what should stand there if it is a slip. A word behind a
/// dot names a field.
fn token(text: &str, behind_dot: bool) -> (usize, Option<&'static str>) {
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        return (quoted(text, quote), None);
    }
    if let Some((sign, meant)) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign)) {
        let comment = text.find('\n').unwrap_or(text.len());
        return (if *sign == "//" { comment } else { sign.len() }, *meant);
    }
    let word = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let meant = WORDS.iter().find(|(slip, _)| !behind_dot && text[..word].eq_ignore_ascii_case(slip));
    let length = if word > 0 { word } else { text.chars().next().map_or(1, char::len_utf8) };
    (length, meant.map(|(_, meant)| *meant))
}

/// Bytes of a quoted text, its quotes included; all of it where it does not end.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(u32, &str)>) {
        let found = first(text).map(|flaw| (flaw.line, flaw.message));
        let expected =
            expected.map(|(line, what)| (line, format!("this is not a CEL expression: write {what}")));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_other_languages_write_is_known() {
        for (text, line, what) in [
            ("turn.intent = 'refund'", 0, "== for ="),
            ("turn.intent == 'a'\nand turn.text != 'b'", 1, "&& for and"),
            ("a == 1 OR b == 2", 0, "|| for OR"),
            ("not has(turn.text)", 0, "! for not"),
            ("a <> 1", 0, "!= for <>"),
            ("a === 1", 0, "== for ==="),
            ("a == 1 & b == 2", 0, "&& for &"),
            ("a == 1 | b == 2", 0, "|| for |"),
            ("a == 'it\\'s = and' and b", 0, "&& for and"),
        ] {
            check(text, Some((line, what)));
        }
    }

    #[test]
    fn texts_comments_fields_and_longer_words_are_no_slips() {
        for text in [
            "",
            "'this and that = x' == \"or\"",
            "a == 1 // and = b\n&& b >= 2 || c <= 3 && d != 4",
            "turn.attributes.and == 1 && android == notes",
            "'never ends and",
            "ß && 日本",
        ] {
            check(text, None);
        }
    }
}
