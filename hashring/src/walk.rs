//! From one preference of a key to the next, each node once.

use alloc::{vec, vec::Vec};

use crate::{
    bug::Bug,
    hash::{Hashing, KeyHash, mix},
    hrw::Score,
    node::Node,
    nodes::{NodeIx, Nodes},
    place::Place,
};

/// How far a walk along the preferences of a key has come. For one hash of one table: begin anew for another.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    seen: Seen,
    /// Where the table goes on: a position, a round.
    pub(crate) cursor: u64,
    /// Of tables that have to compare all nodes: the rest in order, the next last.
    pub(crate) ranked: Vec<NodeIx>,
    /// The next few of them, to be taken before.
    few: Few,
}

impl Walk {
    /// How many nodes may wait on the stack.
    pub(crate) const FEW: usize = 4;

    /// At the start.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many nodes have come.
    pub const fn len(&self) -> usize {
        self.seen.count
    }

    /// Whether none has come yet.
    pub const fn is_empty(&self) -> bool {
        self.seen.count == 0
    }

    /// Whether that node has come.
    pub fn has_seen(&self, node: NodeIx) -> bool {
        self.seen.contains(node)
    }

    /// Lets a node come, and says whether it had not come yet.
    #[inline]
    pub fn admit(&mut self, node: NodeIx) -> bool {
        if self.seen.contains(node) && !Bug::PreferTwice.is_planted() {
            return false;
        }
        self.seen.insert(node);
        true
    }

    /// The next node by the key's next hash that is on a new one. Hashes that are on old ones all the time are given up after
    /// [`MISSES_MAX`]: the rest comes in the order of its own scores for the key, so that a walk always ends.
    pub(crate) fn salted(
        &mut self,
        nodes: &Nodes,
        hash: KeyHash,
        locate: impl Fn(KeyHash) -> Option<NodeIx>,
    ) -> Option<NodeIx> {
        /// Where half of equal nodes have come, the chance of so many misses in a row is 2⁻⁶⁴; where all but a hundredth have, a half.
        const MISSES_MAX: u64 = 64;
        /// As the number of the next hash.
        const GIVEN_UP: u64 = u64::MAX;
        if self.len() >= nodes.len() {
            return None;
        }
        if self.cursor != GIVEN_UP {
            for _ in 0..MISSES_MAX {
                let node = locate(hash.salted(self.cursor))?;
                self.cursor += 1;
                if self.admit(node) {
                    return Some(node);
                }
            }
            self.cursor = GIVEN_UP;
        }
        self.next_scored(nodes, hash)
    }

    /// The next by scores of its own: by name, whatever the table hashes with, since indexes are nobody's choice; and by weight, as in
    /// rendezvous hashing. The first of a walk are looked for a few at once, which reserves nothing.
    #[cold]
    fn next_scored(&mut self, nodes: &Nodes, hash: KeyHash) -> Option<NodeIx> {
        let score =
            |node: &Node| Score::new(mix(hash.get() ^ Hashing::default().seed(node)), node.weight().get());
        if let Some(node) = self.next_of_few() {
            return Some(node);
        }
        if self.ranked.is_empty() && self.len() < Seen::LISTED {
            let mut few = [None; Self::FEW];
            for (index, node) in nodes.iter().filter(|&(index, _)| !self.seen.contains(index)) {
                let mut falling = Some((score(node), index));
                for slot in &mut few {
                    let is_before = |(this, of): (Score, NodeIx), (held, by)| {
                        this > held || this == held && nodes.cmp_names(of, by).is_lt()
                    };
                    if falling.is_some_and(|falling| slot.is_none_or(|held| is_before(falling, held))) {
                        core::mem::swap(slot, &mut falling);
                    }
                }
            }
            self.await_few(few.into_iter().map_while(|slot| slot.map(|(_, index)| index)));
            if let Some(node) = self.next_of_few() {
                return Some(node);
            }
        }
        if self.ranked.is_empty() {
            self.rank(nodes, |node| nodes.get(node).map(score));
        }
        self.next_ranked()
    }

    /// Puts the nodes that have not come in order: that of the highest score next, of equal scores the first by name.
    pub(crate) fn rank<S: Ord>(&mut self, nodes: &Nodes, score: impl Fn(NodeIx) -> S) {
        self.rank_scored(nodes, nodes.iter().map(|(index, _)| (score(index), index)));
    }

