//! A clock of fixed size for any number of actors, which is sure of one direction only.

#[cfg(feature = "serde")]
mod serial;

use core::fmt;

use siphasher::sip::SipHasher24;

use crate::{Overflow, bug::Bug};

/// A Bloom clock (Ramabaja 2019): `M` counters in place of one per actor, of which each event raises `K`.
///
/// What is shown to be **not** before certainly is not. What is shown to be before may be mistaken, and the comparison says
/// how likely that is at most. 4 `M` bytes, however many actors there are; use it where that matters more than certainty,
/// and a [`VClock`](crate::VClock) otherwise.
///
/// The counters are `K` blocks of `M / K`, and an event raises one of each (a partitioned Bloom filter), so that its
/// hashes never meet and chances are products. `M` must be a multiple of `K`.
///
/// An event is named by bytes that no other event has: its dot, say. All members must name it alike.
///
/// ```
/// use quorate_vclock::{BloomCausality, BloomClock, Dot, wire::Wire};
///
/// type Clock = BloomClock<64, 4>;
/// let name = |actor: u64, counter| Dot::new(actor, counter).map(|dot| dot.to_bytes()).unwrap();
///
/// let (mut alice, mut bob) = (Clock::new(), Clock::new());
/// alice.increment(&name(1, 1))?; // alice sends
/// bob.merge(&alice);
/// bob.increment(&name(2, 1))?; // bob receives
/// let BloomCausality::ProbablyBefore { mistaken } = alice.compare(&bob) else { panic!() };
/// assert!(mistaken < 0.001); // with one event between them there is little that hashes could cover
///
/// alice.increment(&name(1, 2))?;
/// assert_eq!(alice.compare(&bob), BloomCausality::Concurrent); // certainly
/// # Ok::<(), quorate_vclock::Overflow>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BloomClock<const M: usize, const K: usize> {
    counters: [u32; M],
}

/// How two Bloom clocks are related, as far as they tell.
///
/// `mistaken` is an upper bound of a chance, hashes taken as random: that the clocks look like this although the later one
/// has **not** seen the latest event of the earlier one. It is the product, over the `K` blocks, of the counters in which
/// the later one is ahead and one more, to all counters of the block. If the latest event has been seen and clocks were
/// merged whole, so has all that led to it.
///
/// The bound is about the latest event, so it needs one: the earlier clock must have been incremented after it was last
/// merged, as is the clock that goes with an event or a message. Merging can hide events from the counters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BloomCausality {
    /// All counters are equal.
    ProbablyEqual {
        /// How likely each has an event that the other lacks, at most.
        mistaken: f64,
    },
    /// The left one is certainly not after and not equal. It is before, or they are concurrent.
    ProbablyBefore {
        /// How likely they are concurrent, at most.
        mistaken: f64,
    },
    /// The right one is certainly not after and not equal. It is before, or they are concurrent.
    ProbablyAfter {
        /// How likely they are concurrent, at most.
        mistaken: f64,
    },
    /// Each has seen something that the other has not. Certainly.
    Concurrent,
}

impl<const M: usize, const K: usize> BloomClock<M, K> {
    /// How many counters a block has.
    const WIDTH: usize = {
        assert!(K > 0 && M > 0 && M % K == 0, "the counters are K blocks of the same size");
        M / K
    };

    /// The clock that has seen nothing.
    pub const fn new() -> Self {
        let _ = Self::WIDTH;
        Self { counters: [0; M] }
    }

    /// The counters, block after block.
    pub const fn counters(&self) -> &[u32; M] {
        &self.counters
    }

    /// Takes in an event that has not been taken in before, named by bytes that no other event has. Costs `K` hashes.
    ///
    /// # Errors
    /// [`Overflow`] if one of its counters is used up. Nothing has changed then.
    pub fn increment(&mut self, event: &[u8]) -> Result<(), Overflow> {
        let places: [usize; K] = core::array::from_fn(|block| Self::place(block, event));
        let mut blocks = self.counters.chunks(Self::WIDTH).zip(places);
        if blocks.any(|(block, place)| block.get(place).is_none_or(|counter| *counter == u32::MAX)) {
            return Err(Overflow);
        }
        let forgotten = usize::from(Bug::BloomForgetsAHash.is_planted());
        let blocks = self.counters.chunks_mut(Self::WIDTH).zip(places).skip(forgotten);
        for counter in blocks.filter_map(|(block, place)| block.get_mut(place)) {
            *counter += 1;
        }
        Ok(())
    }

    /// Takes in what the other has seen: the higher of each two counters. To receive is this and an
    /// [`increment`](Self::increment).
    pub fn merge(&mut self, other: &Self) {
        if Bug::BloomMergeKeeps.is_planted() {
            return;
        }
        for (ours, theirs) in self.counters.iter_mut().zip(&other.counters) {
            *ours = (*ours).max(*theirs);
        }
    }

    /// How the two are related.
    pub fn compare(&self, other: &Self) -> BloomCausality {
        match (self.mistaken_before(other), other.mistaken_before(self)) {
            (Some(mistaken), Some(_)) => BloomCausality::ProbablyEqual { mistaken },
            (Some(mistaken), None) => BloomCausality::ProbablyBefore { mistaken },
            (None, Some(mistaken)) => BloomCausality::ProbablyAfter { mistaken },
            (None, None) => BloomCausality::Concurrent,
        }
    }

    /// Whether the other one has certainly not seen all that this one has. `false` says nothing for sure.
    pub fn certainly_not_before(&self, other: &Self) -> bool {
        self.counters.iter().zip(&other.counters).any(|(ours, theirs)| ours > theirs)
    }

    /// If no counter is above the other's: how likely that is a mistake, at most.
    #[allow(clippy::cast_precision_loss, reason = "there are fewer counters than 2^53")]
    fn mistaken_before(&self, other: &Self) -> Option<f64> {
        if self.certainly_not_before(other) {
            return None;
        }
        let blocks = self.counters.chunks(Self::WIDTH).zip(other.counters.chunks(Self::WIDTH));
        let covered = blocks.map(|(ours, theirs)| {
            let ahead = ours.iter().zip(theirs).filter(|(ours, theirs)| ours < theirs).count();
            // The latest event's own counter is covered, whether or not it is among those ahead.
            (ahead + 1).min(Self::WIDTH) as f64 / Self::WIDTH as f64
        });
        Some(covered.product())
    }

    /// Which counter of the block is the event's.
    fn place(block: usize, event: &[u8]) -> usize {
        let hash = SipHasher24::new_with_keys(KEY, block as u64).hash(event);
        let place = (u128::from(hash) * Self::WIDTH as u128) >> 64;
        usize::try_from(place).unwrap_or(0)
    }
}

/// The same for all clocks, for ever.
const KEY: u64 = 0x626c_6f6f_6d63_6c6b;

impl<const M: usize, const K: usize> Default for BloomClock<M, K> {
    fn default() -> Self {
        Self::new()
    }
}

/// Counters from elsewhere, as [`counters`](BloomClock::counters) returns them. All are those of some clock.
impl<const M: usize, const K: usize> From<[u32; M]> for BloomClock<M, K> {
    fn from(counters: [u32; M]) -> Self {
        let _ = Self::WIDTH;
        Self { counters }
    }
}

impl<const M: usize, const K: usize> fmt::Debug for BloomClock<M, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.counters.chunks(Self::WIDTH)).finish()
    }
}
