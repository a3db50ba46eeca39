//! Who has each slot, while it is being decided.

use alloc::{vec, vec::Vec};

use super::Rank;

/// A list of nodes for each slot, all of one width, end to end.
#[derive(Clone)]
pub(super) struct Held {
    width: usize,
    /// What is left of each list is [`NOBODY`].
    ranks: Vec<Rank>,
}

/// Nodes are fewer.
const NOBODY: Rank = Rank::MAX;

impl Held {
    pub(super) fn new(slots: usize, width: usize) -> Self {
        Self { width, ranks: vec![NOBODY; slots * width] }
    }

    pub(super) fn len(&self) -> usize {
        self.ranks.len() / self.width
    }

    pub(super) fn of(&self, slot: usize) -> &[Rank] {
        let list = self.ranks.get(slot * self.width..(slot + 1) * self.width).unwrap_or_default();
        let len = list.iter().position(|&rank| rank == NOBODY).unwrap_or(list.len());
        list.get(..len).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Rank]> {
        (0..self.len()).map(|slot| self.of(slot))
    }

    /// One node in the place of another, or last.
    pub(super) fn put(&mut self, slot: usize, from: Option<Rank>, to: Rank) {
        let from = from.unwrap_or(NOBODY);
        if let Some(place) = self.of_mut(slot).iter_mut().find(|rank| **rank == from) {
            *place = to;
        }
    }

    /// One of its nodes first.
    pub(super) fn promote(&mut self, slot: usize, to: Rank) {
        let list = self.of_mut(slot);
        if let Some(place) = list.iter().position(|&rank| rank == to) {
            list.swap(0, place);
        }
    }

    fn of_mut(&mut self, slot: usize) -> &mut [Rank] {
        self.ranks.get_mut(slot * self.width..(slot + 1) * self.width).unwrap_or_default()
    }
}
