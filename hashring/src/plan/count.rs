//! What moves between tables that have no regions, key by key.

use core::cmp::Ordering;

use super::{build::minimum, fraction::Fraction};
use crate::{hash::KeyHash, node::Node, place::Place};

/// How many of some keys are on another node than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// How many keys were looked up.
    pub keys: u64,
    /// How many are on another node.
    pub moved: u64,
    /// How many of those are on a node whose share by weight has not grown, or were on one whose share has not shrunk: those need not
    /// have moved.
    pub needless: u64,
    /// Which part would have to move if every share were exact: see [`Plan::minimum`](super::Plan::minimum).
    pub minimum: Fraction,
}

impl Moved {
    /// Which part has moved.
    pub const fn part(&self) -> Fraction {
        Fraction::new(self.moved as u128, self.keys as u128)
    }
}

/// Looks up hashes in two tables and counts those that are on other nodes, by name.
///
/// For [`Maglev`](crate::Maglev) of `m` slots the [`KeyHash::first_scaled`] of each slot gives the exact numbers.
///
/// ```
/// use quorate_hashring::{Elastic as _, Hashing, KeyHash, ModN, Node, plan::moved_keys};
///
/// let mut old = ModN::new(Hashing::default());
/// for name in ["a", "b", "c", "d"] {
///     old.add(Node::new(name))?;
/// }
/// let mut new = old.clone();
/// new.add(Node::new("e"))?;
/// let moved = moved_keys(&old, &new, (0..10_000).map(KeyHash::mixed));
/// assert_eq!(moved.minimum.to_string(), "1/5");
/// assert!((0.79..0.81).contains(&moved.part().as_f64())); // four of five, and most of them needlessly
/// assert!(moved.needless > 5_000);
/// # Ok::<(), quorate_hashring::AddError>(())
/// ```
pub fn moved_keys(old: &dyn Place, new: &dyn Place, hashes: impl IntoIterator<Item = KeyHash>) -> Moved {
    let mut moved = Moved { keys: 0, moved: 0, needless: 0, minimum: minimum(old.nodes(), new.nodes()) };
    let (before, after) = (u128::from(old.nodes().weight()), u128::from(new.nodes().weight()));
    // A share `w' / W'` is compared with `w / W` by multiplying with both.
    let share = |name: &str| {
        let weight = |place: &dyn Place| {
            let node = place.nodes().find(name).and_then(|node| place.nodes().get(node));
            node.map_or(0, |node| u128::from(node.weight().get()))
        };
        (weight(old) * after, weight(new) * before)
    };
    for hash in hashes {
        let from = old.locate(hash).and_then(|node| old.nodes().get(node));
        let to = new.locate(hash).and_then(|node| new.nodes().get(node));
        moved.keys += 1;
        if from.map(Node::name) == to.map(Node::name) {
            continue;
        }
        moved.moved += 1;
        // What was nowhere, or is nowhere now, had to move.
        let Some((from, to)) = from.zip(to) else { continue };
        let has = |node: &Node, order| {
            let (before, after) = share(node.name());
            after.cmp(&before) == order
        };
        let is_needed = has(from, Ordering::Less) && has(to, Ordering::Greater);
        moved.needless += u64::from(!is_needed);
    }
    moved
}
