use core::fmt;

/// When an event was, by a [`Hlc`](crate::Hlc). Stamps compare by `wall`, then by `logical`; 16 bytes.
///
/// Stamps of one clock are unique. Two clocks may give out equal ones: where a total order is needed, add the actor, as
/// in `(stamp, actor)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HlcStamp {
    /// The highest physical time that the event knows of, in the clock's ticks: the paper's `l`.
    pub wall: u64,
    /// Which of the events within that tick, along happened-before: the paper's `c`.
    pub logical: u32,
}

impl HlcStamp {
    /// The stamp of the tick `wall`, with the counter `logical`.
    #[inline]
    pub const fn new(wall: u64, logical: u32) -> Self {
        Self { wall, logical }
    }
}

/// As the paper's figures have it: `10,3`.
impl fmt::Display for HlcStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.wall, self.logical)
    }
}
