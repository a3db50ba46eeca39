//! The own clock, which runs only while the whole node does: a silence that nobody could hear says nothing of peers.

use core::time::Duration;

use quorate_machine::{Clock, Time};

use crate::{Bug, nanos::nanos};

/// A clock that is put back by each pause. Its instants are nanoseconds since [`EPOCH`] before it was started, so that a pause that is
/// longer than it has run leaves it above zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnClock {
    clock: Clock,
    started: Time,
    /// What it shows.
    latest: u64,
    /// How far it is behind the driver's clock.
    behind: u64,
    /// Before this the latest pause, and what is heard of its backlog, was not over: intervals that began before are not measured.
    whole_since: u64,
}

impl OwnClock {
    pub(super) const fn starting(now: Time) -> Self {
        Self { clock: Clock::starting(now), started: now, latest: EPOCH, behind: 0, whole_since: 0 }
    }

    /// Moves on to `now`, or to the latest instant if that is later.
    pub(super) fn advance(&mut self, now: Time) -> Time {
        let now = self.clock.advance(now);
        self.latest = self.at(now);
        now
    }

    /// The latest instant of the driver's.
    pub(super) const fn seen(&self) -> Time {
        self.clock.latest()
    }

    /// What it shows.
    pub(super) const fn latest(&self) -> u64 {
        self.latest
    }

    /// What it shows then, if there is no pause before.
    pub(super) fn at(&self, now: Time) -> u64 {
        let run = now.as_nanos().saturating_sub(self.started.as_nanos());
        EPOCH.saturating_add(run).saturating_sub(self.behind)
    }

    /// When it shows this instant, by the driver's clock.
    pub(super) fn world(&self, own: u64) -> Option<Time> {
        let run = match own.checked_sub(EPOCH) {
            Some(shown) => shown.checked_add(self.behind)?,
            None => self.behind.saturating_sub(EPOCH - own),
        };
        self.started.as_nanos().checked_add(run).map(Time::from_nanos)
    }

    /// How long it has run until then, but for pauses.
    pub(super) fn awake(&self, now: Time) -> Duration {
        Duration::from_nanos(self.at(now).saturating_sub(EPOCH))
    }

    /// The node was paused for `span` until `now`, and hears what has gathered for `grace`.
    pub(super) fn pause(&mut self, now: Time, span: Duration, grace: Duration) {
        if Bug::PauseIgnored.is_planted() {
            return;
        }
        self.behind = self.behind.saturating_add(nanos(span)).saturating_add(nanos(grace));
        // Who was heard before this was told may be ahead of the clock now.
        let end = self.at(now + grace).max(self.latest.saturating_add(1));
        self.whole_since = self.whole_since.max(end);
        self.latest = self.at(now);
    }

    /// Whether an interval that began at this instant was without a pause until now.
    pub(super) fn is_whole_since(&self, own: u64) -> bool {
        own >= self.whole_since || Bug::PauseIsAnInterval.is_planted()
    }
}

/// A hundred and forty-six years: what it shows when it starts.
const EPOCH: u64 = 1 << 62;
