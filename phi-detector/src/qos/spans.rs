use core::time::Duration;

/// What was measured of so many spans of time: exact sums of whole nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    count: u64,
    total: u128,
    squares: u128,
    shortest: u64,
    longest: u64,
}

impl Spans {
    pub(super) fn push(&mut self, nanos: u64) {
        let span = u128::from(nanos);
        let square = span * span;
        self.merge(&Self { count: 1, total: span, squares: square, shortest: nanos, longest: nanos });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.shortest = match (self.count, other.count) {
            (0, _) => other.shortest,
            (_, 0) => self.shortest,
            _ => self.shortest.min(other.shortest),
        };
        self.longest = self.longest.max(other.longest);
        self.count = self.count.saturating_add(other.count);
        self.total = self.total.saturating_add(other.total);
        self.squares = self.squares.saturating_add(other.squares);
    }

    /// How many there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All of them together, in nanoseconds.
    pub const fn total(&self) -> u128 {
        self.total
    }

    /// Their mean, to the nanosecond below; `None` if there were none.
    pub fn mean(&self) -> Option<Duration> {
        self.total.checked_div(u128::from(self.count)).map(duration)
    }

    /// The shortest; `None` if there were none.
    pub fn shortest(&self) -> Option<Duration> {
        (self.count > 0).then_some(Duration::from_nanos(self.shortest))
    }

    /// The longest; `None` if there were none.
    pub fn longest(&self) -> Option<Duration> {
        (self.count > 0).then_some(Duration::from_nanos(self.longest))
    }

    /// From an instant at random within them, how long it is on average to the end of its span.
    pub(super) fn mean_residue(&self) -> Option<Duration> {
        self.squares.checked_div(self.total.saturating_mul(2)).map(duration)
    }
}

fn duration(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
