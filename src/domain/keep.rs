//! What of a text may be kept: redacted first, then cut, so that a cut never leaves half of a secret.

use super::limits::{TEXT_READ_CHARS, VALUE_BYTES};
use super::policy::Privacy;
use super::redact;

/// A text as it may be kept: at most `chars` characters.
pub(super) fn text(text: &str, chars: usize, privacy: &Privacy) -> String {
    let redacted = redact::text(window(text), privacy);
    cut_chars(&redacted, chars).trim().to_owned()
}

/// A named value as it may be kept; `None` if its name says that it is a secret, or if nothing is left.
pub(super) fn value(name: &str, value: &str, privacy: &Privacy) -> Option<String> {
    let redacted = redact::value(name, window(value), privacy)?;
    let kept = cut_bytes(redacted.trim(), VALUE_BYTES).trim_end();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// The first `chars` characters.
pub(super) fn cut_chars(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// At most `bytes` bytes, ending at a character.
pub(super) fn cut_bytes(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The part that is read. A number that the window's edge cuts in two would pass redaction: it goes.
fn window(text: &str) -> &str {
    let read = cut_chars(text, TEXT_READ_CHARS);
    if read.len() == text.len() {
        return text;
    }
    read.trim_end_matches(|c: char| c.is_numeric() || " .-/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_fall_on_characters() {
        assert_eq!(cut_chars("añb", 2), "añ");
        assert_eq!(cut_chars("añb", 9), "añb");
        assert_eq!(cut_bytes("añb", 2), "a");
        assert_eq!(cut_bytes("añb", 3), "añ");
    }

    #[test]
    fn the_window_never_ends_inside_a_number() {
        let long = format!("{}4111 1111 1111 1111", "x".repeat(TEXT_READ_CHARS - 6));
        assert!(window(&long).ends_with('x'));
    }
}
