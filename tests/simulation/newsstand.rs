//! The topic of applied policies, and when who hears of it. Draws from numbers of its own: where nothing is applied, nothing
//! else is different.

use std::sync::Arc;

use segue::domain::policy::Policy;
use segue::engine::policies::{Board, InForce};

use super::rng::Rng;
use super::scenario::Scenario;

/// See the module.
pub(super) struct Newsstand {
    /// Everybody's own.
    own: InForce,
    /// Still to be applied.
    coming: Vec<InForce>,
    applied: Vec<InForce>,
    rng: Rng,
}

impl Newsstand {
    pub fn new(scenario: &Scenario, policies: &[Arc<Policy>]) -> Newsstand {
        let in_force = |(at, policy): (usize, &usize)| InForce {
            revision: at as i64 + 1,
            ..InForce::own(policies[*policy].clone())
        };
        let mut coming: Vec<InForce> = scenario.applied.iter().enumerate().map(in_force).collect();
        coming.reverse();
        let rng = Rng::new(scenario.news);
        Newsstand { own: InForce::own(policies[scenario.policy].clone()), coming, applied: Vec::new(), rng }
    }

    /// A process that starts reads everything first.
    pub fn board(&self) -> Arc<Board> {
        let board = Arc::new(Board::new(self.own.clone()));
        self.tell(&board);
        board
    }

    /// A look to the end of the topic.
    pub fn tell(&self, board: &Board) {
        for applied in &self.applied {
            board.put(applied.clone());
        }
        board.looked();
    }

    /// Time goes on: perhaps the next policy is applied. Its name.
    pub fn go_on(&mut self) -> Option<String> {
        if self.coming.is_empty() || !self.rng.often(40) {
            return None;
        }
        let next = self.coming.pop()?;
        let stamp = next.stamp.clone();
        self.applied.push(next);
        Some(stamp)
    }

    /// Which of so many hears of it now, if one does.
    pub fn listener(&mut self, count: usize) -> Option<usize> {
        (!self.applied.is_empty() && count > 0 && self.rng.often(300)).then(|| self.rng.index(count))
    }

    /// The policy of a stamp.
    pub fn policy(&self, stamp: &str) -> Option<Arc<Policy>> {
        let known = self.applied.iter().chain([&self.own]).find(|known| known.stamp == stamp);
        known.map(|known| known.policy.clone())
    }
}
