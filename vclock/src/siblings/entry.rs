//! The writes of one actor.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use crate::{Dot, bug::Bug};

/// The values are of the latest dots, the last of them of dot `seen`; those before them have been discarded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Entry<A, V> {
    pub(super) actor: A,
    pub(super) seen: NonZeroU64,
    pub(super) values: Vec<V>,
}

impl<A, V> Entry<A, V> {
    /// How many of the writes have been overwritten or deleted, always the first so many.
    pub(super) fn discarded(&self) -> u64 {
        self.seen.get().saturating_sub(self.values.len() as u64)
    }

    /// The least upper bound with what another side has seen and discarded, and holds the values of. A write stays if
    /// neither side has discarded it.
    pub(super) fn join<T>(
        &mut self,
        seen: NonZeroU64,
        discarded: u64,
        values: impl Iterator<Item = T>,
        own: impl Fn(T) -> V,
    ) {
        let ours = self.discarded();
        let gone = if Bug::SiblingsInvent.is_planted() { ours } else { ours.max(discarded) };
        let drained = index(gone - ours).min(self.values.len());
        self.values.drain(..drained);
        if seen > self.seen {
            let known = self.seen.get().max(gone);
            if !Bug::SyncLosesDot.is_planted() {
                self.values.extend(values.skip(index(known.saturating_sub(discarded))).map(own));
            }
            self.seen = seen;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Dot<&A>, &V)> {
        let first = self.discarded() + 1;
        (first..)
            .zip(&self.values)
            .filter_map(|(counter, value)| Some((Dot::new(&self.actor, counter)?, value)))
    }
}

/// Past the end of any list, if it is no index.
fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
