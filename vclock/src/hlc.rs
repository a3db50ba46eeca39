//! The hybrid logical clock: as close to physical time as its drift allows, and never against happened-before.

mod pack;
mod stamp;

use thiserror::Error;

pub use self::{pack::PackError, stamp::HlcStamp};
use crate::bug::Bug;

/// A hybrid logical clock (Kulkarni, Demirbas, Madappa, Avva, Leone 2014, figure 5): stamps that rise along
/// happened-before, as Lamport's do, and stay near the physical clock, which the caller reads and passes in.
///
/// A stamp is the highest physical time that has been heard of, and a counter for the events within it. Whatever makes
/// the physical clock stand still or go back (leap seconds, corrections, virtual machines that were moved), stamps go
/// on rising: the counter does it.
///
/// Ticks of the physical clock are what the caller takes them for; so are `max_drift` and bounds. All members must
/// mean the same:
///
/// ```
/// use quorate_vclock::Hlc;
///
/// let mut in_milliseconds = Hlc::new(500); // other members may be half a second ahead
/// let mut in_nanoseconds = Hlc::new(500_000_000);
/// let stamp = in_milliseconds.now(1_700_000_000_000)?;
/// assert_eq!((stamp.wall, stamp.logical), (1_700_000_000_000, 0));
/// let stamp = in_nanoseconds.now(1_700_000_000_000_000_000)?;
/// assert_eq!((stamp.wall, stamp.logical), (1_700_000_000_000_000_000, 0));
/// # Ok::<(), quorate_vclock::HlcError>(())
/// ```
///
/// **Drift** is checked in the future direction alone, and before anything changes: a member whose clock runs ahead
/// cannot drag the others further than `max_drift`, and messages that were on their way for hours are as good as any.
///
/// **Restart.** A clock that was made by [`new`](Self::new) and starts again while its physical clock is behind its
/// last stamp gives stamps out twice. Where that matters, keep a bound on stable storage that stamps stay below, and
/// come back with [`restore`](Self::restore):
///
/// ```
/// use quorate_vclock::{Hlc, HlcError};
///
/// const WINDOW: u64 = 1_000; // one write a second, in milliseconds
/// let mut disk = 0; // what a file holds; 0 if there is none
///
/// let mut clock = Hlc::restore(disk, 5_000);
/// let physical = 1_700_000_000_000;
/// assert!(matches!(clock.now(physical), Err(HlcError::BeyondBound { .. })));
/// if let Some(bound) = clock.needs_persist(physical, WINDOW) {
///     disk = bound; // write it and sync it ...
///     clock.persisted(bound); // ... and then say so
/// }
/// let before = clock.now(physical)?;
///
/// // The process ends, and its clock is set back by half a second.
/// let mut clock = Hlc::restore(disk, 5_000);
/// let physical = physical - 500;
/// if let Some(bound) = clock.needs_persist(physical, WINDOW) {
///     disk = bound;
///     clock.persisted(bound);
/// }
/// assert!(clock.now(physical)? > before);
/// # Ok::<(), HlcError>(())
/// ```
///
/// A clock has no `serde` form: its stamps travel, and it comes back by its bound.
///
/// **Threads.** The clock is a plain value. Threads that want one clock without a lock can share the packed form of its
/// last stamp:
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use quorate_vclock::{Hlc, HlcStamp};
///
/// const EPOCH: u64 = 1_700_000_000_000; // milliseconds
///
/// fn now(last: &AtomicU64, physical: u64) -> Result<HlcStamp, Box<dyn std::error::Error>> {
///     let mut seen = last.load(Ordering::Acquire);
///     loop {
///         let stamp = Hlc::after(HlcStamp::unpack(seen, EPOCH)?, 500).now(physical)?;
///         match last.compare_exchange_weak(seen, stamp.pack(EPOCH)?, Ordering::AcqRel, Ordering::Acquire) {
///             Ok(_) => return Ok(stamp),
///             Err(newer) => seen = newer,
///         }
///     }
/// }
///
/// let last = AtomicU64::new(HlcStamp::new(EPOCH, 0).pack(EPOCH)?);
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| (0..1000).for_each(|_| assert!(now(&last, EPOCH + 7).is_ok())));
///     }
/// });
/// assert_eq!(HlcStamp::unpack(last.into_inner(), EPOCH)?, HlcStamp::new(EPOCH + 7, 1999));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hlc {
    last: HlcStamp,
    max_drift: u64,
    /// Walls of stamps stay below it.
    bound: u64,
}

/// Why there is no stamp. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HlcError {
    /// The received stamp is too far in the future: its sender's clock is wrong, or ours is.
    #[error("the received stamp is {by} ticks ahead of the physical clock, {max} are allowed")]
    RemoteAhead {
        /// How far it is ahead of the physical clock, in ticks.
        by: u64,
        /// How far it may be.
        max: u64,
    },
    /// Our own last stamp is too far in the future: the physical clock has been set back, or was restored to a bound
    /// that it has not reached. It will pass.
    #[error("the clock's last stamp is {by} ticks ahead of the physical clock, {max} are allowed")]
    LocalAhead {
        /// How far it is ahead of the physical clock, in ticks.
        by: u64,
        /// How far it may be.
        max: u64,
    },
    /// All stamps within this tick are used up: 2³². The next tick of the physical clock brings more.
    #[error("the stamps within tick {wall} are used up")]
    LogicalOverflow {
        /// The tick.
        wall: u64,
    },
    /// The stamp would not be below the bound that is on stable storage. Persist a higher one first.
    #[error("a stamp of tick {wall} would not be below the bound {bound}")]
    BeyondBound {
        /// The tick that the stamp would have.
        wall: u64,
        /// The bound that has been persisted.
        bound: u64,
    },
}

