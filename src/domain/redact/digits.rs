//! The digits of a text, in whatever script, and the groups they stand in.

use unicode_normalization::char::decompose_compatible;

/// One digit and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digit {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) value: u8,
}

/// Digits without anything between them, as a range of a text's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) first: usize,
    pub(super) end: usize,
    /// Only spaces, dashes, dots or invisible characters (a few) stand between the group before and this one.
    pub(super) joined: bool,
}

impl Group {
    pub(super) fn len(self) -> usize {
        self.end - self.first
    }
}

/// Characters between two digits of one number, at most.
const GAP_MAX: usize = 4;

/// All digits of the text, and their groups.
pub(super) fn scan(text: &str) -> (Vec<Digit>, Vec<Group>) {
    let (mut digits, mut groups) = (Vec::<Digit>::new(), Vec::<Group>::new());
    let (mut gap, mut broken) = (0, true);
    for (from, c) in text.char_indices() {
        if let Some(value) = value_of(c) {
            digits.push(Digit { from, to: from + c.len_utf8(), value });
            match groups.last_mut() {
                Some(group) if gap == 0 && !broken => group.end = digits.len(),
                Some(_) | None => {
                    groups.push(Group {
                        first: digits.len() - 1,
                        end: digits.len(),
                        joined: !broken && gap <= GAP_MAX,
                    });
                }
            }
            (gap, broken) = (0, false);
        } else if is_invisible(c) {
            // Hides in a number without showing; as if it were not there.
        } else if is_separator(c) {
            gap += 1;
        } else {
            broken = true;
        }
    }
    (digits, groups)
}

/// Spaces and dashes of every width, dots and underscores.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '.' | '_' | '\u{ad}' | '\u{2010}'
                ..='\u{2015}'
                    | '\u{2212}'
                    | '\u{fe58}'
                    | '\u{fe63}'
                    | '\u{ff0d}'
                    | '\u{b7}'
                    | '\u{2022}'
                    | '\u{30fb}'
                    | '\u{30fc}'
                    | '\u{2e3a}'
                    | '\u{2e3b}'
                    | '\u{3000}'
        )
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}')
        || (c.is_control() && !c.is_whitespace())
}

/// The zero of every decimal script outside ASCII that people type (others come through compatibility decomposition).
const ZEROS: [u32; 36] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
    0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0,
];

/// The decimal digit a character stands for: ASCII, other scripts, full width, superscript, circled, mathematical.
pub(super) fn value_of(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    if !c.is_numeric() {
        return None;
    }
    let code = c as u32;
    if let Some(zero) = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)) {
        return Some((code - zero) as u8);
    }
    let (mut value, mut parts) = (None, 0);
    decompose_compatible(c, |part| {
        parts += 1;
        value = part.is_ascii_digit().then(|| part as u8 - b'0');
    });
    value.filter(|_| parts == 1)
}
