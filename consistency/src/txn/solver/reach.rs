//! Which moments come before which: a transitive closure that edges are added to, and taken from again.

use alloc::{collections::VecDeque, vec, vec::Vec};

use super::{moments::Moments, polygraph::Cause};
use crate::txn::intern::NONE;

/// An edge that is not known at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Added {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) cause: Cause,
    /// The edge that was added before it to the same moment.
    next: u32,
    blame: u64,
}

/// A moment would come before itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) moment: u32,
    /// The [suppositions](super::suppose) that led to it, one bit for each, and for those that are 64 apart the same.
    pub(super) blame: u64,
}

#[derive(Clone, Copy, Debug)]
struct Saved {
    cell: usize,
    past: u32,
    blame: u64,
}

/// What [`Reach::undo`] goes back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    cells: usize,
    added: usize,
}

/// For each moment and each chain, how many moments of the chain come before it.
///
/// Moments are woken up in an order that agrees with what is known at once, so that most of what is before a moment is known
/// when it is first looked at.
#[derive(Debug)]
pub(super) struct Reach {
    width: usize,
    past: Vec<u32>,
    /// For each of these numbers the suppositions that it rests on; empty as long as nothing is supposed.
    blame: Vec<u64>,
    is_awake: Vec<bool>,
    pub(super) added: Vec<Added>,
    heads: Vec<u32>,
    /// Moments whose numbers have grown, so that those after them must hear of it.
    grown: VecDeque<u32>,
    is_grown: Vec<bool>,
    /// Numbers that have grown, so that there may be more to conclude.
    news: VecDeque<(u32, u32)>,
    is_news: Vec<bool>,
    trail: Vec<Saved>,
}

impl Reach {
    pub(super) fn new(moments: &Moments) -> Self {
        let (count, width) = (moments.len(), moments.chains);
        Self {
            width,
            past: vec![0; count * width],
            blame: Vec::new(),
            is_awake: vec![false; count],
            added: Vec::new(),
            heads: vec![NONE; count],
            grown: VecDeque::new(),
            is_grown: vec![false; count],
            news: VecDeque::new(),
            is_news: vec![false; count * width],
            trail: Vec::new(),
        }
    }

    /// How many moments of a chain come before this one.
    pub(super) fn past(&self, moment: u32, chain: u32) -> u32 {
        self.past[moment as usize * self.width + chain as usize]
    }

    /// The suppositions that [`past`](Self::past) rests on.
    pub(super) fn blame(&self, moment: u32, chain: u32) -> u64 {
        self.blame.get(moment as usize * self.width + chain as usize).copied().unwrap_or(0)
    }

    pub(super) fn is_before(&self, moments: &Moments, one: u32, other: u32) -> bool {
        self.past(other, moments.chain[one as usize]) > moments.nth[one as usize]
    }

    /// The numbers of the edges that were added to a moment.
    pub(super) fn out(&self, moment: u32) -> impl Iterator<Item = u32> {
        let mut at = self.heads[moment as usize];
        core::iter::from_fn(move || {
            let edge = self.added.get(at as usize)?;
            Some(core::mem::replace(&mut at, edge.next))
        })
    }

    /// The number of the edge that was added before to the same moment.
    pub(super) fn after(&self, number: u32) -> Option<u32> {
        self.added.get(number as usize).map(|edge| edge.next).filter(|next| *next != NONE)
    }

    pub(super) fn wake(&mut self, moment: u32) {
        self.is_awake[moment as usize] = true;
        for chain in 0..self.width {
            if self.past[moment as usize * self.width + chain] > 0 {
                self.tell(moment, chain);
            }
        }
        self.grow(moment);
    }

    fn grow(&mut self, moment: u32) {
        if !core::mem::replace(&mut self.is_grown[moment as usize], true) {
            self.grown.push_back(moment);
        }
    }

    fn tell(&mut self, moment: u32, chain: usize) {
        if !core::mem::replace(&mut self.is_news[moment as usize * self.width + chain], true) {
            self.news.push_back((moment, u32::try_from(chain).unwrap_or(NONE)));
        }
    }