    /// The same with the scores at hand.
    pub(crate) fn rank_scored<S: Ord>(&mut self, nodes: &Nodes, scored: impl Iterator<Item = (S, NodeIx)>) {
        let mut rest: Vec<_> = scored.filter(|&(_, index)| !self.seen.contains(index)).collect();
        rest.sort_unstable_by(|a, b| {
            let names = if Bug::TieByIndex.is_planted() { b.1.cmp(&a.1) } else { nodes.cmp_names(b.1, a.1) };
            a.0.cmp(&b.0).then(names)
        });
        self.ranked = rest.into_iter().map(|(_, index)| index).collect();
    }

    /// The next few, the first first; not more than [`Walk::FEW`].
    pub(crate) fn await_few(&mut self, nodes: impl Iterator<Item = NodeIx>) {
        self.few = Few::default();
        for (place, node) in self.few.nodes.iter_mut().zip(nodes) {
            *place = node;
            self.few.end += 1;
        }
    }

    pub(crate) fn next_of_few(&mut self) -> Option<NodeIx> {
        while self.few.next < self.few.end {
            let node = self.few.nodes.get(self.few.next).copied()?;
            self.few.next += 1;
            if self.admit(node) {
                return Some(node);
            }
        }
        None
    }

    pub(crate) fn next_ranked(&mut self) -> Option<NodeIx> {
        while let Some(node) = self.ranked.pop() {
            if self.admit(node) {
                return Some(node);
            }
        }
        None
    }
}

/// Nodes that come next, on the stack.
#[derive(Clone, Copy, Debug, Default)]
struct Few {
    nodes: [NodeIx; Walk::FEW],
    next: usize,
    end: usize,
}

/// Which nodes have come: the first few as a list, which is on the stack, more as bits.
#[derive(Clone, Debug)]
struct Seen {
    count: usize,
    first: [NodeIx; Self::LISTED],
    /// A bit for each, once there are more than the list can hold.
    bits: Vec<u64>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { count: 0, first: [NodeIx::new(0); Self::LISTED], bits: vec![] }
    }
}

impl Seen {
    const LISTED: usize = 8;

    #[inline]
    fn contains(&self, node: NodeIx) -> bool {
        if self.count > Self::LISTED {
            return self.is_marked(node);
        }
        self.first.iter().take(self.count).any(|&seen| seen == node)
    }

    #[inline]
    fn insert(&mut self, node: NodeIx) {
        match self.first.get_mut(self.count) {
            Some(place) => *place = node,
            None => self.insert_marked(node),
        }
        self.count += 1;
    }

    /// Of a walk that has left the list behind; apart, so that the others stay short.
    #[cold]
    fn insert_marked(&mut self, node: NodeIx) {
        if self.count == Self::LISTED {
            self.first.into_iter().for_each(|node| self.mark(node));
        }
        self.mark(node);
    }

    #[cold]
    fn is_marked(&self, node: NodeIx) -> bool {
        let word = self.bits.get(node.index() / 64).copied().unwrap_or(0);
        word >> (node.index() % 64) & 1 == 1
    }

    fn mark(&mut self, node: NodeIx) {
        let word = node.index() / 64;
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= 1 << (node.index() % 64);
        }
    }
}

/// The nodes in the order in which a key would be on them: see [`PlaceExt::preferences`](crate::PlaceExt::preferences).
#[derive(Debug)]
pub struct Preferences<'a, P: ?Sized> {
    place: &'a P,
    hash: KeyHash,
    walk: Walk,
}

impl<'a, P: Place + ?Sized> Preferences<'a, P> {
    pub(crate) fn new(place: &'a P, hash: KeyHash) -> Self {
        Self { place, hash, walk: Walk::new() }
    }
}

impl<P: Place + ?Sized> Iterator for Preferences<'_, P> {
    type Item = NodeIx;

    fn next(&mut self) -> Option<NodeIx> {
        self.place.follow(self.hash, &mut self.walk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.place.nodes().len() - self.walk.len().min(self.place.nodes().len())))
    }
}

impl<P: Place + ?Sized> core::iter::FusedIterator for Preferences<'_, P> {}
