//! The moments of transactions, and the lines that are known to be in order.

use alloc::{vec, vec::Vec};

use crate::txn::{
    graph::{Edge, Graph},
    intern::NONE,
};

/// When transactions take effect. Where a level has snapshots, each transaction starts, and reads, at one moment and commits,
/// and writes, at a later one; otherwise it does all at one moment.
///
/// Each moment has a place in a *chain* of moments that are known to come one after the other: a session, or several where the
/// last moment of one is known to come before the first of the next. So all that comes before a moment is one number for
/// each chain.
#[derive(Debug)]
pub(super) struct Moments {
    is_split: bool,
    pub(super) chain: Vec<u32>,
    /// The place in the chain, from zero.
    pub(super) nth: Vec<u32>,
    pub(super) chains: usize,
}

impl Moments {
    pub(super) const fn count(is_split: bool, transactions: usize) -> usize {
        if is_split { transactions * 2 } else { transactions }
    }

    pub(super) fn new(is_split: bool, sessions: &[Vec<u32>], transactions: usize, edges: &[Edge]) -> Self {
        let count = Self::count(is_split, transactions);
        let (chain, nth) = (vec![NONE; count], vec![0; count]);
        let mut moments = Self { is_split, chain, nth, chains: 0 };
        let next = moments.followers(sessions, edges);
        let mut has_before = vec![false; sessions.len()];
        next.iter().filter(|next| **next != NONE).for_each(|next| has_before[*next as usize] = true);
        // Those with one before them come last: some may be in a circle, which is found to be one later.
        let firsts = (0..sessions.len()).filter(|at| !has_before[*at]);
        let others = (0..sessions.len()).filter(|at| has_before[*at]);
        for first in firsts.chain(others) {
            moments.lay(sessions, &next, first);
        }
        moments
    }

    /// For each session, one that is known to begin when it has ended, if no other is said to follow it.
    fn followers(&self, sessions: &[Vec<u32>], edges: &[Edge]) -> Vec<u32> {
        let count = self.chain.len();
        let (mut ends, mut begins) = (vec![NONE; count], vec![NONE; count]);
        for (at, session) in (0..).zip(sessions) {
            if let (Some(first), Some(last)) = (session.first(), session.last()) {
                ends[self.commit(*last) as usize] = at;
                begins[self.start(*first) as usize] = at;
            }
        }
        let graph = Graph::new(count, edges);
        let mut missing = vec![0_u32; count];
        for edge in edges {
            missing[edge.to as usize] += 1;
        }
        let mut next = vec![NONE; sessions.len()];
        // Of the sessions that have ended before a moment, and that nobody follows, the latest.
        let mut ended = vec![[(0, NONE); REMEMBERED]; count];
        let mut free: Vec<u32> = (0..).take(count).filter(|at| missing[*at as usize] == 0).collect();
        let mut done = 0;
        while let Some(moment) = free.get(done as usize).copied() {
            done += 1;
            let mut own = core::mem::take(&mut ended[moment as usize]);
            let is_free = |entry: &&(u32, u32)| next.get(entry.1 as usize) == Some(&NONE);
            if let Some((_, before)) = own.iter().find(is_free).filter(|_| begins[moment as usize] != NONE) {
                next[*before as usize] = begins[moment as usize];
            }
            own.iter_mut()
                .filter(|entry| next.get(entry.1 as usize) != Some(&NONE))
                .for_each(|entry| *entry = (0, NONE));
            remember(&mut own, (done, ends[moment as usize]));
            for edge in &graph.edges[graph.out(moment)] {
                for entry in own {
                    remember(&mut ended[edge.to as usize], entry);
                }
                missing[edge.to as usize] -= 1;
                if missing[edge.to as usize] == 0 {
                    free.push(edge.to);
                }
            }
        }
        next
    }

    fn lay(&mut self, sessions: &[Vec<u32>], next: &[u32], first: usize) {
        let name = u32::try_from(self.chains).unwrap_or(NONE);
        let (mut length, mut at) = (0, u32::try_from(first).unwrap_or(NONE));
        while let Some(session) = sessions.get(at as usize) {
            let is_laid = session.first().is_none_or(|txn| self.chain[self.start(*txn) as usize] != NONE);
            if is_laid {
                break;
            }
            for txn in session {
                let (start, commit) = (self.start(*txn), self.commit(*txn));
                for moment in start..=commit {
                    self.chain[moment as usize] = name;
                    self.nth[moment as usize] = length;
                    length += 1;
                }
            }
            at = next[at as usize];
        }
        self.chains += usize::from(length > 0);
    }

    pub(super) fn len(&self) -> usize {
        self.chain.len()
    }

    pub(super) const fn start(&self, txn: u32) -> u32 {
        if self.is_split { txn * 2 } else { txn }
    }

    pub(super) const fn commit(&self, txn: u32) -> u32 {
        if self.is_split { txn * 2 + 1 } else { txn }
    }

    pub(super) const fn txn(&self, moment: u32) -> u32 {
        if self.is_split { moment / 2 } else { moment }
    }

    pub(super) const fn is_start(&self, moment: u32) -> bool {
        !self.is_split || moment % 2 == 0
    }

    pub(super) const fn is_commit(&self, moment: u32) -> bool {
        !self.is_split || moment % 2 == 1
    }

    pub(super) const fn is_split(&self) -> bool {
        self.is_split
    }
}

/// How many sessions that have ended are remembered at each moment.
const REMEMBERED: usize = 4;

/// Keeps the latest, the very latest first.
fn remember(kept: &mut [(u32, u32); REMEMBERED], entry: (u32, u32)) {
    if entry.1 == NONE || kept.contains(&entry) {
        return;
    }
    if let Some(at) = kept.iter().position(|other| *other < entry || other.1 == NONE) {
        kept[at..].rotate_right(1);
        kept[at] = entry;
    }
}
