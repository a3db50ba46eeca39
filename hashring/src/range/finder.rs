//! Where to cut: a few keys of those that were asked for, and how much there is on either side of each.

use alloc::vec::Vec;

use super::{LoadLimits, Touched};
use crate::hash::{GOLDEN, mix};

/// A sample of the keys, each as likely as it is asked for (Vitter 1985, algorithm R, with weights), with counts from when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finder<K> {
    seed: u64,
    draws: u64,
    total: u64,
    candidates: Vec<Candidate<K>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate<K> {
    key: K,
    left: u64,
    right: u64,
    spanning: u64,
}

impl<K: Ord + Clone> Finder<K> {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, draws: 0, total: 0, candidates: Vec::new() }
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn clear(&mut self) {
        self.total = 0;
        self.candidates.clear();
    }

    pub(super) fn record(&mut self, touched: &Touched<'_, K>, cost: u64, samples: usize) {
        for candidate in &mut self.candidates {
            candidate.count(touched, cost);
        }
        self.total = self.total.saturating_add(cost);
        let key = touched.first();
        if self.candidates.len() < samples {
            return self.candidates.push(Candidate::new(key));
        }
        // In the sample with the chance `samples · cost / total`, in the place of any.
        let drawn = self.draw(self.total);
        if let Some(place) =
            usize::try_from(drawn / cost.max(1)).ok().and_then(|i| self.candidates.get_mut(i))
        {
            *place = Candidate::new(key);
        }
    }

    /// The key that leaves most equal parts, if any leaves them equal enough; the first such key.
    pub(super) fn best(&self, limits: &LoadLimits) -> Option<&K> {
        let good = self
            .candidates
            .iter()
            .filter_map(|candidate| Some((candidate.imbalance(limits)?, &candidate.key)));
        good.min().map(|(_, key)| key)
    }

    /// A number below `bound`.
    const fn draw(&mut self, bound: u64) -> u64 {
        self.draws = self.draws.wrapping_add(1);
        let random = mix(self.seed ^ self.draws.wrapping_mul(GOLDEN));
        ((random as u128 * bound as u128) >> 64) as u64
    }
}

impl<K: Ord + Clone> Candidate<K> {
    fn new(key: &K) -> Self {
        Self { key: key.clone(), left: 0, right: 0, spanning: 0 }
    }

    fn count(&mut self, touched: &Touched<'_, K>, cost: u64) {
        let side = if touched.is_left_of(&self.key) {
            &mut self.left
        } else if *touched.first() >= self.key {
            &mut self.right
        } else {
            &mut self.spanning
        };
        *side = side.saturating_add(cost);
    }

    /// In thousandths; `None` if it is too much, or too much is about both sides, or there was too little to say.
    fn imbalance(&self, limits: &LoadLimits) -> Option<u128> {
        let [left, right, spanning] = [self.left, self.right, self.spanning].map(u128::from);
        let sides = left + right;
        let imbalance = (left.abs_diff(right) * 1_000).checked_div(sides)?;
        let is_good = sides + spanning >= u128::from(limits.seen_min)
            && spanning * 1_000 <= (sides + spanning) * u128::from(limits.spanning_max)
            && left.abs_diff(right) * 1_000 <= sides * u128::from(limits.imbalance_max);
        is_good.then_some(imbalance)
    }
}
