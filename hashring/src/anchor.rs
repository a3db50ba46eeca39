//! AnchorHash (Mendelson, Vargaftik, Barabash, Lorenz, Keslassy and Orda 2020): any node may go.

mod chains;
#[cfg(feature = "serde")]
mod history;

use alloc::vec::Vec;

use self::chains::{Chains, Held, Holder};
use crate::{
    bug::Bug,
    hash::{Hashing, KeyHash, mix},
    jumpback::jump_back,
    mod_n::{check_unweighted, unweighted},
    node::{Node, Weight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason, Elastic, Place, UnknownNode, WeightError},
};

/// A table in which any node may go at any time: its keys spread over the others evenly, no other key moves, and whoever comes next
/// takes its place, keys and all.
///
/// Nodes stand in numbered buckets. A hash that falls on a bucket that has been removed is hashed again, to one of the buckets that were
/// left then (section 3 of the paper); so a lookup needs about `ln(buckets / nodes)` further hashes on average, none where nothing is
/// removed. Which bucket a hash falls on first is said by [`jump_back`], and there can be any number of them; or, if a capacity is given
/// ([`Anchor::reserving`]), by a single multiplication, as in the paper, and then what is reserved counts as removed.
///
/// - **Choose it** where nodes fail or leave in any order and all of them weigh the same. Where weights differ take [`Hrw`](crate::Hrw), or
///   [`Maglev`](crate::Maglev).
/// - **Balance** is as good as chance. **Disruption** is the least there can be, exactly, whatever comes and goes.
/// - **Memory** is 16 bytes for each bucket, 4 more for each that is removed, 4 for each node, beside the nodes.
/// - **A lookup** takes constant time while few are removed. Removals in an order chosen to make it slow cannot make it slower
///   than `ln(buckets / nodes)` further hashes with a search in `log₂(buckets)` steps for each: [`Anchor::steps`].
///
/// It has a history: the bucket of a node is the one that was removed last when the node came, or a new one behind the last. Tables
/// agree if the same nodes came and went in the same order, or if one is read from what the other wrote. Adding a node directly
/// after removing it undoes the removal (up to its index, which is the lowest that is free). Where most nodes have left for good, a new table
/// of the rest is faster; but most of its keys are elsewhere.
///
/// ```
/// use quorate_hashring::{Anchor, Elastic as _, Hashing, KeyHash, Node, Place as _};
///
/// let mut table = Anchor::new(Hashing::default());
/// for name in ["a", "b", "c", "d"] {
///     table.add(Node::new(name))?;
/// }
/// let whole = table.clone();
/// table.remove("b").expect("it is there");
/// for hash in (0..1_000).map(KeyHash::mixed) {
///     let before = whole.locate(hash);
///     assert!(table.locate(hash) == before || before == whole.nodes().find("b"));
/// }
/// table.add(Node::new("b"))?;
/// assert_eq!(table, whole);
/// # Ok::<(), quorate_hashring::AddError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    hashing: Hashing,
    nodes: Nodes,
    /// How many buckets there can be, if that is what the first hash is scaled to.
    capacity: Option<u32>,
    /// A and K of the paper, side by side for the lookup.
    buckets: Vec<Bucket>,
    /// W of the paper: the bucket at each position. The first as many as there are nodes are in use; what is behind them is what the
    /// removals left there, and is what undoes them.
    order: Vec<u32>,
    /// L of the paper: the position of each bucket, or the last that it had.
    positions: Vec<u32>,
    /// R of the paper: what is removed, the last to go last.
    removed: Vec<u32>,
    chains: Chains,
    /// The bucket of each node.
    of_node: Vec<u32>,
}

/// What a lookup has to know about a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket {
    /// Of a removed bucket: how many its removal left. 0 if it is in use.
    left: u32,
    /// Of a removed bucket: the one that took its position. Else its node.
    link: u32,
}

impl Bucket {
    const fn of(node: NodeIx) -> Self {
        Self { left: 0, link: node.get() }
    }
}

impl Anchor {
    /// A table without nodes, to have as many as may come.
    pub fn new(hashing: Hashing) -> Self {
        Self::of_capacity(hashing, None)
    }

    pub(crate) fn of_capacity(hashing: Hashing, capacity: Option<u32>) -> Self {
        Self {
            hashing,
            nodes: Nodes::new(),
            capacity,
            buckets: Vec::new(),
            order: Vec::new(),
            positions: Vec::new(),
            removed: Vec::new(),
            chains: Chains::default(),
            of_node: Vec::new(),
        }
    }

    /// A table without nodes, to have `capacity` of them at most.
    ///
    /// The nearer it is to being full, the faster it is; full it takes one multiplication and one read. What is reserved takes no memory, but
    /// each time that the capacity is doubled a lookup takes 0.7 further hashes on average.
    pub fn reserving(hashing: Hashing, capacity: u32) -> Self {
        Self::of_capacity(hashing, Some(capacity))
    }

