use core::time::Duration;

use libm::sqrt;
use thiserror::Error;

use crate::{Bug, memory::Memory, model::Learned};

/// The last so many intervals, all with the same weight.
///
/// Intervals are kept as multiples of a unit that is a power of two nanoseconds, the finest with which the longest interval
/// has 26 bits: one nanosecond up to 67 ms, 16 ns up to a second, 256 ns up to 17 s. Sums over them are integers, so they do
/// not drift, however many intervals come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    samples: u16,
    unit_bits: u8,
    beyond: Beyond,
    longest: u64,
}

/// What is done with intervals longer than the longest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Beyond {
    /// They are not learned: the sender was away.
    #[default]
    Drop,
    /// They are learned as if they were the longest.
    Clamp,
}

impl Window {
    /// The most intervals that a window can hold.
    pub const SAMPLES_MAX: u16 = 4096;
    /// The longest interval that a window can be asked to hold.
    pub const LONGEST_MAX: Duration = Duration::from_secs(24 * 3600);

    /// A memory of `samples` intervals, none longer than `longest`.
    ///
    /// # Errors
    /// If there is nothing to remember, or too much.
    pub fn new(samples: u16, longest: Duration) -> Result<Self, WindowError> {
        if samples == 0 || samples > Self::SAMPLES_MAX {
            return Err(WindowError::Samples { samples });
        }
        let nanos = longest.as_nanos();
        let Ok(nanos) = u64::try_from(nanos) else { return Err(WindowError::Longest { longest }) };
        if longest.is_zero() || longest > Self::LONGEST_MAX {
            return Err(WindowError::Longest { longest });
        }
        let bits = u64::BITS - nanos.leading_zeros();
        let unit_bits = u8::try_from(bits.saturating_sub(VALUE_BITS)).unwrap_or(u8::MAX);
        Ok(Self { samples, unit_bits, beyond: Beyond::Drop, longest: nanos })
    }

    /// The same, with another rule for intervals that are longer than the longest.
    #[must_use]
    pub const fn with_beyond(self, beyond: Beyond) -> Self {
        Self { beyond, ..self }
    }

    /// How many intervals are remembered at most.
    pub const fn samples(&self) -> u16 {
        self.samples
    }

    /// The longest interval that is learned from.
    pub const fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest)
    }

    /// What is done with intervals that are longer.
    pub const fn beyond(&self) -> Beyond {
        self.beyond
    }

    /// What intervals are kept as multiples of, in nanoseconds.
    pub const fn unit(&self) -> u64 {
        1 << self.unit_bits
    }

    /// The interval in units, to the nearest one.
    pub(crate) const fn in_units(&self, interval: u64) -> u32 {
        let half = self.unit() / 2;
        #[expect(clippy::cast_possible_truncation, reason = "the longest interval has 26 bits in units")]
        let units = ((interval + half) >> self.unit_bits) as u32;
        // Rounding up must not take a 27th bit: 4096 squares of 26 bits are what 64 bits hold.
        if units > VALUE_MAX { VALUE_MAX } else { units }
    }

    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    pub(crate) const fn scale(&self) -> f64 {
        self.unit() as f64
    }
}

/// What a [`Window`] keeps for one peer: sums over the intervals, and where the ring goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WindowStats {
    sum: u64,
    squares: u64,
    // As wide as a register: a load of both as one, after stores of each, would wait until the stores are done.
    len: u32,
    next: u32,
}

impl WindowStats {
    /// The sum of all intervals in the window, in units.
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// The sum of their squares, in units.
    pub const fn squares(&self) -> u64 {
        self.squares
    }
}

impl Memory for Window {
    type Stats = WindowStats;

    fn slots(&self) -> usize {
        usize::from(self.samples)
    }

    fn longest(&self) -> u64 {
        self.longest
    }

    fn push(&self, stats: &mut WindowStats, ring: &mut [u32], interval: u64) -> Learned {
        let mut learned = Learned::AsItIs;
        let mut interval = interval;
        if interval > self.longest {
            match self.beyond {
                Beyond::Drop => return Learned::Dropped,
                Beyond::Clamp => (interval, learned) = (self.longest, Learned::Clamped),
            }
        }
        let Some(slot) = ring.get_mut(stats.next as usize) else { return Learned::Dropped };
        let value = self.in_units(interval);
        if stats.len == u32::from(self.samples) {
            stats.sum -= u64::from(*slot);
            stats.squares -= square(*slot);
        } else {
            stats.len += 1;
        }
        *slot = value;
        stats.sum += u64::from(value);
        stats.squares += square(value);
        stats.next = if stats.next + 1 == u32::from(self.samples) { 0 } else { stats.next + 1 };
        learned
    }

    fn len(&self, stats: &WindowStats) -> u32 {
        // The mistake of phi-accrual-failure-detector 0.1: every push counts, also those that push another one out.
        if Bug::CursorIsLength.is_planted() { stats.next } else { stats.len }
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum has at most 38 bits")]
    fn mean(&self, stats: &WindowStats) -> f64 {
        let len = f64::from(self.len(stats).max(1));
        let sum = stats.sum as f64;
        if Bug::MeanInverted.is_planted() {
            len / sum.max(1.0) * self.scale()
        } else {
            sum / len * self.scale()
        }
    }

    fn deviation(&self, stats: &WindowStats) -> f64 {
        deviation(self.len(stats), stats.sum, stats.squares) * self.scale()
    }
}

/// The standard deviation of so many numbers with this sum and this sum of squares; 0 if there are none.
pub(crate) fn deviation(len: u32, sum: u64, squares: u64) -> f64 {
    let len = len.max(1);
    // n²σ² = n·Σx² − (Σx)², in integers: nothing cancels.
    let scaled = u128::from(len) * u128::from(squares);
    let scaled = scaled.saturating_sub(u128::from(sum) * u128::from(sum));
    sqrt(to_f64(scaled)) / f64::from(len)
}

pub(crate) const fn square(value: u32) -> u64 {
    value as u64 * value as u64
}

/// The nearest float but for the last place; much faster than a conversion that rounds correctly.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "64 bits are more than a float has"
)]
fn to_f64(value: u128) -> f64 {
    let high = (value >> 64) as u64;
    let low = value as u64;
    if high == 0 { low as f64 } else { high as f64 * TWO_TO_64 + low as f64 }
}

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
pub(crate) const VALUE_BITS: u32 = 26;
const VALUE_MAX: u32 = (1 << VALUE_BITS) - 1;

/// Why a window cannot be as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WindowError {
    /// It would remember nothing, or too much.
    #[error("a window has from 1 to {} samples, not {samples}", Window::SAMPLES_MAX)]
    Samples {
        /// How many it was to have.
        samples: u16,
    },
    /// The longest interval is zero, or too long.
    #[error("the longest interval is above zero and at most {:?}, not {longest:?}", Window::LONGEST_MAX)]
    Longest {
        /// What it was to be.
        longest: Duration,
    },
}
