use core::{ops::Range, time::Duration};

use siphasher::sip::SipHasher24;

/// A probability in parts per million: integers only, so that a plan or a config means the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Chance(u32);

impl Chance {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(1_000_000);

    /// `ppm` parts per million; more than a million is a million.
    pub const fn ppm(ppm: u32) -> Self {
        Self(if ppm > 1_000_000 { 1_000_000 } else { ppm })
    }

    /// The parts per million.
    pub const fn as_ppm(self) -> u32 {
        self.0
    }
}

/// Randomness as a value: the n-th draw is SipHash-2-4 of n under the seed.
///
/// The sequence and the reductions are frozen, because seeds are kept in test corpora. The driver mixes node id
/// and incarnation into the seed ([`Rng::fork`]): equal seeds on all nodes make equal election timeouts, which is
/// a livelock.
///
/// ```
/// use quorate_machine::Rng;
///
/// let mut rng = Rng::new(42);
/// let roll = 1 + rng.below(6);
/// assert!((1..=6).contains(&roll));
/// assert_eq!(Rng::new(42), Rng::new(42));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rng {
    seed: u64,
    draws: u64,
}

impl Rng {
    /// The generator of `seed`, with nothing drawn.
    pub const fn new(seed: u64) -> Self {
        Self { seed, draws: 0 }
    }

    /// An independent generator for the part named `name`: drawing from one never moves the other.
    #[must_use]
    pub fn fork(&self, name: u64) -> Self {
        Self::new(hash(self.seed, FORK, name))
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        let value = hash(self.seed, DRAW, self.draws);
        self.draws = self.draws.wrapping_add(1);
        value
    }

    /// A draw whose value decides nothing, and so need not be known.
    const fn pass(&mut self) {
        self.draws = self.draws.wrapping_add(1);
    }

    /// A number below `bound`; 0 if the bound is 0. By multiplication: biased by less than `bound` in 2⁶⁴.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound <= 1 {
            self.pass();
            return 0;
        }
        let product = u128::from(self.draw()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(u64::MAX)
    }

    /// A span in the range, its start if the range is empty.
    pub fn span(&mut self, range: Range<Duration>) -> Duration {
        let width = range.end.saturating_sub(range.start);
        let width = u64::try_from(width.as_nanos()).unwrap_or(u64::MAX);
        range.start.saturating_add(Duration::from_nanos(self.below(width)))
    }

    /// True with the given probability. Always draws, so that the sequence does not depend on the odds.
    pub fn chance(&mut self, chance: Chance) -> bool {
        if chance == Chance::NEVER {
            self.pass();
            return false;
        }
        self.below(1_000_000) < u64::from(chance.as_ppm())
    }
}

const DRAW: u64 = 0x7175_6f72_6174_6531;
const FORK: u64 = 0x7175_6f72_6174_6532;

fn hash(seed: u64, purpose: u64, name: u64) -> u64 {
    SipHasher24::new_with_keys(seed, purpose).hash(&name.to_le_bytes())
}