    pub(super) fn next_grown(&mut self) -> Option<u32> {
        let moment = self.grown.pop_front()?;
        self.is_grown[moment as usize] = false;
        Some(moment)
    }

    /// A moment and a chain of which more moments come before it than when this was last asked.
    pub(super) fn next_news(&mut self) -> Option<(u32, u32)> {
        let (moment, chain) = self.news.pop_front()?;
        self.is_news[moment as usize * self.width + chain as usize] = false;
        Some((moment, chain))
    }

    /// One moment comes before another; nothing happens if that is known.
    pub(super) fn add(
        &mut self,
        moments: &Moments,
        (from, to): (u32, u32),
        cause: Cause,
        blame: u64,
    ) -> Result<(), Conflict> {
        if from == to || self.is_before(moments, from, to) {
            return Ok(());
        }
        let number = u32::try_from(self.added.len()).unwrap_or(NONE);
        let next = core::mem::replace(&mut self.heads[from as usize], number);
        self.added.push(Added { from, to, cause, next, blame });
        if self.is_awake[from as usize] { self.pass_on(moments, from, to, blame) } else { Ok(()) }
    }

    /// Those after a moment by an added edge hear of what is before it.
    pub(super) fn pass_on_added(&mut self, moments: &Moments, number: u32) -> Result<(), Conflict> {
        let Added { from, to, blame, .. } = self.added[number as usize];
        self.pass_on(moments, from, to, blame)
    }

    /// Whatever is before `from`, and itself, is before `to`.
    pub(super) fn pass_on(
        &mut self,
        moments: &Moments,
        from: u32,
        to: u32,
        blame: u64,
    ) -> Result<(), Conflict> {
        let (source, target) = (from as usize * self.width, to as usize * self.width);
        let own = moments.chain[from as usize] as usize;
        let mut is_more = self.raise(to, own, moments.nth[from as usize] + 1, blame);
        for chain in 0..self.width {
            let past = self.past[source + chain];
            if past > self.past[target + chain] {
                let blame = blame | self.blame.get(source + chain).copied().unwrap_or(0);
                is_more |= self.raise(to, chain, past, blame);
            }
        }
        if !is_more {
            return Ok(());
        }
        let home = moments.chain[to as usize];
        if self.past(to, home) > moments.nth[to as usize] {
            return Err(Conflict { moment: to, blame: self.blame(to, home) });
        }
        if self.is_awake[to as usize] {
            self.grow(to);
        }
        Ok(())
    }

    fn raise(&mut self, moment: u32, chain: usize, past: u32, blame: u64) -> bool {
        let cell = moment as usize * self.width + chain;
        if past <= self.past[cell] {
            return false;
        }
        if let Some(own) = self.blame.get_mut(cell) {
            self.trail.push(Saved { cell, past: self.past[cell], blame: *own });
            *own = blame;
        }
        self.past[cell] = past;
        if self.is_awake[moment as usize] {
            self.tell(moment, chain);
        }
        true
    }

    /// From now on it is known what rests on what.
    pub(super) fn begin_to_suppose(&mut self) {
        self.blame = vec![0; self.past.len()];
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { cells: self.trail.len(), added: self.added.len() }
    }

    /// Forgets what has been added and concluded since.
    pub(super) fn undo(&mut self, mark: Mark) {
        for saved in self.trail.drain(mark.cells..).rev() {
            self.past[saved.cell] = saved.past;
            self.blame[saved.cell] = saved.blame;
        }
        for edge in self.added.drain(mark.added..).rev() {
            self.heads[edge.from as usize] = edge.next;
        }
    }

    /// What has been added and concluded will not be undone.
    pub(super) fn keep(&mut self) {
        self.trail.clear();
    }

    /// Forgets what was about to be concluded.
    pub(super) fn hush(&mut self) {
        while self.next_grown().is_some() {}
        while self.next_news().is_some() {}
    }
}
