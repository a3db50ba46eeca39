//! What a context says, as runs of events: held, missing, or lacking elsewhere.

use core::{
    iter::{self, Peekable},
    num::NonZeroU64,
};

use super::{
    CausalContext,
    seen::{BLOCK, Seen},
};
use crate::{DotRange, bug::Bug};

impl<A> CausalContext<A> {
    /// The events that have been seen, by actor, as runs that are as long as they can be.
    pub fn ranges(&self) -> impl Iterator<Item = DotRange<&A>> {
        self.actors.iter().flat_map(|(actor, seen)| seen.runs().map(move |run| run.of(actor)))
    }

    /// The events that have not been seen although later ones of the same actor have: the exceptions, by actor, as
    /// runs. What to ask for.
    pub fn exceptions(&self) -> impl Iterator<Item = DotRange<&A>> {
        self.actors.iter().flat_map(|(actor, seen)| seen.gaps().map(move |run| run.of(actor)))
    }
}

impl<A: Ord> CausalContext<A> {
    /// The events that it has seen and the other has not, by actor, as runs: what to send to whoever holds the other.
    ///
    /// ```
    /// use quorate_vclock::{CausalContext, DotRange, VClock};
    ///
    /// let ours = CausalContext::from(VClock::from([("a", 9), ("b", 2)]));
    /// let mut theirs = CausalContext::from(VClock::from([("a", 3)]));
    /// theirs.extend(DotRange::new("a", 6, 7).into_iter().flat_map(DotRange::dots));
    /// let lacking: Vec<_> = ours.diff(&theirs).map(|range| range.to_string()).collect();
    /// assert_eq!(lacking, ["a:4..=5", "a:8..=9", "b:1..=2"]);
    /// ```
    pub fn diff<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = DotRange<&'a A>> {
        let mut theirs = other.actors.iter().peekable();
        self.actors.iter().flat_map(move |(actor, seen)| {
            while theirs.next_if(|(their_actor, _)| their_actor < actor).is_some() {}
            let held = theirs.next_if(|(their_actor, _)| their_actor == actor).map(|(_, held)| held);
            seen.beyond(held).map(move |run| run.of(actor))
        })
    }
}

/// All counters from the first to the last.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) first: NonZeroU64,
    pub(super) last: NonZeroU64,
}

impl Run {
    fn new(first: u64, last: u64) -> Option<Self> {
        let run = Self { first: NonZeroU64::new(first)?, last: NonZeroU64::new(last)? };
        (first <= last).then_some(run)
    }

    const fn of<A>(self, actor: &A) -> DotRange<&A> {
        DotRange { actor, first: self.first, last: self.last }
    }
}

impl Seen {
    /// What has been seen, as runs that are as long as they can be.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run> {
        let mut pieces = Pieces { floor: self.floor, block: (0, 0), blocks: self.blocks.iter() }.peekable();
        iter::from_fn(move || next_run(&mut pieces))
    }

    /// What has not been seen, below what has.
    fn gaps(&self) -> impl Iterator<Item = Run> {
        let mut before = 0;
        self.runs().filter_map(move |run| {
            let gap = Run::new(before + 1, run.first.get() - 1);
            before = run.last.get();
            gap
        })
    }

    /// What has been seen, less what the other has.
    fn beyond<'a>(&'a self, other: Option<&'a Self>) -> impl Iterator<Item = Run> {
        let mut ours = self.runs();
        let mut theirs = other.into_iter().flat_map(Self::known).peekable();
        let mut rest = None;
        iter::from_fn(move || {
            loop {
                let run = rest.take().or_else(|| ours.next())?;
                while theirs.next_if(|known| known.last < run.first).is_some() {}
                let Some(known) = theirs.peek().filter(|known| known.first <= run.last) else {
                    return Some(run);
                };
                rest = known.last.checked_add(1).and_then(|first| Run::new(first.get(), run.last.get()));
                if let Some(lacking) = Run::new(run.first.get(), known.first.get() - 1) {
                    return Some(lacking);
                }
            }
        })
    }

    /// What the other side need not be sent.
    fn known(&self) -> impl Iterator<Item = Run> {
        let all = if Bug::DiffLosesGaps.is_planted() { Run::new(1, self.latest()) } else { None };
        let runs = if all.is_some() { None } else { Some(self.runs()) };
        all.into_iter().chain(runs.into_iter().flatten())
    }
}

/// The next run: pieces without a gap between them.
fn next_run(pieces: &mut Peekable<impl Iterator<Item = Run>>) -> Option<Run> {
    let mut run = pieces.next()?;
    while let Some(next) = pieces.next_if(|next| next.first.get() - 1 == run.last.get()) {
        run.last = next.last;
    }
    Some(run)
}

/// The floor, and the runs within each block.
struct Pieces<B> {
    floor: u64,
    /// The block at hand, and those of its bits that are still to come.
    block: (u64, u64),
    blocks: B,
}

impl<B: Iterator<Item = (u64, u64)>> Iterator for Pieces<B> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        if let Some(floor) = Run::new(1, self.floor) {
            self.floor = 0;
            return Some(floor);
        }
        if self.block.1 == 0 {
            self.block = self.blocks.next()?;
        }
        let (block, bits) = self.block;
        let skipped = bits.trailing_zeros();
        let ones = (bits >> skipped).trailing_ones();
        // Adding at the lowest bit of the run carries over all of it.
        self.block.1 = bits & bits.wrapping_add(1 << skipped);
        let before = block * BLOCK + u64::from(skipped);
        Run::new(before + 1, before + u64::from(ones))
    }
}
