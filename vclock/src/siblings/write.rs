//! Writing to a key.

use alloc::vec;
use core::num::NonZeroU64;

use thiserror::Error;

use super::{Siblings, entry::Entry};
use crate::{Dot, VClock, bug::Bug};

impl<A: Ord + Clone, V> Siblings<A, V> {
    /// Writes a value on behalf of a client that has seen `context`, at the replica `actor`. The values that the context
    /// has seen are overwritten; the others become its siblings.
    ///
    /// # Errors
    /// If the replica has forgotten writes of its own, or has used its last counter. Nothing has changed then, and
    /// the value comes back.
    pub fn update(&mut self, context: &VClock<A>, actor: A, value: V) -> Result<Dot<A>, UpdateError<V>> {
        if let Err(Amnesia { held, named }) = self.remembers(&actor, context) {
            return Err(UpdateError::Amnesia { value, held, named });
        }
        let Some(counter) = NonZeroU64::MIN.checked_add(self.seen(&actor)) else {
            return Err(UpdateError::Overflow { value });
        };
        if !Bug::SiblingsKeepSeen.is_planted() {
            self.discard(context);
        }
        match self.find(&actor).map(|at| self.entries.get_mut(at)) {
            Ok(Some(entry)) => {
                entry.seen = counter;
                entry.values.push(value);
            }
            Ok(None) => {}
            Err(at) => {
                let entry = Entry { actor: actor.clone(), seen: counter, values: vec![value] };
                self.entries.insert(at, entry);
            }
        }
        Ok(Dot { actor, counter })
    }

    /// Writes one value in place of all, made of them at the replica `actor`. It has a dot of its own, so that it
    /// overwrites them wherever they are.
    ///
    /// # Errors
    /// [`UpdateError::Overflow`], if the replica has used its last counter. Nothing has changed then, and the value comes
    /// back.
    ///
    /// ```
    /// use quorate_vclock::{Siblings, VClock};
    ///
    /// let mut votes = Siblings::new();
    /// votes.update(&VClock::new(), 'a', 3)?;
    /// votes.update(&VClock::new(), 'b', 4)?;
    /// votes.resolve('a', |votes| votes.values().sum())?;
    /// assert_eq!(votes.to_string(), "{a:2(7), b:1}");
    /// # Ok::<(), quorate_vclock::UpdateError<i32>>(())
    /// ```
    pub fn resolve(
        &mut self,
        actor: A,
        reconcile: impl FnOnce(&Self) -> V,
    ) -> Result<Dot<A>, UpdateError<V>> {
        let value = reconcile(self);
        self.update(&self.context(), actor, value)
    }

    /// Whether `actor`, whose siblings these are, can have made all of its writes that `context` names: of a client, or
    /// of another replica. Ask before a [`sync`](Self::sync) at the replica itself, where nothing of its own can be news.
    ///
    /// # Errors
    /// [`Amnesia`], if it has not made some of them, so that it must have forgotten.
    pub fn remembers(&self, actor: &A, context: &VClock<A>) -> Result<(), Amnesia> {
        let (held, named) = (self.seen(actor), context.get(actor));
        if held < named && !Bug::AmnesiaUnnoticed.is_planted() {
            Err(Amnesia { held, named })
        } else {
            Ok(())
        }
    }

    fn seen(&self, actor: &A) -> u64 {
        self.find(actor).ok().and_then(|at| self.entries.get(at)).map_or(0, |entry| entry.seen.get())
    }

    fn find(&self, actor: &A) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.actor.cmp(actor))
    }
}

/// Why a value has not been written. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum UpdateError<V> {
    /// The context names writes of the replica that it knows nothing of: it has lost them, and would make their dots
    /// again. It has to go on under a new name, with a higher epoch; then the same write with the same context is right.
    #[error("the context has seen {named} writes of a replica that holds {held} of its own")]
    Amnesia {
        /// The value.
        value: V,
        /// How many writes of its own the replica holds.
        held: u64,
        /// How many the context names.
        named: u64,
    },
    /// The replica has used the last counter there is. It has to go on under a new name.
    #[error("the last counter of the replica is used up")]
    Overflow {
        /// The value.
        value: V,
    },
}

impl<V> UpdateError<V> {
    /// The value that has not been written.
    pub fn into_value(self) -> V {
        match self {
            Self::Amnesia { value, .. } | Self::Overflow { value } => value,
        }
    }
}

/// A replica has forgotten writes of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{named} writes are known of a replica that holds {held} of its own")]
pub struct Amnesia {
    /// How many writes of its own it holds.
    pub held: u64,
    /// How many are known elsewhere.
    pub named: u64,
}
