//! Who owns how much of a ring, exactly.

use alloc::{vec, vec::Vec};

use super::Ring;
use crate::{
    hash::KeyHash,
    nodes::NodeIx,
    place::{Place as _, PlaceExt as _},
};

/// The hashes between two tokens, which are all on one node. The owner of a copy is what [`PlaceExt::preferences_of`] says of the
/// hash [`RingArc::to`]: all hashes of an arc have the same preferences.
///
/// [`PlaceExt::preferences_of`]: crate::PlaceExt::preferences_of
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RingArc {
    /// The token before. It is not within the arc, unless it is [`RingArc::to`]: then the arc is the whole ring.
    pub after: u64,
    /// The token at its end, which is within it. Where it is below [`RingArc::after`] the arc goes through zero.
    pub to: u64,
    /// The node that the hashes are on.
    pub owner: NodeIx,
}

impl RingArc {
    /// How many hashes it has, at most 2⁶⁴.
    pub const fn len(&self) -> u128 {
        if self.after == self.to {
            return 1 << 64;
        }
        self.to.wrapping_sub(self.after) as u128
    }

    /// Never.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Whether a hash lies within it.
    pub const fn contains(&self, hash: KeyHash) -> bool {
        let from_start = hash.get().wrapping_sub(self.after);
        self.after == self.to || 0 < from_start && from_start <= self.to.wrapping_sub(self.after)
    }
}

impl Ring {
    /// The arcs of the ring in order: the first ends at the first token. Together they hold each hash once. A token that another node
    /// has as well has no arc if the other comes first by name.
    pub fn arcs(&self) -> impl Iterator<Item = RingArc> {
        let last = self.tokens.iter().last().map(|(token, _)| token);
        let mut before = None;
        self.tokens.iter().filter_map(move |(to, owner)| {
            let after = before.replace(to);
            if after == Some(to) {
                return None;
            }
            Some(RingArc { after: after.or(last)?, to, owner })
        })
    }

    /// How many hashes have a node among their first `copies` preferences, for each [`NodeIx`]. Exact: with one copy the sum is
    /// 2⁶⁴. It takes a walk for each token.
    pub fn shares(&self, copies: usize) -> Vec<u128> {
        let mut shares = vec![0; self.nodes().span()];
        for arc in self.arcs() {
            for node in self.preferences_of(KeyHash::new(arc.to)).take(copies) {
                if let Some(share) = shares.get_mut(node.index()) {
                    *share += arc.len();
                }
            }
        }
        shares
    }
}
