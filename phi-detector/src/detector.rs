use alloc::{boxed::Box, vec};
use core::mem;

use quorate_machine::Time;

use crate::{
    Beat, Bug, Learned, Model, Sample, Stamp, Threshold,
    pulse::{Heard, Pulse},
};

/// Suspects one peer by its heartbeats.
///
/// It says how suspicious the silence is ([`Detector::phi`]) and, so that nobody needs to ask again and again, when that
/// reaches a threshold unless a heartbeat comes ([`Detector::deadline`]). Nothing is allocated once it is made.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::{Detector, Threshold, memory::Window, model::Normal};
///
/// let ms = Duration::from_millis;
/// let model = Normal::new(Window::new(100, ms(10_000))?, ms(50), ms(1_000))?;
/// let mut peer = Detector::new(model);
/// let mut now = Time::ZERO;
/// for _ in 0..=101 {
///     now = now + ms(1_000);
///     peer.heartbeat(now);
/// }
/// let suspect = Threshold::new(8.0)?;
/// let at = peer.deadline(&suspect).expect("it was heard");
/// assert_eq!(at.since(now), ms(1_000) + Duration::from_nanos(280_600_063)); // mean + 5.612 · 50 ms
/// assert!(peer.phi(at) >= 8.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Detector<M: Model> {
    model: M,
    stats: M::Stats,
    ring: Box<[u32]>,
    pulse: Pulse,
    /// Whether the silence began without a heartbeat, so that what ends it is no interval.
    excused: bool,
    counts: Counts,
}

/// What a detector met that it did not learn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Heartbeats that were no news.
    pub stale: u64,
    /// Heartbeats that came before the one before them, by the caller's clock.
    pub backwards: u64,
    /// Intervals that were too long to be learned.
    pub dropped: u64,
    /// Intervals that were learned as the longest.
    pub clamped: u64,
}

impl<M: Model> Detector<M> {
    /// A detector of a peer that was not heard yet: φ is 0, and there is no deadline.
    pub fn new(model: M) -> Self {
        let mut ring = vec![0; model.slots()].into_boxed_slice();
        let stats = model.start(&mut ring);
        Self { model, stats, ring, pulse: Pulse::default(), excused: false, counts: Counts::default() }
    }

    /// A heartbeat without a number came.
    pub fn heartbeat(&mut self, now: Time) -> Beat {
        self.hear(now, None)
    }

    /// A heartbeat with a stamp came. One that is not later than all before it is [`Beat::Stale`], and changes nothing.
    pub fn stamped(&mut self, now: Time, stamp: Stamp) -> Beat {
        self.hear(now, Some(stamp))
    }

    /// Begins the silence anew without a heartbeat and without learning from the interval: the local node was paused, or it
    /// has just asked the peer for a sign of life. What was not heard yet is waited for from now on.
    pub fn excuse(&mut self, now: Time) {
        self.pulse.last = self.pulse.last.max(now.as_nanos());
        self.excused = true;
        if self.pulse.heard == Heard::Never {
            self.pulse.heard = Heard::Plain;
        }
    }

    fn hear(&mut self, now: Time, stamp: Option<Stamp>) -> Beat {
        let behind = now.as_nanos() < self.pulse.last;
        let (beat, interval) = self.pulse.hear(now, stamp);
        if beat == Beat::Stale {
            self.counts.stale += 1;
            return beat;
        }
        let excused = mem::take(&mut self.excused) && !Bug::ExcuseIsLearned.is_planted();
        match beat {
            Beat::First | Beat::Stale => {}
            Beat::Restarted => self.stats = self.model.start(&mut self.ring),
            // An interval that was not measured is not learned.
            Beat::Next { .. } if behind => self.counts.backwards += 1,
            Beat::Next { .. } if excused => {}
            Beat::Next { missed } => self.learn(Sample { interval, missed }),
        }
        beat
    }

    fn learn(&mut self, sample: Sample) {
        match self.model.observe(&mut self.stats, &mut self.ring, sample) {
            Learned::AsItIs => {}
            Learned::Clamped => self.counts.clamped += 1,
            Learned::Dropped => self.counts.dropped += 1,
        }
    }

    /// How suspicious the silence is: see [`Model::phi`]. 0 if the peer was never heard.
    pub fn phi(&self, now: Time) -> f64 {
        match self.pulse.heard {
            Heard::Never => 0.0,
            Heard::Plain | Heard::Stamped => self.model.phi(&self.stats, self.pulse.silence(now)),
        }
    }

    /// When φ reaches the threshold, if no heartbeat comes before. `None` if the peer was never heard, or if that is beyond the
    /// end of time.
    pub fn deadline(&self, threshold: &Threshold) -> Option<Time> {
        match self.pulse.heard {
            Heard::Never => None,
            Heard::Plain | Heard::Stamped => {
                let horizon = self.model.horizon(&self.stats, threshold);
                self.pulse.last.checked_add(horizon).map(Time::from_nanos)
            }
        }
    }

    /// When the last heartbeat came; `None` before the first.
    pub fn last(&self) -> Option<Time> {
        (self.pulse.heard != Heard::Never).then_some(Time::from_nanos(self.pulse.last))
    }

    /// The greatest stamp that was heard.
    pub fn stamp(&self) -> Option<Stamp> {
        (self.pulse.heard == Heard::Stamped).then_some(self.pulse.stamp)
    }

    /// The model.
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// What the model has learned.
    pub const fn stats(&self) -> &M::Stats {
        &self.stats
    }

    /// What was met that it did not learn from.
    pub const fn counts(&self) -> Counts {
        self.counts
    }
}
