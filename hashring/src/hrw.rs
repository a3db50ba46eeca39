//! Rendezvous hashing, by the highest random weight (Thaler and Ravishankar 1998), with weights that are met exactly.

mod score;

use alloc::{vec, vec::Vec};
use core::cmp::{Ordering, Reverse};

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
/// - **A lookup** asks all `n` nodes, a dozen instructions each. Of each weight only the first needs more: a comparison, or a
///   logarithm. The first four preferences together cost some lookups, the next four as much again; then the rest is sorted.
/// - **Balance** is as good as chance, in proportion to the weights. **Disruption** is the least there can be, exactly, also
///   when a weight changes: keys move to and from that node alone.
/// - **Memory** is 12 bytes for each node and 8 for each weight, beside the nodes.
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
/// let names = table.preferences(b"user/17").filter_map(|index| table.nodes().get(index));
/// let preferred: Vec<_> = names.cloned().collect();
/// assert_eq!(table.owner(b"user/17"), preferred.first());
/// // Without the first, the second has the key.
/// table.remove(preferred[0].name()).expect("it is there");
/// assert_eq!(table.owner(b"user/17"), preferred.get(1));
/// # Ok::<(), quorate_hashring::AddError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hrw {
    hashing: Hashing,
    nodes: Nodes,
    /// Nodes of one weight together, the heaviest first: of those whoever has the greatest number is wanted most, and only the first of each
    /// weight need their logarithms compared.
    groups: Vec<Group>,
    /// A number for each node, in the order of weights and, within one, of names: of equal scores the first is the first by name. (Nodes of
    /// different weights have different scores.)
    seeds: Vec<u64>,
    order: Vec<NodeIx>,
}

/// The nodes of one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    weight: u32,
    /// How many nodes there are up to its last.
    end: u32,
}

impl Hrw {
    /// A table without nodes.
    pub fn new(hashing: Hashing) -> Self {
        Self { hashing, nodes: Nodes::new(), groups: vec![], seeds: vec![], order: vec![] }
    }

    /// The same table with other nodes, at once.
    ///
    /// # Errors
    ///
    /// None: any nodes will do.
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, AddError> {
        let mut table = Self { nodes, ..Self::new(self.hashing) };
        let mut order: Vec<_> = table.nodes.by_name().collect();
        order.sort_by_key(|(_, node)| Reverse(node.weight()));
        for (index, node) in order {
            table.seeds.push(self.hashing.seed(node));
            table.order.push(index);
        }
        table.regroup();
        Ok(table)
    }

    /// How keys and nodes are hashed.
    pub const fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    fn regroup(&mut self) {
        self.groups.clear();
        for (&index, end) in self.order.iter().zip(1..) {
            let weight = self.nodes.get(index).map_or(1, |node| node.weight().get());
            match self.groups.last_mut() {
                Some(group) if group.weight == weight => group.end = end,
                _ => self.groups.push(Group { weight, end }),
            }
        }
    }

    /// Where a node of that name and weight is, or where it belongs.
    fn search(&self, name: &str, weight: Weight) -> Result<usize, usize> {
        self.order.binary_search_by(|&index| {
            let Some(node) = self.nodes.get(index) else { return Ordering::Less };
            let names = if Bug::TieByIndex.is_planted() && node.name() != name {
                Ordering::Less
            } else {
                node.name().cmp(name)
            };
            weight.cmp(&node.weight()).then(names)
        })
    }

    /// Puts a node in its place.
    fn put_in(&mut self, index: NodeIx, node: &Node) {
        let (Ok(place) | Err(place)) = self.search(node.name(), node.weight());
        self.seeds.insert(place, self.hashing.seed(node));
        self.order.insert(place, index);
    }

    /// Takes a node out of its place.
    fn take_out(&mut self, index: NodeIx) {
        if let Some(place) = self.order.iter().position(|&other| other == index) {
            self.seeds.remove(place);
            self.order.remove(place);
        }
    }

    /// The numbers of all nodes of one weight, by their places.
    #[inline]
    fn wants(&self, hash: KeyHash) -> impl Iterator<Item = (u32, impl Iterator<Item = (u64, usize)>)> {
        let mut start = 0;
        self.groups.iter().map(move |group| {
            let from = core::mem::replace(&mut start, group.end as usize);
            let seeds = self.seeds.get(from..start).unwrap_or_default();
            (group.weight, seeds.iter().map(move |&seed| wanted(seed, hash)).zip(from..))
        })
    }

