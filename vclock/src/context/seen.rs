//! The events of one actor that have been seen: all up to a floor, and above it 64 to a block.

use alloc::collections::btree_map::{self, BTreeMap};
use core::num::NonZeroU64;

use crate::bug::Bug;

/// How many counters a block covers: block `k` those from `64k + 1` to `64k + 64`.
pub(crate) const BLOCK: u64 = u64::BITS as u64;

/// Canonical: the event after the floor has not been seen, and blocks have bits above the floor alone, at least one.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    /// Every event from 1 to here.
    pub(crate) floor: u64,
    pub(crate) blocks: BTreeMap<u64, NonZeroU64>,
}

/// The block of a counter, and its bit in there.
const fn place(counter: NonZeroU64) -> (u64, NonZeroU64) {
    let at = counter.get() - 1;
    let bit = match NonZeroU64::new(1 << (at % BLOCK)) {
        Some(bit) => bit,
        None => NonZeroU64::MIN,
    };
    (at / BLOCK, bit)
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
        Self { floor, blocks: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.floor == 0 && self.blocks.is_empty()
    }

    pub(super) fn contains(&self, counter: NonZeroU64) -> bool {
        let (block, bit) = place(counter);
        counter.get() <= self.floor || self.blocks.get(&block).is_some_and(|bits| bits.get() & bit.get() != 0)
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
        match self.blocks.entry(block) {
            btree_map::Entry::Vacant(vacant) => {
                vacant.insert(bit);
                true
            }
            btree_map::Entry::Occupied(mut held) => {
                let (before, after) = (*held.get(), *held.get() | bit);
                held.insert(after);
                before != after
            }
        }
    }

    /// Takes in all from `first`, which is above the event after the floor, to `last`.
    pub(super) fn insert_above(&mut self, first: NonZeroU64, last: NonZeroU64) {
        let ((low, _), (high, _)) = (place(first), place(last));
        for block in low..=high {
            self.set(block, above(first.get() - 1, block) & !above(last.get(), block));
        }
    }

    /// Takes in all up to `floor`.
    pub(super) fn raise(&mut self, floor: u64) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        if !self.blocks.is_empty() {
            self.blocks = self.blocks.split_off(&(floor / BLOCK));
            self.mask(floor / BLOCK);
            self.compact();
        }
    }

    pub(super) fn union(&mut self, other: &Self) {
        self.raise(other.floor);
        if Bug::ContextUnionForgetsBlocks.is_planted() {
            return;
        }
        for (block, bits) in other.blocks.range(self.floor / BLOCK..) {
            self.set(*block, bits.get() & above(self.floor, *block));
        }
        self.compact();
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        // Up to the higher floor one of them has everything, so it is the blocks of the other that count.
        let (lower, higher) = if self.floor <= other.floor { (&*self, other) } else { (other, &*self) };
        let blocks = lower
            .blocks
            .iter()
            .filter_map(|(block, bits)| Some((*block, NonZeroU64::new(bits.get() & higher.bits(*block))?)))
            .collect();
        *self = Self { floor: lower.floor, blocks };
    }

    /// Whether the other has an event that this one has not.
    pub(super) fn lacks(&self, other: &Self) -> bool {
        self.floor < other.floor
            || other.blocks.iter().any(|(block, bits)| bits.get() & !self.bits(*block) != 0)
    }

    pub(super) fn count(&self) -> u128 {
        let above: u128 = self.blocks.values().map(|bits| u128::from(bits.get().count_ones())).sum();
        u128::from(self.floor) + above
    }

    /// The latest event; 0 if there is none.
    pub(super) fn latest(&self) -> u64 {
        self.blocks.last_key_value().map_or(self.floor, |(block, bits)| {
            block * BLOCK + u64::from(u64::BITS - bits.get().leading_zeros())
        })
    }

    /// The bits of a block, those under the floor among them.
    fn bits(&self, block: u64) -> u64 {
        self.blocks.get(&block).map_or(0, |bits| bits.get()) | !above(self.floor, block)
    }

    fn set(&mut self, block: u64, bits: u64) {
        let Some(bits) = NonZeroU64::new(bits) else { return };
        self.blocks.entry(block).and_modify(|held| *held |= bits).or_insert(bits);
    }

    /// Clears what the floor has reached in this block.
    fn mask(&mut self, block: u64) {
        let Some(held) = self.blocks.get_mut(&block) else { return };
        match NonZeroU64::new(held.get() & above(self.floor, block)) {
            Some(bits) => *held = bits,
            None => drop(self.blocks.remove(&block)),
        }
    }

    /// Lets the floor rise over whatever follows it without a gap.
    fn compact(&mut self) {
        while let Some(mut lowest) = self.blocks.first_entry() {
            let (block, bits) = (*lowest.key(), lowest.get().get() >> (self.floor % BLOCK));
            let run = if Bug::ContextSkipsGap.is_planted() {
                u64::BITS - bits.leading_zeros()
            } else {
                bits.trailing_ones()
            };
            if block > self.floor / BLOCK || run == 0 {
                return;
            }
            self.floor += u64::from(run);
            match NonZeroU64::new(lowest.get().get() & above(self.floor, block)) {
                Some(bits) => {
                    lowest.insert(bits);
                    return;
                }
                None => drop(lowest.remove()),
            }
        }
    }
}
