use core::fmt;

use crate::{Overflow, bug::Bug};

/// A Lamport clock: one number that rises along happened-before (Lamport 1978, §2).
///
/// If one event led to another, the other has the higher time. **The reverse says nothing**: of two times one is lower
/// even where neither event knew of the other. Where that matters, take a [`VClock`](crate::VClock).
///
/// Whoever may send may also use the clock up: a received time near `u64::MAX` is taken in like any other. Check what
/// strangers send before it is observed.
///
/// ```
/// use quorate_vclock::Lamport;
///
/// let (mut alice, mut bob) = (Lamport::new(), Lamport::new());
/// let sent = alice.tick()?;
/// bob.tick()?;
/// let received = bob.observe(sent)?;
/// assert!(sent < received);
/// # Ok::<(), quorate_vclock::Overflow>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lamport(u64);

impl Lamport {
    /// The clock that has counted nothing: its first event has time 1.
    pub const fn new() -> Self {
        Self(0)
    }

    /// The clock that goes on after this time: for an actor that comes back, at least the highest it has given out.
    pub const fn after(time: u64) -> Self {
        Self(time)
    }

    /// The time of its latest event; 0 if there was none.
    pub const fn time(self) -> u64 {
        self.0
    }

    /// The time of one more event here: local, or the sending of a message (Lamport 1978, IR1).
    ///
    /// # Errors
    /// [`Overflow`] if the last time is used up. Nothing has changed then.
    #[inline]
    pub const fn tick(&mut self) -> Result<u64, Overflow> {
        match self.0.checked_add(1) {
            Some(next) => {
                self.0 = next;
                Ok(next)
            }
            None => Err(Overflow),
        }
    }

    /// The time of receiving a message that was sent at this one: later than both (Lamport 1978, IR2).
    ///
    /// # Errors
    /// [`Overflow`] if there is no later time. Nothing has changed then.
    #[inline]
    pub fn observe(&mut self, sent: u64) -> Result<u64, Overflow> {
        if Bug::LamportIgnoresReceived.is_planted() {
            return self.tick();
        }
        let mut later = Self(self.0.max(sent));
        let time = later.tick()?;
        *self = later;
        Ok(time)
    }
}

/// The time of an event with the actor whose event it was: a total order that agrees with happened-before, the lower
/// actor first where times are equal (Lamport 1978, §3).
///
/// Unique as long as no two actors have the same name and none forgets its clock.
///
/// ```
/// use quorate_vclock::LamportStamp;
///
/// let mut events = [LamportStamp::new(2, "alice"), LamportStamp::new(1, "bob"), LamportStamp::new(1, "alice")];
/// events.sort();
/// assert_eq!(events.map(|stamp| stamp.to_string()), ["1@alice", "1@bob", "2@alice"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LamportStamp<A> {
    /// When, by the actor's [`Lamport`] clock.
    pub time: u64,
    /// Whose event.
    pub actor: A,
}

impl<A> LamportStamp<A> {
    /// The event of `actor` at `time`.
    pub const fn new(time: u64, actor: A) -> Self {
        Self { time, actor }
    }
}

impl<A: fmt::Display> fmt::Display for LamportStamp<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.time, self.actor)
    }
}
