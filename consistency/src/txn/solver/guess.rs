//! A guess at the order of all moments.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use super::{polygraph::Polygraph, reach::Reach};
use crate::txn::intern::NONE;

/// An order of all moments that agrees with what is known.
#[derive(Debug)]
pub(super) struct Guess {
    pub(super) order: Vec<u32>,
    /// Whether it explains the history.
    pub(super) is_right: bool,
}

/// Plays the transactions one after the other, without going back: always the one that seems to have come first of those that
/// may come now. Nobody may write a key while somebody is still to read the version that is there. If everybody waits, the
/// guess is wrong, and somebody does.
pub(super) fn guess<K>(polygraph: &Polygraph<'_, K>, reach: Option<&Reach>) -> Guess {
    let mut play = Play::new(polygraph, reach);
    let mut is_right = true;
    loop {
        if let Some((rank, moment)) = play.ready.pop_first() {
            match play.hindrance(moment) {
                Some(key) => {
                    play.waiting[key as usize].push((rank, moment));
                    play.stuck.insert((rank, moment));
                }
                None => play.take(moment),
            }
        } else if let Some((_, moment)) = play.stuck.first().copied() {
            is_right = false;
            play.take(moment);
        } else {
            // Where what is known is a circle there is no order of all.
            let is_whole = play.order.len() == polygraph.moments.len();
            return Guess { order: play.order, is_right: is_right && is_whole };
        }
    }
}

struct Play<'a, K> {
    polygraph: &'a Polygraph<'a, K>,
    reach: Option<&'a Reach>,
    /// How many of those before a moment have not been played.
    missing: Vec<u32>,
    ranks: Vec<u32>,
    ready: BTreeSet<(u32, u32)>,
    stuck: BTreeSet<(u32, u32)>,
    /// By key, who waits for its readers or its writer; perhaps in vain, or no more.
    waiting: Vec<Vec<(u32, u32)>>,
    is_taken: Vec<bool>,
    /// By key, the version that is there, and how many are still to read it.
    current: Vec<u32>,
    unread: Vec<u32>,
    /// By key, whether one that writes it has started and not committed, where that excludes others.
    is_locked: Vec<bool>,
    order: Vec<u32>,
}

impl<'a, K> Play<'a, K> {
    fn new(polygraph: &'a Polygraph<'a, K>, reach: Option<&'a Reach>) -> Self {
        let (count, keys) = (polygraph.moments.len(), polygraph.keys.len());
        let mut missing = vec![0; count];
        polygraph.graph.edges.iter().for_each(|edge| missing[edge.to as usize] += 1);
        let added = reach.map_or(&[][..], |reach| &reach.added[..]);
        for edge in added {
            missing[edge.to as usize] += 1;
        }
        let mut unread = vec![0; keys];
        for read in polygraph.reads.all.iter().filter(|read| read.version == NONE) {
            unread[read.key as usize] += 1;
        }
        let mut play = Self {
            polygraph,
            reach,
            missing,
            ranks: Vec::new(),
            ready: BTreeSet::new(),
            stuck: BTreeSet::new(),
            waiting: vec![Vec::new(); keys],
            is_taken: vec![false; count],
            current: vec![NONE; keys],
            unread,
            is_locked: vec![false; keys],
            order: Vec::with_capacity(count),
        };
        play.ranks = play.ranked();
        for moment in (0..).take(count).filter(|at: &u32| play.missing[*at as usize] == 0) {
            play.ready.insert((play.rank(moment), moment));
        }
        play
    }

    /// By transaction, when it seems to have committed: by the hint, or if there is none by how much must come before it.
    fn ranked(&self) -> Vec<u32> {
        if self.polygraph.hint.iter().any(|hint| *hint > 0) {
            return self.polygraph.hint.iter().map(|hint| hint.saturating_add(1)).collect();
        }
        let moments = &self.polygraph.moments;
        let mut missing = self.missing.clone();
        let mut depth = vec![1_u32; moments.len()];
        let mut next: Vec<u32> = (0..).take(moments.len()).filter(|at| missing[*at as usize] == 0).collect();
        while let Some(moment) = next.pop() {
            self.each_next(moment, |to| {
                depth[to as usize] = depth[to as usize].max(depth[moment as usize] + 1);
                missing[to as usize] -= 1;
                if missing[to as usize] == 0 {
                    next.push(to);
                }
            });
        }
        (0..).take(self.polygraph.txns.len()).map(|txn| depth[moments.commit(txn) as usize]).collect()
    }

