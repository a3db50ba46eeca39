//! The usual, the unusual, and the lost, each with a distribution of its own.

mod losses;
mod shape;
mod slot;

use core::time::Duration;

use libm::log;
use thiserror::Error;

use self::{
    losses::Losses,
    shape::{Outliers, Shape, limit},
    slot::{Slot, run},
};
use crate::{
    Bug, Threshold,
    memory::{Beyond, Window, deviation, square},
    model::{Learned, Model, Sample},
    nanos::{nanos, to_float},
};

/// Intervals are normal as long as they are usual; outliers and losses are counted apart, so that they neither hide what is usual
/// nor come as a surprise.
///
/// An interval beyond the limit, mean and four deviations of the usual ones, is an outlier when it comes. φ is the less of two:
/// that of the normal distribution of the others, and that of an outlier being longer, whose excess over the limit is
/// exponential (peaks over threshold: Pickands 1975). Where heartbeats are numbered
/// ([`Detector::stamped`](crate::Detector::stamped)), the lost ones do not count as delay; runs of them begin with one probability
/// and go on with another (Gilbert 1960), and φ allows for as many whole intervals as such a run is likely to take. That a run is
/// long and the heartbeat after it late as well is added, so φ is up to log₁₀ 2 too high where both are as likely.
///
/// Nothing is taken for impossible because it was not seen yet. Beside the outliers in the window there is always one more, a
/// whole interval beyond the limit (Laplace's rule of succession), so that n intervals support a φ of log₁₀ n or so, and each
/// decade more takes 2.3 mean excesses, as in [`Exponential`](crate::model::Exponential). Losses count from the first that is in
/// the window.
///
/// Outliers are at most an eighth of the window. What is beyond that is the new usual, so that the model follows when a sender
/// becomes slower; a much faster one is followed as the window forgets.
///
/// Choose it where φ has to mean what it says, with losses and stalls. It is slower to detect crashes than those that do not expect
/// such things, and the price is paid at thresholds above log₁₀ n.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::{Detector, Threshold, memory::Window, model::Tail};
///
/// let ms = Duration::from_millis;
/// let model = Tail::new(Window::new(1000, ms(10_000))?, ms(1), ms(100))?;
/// let mut peer = Detector::new(model);
/// let mut now = Time::ZERO;
/// for _ in 0..=1100 {
///     now = now + ms(100);
///     peer.heartbeat(now);
/// }
/// // A thousand heartbeats without an outlier: the limit is 4 ms late, and makes one in a thousand suspicious.
/// let [suspect, evict] = [Threshold::new(3.0)?, Threshold::new(6.0)?];
/// let after = |threshold| peer.deadline(threshold).map(|at| at.since(now).as_millis());
/// assert_eq!(after(&suspect), Some(103));
/// // Nobody knows what one in a million is like: it may be seven intervals.
/// assert_eq!(after(&evict), Some(794));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    window: Window,
    deviation_min: f64,
    prior: [u64; 2],
}

impl Tail {
    /// The fewest samples that can be divided into the usual and the unusual.
    pub const SAMPLES_MIN: u16 = 16;

    /// A model that remembers what the window does, expects heartbeats `first` apart before it has seen any, and takes no
    /// deviation to be below `deviation_min`.
    ///
    /// Before the first interval it assumes two, a quarter shorter and a quarter longer than `first`, that leave the window like
    /// any other. What is longer than the window's longest interval is treated as the window has it, losses and all.
    ///
    /// # Errors
    /// If the window has fewer than [`Tail::SAMPLES_MIN`] samples, `deviation_min` is zero or longer than a day, or `first` is
    /// zero or, with a quarter more, longer than the window's longest.
    pub fn new(window: Window, deviation_min: Duration, first: Duration) -> Result<Self, TailError> {
        if window.samples() < Self::SAMPLES_MIN {
            return Err(TailError::Samples { samples: window.samples() });
        }
        if deviation_min.is_zero() || deviation_min > Window::LONGEST_MAX {
            return Err(TailError::DeviationMin { deviation_min });
        }
        let quarter = nanos(first) / 4;
        let prior = [nanos(first) - quarter, nanos(first).saturating_add(quarter)];
        if first.is_zero() || prior[1] > nanos(window.longest()) {
            return Err(TailError::First { first });
        }
        Ok(Self { window, deviation_min: to_float(nanos(deviation_min)), prior })
    }

    /// The window.
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Where the usual intervals are centred, and how far they stray from there.
    fn body(&self, stats: &TailStats) -> (f64, f64) {
        let scale = self.window.scale();
        let mean = float_of(stats.sum) * scale / f64::from(stats.usual.max(1));
        let deviation = deviation(stats.usual.into(), stats.sum, stats.squares) * scale;
        (mean.max(1.0), deviation.max(self.deviation_min))
    }

    fn shape(&self, stats: &TailStats) -> Shape {
        let (mean, deviation) = self.body(stats);
        let outliers = f64::from(stats.outliers);
        let outlying = float_of(stats.outlying) * self.window.scale();
        let beyond = (outlying - outliers * limit(mean, deviation)).max(0.0);
        let (excess, rarity) = if Bug::NothingIsUnseen.is_planted() {
            (beyond / outliers.max(1.0), outliers.max(f64::MIN_POSITIVE) / f64::from(stats.len()))
        } else {
            // One more outlier than there were, a whole interval beyond the limit.
            ((beyond + mean) / (outliers + 1.0), (outliers + 1.0) / (f64::from(stats.len()) + 2.0))
        };
        let outliers = Outliers { excess: excess.max(deviation), rarity: -log(rarity) };
        let losses = (stats.runs > 0).then(|| Losses::new(stats.len(), stats.runs.into(), stats.lost));
        Shape::new(mean, deviation, outliers, losses)
    }

