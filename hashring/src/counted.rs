//! Nodes that are counted: one comes at the end, or the last one goes.

use crate::{
    hash::Hashing,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason},
};

/// What tables without removal in the middle have in common. A node's index is its place in the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) hashing: Hashing,
    pub(crate) nodes: Nodes,
}

impl Counted {
    pub(crate) fn new(hashing: Hashing) -> Self {
        Self { hashing, nodes: Nodes::new() }
    }

    pub(crate) fn push(&mut self, node: Node) -> Result<NodeIx, AddError> {
        if node.weight() != Weight::ONE {
            let reason = AddReason::Weighted { weight: node.weight() };
            return Err(AddError { node, reason });
        }
        self.nodes.add(node)
    }

    pub(crate) fn pop(&mut self) -> Option<Node> {
        let (_, last) = self.nodes.iter().next_back()?;
        let name = last.shared_name();
        self.nodes.remove(&name).ok().map(|(_, node)| node)
    }

    /// How many nodes there are; nobody is vacant, so this is the span as well.
    #[inline]
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.nodes.span()).unwrap_or(u32::MAX)
    }
}

/// A table over [`Counted`] and the function that says which of them a hash is on.
macro_rules! counted_table {
    ($(#[$doc:meta])* $name:ident by $bucket:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(crate::counted::Counted);

        impl $name {
            /// A table without nodes.
            pub fn new(hashing: crate::Hashing) -> Self {
                Self(crate::counted::Counted::new(hashing))
            }

            /// The same table with other nodes, at once: in the order of their indexes.
            ///
            /// # Errors
            ///
            /// The first node that weighs something else than 1 comes back, and there is no table.
            pub fn with_nodes(self, nodes: crate::Nodes) -> Result<Self, crate::AddError> {
                let mut table = Self::new(self.0.hashing);
                for (_, node) in nodes.iter() {
                    table.push(node.clone())?;
                }
                Ok(table)
            }

            /// How keys are hashed.
            pub const fn hashing(&self) -> &crate::Hashing {
                &self.0.hashing
            }

            /// Adds a node at the end. Of the keys of `n` others, `1 / (n + 1)` move to it, and no others.
            ///
            /// # Errors
            ///
            /// The node comes back and nothing has changed: there is a node of that name, or it weighs something else than 1.
            pub fn push(&mut self, node: crate::Node) -> Result<crate::NodeIx, crate::AddError> {
                self.0.push(node)
            }

            /// Removes the last node. Its keys spread over the others evenly, and no others move. `None` if there is none.
            pub fn pop(&mut self) -> Option<crate::Node> {
                self.0.pop()
            }
        }

        impl crate::Place for $name {
            fn nodes(&self) -> &crate::Nodes {
                &self.0.nodes
            }

            #[inline]
            fn hash(&self, key: &[u8]) -> crate::KeyHash {
                self.0.hashing.key(key)
            }

            #[inline]
            fn locate(&self, hash: crate::KeyHash) -> Option<crate::NodeIx> {
                $bucket(hash, self.0.count()).map(crate::NodeIx::new)
            }

            fn table_bytes(&self) -> usize {
                0
            }
        }
    };
}

pub(crate) use counted_table;
