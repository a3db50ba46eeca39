use core::{fmt, ops::Add, time::Duration};

/// An instant: nanoseconds since an epoch of the driver's choosing (584 years fit).
///
/// Nothing in a machine reads a clock; the driver says what time it is with every input. An instant means nothing
/// outside its process, so it never appears in a message or a record: durations and ages may travel.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The epoch.
    pub const ZERO: Self = Self(0);
    /// The last instant there is; additions saturate here.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant one nanosecond later: what a machine answers as its deadline when it has more to do than one
    /// bounded step.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The span since `earlier`, zero if `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Saturates at [`Time::MAX`].
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Duration::from_nanos(self.0), f)
    }
}

/// Absorbs a clock that goes backwards, once, at the top of [`Machine::step`](crate::Machine::step).
///
/// Two clocks are always equal and hash to nothing: what time it was last is not protocol state.
///
/// ```
/// use quorate_machine::{Clock, Time};
///
/// let mut clock = Clock::default();
/// assert_eq!(clock.advance(Time::from_nanos(7)), Time::from_nanos(7));
/// assert_eq!(clock.advance(Time::from_nanos(5)), Time::from_nanos(7));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    latest: Time,
}

impl Clock {
    /// A clock that starts at `now`.
    pub const fn starting(now: Time) -> Self {
        Self { latest: now }
    }

    /// The later of `now` and every instant seen before.
    pub fn advance(&mut self, now: Time) -> Time {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// The latest instant seen.
    pub const fn latest(&self) -> Time {
        self.latest
    }
}

impl PartialEq for Clock {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Clock {}

impl core::hash::Hash for Clock {
    fn hash<H: core::hash::Hasher>(&self, _: &mut H) {}
}