impl Hlc {
    /// A clock whose stamps, and those it takes in, may be `max_drift` ticks ahead of the physical clock. It has no
    /// bound, so it forgets what it has given out when the process ends.
    ///
    /// A useful `max_drift` is several times what the members' clocks differ by: what is above it is refused.
    pub const fn new(max_drift: u64) -> Self {
        Self::after(HlcStamp::new(0, 0), max_drift)
    }

    /// A clock that goes on after this stamp, without a bound.
    #[inline]
    pub const fn after(last: HlcStamp, max_drift: u64) -> Self {
        Self { last, max_drift, bound: u64::MAX }
    }

    /// The clock of a process that starts again: `bound` is what stable storage holds, 0 if it holds nothing.
    ///
    /// Every stamp that was given out before is below the bound, every one from now on is above. There is none before a
    /// higher bound is [`persisted`](Self::persisted).
    pub fn restore(bound: u64, max_drift: u64) -> Self {
        let wall = if Bug::HlcForgetsBound.is_planted() { 0 } else { bound };
        Self { last: HlcStamp::new(wall, 0), max_drift, bound }
    }

    /// The latest stamp it has given out, or after which it goes on.
    #[inline]
    pub const fn last(&self) -> HlcStamp {
        self.last
    }

    /// By how many ticks the latest stamp is ahead of the physical clock: what a backwards jump looks like, or a
    /// member that is ahead. Worth watching: stamps end where it exceeds the drift that is allowed.
    pub const fn ahead(&self, physical: u64) -> u64 {
        self.last.wall.saturating_sub(physical)
    }

    /// The stamp of an event here: local, or the sending of a message. Never the same twice, and always rising.
    ///
    /// # Errors
    /// If the last stamp is too far ahead of the physical clock, if the stamps within the tick are used up, or if the
    /// bound would be passed. Nothing has changed then.
    #[inline]
    pub fn now(&mut self, physical: u64) -> Result<HlcStamp, HlcError> {
        let wall = self.last.wall.max(physical);
        self.advance(physical, wall, follows(self.last, wall))
    }

    /// The stamp of receiving a message with the stamp `remote`: later than that, and than all that was given out here.
    ///
    /// # Errors
    /// If the message's stamp is too far ahead of the physical clock; else as for [`now`](Self::now). Nothing has
    /// changed then.
    #[inline]
    pub fn receive(&mut self, physical: u64, remote: HlcStamp) -> Result<HlcStamp, HlcError> {
        if Bug::HlcIgnoresRemote.is_planted() {
            return self.now(physical);
        }
        if Bug::HlcAcceptsDrift.is_planted() {
            self.last = self.last.max(remote);
        }
        if remote.wall.saturating_sub(physical) > self.max_drift {
            return Err(self.remote_ahead(physical, remote));
        }
        if Bug::HlcRefusesThePast.is_planted() && remote.wall.abs_diff(physical) > self.max_drift {
            return Err(self.remote_ahead(physical, remote));
        }
        let wall = self.last.wall.max(remote.wall).max(physical);
        self.advance(physical, wall, follows(self.last, wall).max(follows(remote, wall)))
    }

    /// The bound to write to stable storage now, if less than half the `window` is left of the one that is there: the
    /// later of stamp and physical clock, and the window on top.
    ///
    /// One write for each half window, and it need not be waited for as long as it is done when the other half has
    /// passed. After a restart the clock may be up to a window ahead of the physical one: a window well below
    /// `max_drift` keeps a restart from having to wait. Received stamps can pass the bound at once; then the
    /// event has no stamp before a higher bound is persisted.
    pub fn needs_persist(&self, physical: u64, window: u64) -> Option<u64> {
        let reached = self.last.wall.max(physical);
        (self.bound.saturating_sub(reached) <= window / 2).then(|| reached.saturating_add(window.max(1)))
    }

    /// Takes in that this bound is on stable storage. A lower one than before changes nothing.
    pub fn persisted(&mut self, bound: u64) {
        self.bound = self.bound.max(bound);
    }

    /// Gives the stamp out if nothing is against it. `wall` is not below `physical`.
    #[inline]
    fn advance(&mut self, physical: u64, wall: u64, logical: u64) -> Result<HlcStamp, HlcError> {
        if Bug::HlcCounterCarries.is_planted() && logical > u64::from(u32::MAX) {
            self.last = HlcStamp::new(wall + 1, 0);
            return Ok(self.last);
        }
        match u32::try_from(logical) {
            Ok(logical) if wall.wrapping_sub(physical) <= self.max_drift && wall < self.bound => {
                self.last = HlcStamp::new(wall, logical);
                Ok(self.last)
            }
            _ => Err(self.refusal(physical, wall)),
        }
    }

    #[cold]
    const fn remote_ahead(&self, physical: u64, remote: HlcStamp) -> HlcError {
        HlcError::RemoteAhead { by: remote.wall.saturating_sub(physical), max: self.max_drift }
    }

    #[cold]
    const fn refusal(&self, physical: u64, wall: u64) -> HlcError {
        let by = wall.saturating_sub(physical);
        if by > self.max_drift {
            HlcError::LocalAhead { by, max: self.max_drift }
        } else if wall >= self.bound {
            HlcError::BeyondBound { wall, bound: self.bound }
        } else {
            HlcError::LogicalOverflow { wall }
        }
    }
}

/// The counter that follows this stamp in tick `wall`: one that may be too large.
#[inline]
fn follows(stamp: HlcStamp, wall: u64) -> u64 {
    if stamp.wall == wall || Bug::HlcKeepsCounter.is_planted() { u64::from(stamp.logical) + 1 } else { 0 }
}
