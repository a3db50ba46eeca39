//! Several lookups at once: of one key, for balance, and of many keys, for speed.

use super::Ring;
use crate::{hash::KeyHash, nodes::NodeIx};

impl Ring {
    /// The node whose token is nearest after one of the key's first `probes` hashes (Appleton and O'Reilly 2015, section 2): with one
    /// token for each node and 21 probes no node is expected to own more than 1.05 times its share. Another table than that of
    /// [`Place::locate`]: ask always with the same number of probes, of which 0 is 1.
    ///
    /// Only the most that a node owns is bounded. The least is not: with 1000 nodes some own a fiftieth of what they should.
    ///
    /// [`Place::locate`]: crate::Place::locate
    pub fn locate_probed(&self, hash: KeyHash, probes: u32) -> Option<NodeIx> {
        let mut nearest: Option<(u64, NodeIx)> = None;
        for round in 0..u64::from(probes.max(1)) {
            let hash = hash.salted(round).get();
            let position = self.tokens.position(hash);
            let distance = self.tokens.distance(hash, position)?;
            if nearest.is_some_and(|(least, _)| least < distance) {
                continue;
            }
            let node = self.tokens.owner(position)?;
            // Nodes of one distance are most often one node.
            let is_nearer = |&(least, other): &(u64, NodeIx)| {
                distance < least || self.nodes.cmp_names(node, other).is_lt()
            };
            if nearest.as_ref().is_none_or(is_nearer) {
                nearest = Some((distance, node));
            }
        }
        Some(nearest?.1)
    }

    /// The nodes that many hashes are on, as [`Place::locate`] says, in the order of the hashes. Faster than one by one, since what
    /// several of them need of a large ring is fetched at a time. If one slice is longer than the other, the rest of it is left alone.
    ///
    /// [`Place::locate`]: crate::Place::locate
    pub fn locate_many(&self, hashes: &[KeyHash], nodes: &mut [Option<NodeIx>]) {
        /// More are no faster.
        const AT_ONCE: usize = 16;
        for (hashes, nodes) in hashes.chunks(AT_ONCE).zip(nodes.chunks_mut(AT_ONCE)) {
            let mut ranges = [const { 0..0 }; AT_ONCE];
            for (range, hash) in ranges.iter_mut().zip(hashes) {
                *range = self.tokens.range(hash.get());
            }
            for ((range, hash), node) in ranges.into_iter().zip(hashes).zip(nodes) {
                *node = self.tokens.owner(self.tokens.position_in(range, hash.get()));
            }
        }
    }
}