    /// The place of the node that wants the hash most.
    #[inline]
    fn best(&self, hash: KeyHash) -> Option<usize> {
        // Who of each weight wants it most.
        let mut candidates = self.wants(hash).filter_map(|(weight, mut nodes)| {
            let (mut most, mut best) = nodes.next()?;
            for (mixed, place) in nodes {
                if mixed > most {
                    (most, best) = (mixed, place);
                }
            }
            Some((most, best, weight))
        });
        let (mixed, mut best, weight) = candidates.next()?;
        if let Some(second) = candidates.next() {
            let mut best_score = Score::new(mixed, weight);
            for (mixed, place, weight) in core::iter::once(second).chain(candidates) {
                if best_score.surely_beats(mixed, weight) {
                    continue;
                }
                let score = Score::new(mixed, weight);
                if score > best_score {
                    (best, best_score) = (place, score);
                }
            }
        }
        Some(best)
    }

    /// The places of the few nodes that want the hash most, of those that may be asked; in order, and then [`NOBODY`].
    fn few_best(&self, hash: KeyHash, may: impl Fn(usize) -> bool) -> [usize; FEW] {
        let mut of_weights = self.wants(hash).map(|(weight, nodes)| (weight, few_of(nodes, &may)));
        let Some((weight, first)) = of_weights.next() else { return [NOBODY; FEW] };
        let Some(second) = of_weights.next() else { return first.map(|(_, place)| place) };
        let mut best = [(Score::NONE, NOBODY); FEW];
        for (weight, few) in [(weight, first), second].into_iter().chain(of_weights) {
            for (mixed, place) in few {
                if place == NOBODY || best[FEW - 1].0.surely_beats(mixed, weight) {
                    break;
                }
                insert(&mut best, (Score::new(mixed, weight), place));
            }
        }
        best.map(|(_, place)| place)
    }

    fn scores(&self, hash: KeyHash) -> impl Iterator<Item = Score> {
        self.wants(hash).flat_map(|(weight, nodes)| nodes.map(move |(mixed, _)| Score::new(mixed, weight)))
    }
}

/// How many preferences are looked for at once.
const FEW: usize = Walk::FEW;

/// The place of no node.
const NOBODY: usize = usize::MAX;

/// The few greatest numbers with their places, of those that may be asked; the greatest first. (A number of 0 is never among them: who has it is
/// found among the rest.)
fn few_of(nodes: impl Iterator<Item = (u64, usize)>, may: impl Fn(usize) -> bool) -> [(u64, usize); FEW] {
    let mut few = [(0, NOBODY); FEW];
    for (mixed, place) in nodes {
        if mixed > few[FEW - 1].0 && may(place) {
            insert(&mut few, (mixed, place));
        }
    }
    few
}

/// Lets one more fall to its place, behind those that are as good; the last makes room.
fn insert<S: Ord + Copy>(few: &mut [(S, usize); FEW], mut falling: (S, usize)) {
    let mut is_placed = false;
    for slot in few {
        is_placed |= falling.0 > slot.0;
        if is_placed {
            core::mem::swap(slot, &mut falling);
        }
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
        self.order.get(self.best(hash)?).copied()
    }

    /// The next by score.
    fn follow(&self, hash: KeyHash, walk: &mut Walk) -> Option<NodeIx> {
        /// So many are looked for a few at once. Then it is cheaper to put the rest in order, which allocates.
        const SEARCHED: usize = 2 * FEW;
        if walk.len() >= self.nodes.len() {
            return None;
        }
        if let Some(node) = walk.next_of_few() {
            return Some(node);
        }
        if walk.len() < SEARCHED && walk.ranked.is_empty() {
            let node = |place: usize| self.order.get(place).copied();
            let few = self.few_best(hash, |place| node(place).is_some_and(|node| !walk.has_seen(node)));
            walk.await_few(few.into_iter().map_while(node));
            if let Some(node) = walk.next_of_few() {
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
            + size_of_val(self.groups.as_slice())
    }
}

impl Elastic for Hrw {
    /// It takes as many steps as there are nodes.
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        let index = self.nodes.add(node.clone())?;
        self.put_in(index, &node);
        self.regroup();
        Ok(index)
    }

    /// It takes as many steps as there are nodes.
    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        let (index, node) = self.nodes.remove(name)?;
        self.take_out(index);
        self.regroup();
        Ok(node)
    }

    /// It takes as many steps as there are nodes, and none if the weight is the same.
    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        let unknown = WeightError { weight, reason: WeightReason::Unknown };
        let index = self.nodes.find(name).ok_or(unknown)?;
        let before = self.nodes.set_weight(index, weight).ok_or(unknown)?;
        if before == weight {
            return Ok(before);
        }
        self.take_out(index);
        if let Some(node) = self.nodes.get(index).cloned() {
            self.put_in(index, &node);
        }
        self.regroup();
        Ok(before)
    }
}
