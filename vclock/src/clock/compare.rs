//! Which of two clocks has seen what the other has not.
//!
//! Clocks of one group mostly name the same actors, so the two lists are walked side by side, a block at a time, without
//! branches inside the block; where the actors differ, or one list is much longer, by search.

use core::{cmp::Ordering, num::NonZeroU64};

use super::VClock;
use crate::{Causality, bug::Bug};

/// How many entries are compared before asking whether the answer is known.
const BLOCK: usize = 8;

/// A list that is so many times longer is searched rather than walked.
pub(super) const MUCH_LONGER: usize = 8;

impl<A: Ord> VClock<A> {
    /// How the two are related. Stops as soon as each is known to have seen something that the other has not.
    pub fn compare(&self, other: &Self) -> Causality {
        // No entry is zero, so the longer list names an actor of which the shorter knows nothing.
        let mut left_lacks = self.entries.len() < other.entries.len();
        let mut right_lacks = other.entries.len() < self.entries.len();
        let (mut left, mut right) = (&*self.entries, &*other.entries);
        while let (Some((ours, our_rest)), Some((theirs, their_rest))) = (cut(left), cut(right)) {
            let (mut aligned, mut below, mut above) = (true, false, false);
            for ((actor, counter), (their_actor, their_counter)) in ours.iter().zip(theirs) {
                aligned &= actor == their_actor;
                below |= counter < their_counter;
                above |= counter > their_counter;
            }
            if !aligned {
                break;
            }
            left_lacks |= below;
            right_lacks |= above;
            if left_lacks && right_lacks {
                return Causality::Concurrent;
            }
            (left, right) = (our_rest, their_rest);
        }
        left_lacks = left_lacks || lacks(left, right);
        right_lacks = right_lacks || lacks(right, left);
        if !left_lacks && !right_lacks && Bug::EqualIsConcurrent.is_planted() {
            return Causality::Concurrent;
        }
        Causality::from_lacks(left_lacks, right_lacks)
    }

    /// Whether it has seen whatever the other has seen: it is equal or after. Stops at the first that it has not.
    pub fn descends(&self, other: &Self) -> bool {
        self.entries.len() >= other.entries.len() && !lacks(&self.entries, &other.entries)
    }

    /// Whether it has seen whatever each of the others has seen.
    pub fn descends_all<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> bool
    where
        A: 'a,
    {
        others.into_iter().all(|other| self.descends(other))
    }
}

impl<A: Ord> PartialOrd for VClock<A> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).ordering()
    }
}

type Entries<'a, A> = &'a [(A, NonZeroU64)];

/// The next block and what follows it; `None` at the end.
fn cut<A>(entries: Entries<'_, A>) -> Option<(Entries<'_, A>, Entries<'_, A>)> {
    if entries.is_empty() { None } else { entries.split_at_checked(BLOCK).or(Some((entries, &[]))) }
}

/// Whether the right list has a later event of some actor than the left one.
fn lacks<A: Ord>(left: Entries<'_, A>, right: Entries<'_, A>) -> bool {
    if left.len() / MUCH_LONGER > right.len() {
        return right.iter().any(|(actor, counter)| {
            let held = left.binary_search_by(|(held, _)| held.cmp(actor)).ok().and_then(|at| left.get(at));
            held.is_none_or(|(_, seen)| seen < counter)
        });
    }
    let mut left = left.iter();
    for (actor, counter) in right {
        let held = left.by_ref().find(|(held, _)| held >= actor);
        match held {
            Some((held, seen)) if held == actor && seen >= counter => {}
            _ => return true,
        }
    }
    false
}
