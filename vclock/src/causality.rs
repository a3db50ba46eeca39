use core::{cmp::Ordering, fmt};

/// How two clocks, and the events that they stand for, are related (Lamport 1978, happened-before).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Causality {
    /// They have seen the same events.
    Equal,
    /// Whatever the left one has seen, the right one has seen, and more.
    Before,
    /// Whatever the right one has seen, the left one has seen, and more.
    After,
    /// Each has seen something that the other has not: neither can have led to the other.
    Concurrent,
}

impl Causality {
    /// From "the right one has more somewhere" and "the left one has more somewhere".
    pub(crate) const fn from_lacks(left_lacks: bool, right_lacks: bool) -> Self {
        match (left_lacks, right_lacks) {
            (false, false) => Self::Equal,
            (true, false) => Self::Before,
            (false, true) => Self::After,
            (true, true) => Self::Concurrent,
        }
    }

    /// The same relation, read from the right.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
            Self::Equal | Self::Concurrent => self,
        }
    }

    /// As a partial order has it; `None` for concurrent ones.
    pub const fn ordering(self) -> Option<Ordering> {
        match self {
            Self::Equal => Some(Ordering::Equal),
            Self::Before => Some(Ordering::Less),
            Self::After => Some(Ordering::Greater),
            Self::Concurrent => None,
        }
    }
}

impl fmt::Display for Causality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "equal",
            Self::Before => "before",
            Self::After => "after",
            Self::Concurrent => "concurrent",
        })
    }
}
