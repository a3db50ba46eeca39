//! A sparse bitmap: blocks of 64 bits by their numbers, and 64 blocks to a row, which has room for those alone that are
//! not empty.

use alloc::{collections::BTreeMap, vec::Vec};
use core::num::NonZeroU64;

/// Canonical: no block and no row is empty.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Blocks(BTreeMap<u64, Row>);

#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Row {
    /// Which blocks are here, a bit for each.
    present: u64,
    blocks: Vec<NonZeroU64>,
}

/// How many blocks are in a row.
const BLOCKS: u64 = u64::BITS as u64;

/// The row of a block, and its bit there.
const fn place(block: u64) -> (u64, u64) {
    (block / BLOCKS, 1 << (block % BLOCKS))
}

impl Row {
    /// How many blocks are before the one with this bit.
    const fn before(&self, bit: u64) -> usize {
        (self.present & (bit - 1)).count_ones() as usize
    }

    fn get_mut(&mut self, bit: u64) -> Option<&mut NonZeroU64> {
        if self.present & bit == 0 {
            return None;
        }
        let at = self.before(bit);
        self.blocks.get_mut(at)
    }

    fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut present = self.present;
        self.blocks.iter().map(move |bits| {
            let number = u64::from(present.trailing_zeros());
            present &= present - 1;
            (number, bits.get())
        })
    }
}

impl Blocks {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bits of a block; 0 if there are none.
    pub(super) fn get(&self, block: u64) -> u64 {
        let (row, bit) = place(block);
        let Some(row) = self.0.get(&row) else { return 0 };
        if row.present & bit == 0 {
            return 0;
        }
        row.blocks.get(row.before(bit)).map_or(0, |bits| bits.get())
    }

    /// Sets these bits of a block. Returns those that were set before.
    pub(crate) fn set(&mut self, block: u64, bits: u64) -> u64 {
        let Some(bits) = NonZeroU64::new(bits) else { return self.get(block) };
        let (row, bit) = place(block);
        let row = self.0.entry(row).or_default();
        if let Some(held) = row.get_mut(bit) {
            let before = held.get();
            *held |= bits;
            return before;
        }
        row.blocks.insert(row.before(bit), bits);
        row.present |= bit;
        0
    }

    /// Keeps these bits of a block alone.
    pub(super) fn mask(&mut self, block: u64, mask: u64) {
        let (number, bit) = place(block);
        let Some(row) = self.0.get_mut(&number) else { return };
        let Some(held) = row.get_mut(bit) else { return };
        if let Some(bits) = NonZeroU64::new(held.get() & mask) {
            *held = bits;
            return;
        }
        row.blocks.remove(row.before(bit));
        row.present &= !bit;
        if row.present == 0 {
            self.0.remove(&number);
        }
    }

    /// Forgets all blocks before this one.
    pub(super) fn cut(&mut self, block: u64) {
        let (number, bit) = place(block);
        self.0 = self.0.split_off(&number);
        let Some(row) = self.0.get_mut(&number) else { return };
        row.blocks.drain(..row.before(bit));
        row.present &= !(bit - 1);
        if row.present == 0 {
            self.0.remove(&number);
        }
    }

    pub(super) fn first(&self) -> Option<(u64, u64)> {
        let (number, row) = self.0.first_key_value()?;
        let (block, bits) = row.iter().next()?;
        Some((number * BLOCKS + block, bits))
    }

    pub(super) fn last(&self) -> Option<(u64, u64)> {
        let (number, row) = self.0.last_key_value()?;
        Some((number * BLOCKS + u64::from(row.present.ilog2()), row.blocks.last()?.get()))
    }

    /// The blocks with their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0
            .iter()
            .flat_map(|(number, row)| row.iter().map(move |(block, bits)| (number * BLOCKS + block, bits)))
    }
}
