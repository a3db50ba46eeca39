//! The nodes for the copies of one key.

use smallvec::SmallVec;

use super::domains::{Domains, Level, Share};
use crate::{hash::KeyHash, nodes::NodeIx, place::Place, walk::Walk};

pub(super) type Preset = SmallVec<[NodeIx; 8]>;

/// The preferences of a key, as far as anybody has looked.
pub(super) struct Trail<'a, P> {
    place: &'a P,
    hash: KeyHash,
    walk: Walk,
    walked: SmallVec<[NodeIx; 16]>,
}

impl<'a, P: Place> Trail<'a, P> {
    pub(super) fn new(place: &'a P, hash: KeyHash) -> Self {
        Self { place, hash, walk: Walk::new(), walked: SmallVec::new() }
    }

    fn get(&mut self, rank: usize) -> Option<NodeIx> {
        if rank == self.walked.len() {
            self.walked.push(self.place.follow(self.hash, &mut self.walk)?);
        }
        self.walked.get(rank).copied()
    }
}

/// The nodes for those of `copies` that are not on `preset` nodes already: level by level, the most preferred that still fit into the
/// shares of their domains. The next level shares out what each domain has got at this one.
pub(super) fn choose<P: Place>(
    domains: &Domains,
    trail: &mut Trail<'_, P>,
    is_up: impl Fn(NodeIx) -> bool,
    preset: &Preset,
    copies: u16,
) -> Preset {
    let mut chosen = Preset::new();
    let mut got = Counts::of_all(u32::from(copies));
    for level in &domains.levels {
        let mut round = Round::new(level, &got, preset);
        chosen.clear();
        let mut rank = 0;
        while chosen.len() + preset.len() < usize::from(copies) {
            let Some(node) = trail.get(rank) else { break };
            rank += 1;
            if is_up(node) && !preset.contains(&node) && round.take(node) {
                chosen.push(node);
            }
        }
        got = round.taken;
    }
    chosen
}

/// How many copies are in each domain, of the few that have any.
#[derive(Default)]
struct Counts(SmallVec<[(u32, u32); 8]>);

impl Counts {
    /// All of them in the whole.
    fn of_all(copies: u32) -> Self {
        Self(SmallVec::from_slice(&[(0, copies)]))
    }

    fn get(&self, domain: u32) -> u32 {
        self.0.iter().find(|(other, _)| *other == domain).map_or(0, |(_, count)| *count)
    }

    fn raise(&mut self, domain: u32) {
        match self.0.iter_mut().find(|(other, _)| *other == domain) {
            Some((_, count)) => *count += 1,
            None => self.0.push((domain, 1)),
        }
    }
}

/// One level: what its domains may take, and have taken.
struct Round<'a> {
    level: &'a Level,
    /// Of each domain of the level above that has copies: how they are shared out.
    shares: SmallVec<[(u32, Share); 4]>,
    taken: Counts,
}

impl<'a> Round<'a> {
    fn new(level: &'a Level, got: &Counts, preset: &Preset) -> Self {
        let shares = got.0.iter().map(|&(parent, copies)| (parent, level.share(parent, copies))).collect();
        let mut round = Self { level, shares, taken: Counts::default() };
        for &node in preset {
            let domain = level.domain(node);
            round.spend(domain);
            round.taken.raise(domain);
        }
        round
    }

    /// Whether a copy on that node fits into its domain's share; then it is counted.
    fn take(&mut self, node: NodeIx) -> bool {
        let domain = self.level.domain(node);
        let fits = self.taken.get(domain) < self.level.room(domain) && self.spend(domain);
        if fits {
            self.taken.raise(domain);
        }
        fits
    }

    /// Whether the domain may have one more; if it is one more than others have, one fewer are left of these.
    fn spend(&mut self, domain: u32) -> bool {
        let parent = self.level.parent(domain);
        let Some((_, share)) = self.shares.iter_mut().find(|(other, _)| *other == parent) else {
            return false;
        };
        let taken = self.taken.get(domain);
        if taken < share.base {
            return true;
        }
        let is_next = taken == share.base && share.extras > 0;
        if is_next {
            share.extras -= 1;
        }
        is_next
    }
}
