//! Contexts as sets of events: union, intersection, difference, and which contains which.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{CausalContext, RangeTooLong, seen::Seen};
use crate::Causality;

impl<A: Ord> CausalContext<A> {
    /// Takes in whatever the other has seen: the least upper bound. O(n + m) in actors and blocks.
    pub fn union(&mut self, other: &Self)
    where
        A: Clone,
    {
        let mut new = Vec::new();
        let mut ours = self.actors.iter_mut().peekable();
        for (actor, theirs) in &other.actors {
            while ours.next_if(|(held, _)| held < actor).is_some() {}
            match ours.next_if(|(held, _)| held == actor) {
                Some((_, seen)) => seen.union(theirs),
                None => new.push((actor.clone(), theirs.clone())),
            }
        }
        if !new.is_empty() {
            self.actors.append(&mut new);
            // Two sorted runs, which is what this sort is made for.
            self.actors.sort_by(|(left, _), (right, _)| left.cmp(right));
        }
    }

    /// Keeps what both have seen: the greatest lower bound.
    pub fn intersect(&mut self, other: &Self) {
        let mut theirs = other.actors.iter().peekable();
        self.actors.retain_mut(|(actor, seen)| {
            while theirs.next_if(|(their_actor, _)| their_actor < actor).is_some() {}
            theirs.next_if(|(their_actor, _)| their_actor == actor).is_some_and(|(_, held)| {
                seen.intersect(held);
                !seen.is_empty()
            })
        });
    }

    /// Keeps what the other has not seen. What is left has gaps where there were none, and they take room;
    /// [`diff`](Self::diff) says the same without.
    ///
    /// # Errors
    /// [`RangeTooLong`] if what is left has a run above a gap that is longer than
    /// [`RANGE_MAX`](crate::CausalContext::RANGE_MAX). Nothing has changed then.
    pub fn subtract(&mut self, other: &Self) -> Result<(), RangeTooLong<A>>
    where
        A: Clone,
    {
        let mut left = Self::new();
        for range in self.diff(other) {
            left.insert_range(range.cloned())?;
        }
        *self = left;
        Ok(())
    }

    /// How the two are related.
    pub fn compare(&self, other: &Self) -> Causality {
        Causality::from_lacks(self.lacks(other), other.lacks(self))
    }

    /// Whether it has seen whatever the other has seen: it is equal or after. Stops at the first that it has not.
    pub fn descends(&self, other: &Self) -> bool {
        !self.lacks(other)
    }

    /// Whether the other has seen something that this one has not.
    fn lacks(&self, other: &Self) -> bool {
        let mut ours = self.actors.iter();
        other.actors.iter().any(|(actor, theirs)| {
            let held: Option<&(A, Seen)> = ours.by_ref().find(|(held, _)| held >= actor);
            held.is_none_or(|(held, seen)| held != actor || seen.lacks(theirs))
        })
    }
}

impl<A: Ord> PartialOrd for CausalContext<A> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).ordering()
    }
}
