//! Which of its replicas owns a slot. Nothing has to be copied for that, but whoever owns a slot may have more to do.

use alloc::{vec, vec::Vec};

use super::{Balance, Rank, add, get};
use crate::slots::apportion::{Claim, apportion};

/// How a node can come to own a slot more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    Not,
    /// It owns too many.
    Start,
    /// By taking over that slot from that node.
    By {
        from: Rank,
        slot: usize,
    },
}

impl Balance {
    /// Gives each node its share of the slots to own, as nearly as its copies permit: first where another replica lacks some, then along
    /// chains of slots, each of which goes to the owner of the next. A slot keeps its owner unless that owns too many.
    pub(super) fn owners(&mut self) {
        let mut owners = self.owned();
        for slot in 0..self.slots.len() {
            let Some(from) =
                self.at(slot, 0).filter(|&rank| owners.owns_too_many(rank) && !self.is_pinned(slot))
            else {
                continue;
            };
            let replicas = self.slots.of(slot).iter().copied();
            let most = replicas.max_by_key(|&rank| (owners.lacks(rank), core::cmp::Reverse(rank)));
            if let Some(to) = most.filter(|&rank| owners.lacks(rank) > 0) {
                self.slots.promote(slot, to);
                owners.hand_over(from, to);
            }
        }
        let lacking: u64 = (0..).take(owners.want.len()).map(|rank| owners.lacks(rank)).sum();
        let mut owned = self.lists();
        for _ in 0..lacking {
            let Some((by, end)) = self.nearest(&owners, &owned) else { return };
            let mut to = end;
            for _ in 0..by.len() {
                let Some(&Reached::By { from, slot }) = by.get(to as usize) else { break };
                self.slots.promote(slot, to);
                give(&mut owned, slot, from, to);
                to = from;
            }
            owners.hand_over(to, end);
        }
    }

    /// The slots that each node owns and that are not pinned.
    fn lists(&self) -> Vec<Vec<usize>> {
        let mut owned = vec![vec![]; self.want.len()];
        for slot in (0..self.slots.len()).filter(|&slot| !self.is_pinned(slot)) {
            if let Some(list) = self.at(slot, 0).and_then(|rank| owned.get_mut(rank as usize)) {
                list.push(slot);
            }
        }
        owned
    }

    fn owned(&self) -> Owners {
        let nodes = self.want.len();
        let (mut have, mut fixed, mut copies) = (vec![0; nodes], vec![0; nodes], vec![0; nodes]);
        for (slot, replicas) in self.slots.iter().enumerate() {
            let is_pinned = self.is_pinned(slot);
            for (place, &rank) in replicas.iter().enumerate() {
                add(&mut have, rank, u64::from(place == 0));
                add(&mut fixed, rank, u64::from(place == 0 && is_pinned));
                add(&mut copies, rank, u64::from(!is_pinned));
            }
        }
        let claim = |(rank, &weight): (Rank, &u64)| {
            let min = get(&fixed, rank);
            Claim { weight, min, max: min + get(&copies, rank), have: get(&have, rank) }
        };
        let claims: Vec<Claim> = (0..).zip(&self.weights).map(claim).collect();
        let want = apportion(have.iter().sum(), &claims);
        Owners { have, want }
    }

    /// How nodes are reached from those that own too many, with the fewest slots, as far as the first that lacks one.
    fn nearest(&self, owners: &Owners, owned: &[Vec<usize>]) -> Option<(Vec<Reached>, Rank)> {
        let mut by = vec![Reached::Not; owners.want.len()];
        let mut queue: Vec<Rank> = (0..).take(by.len()).filter(|&rank| owners.owns_too_many(rank)).collect();
        for &rank in &queue {
            by.get_mut(rank as usize).into_iter().for_each(|place| *place = Reached::Start);
        }
        // Each node is in the queue once.
        let mut next = 0;
        while let Some(&from) = queue.get(next) {
            next += 1;
            for &slot in owned.get(from as usize)? {
                for &to in self.slots.of(slot) {
                    let Some(place @ Reached::Not) = by.get_mut(to as usize) else { continue };
                    *place = Reached::By { from, slot };
                    if owners.lacks(to) > 0 {
                        return Some((by, to));
                    }
                    queue.push(to);
                }
            }
        }
        None
    }
}

fn give(owned: &mut [Vec<usize>], slot: usize, from: Rank, to: Rank) {
    if let Some(list) = owned.get_mut(from as usize) {
        list.retain(|&other| other != slot);
    }
    if let Some(list) = owned.get_mut(to as usize) {
        list.push(slot);
    }
}

/// How many slots each node owns, and shall own.
struct Owners {
    have: Vec<u64>,
    want: Vec<u64>,
}

impl Owners {
    fn owns_too_many(&self, rank: Rank) -> bool {
        get(&self.have, rank) > get(&self.want, rank)
    }

    fn lacks(&self, rank: Rank) -> u64 {
        get(&self.want, rank).saturating_sub(get(&self.have, rank))
    }

    fn hand_over(&mut self, from: Rank, to: Rank) {
        super::add_signed(&mut self.have, from, -1);
        add(&mut self.have, to, 1);
    }
}
