use core::{cmp::Ordering, fmt};

use thiserror::Error;

use crate::Causality;

/// So many slots are compared before asking whether the answer is known.
const BLOCK: usize = 32;

/// A vector clock of `N` actors that never change, named by their slots from 0: a plain array, for hot paths.
///
/// ```
/// use quorate_vclock::{Causality, DenseClock};
///
/// let mut left = DenseClock::<3>::new();
/// let mut right = left;
/// left.increment(0)?;
/// right.increment(2)?;
/// assert_eq!(left.compare(&right), Causality::Concurrent);
/// left.merge(&right);
/// assert_eq!(left.counters(), &[1, 0, 1]);
/// # Ok::<(), quorate_vclock::SlotError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DenseClock<const N: usize>([u64; N]);

impl<const N: usize> DenseClock<N> {
    /// The clock that has seen nothing.
    pub const fn new() -> Self {
        Self([0; N])
    }

    /// The counter of each slot.
    pub const fn counters(&self) -> &[u64; N] {
        &self.0
    }

    /// How many events of this slot it has seen; 0 for a slot that does not exist.
    pub fn get(&self, slot: usize) -> u64 {
        self.0.get(slot).copied().unwrap_or(0)
    }

    /// Counts one more event of the slot, and returns its number.
    ///
    /// # Errors
    /// If there is no such slot, or its last counter is used up. Nothing has changed then.
    pub fn increment(&mut self, slot: usize) -> Result<u64, SlotError> {
        let counter = self.0.get_mut(slot).ok_or(SlotError::NoSlot { slot, slots: N })?;
        *counter = counter.checked_add(1).ok_or(SlotError::Overflow { slot })?;
        Ok(*counter)
    }

    /// Takes in what the other has seen: the least upper bound.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours = (*ours).max(*theirs);
        }
    }

    /// Keeps what both have seen: the greatest lower bound.
    pub fn meet(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours = (*ours).min(*theirs);
        }
    }

    /// How the two are related. Stops soon after each is known to have seen something that the other has not.
    pub fn compare(&self, other: &Self) -> Causality {
        let (mut left_lacks, mut right_lacks) = (false, false);
        for (left, right) in self.0.chunks(BLOCK).zip(other.0.chunks(BLOCK)) {
            for (ours, theirs) in left.iter().zip(right) {
                left_lacks |= ours < theirs;
                right_lacks |= ours > theirs;
            }
            if left_lacks && right_lacks {
                break;
            }
        }
        Causality::from_lacks(left_lacks, right_lacks)
    }

    /// Whether it has seen whatever the other has seen.
    pub fn descends(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(ours, theirs)| ours >= theirs)
    }
}

/// Why a slot of a [`DenseClock`] cannot count. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SlotError {
    /// The clock is smaller.
    #[error("slot {slot} of a clock of {slots}")]
    NoSlot {
        /// Which slot.
        slot: usize,
        /// How many there are.
        slots: usize,
    },
    /// The slot has used the last counter there is.
    #[error("the last counter of slot {slot} is used up")]
    Overflow {
        /// Which slot.
        slot: usize,
    },
}

impl<const N: usize> Default for DenseClock<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> From<[u64; N]> for DenseClock<N> {
    fn from(counters: [u64; N]) -> Self {
        Self(counters)
    }
}

impl<const N: usize> PartialOrd for DenseClock<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).ordering()
    }
}

impl<const N: usize> fmt::Debug for DenseClock<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
