use thiserror::Error;

use super::HlcStamp;

/// How many bits of a packed stamp are the counter.
const LOGICAL_BITS: u32 = 16;

/// How many ticks since the epoch fit into the rest.
const WALLS: u64 = 1 << (u64::BITS - LOGICAL_BITS);

/// Why a stamp has no packed form, or a packed form no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PackError {
    /// The stamp is from before the epoch.
    #[error("tick {wall} is before the epoch {epoch}")]
    BeforeEpoch {
        /// The stamp's tick.
        wall: u64,
        /// The epoch.
        epoch: u64,
    },
    /// The stamp is 2⁴⁸ ticks or more after the epoch.
    #[error("tick {wall} is 2^48 ticks or more after the epoch {epoch}")]
    TooLate {
        /// The stamp's tick.
        wall: u64,
        /// The epoch.
        epoch: u64,
    },
    /// The counter is 2¹⁶ or more.
    #[error("the counter {logical} has more than 16 bits")]
    LogicalTooHigh {
        /// The stamp's counter.
        logical: u32,
    },
    /// The packed form is of a tick that has no number: the epoch is a wrong one.
    #[error("{since} ticks after the epoch {epoch} there are none")]
    PastTheLastTick {
        /// The ticks since the epoch.
        since: u64,
        /// The epoch.
        epoch: u64,
    },
}

impl HlcStamp {
    /// The stamp as one number: 48 bits of ticks since `epoch`, 16 bits of counter (Kulkarni et al. 2014, §6.2). Packed
    /// stamps of one epoch compare as the stamps do.
    ///
    /// Nothing is lost: what does not fit is an error. 2⁴⁸ milliseconds are 8,919 years, 2⁴⁸ microseconds 8 years and 335
    /// days, 2⁴⁸ nanoseconds only 3 days and 6 hours: then choose a coarser tick **for the clock**, not for packing. The
    /// counter ends at 65,535 within one tick, where the clock itself goes on to 2³² − 1; a stamp between is issued and
    /// cannot be packed, and the next tick of the physical clock brings ones that can.
    ///
    /// ```
    /// use quorate_vclock::HlcStamp;
    ///
    /// const EPOCH: u64 = 1_577_836_800_000; // 2020, in milliseconds since 1970
    /// let stamp = HlcStamp::new(1_700_000_000_000, 3);
    /// let packed = stamp.pack(EPOCH)?;
    /// assert_eq!(packed, (122_163_200_000 << 16) + 3);
    /// assert_eq!(HlcStamp::unpack(packed, EPOCH)?, stamp);
    /// # Ok::<(), quorate_vclock::PackError>(())
    /// ```
    ///
    /// # Errors
    /// If the stamp is from before the epoch or too long after it, or the counter is too high.
    #[inline]
    pub const fn pack(self, epoch: u64) -> Result<u64, PackError> {
        let Self { wall, logical } = self;
        let Some(since) = wall.checked_sub(epoch) else { return Err(PackError::BeforeEpoch { wall, epoch }) };
        if since >= WALLS {
            return Err(PackError::TooLate { wall, epoch });
        }
        if logical >> LOGICAL_BITS != 0 {
            return Err(PackError::LogicalTooHigh { logical });
        }
        Ok(since << LOGICAL_BITS | logical as u64)
    }

    /// The stamp that [`pack`](Self::pack) packed with the same epoch. With another epoch it is another stamp.
    ///
    /// # Errors
    /// If the epoch is so late that the tick has no number.
    #[inline]
    pub const fn unpack(packed: u64, epoch: u64) -> Result<Self, PackError> {
        let since = packed >> LOGICAL_BITS;
        match epoch.checked_add(since) {
            #[allow(clippy::cast_possible_truncation, reason = "the low 16 bits are what is meant")]
            Some(wall) => Ok(Self { wall, logical: (packed as u16) as u32 }),
            None => Err(PackError::PastTheLastTick { since, epoch }),
        }
    }
}
