//! Maglev hashing (Eisenbud and others 2016, section 3.4): a table of slots that is looked up by one read.

mod fill;
mod size;

use alloc::{boxed::Box, vec::Vec};

use self::fill::{Wish, fill};
pub use self::size::{MaglevSize, MaglevSizeError};
use crate::{
    bug::Bug,
    hash::{Hashing, KeyHash},
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason, Elastic, Place, UnknownNode, WeightError, WeightReason},
};

/// A table of many slots, each on one node: nodes take turns in taking the next free slot of a permutation of their own.
///
/// - **Choose it** to spread load over machines that keep little for each key: balancers of connections, caches in front of each other.
///   With weights or without. Where each key that moves without need costs, take [`Anchor`](crate::Anchor) or
///   [`Hrw`](crate::Hrw).
/// - **A lookup** is a multiplication and a read, whatever the nodes and weights. **Memory** is 2 bytes for each slot, 4 with more than
///   65,536 nodes. Each change of a node makes the whole table anew, which takes about `slots · ln slots` steps.
/// - **Balance**: nodes of equal weight have equally many slots, to within one. Each node has one slot at least, and so the shares of
///   weights are met to within a slot and one percent, if there are a hundred slots for each node.
/// - **Disruption** is not the least there can be. Beside the keys that have to move, some slots go from one node to another that was there
///   before and after: a few in a thousand, if there are a hundred slots for each node.
///
/// What it does depends on its hashing, its size and the set of nodes alone; on no history, and no order.
///
/// ```
/// use quorate_hashring::{Elastic as _, Hashing, Maglev, MaglevSize, Node, Place as _, Weight};
///
/// let mut table = Maglev::new(Hashing::default(), MaglevSize::SMALL);
/// table.add(Node::new("small"))?;
/// table.add(Node::new("large").weighing(Weight::new(3).expect("not zero")))?;
/// let large = table.nodes().find("large").expect("it is there");
/// assert_eq!(table.slots_of(large), 49_152); // of 65,537
/// # Ok::<(), quorate_hashring::AddError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maglev {
    dialect: Dialect,
    hashing: Hashing,
    size: MaglevSize,
    nodes: Nodes,
    slots: Slots,
}

/// How numbers of 64 bits become those of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub(crate) enum Dialect {
    /// By their upper bits.
    Native,
    /// By the remainder, and with one hash for each number that a name is given.
    #[cfg(feature = "compat")]
    Envoy,
}

/// The index of the node of each slot; none at all if there are no nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slots {
    Narrow(Box<[u16]>),
    Wide(Box<[u32]>),
}

impl Slots {
    fn none() -> Self {
        Self::Narrow(Box::default())
    }

    fn new(slots: Vec<u32>) -> Self {
        match slots.iter().map(|&node| u16::try_from(node)).collect() {
            Ok(narrow) => Self::Narrow(narrow),
            Err(_) => Self::Wide(slots.into_boxed_slice()),
        }
    }

    #[inline]
    fn get(&self, slot: usize) -> Option<NodeIx> {
        match self {
            Self::Narrow(slots) => slots.get(slot).map(|&node| NodeIx::new(node.into())),
            Self::Wide(slots) => slots.get(slot).map(|&node| NodeIx::new(node)),
        }
    }
}

impl Maglev {
    /// A table without nodes.
    pub fn new(hashing: Hashing, size: MaglevSize) -> Self {
        Self { dialect: Dialect::Native, hashing, size, nodes: Nodes::new(), slots: Slots::none() }
    }

    /// A table without nodes that places as Envoy's does: XXH64, and remainders. The names are what Envoy hashes, the addresses of the
    /// hosts (`127.0.0.1:80`) if nothing else is said there.
    #[cfg(feature = "compat")]
    pub fn envoy(size: MaglevSize) -> Self {
        let hashing = Hashing::Xxh64 { seed: 0 };
        Self { dialect: Dialect::Envoy, ..Self::new(hashing, size) }
    }

