//! Dropping entries: with a proof that nothing is lost by it, or knowing what is.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use thiserror::Error;

use super::VClock;
use crate::Dot;

/// The proof that an actor is gone and that every member has seen the last of its events. Made by
/// [`MatrixClock::retirement`](crate::MatrixClock::retirement) alone.
///
/// Every clock that a member makes from now on would have this very entry. To leave it out of all of them loses
/// nothing, and [`VClock::reinstate`] puts it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retirement<A> {
    pub(crate) last: Dot<A>,
}

impl<A> Retirement<A> {
    /// The last event of the actor that is gone.
    pub const fn last(&self) -> &Dot<A> {
        &self.last
    }
}

/// Why an entry cannot be left out or put back. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotRetired {
    /// The clock has seen fewer events of the actor, perhaps none: it is from before the retirement, and what it has
    /// seen cannot be told from the proof.
    #[error("the clock has seen {seen} of the {last} events of the actor")]
    Earlier {
        /// How many it has seen.
        seen: u64,
        /// How many there were, by the proof.
        last: u64,
    },
    /// The clock has seen later events of the actor: it was not gone, or its name is in use again.
    #[error("the clock has seen event {seen} of an actor that was gone after event {last}")]
    Later {
        /// What it has seen.
        seen: u64,
        /// The last one, by the proof.
        last: u64,
    },
}

impl<A: Ord> VClock<A> {
    /// Leaves out the entry of an actor that is gone. Clocks that have it left out compare with each other as they did
    /// before; to compare with one that has not, leave it out there, or [`reinstate`](Self::reinstate) it here.
    ///
    /// # Errors
    /// If the clock has not seen exactly the events that the proof speaks of.
    pub fn retire(&mut self, proof: &Retirement<A>) -> Result<(), NotRetired> {
        let (seen, last) = (self.get(&proof.last.actor), proof.last.counter.get());
        if seen < last {
            return Err(NotRetired::Earlier { seen, last });
        }
        if seen > last {
            return Err(NotRetired::Later { seen, last });
        }
        if let Ok(at) = self.find(&proof.last.actor) {
            self.entries.remove(at);
        }
        Ok(())
    }

    /// Puts back the entry that [`retire`](Self::retire) left out.
    ///
    /// # Errors
    /// If the clock has an entry of the actor.
    pub fn reinstate(&mut self, proof: &Retirement<A>) -> Result<(), NotRetired>
    where
        A: Clone,
    {
        let (seen, last) = (self.get(&proof.last.actor), proof.last.counter.get());
        if seen > last {
            return Err(NotRetired::Later { seen, last });
        }
        if seen > 0 {
            return Err(NotRetired::Earlier { seen, last });
        }
        self.observe(proof.last.clone());
        Ok(())
    }

    /// Drops all but the `keep` entries that rank highest, **and with them what they say**: of equal ranks the actor
    /// that is lower is kept, so that all replicas drop the same.
    ///
    /// Afterwards a clock that was after others may be concurrent with them, and a dropped actor that goes on under its
    /// name makes dots that were there before. Nothing can be done about the first; [`Pruned::forgot`] tells the
    /// second. The crate page says what to do instead.
    pub fn truncate_lossy<R: Ord>(&mut self, keep: usize, mut rank: impl FnMut(Dot<&A>) -> R) -> Pruned<A>
    where
        A: Clone,
    {
        if self.entries.len() <= keep {
            return Pruned { dropped: Self::new() };
        }
        let mut ranked: Vec<(R, usize)> = self.iter().enumerate().map(|(at, dot)| (rank(dot), at)).collect();
        ranked.sort_by(|(left, first), (right, second)| right.cmp(left).then(first.cmp(second)));
        let mut kept: Vec<usize> = ranked.iter().take(keep).map(|(_, at)| *at).collect();
        kept.sort_unstable();
        let (mut dropped, mut at) = (Vec::new(), 0);
        self.entries.retain(|entry| {
            let keeps = kept.binary_search(&at).is_ok();
            at += 1;
            if !keeps {
                dropped.push(entry.clone());
            }
            keeps
        });
        Pruned { dropped: Self { entries: dropped } }
    }
}

/// What [`VClock::truncate_lossy`] has dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound(deserialize = "A: Ord + serde::Deserialize<'de>")))]
#[must_use = "without it nobody can tell whether a dot has been used"]
pub struct Pruned<A> {
    dropped: VClock<A>,
}

impl<A: Ord> Pruned<A> {
    /// The entries that were dropped, as a clock.
    pub const fn dropped(&self) -> &VClock<A> {
        &self.dropped
    }

    /// Whether this event had been seen, although the clock no longer says so. An actor that makes such a dot must go on
    /// under another name, or its write is taken for an old one.
    pub fn forgot(&self, dot: &Dot<A>) -> bool {
        self.dropped.contains(dot)
    }

    /// The latest event of the actor that was dropped.
    pub fn last_of(&self, actor: &A) -> Option<NonZeroU64> {
        NonZeroU64::new(self.dropped.get(actor))
    }
}
