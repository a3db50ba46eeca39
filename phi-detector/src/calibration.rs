//! Whether φ means what it says: how often heartbeats come later than a threshold allows, beside how often they should.
//!
//! A threshold φ claims that one heartbeat in 10^φ comes later than it allows, if the model fits. Models do not fit, and it is
//! easily measured by how much: every heartbeat that comes is a trial.

mod limits;

use alloc::boxed::Box;

use quorate_machine::Time;
use thiserror::Error;

pub use self::limits::Limits;
use crate::{Beat, Bug, Detector, Model, Stamp, Threshold};

/// Counts how many heartbeats came later than each of a few thresholds allowed.
///
/// It is fed beside a [`Detector`], or beside many of them, in a test or in production, and needs no truth that a service does not have: who sends a
/// heartbeat was alive. So it says nothing of those who never came back. It takes one φ for each heartbeat and a comparison for each
/// threshold, and allocates nothing once it is made.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::{Detector, Threshold, calibration::Calibration, memory::Window, model::Normal};
///
/// let ms = Duration::from_millis;
/// let mut peer = Detector::new(Normal::new(Window::new(100, ms(10_000))?, ms(50), ms(1_000))?);
/// let mut calibration = Calibration::new(&[Threshold::new(1.0)?, Threshold::new(8.0)?])?;
/// for beat in 0..=1_000 {
///     calibration.heartbeat(&mut peer, Time::ZERO + ms(1_000) * beat);
/// }
/// let [one, eight] = calibration.levels() else { panic!("two thresholds") };
/// assert_eq!((one.claimed(), one.heartbeats(), one.late()), (1.0, 1_000, 0));
/// assert_eq!(eight.measured(), None); // none of a thousand was late
/// let limits = eight.limits(0.95);
/// assert!(limits.low > 2.4 && limits.high.is_none()); // so φ is more than 2.4: this says no more
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    levels: Box<[Lateness]>,
}

impl Calibration {
    /// The most thresholds that can be looked at.
    pub const LEVELS_MAX: usize = 64;

    /// Nothing counted yet, for these thresholds, which keep their order.
    ///
    /// # Errors
    /// If there are none, or more than [`Calibration::LEVELS_MAX`].
    pub fn new(thresholds: &[Threshold]) -> Result<Self, CalibrationError> {
        if thresholds.is_empty() || thresholds.len() > Self::LEVELS_MAX {
            return Err(CalibrationError::Levels { levels: thresholds.len() });
        }
        let level = |threshold: &Threshold| Lateness { claimed: threshold.phi(), heartbeats: 0, late: 0 };
        Ok(Self { levels: thresholds.iter().map(level).collect() })
    }

    /// Feeds a heartbeat without a stamp to the detector, and judges what the detector had thought before.
    pub fn heartbeat<M: Model>(&mut self, detector: &mut Detector<M>, now: Time) -> Beat {
        self.hear(detector, now, None)
    }

    /// The same for a heartbeat with a stamp.
    pub fn stamped<M: Model>(&mut self, detector: &mut Detector<M>, now: Time, stamp: Stamp) -> Beat {
        self.hear(detector, now, Some(stamp))
    }

    fn hear<M: Model>(&mut self, detector: &mut Detector<M>, now: Time, stamp: Option<Stamp>) -> Beat {
        let last = detector.last();
        // What came exactly at the horizon is not later than it, so what counts is φ a nanosecond before.
        let before = Time::from_nanos(now.as_nanos().saturating_sub(1));
        let thought = detector.phi(before);
        let beat = match stamp {
            None => detector.heartbeat(now),
            Some(stamp) => detector.stamped(now, stamp),
        };
        let thought = if Bug::JudgedInHindsight.is_planted() {
            last.map_or(0.0, |last| {
                let silence = before.since(last);
                detector.model().phi(detector.stats(), u64::try_from(silence.as_nanos()).unwrap_or(u64::MAX))
            })
        } else {
            thought
        };
        // An interval that was not measured, since the clock went back, tells nothing.
        let measured = last.is_some_and(|last| last <= now);
        match beat {
            Beat::Next { .. } if measured => self.count(if last == Some(now) { 0.0 } else { thought }),
            Beat::Stale if Bug::StaleIsATrial.is_planted() => self.count(thought),
            Beat::Next { .. } | Beat::First | Beat::Restarted | Beat::Stale => {}
        }
        beat
    }

    /// Counts a heartbeat before which φ had risen to this: for detectors of other kinds. A NaN was late nowhere.
    pub fn count(&mut self, phi: f64) {
        for level in &mut self.levels {
            level.heartbeats = level.heartbeats.saturating_add(1);
            level.late = level.late.saturating_add(u64::from(phi >= level.claimed));
        }
    }

    /// What was counted for each threshold, in the order in which they were given.
    pub fn levels(&self) -> &[Lateness] {
        &self.levels
    }

    /// Adds what another one has counted.
    ///
    /// # Errors
    /// If it looked at other thresholds; nothing is added then.
    pub fn merge(&mut self, other: &Self) -> Result<(), CalibrationError> {
        let claims = |all: &Self| all.levels.iter().map(Lateness::claimed).collect::<Box<[f64]>>();
        if claims(self) != claims(other) {
            return Err(CalibrationError::Others);
        }
        for (level, other) in self.levels.iter_mut().zip(&other.levels) {
            level.heartbeats = level.heartbeats.saturating_add(other.heartbeats);
            level.late = level.late.saturating_add(other.late);
        }
        Ok(())
    }
}

/// How many of so many heartbeats came later than a threshold allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lateness {
    claimed: f64,
    heartbeats: u64,
    late: u64,
}

impl Lateness {
    /// The threshold's φ: one heartbeat in 10^φ should be late.
    pub const fn claimed(&self) -> f64 {
        self.claimed
    }

    /// How many heartbeats there were, the first of each life apart.
    pub const fn heartbeats(&self) -> u64 {
        self.heartbeats
    }

    /// How many of them were late, so that a detector with this threshold would have been mistaken.
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// `−log₁₀` of the share that was late: what φ turned out to be. `None` if none was late, which is all that is known then; see
    /// [`Lateness::limits`].
    pub fn measured(&self) -> Option<f64> {
        (self.late > 0).then(|| libm::log10(float(self.heartbeats) / float(self.late)))
    }

    /// Between what φ can be, if heartbeats are late independently of each other. See [`Limits`]; takes a few milliseconds at
    /// most.
    pub fn limits(&self, confidence: f64) -> Limits {
        Limits::of(self.late, self.heartbeats, confidence)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be looked at")]
const fn float(count: u64) -> f64 {
    count as f64
}

/// Why thresholds cannot be looked at together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// There are none, or too many.
    #[error("a calibration looks at 1 to {} thresholds, not {levels}", Calibration::LEVELS_MAX)]
    Levels {
        /// How many there were to be.
        levels: usize,
    },
    /// The other looked at other thresholds.
    #[error("the other calibration looked at other thresholds")]
    Others,
}
