//! The settings of others, with their names, their defaults and their units of φ.
//!
//! Each gives the model that suspects as they do, and the threshold that is theirs. What they compute by an approximation or in
//! another unit is translated into the threshold, so that φ itself means the same in all models.

use core::{f64::consts::LN_10, time::Duration};

use libm::{expm1, log};
use thiserror::Error;

use crate::{
    Threshold, ThresholdError, gauss,
    memory::{Window, WindowError},
    model::{Exponential, ExponentialError, Normal, NormalError},
};

/// Akka's and Pekko's accrual failure detector, as their clusters are configured.
///
/// They approximate the normal distribution by a logistic function, whose φ is too high: their 8 is 7.06. The threshold is
/// translated, so that a peer is suspected at the same instant, to within a nanosecond or so. An interval during which the
/// peer was suspected is not learned from there. Here it is not if it is longer than what is suspected of a peer that was heard
/// once, which is the same for heartbeats that come about as `first_heartbeat_estimate` has it.
///
/// ```
/// use quorate_phi_detector::model::compatible::Akka;
///
/// let settings = Akka::default();
/// assert!((settings.threshold()?.phi() - 7.06241).abs() < 1e-5);
/// assert!(settings.model().is_ok());
/// # Ok::<(), quorate_phi_detector::ThresholdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Akka {
    /// The φ at which a peer is suspected, by the approximation. 8 by default.
    pub threshold: f64,
    /// How many intervals are remembered. 1000 by default.
    pub max_sample_size: u16,
    /// The least standard deviation. 100 ms by default.
    pub min_std_deviation: Duration,
    /// How much later than usual a heartbeat may be. 3 s by default.
    pub acceptable_heartbeat_pause: Duration,
    /// The interval that is assumed at first. 1 s by default.
    pub first_heartbeat_estimate: Duration,
}

impl Default for Akka {
    fn default() -> Self {
        Self {
            threshold: 8.0,
            max_sample_size: 1000,
            min_std_deviation: Duration::from_millis(100),
            acceptable_heartbeat_pause: Duration::from_secs(3),
            first_heartbeat_estimate: Duration::from_secs(1),
        }
    }
}

impl Akka {
    /// The model.
    ///
    /// # Errors
    /// If these settings are beyond the limits of [`Window`] or [`Normal`].
    pub fn model(&self) -> Result<Normal, CompatibleError> {
        let first = self.first_heartbeat_estimate;
        let spread = (first / 4).max(self.min_std_deviation);
        let deviations = self.deviations().clamp(1.0, DEVIATIONS_MAX);
        let longest = [self.acceptable_heartbeat_pause, try_mul(spread, deviations)]
            .into_iter()
            .fold(first, Duration::saturating_add);
        let window = Window::new(self.max_sample_size, longest.min(Window::LONGEST_MAX))?;
        let model = Normal::new(window, self.min_std_deviation, first)?;
        Ok(model.with_pause(self.acceptable_heartbeat_pause)?)
    }

    /// The threshold as φ is exactly.
    ///
    /// # Errors
    /// If it is out of the range of a [`Threshold`].
    pub fn threshold(&self) -> Result<Threshold, ThresholdError> {
        Threshold::new(gauss::phi(self.deviations()))
    }

    /// How many deviations late a heartbeat is at the threshold, by the approximation: 1 − CDF(y) is 1 / (1 + e^l), with
    /// l = y · (1.5976 + 0.070566 · y²).
    fn deviations(&self) -> f64 {
        // l of a φ is ln(10^φ − 1), which is φ · ln 10 long before the power overflows.
        let nats = self.threshold * LN_10;
        let logit = if nats > 40.0 { nats } else { log(expm1(nats)) };
        // Newton's method on a curve that rises throughout.
        let mut y = 0.0;
        for _ in 0..NEWTON_MAX {
            let error = y * (SLOPE + CUBE * y * y) - logit;
            y -= error / (SLOPE + 3.0 * CUBE * y * y);
        }
        y
    }
}

