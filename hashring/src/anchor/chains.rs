//! The positions that many have held: who held them, and until when.

use alloc::{collections::BTreeMap, vec::Vec};

/// Of each position that more than [`Chains::FOLLOWED`] removed buckets have held: those buckets, the first to go first.
///
/// A position's holders are a chain, each linked to the one that took its place. Whoever chooses what is removed can make one
/// of them as long as the table (bucket 0 first, then always the last), and a lookup would follow all of it. The numbers at
/// which its holders were removed fall along the chain, so a list of it can be searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chains {
    by_position: BTreeMap<u32, Vec<Held>>,
}

/// A bucket that held a position until it was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) bucket: u32,
    /// How many buckets its removal left.
    pub(crate) left: u32,
}

impl Chains {
    /// How many links a lookup follows before it is worth a search.
    pub(crate) const FOLLOWED: usize = 8;

    /// A position has lost its holder. `chain` walks all that it lost until then and this one; it is walked if the position is new here.
    pub(crate) fn lose(&mut self, position: u32, held: Held, chain: impl Iterator<Item = Held>) {
        if let Some(list) = self.by_position.get_mut(&position) {
            return list.push(held);
        }
        let list: Vec<_> = chain.take(Self::FOLLOWED + 1).collect();
        if list.len() > Self::FOLLOWED {
            self.by_position.insert(position, list);
        }
    }

    /// The position has its last holder back.
    pub(crate) fn regain(&mut self, position: u32) {
        let Some(list) = self.by_position.get_mut(&position) else { return };
        list.pop();
        if list.len() <= Self::FOLLOWED {
            self.by_position.remove(&position);
        }
    }

    /// How many bytes the lists have.
    pub(crate) fn bytes(&self) -> usize {
        self.by_position.values().map(|list| size_of_val(list.as_slice())).sum()
    }

    /// Who held the position when the removal of another left `left`: the first that was removed later, or else whoever took the place of
    /// the last. `read` is called for each entry that is looked at.
    pub(crate) fn holder(&self, position: u32, left: u32, mut read: impl FnMut()) -> Option<Holder> {
        let list = self.by_position.get(&position)?;
        // Numbers below `left` are all different, so no more than `left` of the list are.
        let skipped = list.len().saturating_sub(left as usize);
        let tail = list.get(skipped..)?;
        let later = tail.partition_point(|held| {
            read();
            held.left >= left
        });
        match tail.get(later) {
            Some(held) => Some(Holder::Itself(held.bucket)),
            None => list.last().map(|held| Holder::SuccessorOf(held.bucket)),
        }
    }
}

/// Where to find who held a position.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holder {
    Itself(u32),
    SuccessorOf(u32),
}
