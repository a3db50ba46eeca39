//! What is expected of numbered heartbeats, and how to be given what is asked for.

mod configure;

use core::time::Duration;

use thiserror::Error;

pub use self::configure::{ConfigureError, Network, Requirements};
use crate::{
    Bug, Threshold,
    grain::{coarse, least},
    memory::Window,
    model::{Learned, Model, Sample},
    nanos::{nanos, to_float},
};

/// The next heartbeat is expected where the last ones, each by its number, say that it will be: NFD-E of Chen, Toueg and
/// Aguilera (2002, §6).
///
/// The sender's interval is agreed on, and heartbeats are numbered ([`Detector::stamped`](crate::Detector::stamped)), so a
/// lost heartbeat does not change what is expected of the next one. The n last arrivals A with the numbers s expect number k at
/// the mean of `A − Δ·s`, plus `Δ·k`. φ is how many safety margins it is late, so the threshold Φ is the paper's α = Φ ·
/// margin. It is *not* a probability. It is 0 for whoever was just heard, even if the next heartbeat should have come before.
///
/// Choose it where heartbeats get lost, the interval is known, and how fast a crash shall be detected is what is asked for: it
/// takes at most Δ + α and the usual delay of a heartbeat. Clocks that run apart by one part in d make what is expected wrong
/// by n·Δ / 2d: keep that far below the margin.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::{Detector, Stamp, Threshold, model::Chen};
///
/// let ms = Duration::from_millis;
/// let mut peer = Detector::new(Chen::new(100, ms(1_000), ms(50))?);
/// for (sequence, at) in [(1, 1_000), (2, 2_000), (5, 5_030)] {
///     peer.stamped(Time::ZERO + ms(at), Stamp { generation: 1, sequence });
/// }
/// // The third was 30 ms late: on average all were 10 ms late, and so will the next one be.
/// assert_eq!(peer.deadline(&Threshold::new(2.0)?), Some(Time::ZERO + ms(6_010 + 2 * 50)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chen {
    interval: u64,
    margin: f64,
    shift: u64,
    errors: u16,
    unit_bits: u8,
    two_windows: bool,
    numbered: bool,
}

impl Chen {
    /// How many intervals a heartbeat may be away from where it was expected, unless [`Chen::with_shift`] says otherwise.
    pub const SHIFT_INTERVALS: u32 = 16;

    /// A model that expects a heartbeat each `interval` by the `samples` last arrivals, and takes it to be late by one level
    /// for each `margin`.
    ///
    /// # Errors
    /// If there are no samples or more than [`Window::SAMPLES_MAX`], or a span is zero or longer than
    /// [`Window::LONGEST_MAX`].
    pub fn new(samples: u16, interval: Duration, margin: Duration) -> Result<Self, ChenError> {
        if samples == 0 || samples > Window::SAMPLES_MAX {
            return Err(ChenError::Samples { samples });
        }
        if !is_span(interval) {
            return Err(ChenError::Interval { interval });
        }
        if !is_span(margin) {
            return Err(ChenError::Margin { margin });
        }
        let model = Self {
            interval: nanos(interval),
            margin: to_float(nanos(margin)),
            shift: 0,
            errors: samples - 1,
            unit_bits: 0,
            two_windows: false,
            numbered: true,
        };
        let shift = interval.saturating_mul(Self::SHIFT_INTERVALS).min(Window::LONGEST_MAX);
        Ok(model.shifted_by(nanos(shift)))
    }

    /// The same, but a heartbeat that is further away than `shift` from where the one before expects it is not taken for
    /// late: the sender's schedule has moved by so much, and arrivals before it are moved with it. A process that was stopped
    /// goes on where it was, and would otherwise be suspected until its former schedule is forgotten.
    ///
    /// Errors are kept as multiples of a power of two nanoseconds, the finest with which `shift` has 31 bits: one nanosecond
    /// up to 2.1 s. What that rounds off is carried over, so that expectations are never wrong by more than one unit.
    ///
    /// # Errors
    /// If the shift is zero or longer than [`Window::LONGEST_MAX`].
    pub fn with_shift(self, shift: Duration) -> Result<Self, ChenError> {
        if !is_span(shift) {
            return Err(ChenError::Shift { shift });
        }
        Ok(self.shifted_by(nanos(shift)))
    }

    /// The same, but what is expected is the later of what the last arrival alone and what all of them say: the two-window
    /// detector (Tomsic et al. 2015), which follows at once when heartbeats become slower.
    #[must_use]
    pub const fn two_windows(self) -> Self {
        Self { two_windows: true, ..self }
    }

    /// The same for heartbeats without numbers: each is taken for the one that is due nearest to when it comes. A heartbeat that is
    /// more than half an interval late is mistaken for the next one, and what is expected after it is then too late, not too
    /// early.
    #[must_use]
    pub const fn unnumbered(self) -> Self {
        Self { numbered: false, ..self }
    }

