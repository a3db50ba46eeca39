/// A session guarantee (Terry, Demers, Petersen, Spreitzer, Theimer and Welch, *Session Guarantees for Weakly Consistent
/// Replicated Data*, PDIS 1994, §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guarantee {
    /// A read sees what its session wrote before it.
    ReadYourWrites,
    /// A read sees what earlier reads of its session saw.
    MonotonicReads,
    /// Who sees a write sees what its session wrote before it, and in that order.
    MonotonicWrites,
    /// Who sees a write sees what its session had read before it, and in that order.
    WritesFollowReads,
}

impl Guarantee {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ReadYourWrites, Self::MonotonicReads, Self::MonotonicWrites, Self::WritesFollowReads];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadYourWrites => "read your writes",
            Self::MonotonicReads => "monotonic reads",
            Self::MonotonicWrites => "monotonic writes",
            Self::WritesFollowReads => "writes follow reads",
        }
    }
}

/// Some of the [session guarantees](Guarantee).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guarantees(u8);

impl Guarantees {
    /// All of them.
    pub const ALL: Self = Self(0b1111);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, guarantee: Guarantee) -> Self {
        Self(self.0 | 1 << guarantee as u8)
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, guarantee: Guarantee) -> Self {
        Self(self.0 & !(1 << guarantee as u8))
    }

    /// Whether this one is among them.
    pub const fn has(self, guarantee: Guarantee) -> bool {
        self.0 >> guarantee as u8 & 1 == 1
    }

    /// Each of them, by itself.
    pub fn iter(self) -> impl Iterator<Item = Guarantee> {
        Guarantee::ALL.into_iter().filter(move |guarantee| self.has(*guarantee))
    }

    /// Every choice of them, smaller ones first.
    pub fn choices() -> impl Iterator<Item = Self> {
        (0..=4).flat_map(|size| (0..16).filter(move |set: &u8| set.count_ones() == size).map(Self))
    }
}
