use core::time::Duration;

use thiserror::Error;

use crate::{
    Threshold,
    grain::{coarse, least},
    memory::Window,
    model::{Learned, Model, Sample},
    nanos::{nanos, to_float},
};

/// Whoever is silent for a fixed time is suspected: the plain heartbeat and timeout, beside which all others are measured.
///
/// It learns nothing, and keeps nothing for a peer. φ counts how many timeouts the silence has lasted, so the threshold 1 is
/// the timeout itself and 2.5 is two and a half of them. It is *not* a probability: it says nothing of how often a suspicion
/// is a mistake. Choose it where a span has been agreed on (a lease, a session), or where nobody shall have to know what
/// heartbeats are like.
///
/// ```
/// use core::time::Duration;
/// use quorate_phi_detector::{Threshold, model::{Model, Timeout}};
///
/// let model = Timeout::new(Duration::from_secs(3))?;
/// model.start(&mut []);
/// assert_eq!(model.horizon(&(), &Threshold::new(1.0)?), 3_000_000_000);
/// assert_eq!(model.horizon(&(), &Threshold::new(2.5)?), 7_500_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeout {
    timeout: f64,
}

impl Timeout {
    /// A model that reaches φ = 1 after this silence.
    ///
    /// # Errors
    /// If the timeout is zero or longer than [`Window::LONGEST_MAX`].
    pub fn new(timeout: Duration) -> Result<Self, TimeoutError> {
        if timeout.is_zero() || timeout > Window::LONGEST_MAX {
            return Err(TimeoutError { timeout });
        }
        Ok(Self { timeout: to_float(nanos(timeout)) })
    }
}

impl Model for Timeout {
    type Stats = ();

    fn slots(&self) -> usize {
        0
    }

    fn start(&self, _: &mut [u32]) {}

    /// Every interval is as good as any other.
    fn observe(&self, (): &mut (), _: &mut [u32], _: Sample) -> Learned {
        Learned::AsItIs
    }

    fn phi(&self, (): &(), silence: u64) -> f64 {
        to_float(coarse(silence)) / self.timeout
    }

    fn horizon(&self, stats: &(), threshold: &Threshold) -> u64 {
        least(threshold.phi() * self.timeout, |silence| self.phi(stats, silence) >= threshold.phi())
    }

    /// The timeout: nothing else is known.
    fn expected(&self, (): &()) -> f64 {
        self.timeout
    }
}

/// Why a span is not a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a timeout is above zero and at most a day, not {timeout:?}")]
pub struct TimeoutError {
    /// What it was to be.
    pub timeout: Duration,
}
