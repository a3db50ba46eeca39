//! How often heartbeats have to be sent, and how late they may be, for what is asked of a detector.

use core::time::Duration;

use libm::log;
use thiserror::Error;

use super::{Chen, ChenError};
use crate::Bug;

/// What is asked of a detector (Chen et al. 2002, §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// A crash is detected within this span and the mean delay of a heartbeat; or, where the last heartbeat was later than the next
    /// one should have been, within the margin after it.
    pub detection: Duration,
    /// From one mistake to the next it takes at least this long, on average.
    pub recurrence: Duration,
    /// A mistake is put right within this span, on average.
    pub duration: Duration,
}

/// How heartbeats get from one node to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// The probability that a heartbeat is lost, from 0 to below 1. Each is lost by itself.
    pub loss: f64,
    /// The standard deviation of delays. Nothing else is assumed of them.
    pub deviation: Duration,
}

impl Chen {
    /// A model that keeps these requirements on such a network, with the longest interval for that, to within a hundredth: the
    /// configurator for unknown delays (2002, §6). The sender's interval is [`Chen::interval`] of it, and the threshold is 1.
    /// Meant to be called once: it takes up to 700,000 logarithms.
    ///
    /// Of delays only the deviation is known, so their tail is bounded by the one-sided inequality of Chebyshev; on most
    /// networks mistakes are far rarer than was asked for. That heartbeats are lost by themselves is assumed: where losses come in
    /// runs, mistakes are as frequent as runs that are longer than the detection time.
    ///
    /// ```
    /// use core::time::Duration;
    /// use quorate_phi_detector::model::{Chen, Network, Requirements};
    ///
    /// let asked = Requirements {
    ///     detection: Duration::from_secs(1),
    ///     recurrence: Duration::from_secs(24 * 3600),
    ///     duration: Duration::from_secs(1),
    /// };
    /// let network = Network { loss: 0.01, deviation: Duration::from_millis(20) };
    /// let model = Chen::for_requirements(1000, &asked, &network)?;
    /// assert_eq!(model.interval().as_millis(), 278);
    /// assert_eq!(model.interval() + model.margin(), asked.detection);
    /// # Ok::<(), quorate_phi_detector::model::ConfigureError>(())
    /// ```
    ///
    /// # Errors
    /// If a number is none of the kind, or the requirements would take more than [`Chen::HEARTBEATS_MAX`] heartbeats within
    /// the detection time.
    pub fn for_requirements(
        samples: u16,
        requirements: &Requirements,
        network: &Network,
    ) -> Result<Self, ConfigureError> {
        if !(0.0..1.0).contains(&network.loss) {
            return Err(ConfigureError::Loss { loss: network.loss });
        }
        let asked = Asked::new(requirements, network);
        let interval = asked.longest_interval().ok_or(ConfigureError::Unreachable)?;
        let interval = Duration::try_from_secs_f64(interval).map_err(|_| ConfigureError::Unreachable)?;
        let margin = requirements.detection.saturating_sub(interval);
        Ok(Self::new(samples, interval, margin)?)
    }

    /// How many heartbeats are tried within a detection time, to meet requirements.
    pub const HEARTBEATS_MAX: u32 = 1000;
}

/// The same in seconds.
struct Asked {
    detection: f64,
    recurrence: f64,
    duration: f64,
    loss: f64,
    variance: f64,
}

impl Asked {
    fn new(requirements: &Requirements, network: &Network) -> Self {
        let deviation = network.deviation.as_secs_f64();
        Self {
            detection: requirements.detection.as_secs_f64(),
            recurrence: requirements.recurrence.as_secs_f64(),
            duration: requirements.duration.as_secs_f64(),
            loss: network.loss,
            variance: deviation * deviation,
        }
    }

    /// The bound on the probability that a heartbeat has not come when it is `late` more than the mean delay after it was
    /// sent: it is lost, or delayed for longer (Cantelli).
    fn missing(&self, late: f64) -> f64 {
        let square = late * late;
        let loss = if Bug::LossIsNoRisk.is_planted() { 0.0 } else { self.loss };
        (self.variance + loss * square) / (self.variance + square)
    }

    /// Whether mistakes are rare enough: each begins where a heartbeat is late, and only if none of those that were sent since
    /// has come either.
    fn is_rare(&self, interval: f64) -> bool {
        let mut rarity = log(interval);
        for sent in 1..Chen::HEARTBEATS_MAX {
            let late = self.detection - f64::from(sent) * interval;
            if late <= 0.0 {
                break;
            }
            rarity -= log(self.missing(late));
        }
        rarity >= log(self.recurrence)
    }

    /// The longest interval that keeps all requirements, but for a part in a hundred or so.
    fn longest_interval(&self) -> Option<f64> {
        // A mistake lasts until a heartbeat comes in time, which each does with this probability.
        let in_time = 1.0 - self.missing(self.detection);
        let longest = (in_time * self.duration).min(self.detection * LONGEST_PART);
        let shortest = self.detection / f64::from(Chen::HEARTBEATS_MAX);
        let mut interval = longest;
        for _ in 0..STEPS_MAX {
            // Also where one of them is no number.
            if !(interval >= shortest && interval > 0.0) {
                return None;
            }
            if self.is_rare(interval) {
                return Some(interval);
            }
            interval *= STEP;
        }
        None
    }
}

/// What is left of the detection time is the margin, which is not nothing.
const LONGEST_PART: f64 = 0.999;
const STEP: f64 = 0.99;
/// 0.99 to this power is below a thousandth.
const STEPS_MAX: usize = 700;

/// Why no interval keeps what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// Nothing would ever arrive.
    #[error("a heartbeat is lost with a probability from 0 to below 1, not {loss}")]
    Loss {
        /// What it was to be.
        loss: f64,
    },
    /// Heartbeats would have to be sent too often.
    #[error("this takes more than {} heartbeats within the detection time", Chen::HEARTBEATS_MAX)]
    Unreachable,
    /// An interval or a margin comes out that cannot be.
    #[error(transparent)]
    Chen(#[from] ChenError),
}
