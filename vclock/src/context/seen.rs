//! The events of one actor that have been seen: all up to a floor, and above it 64 to a block.

use core::num::NonZeroU64;

use super::blocks::Blocks;
use crate::bug::Bug;

/// How many counters a block covers: block `k` those from `64k + 1` to `64k + 64`.
pub(crate) const BLOCK: u64 = u64::BITS as u64;

/// Canonical: the event after the floor has not been seen, and blocks have bits above the floor alone.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    /// Every event from 1 to here.
    pub(crate) floor: u64,
    pub(crate) blocks: Blocks,
}

/// The block of a counter, and its bit in there.
const fn place(counter: NonZeroU64) -> (u64, u64) {
    let at = counter.get() - 1;
    (at / BLOCK, 1 << (at % BLOCK))
}

/// The bits of the block that are above a floor.
const fn above(floor: u64, block: u64) -> u64 {
    let first = block * BLOCK;
    if floor <= first {
        u64::MAX
    } else if floor - first >= BLOCK {
        0
    } else {
        u64::MAX << (floor - first)
    }
}

impl Seen {
    pub(super) const fn up_to(floor: u64) -> Self {
        Self { floor, blocks: Blocks::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.floor == 0 && self.blocks.is_empty()
    }

    pub(super) fn contains(&self, counter: NonZeroU64) -> bool {
        let (block, bit) = place(counter);
        counter.get() <= self.floor || self.blocks.get(block) & bit != 0
    }

    /// Whether that was news.
    pub(super) fn insert(&mut self, counter: NonZeroU64) -> bool {
        if counter.get() <= self.floor {
            return false;
        }
        if counter.get() - 1 == self.floor {
            self.floor = counter.get();
            self.compact();
            return true;
        }
        let (block, bit) = place(counter);
        self.blocks.set(block, bit) & bit == 0
    }

    /// Takes in all from `first`, which is above the event after the floor, to `last`.
    pub(super) fn insert_above(&mut self, first: NonZeroU64, last: NonZeroU64) {
        let ((low, _), (high, _)) = (place(first), place(last));
        for block in low..=high {
            self.blocks.set(block, above(first.get() - 1, block) & !above(last.get(), block));
        }
    }

    /// Takes in all up to `floor`.
    pub(super) fn raise(&mut self, floor: u64) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        if !self.blocks.is_empty() {
            let block = floor / BLOCK;
            self.blocks.cut(block);
            self.blocks.mask(block, above(floor, block));
            self.compact();
        }
    }

    pub(super) fn union(&mut self, other: &Self) {
        self.raise(other.floor);
        if Bug::ContextUnionForgetsBlocks.is_planted() {
            return;
        }
        for (block, bits) in other.blocks.iter() {
            self.blocks.set(block, bits & above(self.floor, block));
        }
        self.compact();
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        // Up to the higher floor one of them has everything, so it is the blocks of the other that count.
        let (lower, higher) = if self.floor <= other.floor { (&*self, other) } else { (other, &*self) };
        let mut blocks = Blocks::new();
        for (block, bits) in lower.blocks.iter() {
            blocks.set(block, bits & higher.bits(block));
        }
        *self = Self { floor: lower.floor, blocks };
    }

    /// Whether the other has an event that this one has not.
    pub(super) fn lacks(&self, other: &Self) -> bool {
        self.floor < other.floor || other.blocks.iter().any(|(block, bits)| bits & !self.bits(block) != 0)
    }

    pub(super) fn count(&self) -> u128 {
        let above: u128 = self.blocks.iter().map(|(_, bits)| u128::from(bits.count_ones())).sum();
        u128::from(self.floor) + above
    }

    /// The latest event; 0 if there is none.
    pub(super) fn latest(&self) -> u64 {
        let after = |(block, bits): (u64, u64)| block * BLOCK + u64::from(u64::BITS - bits.leading_zeros());
        self.blocks.last().map_or(self.floor, after)
    }

    /// The bits of a block, those under the floor among them.
    fn bits(&self, block: u64) -> u64 {
        self.blocks.get(block) | !above(self.floor, block)
    }

    /// Lets the floor rise over whatever follows it without a gap.
    fn compact(&mut self) {
        while let Some((block, bits)) = self.blocks.first() {
            if block > self.floor / BLOCK {
                return;
            }
            let following = bits >> (self.floor % BLOCK);
            let run = if Bug::ContextSkipsGap.is_planted() {
                u64::BITS - following.leading_zeros()
            } else {
                following.trailing_ones()
            };
            if run == 0 {
                return;
            }
            self.floor += u64::from(run);
            self.blocks.mask(block, above(self.floor, block));
        }
    }
}
