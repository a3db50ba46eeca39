//! Ways to judge special histories without a search, as exact and in O(n log n).

pub(crate) mod chain;
pub(crate) mod contents;
pub(crate) mod fifo;
pub(crate) mod nested;
pub(crate) mod pool;
mod tree;
pub(crate) mod zones;

use alloc::vec::Vec;

use crate::spec::Decision;

/// The order of the calls if there is one, or else the first return at which it goes wrong. `order` gives the order of what
/// has happened up to a place, the event there included; `returns` are places and calls.
fn decide(
    returns: impl Iterator<Item = (usize, usize)>,
    order: impl Fn(usize) -> Option<Vec<usize>>,
) -> Option<Decision> {
    if let Some(order) = order(usize::MAX) {
        return Some(Decision::Linearizable(order));
    }
    // Beginnings of linearizable histories are linearizable, so that the place can be halved in on.
    let mut returns: Vec<_> = returns.collect();
    returns.sort_unstable();
    let first = returns.partition_point(|(place, _)| order(*place).is_some());
    returns.get(first).map(|(_, call)| Decision::Illegal { call: *call })
}