    /// The same table with other nodes, and without a history: each has a bucket in the order of their indexes.
    ///
    /// # Errors
    ///
    /// The first node that weighs something else than 1 comes back, or the last if there are more than the capacity; and there is no
    /// table.
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, AddError> {
        check_unweighted(&nodes)?;
        let mut table = Self::of_capacity(self.hashing, self.capacity);
        let max = table.most();
        if let Some((_, last)) = nodes.iter().next_back().filter(|_| nodes.len() > max as usize) {
            return Err(AddError { node: last.clone(), reason: AddReason::TooManyNodes { max } });
        }
        table.of_node.resize(nodes.span(), u32::MAX);
        for (index, _) in nodes.iter() {
            let bucket = table.append(index);
            table.settle(index, bucket);
        }
        table.nodes = nodes;
        Ok(table)
    }

    /// How keys and nodes are hashed.
    pub const fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    /// How many nodes there can be, if that was said.
    pub const fn capacity(&self) -> Option<u32> {
        self.capacity
    }

    /// How many buckets there are: one for each node, and one for each place that a node has left and nobody has taken.
    pub fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// How many entries of the table a lookup of this hash reads: whether removals have made lookups slow. (To find the list of a position
    /// that many have held is not counted; the lists are in a tree.)
    pub fn steps(&self, hash: KeyHash) -> usize {
        let mut steps = 0;
        self.walk(hash, || steps += 1);
        steps
    }

    /// The lookup (algorithm 1 of the paper). `read` is called for each entry that is read.
    #[inline]
    fn walk(&self, hash: KeyHash, mut read: impl FnMut()) -> Option<NodeIx> {
        // An empty table may have buckets, and of the last that was removed nobody can tell: 0 are left.
        if self.removed.len() == self.buckets.len() {
            return None;
        }
        let bucket = self.entry(self.first(hash, &mut read)?)?;
        read();
        if bucket.entry.left == 0 {
            return Some(NodeIx::new(bucket.entry.link));
        }
        self.walk_on(hash, bucket, read)
    }

    /// The lookup of what has fallen on a removed bucket. Apart from the rest, so that what has not stays short.
    #[inline(never)]
    fn walk_on(&self, hash: KeyHash, mut bucket: Numbered, mut read: impl FnMut()) -> Option<NodeIx> {
        while bucket.entry.left != 0 {
            let position = rehash(hash, bucket.number).scaled(bucket.entry.left);
            // Whoever held the position then was removed later, with fewer left.
            bucket = self.holder(position, bucket.entry.left, &mut read)?;
        }
        Some(NodeIx::new(bucket.entry.link))
    }

    /// Which bucket a hash falls on first, in use or removed.
    #[inline]
    fn first(&self, hash: KeyHash, mut read: impl FnMut()) -> Option<u32> {
        let count = u32::try_from(self.buckets.len()).ok()?;
        let Some(capacity) = self.capacity else { return jump_back(hash, count) };
        let mut bucket = hash.scaled(capacity);
        // Buckets that have never been used count as removed from the last down: as many as its number were left, in their order.
        while bucket >= count {
            read();
            bucket = rehash(hash, bucket).scaled(bucket);
        }
        Some(bucket)
    }

    /// Who held a position when the removal of another bucket left `left`.
    #[inline]
    fn holder(&self, position: u32, left: u32, mut read: impl FnMut()) -> Option<Numbered> {
        if Bug::AnchorForgetsHistory.is_planted() && (position as usize) < self.nodes.len() {
            return self.entry(*self.order.get(position as usize)?);
        }
        let mut holder = self.entry(position)?;
        let followed = if Bug::AnchorChainUnguarded.is_planted() { usize::MAX } else { Chains::FOLLOWED };
        for _ in 0..followed {
            read();
            if holder.entry.left < left {
                return Some(holder);
            }
            holder = self.entry(holder.entry.link)?;
        }
        if holder.entry.left < left {
            read();
            return Some(holder);
        }
        match self.chains.holder(position, left, &mut read)? {
            Holder::Itself(number) => self.entry(number),
            Holder::SuccessorOf(number) => self.entry(self.entry(number)?.entry.link),
        }
    }

    #[inline]
    fn entry(&self, number: u32) -> Option<Numbered> {
        self.buckets.get(number as usize).map(|&entry| Numbered { number, entry })
    }

    /// All that a position has lost, the first first.
    fn lost(&self, position: u32) -> impl Iterator<Item = Held> {
        let is_lost = |number: &u32| self.entry(*number).is_some_and(|bucket| bucket.entry.left != 0);
        let held = move |number: u32| Some(Held { bucket: number, left: self.entry(number)?.entry.left });
        let next = move |number: &u32| {
            let link = self.entry(*number)?.entry.link;
            // What was removed from the last position is linked to itself.
            (link != *number && is_lost(&link)).then_some(link)
        };
        core::iter::successors(Some(position).filter(is_lost), next).filter_map(held)
    }

