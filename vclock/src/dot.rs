use core::{fmt, num::NonZeroU64};

use thiserror::Error;

/// One event: the `counter`-th of `actor`, counted from 1.
///
/// A dot names a write for ever, so nobody may make the same dot twice. An actor that has lost its memory goes on under
/// a new name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dot<A> {
    /// Whose event.
    pub actor: A,
    /// Which one, from 1.
    pub counter: NonZeroU64,
}

impl<A> Dot<A> {
    /// The dot of the `counter`-th event of `actor`; `None` for 0, which is no event.
    pub fn new(actor: A, counter: u64) -> Option<Self> {
        Some(Self { actor, counter: NonZeroU64::new(counter)? })
    }

    /// The same dot, its actor borrowed.
    pub const fn as_ref(&self) -> Dot<&A> {
        Dot { actor: &self.actor, counter: self.counter }
    }
}

/// A run of events of one actor: all from `first` to `last`, both included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::serial::Claimed<A>"))]
pub struct DotRange<A> {
    /// Whose events.
    pub actor: A,
    /// The first of them, from 1.
    pub first: NonZeroU64,
    /// The last of them, not below the first.
    pub last: NonZeroU64,
}

impl<A> DotRange<A> {
    /// From the `first` to the `last` event of `actor`; `None` if there is no such run.
    pub fn new(actor: A, first: u64, last: u64) -> Option<Self> {
        let range = Self { actor, first: NonZeroU64::new(first)?, last: NonZeroU64::new(last)? };
        (first <= last).then_some(range)
    }

    /// How many events these are; at least one.
    #[allow(clippy::len_without_is_empty, reason = "a run is never empty")]
    pub const fn len(&self) -> u64 {
        // From 1 to the last counter there is: the sum never overflows, since the first is at least 1.
        self.last.get() - self.first.get() + 1
    }

    /// Whether the event is one of them.
    pub fn contains(&self, dot: &Dot<A>) -> bool
    where
        A: PartialEq,
    {
        self.actor == dot.actor && (self.first..=self.last).contains(&dot.counter)
    }

    /// The dots, in order.
    pub fn dots(self) -> impl Iterator<Item = Dot<A>>
    where
        A: Clone,
    {
        (self.first.get()..=self.last.get()).filter_map(move |counter| Dot::new(self.actor.clone(), counter))
    }
}

impl<A: Clone> DotRange<&A> {
    /// The same run, with an actor of its own.
    pub fn cloned(self) -> DotRange<A> {
        DotRange { actor: self.actor.clone(), first: self.first, last: self.last }
    }
}

/// The actor has used the last counter there is. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the last counter is used up")]
pub struct Overflow;

/// An event came before those that it follows. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("event {got} came where {expected} comes next")]
pub struct Gap {
    /// The event that comes next.
    pub expected: u64,
    /// The one that came.
    pub got: u64,
}

impl<A: fmt::Display> fmt::Display for Dot<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.actor, self.counter)
    }
}

impl<A: fmt::Debug> fmt::Debug for Dot<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{}", self.actor, self.counter)
    }
}

impl<A: fmt::Display> fmt::Display for DotRange<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..={}", self.actor, self.first, self.last)
    }
}

impl<A: fmt::Debug> fmt::Debug for DotRange<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{}..={}", self.actor, self.first, self.last)
    }
}
