use alloc::{vec, vec::Vec};
use core::time::Duration;

use quorate_machine::{Chance, Time};
use thiserror::Error;

use super::Spread;

/// How heartbeats are sent and what becomes of them. What each part does is said at [`Trace`](super::Trace).
///
/// The default is a heartbeat each second which comes at once.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceConfig {
    /// From one heartbeat to the next, at least. May be zero if a sender that sleeps has slack.
    pub interval: Duration,
    /// What the interval counts from.
    pub pace: Pace,
    /// By how much the sender is late.
    pub slack: Spread,
    /// How often, and for how long, the sender stops.
    pub stalls: Stalls,
    /// Which heartbeats are lost.
    pub loss: Loss,
    /// How long a heartbeat is on its way at least.
    pub transit: Duration,
    /// How much longer, in each regime: 1 to [`TraceConfig::REGIMES_MAX`] of them.
    pub jitter: Vec<Spread>,
    /// How long a regime lasts in the mean.
    pub regime: Duration,
    /// By how many parts in a million the receiver's clock is faster than the sender's; slower if it is negative. Up to 100,000.
    pub drift_ppm: i32,
    /// When the sender stops for good, by the receiver's clock.
    pub crash: Option<Time>,
}

/// What the time to the next heartbeat counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// From when the last one was due: being late once makes none of the others late.
    #[default]
    Ticks,
    /// From when the last one was sent, so that intervals do not depend on each other.
    Sleeps,
}

/// Stops of the whole sender, as by a collector of garbage, or a machine that is moved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stalls {
    /// How likely one is before a heartbeat.
    pub chance: Chance,
    /// How long it lasts.
    pub length: Spread,
}

/// Losses, which come in bursts (Gilbert 1960): `begins ⁄ (begins + 1 − goes_on)` of all heartbeats, `1 ⁄ (1 − goes_on)` in a row in the
/// mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// How likely a heartbeat is lost after one that was not.
    pub begins: Chance,
    /// How likely a heartbeat is lost after one that was; the same as above if losses are independent.
    pub goes_on: Chance,
}

impl Default for TraceConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            pace: Pace::Ticks,
            slack: Spread::None,
            stalls: Stalls::default(),
            loss: Loss::default(),
            transit: Duration::ZERO,
            jitter: vec![Spread::None],
            regime: Spread::LONGEST,
            drift_ppm: 0,
            crash: None,
        }
    }
}

impl TraceConfig {
    /// The most regimes.
    pub const REGIMES_MAX: usize = 16;
    /// The most by which clocks differ, in parts per million.
    pub const DRIFT_PPM_MAX: i32 = 100_000;

    /// One room: ten heartbeats a second, a jitter of 0.1 ms (log-normal, σ 0.5), and one in 100,000 is lost.
    pub fn lan() -> Self {
        let us = Duration::from_micros;
        Self {
            interval: us(100_000),
            slack: Spread::Exponential { mean: us(50) },
            loss: Loss { begins: Chance::ppm(10), goes_on: Chance::ppm(10) },
            transit: us(100),
            jitter: vec![Spread::LogNormal { median: us(100), sigma: 0.5 }],
            ..Self::default()
        }
    }

    /// Two continents: ten heartbeats a second, a jitter of 2 ms (log-normal, σ 0.8), and 0.4 % are lost, five in a row in the mean.
    pub fn wan() -> Self {
        let us = Duration::from_micros;
        Self {
            interval: us(100_000),
            slack: Spread::Exponential { mean: us(50) },
            loss: Loss { begins: Chance::ppm(800), goes_on: Chance::ppm(800_000) },
            transit: us(140_000),
            jitter: vec![Spread::LogNormal { median: us(2_000), sigma: 0.8 }],
            ..Self::default()
        }
    }

    /// Shared machines: a heartbeat a second, a jitter of 0.5 ms (log-normal, σ 0.7) and a slack of 1 ms (exponential); 0.2 % come after
    /// a stall of 0.8 s (exponential), and 1 % are lost.
    pub fn cloud() -> Self {
        let us = Duration::from_micros;
        Self {
            interval: us(1_000_000),
            slack: Spread::Exponential { mean: us(1_000) },
            stalls: Stalls { chance: Chance::ppm(2_000), length: Spread::Exponential { mean: us(800_000) } },
            loss: Loss { begins: Chance::ppm(10_000), goes_on: Chance::ppm(10_000) },
            transit: us(300),
            jitter: vec![Spread::LogNormal { median: us(500), sigma: 0.7 }],
            ..Self::default()
        }
    }

    /// A path that changes: ten heartbeats a second, a jitter of 1, 5, 20 or 60 ms (log-normal, σ 0.5), which is chosen anew after a
    /// minute (exponential), and one in 10,000 is lost.
    pub fn shifting() -> Self {
        let us = Duration::from_micros;
        let jitter = |median| Spread::LogNormal { median: us(median), sigma: 0.5 };
        Self {
            interval: us(100_000),
            slack: Spread::Exponential { mean: us(50) },
            loss: Loss { begins: Chance::ppm(100), goes_on: Chance::ppm(100) },
            transit: us(5_000),
            jitter: [1_000, 5_000, 20_000, 60_000].map(jitter).into(),
            regime: Duration::from_secs(60),
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<(), TraceError> {
        let regimes = self.jitter.len();
        if regimes == 0 || regimes > Self::REGIMES_MAX {
            return Err(TraceError::Regimes { regimes });
        }
        for span in [self.interval, self.transit, self.regime] {
            if span > Spread::LONGEST {
                return Err(TraceError::Span { span });
            }
        }
        if self.interval.is_zero() && (self.pace == Pace::Ticks || self.slack == Spread::None) {
            return Err(TraceError::Interval);
        }
        if self.drift_ppm.unsigned_abs() > Self::DRIFT_PPM_MAX.unsigned_abs() {
            return Err(TraceError::Drift { ppm: self.drift_ppm });
        }
        self.jitter.iter().chain([&self.slack, &self.stalls.length]).try_for_each(Spread::check)
    }
}

/// Why a configuration makes no trace.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// No time passes between heartbeats.
    #[error("no time passes between heartbeats: the interval is zero")]
    Interval,
    /// Something takes too long.
    #[error("a span of a trace is at most {:?}, not {span:?}", Spread::LONGEST)]
    Span {
        /// How long it was to be.
        span: Duration,
    },
    /// A distribution has a shape that it cannot have.
    #[error("a distribution of this kind has no shape of {shape}")]
    Shape {
        /// The shape.
        shape: f64,
    },
    /// There are no regimes, or too many.
    #[error("a trace has 1 to {} regimes of jitter, not {regimes}", TraceConfig::REGIMES_MAX)]
    Regimes {
        /// How many there were to be.
        regimes: usize,
    },
    /// Clocks differ too much.
    #[error("clocks differ by at most {} parts in a million, not {ppm}", TraceConfig::DRIFT_PPM_MAX)]
    Drift {
        /// By how much they were to differ.
        ppm: i32,
    },
}
