//! Some rules of a policy, by their position in it.

/// A set of positions, as small as a number: the hot path makes one a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSet(u128);

impl RuleSet {
    /// Positions that are told apart; all from the last of them on are one.
    pub const POSITIONS: usize = 128;

    /// Adds a rule.
    pub fn insert(&mut self, position: usize) {
        self.0 |= 1 << position.min(RuleSet::POSITIONS - 1);
    }

    /// The positions, smallest first.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let position = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(position)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_tells_what_was_put_in_and_the_last_position_stands_for_the_rest() {
        let mut set = RuleSet::default();
        assert_eq!(set.positions().count(), 0);
        for position in [126, 0, 127, 500, 0] {
            set.insert(position);
        }
        assert_eq!(set.positions().collect::<Vec<_>>(), [0, 126, 127]);
    }
}
