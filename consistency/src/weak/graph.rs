use alloc::{collections::VecDeque, vec, vec::Vec};

/// Who must come before whom.
pub(crate) struct Graph {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Graph {
    pub(crate) fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for (from, _) in edges {
            starts[*from as usize + 1] += 1;
        }
        for at in 0..nodes {
            starts[at + 1] += starts[at];
        }
        let mut free = starts.clone();
        let mut targets = vec![0; edges.len()];
        for (from, to) in edges {
            let at = &mut free[*from as usize];
            targets[*at as usize] = *to;
            *at += 1;
        }
        Self { starts, targets }
    }

    pub(crate) fn after(&self, node: u32) -> &[u32] {
        let at = node as usize;
        &self.targets[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// All nodes in an order that the edges allow, or else a shortest cycle through one of those that lie on one.
    pub(crate) fn sort(&self) -> Result<Vec<u32>, Vec<u32>> {
        let mut missing = vec![0_u32; self.len()];
        self.targets.iter().for_each(|to| missing[*to as usize] += 1);
        let mut order: Vec<u32> = (0..).zip(&missing).filter(|(_, m)| **m == 0).map(|(at, _)| at).collect();
        let mut at = 0;
        while let Some(node) = order.get(at).copied() {
            at += 1;
            for to in self.after(node) {
                missing[*to as usize] -= 1;
                if missing[*to as usize] == 0 {
                    order.push(*to);
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycle(&missing)) }
    }

    /// Every node with something missing has a predecessor with something missing, so that going back comes round.
    fn cycle(&self, missing: &[u32]) -> Vec<u32> {
        let is_left = |node: u32| missing[node as usize] > 0;
        let mut before = vec![NONE; self.len()];
        for from in (0..).zip(missing).filter(|(_, missing)| **missing > 0).map(|(from, _)| from) {
            for to in self.after(from).iter().filter(|to| is_left(**to)) {
                before[*to as usize] = from;
            }
        }
        let mut node = (0..).zip(&before).find(|(_, before)| **before != NONE).map_or(0, |(at, _)| at);
        for _ in 0..self.len() {
            node = before[node as usize];
        }
        self.shortest_cycle(node)
    }

    fn shortest_cycle(&self, through: u32) -> Vec<u32> {
        let mut before = vec![NONE; self.len()];
        let mut work = VecDeque::from([through]);
        while let Some(node) = work.pop_front() {
            for after in self.after(node).iter().copied() {
                if after == through {
                    return Self::way(&before, through, node);
                }
                if before[after as usize] == NONE {
                    before[after as usize] = node;
                    work.push_back(after);
                }
            }
        }
        Vec::new()
    }

    fn way(before: &[u32], from: u32, to: u32) -> Vec<u32> {
        let mut way = vec![to];
        let mut node = to;
        while node != from {
            node = before[node as usize];
            way.push(node);
        }
        way.reverse();
        way
    }
}
