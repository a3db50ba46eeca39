//! Heartbeats as they might have come: made up from a seed, for tests, for tables, and to try thresholds before there is a network.

mod config;
mod spread;

use alloc::vec::Vec;

use quorate_machine::{Rng, Time};

pub use self::{
    config::{Loss, Pace, Stalls, TraceConfig, TraceError},
    spread::Spread,
};
use crate::{Bug, Stamp, nanos::nanos};

/// One heartbeat that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it came, by the receiver's clock.
    pub at: Time,
    /// When it was sent, by the same clock. A detector cannot know it.
    pub sent: Time,
    /// Which one it is: they are numbered from 1 as they are sent, in generation 1.
    pub stamp: Stamp,
}

/// The heartbeats of one sender, in the order in which they come: equal configurations and seeds make equal heartbeats, everywhere.
///
/// With `u`, `v` … drawn anew each time, the k-th heartbeat is
/// - *due* an interval after the one before it was due ([`Pace::Ticks`]) or sent ([`Pace::Sleeps`]),
/// - *sent* at `due + slack(u) + stall(v)`, and never before the one before it; a stall happens with its chance, and ticks that it
///   sleeps through are left out,
/// - *lost* with the chance `loss.begins` if the one before it was not lost, and `loss.goes_on` if it was (Gilbert 1960),
/// - and *comes* at `sent · (1 + drift) + transit + jitter(w)`, where the jitter is that of the present regime. A regime lasts for
///   an exponentially distributed time, and the next one is any of them.
///
/// Heartbeats may overtake each other. None is sent from the crash on; those on their way come. The trace then ends, as it does when
/// a day's worth of heartbeats, 2¹⁶, is lost in a row, and at the end of time; else it goes on for ever.
///
/// Slack, stalls, losses, regimes and jitter have generators of their own, so that to change one does not move the others. A
/// heartbeat takes a draw for its loss, one for its stall, and at most two for each [`Spread`]; 6 or 7 in the traces that have
/// names. 64 heartbeats are kept at most, of those on their way.
///
/// ```
/// use core::time::Duration;
/// use quorate_machine::Time;
/// use quorate_phi_detector::trace::{Trace, TraceConfig};
///
/// let crash = Time::ZERO + Duration::from_secs(60);
/// let trace = Trace::new(TraceConfig { crash: Some(crash), ..TraceConfig::wan() }, 7)?;
/// let heartbeats: Vec<_> = trace.collect();
/// assert!((560..=599).contains(&heartbeats.len())); // ten in a second, and few are lost
/// assert!(heartbeats.iter().all(|heartbeat| heartbeat.sent < crash));
/// assert!(heartbeats.iter().is_sorted_by_key(|heartbeat| heartbeat.at));
/// # Ok::<(), quorate_phi_detector::trace::TraceError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    config: TraceConfig,
    slack: Rng,
    stalls: Rng,
    losses: Rng,
    regimes: Rng,
    jitter: Rng,
    /// By the sender's clock, whose epoch is the receiver's.
    due: u64,
    sent: u64,
    sequence: u64,
    is_lost: bool,
    regime: Spread,
    regime_ends: u64,
    /// Sorted: the next one to come is the last.
    pending: Vec<Arrival>,
    ended: bool,
}

impl Trace {
    /// How many heartbeats can be on their way before the first of them is taken to have come.
    pub const PENDING_MAX: usize = 64;

    /// The heartbeats that this configuration and seed make.
    ///
    /// # Errors
    /// If the configuration makes no heartbeats, or takes longer than it may.
    pub fn new(config: TraceConfig, seed: u64) -> Result<Self, TraceError> {
        config.check()?;
        let rng = Rng::new(seed);
        let regime = config.jitter.first().copied().unwrap_or_default();
        let mut trace = Self {
            slack: rng.fork(1),
            stalls: rng.fork(2),
            losses: rng.fork(3),
            regimes: rng.fork(4),
            jitter: rng.fork(5),
            due: 0,
            sent: 0,
            sequence: 0,
            is_lost: false,
            regime,
            regime_ends: 0,
            pending: Vec::with_capacity(Self::PENDING_MAX),
            ended: false,
            config,
        };
        trace.change_regime();
        Ok(trace)
    }

    /// The configuration.
    pub const fn config(&self) -> &TraceConfig {
        &self.config
    }

    /// Sends the next heartbeat; it comes later, or never. False if there is none.
    fn send(&mut self) -> bool {
        let interval = nanos(self.config.interval);
        let before = self.sent;
        let slack = self.config.slack.draw(&mut self.slack);
        let is_stalled = self.stalls.chance(self.config.stalls.chance);
        let stall = if is_stalled { self.config.stalls.length.draw(&mut self.stalls) } else { 0 };
        self.due = self.due.saturating_add(interval);
        self.sent = self.due.saturating_add(slack).saturating_add(stall).max(before.saturating_add(1));
        self.due = match self.config.pace {
            Pace::Sleeps => self.sent,
            // Of the ticks that have passed by now, all but this one are left out.
            Pace::Ticks => self.due + (self.sent - self.due) / interval.max(1) * interval,
        };
        let Some(sent) = self.by_receiver(self.sent) else { return false };
        if self.config.crash.is_some_and(|crash| sent >= crash.as_nanos()) {
            return false;
        }
        if self.sent >= self.regime_ends {
            self.change_regime();
        }
        let jitter = self.regime.draw(&mut self.jitter);
        self.sequence += 1;
        let loss = self.config.loss;
        let goes_on = self.is_lost && !Bug::LossForgets.is_planted();
        self.is_lost = self.losses.chance(if goes_on { loss.goes_on } else { loss.begins });
        let at = sent.checked_add(nanos(self.config.transit)).and_then(|at| at.checked_add(jitter));
        let Some(at) = at else { return false };
        if !self.is_lost {
            let stamp = Stamp { generation: 1, sequence: self.sequence };
            let arrival = Arrival { at: Time::from_nanos(at), sent: Time::from_nanos(sent), stamp };
            let place = self.pending.partition_point(|other| (other.at, other.stamp) > (arrival.at, stamp));
            self.pending.insert(place, arrival);
        }
        true
    }

    /// An instant of the sender's clock, by the receiver's.
    fn by_receiver(&self, sent: u64) -> Option<u64> {
        let drift = i128::from(sent) * i128::from(self.config.drift_ppm) / 1_000_000;
        u64::try_from(i128::from(sent) + drift).ok()
    }

    fn change_regime(&mut self) {
        let which = self.regimes.below(self.config.jitter.len() as u64);
        let lasts = Spread::Exponential { mean: self.config.regime }.draw(&mut self.regimes);
        let regime = usize::try_from(which).ok().and_then(|which| self.config.jitter.get(which));
        self.regime = regime.copied().unwrap_or_default();
        self.regime_ends = self.sent.saturating_add(lasts);
    }

    /// Whether the first of those on their way comes before all that are not sent yet.
    fn is_next_known(&self) -> bool {
        let earliest =
            self.by_receiver(self.sent).and_then(|sent| sent.checked_add(nanos(self.config.transit)));
        self.pending.len() >= Self::PENDING_MAX
            || self
                .pending
                .last()
                .is_some_and(|next| earliest.is_none_or(|earliest| next.at.as_nanos() <= earliest))
    }
}

impl Iterator for Trace {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        for _ in 0..LOST_MAX {
            if self.ended || self.is_next_known() {
                return self.pending.pop();
            }
            self.ended = !self.send();
        }
        self.ended = true;
        self.pending.pop()
    }
}

const LOST_MAX: u32 = 1 << 16;
