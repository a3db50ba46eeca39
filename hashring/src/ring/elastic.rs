//! Nodes come, go and change their weight.

use alloc::vec::Vec;

use super::{PlaceTokensError, PlaceTokensReason, Ring};
use crate::{
    node::{Node, Weight},
    nodes::NodeIx,
    place::{AddError, AddReason, Elastic, UnknownNode, WeightError, WeightReason},
};

impl Ring {
    /// Adds a node that has those tokens, and no others whatever it weighs. A ring of 32 bits has its tokens at `u64::from(token) << 32`.
    ///
    /// ```
    /// use quorate_hashring::{Hashing, KeyHash, Node, Place as _, Ring};
    ///
    /// let mut ring = Ring::new(Hashing::default(), Ring::TOKENS);
    /// let a = ring.add_at(Node::new("a"), vec![100])?;
    /// let b = ring.add_at(Node::new("b"), vec![200, 300])?;
    /// assert_eq!(ring.locate(KeyHash::new(100)), Some(a)); // a token belongs to its owner
    /// assert_eq!(ring.locate(KeyHash::new(101)), Some(b));
    /// assert_eq!(ring.locate(KeyHash::new(301)), Some(a)); // after the last comes the first
    /// # Ok::<(), quorate_hashring::PlaceTokensError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The node and its tokens come back and nothing has changed: see [`PlaceTokensReason`].
    pub fn add_at(&mut self, node: Node, tokens: Vec<u64>) -> Result<NodeIx, PlaceTokensError> {
        let mut sorted = tokens.clone();
        sorted.sort_unstable();
        let twice = sorted.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(*a),
            _ => None,
        });
        let is_alike = self.points.count(node.weight()).is_none();
        let reason = match twice {
            _ if is_alike => Some(PlaceTokensReason::Dialect),
            Some(token) => Some(PlaceTokensReason::Twice { token }),
            None if sorted.is_empty() => Some(PlaceTokensReason::None),
            None => self.room_for(sorted.len() as u64, 0).err().map(|wanted| {
                PlaceTokensReason::Node(AddReason::TooManyTokens { wanted, max: Self::TOKENS_MAX })
            }),
        };
        if let Some(reason) = reason {
            return Err(PlaceTokensError { node, tokens, reason });
        }
        let index = match self.nodes.add(node) {
            Ok(index) => index,
            Err(AddError { node, reason }) => {
                return Err(PlaceTokensError { node, tokens, reason: PlaceTokensReason::Node(reason) });
            }
        };
        self.tokens = self.tokens.replaced(index, &sorted, &self.nodes);
        self.given.insert(index, sorted);
        Ok(index)
    }

    /// Gives a node those tokens, or all nodes theirs where they depend on each other.
    fn change(&mut self, node: NodeIx, tokens: Option<&[u64]>) {
        match tokens {
            Some(tokens) => self.tokens = self.tokens.replaced(node, tokens, &self.nodes),
            None => self.rebuild(),
        }
    }

    /// Whether there can be so many nodes whose tokens depend on each other; else how many tokens there would be.
    fn room_for_nodes(&self, count: u64) -> Result<(), u64> {
        match self.points.count_max(count) {
            wanted if wanted > Self::TOKENS_MAX => Err(wanted),
            _ => Ok(()),
        }
    }

    /// Whether there can be so many tokens more if others go; else how many there would be.
    fn room_for(&self, more: u64, fewer: u64) -> Result<(), u64> {
        let wanted = (self.tokens.len() as u64).saturating_sub(fewer).saturating_add(more);
        if wanted > Self::TOKENS_MAX { Err(wanted) } else { Ok(()) }
    }
}

impl Elastic for Ring {
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        let count = self.points.count(node.weight());
        let room = match count {
            Some(count) => self.room_for(count, 0),
            None => self.room_for_nodes(self.nodes.len() as u64 + 1),
        };
        if let Err(wanted) = room {
            return Err(AddError {
                node,
                reason: AddReason::TooManyTokens { wanted, max: Self::TOKENS_MAX },
            });
        }
        let tokens = self.points.of(&self.hashing, &node);
        let index = self.nodes.add(node)?;
        self.change(index, tokens.as_deref());
        Ok(index)
    }

    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        let (index, node) = self.nodes.remove(name)?;
        self.given.remove(&index);
        let depends_on_others = self.points.count(node.weight()).is_none();
        self.change(index, (!depends_on_others).then_some(&[]));
        Ok(node)
    }

    /// The tokens of a node that was given them one by one stay: see [`WeightReason::Given`].
    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        let error = |reason| WeightError { weight, reason };
        let index = self.nodes.find(name).ok_or(error(WeightReason::Unknown))?;
        if self.given.contains_key(&index) {
            return Err(error(WeightReason::Given));
        }
        let node = self.nodes.get(index).ok_or(error(WeightReason::Unknown))?;
        if node.weight() == weight {
            return Ok(weight);
        }
        if let (Some(new), Some(old)) = (self.points.count(weight), self.points.count(node.weight())) {
            self.room_for(new, old)
                .map_err(|wanted| error(WeightReason::TooManyTokens { wanted, max: Self::TOKENS_MAX }))?;
        }
        let tokens = self.points.of(&self.hashing, &node.clone().weighing(weight));
        let before = self.nodes.set_weight(index, weight).ok_or(error(WeightReason::Unknown))?;
        self.change(index, tokens.as_deref());
        Ok(before)
    }
}
