//! The remainder of a hash by the number of nodes: how not to do it, and what the others are measured by.

use alloc::vec::Vec;

use crate::{
    hash::{Hashing, KeyHash},
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason, Elastic, Place, UnknownNode, WeightError, WeightReason},
};

/// Node `hash mod n` of `n` nodes, which are counted in the order of their names.
///
/// Balance is as good as can be, memory a list of the nodes, a lookup one division. But one node more moves `n / (n + 1)` of all keys,
/// where `1 / (n + 1)` have to move, and one less as many. Choose it where nothing ever changes, or nothing is kept.
///
/// ```
/// use quorate_hashring::{Elastic as _, Hashing, KeyHash, ModN, Node, Place as _};
///
/// let mut table = ModN::new(Hashing::default());
/// for name in ["a", "b", "c", "d"] {
///     table.add(Node::new(name))?;
/// }
/// let hashes: Vec<_> = (0..10_000).map(KeyHash::mixed).collect();
/// let before: Vec<_> = hashes.iter().map(|&hash| table.locate(hash)).collect();
/// table.add(Node::new("e"))?;
/// let moved = hashes.iter().zip(before).filter(|&(&hash, before)| table.locate(hash) != before).count();
/// assert!((7_900..8_100).contains(&moved)); // four of five
/// # Ok::<(), quorate_hashring::AddError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModN {
    hashing: Hashing,
    nodes: Nodes,
    /// In the order of their names.
    order: Vec<NodeIx>,
}

impl ModN {
    /// A table without nodes.
    pub fn new(hashing: Hashing) -> Self {
        Self { hashing, nodes: Nodes::new(), order: Vec::new() }
    }

    /// The same table with other nodes, at once.
    ///
    /// # Errors
    ///
    /// The first node that weighs something else than 1 comes back, and there is no table.
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, AddError> {
        check_unweighted(&nodes)?;
        let mut table = Self { nodes, ..self };
        table.rebuild();
        Ok(table)
    }

    /// How keys and nodes are hashed.
    pub const fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    fn rebuild(&mut self) {
        self.order = self.nodes.by_name().map(|(index, _)| index).collect();
    }
}

impl Place for ModN {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> KeyHash {
        self.hashing.key(key)
    }

    #[inline]
    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        let place = hash.get().checked_rem(self.order.len() as u64)?;
        self.order.get(usize::try_from(place).ok()?).copied()
    }

    fn table_bytes(&self) -> usize {
        size_of_val(self.order.as_slice())
    }
}

impl Elastic for ModN {
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        if node.weight() != Weight::ONE {
            let reason = AddReason::Weighted { weight: node.weight() };
            return Err(AddError { node, reason });
        }
        let index = self.nodes.add(node)?;
        self.rebuild();
        Ok(index)
    }

    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        let (_, node) = self.nodes.remove(name)?;
        self.rebuild();
        Ok(node)
    }

    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        unweighted(&self.nodes, name, weight)
    }
}

/// Of a table that takes no weights: weight 1 is fine, for a node that is there.
pub(crate) fn unweighted(nodes: &Nodes, name: &str, weight: Weight) -> Result<Weight, WeightError> {
    let reason = match nodes.find(name) {
        None => WeightReason::Unknown,
        Some(_) if weight == Weight::ONE => return Ok(weight),
        Some(_) => WeightReason::Weighted,
    };
    Err(WeightError { weight, reason })
}

/// Of a table that takes no weights: all nodes weigh 1.
pub(crate) fn check_unweighted(nodes: &Nodes) -> Result<(), AddError> {
    let heavy = nodes.iter().map(|(_, node)| node).find(|node| node.weight() != Weight::ONE);
    heavy.map_or(Ok(()), |node| {
        Err(AddError { node: node.clone(), reason: AddReason::Weighted { weight: node.weight() } })
    })
}
