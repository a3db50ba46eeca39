//! Who gets how many, when weights do not divide evenly.

use alloc::{vec, vec::Vec};
use core::cmp::Ordering;

/// Somebody who gets something. Whoever comes first in the list wins ties.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// How much, beside others. May be zero.
    pub(crate) weight: u64,
    /// At least this many.
    pub(crate) min: u64,
    /// At most this many.
    pub(crate) max: u64,
    /// How many it has already.
    pub(crate) have: u64,
}

/// Divides `total` in proportion to the weights, but for each no less than its least and no more than its most; then in whole
/// numbers, each the next below or above of what it would be exactly. Who has more than the number below already keeps one more first,
/// since nothing has to move for that; after them it is by the largest remainders (Hamilton's method).
///
/// The sum is `total` if the bounds permit that, and as near to it as they do.
pub(crate) fn apportion(total: u64, claims: &[Claim]) -> Vec<u64> {
    let least: u64 = claims.iter().map(|claim| claim.min).sum();
    let most: u64 = claims.iter().map(|claim| claim.max).sum();
    let total = total.clamp(least, most.max(least));
    let level = level(total, claims);
    // What is neither at its least nor at its most has `weight · left / weights`, exactly.
    let exact: Vec<(u128, u128)> = claims
        .iter()
        .map(|claim| match level.side(claim) {
            Side::Min => (u128::from(claim.min), 0),
            Side::Max => (u128::from(claim.max), 0),
            Side::Between => {
                let product = u128::from(claim.weight) * u128::from(level.left);
                (product / level.weights, product % level.weights)
            }
        })
        .collect();
    let mut given: Vec<u64> =
        exact.iter().map(|&(whole, _)| u64::try_from(whole).unwrap_or(u64::MAX)).collect();
    let mut left = total.saturating_sub(given.iter().sum());
    let mut order: Vec<usize> = (0..claims.len()).filter(|&i| remainder(&exact, i) > 0).collect();
    order.sort_by_key(|&i| {
        let keeps = claims.get(i).is_some_and(|claim| given.get(i).is_some_and(|&given| claim.have > given));
        (!keeps, core::cmp::Reverse(remainder(&exact, i)), i)
    });
    for i in order {
        let Some(given) = given.get_mut(i).filter(|_| left > 0) else { break };
        *given += 1;
        left -= 1;
    }
    given
}

fn remainder(exact: &[(u128, u128)], i: usize) -> u128 {
    exact.get(i).map_or(0, |&(_, remainder)| remainder)
}

/// Each gets `weight · left / weights`, within its bounds.
struct Level {
    left: u64,
    weights: u128,
}

enum Side {
    Min,
    Max,
    Between,
}

impl Level {
    fn side(&self, claim: &Claim) -> Side {
        if self.weights == 0
            || u128::from(claim.weight) * u128::from(self.left) <= u128::from(claim.min) * self.weights
        {
            return Side::Min;
        }
        if u128::from(claim.weight) * u128::from(self.left) >= u128::from(claim.max) * self.weights {
            return Side::Max;
        }
        Side::Between
    }
}

/// Water is poured until `total` is in the vessels: each begins to fill when the level is at `min / weight`, and is full at `max / weight`.
/// Between two such events the content is a line, so the level is found by looking at them in order: O(n log n).
fn level(total: u64, claims: &[Claim]) -> Level {
    let mut events: Vec<(u64, u64, bool)> = vec![];
    for claim in claims.iter().filter(|claim| claim.weight > 0 && claim.min < claim.max) {
        events.push((claim.min, claim.weight, true));
        events.push((claim.max, claim.weight, false));
    }
    events.sort_by(|a, b| ratio(*a, *b).then(b.2.cmp(&a.2)));
    let (mut weights, mut fixed) = (0_u128, claims.iter().map(|claim| i128::from(claim.min)).sum::<i128>());
    for (bound, weight, opens) in events {
        // At the level `bound / weight` there is `fixed + weights · bound / weight` in all.
        let there = i128::from(total) - fixed;
        let filled = i128::try_from(weights * u128::from(bound)).unwrap_or(i128::MAX);
        if weights > 0 && filled >= there.saturating_mul(i128::from(weight)) {
            break;
        }
        if opens {
            weights += u128::from(weight);
            fixed -= i128::from(bound);
        } else {
            weights -= u128::from(weight);
            fixed += i128::from(bound);
        }
    }
    Level { left: u64::try_from(i128::from(total) - fixed).unwrap_or(0), weights }
}

fn ratio(a: (u64, u64, bool), b: (u64, u64, bool)) -> Ordering {
    (u128::from(a.0) * u128::from(b.1)).cmp(&(u128::from(b.0) * u128::from(a.1)))
}
