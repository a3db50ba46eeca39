use core::ops::{BitAnd, BitOr, Not};

/// A set of slots: positions below [`Slots::MAX`] in a sorted list of voters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Slots(u64);

impl Slots {
    pub(crate) const MAX: usize = u64::BITS as usize;
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(crate) const fn contains(self, slot: usize) -> bool {
        slot < Self::MAX && self.0 & (1 << slot) != 0
    }

    /// The lowest slot in the set, [`Slots::MAX`] of an empty one.
    pub(crate) const fn first(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// Whether the slot was not in the set before. A slot that no voter can have is never added.
    pub(crate) const fn insert(&mut self, slot: usize) -> bool {
        if slot >= Self::MAX || self.contains(slot) {
            return false;
        }
        self.0 |= 1 << slot;
        true
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let slot = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(slot)
        })
    }
}

impl FromIterator<usize> for Slots {
    fn from_iter<I: IntoIterator<Item = usize>>(slots: I) -> Self {
        let mut set = Self::NONE;
        for slot in slots {
            set.insert(slot);
        }
        set
    }
}

impl BitAnd for Slots {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Slots {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Slots {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}
