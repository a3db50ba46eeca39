use core::fmt;

/// A level of isolation for which to judge a history of registers is NP-complete: Biswas and Enea, *On the Complexity of Checking
/// Transactional Consistency*, OOPSLA 2019, §2.
///
/// As for a [`Level`](super::Level) there must be a total order of commits that extends the order of each session and comes after
/// what was read. Then each transaction takes a *snapshot*, what some beginning of that order has written, with everything
/// in it that the transaction reads and that came before it in its session; it reads from its snapshot and its own writes
/// alone. How much must be in the snapshot makes the level.
///
/// All of them know sessions; the strong ones know real time besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Nothing more. Updates may be lost.
    Prefix,
    /// Whoever commits before the transaction and writes a key that it writes, too.
    SnapshotIsolation,
    /// That, and whoever had ended when the transaction was invoked.
    StrongSnapshotIsolation,
    /// Whoever commits before the transaction.
    Serializable,
    /// That; and whoever had ended when another was invoked commits before it.
    StrictSerializable,
}

impl Isolation {
    /// All of them, each after those that are weaker.
    pub const ALL: [Self; 5] = [
        Self::Prefix,
        Self::SnapshotIsolation,
        Self::StrongSnapshotIsolation,
        Self::Serializable,
        Self::StrictSerializable,
    ];

    /// Whether every history at this level is at the other, too.
    pub const fn implies(self, other: Self) -> bool {
        match (self, other) {
            (Self::StrictSerializable, _) | (_, Self::Prefix) => true,
            (Self::Serializable, Self::StrongSnapshotIsolation) => false,
            (one, other) => one as u8 >= other as u8,
        }
    }

    /// Its usual name, like `snapshot-isolation`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::SnapshotIsolation => "snapshot-isolation",
            Self::StrongSnapshotIsolation => "strong-snapshot-isolation",
            Self::Serializable => "serializable",
            Self::StrictSerializable => "strict-serializable",
        }
    }

    /// Whether what ended before another was invoked comes before it.
    pub const fn is_real_time(self) -> bool {
        matches!(self, Self::StrongSnapshotIsolation | Self::StrictSerializable)
    }

    /// Whether a transaction reads at another moment than that at which it commits.
    pub(super) const fn has_snapshots(self) -> bool {
        !matches!(self, Self::Serializable | Self::StrictSerializable)
    }

    /// Whether of two that write one key the later one starts after the earlier one has committed.
    pub(super) const fn is_exclusive(self) -> bool {
        matches!(self, Self::SnapshotIsolation | Self::StrongSnapshotIsolation)
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
