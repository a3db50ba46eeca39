//! Which of two clocks has seen what the other has not.
//!
//! Clocks of one group mostly name the same actors, so the two lists are walked side by side, a block at a time, without
//! branches inside the block; where the actors differ, or one list is much longer, by search.

use core::{cmp::Ordering, num::NonZeroU64};

use super::VClock;
use crate::{Causality, bug::Bug};

/// A list that is so many times longer is searched rather than walked.
pub(super) const MUCH_LONGER: usize = 8;

impl<A: Ord> VClock<A> {
    /// How the two are related. Stops as soon as each is known to have seen something that the other has not.
    pub fn compare(&self, other: &Self) -> Causality {
        // No entry is zero, so the longer list names an actor of which the shorter knows nothing.
        let left_lacks = self.entries.len() < other.entries.len();
        let right_lacks = other.entries.len() < self.entries.len();
        let relation = if self.entries.len().min(other.entries.len()) < BLOCK {
            compare_rest(&self.entries, &other.entries, left_lacks, right_lacks)
        } else {
            compare_long(&self.entries, &other.entries, left_lacks, right_lacks)
        };
        if relation == Causality::Equal && Bug::EqualIsConcurrent.is_planted() {
            return Causality::Concurrent;
        }
        relation
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

type Block<A> = [(A, NonZeroU64); BLOCK];

/// So many entries are compared before asking whether the answer is known.
const BLOCK: usize = 8;

/// Block by block for as long as both name the same actors; what is known already comes along.
fn compare_long<A: Ord>(
    mut left: Entries<'_, A>,
    mut right: Entries<'_, A>,
    mut left_lacks: bool,
    mut right_lacks: bool,
) -> Causality {
    while let (Some((ours, our_rest)), Some((theirs, their_rest))) =
        (left.split_first_chunk(), right.split_first_chunk())
    {
        let Some((below, above)) = compare_blocks(ours, theirs) else { break };
        left_lacks |= below;
        right_lacks |= above;
        if left_lacks && right_lacks {
            return Causality::Concurrent;
        }
        (left, right) = (our_rest, their_rest);
    }
    compare_rest(left, right, left_lacks, right_lacks)
}

/// Entry by entry for as long as both name the same actors.
fn compare_rest<A: Ord>(
    left: Entries<'_, A>,
    right: Entries<'_, A>,
    left_lacks: bool,
    right_lacks: bool,
) -> Causality {
    let (mut below, mut above) = (left_lacks, right_lacks);
    for ((actor, counter), (their_actor, their_counter)) in left.iter().zip(right) {
        if actor != their_actor {
            return compare_apart(left, right, left_lacks, right_lacks);
        }
        below |= counter < their_counter;
        above |= counter > their_counter;
    }
    Causality::from_lacks(below, above)
}

/// Where the actors differ.
#[inline(never)]
fn compare_apart<A: Ord>(
    left: Entries<'_, A>,
    right: Entries<'_, A>,
    left_lacks: bool,
    right_lacks: bool,
) -> Causality {
    Causality::from_lacks(left_lacks || lacks(left, right), right_lacks || lacks(right, left))
}

/// Whether the left one lacks something, and whether the right one does; `None` if they name different actors.
///
/// Mostly they are equal, and two counters are told apart in fewer instructions than they are put in order. Loops of this form are unrolled.
fn compare_blocks<A: Ord>(left: &Block<A>, right: &Block<A>) -> Option<(bool, bool)> {
    let (mut same_actors, mut differing) = (true, 0);
    for at in 0..BLOCK {
        same_actors &= left[at].0 == right[at].0;
        differing |= left[at].1.get() ^ right[at].1.get();
    }
    if !same_actors {
        return None;
    }
    if differing == 0 {
        return Some((false, false));
    }
    let (mut left_lacks, mut right_lacks) = (false, false);
    for at in 0..BLOCK {
        left_lacks |= left[at].1 < right[at].1;
        right_lacks |= left[at].1 > right[at].1;
    }
    Some((left_lacks, right_lacks))
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
