use core::{iter::Peekable, num::NonZeroU64};

use super::{Iter, VClock};
use crate::DotRange;

impl<A: Ord> VClock<A> {
    /// The events that it has seen and the other has not, by actor: what to send to whoever holds the other.
    ///
    /// ```
    /// use quorate_vclock::VClock;
    ///
    /// let ours = VClock::from([("a", 5), ("b", 2), ("c", 1)]);
    /// let theirs = VClock::from([("a", 3), ("b", 7)]);
    /// let lacking: Vec<_> = ours.diff(&theirs).map(|range| range.to_string()).collect();
    /// assert_eq!(lacking, ["a:4..=5", "c:1..=1"]);
    /// ```
    pub fn diff<'a>(&'a self, other: &'a Self) -> Diff<'a, A> {
        Diff { ours: self.iter(), theirs: other.iter().peekable() }
    }
}

/// The events that one clock has seen and another has not. Made by [`VClock::diff`].
#[derive(Clone, Debug)]
pub struct Diff<'a, A> {
    ours: Iter<'a, A>,
    theirs: Peekable<Iter<'a, A>>,
}

impl<'a, A: Ord> Iterator for Diff<'a, A> {
    type Item = DotRange<&'a A>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let ours = self.ours.next()?;
            while self.theirs.next_if(|theirs| theirs.actor < ours.actor).is_some() {}
            let seen = self.theirs.next_if(|theirs| theirs.actor == ours.actor);
            // Past the last counter there is, nothing can be lacking.
            let first = match seen {
                None => Some(NonZeroU64::MIN),
                Some(seen) => seen.counter.checked_add(1),
            };
            if let Some(first) = first.filter(|first| *first <= ours.counter) {
                return Some(DotRange { actor: ours.actor, first, last: ours.counter });
            }
        }
    }
}
