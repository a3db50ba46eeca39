//! The quality of service of a failure detector (Chen, Toueg and Aguilera 2002, §2).
//!
//! A detector is judged by what it says: when it begins to suspect (an S-transition), and when it trusts again (a T-transition).
//! How fast it is tells nothing without how often it is wrong, and the other way round: compare detection times at equal
//! mistake rates.

mod spans;

use core::time::Duration;

use quorate_machine::Time;

pub use self::spans::Spans;
use crate::Bug;

/// Keeps account of one detector of one peer at one level, from when it begins to trust the peer until somebody asks how good
/// it was.
///
/// It is fed what the detector says, in order, and, by whoever knows, that the peer crashed. Instants before the last one count as the
/// last one, and what is said twice counts once. A peer that comes back after a crash is another run: [`Quality::merge`] adds them
/// up. 432 bytes; each call is O(1) and allocates nothing.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::qos::Qos;
///
/// let second = |count| Time::ZERO + Duration::from_secs(count);
/// let mut qos = Qos::begun(second(0));
/// qos.suspected(second(10)); // a mistake,
/// qos.trusted(second(12)); // of two seconds
/// qos.crashed(second(40));
/// qos.suspected(second(43));
/// let quality = qos.over(second(100));
/// assert_eq!(quality.detection_time().mean(), Some(Duration::from_secs(3)));
/// assert_eq!(quality.mistakes(), 1);
/// assert_eq!(quality.mistake_duration().mean(), Some(Duration::from_secs(2)));
/// assert_eq!(quality.mistake_recurrence().mean(), None); // there was no second one
/// assert_eq!(quality.query_accuracy(), Some(0.95)); // for 38 of 40 seconds it was right
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qos {
    began: u64,
    now: u64,
    crashed: Option<u64>,
    /// Since when the peer is suspected, if it is.
    suspected: Option<u64>,
    /// When the last mistake began, and when it ended.
    mistake: Option<u64>,
    trusted: Option<u64>,
    /// All but what is not over yet.
    quality: Quality,
}

impl Qos {
    /// The account of a detector that trusts its peer from now on.
    pub fn begun(at: Time) -> Self {
        let now = at.as_nanos();
        Self {
            began: now,
            now,
            crashed: None,
            suspected: None,
            mistake: None,
            trusted: None,
            quality: Quality { runs: 1, ..Quality::default() },
        }
    }

    /// The detector suspects the peer.
    pub fn suspected(&mut self, at: Time) {
        self.pass(at);
        if self.suspected.is_some() {
            return;
        }
        self.suspected = Some(self.now);
        if self.crashed.is_some() {
            return;
        }
        if let Some(trusted) = self.trusted {
            self.quality.good.push(self.now - trusted);
        }
        let before = if Bug::RecurrenceFromTrust.is_planted() { self.trusted } else { self.mistake };
        if let Some(before) = before {
            self.quality.recurrence.push(self.now - before);
        }
        self.mistake = Some(self.now);
    }

    /// The detector trusts the peer.
    pub fn trusted(&mut self, at: Time) {
        self.pass(at);
        let Some(suspected) = self.suspected else { return };
        if Bug::DetectedAtOnce.is_planted() && self.crashed.is_some() {
            return;
        }
        self.suspected = None;
        if self.crashed.is_none() {
            self.quality.mistaken.push(self.now - suspected);
            self.trusted = Some(self.now);
        }
    }

    /// The peer crashed. A detector cannot know it; a test, or whoever looks back, can.
    pub fn crashed(&mut self, at: Time) {
        self.pass(at);
        if self.crashed.is_some() {
            return;
        }
        self.crashed = Some(self.now);
        // It was a mistake until now, however right it is from now on.
        if let Some(suspected) = self.suspected {
            self.quality.cut.push(self.now - suspected);
        }
    }

    /// How good the detector was if the run is over now. The run may go on: this only looks.
    pub fn over(&self, at: Time) -> Quality {
        let mut ended = *self;
        ended.pass(at);
        let mut quality = ended.quality;
        let alive_until = if Bug::AliveAfterCrash.is_planted() { None } else { ended.crashed };
        quality.up = u128::from(alive_until.unwrap_or(ended.now) - ended.began);
        match (ended.crashed, ended.suspected) {
            (Some(crashed), Some(suspected)) => quality.detection.push(suspected.saturating_sub(crashed)),
            (Some(_), None) => quality.undetected = 1,
            (None, Some(suspected)) => quality.cut.push(ended.now - suspected),
            (None, None) => {}
        }
        quality
    }

