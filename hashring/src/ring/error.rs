//! What can be wrong with a ring's tokens.

use alloc::vec::Vec;

use crate::{node::Node, place::AddReason};

/// A node cannot be added with those tokens; the ring is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node {:?} cannot be added at {} tokens: {reason}", .node.name(), .tokens.len())]
pub struct PlaceTokensError {
    /// The node, as it was given.
    pub node: Node,
    /// The tokens, as they were given.
    pub tokens: Vec<u64>,
    /// Why not.
    pub reason: PlaceTokensReason,
}

/// Why a node cannot be added with the tokens that it shall have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceTokensReason {
    /// It could not be added with any tokens, or they are too many.
    #[error(transparent)]
    Node(AddReason),
    /// The ring has the tokens of another system, and no others.
    #[error("the ring has the tokens of another system, and no others")]
    Dialect,
    /// There are none, and the node would have no key.
    #[error("there are none")]
    None,
    /// It would have a token twice.
    #[error("{token} is there twice")]
    Twice {
        /// The token.
        token: u64,
    },
}

/// What was stored is not what a ring is stored as.
#[cfg(feature = "serde")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotARing {
    /// There are given tokens in the ring of another system.
    #[cfg(feature = "compat")]
    #[error("a ring that has the tokens of another system was given some")]
    Dialect,
    /// There are tokens for an index of no node.
    #[error("there are tokens for {index}, which is no node")]
    Unknown { index: crate::NodeIx },
    /// Tokens of a node are not in order, or there are none.
    #[error("the tokens of {name:?} are none, or do not rise")]
    Unsorted { name: alloc::string::String },
    /// Nodes with tokens are not in order.
    #[error("the nodes that were given their tokens do not come in order, each once")]
    UnsortedNodes,
    /// There are too many tokens.
    #[error(transparent)]
    TooMany(#[from] crate::AddError),
}
