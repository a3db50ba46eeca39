//! What no single move can bring where it is wanted: one node gives a copy to a second, which gives one of another slot to a third.

use alloc::{vec, vec::Vec};
use core::cmp::Reverse;

use super::{Balance, Rank};

/// How a node is reached at least cost: how many more copies are then where they were not before, with how many moves, and from where.
#[derive(Clone, Copy, Debug)]
struct Reached {
    cost: i64,
    moves: u32,
    /// The node that gives it a copy, and of which slot; nobody if a copy was missing.
    by: Option<(Option<Rank>, usize)>,
}

impl Reached {
    fn is_better_than(self, other: Option<Self>) -> bool {
        other.is_none_or(|other| (self.cost, self.moves) < (other.cost, other.moves))
    }
}

impl Balance {
    /// Shortest paths from what is too much to what is too little, until there is none. Of paths that cost the same the one with fewer moves
    /// is taken, which never moves two copies of one slot where one move would do.
    pub(super) fn chains(&mut self) {
        // Each round brings one copy where it is wanted.
        let lacking: u64 =
            (0..self.want.len()).filter_map(|rank| Some(self.lacks(Rank::try_from(rank).ok()?))).sum();
        for _ in 0..lacking {
            let reached = self.reach();
            let ends = (0..).zip(&reached).filter(|&(rank, _)| self.lacks(rank) > 0);
            let best =
                ends.filter_map(|(rank, reached)| reached.map(|reached| (reached.cost, reached.moves, rank)));
            let Some((_, _, end)) = best.min() else { return };
            self.walk_back(&reached, end);
        }
    }

    /// The cheapest path to each node (Bellman 1958). There are no cycles of negative cost, so no path has more moves than there are nodes.
    fn reach(&self) -> Vec<Option<Reached>> {
        let mut reached: Vec<Option<Reached>> = vec![None; self.want.len()];
        for (rank, place) in (0..).zip(&mut reached) {
            if self.has_too_much(rank) {
                *place = Some(Reached { cost: 0, moves: 0, by: None });
            }
        }
        for _ in 0..=self.want.len() {
            // Those that are reached at the highest cost, or not at all, first.
            let before = reached.clone();
            let rank_of = |rank: &Rank| before.get(*rank as usize).copied().flatten();
            let mut order: Vec<Rank> = (0..).take(before.len()).collect();
            order.sort_by_key(|rank| rank_of(rank).map(|path| Reverse((path.cost, path.moves))));
            let mut has_changed = false;
            for slot in (0..self.slots.len()).filter(|&slot| !self.is_pinned(slot)) {
                has_changed |= self.relax(slot, &mut reached, &before, &order);
            }
            if !has_changed {
                break;
            }
        }
        reached
    }

    /// Looks at every move of one slot that could be a shorter way: to the nodes that had it before, and to those that are reached at a higher
    /// cost than by a move to a node that had not.
    fn relax(
        &self,
        slot: usize,
        reached: &mut [Option<Reached>],
        before: &[Option<Reached>],
        order: &[Rank],
    ) -> bool {
        let replicas = self.slots.of(slot);
        let missing =
            (replicas.len() < self.copies).then_some((None, Reached { cost: 0, moves: 0, by: None }));
        let held = replicas.iter().filter_map(|&rank| Some((Some(rank), (*before.get(rank as usize)?)?)));
        let mut has_changed = false;
        for (from, path) in missing.into_iter().chain(held) {
            let cost = path.cost - from.map_or(0, |rank| self.is_new(slot, rank));
            let by = |to| Reached {
                cost: cost + self.is_new(slot, to),
                moves: path.moves + 1,
                by: Some((from, slot)),
            };
            let most = Reached { cost: cost + 1, moves: path.moves + 1, by: None };
            let worse = order
                .iter()
                .take_while(|&&to| before.get(to as usize).is_some_and(|&path| most.is_better_than(path)));
            for &to in self.before.of(slot).iter().chain(worse) {
                if self.has_group(slot, self.group_of(to), from) || Some(to) == from || self.never_takes(to) {
                    continue;
                }
                if let Some(place) =
                    reached.get_mut(to as usize).filter(|place| by(to).is_better_than(**place))
                {
                    *place = Some(by(to));
                    has_changed = true;
                }
            }
        }
        has_changed
    }

    /// A node that shall have nothing takes nothing on the way either.
    fn never_takes(&self, rank: Rank) -> bool {
        super::get(&self.want, rank) == 0
    }

    fn is_new(&self, slot: usize, rank: Rank) -> i64 {
        i64::from(!self.before.of(slot).contains(&rank))
    }

    fn walk_back(&mut self, reached: &[Option<Reached>], end: Rank) {
        self.settle(end, 1);
        let mut to = end;
        for _ in 0..=reached.len() {
            match reached.get(to as usize).copied().flatten().and_then(|reached| reached.by) {
                Some((Some(from), slot)) => {
                    self.slots.put(slot, Some(from), to);
                    to = from;
                }
                Some((None, slot)) => return self.slots.put(slot, None, to),
                None => return self.settle(to, -1),
            }
        }
    }
}
