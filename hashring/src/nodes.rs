//! The nodes of a table.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

use crate::{
    node::{Node, Weight},
    place::{AddError, AddReason, UnknownNode},
};

/// Where a node is among the nodes of one table. It stays the same while the node is in the table, whoever else comes and goes; the
/// lowest that is free is given to whoever comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(u32);

impl NodeIx {
    /// The index of that number.
    pub const fn new(index: u32) -> Self {
        Self(index)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number, to index with.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeIx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The nodes of a table, each under its own name and its own [`NodeIx`].
///
/// Equal if the same nodes have the same indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// By index. The last is never vacant.
    slots: Vec<Option<Node>>,
    vacant: BTreeSet<u32>,
    by_name: BTreeMap<Arc<str>, NodeIx>,
}

impl Nodes {
    /// How many there can be.
    pub const COUNT_MAX: usize = u32::MAX as usize;

    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, each at the next index.
    ///
    /// # Errors
    ///
    /// The first node whose name is taken comes back.
    pub fn of(nodes: impl IntoIterator<Item = Node>) -> Result<Self, AddError> {
        let mut all = Self::new();
        for node in nodes {
            all.add(node)?;
        }
        Ok(all)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// One more than the highest index: how long an array has to be that holds something for each node.
    pub fn span(&self) -> usize {
        self.slots.len()
    }

    /// The node at an index.
    #[inline]
    pub fn get(&self, index: NodeIx) -> Option<&Node> {
        self.slots.get(index.index())?.as_ref()
    }

    /// The index of the node of that name.
    pub fn find(&self, name: &str) -> Option<NodeIx> {
        self.by_name.get(name).copied()
    }

    /// The nodes, by index.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeIx, &Node)> {
        let index = |index| NodeIx(u32::try_from(index).unwrap_or(u32::MAX));
        self.slots.iter().enumerate().filter_map(move |(i, node)| Some((index(i), node.as_ref()?)))
    }

    /// The nodes, by name: in the same order whatever the order they came in.
    pub fn by_name(&self) -> impl DoubleEndedIterator<Item = (NodeIx, &Node)> {
        self.by_name.values().filter_map(|&index| Some((index, self.get(index)?)))
    }

    /// What all of them weigh together.
    pub fn weight(&self) -> u64 {
        self.iter().map(|(_, node)| u64::from(node.weight().get())).sum()
    }

    /// Which of two nodes comes first by name. Indexes of no node come last, as numbers.
    pub fn cmp_names(&self, a: NodeIx, b: NodeIx) -> core::cmp::Ordering {
        let rank = |index| self.get(index).map_or((true, ""), |node: &Node| (false, node.name()));
        rank(a).cmp(&rank(b)).then(a.cmp(&b))
    }

    /// Adds a node at the lowest index that is free.
    ///
    /// # Errors
    ///
    /// The node comes back and nothing has changed if its name is taken or there is no index left.
    pub fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        if self.by_name.contains_key(node.name()) {
            return Err(AddError { node, reason: AddReason::Duplicate });
        }
        let Some(index) = self.vacant.first().copied().or_else(|| u32::try_from(self.slots.len()).ok())
        else {
            return Err(AddError { node, reason: AddReason::TooManyNodes { max: u32::MAX } });
        };
        if index == u32::MAX {
            return Err(AddError { node, reason: AddReason::TooManyNodes { max: u32::MAX } });
        }
        let index = NodeIx(index);
        self.by_name.insert(node.shared_name(), index);
        self.vacant.remove(&index.0);
        match self.slots.get_mut(index.index()) {
            Some(slot) => *slot = Some(node),
            None => self.slots.push(Some(node)),
        }
        Ok(index)
    }

    /// Removes the node of that name, and frees its index.
    ///
    /// # Errors
    ///
    /// There is none; nothing has changed.
    pub fn remove(&mut self, name: &str) -> Result<(NodeIx, Node), UnknownNode> {
        let index = self.by_name.remove(name).ok_or(UnknownNode)?;
        let node = self.slots.get_mut(index.index()).and_then(Option::take).ok_or(UnknownNode)?;
        self.vacant.insert(index.0);
        while let Some(None) = self.slots.last() {
            self.slots.pop();
            self.vacant.pop_last();
        }
        Ok((index, node))
    }

    /// Changes what a node weighs, and says what it weighed before; `None` if there is no such node.
    pub fn set_weight(&mut self, index: NodeIx, weight: Weight) -> Option<Weight> {
        Some(self.slots.get_mut(index.index())?.as_mut()?.set_weight(weight))
    }

    /// What is at each index, from 0 on; the last is a node.
    #[cfg(feature = "serde")]
    pub(crate) fn slots(&self) -> &[Option<Node>] {
        &self.slots
    }

    /// The nodes that have that at each index.
    #[cfg(feature = "serde")]
    pub(crate) fn from_slots(slots: Vec<Option<Node>>) -> Result<Self, NotNodes> {
        if slots.len() > Self::COUNT_MAX {
            return Err(NotNodes::TooMany);
        }
        if let Some(None) = slots.last() {
            return Err(NotNodes::VacantEnd);
        }
        let mut nodes = Self { slots, ..Self::default() };
        for (slot, index) in nodes.slots.iter().zip(0..) {
            let Some(node) = slot else {
                nodes.vacant.insert(index);
                continue;
            };
            if nodes.by_name.insert(node.shared_name(), NodeIx(index)).is_some() {
                return Err(NotNodes::Duplicate(node.shared_name()));
            }
        }
        Ok(nodes)
    }
}

/// A list of nodes by index that are not those of a table.
#[cfg(feature = "serde")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotNodes {
    /// Two of them have one name.
    #[error("two nodes are named {0:?}")]
    Duplicate(Arc<str>),
    /// The last index is of no node.
    #[error("there is nothing at the last index")]
    VacantEnd,
    /// There are more than [`Nodes::COUNT_MAX`] indexes.
    #[error("there are more than 4294967295 nodes")]
    TooMany,
}
