//! How nodes come by their tokens.

use alloc::{collections::BTreeMap, vec::Vec};
use core::num::NonZeroU32;

#[cfg(feature = "compat")]
use super::RingDialect;
use super::Tokens;
use crate::{
    hash::Hashing,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason},
};

/// What decides how many tokens a node has, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub(crate) enum Points {
    /// So many for each unit of weight, by [`Hashing::token`]: those of a node do not depend on the others.
    PerWeight(NonZeroU32),
    /// Another system, whose nodes all depend on each other.
    #[cfg(feature = "compat")]
    Like(RingDialect),
}

/// The tokens that some nodes were given, in order.
pub(crate) type Given = BTreeMap<NodeIx, Vec<u64>>;

impl Points {
    /// How many tokens a node of that weight has, if that depends on nothing else.
    #[cfg_attr(
        not(feature = "compat"),
        expect(clippy::unnecessary_wraps, reason = "there are dialects in which it is unknown")
    )]
    pub(crate) fn count(self, weight: Weight) -> Option<u64> {
        match self {
            Self::PerWeight(tokens) => Some(u64::from(tokens.get()) * u64::from(weight.get())),
            #[cfg(feature = "compat")]
            Self::Like(_) => None,
        }
    }

    /// The tokens of a node, in order, if they depend on nothing else.
    pub(crate) fn of(self, hashing: &Hashing, node: &Node) -> Option<Vec<u64>> {
        let count = u32::try_from(self.count(node.weight())?).unwrap_or(u32::MAX);
        let mut tokens: Vec<_> = (0..count).map(|number| hashing.token(node.name(), number)).collect();
        tokens.sort_unstable();
        Some(tokens)
    }

    /// How many tokens so many nodes can have at most, where they depend on each other.
    #[cfg_attr(not(feature = "compat"), expect(unused_variables, reason = "others have none"))]
    pub(crate) const fn count_max(self, nodes: u64) -> u64 {
        match self {
            Self::PerWeight(_) => 0,
            #[cfg(feature = "compat")]
            Self::Like(dialect) => dialect.count_max(nodes),
        }
    }

    /// Whether there is room for the tokens of all nodes.
    pub(crate) fn check_room(self, nodes: &Nodes, given: &Given) -> Result<(), AddError> {
        let max = Tokens::COUNT_MAX as u64;
        let mut wanted = 0_u64;
        for ((index, node), count) in nodes.iter().zip(1..) {
            let given = given.get(&index).map(|tokens| tokens.len() as u64);
            let own = given.or_else(|| self.count(node.weight())).unwrap_or(0);
            wanted = wanted.saturating_add(own).max(self.count_max(count));
            if wanted > max {
                let reason = AddReason::TooManyTokens { wanted, max };
                return Err(AddError { node: node.clone(), reason });
            }
        }
        Ok(())
    }

    /// The tokens of all nodes, of which some were given theirs.
    pub(crate) fn of_all(self, hashing: &Hashing, nodes: &Nodes, given: &Given) -> Tokens {
        match self {
            Self::PerWeight(per_weight) => {
                let hashed = |node: &Node| {
                    let count = per_weight.get().saturating_mul(node.weight().get());
                    (0..count).map(|number| hashing.token(node.name(), number)).collect()
                };
                let own = |(index, node)| (index, given.get(&index).cloned().unwrap_or_else(|| hashed(node)));
                Tokens::of(&nodes.iter().map(own).collect::<Vec<_>>(), nodes)
            }
            #[cfg(feature = "compat")]
            Self::Like(dialect) => Tokens::of(&dialect.tokens(hashing, nodes), nodes),
        }
    }
}
