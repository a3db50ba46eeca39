//! The causal context: a vector clock that remembers gaps, as a canonical set of events.

mod algebra;
pub(crate) mod blocks;
mod runs;
pub(crate) mod seen;

use alloc::vec::Vec;
use core::{borrow::Borrow, fmt, num::NonZeroU64};

use thiserror::Error;

use self::seen::Seen;
use crate::{Dot, DotRange, Overflow, VClock};

/// Which events have been seen, in whatever order they came: a version vector with exceptions (Malkhi and Terry 2005), or
/// the causal context of delta-based replicated data types (Almeida, Shoker and Baquero 2018).
///
/// A [`VClock`] can only say "all up to here". Where updates come by themselves, some are missing in between for a while,
/// and a clock has to forget the later ones or to claim the missing ones. A context does neither: of each actor it keeps
/// a floor, up to which everything has been seen, and above it a bit for each event. As gaps fill, the floor rises, and in
/// the end a context is as small as a clock.
///
/// Canonical: contexts that have seen the same events are equal and hash alike, however they came about.
///
/// | operation | cost for a actors, b blocks of 64 events that have a gap below them |
/// |---|---|
/// | [`insert`](Self::insert), [`contains`](Self::contains), [`next_dot`](Self::next_dot) | O(log a + log b) |
/// | [`union`](Self::union), [`intersect`](Self::intersect), [`compare`](Self::compare) | O(a + b log b) of both |
/// | [`ranges`](Self::ranges), [`exceptions`](Self::exceptions), [`diff`](Self::diff) | O(a + b + runs) |
///
/// A gap costs two bits for each event around it at most, while events are dense. One that is 4,096 away from all others
/// takes about 100 bytes: for such a context a set of dots is the smaller one.
///
/// ```
/// use quorate_vclock::{CausalContext, Dot};
///
/// let mut seen = CausalContext::new();
/// seen.extend([1, 2, 5].into_iter().filter_map(|counter| Dot::new("a", counter)));
/// assert_eq!(seen.to_string(), "{a:2+5}");
/// assert_eq!(seen.exceptions().map(|gap| gap.to_string()).collect::<Vec<_>>(), ["a:3..=4"]);
/// seen.extend([4, 3].into_iter().filter_map(|counter| Dot::new("a", counter)));
/// assert_eq!(seen.to_string(), "{a:5}");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CausalContext<A> {
    /// By actor; none of them has seen nothing.
    pub(crate) actors: Vec<(A, Seen)>,
}

impl<A> CausalContext<A> {
    /// How many events one range may have that is inserted above a gap. They take a bit or two each.
    pub const RANGE_MAX: u64 = 1 << 20;

    /// The context that has seen nothing.
    pub const fn new() -> Self {
        Self { actors: Vec::new() }
    }

    /// How many actors it knows.
    pub fn len(&self) -> usize {
        self.actors.len()
    }

    /// Whether it has seen nothing.
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// How many events it has seen.
    pub fn total(&self) -> u128 {
        self.actors.iter().map(|(_, seen)| seen.count()).sum()
    }

    /// Whether every event has been seen that is before one that has: the context says no more than a clock.
    pub fn is_contiguous(&self) -> bool {
        self.actors.iter().all(|(_, seen)| seen.blocks.is_empty())
    }
}

impl<A: Ord> CausalContext<A> {
    /// Whether it has seen the event.
    pub fn contains(&self, dot: &Dot<A>) -> bool {
        self.seen(&dot.actor).is_some_and(|seen| seen.contains(dot.counter))
    }

    /// Takes in that this event has been seen, and no other. Says whether that was news.
    pub fn insert(&mut self, dot: Dot<A>) -> bool {
        match self.find(&dot.actor) {
            Ok(at) => self.actors.get_mut(at).is_some_and(|(_, seen)| seen.insert(dot.counter)),
            Err(at) => {
                let mut seen = Seen::default();
                seen.insert(dot.counter);
                self.actors.insert(at, (dot.actor, seen));
                true
            }
        }
    }

