//! No node gets much more than its share, whatever keys come.

use alloc::vec::Vec;

use crate::{
    bug::Bug,
    hash::KeyHash,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, Elastic, Place, UnknownNode, WeightError},
    walk::Walk,
};

/// How much more than its fair share a node may have: `c` of consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam
/// 2018), in percent.
///
/// The lower, the more even the loads, and the more keys are on another node than their first: about `1 / (c − 1)²` move with each
/// change. 125 is a good value; at 100 every node takes its exact share, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "u32", into = "u32")
)]
pub struct LoadFactor(u32);

impl LoadFactor {
    /// So many percent of its fair share.
    ///
    /// # Errors
    ///
    /// Less than 100 would leave loads that no node may take.
    pub const fn percent(percent: u32) -> Result<Self, LowLoadFactor> {
        if percent < 100 { Err(LowLoadFactor { percent }) } else { Ok(Self(percent)) }
    }

    /// In percent, at least 100.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// What a node may have if all have `total` together: its part by weight, times the factor, rounded up.
    #[expect(clippy::cast_possible_truncation, reason = "it has been looked at")]
    pub const fn capacity(self, total: u64, weight: Weight, weights: u64) -> u64 {
        let share = self.0 as u128 * weight.get() as u128;
        let whole = 100 * weights as u128;
        if whole == 0 {
            return 0;
        }
        // A total of 64 bits times a factor and a weight of 32 each: no more than 128.
        let (full, rest) = (total as u128 / whole, total as u128 % whole);
        let (Some(full), Some(rest)) = (full.checked_mul(share), rest.checked_mul(share)) else {
            return u64::MAX;
        };
        let Some(capacity) = full.checked_add(rest.div_ceil(whole)) else { return u64::MAX };
        if capacity >> 64 == 0 { capacity as u64 } else { u64::MAX }
    }
}

impl TryFrom<u32> for LoadFactor {
    type Error = LowLoadFactor;

    fn try_from(percent: u32) -> Result<Self, LowLoadFactor> {
        Self::percent(percent)
    }
}

impl From<LoadFactor> for u32 {
    fn from(factor: LoadFactor) -> Self {
        factor.0
    }
}

/// A load factor is 100 percent at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a load factor is 100 percent at least, not {percent}")]
pub struct LowLoadFactor {
    /// What was asked for.
    pub percent: u32,
}

/// A table whose nodes take no more than a bounded part of the load: a key goes to the first of its preferences that has room.
///
/// Of `m` loads a node of weight `w` among weights `W` has at most `⌈c · (m + 1) · w / W⌉` whenever it takes one. These add up to more
/// than `m`, so somebody always has room, and the walk ends after all nodes at the latest. What was taken stays where it is: when
/// loads go or a node leaves, others may have more than they could now take, and take none until they have less.
///
/// The table tells where a *new* load goes. Whoever needs to find it again remembers where that was, or asks the nodes in the order of
/// [`preferences`](crate::PlaceExt::preferences). Choose it for load balancing, where any node can serve any key and the owner merely
/// does so better. A lookup costs as many steps of the walk as there are full nodes before; memory is a number per node.
///
/// ```
/// use quorate_hashring::{Bounded, Elastic as _, Hashing, LoadFactor, ModN, Node};
///
/// let mut nodes = ModN::new(Hashing::default()); // any table will do
/// for name in ["a", "b", "c", "d"] {
///     nodes.add(Node::new(name))?;
/// }
/// let mut bounded = Bounded::new(nodes, LoadFactor::percent(125)?);
/// for _ in 0..100 {
///     bounded.assign(b"a key that everybody wants");
/// }
/// let most = bounded.loads().map(|(_, load)| load).max();
/// assert_eq!(most, Some(32)); // of 25 on average
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounded<P> {
    place: P,
    factor: LoadFactor,
    weights: u64,
    /// By index.
    loads: Vec<u64>,
    total: u64,
}

impl<P: Place> Bounded<P> {
    /// The table, without any load.
    pub fn new(place: P, factor: LoadFactor) -> Self {
        let weights = place.nodes().weight();
        let loads = alloc::vec![0; place.nodes().span()];
        Self { place, factor, weights, loads, total: 0 }
    }

