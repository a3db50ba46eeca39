//! Heartbeats that are lost in runs.

use libm::{ceil, log10};

/// How many heartbeats in a row are lost how often: a run begins with one probability, and goes on with another (Gilbert 1960).
#[derive(Clone, Copy, Debug)]
pub(super) struct Losses {
    /// `−log₁₀` of the probability that a run begins.
    begins: f64,
    /// `−log₁₀` of the probability that it goes on.
    goes_on: f64,
}

impl Losses {
    /// By how many runs there were among so many heartbeats, and how many heartbeats they took. Both probabilities are by
    /// Laplace's rule of succession, so neither is 0 or 1.
    pub(super) fn new(heartbeats: u32, runs: u32, lost: u32) -> Self {
        let probability = |times: u32, of: u32| (f64::from(times) + 1.0) / (f64::from(of) + 2.0);
        Self {
            begins: -log10(probability(runs, heartbeats)),
            goes_on: -log10(probability(lost.saturating_sub(runs), lost)),
        }
    }

    /// φ of more than so many heartbeats being lost in a row.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2⁵³ heartbeats in all of time")]
    pub(super) fn phi(&self, lost: u64) -> f64 {
        self.begins + lost as f64 * self.goes_on
    }

    /// The least number of lost heartbeats whose φ is no less: so many have to be waited for.
    pub(super) fn least(&self, phi: f64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturation is what is wanted"
        )]
        let mut lost = ceil((phi - self.begins) / self.goes_on) as u64;
        for _ in 0..ROUNDING_MAX {
            if lost == 0 || self.phi(lost - 1) < phi {
                break;
            }
            lost -= 1;
        }
        for _ in 0..ROUNDING_MAX {
            if self.phi(lost) >= phi {
                break;
            }
            lost = lost.saturating_add(1);
        }
        lost
    }
}

const ROUNDING_MAX: usize = 4;
