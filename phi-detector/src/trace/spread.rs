use core::{f64::consts::PI, time::Duration};

use libm::{cos, exp, log, pow, sqrt};
use quorate_machine::Rng;

use super::TraceError;
use crate::nanos::{nanos, to_float};

/// How a span of time is distributed. Never negative, and never longer than [`Spread::LONGEST`]: what is, is that.
///
/// `u` and `v` are drawn uniformly, above 0 and at most 1, with 53 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Spread {
    /// Always nothing.
    #[default]
    None,
    /// `u · width`.
    Uniform {
        /// The longest.
        width: Duration,
    },
    /// `deviation · (6 + √(−2 ln u) · cos 2πv)`, where that is not negative: by Box and Muller (1958), six deviations from zero.
    Normal {
        /// The standard deviation.
        deviation: Duration,
    },
    /// `−mean · ln u`.
    Exponential {
        /// The mean.
        mean: Duration,
    },
    /// `median · e^(sigma · √(−2 ln u) · cos 2πv)`.
    LogNormal {
        /// Half of all are shorter.
        median: Duration,
        /// The standard deviation of the logarithm, from 0 to 10.
        sigma: f64,
    },
    /// `scale · (u^(−1 ⁄ shape) − 1)`: Lomax's, a tail that falls as a power.
    Pareto {
        /// Where the tail begins.
        scale: Duration,
        /// How steep it falls, from 0.1 to 100; the mean is infinite up to 1.
        shape: f64,
    },
}

impl Spread {
    /// The longest span that is drawn.
    pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

    pub(super) fn check(&self) -> Result<(), TraceError> {
        let (span, shape, shapes) = match *self {
            Self::None => (Duration::ZERO, 1.0, 0.0..=1.0),
            Self::Uniform { width } => (width, 1.0, 0.0..=1.0),
            Self::Normal { deviation } => (deviation, 1.0, 0.0..=1.0),
            Self::Exponential { mean } => (mean, 1.0, 0.0..=1.0),
            Self::LogNormal { median, sigma } => (median, sigma, 0.0..=10.0),
            Self::Pareto { scale, shape } => (scale, shape, 0.1..=100.0),
        };
        if span > Self::LONGEST {
            return Err(TraceError::Span { span });
        }
        if shapes.contains(&shape) { Ok(()) } else { Err(TraceError::Shape { shape }) }
    }

    /// A span, in nanoseconds.
    pub(super) fn draw(&self, rng: &mut Rng) -> u64 {
        let span = match *self {
            Self::None => return 0,
            Self::Uniform { width } => scale(width) * uniform(rng),
            Self::Normal { deviation } => scale(deviation) * (6.0 + normal(rng)),
            Self::Exponential { mean } => -scale(mean) * log(uniform(rng)),
            Self::LogNormal { median, sigma } => scale(median) * exp(sigma * normal(rng)),
            Self::Pareto { scale: of, shape } => scale(of) * (pow(uniform(rng), -1.0 / shape) - 1.0),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is negative is 0, and what is too long is the longest"
        )]
        let drawn = span as u64;
        drawn.min(nanos(Self::LONGEST))
    }
}

fn scale(span: Duration) -> f64 {
    to_float(nanos(span))
}

fn uniform(rng: &mut Rng) -> f64 {
    const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;
    #[expect(clippy::cast_precision_loss, reason = "53 bits and one")]
    let steps = ((rng.draw() >> 11) + 1) as f64;
    steps * UNIT
}

fn normal(rng: &mut Rng) -> f64 {
    let radius = sqrt(-2.0 * log(uniform(rng)));
    radius * cos(2.0 * PI * uniform(rng))
}
