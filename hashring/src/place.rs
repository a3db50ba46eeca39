//! What every table can do, and what most can: the traits.

use alloc::{boxed::Box, sync::Arc};

use crate::{
    hash::KeyHash,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    walk::{Preferences, Walk},
};

/// A table that says which node a key is on. It can be a trait object; [`PlaceExt`] has what a trait object cannot have.
pub trait Place {
    /// The nodes that keys are placed on.
    fn nodes(&self) -> &Nodes;

    /// The hash of a key, as this table hashes.
    fn hash(&self, key: &[u8]) -> KeyHash;

    /// The node that a hash is on. `None` exactly if there are no nodes.
    fn locate(&self, hash: KeyHash) -> Option<NodeIx>;

    /// The next node that a hash would be on, each node once; the first is the one that [`Place::locate`] says. `None` when there is
    /// none left: after all [`Place::nodes`], in all tables but those that assign each key some of them.
    ///
    /// As written here it asks for the key's second hash, third, and so on, and passes over nodes that came before. So a node that
    /// comes or goes changes a key's preferences no more than it changes where single hashes are. (Of the first `k` of `n` that is
    /// `(k − 1) / 2n` more than has to change, since more than `k` hashes are asked for; and a new node that takes two of them may
    /// displace two nodes. A ring and [`Hrw`](crate::Hrw) have one order of nodes for each key, which a node joins or leaves.)
    fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
        walk.salted(self.nodes(), hash, |hash| self.locate(hash))
    }

    /// How many bytes lookups read from besides the list of nodes: tokens, tables, scores. What is not used yet does not count.
    fn table_bytes(&self) -> usize;

    /// The node that a key is on. `None` exactly if there are no nodes.
    #[inline]
    fn owner(&self, key: &[u8]) -> Option<&Node> {
        self.nodes().get(self.locate(self.hash(key))?)
    }
}

/// What follows from being able to place a hash.
pub trait PlaceExt: Place {
    /// All nodes in the order in which the key would be on them. It allocates from the ninth on.
    fn preferences(&self, key: &[u8]) -> Preferences<'_, Self> {
        self.preferences_of(self.hash(key))
    }

    /// The same for a hash.
    fn preferences_of(&self, hash: KeyHash) -> Preferences<'_, Self> {
        Preferences::new(self, hash)
    }
}

impl<P: Place + ?Sized> PlaceExt for P {}

/// A table whose nodes may come, go and change their weight one by one.
pub trait Elastic: Place {
    /// Adds a node.
    ///
    /// # Errors
    ///
    /// The node comes back and nothing has changed if the table cannot have it: see [`AddReason`].
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError>;

    /// Removes the node of that name.
    ///
    /// # Errors
    ///
    /// There is none; nothing has changed.
    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode>;

    /// Changes what the node of that name weighs, and says what it weighed before.
    ///
    /// # Errors
    ///
    /// Nothing has changed: see [`WeightReason`].
    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError>;
}

/// The node cannot be added; the table is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node {:?} cannot be added: {reason}", .node.name())]
pub struct AddError {
    /// The node, as it was given.
    pub node: Node,
    /// Why not.
    pub reason: AddReason,
}

/// Why a node cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddReason {
    /// There is a node of that name.
    #[error("there is a node of that name")]
    Duplicate,
    /// The table takes no weights.
    #[error("this table takes nodes of weight 1 only, not {weight}")]
    Weighted {
        /// What the node weighs.
        weight: Weight,
    },
    /// The table is full.
    #[error("a table has at most {max} nodes")]
    TooManyNodes {
        /// How many nodes it can have.
        max: u32,
    },
    /// The weights of all nodes together need more room than the table has.
    #[error("with it the nodes would have {wanted} tokens, and there are {max} at most")]
    TooManyTokens {
        /// How many tokens there would be.
        wanted: u64,
        /// How many there can be.
        max: u64,
    },
}

/// There is no node of that name; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no node of that name")]
pub struct UnknownNode;

/// The weight cannot be changed; the table is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the weight cannot be {weight}: {reason}")]
pub struct WeightError {
    /// The weight that was wanted.
    pub weight: Weight,
    /// Why not.
    pub reason: WeightReason,
}

/// Why a weight cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightReason {
    /// There is no node of that name.
    #[error("there is no node of that name")]
    Unknown,
    /// The table takes no weights.
    #[error("this table takes nodes of weight 1 only")]
    Weighted,
    /// The node was given its tokens one by one, and weights decide about others.
    #[error("its tokens were given, and weigh what they weigh")]
    Given,
    /// The weights of all nodes together need more room than the table has.
    #[error("with it the nodes would have {wanted} tokens, and there are {max} at most")]
    TooManyTokens {
        /// How many tokens there would be.
        wanted: u64,
        /// How many there can be.
        max: u64,
    },
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<P: Place + ?Sized> Place for $pointer {
            fn nodes(&self) -> &Nodes {
                (**self).nodes()
            }

            fn hash(&self, key: &[u8]) -> KeyHash {
                (**self).hash(key)
            }

            #[inline]
            fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
                (**self).locate(hash)
            }

            fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
                (**self).follow(hash, walk)
            }

            fn table_bytes(&self) -> usize {
                (**self).table_bytes()
            }

            fn owner(&self, key: &[u8]) -> Option<&Node> {
                (**self).owner(key)
            }
        }
    )*};
}

through!(&P, Box<P>, Arc<P>);
