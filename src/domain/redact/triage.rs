//! Whether a text needs a closer look: the quick and certain no for nearly all of them, without an allocation.
//!
//! Invariant: what `find` would find in a text, this never lets pass (a property test compares the two).

use crate::domain::policy::Privacy;

/// Fewer digits hold nothing that is looked for.
const DIGITS_LEAST: u32 = 3;
/// The shortest telephone number, and the shortest of the other long numbers (national id 9, card 13).
const PHONE_LEAST: u32 = 7;
const LONG_LEAST: u32 = 9;

/// False only if nothing can be found.
pub(super) fn needs_a_look(text: &[u8], privacy: &Privacy) -> bool {
    let (mut digits, mut foreign, mut at_signs) = (0_u32, 0_u32, 0_u32);
    for byte in text {
        digits += u32::from(byte.is_ascii_digit());
        foreign += u32::from(*byte >= 0xc2);
        at_signs += u32::from(*byte == b'@');
    }
    if privacy.redact_email && at_signs > 0 {
        return true;
    }
    // A character beyond ASCII may be a digit too, or hide between digits.
    let possible = digits + foreign;
    let long = if privacy.redact_phone { PHONE_LEAST } else { LONG_LEAST };
    (possible >= long && longest_run(text) >= long) || (possible >= DIGITS_LEAST && speaks_of_a_code(text))
}

/// The most digits between two letters: a long number lies within them.
fn longest_run(text: &[u8]) -> u32 {
    let (mut run, mut longest) = (0, 0);
    for byte in text {
        run = if byte.is_ascii_alphabetic() {
            0
        } else {
            run + u32::from(byte.is_ascii_digit() || *byte >= 0xc2)
        };
        longest = longest.max(run);
    }
    longest
}

/// One of the words that stand before a security code (see `find`) may stand here: the letters they begin with.
fn speaks_of_a_code(text: &[u8]) -> bool {
    text.windows(3).any(|letters| match letters[0] | 0x20 {
        b'c' => matches!(
            (letters[1] | 0x20, letters[2] | 0x20),
            (b'v', _) | (b's', b'c') | (b'i', b'd') | (b'a', b'r')
        ),
        b'p' => matches!((letters[1] | 0x20, letters[2] | 0x20), (b'i', b'n') | (b'a', b's') | (b'r', _)),
        b's' => matches!((letters[1] | 0x20, letters[2] | 0x20), (b'e', b'c')),
        _ => false,
    })
}
