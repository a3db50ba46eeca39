//! How nodes share out the slots (section 3.4 of the paper).

use alloc::{collections::BinaryHeap, vec, vec::Vec};
use core::cmp::Reverse;

use super::size::MaglevSize;

/// In which order a node wants the slots: from an offset in steps, round and round. And how often it may take one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) node: u32,
    pub(super) offset: u32,
    pub(super) skip: u32,
    pub(super) weight: u32,
}

/// What no node has. There are never so many nodes.
pub(super) const VACANT: u32 = u32::MAX;

/// The node of each slot. There are as many slots as nodes at least, or more than one node would find none.
pub(super) fn fill(size: MaglevSize, mut wishes: Vec<Wish>) -> Vec<u32> {
    let mut slots = Slots { size: size.get(), taken: vec![VACANT; size.get() as usize] };
    let mut free = slots.taken.len();
    let heaviest = wishes.iter().map(|wish| wish.weight).max().unwrap_or(0);
    if wishes.iter().all(|wish| wish.weight == heaviest) {
        while free > 0 && !wishes.is_empty() {
            for wish in wishes.iter_mut().take(free) {
                slots.take_next(wish);
            }
            free = free.saturating_sub(wishes.len());
        }
        return slots.taken;
    }
    // In each round a node may take a slot if the rounds so far, times its weight, are as much as the slots it has, times the heaviest
    // weight. (Envoy's rule, which it computes in floats.) So its next round is known beforehand, and nobody is asked in vain.
    let mut turns: BinaryHeap<_> = (0..wishes.len()).map(|wish| Reverse((1_u64, wish, 0_u64))).collect();
    while free > 0 {
        let Some(Reverse((round, index, had))) = turns.pop() else { break };
        let Some(wish) = wishes.get_mut(index) else { break };
        slots.take_next(wish);
        free -= 1;
        let due = ((had + 1) * u64::from(heaviest)).div_ceil(u64::from(wish.weight));
        turns.push(Reverse((due.max(round + 1), index, had + 1)));
    }
    slots.taken
}

struct Slots {
    size: u32,
    taken: Vec<u32>,
}

impl Slots {
    /// The node takes the first slot of its wishes that is free. It passes each slot once at most over all calls: those behind it are taken.
    fn take_next(&mut self, wish: &mut Wish) {
        for _ in 0..self.size {
            let slot = wish.offset as usize;
            wish.offset += wish.skip;
            if wish.offset >= self.size {
                wish.offset -= self.size;
            }
            if let Some(taken @ &mut VACANT) = self.taken.get_mut(slot) {
                *taken = wish.node;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MaglevSize, Vec, Wish, fill};

    fn filled(size: u32, wishes: &[(u32, u32, u32)]) -> Vec<u32> {
        let wish = |(node, &(offset, skip, weight))| Wish { node, offset, skip, weight };
        fill(MaglevSize::new(size).expect("a prime"), (0..).zip(wishes).map(wish).collect())
    }

    /// What another implementation, which hashes with SipHash, makes of its own permutations: three nodes, and two of them.
    #[test]
    fn permutations_of_go_maglev_fill_as_there() {
        assert_eq!(filled(7, &[(2, 4, 1), (0, 5, 1), (1, 2, 1)]), [1, 2, 0, 2, 0, 1, 0]);
        assert_eq!(filled(7, &[(2, 4, 1), (1, 2, 1)]), [0, 1, 0, 1, 0, 1, 0]);
        assert_eq!(filled(7, &[]), [super::VACANT; 7], "nobody is there, and it ends");
    }

    /// The rule of rounds as it stands, asking everybody in every round.
    fn by_rounds(size: u32, wishes: &[(u32, u32, u32)]) -> Vec<u32> {
        let heaviest = wishes.iter().map(|&(_, _, weight)| u64::from(weight)).max().expect("some");
        let mut taken = alloc::vec![super::VACANT; size as usize];
        let mut had = alloc::vec![0_u64; wishes.len()];
        for round in 1_u64.. {
            for (node, &(offset, skip, weight)) in wishes.iter().enumerate() {
                if round * u64::from(weight) < had[node] * heaviest {
                    continue;
                }
                let slot = |step| (u64::from(offset) + step * u64::from(skip)) % u64::from(size);
                let free = |&slot: &usize| taken[slot] == super::VACANT;
                let wishes = (0..u64::from(size)).map(|step| usize::try_from(slot(step)).expect("small"));
                let Some(slot) = wishes.into_iter().find(free) else { return taken };
                taken[slot] = u32::try_from(node).expect("few");
                had[node] += 1;
            }
        }
        taken
    }

    #[test]
    fn weighted_turns_are_the_rounds_of_the_rule() {
        let mut state = 1_u64;
        let mut below = |bound: u64| {
            state = state.wrapping_add(crate::hash::GOLDEN);
            u32::try_from((u128::from(crate::hash::mix(state)) * u128::from(bound)) >> 64).expect("small")
        };
        for size in [2, 7, 31, 101, 1009] {
            for weights in [1, 2, 3, 10, 1_000_000] {
                let count = 1 + below(u64::from(size.min(12)));
                let wishes: Vec<_> = (0..count)
                    .map(|_| (below(size.into()), 1 + below(u64::from(size) - 1), 1 + below(weights)))
                    .collect();
                assert_eq!(filled(size, &wishes), by_rounds(size, &wishes), "{size}: {wishes:?}");
            }
        }
    }
}
