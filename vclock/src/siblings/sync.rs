//! What replicas make of each other's siblings.

use alloc::vec::Vec;

use super::{Siblings, entry::Entry};
use crate::{Causality, VClock};

impl<A: Ord, V> Siblings<A, V> {
    /// Takes in what another replica has seen and discarded, and the values that it holds besides: the least upper bound.
    pub fn sync(&mut self, other: &Self)
    where
        A: Clone,
        V: Clone,
    {
        self.absorb(
            &other.entries,
            |theirs| &theirs.actor,
            |held, theirs| held.join(theirs.seen, theirs.discarded(), theirs.values.iter(), V::clone),
            Entry::clone,
        );
    }

    /// The same, of siblings that are not needed any more.
    pub fn sync_owned(&mut self, other: Self) {
        self.absorb(
            other.entries,
            |theirs| &theirs.actor,
            |held, theirs| {
                held.join(theirs.seen, theirs.discarded(), theirs.values.into_iter(), |value| value);
            },
            |theirs| theirs,
        );
    }

    /// Deletes the values that the context has seen, and remembers what it has. See [Deleting](Self#deleting).
    pub fn discard(&mut self, context: &VClock<A>)
    where
        A: Clone,
    {
        self.absorb(
            context,
            |dot| dot.actor,
            |held, dot| held.join(dot.counter, dot.counter.get(), [].into_iter(), |value| value),
            |dot| Entry { actor: dot.actor.clone(), seen: dot.counter, values: Vec::new() },
        );
    }

    /// How the two are related as stages of one key: whatever the one before has seen and discarded, the other has as
    /// well.
    pub fn compare(&self, other: &Self) -> Causality {
        Causality::from_lacks(self.lacks(other), other.lacks(self))
    }

    /// Whether a sync with the other would change nothing.
    pub fn descends(&self, other: &Self) -> bool {
        !self.lacks(other)
    }

    /// Whether the other has seen or discarded what this one has not.
    fn lacks(&self, other: &Self) -> bool {
        let mut ours = self.entries.iter();
        other.entries.iter().any(|theirs| {
            let held = ours.by_ref().find(|held| held.actor >= theirs.actor);
            held.is_none_or(|held| {
                held.actor != theirs.actor || held.seen < theirs.seen || held.discarded() < theirs.discarded()
            })
        })
    }

    /// Takes in entries of another kind, sorted by actor: joins those of actors that are known, and puts in the others.
    fn absorb<T>(
        &mut self,
        incoming: impl IntoIterator<Item = T>,
        actor: impl Fn(&T) -> &A,
        join: impl Fn(&mut Entry<A, V>, T),
        enter: impl Fn(T) -> Entry<A, V>,
    ) {
        let mut new = Vec::new();
        let mut ours = self.entries.iter_mut().peekable();
        for theirs in incoming {
            while ours.next_if(|held| held.actor < *actor(&theirs)).is_some() {}
            match ours.next_if(|held| held.actor == *actor(&theirs)) {
                Some(held) => join(held, theirs),
                None => new.push(enter(theirs)),
            }
        }
        if !new.is_empty() {
            self.entries.append(&mut new);
            // Two sorted runs, which is what this sort is made for.
            self.entries.sort_by(|left, right| left.actor.cmp(&right.actor));
        }
    }
}
