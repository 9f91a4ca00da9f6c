//! A fitted linear model over a text: what each word, pair of words and piece of a word adds to the odds.
//!
//! The weights are bytes in one table that features are hashed into. Every score is a sum of table cells, so it can be taken
//! apart by hand.

use std::borrow::Cow;

use super::fold::fold;
use super::read::shorten;
use super::roles::*;
use super::words::{Scan, hash_at, hash_of, mix};

/// Letters of a piece of a word that is written in ASCII, as most are once they are folded.
const PIECE: usize = 4;
/// Such words that are shorter have no pieces of their own.
const PIECES_FROM: usize = 3;
/// Letters of a piece in another script.
const OTHER_PIECE: usize = 3;

/// Bits of a table: at most 2 MB.
const BITS: std::ops::RangeInclusive<u32> = 1..=21;

/// The kinds of features, so that a word and a piece of the same letters do not share a cell.
const WORD: u64 = 0x9d1b_02c5_58e1_6a77;
const PAIR: u64 = 0x2f6c_91aa_7d03_b84d;
const LETTERS: u64 = 0xc3a5_c85c_97cb_3127;
const ROLE: u64 = 0x6b2d_48e1_f05b_97c9;

/// What is known of a model beside its table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// The table has 2 to this many cells.
    pub bits: u32,
    /// Log-odds that a cell's unit is worth.
    pub unit: f64,
    /// Log-odds of a text without any feature.
    pub bias: f64,
    /// Mean of the log-odds over the texts it was made from: what an ordinary text says.
    pub ordinary: f64,
    /// Texts it was made from, and how many of them were labelled true.
    pub texts: u64,
    pub positive: u64,
}

/// A fitted model. Invariant: `cells.len()` is 2 to `head.bits`.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    pub head: Head,
    /// One signed byte a cell.
    cells: Cow<'static, [u8]>,
}

impl Weights {
    /// No feature says anything.
    pub const fn none() -> Weights {
        let head = Head { bits: 1, unit: 0.0, bias: 0.0, ordinary: 0.0, texts: 0, positive: 0 };
        Weights { head, cells: Cow::Borrowed(&[0, 0]) }
    }

    /// `cells` are signed bytes. Errors: what is wrong with the head, or that there are not as many cells as it says.
    pub fn new(head: Head, cells: Cow<'static, [u8]>) -> Result<Weights, String> {
        if !BITS.contains(&head.bits) {
            return Err(format!("bits: {} is not in {} to {}", head.bits, BITS.start(), BITS.end()));
        }
        if ![head.unit, head.bias, head.ordinary].into_iter().all(f64::is_finite) {
            return Err("unit, bias and ordinary must be numbers".to_owned());
        }
        if cells.len() != 1 << head.bits {
            return Err(format!("it has {} cells, and its head says {}", cells.len(), 1_u64 << head.bits));
        }
        Ok(Weights { head, cells })
    }

    /// Made from no text: nobody needs to ask.
    pub(super) fn says_nothing(&self) -> bool {
        self.head.texts == 0
    }

    /// Signed bytes, 2 to `head.bits` of them.
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// Log-odds of a text by its features.
    pub fn score(&self, features: &Features) -> f64 {
        let sum = |all: &[u64]| Sum {
            of_cells: all.iter().map(|feature| self.cell(*feature)).sum(),
            features: all.len(),
        };
        self.log_odds(sum(&features.words), sum(&features.roles))
    }

    /// What each word adds to the log-odds of a text, in its order: the word, its pieces, the pair with the word before, and the
    /// marks behind it. With the bias and what roles add they make [`Weights::score`].
    pub fn by_word(&self, text: &str) -> Vec<(String, f64)> {
        let folded = fold(shorten(text));
        let mut words: Vec<(String, f64)> = Vec::new();
        let (mut scan, mut at) = (Scan::new(folded.as_bytes()), 0);
        while let Some((start, end)) = scan.next(at) {
            words.push((folded[start..end].to_lowercase(), 0.0));
            at = end;
        }
        let mut count = 0;
        features_of(&folded, |_, _| count += 1);
        let root = f64::from(count.max(1)).sqrt();
        features_of(&folded, |feature, word| {
            if let Some((_, sum)) = words.get_mut(word) {
                *sum += self.head.unit * self.cell(feature) as f64 / root;
            }
        });
        words
    }

    fn cell(&self, feature: u64) -> i64 {
        i64::from(self.cells[(feature >> (64 - self.head.bits)) as usize] as i8)
    }

    /// The cells of these roles, and of each two of them.
    pub(super) fn sum_of_roles(&self, roles: Roles) -> Sum {
        let mut sum = Sum::default();
        features_of_roles(roles, |feature| {
            sum.of_cells += self.cell(feature);
            sum.features += 1;
        });
        sum
    }

    /// Log-odds of a text by its words, less those of an ordinary one.
    pub(super) fn over_ordinary(&self, words: Sum) -> f64 {
        self.log_odds(words, Sum::default()) - self.head.ordinary
    }

