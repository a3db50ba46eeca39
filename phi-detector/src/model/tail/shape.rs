//! What the distribution of silences is, as far as a window tells.

use core::f64::consts::LOG10_E;

use super::losses::Losses;
use crate::{
    Threshold, gauss,
    grain::{coarse, least},
    nanos::to_float,
};

/// The distribution of the next interval, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Where the body is centred.
    mean: f64,
    /// How far usual intervals are from that.
    deviation: f64,
    /// One over that.
    narrowness: f64,
    /// How much longer an outlier is than the limit, on average.
    excess: f64,
    /// `−ln` of the probability of an outlier.
    rarity: f64,
    /// What is lost, if anything ever was.
    losses: Option<Losses>,
    /// How fast φ rises among outliers, in decades for each nanosecond.
    steepness: f64,
}

/// How outliers are distributed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outliers {
    /// How much longer than the limit they are, on average.
    pub(super) excess: f64,
    /// `−ln` of their probability.
    pub(super) rarity: f64,
}

/// How many deviations beyond the mean an interval is an outlier.
const OUTLIER_DEVIATIONS: f64 = 4.0;

/// From where on an interval is an outlier.
pub(super) fn limit(mean: f64, deviation: f64) -> f64 {
    mean + OUTLIER_DEVIATIONS * deviation
}

impl Shape {
    pub(super) fn new(mean: f64, deviation: f64, outliers: Outliers, losses: Option<Losses>) -> Self {
        let Outliers { excess, rarity } = outliers;
        let (narrowness, steepness) = (1.0 / deviation, LOG10_E / excess);
        Self { mean, deviation, narrowness, excess, rarity, losses, steepness }
    }

    /// From where on an interval is an outlier.
    fn limit(&self) -> f64 {
        limit(self.mean, self.deviation)
    }

    /// How many deviations late it is.
    fn lateness(&self, silence: u64) -> f64 {
        (to_float(coarse(silence)) - self.mean) * self.narrowness
    }

    /// φ among outliers. At least that of being one: where the body ends is not known any better.
    fn outlying(&self, silence: u64) -> f64 {
        let beyond = (to_float(coarse(silence)) - self.limit()).max(0.0);
        beyond * self.steepness + self.rarity * LOG10_E
    }

    /// φ if no heartbeat was lost.
    fn delayed(&self, silence: u64) -> f64 {
        gauss::phi(self.lateness(silence)).min(self.outlying(silence))
    }

    /// The time that a lost heartbeat takes.
    fn beat(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturation is what is wanted"
        )]
        let beat = self.mean as u64;
        beat.max(1)
    }

    /// The silence but for so many lost heartbeats.
    fn without(&self, silence: u64, lost: u64) -> u64 {
        silence.saturating_sub(lost.saturating_mul(self.beat()))
    }

    /// φ after this silence: the greatest value whose horizon it has reached.
    ///
    /// The horizon of Φ is that of Φ without losses, and the beats of the fewest losses that are as improbable as Φ. So φ is the
    /// greatest of `min(φ without j beats, φ of more than j losses)` over all j. The first falls with j and the second rises, so
    /// it is at the j where they meet, or one before.
    pub(super) fn phi(&self, silence: u64) -> f64 {
        let delayed = self.delayed(silence);
        let Some(losses) = self.losses.filter(|losses| losses.phi(0) < delayed) else { return delayed };
        // There is no silence left after so many; halving them takes 64 steps at most.
        let (mut low, mut high) = (0, (silence / self.beat()).saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            if losses.phi(middle) >= self.delayed(self.without(silence, middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let met = self.delayed(self.without(silence, low));
        if low == 0 { met } else { met.max(losses.phi(low - 1)) }
    }

    /// The least silence with at least this φ.
    pub(super) fn horizon(&self, threshold: &Threshold) -> u64 {
        let lost = self.losses.map_or(0, |losses| losses.least(threshold.phi()));
        let reaches = |silence| {
            let silence = self.without(silence, lost);
            self.lateness(silence) >= threshold.deviations() && self.outlying(silence) >= threshold.phi()
        };
        if reaches(0) {
            return 0;
        }
        let body = self.mean + threshold.deviations() * self.deviation;
        let rarer = threshold.nats() - self.rarity;
        let outlying = if rarer > 0.0 { self.limit() + self.excess * rarer } else { 0.0 };
        let beats = to_float(lost.saturating_mul(self.beat()));
        least(body.max(outlying).max(0.0) + beats, reaches)
    }
}
