//! The rivals, each told what time it is.

use core::{cell::Cell, fmt, time::Duration};
use std::rc::Rc;

use phi_accrual::PhiFailureDetector;
use phi_accrual_failure_detector::{
    Builder, Clock, DefaultClock, Detector as _, FailureDetector, UnsyncState,
};
use phi_detector::PingWindow;

/// A clock that is set.
struct Set(Rc<Cell<u64>>);

impl Clock for Set {
    type Timestamp = u64;

    fn timestamp(&self) -> u64 {
        self.0.get()
    }

    fn elapsed(before: &u64, after: &u64) -> Duration {
        Duration::from_nanos(after.saturating_sub(*before))
    }
}

/// `phi-accrual-failure-detector` 0.1, a port of Pekko's.
pub struct Pekko {
    now: Rc<Cell<u64>>,
    detector: FailureDetector<UnsyncState<Set>>,
}

impl Pekko {
    /// A detector of a window, a least deviation, a pause and a first interval.
    ///
    /// # Panics
    /// If the rival does not take them.
    pub fn new(samples: usize, deviation_min: Duration, pause: Duration, first: Duration) -> Self {
        let now = Rc::new(Cell::new(0));
        let builder = Builder::<UnsyncState<DefaultClock>>::new()
            .max_sample_size(samples)
            .min_std_deviation(deviation_min)
            .acceptable_heartbeat_pause(pause)
            .first_heartbeat_estimate(first);
        let detector =
            builder.clock(Set(Rc::clone(&now))).build().expect("a configuration of positive numbers");
        Self { now, detector }
    }

    /// A heartbeat came.
    pub fn heartbeat(&self, now: u64) {
        self.now.set(now);
        self.detector.heartbeat();
    }

    /// φ at this instant.
    pub fn phi(&self, now: u64) -> f64 {
        self.now.set(now);
        self.detector.phi()
    }

    /// Whether φ is below the threshold of 8, which is the default.
    pub fn is_available(&self, now: u64) -> bool {
        self.now.set(now);
        self.detector.is_available()
    }
}

impl fmt::Debug for Pekko {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pekko").field("now", &self.now).finish_non_exhaustive()
    }
}

/// `phi-detector` 0.4, which is fed intervals: when the last heartbeat came is the caller's to know.
pub struct Approximate {
    window: PingWindow,
    last: Option<u64>,
}

impl Approximate {
    /// A detector that expects this interval.
    pub fn new(first: Duration) -> Self {
        Self { window: PingWindow::new(first), last: None }
    }

    /// A heartbeat came.
    pub fn heartbeat(&mut self, now: u64) {
        if let Some(last) = self.last {
            self.window.add_ping(Duration::from_nanos(now.saturating_sub(last)));
        }
        self.last = Some(now);
    }

    /// φ at this instant.
    pub fn phi(&self, now: u64) -> f64 {
        let silence = self.last.map_or(0, |last| now.saturating_sub(last));
        self.window.normal_dist().phi(Duration::from_nanos(silence))
    }

    /// What it has learned.
    pub const fn window(&self) -> &PingWindow {
        &self.window
    }
}

impl fmt::Debug for Approximate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approximate").field("last", &self.last).finish_non_exhaustive()
    }
}

/// `phi-accrual` 0.1, which takes instants in any unit; here they are milliseconds, as its least deviation suggests.
#[derive(Clone, Debug)]
pub struct Accrual(PhiFailureDetector);

impl Accrual {
    /// A detector that remembers so many heartbeats.
    pub fn new(samples: usize) -> Self {
        Self(PhiFailureDetector::new().history_size(samples))
    }

    /// A heartbeat came.
    pub fn heartbeat(&mut self, now: u64) {
        self.0.heartbeat(now / 1_000_000);
    }

    /// φ at this instant.
    pub fn phi(&mut self, now: u64) -> f64 {
        self.0.phi(now / 1_000_000)
    }
}