    /// The same table with other nodes: filled once, where adding them one by one fills it each time.
    ///
    /// # Errors
    ///
    /// There are more nodes than slots; the last of them comes back, and there is no table.
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, AddError> {
        let max = self.size.get();
        if let Some((_, last)) = nodes.iter().next_back().filter(|_| nodes.len() > max as usize) {
            return Err(AddError { node: last.clone(), reason: AddReason::TooManyNodes { max } });
        }
        let mut table = Self { nodes, ..self };
        table.refill();
        Ok(table)
    }

    /// How keys and nodes are hashed.
    pub const fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    /// How many slots there are.
    pub const fn size(&self) -> MaglevSize {
        self.size
    }

    /// How many slots a node has. It counts them: as many steps as there are slots.
    pub fn slots_of(&self, node: NodeIx) -> usize {
        (0..self.size.get() as usize).filter(|&slot| self.slots.get(slot) == Some(node)).count()
    }

    #[cfg(feature = "serde")]
    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn refill(&mut self) {
        if self.nodes.is_empty() {
            self.slots = Slots::none();
            return;
        }
        let wish = |(index, node)| self.wish(index, node);
        // Turns go by name, so that whoever comes first in a round is the same whatever the nodes' indexes.
        let wishes = if Bug::MaglevFollowsIndex.is_planted() {
            self.nodes.iter().map(wish).collect()
        } else {
            self.nodes.by_name().map(wish).collect()
        };
        self.slots = Slots::new(fill(self.size, wishes));
    }

    fn wish(&self, index: NodeIx, node: &Node) -> Wish {
        let size = self.size.get();
        let (offset, skip) = match self.dialect {
            Dialect::Native => {
                let [first, second] =
                    [0, 1].map(|number| KeyHash::new(self.hashing.token(node.name(), number)));
                (first.scaled(size), second.scaled(size - 1) + 1)
            }
            #[cfg(feature = "compat")]
            Dialect::Envoy => {
                let [first, second] = [0, 1].map(|seed| Hashing::Xxh64 { seed }.key(node.name().as_bytes()));
                (remainder(first, size), remainder(second, size - 1) + 1)
            }
        };
        Wish { node: index.get(), offset, skip, weight: node.weight().get() }
    }
}

/// The remainder of a hash; 0 by 0.
#[cfg(feature = "compat")]
#[inline]
fn remainder(hash: KeyHash, by: u32) -> u32 {
    let remainder = hash.get().checked_rem(by.into()).unwrap_or(0);
    u32::try_from(remainder).unwrap_or(0)
}

impl Place for Maglev {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> KeyHash {
        self.hashing.key(key)
    }

    #[inline]
    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        let slot = match self.dialect {
            Dialect::Native => hash.scaled(self.size.get()),
            #[cfg(feature = "compat")]
            Dialect::Envoy => remainder(hash, self.size.get()),
        };
        self.slots.get(slot as usize)
    }

    fn table_bytes(&self) -> usize {
        match &self.slots {
            Slots::Narrow(slots) => size_of_val(&**slots),
            Slots::Wide(slots) => size_of_val(&**slots),
        }
    }
}

/// Each change fills the table anew; the same weight is no change.
impl Elastic for Maglev {
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        let max = self.size.get();
        if self.nodes.len() >= max as usize && self.nodes.find(node.name()).is_none() {
            return Err(AddError { node, reason: AddReason::TooManyNodes { max } });
        }
        let index = self.nodes.add(node)?;
        self.refill();
        Ok(index)
    }

    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        let (_, node) = self.nodes.remove(name)?;
        self.refill();
        Ok(node)
    }

    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        let unknown = WeightError { weight, reason: WeightReason::Unknown };
        let index = self.nodes.find(name).ok_or(unknown)?;
        let before = self.nodes.set_weight(index, weight).ok_or(unknown)?;
        if before != weight {
            self.refill();
        }
        Ok(before)
    }
}
