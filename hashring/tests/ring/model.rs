//! What a ring is, written down as simply as can be: tokens with names, in order, and the first that is not below a hash.

use std::num::NonZeroU32;

use quorate_hashring::{Elastic as _, Hashing, KeyHash, Node, NodeIx, Place as _, Ring, Weight};
use quorate_machine::Rng;

/// The tokens in order, those that are equal by name.
pub(crate) struct Model(pub(crate) Vec<(u64, String)>);

impl Model {
    /// The model of nodes that have so many tokens for each unit of weight, by that hashing.
    pub(crate) fn of<'a>(
        hashing: &Hashing,
        tokens: u32,
        nodes: impl IntoIterator<Item = (&'a str, u32)>,
    ) -> Self {
        let tokens_of = |(name, weight): (&'a str, u32)| {
            (0..tokens * weight).map(move |number| (hashing.token(name, number), name.to_owned()))
        };
        Self::from_tokens(nodes.into_iter().flat_map(tokens_of))
    }

    pub(crate) fn from_tokens(tokens: impl IntoIterator<Item = (u64, String)>) -> Self {
        let mut tokens: Vec<_> = tokens.into_iter().collect();
        tokens.sort();
        Self(tokens)
    }

    pub(crate) fn owner(&self, hash: u64) -> Option<&str> {
        let (_, name) = self.0.iter().find(|(token, _)| *token >= hash).or(self.0.first())?;
        Some(name)
    }

    /// The names in the order in which they come from a hash on.
    pub(crate) fn preferences(&self, hash: u64) -> Vec<&str> {
        let start = self.0.iter().position(|(token, _)| *token >= hash).unwrap_or(0);
        let mut names: Vec<&str> = vec![];
        for (_, name) in self.0.iter().cycle().skip(start).take(self.0.len()) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// Whether the ring has these tokens, and no others.
    pub(crate) fn is(&self, ring: &Ring) -> Result<(), String> {
        let tokens: Vec<_> = ring.tokens().map(|(token, node)| (token, name(ring, node))).collect();
        let model: Vec<_> = self.0.iter().map(|(token, name)| (*token, Some(name.as_str()))).collect();
        if tokens == model && ring.token_count() == model.len() {
            return Ok(());
        }
        let differs = tokens.iter().zip(&model).find(|(is, should)| is != should);
        Err(format!("{} tokens, not {}; first {differs:?}", tokens.len(), model.len()))
    }

    /// All hashes at which something could be wrong: at each token, beside it, and at both ends.
    pub(crate) fn edges(&self) -> impl Iterator<Item = u64> {
        let beside = |&(token, _): &(u64, String)| [token.wrapping_sub(1), token, token.wrapping_add(1)];
        self.0.iter().flat_map(beside).chain([0, 1, u64::MAX - 1, u64::MAX, 1 << 63])
    }
}

pub(crate) fn name(ring: &Ring, node: NodeIx) -> Option<&str> {
    ring.nodes().get(node).map(Node::name)
}

pub(crate) fn owner(ring: &Ring, hash: u64) -> Option<&str> {
    name(ring, ring.locate(KeyHash::new(hash))?)
}

pub(crate) fn tokens(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

pub(crate) fn weighing(name: &str, weight: u32) -> Node {
    Node::new(name).weighing(Weight::new(weight).unwrap_or_default())
}

/// A ring of nodes that come in a random order.
pub(crate) fn shuffled(per_weight: u32, nodes: &[(String, u32)], random: &mut Rng) -> Result<Ring, String> {
    let mut ring = Ring::new(Hashing::default(), tokens(per_weight));
    for index in order(nodes.len(), random) {
        let (name, weight) = &nodes[index];
        ring.add(weighing(name, *weight)).map_err(|error| error.to_string())?;
    }
    Ok(ring)
}

pub(crate) fn order(count: usize, random: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(random, u32::try_from(last).unwrap_or(0) + 1) as usize);
    }
    order
}

pub(crate) fn below(random: &mut Rng, bound: u32) -> u32 {
    u32::try_from(random.below(bound.into())).unwrap_or(0)
}
