//! Rendezvous hashing, by the highest random weight (Thaler and Ravishankar 1998), with weights that are met exactly.

mod score;

use alloc::{vec, vec::Vec};

pub(crate) use self::score::Score;
use crate::{
    bug::Bug,
    hash::{Hashing, KeyHash, mix},
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, Elastic, Place, UnknownNode, WeightError, WeightReason},
    walk::Walk,
};

/// A table that asks every node how much it wants a key, and gives it to the one that wants it most.
///
/// - **Choose it** for up to some hundred nodes: where weights differ or change, where copies are to be spread, where nobody shall have to
///   know in which order nodes came. Its preferences are an order of all nodes by one rule, so a node more or less is one
///   place more or less in each.
/// - **A lookup** asks all `n` nodes: a few instructions for each; with different weights about twice as many, and a logarithm for
///   about `ln n` of them. Each of the first eight preferences costs as much again; then the rest is sorted.
/// - **Balance** is as good as chance, in proportion to the weights. **Disruption** is the least there can be, exactly, also
///   when a weight changes: keys move to and from that node alone.
/// - **Memory** is 16 bytes for each node, beside the nodes.
///
/// What it does depends on its hashing and the set of nodes alone. Weights are compared in integers, with logarithms within
/// 1.4 · 10⁻⁹, so that all platforms agree; of nodes with one hash the first by name is wanted more.
///
/// ```
/// use quorate_hashring::{Elastic as _, Hashing, Hrw, Node, Place as _, PlaceExt as _, Weight};
///
/// let mut table = Hrw::new(Hashing::default());
/// for (name, weight) in [("small", 1), ("large", 8), ("middle", 3)] {
///     table.add(Node::new(name).weighing(Weight::new(weight).expect("not zero")))?;
/// }
/// let first: Vec<_> = table.preferences(b"user/17").take(2).filter_map(|index| table.nodes().get(index)).collect();
/// assert_eq!(table.owner(b"user/17"), first.first().copied());
/// // Without the first, the second has the key.
/// table.clone().remove(first[0].name()).expect("it is there");
/// # let second = first[1].name();
/// # let mut rest = table.clone();
/// # rest.remove(first[0].name()).expect("it is there");
/// # assert_eq!(rest.owner(b"user/17").map(Node::name), Some(second));
/// # Ok::<(), quorate_hashring::AddError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hrw {
    hashing: Hashing,
    nodes: Nodes,
    /// A number for each node, in the order of their names: of equal scores the first is the first by name.
    seeds: Vec<u64>,
    order: Vec<NodeIx>,
    weights: Vec<u32>,
    /// Whether all weights are equal.
    is_even: bool,
}

impl Hrw {
    /// A table without nodes.
    pub fn new(hashing: Hashing) -> Self {
        Self { hashing, nodes: Nodes::new(), seeds: vec![], order: vec![], weights: vec![], is_even: true }
    }

    /// The same table with other nodes, at once.
    ///
    /// # Errors
    ///
    /// None: any nodes will do.
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, AddError> {
        let mut table = Self { nodes, ..Self::new(self.hashing) };
        for (index, node) in table.nodes.by_name() {
            table.seeds.push(self.hashing.seed(node));
            table.order.push(index);
            table.weights.push(node.weight().get());
        }
        table.compare_weights();
        Ok(table)
    }

    /// How keys and nodes are hashed.
    pub const fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    fn compare_weights(&mut self) {
        self.is_even = self.weights.windows(2).all(|pair| pair.first() == pair.last());
    }

    /// Where a name is, or where it belongs.
    fn search(&self, name: &str) -> Result<usize, usize> {
        if Bug::TieByIndex.is_planted() {
            let found = self
                .order
                .iter()
                .position(|&index| self.nodes.get(index).is_some_and(|node| node.name() == name));
            return found.ok_or(self.order.len());
        }
        let name_of = |index: &NodeIx| self.nodes.get(*index).map_or("", Node::name);
        self.order.binary_search_by(|index| name_of(index).cmp(name))
    }

    /// The place of the node that wants the hash most; 0 if there is none.
    #[inline]
    fn first(&self, hash: KeyHash) -> usize {
        if self.is_even { self.best(hash) } else { self.best_weighted(hash) }
    }

    /// Where all weights are equal.
    #[inline]
    fn best(&self, hash: KeyHash) -> usize {
        let (mut best, mut best_mixed) = (0, 0);
        for (place, &seed) in self.seeds.iter().enumerate() {
            let mixed = wanted(seed, hash);
            if mixed > best_mixed {
                (best, best_mixed) = (place, mixed);
            }
        }
        best
    }

