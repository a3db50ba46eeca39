use core::time::Duration;

use thiserror::Error;

use crate::{
    Threshold, gauss,
    grain::{coarse, least},
    memory::{Memory, Window},
    model::{Learned, Model, Sample},
    nanos::{nanos, to_float},
};

/// Intervals are normally distributed around their mean: φ accrual as Hayashibara et al. define it (2004, §4.3).
///
/// With a pause it is what Akka does, except that φ is exact: so much longer than its mean a heartbeat may take before it is
/// late at all. Choose it where heartbeats are rarely lost and jitter is what makes them late. One lost heartbeat is as many
/// deviations late as an interval has, so that with little jitter no threshold tells it from a crash; a pause of one interval
/// mends that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal<H = Window> {
    memory: H,
    deviation_min: f64,
    pause: f64,
    prior: [u64; 2],
}

impl<H: Memory> Normal<H> {
    /// The least that a deviation can be bounded by. Silences are nanoseconds.
    pub const DEVIATION_MIN: Duration = Duration::from_nanos(1);

    /// A model that expects heartbeats `first` apart before it has seen any, and takes no deviation to be below
    /// `deviation_min`.
    ///
    /// Before the first interval it assumes two, a quarter shorter and a quarter longer than `first`, as Akka does. They
    /// leave the memory like any other.
    ///
    /// # Errors
    /// If `deviation_min` is zero or longer than a day, or `first` is zero or too long for the memory.
    pub fn new(memory: H, deviation_min: Duration, first: Duration) -> Result<Self, NormalError> {
        if deviation_min < Self::DEVIATION_MIN || deviation_min > Window::LONGEST_MAX {
            return Err(NormalError::DeviationMin { deviation_min });
        }
        let nanos_first = nanos(first.min(Window::LONGEST_MAX));
        let prior = [nanos_first - nanos_first / 4, nanos_first + nanos_first / 4];
        if first.is_zero() || first > Window::LONGEST_MAX || prior[1] > memory.longest() {
            return Err(NormalError::First { first });
        }
        Ok(Self { memory, deviation_min: to_float(nanos(deviation_min)), pause: 0.0, prior })
    }

    /// The same, but a heartbeat may come later by `pause` than it would have to.
    ///
    /// # Errors
    /// If the pause is longer than a day.
    pub fn with_pause(self, pause: Duration) -> Result<Self, NormalError> {
        if pause > Window::LONGEST_MAX {
            return Err(NormalError::Pause { pause });
        }
        Ok(Self { pause: to_float(nanos(pause)), ..self })
    }

    /// The memory.
    pub const fn memory(&self) -> &H {
        &self.memory
    }

    /// Where the distribution is centred, and the inverse of how wide it is.
    fn shape(&self, stats: &H::Stats) -> (f64, f64) {
        let deviation = self.memory.deviation(stats).max(self.deviation_min);
        (self.memory.mean(stats) + self.pause, deviation)
    }
}

/// How many deviations late a heartbeat is.
fn lateness(silence: u64, mean: f64, narrowness: f64) -> f64 {
    (to_float(coarse(silence)) - mean) * narrowness
}

impl<H: Memory> Model for Normal<H> {
    type Stats = H::Stats;

    fn slots(&self) -> usize {
        self.memory.slots()
    }

    fn start(&self, ring: &mut [u32]) -> H::Stats {
        let mut stats = H::Stats::default();
        for interval in self.prior {
            self.memory.push(&mut stats, ring, interval);
        }
        stats
    }

    fn observe(&self, stats: &mut H::Stats, ring: &mut [u32], sample: Sample) -> Learned {
        self.memory.push(stats, ring, sample.interval)
    }

    fn phi(&self, stats: &H::Stats, silence: u64) -> f64 {
        let (mean, deviation) = self.shape(stats);
        gauss::phi(lateness(silence, mean, 1.0 / deviation))
    }

    fn horizon(&self, stats: &H::Stats, threshold: &Threshold) -> u64 {
        let (mean, deviation) = self.shape(stats);
        let narrowness = 1.0 / deviation;
        // Only coarse silences are tried.
        least(mean + threshold.deviations() * deviation, |silence| {
            (to_float(silence) - mean) * narrowness >= threshold.deviations()
        })
    }

    fn expected(&self, stats: &H::Stats) -> f64 {
        self.memory.mean(stats)
    }
}

/// Why a normal model cannot be as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NormalError {
    /// With no bound, heartbeats without jitter would have no deviation.
    #[error("the least deviation is above zero and at most a day, not {deviation_min:?}")]
    DeviationMin {
        /// What it was to be.
        deviation_min: Duration,
    },
    /// Nothing would be expected of a peer that was heard once.
    #[error("the first interval is above zero, and a quarter more than it can be learned; {first:?} is not")]
    First {
        /// What it was to be.
        first: Duration,
    },
    /// The pause is too long.
    #[error("a pause is at most a day, not {pause:?}")]
    Pause {
        /// What it was to be.
        pause: Duration,
    },
}