    /// Whether an interval is far longer than usual, and that is not what has become usual.
    fn is_outlier(&self, stats: &TailStats, value: u32) -> bool {
        let room = (u32::from(stats.outliers) + 1) * OUTLIERS_PART <= stats.len() + 1;
        let (mean, deviation) = self.body(stats);
        room && !Bug::BodyTakesOutliers.is_planted()
            && f64::from(value) * self.window.scale() > limit(mean, deviation)
    }

    fn remember(&self, stats: &mut TailStats, ring: &mut [u32], interval: u64, lost: u32) -> bool {
        let Some(bits) = ring.get_mut(usize::from(stats.next)) else { return false };
        if stats.len() == u32::from(self.window.samples()) {
            stats.take(Slot::unpack(*bits));
        }
        let value = self.window.in_units(interval);
        let slot = Slot { value, lost: run(lost), is_outlier: self.is_outlier(stats, value) };
        stats.put(slot);
        *bits = slot.pack();
        stats.next = if stats.next + 1 == self.window.samples() { 0 } else { stats.next + 1 };
        true
    }
}

/// The outliers in a window are one in so many at most.
const OUTLIERS_PART: u32 = 8;

#[expect(clippy::cast_precision_loss, reason = "a sum has at most 38 bits")]
const fn float_of(sum: u64) -> f64 {
    sum as f64
}

/// What [`Tail`] keeps of one peer: sums over the window, and where the ring goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TailStats {
    sum: u64,
    squares: u64,
    outlying: u64,
    lost: u32,
    usual: u16,
    outliers: u16,
    runs: u16,
    next: u16,
}

impl TailStats {
    /// How many intervals are remembered.
    pub const fn len(&self) -> u32 {
        self.usual as u32 + self.outliers as u32
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of them are outliers.
    pub const fn outliers(&self) -> u32 {
        self.outliers as u32
    }

    /// How many runs of heartbeats were lost.
    pub const fn runs(&self) -> u32 {
        self.runs as u32
    }

    /// How many heartbeats were lost in them; long runs are rounded to powers of two.
    pub const fn lost(&self) -> u32 {
        self.lost
    }

    fn put(&mut self, slot: Slot) {
        if slot.is_outlier {
            self.outliers += 1;
            self.outlying += u64::from(slot.value);
        } else {
            self.usual += 1;
            self.sum += u64::from(slot.value);
            self.squares += square(slot.value);
        }
        if slot.lost > 0 {
            self.runs += 1;
            let lost = if Bug::RunIsOneLoss.is_planted() { 1 } else { slot.lost };
            self.lost = self.lost.saturating_add(lost);
        }
    }

    /// Subtracts what was once added, unless the ring is another one.
    fn take(&mut self, slot: Slot) {
        if slot.is_outlier && !Bug::OutliersLeaveTheBody.is_planted() {
            self.outliers = self.outliers.saturating_sub(1);
            self.outlying = self.outlying.saturating_sub(slot.value.into());
        } else {
            self.usual = self.usual.saturating_sub(1);
            self.sum = self.sum.saturating_sub(slot.value.into());
            self.squares = self.squares.saturating_sub(square(slot.value));
        }
        if slot.lost > 0 {
            self.runs = self.runs.saturating_sub(1);
            self.lost = self.lost.saturating_sub(if Bug::RunIsOneLoss.is_planted() { 1 } else { slot.lost });
        }
    }
}

impl Model for Tail {
    type Stats = TailStats;

    fn slots(&self) -> usize {
        usize::from(self.window.samples())
    }

    fn start(&self, ring: &mut [u32]) -> TailStats {
        let mut stats = TailStats::default();
        for interval in self.prior {
            self.remember(&mut stats, ring, interval, 0);
        }
        stats
    }

    fn observe(&self, stats: &mut TailStats, ring: &mut [u32], sample: Sample) -> Learned {
        let longest = nanos(self.window.longest());
        let mut learned = Learned::AsItIs;
        if sample.interval > longest {
            match self.window.beyond() {
                Beyond::Drop => return Learned::Dropped,
                Beyond::Clamp => learned = Learned::Clamped,
            }
        }
        // What is lost is no delay: each heartbeat that was sent had its share.
        let interval = (sample.interval / (u64::from(sample.missed) + 1)).min(longest);
        if self.remember(stats, ring, interval, sample.missed) { learned } else { Learned::Dropped }
    }

    fn phi(&self, stats: &TailStats, silence: u64) -> f64 {
        self.shape(stats).phi(silence)
    }

    fn horizon(&self, stats: &TailStats, threshold: &Threshold) -> u64 {
        self.shape(stats).horizon(threshold)
    }

    fn expected(&self, stats: &TailStats) -> f64 {
        self.body(stats).0
    }
}

/// Why the unusual cannot be told from the usual as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TailError {
    /// There are too few to have outliers among them.
    #[error("outliers are told from {} samples or more, not {samples}", Tail::SAMPLES_MIN)]
    Samples {
        /// How many there were to be.
        samples: u16,
    },
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
}
