//! The numbers of a row: an amount for every quantity, and the parameters they were judged by.

use super::ids::Millis;
use super::measure::{Counter, Quantity, WAIT_BUCKETS};

/// A parameter that counts were judged by: not there yet, the same for all, or different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Threshold {
    #[default]
    Unset,
    One(Millis),
    Mixed,
}

impl Threshold {
    /// Takes in the parameter of one more count; `None` says nothing. What was seen stays seen, corrected or not.
    pub fn meet(self, seen: Option<Millis>) -> Threshold {
        match (self, seen) {
            (before, None) => before,
            (Threshold::Unset, Some(new)) => Threshold::One(new),
            (Threshold::One(old), Some(new)) if old == new => self,
            (Threshold::One(_) | Threshold::Mixed, Some(_)) => Threshold::Mixed,
        }
    }
}

const COUNTERS: usize = Counter::ALL.len();

/// The numbers of a row. Addition wraps, so that the order never matters and a correction always undoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    amounts: [i64; COUNTERS + WAIT_BUCKETS],
    pub sl_threshold: Threshold,
    pub short_abandon: Threshold,
}

impl Default for Cells {
    fn default() -> Cells {
        Cells {
            amounts: [0; COUNTERS + WAIT_BUCKETS],
            sl_threshold: Threshold::Unset,
            short_abandon: Threshold::Unset,
        }
    }
}

impl Cells {
    pub fn get(&self, quantity: Quantity) -> i64 {
        self.amounts[index(quantity)]
    }

    pub fn add(&mut self, quantity: Quantity, amount: i64) {
        let cell = &mut self.amounts[index(quantity)];
        *cell = cell.wrapping_add(amount);
    }

    /// The waits of answered hand-offs by bucket.
    pub fn waits(&self) -> &[i64] {
        &self.amounts[COUNTERS..]
    }

    pub fn is_zero(&self) -> bool {
        self.amounts.iter().all(|amount| *amount == 0)
    }

    /// Nothing was ever counted here, as far as can be told: no amount and no parameter.
    pub fn is_blank(&self) -> bool {
        self.is_zero() && self.sl_threshold == Threshold::Unset && self.short_abandon == Threshold::Unset
    }
}

fn index(quantity: Quantity) -> usize {
    match quantity {
        Quantity::Count(counter) => counter as usize,
        Quantity::Wait(bucket) => COUNTERS + usize::from(bucket).min(WAIT_BUCKETS - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_mix_for_good() {
        let met = |seen: &[Option<Millis>]| seen.iter().fold(Threshold::Unset, |met, seen| met.meet(*seen));
        assert_eq!(met(&[None]), Threshold::Unset);
        assert_eq!(met(&[None, Some(20), None, Some(20)]), Threshold::One(20));
        assert_eq!(met(&[Some(20), Some(30), Some(30)]), Threshold::Mixed);
    }
}
