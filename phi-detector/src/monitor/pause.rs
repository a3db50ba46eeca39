//! The own clock, which stands still while the whole node is paused: a silence that nobody could hear says nothing of peers.

use core::time::Duration;

use quorate_machine::{Clock, Time};

use crate::{Bug, nanos::nanos};

/// A clock that stands still during pauses. Instants of it are nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnClock {
    clock: Clock,
    started: Time,
    /// The latest instant of its own.
    latest: u64,
    /// How far it is behind the driver's clock, unless it stands still now.
    behind: u64,
    /// Before this the latest pause, and what is heard of its backlog, was not over: intervals that began before are not measured.
    whole_since: u64,
}

impl OwnClock {
    pub(super) const fn starting(now: Time) -> Self {
        let latest = now.as_nanos();
        Self { clock: Clock::starting(now), started: now, latest, behind: 0, whole_since: 0 }
    }

    /// Moves on to `now`, or to the latest instant if that is later.
    pub(super) fn advance(&mut self, now: Time) -> Time {
        let now = self.clock.advance(now);
        self.latest = self.at(now);
        now
    }

    /// Whether this is before an instant that was seen.
    pub(super) fn is_past(&self, now: Time) -> bool {
        now < self.clock.latest()
    }

    /// What it shows.
    pub(super) const fn latest(&self) -> u64 {
        self.latest
    }

    /// What it shows then, if there is no pause before.
    pub(super) fn at(&self, now: Time) -> u64 {
        now.as_nanos().saturating_sub(self.behind).max(self.latest)
    }

    /// When it runs past this instant, by the driver's clock.
    pub(super) const fn world(&self, own: u64) -> Option<Time> {
        match own.checked_add(self.behind) {
            Some(at) => Some(Time::from_nanos(at)),
            None => None,
        }
    }

    /// How long it has run until now, but for pauses.
    pub(super) fn awake(&self, now: Time) -> Duration {
        let run = now.since(self.started);
        run.saturating_sub(Duration::from_nanos(self.behind))
    }

    /// The node was paused for `span` until `now`, and hears what has gathered for `grace`.
    pub(super) fn pause(&mut self, now: Time, span: Duration, grace: Duration) {
        if Bug::PauseIgnored.is_planted() {
            return;
        }
        self.behind = self.behind.saturating_add(nanos(span)).saturating_add(nanos(grace));
        let end = now + grace;
        self.whole_since = end.as_nanos().saturating_sub(self.behind).max(self.latest.saturating_add(1));
    }

    /// Whether an interval that began at this instant was without a pause until now.
    pub(super) fn is_whole_since(&self, own: u64) -> bool {
        own >= self.whole_since || Bug::PauseIsAnInterval.is_planted()
    }
}
