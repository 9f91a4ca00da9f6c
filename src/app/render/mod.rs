//! What a person sees in a terminal: hand-offs, one conversation, an explanation, the closing report.
//!
//! Customer words are cleaned of control characters first: a text must not steer the terminal that shows it.

pub mod cases;
pub mod comparison;
pub mod explanation;
pub mod handoff;
pub mod hearing;
pub mod report;
pub mod screen;
pub mod tuning;
pub mod view;

use std::io::IsTerminal;

use jiff::Timestamp;
use serde_json::Value;

/// The narrowest layout; a narrower terminal wraps by itself.
const WIDTH_MIN: usize = 60;
const WIDTH_MAX: usize = 120;
/// Where the terminal does not say.
const WIDTH_DEFAULT: usize = 100;
/// Labels stand in a column of this width.
const LABEL: usize = 12;

/// Whether escape codes may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Ansi,
}

/// How to draw: columns and colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub colour: Colour,
    pub width: usize,
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paint {
    Title,
    Label,
    Alarm,
    Faint,
}

impl Style {
    /// For standard output: colours only on a terminal and without `NO_COLOR`; as wide as `COLUMNS` says.
    pub fn of_stdout() -> Style {
        let ansi = std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Style { colour: if ansi { Colour::Ansi } else { Colour::Plain }, width: width(columns) }
    }

    fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Title => "1;36",
            Paint::Label => "2;37",
            Paint::Alarm => "1;33",
            Paint::Faint => "2",
        };
        match self.colour {
            Colour::Plain => text.to_owned(),
            Colour::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    /// `━━ title ━━━━ right ━━`, over the whole width.
    fn heading(self, title: &str, right: &str) -> String {
        let fixed = 8 + columns(title) + columns(right);
        let fill = "━".repeat(self.width.saturating_sub(fixed).max(2));
        format!("{}\n", self.paint(Paint::Title, &format!("━━ {title} {fill} {right} ━━")))
    }

    /// `  label     text`, wrapped under itself.
    fn entry(self, label: &str, text: &str) -> String {
        self.lines(label, &wrap(text, self.width.saturating_sub(LABEL)))
    }

    /// The same with lines that are already made.
    fn lines(self, label: &str, lines: &[String]) -> String {
        let mut out = String::new();
        for (at, line) in lines.iter().enumerate() {
            let shown = if at == 0 { format!("  {label:<10}") } else { " ".repeat(LABEL) };
            out.push_str(&self.paint(Paint::Label, &shown));
            out.push_str(line);
            out.push('\n');
        }
        out
    }
}

fn width(columns: Option<usize>) -> usize {
    columns.map_or(WIDTH_DEFAULT, |columns| columns.clamp(WIDTH_MIN, WIDTH_MAX))
}

/// One line of text: control characters, line ends and marks that turn the direction of writing become spaces.
fn clean(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let spaced: String = text.chars().map(|c| if steers(c) || c.is_whitespace() { ' ' } else { c }).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Columns a text takes; wide scripts and emoji take two a character. Near enough for a layout.
fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

fn column(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Cuts a text to `limit` columns, with an ellipsis where something went.
fn clip(text: &str, limit: usize) -> String {
    if columns(text) <= limit {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = |c: &char| {
        taken += column(*c);
        taken < limit
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// Breaks a text at spaces into lines of at most `limit` columns; longer words are broken.
fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut used = lines.last().map_or(0, |line| columns(line));
        if used > 0 && used + 1 + columns(word) <= limit {
            push(&mut lines, ' ');
        } else if used > 0 {
            lines.push(String::new());
        }
        used = lines.last().map_or(0, |line| columns(line));
        for c in word.chars() {
            if used + column(c) > limit && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c);
            used += column(c);
        }
    }
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

/// `2025-11-24 14:03:22`, UTC.
fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
pub(super) fn span(ms: i64) -> String {
    let seconds = (ms.max(0) + 500) / 1_000;
    let pair = |large: i64, small: i64, names: (&str, &str)| match small {
        0 => format!("{large} {}", names.0),
        _ => format!("{large} {} {small} {}", names.0, names.1),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => pair(seconds / 60, seconds % 60, ("min", "s")),
        3_600..86_400 => pair(seconds / 3_600, seconds % 3_600 / 60, ("h", "min")),
        _ => pair(seconds / 86_400, seconds % 86_400 / 3_600, ("d", "h")),
    }
}

/// A share 0..1 as `8 %`, `0.08 %`: at most four places, none where they are zero.
pub(super) fn percent(share: f64) -> String {
    let shown = format!("{:.4}", 100.0 * share);
    format!("{} %", shown.trim_end_matches('0').trim_end_matches('.'))
}

/// `1 turn`, `2 turns`; `noun` is a singular whose plural ends in s.
pub(super) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The text at `name`, cleaned; `None` where there is none or it is empty.
fn text_at(value: &Value, name: &str) -> Option<String> {
    let text = match &value[name] {
        Value::String(text) => clean(text),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn list_at<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The texts at `name` joined by commas; `None` where there are none.
fn joined_at(value: &Value, name: &str) -> Option<String> {
    let texts: Vec<String> = list_at(value, name).iter().filter_map(Value::as_str).map(clean).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        for (text, expected) in [
            ("red \x1b[31mtext\x1b[0m", "red [31mtext [0m"),
            ("two\r\nlines\tand\u{7}", "two lines and"),
            ("abc\u{202e}def", "abc def"),
            ("  ", ""),
            ("déjà vu 日本", "déjà vu 日本"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_break_at_spaces_and_inside_words_that_are_too_long() {
        for (text, limit, expected) in [
            ("one two three", 7, vec!["one two", "three"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("a bcdefg", 4, vec!["a", "bcde", "fg"]),
            ("日本語", 4, vec!["日本", "語"]),
            ("", 5, vec![""]),
        ] {
            assert_eq!(wrap(text, limit), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_cut_ends_in_an_ellipsis() {
        assert_eq!([clip("short", 5), clip("longer", 5), clip("日本語", 5)], ["short", "long…", "日本…"]);
    }

    #[test]
    fn a_span_has_two_units_at_most() {
        let shown = [0, 12_400, 60_000, 185_000, 3_600_000, 7_800_000, 273_600_000, -5].map(span);
        assert_eq!(shown, ["0 s", "12 s", "1 min", "3 min 5 s", "1 h", "2 h 10 min", "3 d 4 h", "0 s"]);
    }

    #[test]
    fn a_share_is_shown_as_it_was_given() {
        assert_eq!([0.08, 0.0008, 0.125, 1.0, 0.0].map(percent), ["8 %", "0.08 %", "12.5 %", "100 %", "0 %"]);
    }

    #[test]
    fn the_width_is_the_terminal_s_within_reason() {
        assert_eq!([None, Some(80), Some(20), Some(500)].map(width), [100, 80, 60, 120]);
    }
}