    /// Takes a bucket out (algorithm 3 of the paper). It is in use.
    fn take_out(&mut self, bucket: u32) -> Option<()> {
        let left = u32::try_from(self.buckets.len() - self.removed.len()).ok()?.checked_sub(1)?;
        let position = *self.positions.get(bucket as usize)?;
        let heir = *self.order.get(left as usize)?;
        *self.order.get_mut(position as usize)? = heir;
        *self.positions.get_mut(heir as usize)? = position;
        *self.buckets.get_mut(bucket as usize)? = Bucket { left, link: heir };
        self.removed.push(bucket);
        let mut chains = core::mem::take(&mut self.chains);
        chains.lose(position, Held { bucket, left }, self.lost(position));
        self.chains = chains;
        Some(())
    }

    /// Takes the bucket that was taken out last back in (algorithm 2 of the paper), for a node, and says which it is.
    fn take_in(&mut self, node: NodeIx) -> Option<u32> {
        let bucket = self.removed.pop()?;
        let used = self.buckets.len() - self.removed.len() - 1;
        let position = *self.positions.get(bucket as usize)?;
        let heir = *self.order.get(used)?;
        *self.positions.get_mut(heir as usize)? = u32::try_from(used).ok()?;
        *self.order.get_mut(position as usize)? = bucket;
        *self.positions.get_mut(bucket as usize)? = position;
        *self.buckets.get_mut(bucket as usize)? = Bucket::of(node);
        self.chains.regain(position);
        Some(bucket)
    }

    /// One bucket more, behind the last. None is removed.
    fn append(&mut self, node: NodeIx) -> u32 {
        let bucket = u32::try_from(self.buckets.len()).unwrap_or(u32::MAX);
        self.buckets.push(Bucket::of(node));
        self.order.push(bucket);
        self.positions.push(bucket);
        bucket
    }

    /// A node has a bucket, or none.
    fn settle(&mut self, node: NodeIx, bucket: u32) {
        if let Some(of_node) = self.of_node.get_mut(node.index()) {
            *of_node = bucket;
        }
    }

    fn is_full(&self) -> bool {
        self.removed.is_empty() && self.buckets.len() >= self.most() as usize
    }

    /// How many nodes there can be.
    fn most(&self) -> u32 {
        self.capacity.unwrap_or(u32::MAX)
    }
}

/// A bucket with its number.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    number: u32,
    entry: Bucket,
}

/// The hash that finds another bucket for what was in a removed one. Its family has nothing in common with those of
/// [`KeyHash::salted`] and of [`jump_back`], or what has fallen on removed buckets would be no better than chosen.
const fn rehash(hash: KeyHash, bucket: u32) -> KeyHash {
    /// The fraction of the square root of 2, which is odd.
    const STEP: u64 = 0x6a09_e667_f3bc_c909;
    KeyHash::new(mix(hash.get().wrapping_add((bucket as u64 + 1).wrapping_mul(STEP))))
}

impl Place for Anchor {
    fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> KeyHash {
        self.hashing.key(key)
    }

    #[inline]
    fn locate(&self, hash: KeyHash) -> Option<NodeIx> {
        self.walk(hash, || ())
    }

    fn table_bytes(&self) -> usize {
        size_of_val(self.buckets.as_slice()) + self.chains.bytes()
    }
}

impl Elastic for Anchor {
    /// The node takes the bucket that was removed last, or else a new one. Constant time.
    fn add(&mut self, node: Node) -> Result<NodeIx, AddError> {
        if node.weight() != Weight::ONE {
            let reason = AddReason::Weighted { weight: node.weight() };
            return Err(AddError { node, reason });
        }
        if self.is_full() && self.nodes.find(node.name()).is_none() {
            return Err(AddError { node, reason: AddReason::TooManyNodes { max: self.most() } });
        }
        let index = self.nodes.add(node)?;
        let bucket = self.take_in(index).unwrap_or_else(|| self.append(index));
        self.of_node.resize(self.nodes.span(), u32::MAX);
        self.settle(index, bucket);
        Ok(index)
    }

    /// Its bucket is removed, and waits for who comes next. Constant time.
    fn remove(&mut self, name: &str) -> Result<Node, UnknownNode> {
        let (index, node) = self.nodes.remove(name)?;
        let bucket = self.of_node.get(index.index()).copied().ok_or(UnknownNode)?;
        if self.removed.is_empty() && bucket as usize + 1 == self.buckets.len() {
            self.buckets.pop();
            self.order.pop();
            self.positions.pop();
        } else {
            self.take_out(bucket);
        }
        self.settle(index, u32::MAX);
        self.of_node.truncate(self.nodes.span());
        Ok(node)
    }

    fn set_weight(&mut self, name: &str, weight: Weight) -> Result<Weight, WeightError> {
        unweighted(&self.nodes, name, weight)
    }
}
