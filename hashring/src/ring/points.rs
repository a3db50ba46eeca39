//! How nodes come by their tokens.

use alloc::{collections::BTreeMap, vec::Vec};
use core::num::NonZeroU32;

use super::Tokens;
use crate::{
    hash::Hashing,
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
};

/// What decides how many tokens a node has, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub(crate) enum Points {
    /// So many for each unit of weight, by [`Hashing::token`]: those of a node do not depend on the others.
    PerWeight(NonZeroU32),
}

impl Points {
    /// How many tokens a node of that weight has.
    pub(crate) fn count(self, weight: Weight) -> u64 {
        let Self::PerWeight(tokens) = self;
        u64::from(tokens.get()) * u64::from(weight.get())
    }

    /// The tokens of a node, in order.
    pub(crate) fn of(self, hashing: &Hashing, node: &Node) -> Vec<u64> {
        let count = u32::try_from(self.count(node.weight())).unwrap_or(u32::MAX);
        let mut tokens: Vec<_> = (0..count).map(|number| hashing.token(node.name(), number)).collect();
        tokens.sort_unstable();
        tokens
    }

    /// How many tokens all nodes have, of which some were given theirs; 2⁶⁴ - 1 if there are more.
    pub(crate) fn count_all(self, nodes: &Nodes, given: &BTreeMap<NodeIx, Vec<u64>>) -> u64 {
        nodes.iter().fold(0, |sum, (index, node)| {
            sum.saturating_add(match given.get(&index) {
                Some(tokens) => tokens.len() as u64,
                None => self.count(node.weight()),
            })
        })
    }

    /// The tokens of all nodes, of which some were given theirs.
    pub(crate) fn of_all(
        self,
        hashing: &Hashing,
        nodes: &Nodes,
        given: &BTreeMap<NodeIx, Vec<u64>>,
    ) -> Tokens {
        let mut tokens = Vec::new();
        let mut ends = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter() {
            let start = tokens.len();
            if let Some(given) = given.get(&index) {
                tokens.extend(given);
            } else {
                let count = u32::try_from(self.count(node.weight())).unwrap_or(u32::MAX);
                tokens.extend((0..count).map(|number| hashing.token(node.name(), number)));
            }
            ends.push((index, start..tokens.len()));
        }
        let owned = ends.iter().filter_map(|(index, range)| Some((*index, tokens.get(range.clone())?)));
        Tokens::of(owned, tokens.len(), nodes)
    }
}
