//! A fitted linear model over a text: what each of its features adds to the odds.
//!
//! The weights are bytes in one table that features are hashed into. Every score is a sum of table cells, so it can be taken
//! apart by hand.

use std::borrow::Cow;

use super::features::{Features, features_of, features_of_roles};
use super::fold::fold;
use super::plain::plain;
use super::roles::Roles;
use super::words::Scan;

/// Bits of a table: at most 2 MB.
const BITS: std::ops::RangeInclusive<u32> = 1..=21;

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
        let text = plain(text);
        let folded = fold(&text);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::features::feature_of_word;
    use crate::domain::text::roles::{STAFF, WANT};

    fn head(bits: u32) -> Head {
        Head { bits, unit: 0.5, bias: -1.0, ordinary: -2.0, texts: 2, positive: 1 }
    }

    #[test]
    fn a_score_is_the_sum_of_its_features_over_the_root_of_their_number() {
        let mut cells = vec![0; 1 << 16];
        cells[(feature_of_word("no") >> 48) as usize] = -8_i8 as u8;
        let weights = Weights::new(head(16), Cow::Owned(cells)).expect("as many cells as the head says");
        assert_eq!(Features::of("No", None).words.len(), 1, "a short word has no pieces");
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
