//! Two trees over a fixed row of places.

use alloc::{vec, vec::Vec};

/// The largest of any neighbours, in O(log n). Places hold 0 at first.
pub(crate) struct Tournament {
    /// The leaves are the second half.
    best: Vec<(u64, usize)>,
    leaves: usize,
}

impl Tournament {
    pub(crate) fn new(len: usize) -> Self {
        let leaves = len.next_power_of_two();
        Self { best: vec![(0, 0); leaves * 2], leaves }
    }

    pub(crate) fn set(&mut self, at: usize, value: u64) {
        let mut node = self.leaves + at;
        self.best[node] = (value, at);
        while node > 1 {
            node /= 2;
            self.best[node] = self.best[node * 2].max(self.best[node * 2 + 1]);
        }
    }

    /// The largest at these places, and where it is; none if all are 0.
    pub(crate) fn best(&self, from: usize, to: usize) -> Option<(u64, usize)> {
        let (mut from, mut to) = (self.leaves + from, self.leaves + to);
        let mut best = (0, 0);
        while from < to {
            if from % 2 == 1 {
                best = best.max(self.best[from]);
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                best = best.max(self.best[to]);
            }
            (from, to) = (from / 2, to / 2);
        }
        (best.0 > 0).then_some(best)
    }
}

/// How many spans cover each place; where the first is that is covered, or is not, in O(log n).
pub(crate) struct Cover {
    /// Of each node: how many cover all of it, and the least and the most that its halves have besides.
    nodes: Vec<Node>,
    leaves: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    whole: i32,
    least: i32,
    most: i32,
}

impl Cover {
    pub(crate) fn new(len: usize) -> Self {
        let leaves = len.next_power_of_two();
        Self { nodes: vec![Node::default(); leaves * 2], leaves }
    }

    /// One span more at these places, or one less.
    pub(crate) fn add(&mut self, from: usize, to: usize, count: i32) {
        let (mut left, mut right) = (self.leaves + from, self.leaves + to);
        let (first, last) = (left, right - 1);
        while left < right {
            if left % 2 == 1 {
                self.nodes[left].whole += count;
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                self.nodes[right].whole += count;
            }
            (left, right) = (left / 2, right / 2);
        }
        self.update(first);
        self.update(last);
    }

    /// Those above this one.
    fn update(&mut self, mut node: usize) {
        while node > 1 {
            node /= 2;
            let (left, right) = (self.nodes[node * 2], self.nodes[node * 2 + 1]);
            self.nodes[node].least = (left.whole + left.least).min(right.whole + right.least);
            self.nodes[node].most = (left.whole + left.most).max(right.whole + right.most);
        }
    }

    /// The first place from this one on that is covered, or that is not.
    pub(crate) fn first(&self, from: usize, covered: bool) -> Option<usize> {
        if from >= self.leaves {
            return None;
        }
        // Up from the place, to the right, until there is one; then down to it.
        let mut node = self.leaves + from;
        let mut above: i32 = self.above(node);
        while !self.has(node, above, covered) {
            while node % 2 == 1 {
                node /= 2;
                above -= self.nodes[node].whole;
                if node <= 1 {
                    return None;
                }
            }
            node += 1;
        }
        while node < self.leaves {
            above += self.nodes[node].whole;
            node *= 2;
            node += usize::from(!self.has(node, above, covered));
        }
        Some(node - self.leaves)
    }

    /// How many cover all of what is above this node.
    fn above(&self, mut node: usize) -> i32 {
        let mut count = 0;
        while node > 1 {
            node /= 2;
            count += self.nodes[node].whole;
        }
        count
    }

    fn has(&self, node: usize, above: i32, covered: bool) -> bool {
        let Node { whole, least, most } = self.nodes[node];
        if covered { above + whole + most > 0 } else { above + whole + least == 0 }
    }
}
