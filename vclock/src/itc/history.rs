//! What a stamp has seen: a function to counters, compared and joined at each point.

use alloc::vec::Vec;

use super::tree::{Builder, Tree};

/// Whether the left one is nowhere above the right one: the rule `leq` of §5.3.
pub(super) fn at_most(left: &Tree, right: &Tree) -> bool {
    let mut pending = Vec::new();
    let mut next = Some((left.cursor(), right.cursor()));
    while let Some((left, right)) = next.take().or_else(|| pending.pop()) {
        // The right one has its least value somewhere here, and the left one is nowhere below its own.
        if left.low() > right.low() {
            return false;
        }
        if let Some((left_half, right_half)) = left.halves() {
            let (other_left, other_right) = right.split();
            pending.push((right_half, other_right));
            next = Some((left_half, other_left));
        }
    }
    true
}

/// The higher one at each point: the rule `join` of §5.3.
pub(super) fn join(left: &Tree, right: &Tree) -> Tree {
    if left == right {
        return left.clone();
    }
    let mut built = Builder::with_capacity(left.nodes.len().max(right.nodes.len()));
    let mut pending = Vec::new();
    let mut next = Some((left.cursor(), right.cursor()));
    while let Some((left, right)) = next.take().or_else(|| pending.pop()) {
        match (left.is_leaf(), right.is_leaf()) {
            (true, true) => built.leaf(left.low().max(right.low())),
            (true, false) if left.low() <= right.low() => built.copy(right),
            (false, true) if right.low() <= left.low() => built.copy(left),
            _ => {
                let ((left_half, right_half), (other_left, other_right)) = (left.split(), right.split());
                built.open(None);
                pending.push((right_half, other_right));
                next = Some((left_half, other_left));
            }
        }
    }
    built.finish()
}