    pub(super) fn log_odds(&self, words: Sum, roles: Sum) -> f64 {
        self.head.bias + self.head.unit * (words.rooted() + ROLES_COUNT * roles.rooted())
    }
}

/// What roles count beside words.
pub const ROLES_COUNT: f64 = 0.5;

/// What a model's cells say of some features together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    of_cells: i64,
    features: usize,
}

impl Sum {
    /// A long text says no more than a short one.
    fn rooted(self) -> f64 {
        self.of_cells as f64 / (self.features.max(1) as f64).sqrt()
    }
}

/// What each of these models says of the words of a folded text, in one pass over it.
pub(super) fn sums_of_words<const MODELS: usize>(models: [&Weights; MODELS], folded: &str) -> [Sum; MODELS] {
    let (mut sums, mut features) = ([0; MODELS], 0);
    features_of(folded, |feature, _| {
        for (sum, model) in sums.iter_mut().zip(models) {
            *sum += model.cell(feature);
        }
        features += 1;
    });
    sums.map(|of_cells| Sum { of_cells, features })
}

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
        features_of(&fold(shorten(text)), |feature, _| found.words.push(feature));
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
fn features_of_roles(roles: Roles, mut take: impl FnMut(u64)) {
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

/// Each word, each pair of neighbours, each piece of a word, each `?` and `!`; with the number of the word that it belongs to.
#[inline]
fn features_of(text: &str, mut take: impl FnMut(u64, usize)) {
    let folded = text.as_bytes();
    let (mut scan, mut at, mut before, mut number) = (Scan::new(folded), 0, 0_u64, 0_usize);
    while let Some((start, end)) = scan.next(at) {
        marks(&folded[at..start], |feature| take(feature, number.saturating_sub(1)));
        let mut of_word = |feature| take(feature, number);
        let hash = hash_at(folded, start, end);
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
    for byte in gap.iter().filter(|byte| matches!(byte, b'?' | b'!')) {
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

    fn head(bits: u32) -> Head {
        Head { bits, unit: 0.5, bias: -1.0, ordinary: -2.0, texts: 2, positive: 1 }
    }

    fn words(text: &str) -> Vec<u64> {
        Features::of(text, None).words
    }

    #[test]
    fn a_score_is_the_sum_of_its_features_over_the_root_of_their_number() {
        let mut cells = vec![0; 1 << 16];
        cells[(feature_of_word("no") >> 48) as usize] = -8_i8 as u8;
        let weights = Weights::new(head(16), Cow::Owned(cells)).expect("as many cells as the head says");
        assert_eq!(words("No").len(), 1, "a short word has no pieces");
        let odds = |text: &str| {
            let [of_words, none] = sums_of_words([&weights, &Weights::none()], text);
            assert_eq!(none.of_cells, 0);
            weights.log_odds(of_words, Sum::default())
        };
        assert_eq!(odds("no"), -1.0 - 0.5 * 8.0);
        assert_eq!(odds("NO!"), -1.0 - 0.5 * 8.0 / 2_f64.sqrt());
        assert_eq!(odds(""), -1.0);
        assert_eq!(odds("No way"), weights.score(&Features::of("no way", None)));
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
    }

    #[test]
    fn features_of_roles_are_each_and_each_two() {
        let of = |roles| Features::of("", Some(roles)).roles;
        assert_eq!(of(TALK | STAFF | WANT | COMMA | ENGLISH).len(), 3 + 3, "marks are no roles");
        assert_eq!((of(0).len(), of(WANT).len(), of(BOT).len()), (1, 2, 2), "nobody to talk to is one too");
        assert_eq!(of(TALK)[0], of(TALK | STAFF)[0]);
    }

    #[test]
    fn words_and_roles_add_up_to_the_score() {
        let cells = (0..1_u32 << 8).map(|cell| cell as u8).collect();
        let weights = Weights::new(head(8), Cow::Owned(cells)).expect("as many cells as the head says");
        let text = "Hello! I'd like a human, 人工客服 или оператор?";
        let words = weights.by_word(text);
        let names: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(names, ["hello", "i", "d", "like", "a", "human", "人工客服", "или", "оператор"]);
        let roles = weights.head.unit * ROLES_COUNT * weights.sum_of_roles(WANT | STAFF).rooted();
        let sum: f64 = words.iter().map(|(_, adds)| adds).sum();
        let score = weights.score(&Features::of(text, Some(WANT | STAFF)));
        assert!((sum + roles + weights.head.bias - score).abs() < 1e-9);
    }

    #[test]
    fn a_table_that_does_not_fit_its_head_is_refused() {
        let told = |head, cells: usize| Weights::new(head, Cow::Owned(vec![0; cells])).expect_err("refused");
        assert_eq!(told(head(8), 255), "it has 255 cells, and its head says 256");
        assert_eq!(told(head(22), 1), "bits: 22 is not in 1 to 21");
        assert_eq!(told(Head { unit: f64::NAN, ..head(1) }, 2), "unit, bias and ordinary must be numbers");
    }
}
