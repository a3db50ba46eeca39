//! How one heartbeat is kept in 32 bits, with all that is to be undone when it leaves the window.

use crate::memory::VALUE_BITS;

/// One heartbeat as it was when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The interval in units, for each heartbeat that was sent in it.
    pub(super) value: u32,
    /// How many heartbeats before it were lost, as [`run`] has it.
    pub(super) lost: u32,
    /// Whether it was an outlier.
    pub(super) is_outlier: bool,
}

impl Slot {
    pub(super) const fn pack(self) -> u32 {
        self.value | code(self.lost) << VALUE_BITS | (self.is_outlier as u32) << (u32::BITS - 1)
    }

    pub(super) const fn unpack(bits: u32) -> Self {
        Self {
            value: bits & ((1 << VALUE_BITS) - 1),
            lost: length((bits >> VALUE_BITS) & CODE_MAX),
            is_outlier: bits >> (u32::BITS - 1) == 1,
        }
    }
}

/// The number of lost heartbeats as it is kept: exact below 16, then the nearest power of two, at most 2¹⁹.
pub(super) const fn run(lost: u32) -> u32 {
    length(code(lost))
}

const fn code(lost: u32) -> u32 {
    if lost < EXACT {
        return lost;
    }
    let floor = lost.ilog2();
    let nearest = if (lost >> (floor - 1)) & 1 == 1 { floor + 1 } else { floor };
    let code = nearest + (EXACT - EXACT.ilog2());
    if code > CODE_MAX { CODE_MAX } else { code }
}

const fn length(code: u32) -> u32 {
    if code < EXACT { code } else { 1 << (code - (EXACT - EXACT.ilog2())) }
}

const EXACT: u32 = 16;
const CODE_MAX: u32 = 31;