    fn each_next(&self, moment: u32, mut each: impl FnMut(u32)) {
        let graph = &self.polygraph.graph;
        graph.edges[graph.out(moment)].iter().for_each(|edge| each(edge.to));
        if let Some(reach) = self.reach {
            reach.out(moment).for_each(|number| each(reach.added[number as usize].to));
        }
    }

    /// To read early never harms; nor does it to write at once what others are kept from.
    fn rank(&self, moment: u32) -> u32 {
        let polygraph = self.polygraph;
        let txn = polygraph.moments.txn(moment);
        let is_reader = polygraph.writes.of(txn).is_empty();
        let is_free = if polygraph.isolation.is_exclusive() {
            !polygraph.moments.is_start(moment)
        } else {
            polygraph.moments.is_split() && polygraph.moments.is_start(moment)
        };
        if is_reader || is_free { 0 } else { self.ranks[txn as usize] }
    }

    /// The key for whose sake a moment has to wait.
    fn hindrance(&self, moment: u32) -> Option<u32> {
        let polygraph = self.polygraph;
        let txn = polygraph.moments.txn(moment);
        let has_readers = |key: u32| {
            let current = self.current[key as usize];
            let reads_itself = polygraph.moments.is_start(moment)
                && polygraph.read(txn, key).is_some_and(|read| read.version == current);
            self.unread[key as usize] > u32::from(reads_itself)
        };
        let hinders = |key: u32| {
            polygraph.moments.is_commit(moment) && has_readers(key)
                || polygraph.isolation.is_exclusive()
                    && polygraph.moments.is_start(moment)
                    && self.is_locked[key as usize]
        };
        polygraph.writes.of(txn).iter().copied().find(|key| hinders(*key))
    }

    fn take(&mut self, moment: u32) {
        let polygraph = self.polygraph;
        let txn = polygraph.moments.txn(moment);
        self.is_taken[moment as usize] = true;
        self.stuck.remove(&(self.rank(moment), moment));
        self.order.push(moment);
        if polygraph.moments.is_start(moment) {
            for read in
                polygraph.reads.of(txn).iter().filter(|read| self.current[read.key as usize] == read.version)
            {
                let unread = &mut self.unread[read.key as usize];
                *unread = unread.saturating_sub(1);
                // One that waits may be the last reader itself.
                if *unread < 2 {
                    wake(&mut self.waiting, &self.is_taken, &mut self.ready, &mut self.stuck, read.key);
                }
            }
        }
        for key in polygraph.writes.of(txn).iter().copied() {
            if polygraph.moments.is_commit(moment) {
                let version = polygraph.version(txn, key).unwrap_or(NONE);
                self.current[key as usize] = version;
                self.unread[key as usize] = polygraph.readings.get(version as usize).copied().unwrap_or(0);
                self.is_locked[key as usize] = false;
                wake(&mut self.waiting, &self.is_taken, &mut self.ready, &mut self.stuck, key);
            } else {
                self.is_locked[key as usize] = true;
            }
        }
        let mut free = Vec::new();
        let mut missing = core::mem::take(&mut self.missing);
        self.each_next(moment, |to| {
            missing[to as usize] -= 1;
            if missing[to as usize] == 0 {
                free.push(to);
            }
        });
        self.missing = missing;
        for moment in free {
            self.ready.insert((self.rank(moment), moment));
        }
    }
}

fn wake(
    waiting: &mut [Vec<(u32, u32)>],
    is_taken: &[bool],
    ready: &mut BTreeSet<(u32, u32)>,
    stuck: &mut BTreeSet<(u32, u32)>,
    key: u32,
) {
    for entry in waiting[key as usize].drain(..) {
        if !is_taken[entry.1 as usize] && stuck.remove(&entry) {
            ready.insert(entry);
        }
    }
}
