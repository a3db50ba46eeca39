use core::{f64::consts::LOG10_E, time::Duration};

use thiserror::Error;

use crate::{
    Bug, Threshold,
    grain::{coarse, least},
    memory::{Memory, Window},
    model::{Learned, Model, Sample},
    nanos::{nanos, to_float},
};

/// Intervals are distributed exponentially: φ is the silence over their mean, in decades. What Cassandra computes.
///
/// Every 2.3 mean intervals of silence are one more φ, however regular heartbeats are: with 8 as threshold a peer is suspected
/// after 18.4 intervals. Choose it where heartbeats come by gossip, over many hops, or where losses make any finer model
/// wrong; it is slow, and hardly ever mistaken. It needs the mean alone, which a few intervals tell well.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::{Detector, Threshold, memory::Window, model::Exponential};
///
/// let model = Exponential::new(Window::new(1000, Duration::from_secs(10))?, Duration::from_secs(2))?;
/// let mut peer = Detector::new(model);
/// peer.heartbeat(Time::ZERO);
/// let at = peer.deadline(&Threshold::new(8.0)?).expect("it was heard");
/// assert_eq!(at.as_nanos(), 36_841_361_488); // 2 s · 8 · ln 10
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential<H = Window> {
    memory: H,
    first: u64,
    weight: u16,
}

impl<H: Memory> Exponential<H> {
    /// A model that expects heartbeats `first` apart before it has seen any.
    ///
    /// That interval is remembered like one that was seen, until it leaves the memory. Choose it rather too long than too
    /// short: whoever was heard once is suspected by it.
    ///
    /// # Errors
    /// If `first` is zero, or longer than what the memory can learn.
    pub fn new(memory: H, first: Duration) -> Result<Self, ExponentialError> {
        if first.is_zero() || nanos(first) > memory.longest() {
            return Err(ExponentialError { first });
        }
        Ok(Self { memory, first: nanos(first), weight: 0 })
    }

    /// The same, but `first` counts for ever, as so many intervals beside those that are remembered: additive smoothing, as
    /// chitchat has it. With 0 it is one interval that leaves the memory, as in [`Exponential::new`].
    #[must_use]
    pub fn with_weight(self, weight: u16) -> Self {
        Self { weight, ..self }
    }

    /// The memory.
    pub const fn memory(&self) -> &H {
        &self.memory
    }

    /// The mean interval, at least a nanosecond.
    fn mean(&self, stats: &H::Stats) -> f64 {
        let mean = self.memory.mean(stats);
        if self.weight == 0 {
            return mean.max(1.0);
        }
        let (len, weight) = (f64::from(self.memory.len(stats)), f64::from(self.weight));
        ((mean * len + to_float(self.first) * weight) / (len + weight)).max(1.0)
    }
}

/// How fast φ rises, in decades for each nanosecond.
fn rate(mean: f64) -> f64 {
    if Bug::PhiInNats.is_planted() { 1.0 / mean } else { LOG10_E / mean }
}

/// φ after this silence.
fn decades(silence: u64, rate: f64) -> f64 {
    to_float(coarse(silence)) * rate
}

impl<H: Memory> Model for Exponential<H> {
    type Stats = H::Stats;

    fn slots(&self) -> usize {
        self.memory.slots()
    }

    fn start(&self, ring: &mut [u32]) -> H::Stats {
        let mut stats = H::Stats::default();
        if self.weight == 0 {
            self.memory.push(&mut stats, ring, self.first);
        }
        stats
    }

    fn observe(&self, stats: &mut H::Stats, ring: &mut [u32], sample: Sample) -> Learned {
        self.memory.push(stats, ring, sample.interval)
    }

    fn phi(&self, stats: &H::Stats, silence: u64) -> f64 {
        decades(silence, rate(self.mean(stats)))
    }

    fn horizon(&self, stats: &H::Stats, threshold: &Threshold) -> u64 {
        let mean = self.mean(stats);
        let rate = rate(mean);
        least(mean * threshold.nats(), |silence| decades(silence, rate) >= threshold.phi())
    }

    fn expected(&self, stats: &H::Stats) -> f64 {
        self.mean(stats)
    }
}

/// Why an exponential model cannot be as it was asked for: nothing would be expected of a peer that was heard once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the first interval is above zero and can be learned; {first:?} is not")]
pub struct ExponentialError {
    /// What it was to be.
    pub first: Duration,
}
