//! What models know of a text: its words, pairs of words, pieces of words, and the roles that words play in asking for a person.

use super::fold::fold;
use super::plain::plain;
use super::roles::*;
use super::words::{Scan, hash_at, hash_of, mix};

/// Letters of a piece of a word that is written in ASCII, as most are once they are folded.
const PIECE: usize = 4;
/// Such words that are shorter have no pieces of their own.
const PIECES_FROM: usize = 3;
/// Letters of a piece in another script.
const OTHER_PIECE: usize = 3;

/// More `?` and `!` between two words say no more.
const MARKS_TOGETHER: usize = 4;

/// The kinds of features, so that a word and a piece of the same letters do not share a cell.
const WORD: u64 = 0x9d1b_02c5_58e1_6a77;
const PAIR: u64 = 0x2f6c_91aa_7d03_b84d;
const LETTERS: u64 = 0xc3a5_c85c_97cb_3127;
const ROLE: u64 = 0x6b2d_48e1_f05b_97c9;

/// What a model knows of a text: features of 64 bits each, of which the highest choose the cell.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Features {
    /// Of its words.
    pub words: Vec<u64>,
    /// Of the roles that its words play in asking for a person; none where the model does not go by them.
    pub roles: Vec<u64>,
}

impl Features {
    pub(super) fn of(text: &str, roles: Option<Roles>) -> Features {
        let mut found = Features::default();
        features_of(&fold(&plain(text)), |feature, _| found.words.push(feature));
        if let Some(roles) = roles {
            features_of_roles(roles, |feature| found.roles.push(feature));
        }
        found
    }
}

/// Roles that tell who asks what of whom.
const TELLING: Roles = TALK
    | BRING
    | TRANSFER
    | STAFF
    | PERSON
    | SOMEONE
    | SERVICE
    | CUSTOMER
    | REAL
    | WANT
    | WOULD
    | BOT
    | NOT
    | REFUSE
    | ME
    | YOU
    | BE
    | CAN
    | CANNOT
    | KNOW
    | THERE
    | PLEASE
    | MINE
    | COMPOUND
    | AFTER
    | ESCALATE
    | MENU
    | HELP
    | IF
    | SERVES;
/// Stands for a text without any of [`REQUEST_KEYS`] or talk.
const NO_KEY: u64 = 63;

/// Each telling role that occurs, and each two of them.
pub(super) fn features_of_roles(roles: Roles, mut take: impl FnMut(u64)) {
    let mut left = roles & TELLING;
    while left != 0 {
        let one = u64::from(left.trailing_zeros());
        left &= left - 1;
        take(feature(ROLE, one));
        let mut others = left;
        while others != 0 {
            take(feature(ROLE, one << 8 | u64::from(others.trailing_zeros())));
            others &= others - 1;
        }
    }
    if roles & (REQUEST_KEYS & !BOT | TALK) == 0 {
        take(feature(ROLE, NO_KEY));
    }
}

/// The feature of a word by itself.
pub fn feature_of_word(word: &str) -> u64 {
    feature(WORD, hash_of(&fold(word)))
}

fn feature(kind: u64, hash: u64) -> u64 {
    mix(hash, kind)
}

/// Each word, each pair of neighbours, each piece of a word, each `?` and `!`, a few of those that stand together; with the number of the word that it belongs to.
#[inline]
pub(super) fn features_of(text: &str, mut take: impl FnMut(u64, usize)) {
    let folded = text.as_bytes();
    let (mut scan, mut at, mut before, mut number) = (Scan::new(folded), 0, 0_u64, 0_usize);
    while let Some((start, end)) = scan.next(at) {
        marks(&folded[at..start], |feature| take(feature, number.saturating_sub(1)));
        let hash = hash_at(folded, start, end);
        if hash == before {
            // "la la la" says no more than "la".
            (at, number) = (end, number + 1);
            continue;
        }
        let mut of_word = |feature| take(feature, number);
        of_word(feature(WORD, hash));
        if before != 0 {
            of_word(feature(PAIR, before.rotate_left(17) ^ hash));
        }
        if !folded[start..end].is_ascii() {
            // A word ends at an ASCII byte, which no letter of several bytes holds.
            other_pieces(&text[start..end], of_word);
        } else if end - start >= PIECES_FROM {
            pieces(&folded[start..end], of_word);
        }
        (before, at, number) = (hash, end, number + 1);
    }
    marks(&folded[at..], |feature| take(feature, number.saturating_sub(1)));
}

fn marks(gap: &[u8], mut take: impl FnMut(u64)) {
    for byte in gap.iter().filter(|byte| matches!(byte, b'?' | b'!')).take(MARKS_TOGETHER) {
        take(feature(WORD, u64::from(*byte)));
    }
}

/// `<can`, `cann`, `anno`, .. `not>`: four letters each, the ends of the word among them.
#[inline]
fn pieces(word: &[u8], mut take: impl FnMut(u64)) {
    let bytes =
        std::iter::once(b'<').chain(word.iter().map(u8::to_ascii_lowercase)).chain(std::iter::once(b'>'));
    let mut window = 0_u32;
    for (seen, byte) in bytes.enumerate() {
        window = window << 8 | u32::from(byte);
        if seen + 1 >= PIECE {
            take(feature(LETTERS, u64::from(window)));
        }
    }
}

/// The same in another script, three letters each; where words are written without spaces, each sign and each two of them.
fn other_pieces(word: &str, mut take: impl FnMut(u64)) {
    let (ends, longest) = if word.chars().any(is_unspaced) { (None, 2) } else { (Some(()), OTHER_PIECE) };
    let end = |mark: char| ends.map(|()| mark).into_iter();
    let mut window = 0_u64;
    for (seen, letter) in end('<').chain(word.chars()).chain(end('>')).enumerate() {
        window = window << 21 | u64::from(u32::from(letter));
        if ends.is_none() {
            take(feature(LETTERS, window & LETTER));
        }
        if seen + 1 >= longest {
            take(feature(LETTERS, window & ((1 << (21 * longest)) - 1)));
        }
    }
}

/// What a letter takes of a window.
const LETTER: u64 = (1 << 21) - 1;

/// Kana and Han.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<u64> {
        Features::of(text, None).words
    }

    #[test]
    fn features_are_words_pairs_pieces_and_marks() {
        // want, to, want-to, to-go, go; <wan want ant>; !
        assert_eq!(words("Want to go!").len(), 5 + 3 + 1);
        assert_eq!(words("Want to go!"), words("want  TO go !"));
        // <но нов ово вог ого го>; each of four signs, and each two.
        assert_eq!(words("нового").len(), 1 + 6);
        assert_eq!(words("人工客服").len(), 1 + 4 + 3);
        assert_eq!(words("人工客服")[1], words("人")[1]);
        assert_eq!(words("a").len(), 1, "too short for a piece");
        assert_eq!(words("la la la"), words("la"));
        assert_eq!(words("a!!!!!!"), words("a!!!!"));
    }

    #[test]
    fn features_of_roles_are_each_and_each_two() {
        let of = |roles| Features::of("", Some(roles)).roles;
        assert_eq!(of(TALK | STAFF | WANT | COMMA | ENGLISH).len(), 3 + 3, "marks are no roles");
        assert_eq!((of(0).len(), of(WANT).len(), of(BOT).len()), (1, 2, 2), "nobody to talk to is one too");
        assert_eq!(of(TALK)[0], of(TALK | STAFF)[0]);
    }
}