    /// Where weights differ.
    #[inline]
    fn best_weighted(&self, hash: KeyHash) -> usize {
        let mut nodes = self.seeds.iter().zip(&self.weights).enumerate();
        let Some((mut best, (&seed, &weight))) = nodes.next() else { return 0 };
        let mut best_score = Score::new(wanted(seed, hash), weight);
        for (place, (&seed, &weight)) in nodes {
            let mixed = wanted(seed, hash);
            if best_score.surely_beats(mixed, weight) {
                continue;
            }
            let score = Score::new(mixed, weight);
            if score > best_score {
                (best, best_score) = (place, score);
            }
        }
        best
    }

    fn scores(&self, hash: KeyHash) -> impl Iterator<Item = Score> {
        let nodes = self.seeds.iter().zip(&self.weights);
        nodes.map(move |(&seed, &weight)| Score::new(wanted(seed, hash), weight))
    }

    /// The place of the node that wants the hash most but for one and those that want it more.
    fn next_after(&self, hash: KeyHash, last: usize) -> Option<usize> {
        let last = (self.scores(hash).nth(last)?, last);
        let comes_after = |a: &(Score, usize), b: &(Score, usize)| a.0 < b.0 || a.0 == b.0 && a.1 > b.1;
        let mut next: Option<(Score, usize)> = None;
        for candidate in self.scores(hash).zip(0..) {
            if comes_after(&candidate, &last) && next.as_ref().is_none_or(|next| candidate.0 > next.0) {
                next = Some(candidate);
            }
        }
        next.map(|(_, place)| place)
    }
}

/// A number that says how much a node wants a hash: the greater, the more.
#[inline]
fn wanted(seed: u64, hash: KeyHash) -> u64 {
    if Bug::HrwScoresUnmixed.is_planted() {
        return seed ^ hash.get();
    }
    mix(seed ^ hash.get())
}

impl Place for Hrw {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> KeyHash {
        self.hashing.key(key)
    }

    #[inline]
    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        self.order.get(self.first(hash)).copied()
    }

    /// The next by score.
    fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
        /// So many are looked for one by one. Then it is cheaper to put the rest in order, which allocates.
        const SEARCHED: usize = 8;
        if walk.len() >= self.nodes.len() {
            return None;
        }
        // The cursor is one more than the place of the last.
        while walk.ranked.is_empty() && walk.len() < SEARCHED {
            let place = match walk.cursor.checked_sub(1) {
                None => self.first(hash),
                Some(last) => self.next_after(hash, usize::try_from(last).ok()?)?,
            };
            walk.cursor = place as u64 + 1;
            let node = self.order.get(place).copied()?;
            if walk.admit(node) {
                return Some(node);
            }
        }
        if walk.ranked.is_empty() {
            walk.rank_scored(&self.nodes, self.scores(hash).zip(self.order.iter().copied()));
        }
        walk.next_ranked()
    }

    fn table_bytes(&self) -> usize {
        size_of_val(self.seeds.as_slice())
            + size_of_val(self.order.as_slice())
            + size_of_val(self.weights.as_slice())
    }
}

impl Elastic for Hrw {
    /// It takes as many steps as there are nodes.
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        let (seed, weight) = (self.hashing.seed(&node), node.weight().get());
        let (Ok(place) | Err(place)) = self.search(node.name());
        let index = self.nodes.add(node)?;
        self.seeds.insert(place, seed);
        self.order.insert(place, index);
        self.weights.insert(place, weight);
        self.compare_weights();
        Ok(index)
    }

    /// It takes as many steps as there are nodes.
    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        let place = self.search(name).map_err(|_| UnknownNode)?;
        let (_, node) = self.nodes.remove(name)?;
        self.seeds.remove(place);
        self.order.remove(place);
        self.weights.remove(place);
        self.compare_weights();
        Ok(node)
    }

    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        let unknown = WeightError { weight, reason: WeightReason::Unknown };
        let place = self.search(name).map_err(|_| unknown)?;
        let index = self.nodes.find(name).ok_or(unknown)?;
        let before = self.nodes.set_weight(index, weight).ok_or(unknown)?;
        if let Some(of_node) = self.weights.get_mut(place) {
            *of_node = weight.get();
        }
        self.compare_weights();
        Ok(before)
    }
}
