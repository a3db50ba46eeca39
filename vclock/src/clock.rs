//! The vector clock: a sorted list of actors with counters, none of them zero, so that equal clocks are equal bytes.

mod compare;
mod diff;
mod merge;
mod retire;

use alloc::vec::{self, Vec};
use core::{borrow::Borrow, fmt, num::NonZeroU64, slice};

pub use self::{
    diff::Diff,
    merge::{frontier, sort_causally},
    retire::{NotRetired, Pruned, Retirement},
};
use crate::{Dot, Gap, Overflow};

/// Which events have been seen: of each actor the first so many (Mattern 1988; Fidge 1988). Also known as a version
/// vector (Parker 1983), when what is counted is writes.
///
/// Canonical: sorted by actor, without zeros. Two clocks that have seen the same events are equal, hash alike and
/// encode to the same bytes, however they came about. 16 bytes per actor of 8 bytes, in one allocation.
///
/// | operation | cost for n entries, m of the other |
/// |---|---|
/// | [`get`](Self::get), [`contains`](Self::contains), [`increment`](Self::increment), [`observe`](Self::observe) of a known actor | O(log n) |
/// | the same, of a new actor | O(n) |
/// | [`merge`](Self::merge), [`meet`](Self::meet), [`compare`](Self::compare), [`descends`](Self::descends), [`diff`](Self::diff) | O(n + m), or O(m log n) if m is much smaller; the comparisons stop once they know |
///
/// ```
/// use quorate_vclock::{Causality, VClock};
///
/// let mut alice = VClock::new();
/// alice.increment("alice")?;
/// let mut bob = alice.clone(); // bob has heard from alice
/// bob.increment("bob")?;
/// assert_eq!(alice.compare(&bob), Causality::Before);
/// alice.increment("alice")?; // alice goes on, and has not heard from bob
/// assert_eq!(alice.compare(&bob), Causality::Concurrent);
/// alice.merge(&bob);
/// assert_eq!(alice.to_string(), "{alice:2, bob:1}");
/// # Ok::<(), quorate_vclock::Overflow>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VClock<A> {
    entries: Vec<(A, NonZeroU64)>,
}

impl<A> VClock<A> {
    /// The clock that has seen nothing.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// The same, with room for `actors` entries.
    pub fn with_capacity(actors: usize) -> Self {
        Self { entries: Vec::with_capacity(actors) }
    }

    /// Of entries that are sorted by actor, each actor once.
    pub(crate) const fn from_sorted(entries: Vec<(A, NonZeroU64)>) -> Self {
        Self { entries }
    }

    /// How many actors it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has seen nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The latest event of each actor, by actor.
    pub fn iter(&self) -> Iter<'_, A> {
        Iter(self.entries.iter())
    }

    /// How many events it has seen. A clock that is before another has seen fewer, so sorting by this number is one
    /// order that causality allows.
    pub fn total(&self) -> u128 {
        self.entries.iter().map(|(_, counter)| u128::from(counter.get())).sum()
    }
}

impl<A: Ord> VClock<A> {
    /// How many events of the actor it has seen: 0 if none.
    pub fn get<Q>(&self, actor: &Q) -> u64
    where
        A: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.find(actor).ok().and_then(|at| self.entries.get(at)).map_or(0, |(_, counter)| counter.get())
    }

    /// Whether it has seen the event.
    pub fn contains(&self, dot: &Dot<A>) -> bool {
        self.get(&dot.actor) >= dot.counter.get()
    }

    /// Counts one more event of the actor, and names it. A known actor costs no allocation and no clone.
    ///
    /// # Errors
    /// [`Overflow`] if the actor has used its last counter. Nothing has changed then.
    pub fn increment(&mut self, actor: A) -> Result<Dot<A>, Overflow>
    where
        A: Clone,
    {
        match self.find(&actor) {
            Ok(at) => {
                let Some((_, held)) = self.entries.get_mut(at) else { return Err(Overflow) };
                let counter = held.checked_add(1).ok_or(Overflow)?;
                *held = counter;
                Ok(Dot { actor, counter })
            }
            Err(at) => {
                self.entries.insert(at, (actor.clone(), NonZeroU64::MIN));
                Ok(Dot { actor, counter: NonZeroU64::MIN })
            }
        }
    }

    /// The dot that the next event of the actor would have.
    ///
    /// # Errors
    /// [`Overflow`] if the actor has used its last counter.
    pub fn next_dot(&self, actor: A) -> Result<Dot<A>, Overflow> {
        let counter = NonZeroU64::MIN.checked_add(self.get(&actor)).ok_or(Overflow)?;
        Ok(Dot { actor, counter })
    }

    /// Takes in that this event of the actor, **and all before it**, have been seen. Says whether that was news.
    ///
    /// Where the events before it may be missing, use [`observe_next`](Self::observe_next) or a
    /// [`CausalContext`](crate::CausalContext), which remembers gaps.
    pub fn observe(&mut self, dot: Dot<A>) -> bool {
        match self.find(&dot.actor) {
            Ok(at) => match self.entries.get_mut(at) {
                Some((_, held)) if *held < dot.counter => {
                    *held = dot.counter;
                    true
                }
                Some(_) | None => false,
            },
            Err(at) => {
                self.entries.insert(at, (dot.actor, dot.counter));
                true
            }
        }
    }

    /// Takes in the event that comes next of its actor.
    ///
    /// # Errors
    /// [`Gap`] if another one comes next, earlier or later. Nothing has changed then.
    pub fn observe_next(&mut self, dot: Dot<A>) -> Result<(), Gap> {
        let (seen, got) = (self.get(&dot.actor), dot.counter.get());
        if seen.checked_add(1) == Some(got) {
            self.observe(dot);
            return Ok(());
        }
        Err(Gap { expected: seen.saturating_add(1), got })
    }

    fn find<Q>(&self, actor: &Q) -> Result<usize, usize>
    where
        A: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.binary_search_by(|(held, _)| held.borrow().cmp(actor))
    }
}