    /// The interval that the sender shall keep.
    pub const fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval)
    }

    /// How late a heartbeat is at φ = 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a whole number")]
    pub const fn margin(&self) -> Duration {
        Duration::from_nanos(self.margin as u64)
    }

    /// What errors are kept as multiples of, in nanoseconds.
    pub const fn unit(&self) -> u64 {
        1 << self.unit_bits
    }

    fn shifted_by(self, shift: u64) -> Self {
        let bits = u64::BITS - shift.leading_zeros();
        let unit_bits = u8::try_from(bits.saturating_sub(ERROR_BITS)).unwrap_or(u8::MAX);
        Self { shift, unit_bits, ..self }
    }

    /// By how many nanoseconds the heartbeat came later than the one before it says.
    fn error(&self, sample: Sample) -> i128 {
        let (interval, due) = (i128::from(sample.interval), i128::from(self.interval));
        let beats = if Bug::LostAreForgotten.is_planted() {
            1
        } else if self.numbered {
            i128::from(sample.missed) + 1
        } else {
            (interval + due / 2) / due
        };
        interval - due * beats
    }

    /// The silence after which the next heartbeat is due.
    fn due(&self, stats: &ChenStats) -> f64 {
        let interval = to_float(self.interval);
        let arrivals = f64::from(stats.len) + 1.0;
        #[expect(clippy::cast_precision_loss, reason = "sums have 54 bits, and are of nanoseconds")]
        let early = stats.errors as f64 * to_float(self.unit()) / arrivals;
        let due = interval - early;
        let due = match self.two_windows {
            true if Bug::EarlierWindowWins.is_planted() => due.min(interval),
            true => due.max(interval),
            false => due,
        };
        due.max(0.0)
    }
}

/// What [`Chen`] keeps of one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChenStats {
    errors: i64,
    total: i64,
    carried: i32,
    len: u16,
    next: u16,
}

impl ChenStats {
    /// By how much the last arrival was later than each arrival in the window says, in all, in units.
    pub const fn errors(&self) -> i64 {
        self.errors
    }

    /// How many arrivals there are in the window, the last one included.
    pub const fn arrivals(&self) -> u32 {
        self.len as u32 + 1
    }

    /// The oldest error leaves.
    ///
    /// The k-th oldest arrival sees the errors of all arrivals after it, so the k-th oldest error counts k times; without the
    /// oldest arrival each counts once less.
    fn forget(&mut self, oldest: i64) {
        let said = if Bug::OldestLeavesAlone.is_planted() { oldest } else { self.total };
        self.errors = self.errors.saturating_sub(said);
        self.total = self.total.saturating_sub(oldest);
        self.len -= 1;
    }

    /// An error comes in, that all arrivals so far see.
    fn remember(&mut self, error: i64) {
        self.len += 1;
        self.errors = self.errors.saturating_add(i64::from(self.len) * error);
        self.total = self.total.saturating_add(error);
    }
}

/// How many margins late it is.
fn margins(silence: u64, due: f64, margin: f64) -> f64 {
    ((to_float(coarse(silence)) - due) / margin).max(0.0)
}

fn is_span(span: Duration) -> bool {
    !span.is_zero() && span <= Window::LONGEST_MAX
}

impl Model for Chen {
    type Stats = ChenStats;

    fn slots(&self) -> usize {
        usize::from(self.errors)
    }

    fn start(&self, _: &mut [u32]) -> ChenStats {
        ChenStats::default()
    }

    fn observe(&self, stats: &mut ChenStats, ring: &mut [u32], sample: Sample) -> Learned {
        let error = self.error(sample);
        if error.unsigned_abs() > u128::from(self.shift) {
            return Learned::Dropped;
        }
        if self.errors == 0 {
            return Learned::AsItIs;
        }
        let Some(slot) = ring.get_mut(usize::from(stats.next)) else { return Learned::Dropped };
        let error = i64::try_from(error).unwrap_or(0) + i64::from(stats.carried);
        let half = (1 << self.unit_bits) >> 1;
        let units = i32::try_from((error + half) >> self.unit_bits).unwrap_or(i32::MAX);
        stats.carried = i32::try_from(error - (i64::from(units) << self.unit_bits)).unwrap_or(0);
        if stats.len == self.errors {
            stats.forget(i64::from(i32::from_ne_bytes(slot.to_ne_bytes())));
        }
        stats.remember(i64::from(units));
        *slot = u32::from_ne_bytes(units.to_ne_bytes());
        stats.next = if stats.next + 1 == self.errors { 0 } else { stats.next + 1 };
        Learned::AsItIs
    }

    fn phi(&self, stats: &ChenStats, silence: u64) -> f64 {
        margins(silence, self.due(stats), self.margin)
    }

    fn horizon(&self, stats: &ChenStats, threshold: &Threshold) -> u64 {
        let due = self.due(stats);
        least(due + threshold.phi() * self.margin, |silence| {
            margins(silence, due, self.margin) >= threshold.phi()
        })
    }

    fn expected(&self, stats: &ChenStats) -> f64 {
        self.due(stats)
    }
}

const ERROR_BITS: u32 = 31;

/// Why arrivals cannot be expected as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChenError {
    /// There would be nothing to expect by, or too much.
    #[error("there are from 1 to {} samples, not {samples}", Window::SAMPLES_MAX)]
    Samples {
        /// How many there were to be.
        samples: u16,
    },
    /// The interval is zero, or too long.
    #[error("an interval is above zero and at most a day, not {interval:?}")]
    Interval {
        /// What it was to be.
        interval: Duration,
    },
    /// The margin is zero, or too long.
    #[error("a margin is above zero and at most a day, not {margin:?}")]
    Margin {
        /// What it was to be.
        margin: Duration,
    },
    /// The shift is zero, or too long.
    #[error("a shift is above zero and at most a day, not {shift:?}")]
    Shift {
        /// What it was to be.
        shift: Duration,
    },
}