    /// Takes in that all these events have been seen. A range that begins at the floor, or below, costs no more than
    /// one event, however long it is.
    ///
    /// # Errors
    /// [`RangeTooLong`] if the range begins above a gap and has more than [`RANGE_MAX`](Self::RANGE_MAX) events. Nothing
    /// has changed then.
    pub fn insert_range(&mut self, range: DotRange<A>) -> Result<(), RangeTooLong<A>> {
        let floor = self.seen(&range.actor).map_or(0, |seen| seen.floor);
        let above_a_gap = range.first.get() - 1 > floor;
        if above_a_gap && range.len() > Self::RANGE_MAX {
            return Err(RangeTooLong { range, max: Self::RANGE_MAX });
        }
        let at = match self.find(&range.actor) {
            Ok(at) => at,
            Err(at) => {
                self.actors.insert(at, (range.actor, Seen::default()));
                at
            }
        };
        if let Some((_, seen)) = self.actors.get_mut(at) {
            if above_a_gap {
                seen.insert_above(range.first, range.last);
            } else {
                seen.raise(range.last.get());
            }
        }
        Ok(())
    }

    /// What has been seen without a gap: the greatest clock whose events this context has all seen.
    pub fn floor(&self) -> VClock<A>
    where
        A: Clone,
    {
        self.actors.iter().map(|(actor, seen)| (actor.clone(), seen.floor)).collect()
    }

    /// The dot that the next event of the actor should have: above whatever has been seen of it, gaps or not.
    ///
    /// # Errors
    /// [`Overflow`] if the last counter of the actor has been seen.
    pub fn next_dot(&self, actor: A) -> Result<Dot<A>, Overflow> {
        let latest = self.seen(&actor).map_or(0, Seen::latest);
        let counter = NonZeroU64::MIN.checked_add(latest).ok_or(Overflow)?;
        Ok(Dot { actor, counter })
    }

    fn seen<Q>(&self, actor: &Q) -> Option<&Seen>
    where
        A: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.find(actor).ok().and_then(|at| self.actors.get(at)).map(|(_, seen)| seen)
    }

    fn find<Q>(&self, actor: &Q) -> Result<usize, usize>
    where
        A: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.actors.binary_search_by(|(held, _)| held.borrow().cmp(actor))
    }
}

/// A range above a gap is longer than a context takes in at once. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a range of {} events above a gap, and {max} at most", range.len())]
pub struct RangeTooLong<A> {
    /// The range.
    pub range: DotRange<A>,
    /// How many events it may have.
    pub max: u64,
}

/// The events that the clock has seen.
impl<A> From<VClock<A>> for CausalContext<A> {
    fn from(clock: VClock<A>) -> Self {
        let actors = clock.into_iter().map(|dot| (dot.actor, Seen::up_to(dot.counter.get()))).collect();
        Self { actors }
    }
}

impl<A: Ord> Extend<Dot<A>> for CausalContext<A> {
    fn extend<I: IntoIterator<Item = Dot<A>>>(&mut self, dots: I) {
        for dot in dots {
            self.insert(dot);
        }
    }
}

impl<A: Ord> FromIterator<Dot<A>> for CausalContext<A> {
    fn from_iter<I: IntoIterator<Item = Dot<A>>>(dots: I) -> Self {
        let mut context = Self::new();
        context.extend(dots);
        context
    }
}

impl<A> Default for CausalContext<A> {
    fn default() -> Self {
        Self::new()
    }
}

/// As a clock, and what has been seen above the floor after a plus: `{a:2+5+8..=9, b:0+3}`.
impl<A: fmt::Display> fmt::Display for CausalContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (actor, seen)) in self.actors.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{actor}:{seen}")?;
        }
        f.write_str("}")
    }
}

impl<A: fmt::Debug> fmt::Debug for CausalContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.actors.iter().map(|(actor, seen)| (actor, seen))).finish()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.floor)?;
        for run in self.runs().filter(|run| run.first.get() > self.floor) {
            if run.first == run.last {
                write!(f, "+{}", run.first)?;
            } else {
                write!(f, "+{}..={}", run.first, run.last)?;
            }
        }
        Ok(())
    }
}