    fn pass(&mut self, at: Time) {
        self.now = self.now.max(at.as_nanos());
    }
}

/// How good a detector was, over one run or many. What was not observed is `None`, never a number that is none.
///
/// All times are sums of whole nanoseconds: the time that was mistaken is what was mistaken, exactly. Sums over more than 2⁶⁴ runs
/// of 584 years stay at the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    runs: u64,
    up: u128,
    undetected: u64,
    detection: Spans,
    mistaken: Spans,
    cut: Spans,
    recurrence: Spans,
    good: Spans,
}

impl Quality {
    /// Adds what was observed in other runs. The order does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.runs = self.runs.saturating_add(other.runs);
        self.up = self.up.saturating_add(other.up);
        self.undetected = self.undetected.saturating_add(other.undetected);
        self.detection.merge(&other.detection);
        self.mistaken.merge(&other.mistaken);
        self.cut.merge(&other.cut);
        self.recurrence.merge(&other.recurrence);
        self.good.merge(&other.good);
    }

    /// How many runs these are.
    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// How long the peer was watched while it was alive, in nanoseconds.
    pub const fn up(&self) -> u128 {
        self.up
    }

    /// `T_D`: how long after its crash a peer was suspected for good; zero if it was suspected already (§2.2). One span for each
    /// run with a crash that was detected before the run was over.
    pub const fn detection_time(&self) -> &Spans {
        &self.detection
    }

    /// How many peers crashed and were trusted when their run was over.
    pub const fn undetected(&self) -> u64 {
        self.undetected
    }

    /// How many times a peer that was alive became suspected.
    pub const fn mistakes(&self) -> u64 {
        self.mistaken.count().saturating_add(self.cut.count())
    }

    /// `T_M`: how long mistakes lasted that the detector took back itself (§2.2). Mistakes that a crash made true, or that outlasted their
    /// run, are counted as mistakes, but how long they would have lasted is not known.
    pub const fn mistake_duration(&self) -> &Spans {
        &self.mistaken
    }

    /// How long all mistakes lasted while the peer was alive and watched, in nanoseconds, those included whose end was not seen.
    pub const fn mistaken(&self) -> u128 {
        self.mistaken.total().saturating_add(self.cut.total())
    }

    /// `T_MR`: from the beginning of one mistake to that of the next in the same run (§2.2).
    pub const fn mistake_recurrence(&self) -> &Spans {
        &self.recurrence
    }

    /// `T_G`: from the end of a mistake to the beginning of the next in the same run (§2.3).
    pub const fn good_period(&self) -> &Spans {
        &self.good
    }

    /// `λ_M`: mistakes per second of watching a peer that is alive (§2.3). Zero if there were none, so look at [`Quality::up`] as
    /// well: with no mistake in so many seconds the rate is, with 95 % confidence, below 3 divided by them. `None` if no time was
    /// watched.
    pub fn mistake_rate(&self) -> Option<f64> {
        (self.up > 0).then(|| float(u128::from(self.mistakes())) / (float(self.up) / NANOS))
    }

    /// `P_A`: the share of the time for which a peer that was alive was trusted (§2.3). `None` if no time was watched.
    pub fn query_accuracy(&self) -> Option<f64> {
        (self.up > 0).then(|| float(self.up.saturating_sub(self.mistaken())) / float(self.up))
    }

    /// `E(T_FG)`: how long it is on average until the next mistake, from an instant at random at which the peer is trusted (§2.3). It is
    /// `E(T_G²) ⁄ 2E(T_G)`: an instant is in a period with a probability that goes with its length. `None` without a good
    /// period between two mistakes.
    pub fn forward_good_period(&self) -> Option<Duration> {
        self.good.mean_residue()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be looked at")]
const fn float(count: u128) -> f64 {
    count as f64
}

const NANOS: f64 = 1e9;
