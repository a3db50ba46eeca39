use core::f64::consts::LN_10;

use thiserror::Error;

use crate::gauss;

/// A value of φ at which something is to happen, with what every model needs to turn it into an instant without a special
/// function: made once, shared by all peers.
///
/// ```
/// use quorate_phi_detector::Threshold;
///
/// let suspect = Threshold::new(8.0)?;
/// assert!((suspect.deviations() - 5.612).abs() < 1e-3); // standard deviations beyond the mean, in the normal model
/// assert!((suspect.nats() - 18.42).abs() < 1e-2); // mean intervals, in the exponential model
/// assert!(Threshold::new(0.0).is_err());
/// # Ok::<(), quorate_phi_detector::ThresholdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Threshold {
    phi: f64,
    deviations: f64,
    nats: f64,
}

impl Threshold {
    /// The least φ that can be a threshold.
    pub const PHI_MIN: f64 = 1e-6;
    /// The greatest φ that can be a threshold.
    pub const PHI_MAX: f64 = 1e6;

    /// The threshold at `phi`.
    ///
    /// # Errors
    /// If `phi` is not a number between [`Threshold::PHI_MIN`] and [`Threshold::PHI_MAX`].
    pub fn new(phi: f64) -> Result<Self, ThresholdError> {
        if !(Self::PHI_MIN..=Self::PHI_MAX).contains(&phi) {
            return Err(ThresholdError { phi });
        }
        Ok(Self { phi, deviations: gauss::quantile(phi), nats: phi * LN_10 })
    }

    /// The value of φ itself: `−log₁₀` of the probability that a heartbeat comes later than this.
    pub const fn phi(&self) -> f64 {
        self.phi
    }

    /// How many standard deviations beyond the mean φ has this value, in the normal model.
    pub const fn deviations(&self) -> f64 {
        self.deviations
    }

    /// The same probability as `−ln`: how many means φ takes to get there, in the exponential model.
    pub const fn nats(&self) -> f64 {
        self.nats
    }
}

/// Why a number is not a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("a threshold is a number from {} to {}, and {phi} is not", Threshold::PHI_MIN, Threshold::PHI_MAX)]
pub struct ThresholdError {
    /// The number.
    pub phi: f64,
}