    /// The table.
    pub const fn place(&self) -> &P {
        &self.place
    }

    /// How much more than its fair share a node may have.
    pub const fn factor(&self) -> LoadFactor {
        self.factor
    }

    /// All loads together.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The load of a node; 0 for one that is not there.
    pub fn load(&self, node: NodeIx) -> u64 {
        self.loads.get(node.index()).copied().unwrap_or(0)
    }

    /// The load of each node.
    pub fn loads(&self) -> impl Iterator<Item = (NodeIx, u64)> {
        self.place.nodes().iter().map(|(index, _)| (index, self.load(index)))
    }

    /// What a node may have when the next load comes; 0 for one that is not there.
    pub fn capacity(&self, node: NodeIx) -> u64 {
        let next = if Bug::CapacityOfNow.is_planted() { self.total } else { self.total.saturating_add(1) };
        let Some(node) = self.place.nodes().get(node) else { return 0 };
        self.factor.capacity(next, node.weight(), self.weights)
    }

    /// Where a key's load would go now. `None` if there are no nodes, or none of those that a table has assigned to this key has room.
    pub fn locate(&self, key: &[u8]) -> Option<NodeIx> {
        self.locate_hash(self.place.hash(key))
    }

    /// The same for a hash.
    pub fn locate_hash(&self, hash: KeyHash) -> Option<NodeIx> {
        let mut walk = Walk::new();
        loop {
            let node = self.place.follow(hash, &mut walk)?;
            if self.load(node) < self.capacity(node) || Bug::BoundUnchecked.is_planted() {
                return Some(node);
            }
        }
    }

    /// Puts a key's load where it goes, and says where that is.
    pub fn assign(&mut self, key: &[u8]) -> Option<NodeIx> {
        self.assign_hash(self.place.hash(key))
    }

    /// The same for a hash.
    pub fn assign_hash(&mut self, hash: KeyHash) -> Option<NodeIx> {
        let node = self.locate_hash(hash)?;
        *self.loads.get_mut(node.index())? += 1;
        self.total += 1;
        Some(node)
    }

    /// Takes one load from a node.
    ///
    /// # Errors
    ///
    /// It has none; nothing has changed.
    pub fn release(&mut self, node: NodeIx) -> Result<(), NoLoad> {
        let load = self.loads.get_mut(node.index()).filter(|load| **load > 0).ok_or(NoLoad { node })?;
        *load -= 1;
        self.total -= 1;
        Ok(())
    }
}

impl<P: Elastic> Bounded<P> {
    /// Adds a node, without any load.
    ///
    /// # Errors
    ///
    /// As the table says; nothing has changed.
    pub fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        let index = self.place.add(node)?;
        self.loads.resize(self.place.nodes().span(), 0);
        self.weights = self.place.nodes().weight();
        Ok(index)
    }

    /// Removes the node of that name, and says how much load it had. That is gone with it: whoever knows the keys assigns them anew.
    ///
    /// # Errors
    ///
    /// There is no such node; nothing has changed.
    pub fn remove(&mut self, name: &str) -> Result<(Node, u64), UnknownNode> {
        let index = self.place.nodes().find(name).ok_or(UnknownNode)?;
        let node = self.place.remove(name)?;
        let load = self.loads.get_mut(index.index()).map_or(0, core::mem::take);
        if !Bug::LoadOutlivesNode.is_planted() {
            self.total -= load;
        }
        self.loads.truncate(self.place.nodes().span());
        self.weights = self.place.nodes().weight();
        Ok((node, load))
    }

    /// Changes what a node weighs, and says what it weighed before. Loads stay where they are.
    ///
    /// # Errors
    ///
    /// As the table says; nothing has changed.
    pub fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        let before = self.place.set_weight(name, weight)?;
        self.weights = self.place.nodes().weight();
        Ok(before)
    }

    /// The nodes.
    pub fn nodes(&self) -> &Nodes {
        self.place.nodes()
    }
}

/// The node has no load that could be released; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node {node} has no load to release")]
pub struct NoLoad {
    /// The node.
    pub node: NodeIx,
}
