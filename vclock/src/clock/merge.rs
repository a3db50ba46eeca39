//! The least upper and the greatest lower bound.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{VClock, compare::MUCH_LONGER};
use crate::{Dot, bug::Bug};

impl<A: Ord> VClock<A> {
    /// Takes in whatever the other has seen: the least upper bound. Allocates only if the other names new actors, and
    /// then once.
    pub fn merge(&mut self, other: &Self)
    where
        A: Clone,
    {
        if Bug::MergeTakesMin.is_planted() {
            return self.meet(other);
        }
        if self.entries.len() / MUCH_LONGER > other.entries.len() {
            return self
                .extend(other.iter().map(|dot| Dot { actor: dot.actor.clone(), counter: dot.counter }));
        }
        let new = self.raise(other);
        if new > 0 {
            self.interleave(other, new);
        }
    }

    /// The same, of a clock that is not needed any more.
    pub fn merge_owned(&mut self, mut other: Self)
    where
        A: Clone,
    {
        if self.entries.len() < other.entries.len() {
            core::mem::swap(self, &mut other);
        }
        self.merge(&other);
    }

    /// The clock that has seen whatever any of these has seen.
    pub fn join_all<'a>(clocks: impl IntoIterator<Item = &'a Self>) -> Self
    where
        A: Clone + 'a,
    {
        let mut join = Self::new();
        clocks.into_iter().for_each(|clock| join.merge(clock));
        join
    }

    /// Keeps what both have seen: the greatest lower bound.
    pub fn meet(&mut self, other: &Self) {
        let mut theirs = other.entries.iter().peekable();
        self.entries.retain_mut(|(actor, counter)| {
            while theirs.next_if(|(their_actor, _)| their_actor < actor).is_some() {}
            match theirs.next_if(|(their_actor, _)| their_actor == actor) {
                Some((_, their_counter)) => {
                    *counter = (*counter).min(*their_counter);
                    true
                }
                None => false,
            }
        });
    }

    /// What all of these have seen; `None` if there are none of them.
    pub fn meet_all<'a>(clocks: impl IntoIterator<Item = &'a Self>) -> Option<Self>
    where
        A: Clone + 'a,
    {
        let mut clocks = clocks.into_iter();
        let mut meet = clocks.next()?.clone();
        clocks.for_each(|clock| meet.meet(clock));
        Some(meet)
    }

    /// Raises the counters of the actors that are known, and says how many of the other's are not.
    fn raise(&mut self, other: &Self) -> usize {
        let aligned = self.raise_aligned(other);
        let mut ours = self.entries.iter_mut().skip(aligned).peekable();
        let mut new = 0;
        for (actor, counter) in other.entries.iter().skip(aligned) {
            while ours.next_if(|(held, _)| held < actor).is_some() {}
            match ours.next_if(|(held, _)| held == actor) {
                Some((_, held)) => *held = (*held).max(*counter),
                None => new += 1,
            }
        }
        new
    }

    /// The same for as long as both name the same actors; how many these are.
    fn raise_aligned(&mut self, other: &Self) -> usize {
        let pairs = self.entries.iter_mut().zip(&other.entries);
        let mut aligned = 0;
        for ((actor, counter), (their_actor, their_counter)) in pairs {
            if actor != their_actor {
                break;
            }
            *counter = (*counter).max(*their_counter);
            aligned += 1;
        }
        aligned
    }

    /// Puts in the `new` actors that only the other names.
    fn interleave(&mut self, other: &Self, new: usize)
    where
        A: Clone,
    {
        let mut merged = Vec::with_capacity(self.entries.len() + new);
        let mut theirs = other.entries.iter().peekable();
        for entry in self.entries.drain(..) {
            while let Some(new) = theirs.next_if(|(actor, _)| *actor < entry.0) {
                merged.push(new.clone());
            }
            theirs.next_if(|(actor, _)| *actor == entry.0);
            merged.push(entry);
        }
        merged.extend(theirs.cloned());
        self.entries = merged;
    }
}

/// Those clocks that none of the others is after, each of several equal ones once, in the order they came in: the
/// maximal antichain.
pub fn frontier<'a, A: Ord + 'a>(clocks: impl IntoIterator<Item = &'a VClock<A>>) -> Vec<&'a VClock<A>> {
    let mut maximal: Vec<&VClock<A>> = Vec::new();
    for clock in clocks {
        if maximal.iter().any(|held| held.descends(clock)) {
            continue;
        }
        maximal.retain(|held| !clock.descends(held));
        maximal.push(clock);
    }
    maximal
}

/// Sorts so that nothing comes before what led to it. What is concurrent keeps its order where totals are equal.
pub fn sort_causally<T, A>(events: &mut [T], clock: impl Fn(&T) -> &VClock<A>) {
    events.sort_by(|left, right| -> Ordering { clock(left).total().cmp(&clock(right).total()) });
}
