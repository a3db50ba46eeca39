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
            let replicas = self.slots.get(slot).map_or(&[][..], Vec::as_slice);
            let most =
                replicas.iter().copied().max_by_key(|&rank| (owners.lacks(rank), core::cmp::Reverse(rank)));
            if let Some(to) = most.filter(|&rank| owners.lacks(rank) > 0) {
                self.promote(slot, to);
                owners.hand_over(from, to);
            }
        }
        let lacking: u64 = (0..).take(owners.want.len()).map(|rank| owners.lacks(rank)).sum();
        for _ in 0..lacking {
            let Some((by, end)) = self.nearest(&owners) else { return };
            let mut to = end;
            for _ in 0..by.len() {
                let Some(&Reached::By { from, slot }) = by.get(to as usize) else { break };
                self.promote(slot, to);
                to = from;
            }
            owners.hand_over(to, end);
        }
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

    /// How nodes are reached from those that own too many, with the fewest slots, and the first that lacks one.
    fn nearest(&self, owners: &Owners) -> Option<(Vec<Reached>, Rank)> {
        let begins = |rank| if owners.owns_too_many(rank) { Reached::Start } else { Reached::Not };
        let mut by: Vec<Reached> = (0..).take(owners.want.len()).map(begins).collect();
        for _ in 0..by.len() {
            let reached = by.clone();
            for (slot, replicas) in self.slots.iter().enumerate() {
                let Some(&from) = replicas.first().filter(|_| !self.is_pinned(slot)) else { continue };
                if reached.get(from as usize).is_none_or(|&reached| reached == Reached::Not) {
                    continue;
                }
                for &to in replicas.iter().skip(1) {
                    if let Some(place @ Reached::Not) = by.get_mut(to as usize) {
                        *place = Reached::By { from, slot };
                    }
                }
            }
            let is_end =
                |rank: &Rank| owners.lacks(*rank) > 0 && by.get(*rank as usize) != Some(&Reached::Not);
            if let Some(end) = (0..).take(by.len()).find(is_end) {
                return Some((by, end));
            }
            if by == reached {
                break;
            }
        }
        None
    }

    fn promote(&mut self, slot: usize, to: Rank) {
        if let Some(replicas) = self.slots.get_mut(slot) {
            if let Some(place) = replicas.iter().position(|&rank| rank == to) {
                replicas.swap(0, place);
            }
        }
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
