use core::time::Duration;

use libm::sqrt;
use thiserror::Error;

use crate::{memory::Memory, model::Learned};

/// All intervals, each with less weight than the next one: 16 bytes for each peer and no ring.
///
/// The mean moves by `1/n` of the distance for the n-th interval until that is below the chosen share, and by that share
/// from then on; the variance moves along with it (West 1979; Finch 2009, §9). So the first interval does not weigh more than
/// the others, as it does where an average starts at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    samples: u16,
    share: f64,
    longest: u64,
}

impl Decay {
    /// A memory that moves by a `samples`-th with each interval, and does not learn from those longer than `longest`.
    ///
    /// # Errors
    /// If `samples` is 0, or `longest` is zero or longer than [`Window::LONGEST_MAX`](crate::memory::Window::LONGEST_MAX).
    pub fn new(samples: u16, longest: Duration) -> Result<Self, DecayError> {
        if samples == 0 {
            return Err(DecayError::Samples);
        }
        match u64::try_from(longest.as_nanos()) {
            Ok(nanos) if nanos > 0 && longest <= super::Window::LONGEST_MAX => {
                Ok(Self { samples, share: 1.0 / f64::from(samples), longest: nanos })
            }
            _ => Err(DecayError::Longest { longest }),
        }
    }

    /// How many intervals have most of the weight.
    pub const fn samples(&self) -> u16 {
        self.samples
    }
}

/// What a [`Decay`] keeps for one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DecayStats {
    mean: u64,
    variance: u64,
    len: u16,
}

impl Memory for Decay {
    type Stats = DecayStats;

    fn slots(&self) -> usize {
        0
    }

    fn longest(&self) -> u64 {
        self.longest
    }

    #[expect(clippy::cast_precision_loss, reason = "a day has 47 bits of nanoseconds")]
    fn push(&self, stats: &mut DecayStats, _: &mut [u32], interval: u64) -> Learned {
        if interval > self.longest {
            return Learned::Dropped;
        }
        let share = if stats.len < self.samples {
            stats.len += 1;
            1.0 / f64::from(stats.len)
        } else {
            self.share
        };
        let mean = f64::from_bits(stats.mean);
        let distance = interval as f64 - mean;
        let variance = (1.0 - share) * (f64::from_bits(stats.variance) + share * distance * distance);
        stats.mean = (mean + share * distance).to_bits();
        stats.variance = variance.to_bits();
        Learned::AsItIs
    }

    fn len(&self, stats: &DecayStats) -> u32 {
        u32::from(stats.len)
    }

    fn mean(&self, stats: &DecayStats) -> f64 {
        f64::from_bits(stats.mean)
    }

    fn deviation(&self, stats: &DecayStats) -> f64 {
        sqrt(f64::from_bits(stats.variance))
    }
}

/// Why a memory cannot decay as it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecayError {
    /// It would remember nothing.
    #[error("a decaying memory of 0 samples remembers nothing")]
    Samples,
    /// The longest interval is zero, or too long.
    #[error("the longest interval is above zero and at most a day, not {longest:?}")]
    Longest {
        /// What it was to be.
        longest: Duration,
    },
}