/// Cassandra's failure detector. φ is in the same unit.
///
/// Cassandra also silences all convictions after a pause of its own; what a [`Monitor`](crate::monitor) does about pauses is
/// another thing, and does not depend on the model.
///
/// ```
/// use quorate_phi_detector::model::compatible::Cassandra;
///
/// let settings = Cassandra::default();
/// assert_eq!(settings.threshold()?.phi(), 8.0);
/// assert!(settings.model().is_ok());
/// # Ok::<(), quorate_phi_detector::ThresholdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cassandra {
    /// The φ at which a peer is convicted. 8 by default.
    pub phi_convict_threshold: f64,
    /// How many intervals are remembered. 1000 by default.
    pub sample_size: u16,
    /// The interval that is assumed at first. 2 s by default.
    pub initial_value: Duration,
    /// The longest interval that is learned from. 2 s by default, as in versions that compare it in the unit it is in.
    pub max_interval: Duration,
}

impl Default for Cassandra {
    fn default() -> Self {
        Self {
            phi_convict_threshold: 8.0,
            sample_size: 1000,
            initial_value: Duration::from_secs(2),
            max_interval: Duration::from_secs(2),
        }
    }
}

impl Cassandra {
    /// The model.
    ///
    /// # Errors
    /// If these settings are beyond the limits of [`Window`] or [`Exponential`].
    pub fn model(&self) -> Result<Exponential, CompatibleError> {
        let window = Window::new(self.sample_size, self.max_interval)?;
        Ok(Exponential::new(window, self.initial_value)?)
    }

    /// The threshold.
    ///
    /// # Errors
    /// If it is out of the range of a [`Threshold`].
    pub fn threshold(&self) -> Result<Threshold, ThresholdError> {
        Threshold::new(self.phi_convict_threshold)
    }
}

/// chitchat's failure detector. Its φ is the silence over the mean interval, not in decades: its 8 is 3.47.
///
/// Of a peer that was heard once it says nothing; here the assumption says when it is suspected.
///
/// ```
/// use quorate_phi_detector::model::compatible::Chitchat;
///
/// let settings = Chitchat::default();
/// assert!((settings.threshold()?.phi() - 3.474).abs() < 1e-3);
/// assert!(settings.model().is_ok());
/// # Ok::<(), quorate_phi_detector::ThresholdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chitchat {
    /// How many mean intervals of silence are suspicious. 8 by default.
    pub phi_threshold: f64,
    /// How many intervals are remembered. 1000 by default.
    pub sampling_window_size: u16,
    /// The longest interval that is learned from. 10 s by default.
    pub max_interval: Duration,
    /// The interval that is assumed at first. 5 s by default.
    pub initial_interval: Duration,
    /// How many intervals the assumption counts for beside those that were seen, for ever. 5 by default; 0 is what versions
    /// without such a prior do, where it is one interval that leaves the window.
    pub prior_weight: u16,
}

impl Default for Chitchat {
    fn default() -> Self {
        Self {
            phi_threshold: 8.0,
            sampling_window_size: 1000,
            max_interval: Duration::from_secs(10),
            initial_interval: Duration::from_secs(5),
            prior_weight: 5,
        }
    }
}

impl Chitchat {
    /// The model.
    ///
    /// # Errors
    /// If these settings are beyond the limits of [`Window`] or [`Exponential`].
    pub fn model(&self) -> Result<Exponential, CompatibleError> {
        let window = Window::new(self.sampling_window_size, self.max_interval)?;
        Ok(Exponential::new(window, self.initial_interval)?.with_weight(self.prior_weight))
    }

    /// The threshold in decades.
    ///
    /// # Errors
    /// If it is out of the range of a [`Threshold`].
    pub fn threshold(&self) -> Result<Threshold, ThresholdError> {
        Threshold::new(self.phi_threshold / LN_10)
    }
}

fn try_mul(span: Duration, by: f64) -> Duration {
    Duration::try_from_secs_f64(span.as_secs_f64() * by).unwrap_or(Duration::MAX)
}

const SLOPE: f64 = 1.5976;
const CUBE: f64 = 0.070_566;
const NEWTON_MAX: usize = 64;
const DEVIATIONS_MAX: f64 = 1e6;

/// Why settings of others are beyond our limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompatibleError {
    /// The window cannot be.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The normal model cannot be.
    #[error(transparent)]
    Normal(#[from] NormalError),
    /// The exponential model cannot be.
    #[error(transparent)]
    Exponential(#[from] ExponentialError),
}
