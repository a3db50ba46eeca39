//! How many slots a table has.

use core::fmt;

/// The number of slots of a [`Maglev`](crate::Maglev) table: a prime. It is part of what the table is, and never follows the nodes.
///
/// The steps through the slots come to all of them only because it is prime. A hundred slots for each node keep the nodes within one
/// percent of each other (section 3.4 of the paper).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaglevSize(u32);

impl MaglevSize {
    /// 65537, the paper's small table, and the size of most others. For up to 655 nodes, by the rule of a hundred.
    pub const SMALL: Self = Self(65_537);
    /// 655373, the paper's large table. For up to 6553 nodes.
    pub const LARGE: Self = Self(655_373);
    /// The most slots there can be: the largest prime below 2²⁶. That is 128 MiB, or 256 with more than 65,536 nodes.
    pub const MAX: Self = Self(67_108_859);

    /// A number of slots.
    ///
    /// # Errors
    ///
    /// It is no prime, or above [`MaglevSize::MAX`].
    pub const fn new(slots: u32) -> Result<Self, MaglevSizeError> {
        if slots > Self::MAX.0 {
            return Err(MaglevSizeError::TooLarge { slots });
        }
        match smallest_divisor(slots) {
            None => Ok(Self(slots)),
            Some(divisor) => Err(MaglevSizeError::NotPrime { slots, divisor }),
        }
    }

    /// The smallest number of slots that is not below `slots`: a hundred times the most nodes there will ever be, say. (Not of those that are
    /// there now: with another size most keys are elsewhere.)
    ///
    /// # Errors
    ///
    /// There is none up to [`MaglevSize::MAX`].
    pub const fn at_least(slots: u32) -> Result<Self, MaglevSizeError> {
        let mut prime = slots;
        // There is a prime below twice any number (Bertrand), and the next is far nearer.
        while prime <= Self::MAX.0 {
            if smallest_divisor(prime).is_none() {
                return Ok(Self(prime));
            }
            prime += 1;
        }
        Err(MaglevSizeError::TooLarge { slots })
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for MaglevSize {
    fn default() -> Self {
        Self::SMALL
    }
}

impl fmt::Display for MaglevSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What keeps a number from being prime, 0 and 1 being divided by themselves.
const fn smallest_divisor(number: u32) -> Option<u32> {
    if number < 2 {
        return Some(number);
    }
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number % divisor == 0 {
            return Some(divisor);
        }
        divisor += 1;
    }
    None
}

/// A table cannot have that many slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaglevSizeError {
    /// It is no prime.
    #[error("a table has a prime number of slots, and {slots} is divided by {divisor}")]
    NotPrime {
        /// The number.
        slots: u32,
        /// What divides it.
        divisor: u32,
    },
    /// It is above the limit.
    #[error("a table has {} slots at most, not {slots}", MaglevSize::MAX)]
    TooLarge {
        /// The number.
        slots: u32,
    },
}
