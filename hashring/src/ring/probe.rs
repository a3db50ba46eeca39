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
        let probe = |round: u32| {
            let hash = hash.salted(round.into()).get();
            let position = self.tokens.position(hash);
            Some((self.tokens.distance(hash, position)?, self.tokens.owner(position)?))
        };
        let nearest = (0..probes.max(1)).filter_map(probe);
        Some(nearest.min_by(|a, b| a.0.cmp(&b.0).then_with(|| self.nodes.cmp_names(a.1, b.1)))?.1)
    }
}
