//! How much of the past is remembered, and how.

mod decay;
mod window;

use core::{fmt::Debug, hash::Hash};

pub(crate) use self::window::{VALUE_BITS, deviation, square};
pub use self::{
    decay::{Decay, DecayError, DecayStats},
    window::{Beyond, Window, WindowError, WindowStats},
};
use crate::model::Learned;

/// A memory of numbers that knows their mean and how far they stray from it. O(1), without allocations.
pub trait Memory: Clone + Debug {
    /// What is kept for one peer, apart from the ring.
    type Stats: Copy + Debug + Default + PartialEq + Eq + Hash;

    /// How many numbers the ring of one peer has.
    fn slots(&self) -> usize;

    /// The longest interval that is learned as it is, in nanoseconds.
    fn longest(&self) -> u64;

    /// Remembers an interval of so many nanoseconds.
    fn push(&self, stats: &mut Self::Stats, ring: &mut [u32], interval: u64) -> Learned;

    /// How many intervals are remembered.
    fn len(&self, stats: &Self::Stats) -> u32;

    /// Their mean in nanoseconds; 0 if there are none.
    fn mean(&self, stats: &Self::Stats) -> f64;

    /// Their standard deviation in nanoseconds, as of a whole population; 0 if there are none.
    fn deviation(&self, stats: &Self::Stats) -> f64;
}