/// The latest event of each actor that a [`VClock`] knows, by actor.
#[derive(Clone, Debug)]
pub struct Iter<'a, A>(slice::Iter<'a, (A, NonZeroU64)>);

impl<'a, A> Iterator for Iter<'a, A> {
    type Item = Dot<&'a A>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(actor, counter)| Dot { actor, counter: *counter })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<A> ExactSizeIterator for Iter<'_, A> {}

impl<A> DoubleEndedIterator for Iter<'_, A> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(actor, counter)| Dot { actor, counter: *counter })
    }
}

impl<'a, A> IntoIterator for &'a VClock<A> {
    type Item = Dot<&'a A>;
    type IntoIter = Iter<'a, A>;

    fn into_iter(self) -> Iter<'a, A> {
        self.iter()
    }
}

/// The latest event of each actor that a [`VClock`] knew, by actor.
#[derive(Clone, Debug)]
pub struct IntoIter<A>(vec::IntoIter<(A, NonZeroU64)>);

impl<A> Iterator for IntoIter<A> {
    type Item = Dot<A>;

    fn next(&mut self) -> Option<Dot<A>> {
        self.0.next().map(|(actor, counter)| Dot { actor, counter })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<A> ExactSizeIterator for IntoIter<A> {}

impl<A> IntoIterator for VClock<A> {
    type Item = Dot<A>;
    type IntoIter = IntoIter<A>;

    fn into_iter(self) -> IntoIter<A> {
        IntoIter(self.entries.into_iter())
    }
}

/// Observes each dot; of several of one actor the latest counts.
impl<A: Ord> Extend<Dot<A>> for VClock<A> {
    fn extend<I: IntoIterator<Item = Dot<A>>>(&mut self, dots: I) {
        for dot in dots {
            self.observe(dot);
        }
    }
}

impl<A: Ord> FromIterator<Dot<A>> for VClock<A> {
    fn from_iter<I: IntoIterator<Item = Dot<A>>>(dots: I) -> Self {
        let mut entries: Vec<_> = dots.into_iter().map(|dot| (dot.actor, dot.counter)).collect();
        entries.sort_unstable_by(|(left, high), (right, low)| left.cmp(right).then(low.cmp(high)));
        entries.dedup_by(|(later, _), (kept, _)| later == kept);
        Self { entries }
    }
}

/// Actors with counters, where 0 means that the actor has not been heard of.
impl<A: Ord> FromIterator<(A, u64)> for VClock<A> {
    fn from_iter<I: IntoIterator<Item = (A, u64)>>(entries: I) -> Self {
        entries.into_iter().filter_map(|(actor, counter)| Dot::new(actor, counter)).collect()
    }
}

impl<A: Ord, const N: usize> From<[(A, u64); N]> for VClock<A> {
    fn from(entries: [(A, u64); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<A> Default for VClock<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: fmt::Display> fmt::Display for VClock<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, dot) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{dot}")?;
        }
        f.write_str("}")
    }
}

impl<A: fmt::Debug> fmt::Debug for VClock<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|dot| (dot.actor, dot.counter))).finish()
    }
}
