//! A new event: the history rises somewhere in what the id owns, in the way that keeps its tree smallest (§5.3).

use alloc::vec::Vec;
use core::iter;

use super::tree::{Builder, Cursor, Half, Node, Tree};

/// How a history rises.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inflation {
    /// Gaps are filled in what is owned: the tree gets simpler.
    Fill,
    /// One leaf rises by one.
    Grow(Growth),
}

/// The leaf that rises, and what that costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// How often a leaf must be halved to get there: what the paper weighs with a large constant.
    expansions: usize,
    depth: usize,
    /// Where the leaf of the id is that owns it.
    owner: usize,
    /// What its counter is.
    pub(super) counter: u64,
}

impl Growth {
    /// How many nodes the history gets.
    pub(super) const fn added(self) -> usize {
        2 * self.expansions
    }
}

/// How a new event makes the history rise; `None` if nothing is owned.
///
/// Filling changes a history exactly where something that is owned as a whole is not level, or lower than all of the half
/// beside it. If there is no such place, the cheapest leaf grows: fewest halvings, then least depth, then rightmost.
pub(super) fn inflation(id: &Tree, history: &Tree) -> Option<Inflation> {
    let (mut cheapest, mut pending) = (None::<Growth>, Vec::new());
    let mut next = Some((id.cursor(), history.cursor(), 0, 0));
    while let Some((id, history, expansions, depth)) = next.take().or_else(|| pending.pop()) {
        let Some((id_left, id_right)) = id.halves() else {
            if id.is(0) {
                continue;
            }
            if !history.is_leaf() {
                return Some(Inflation::Fill);
            }
            if cheapest.is_none_or(|held| (expansions, depth) <= (held.expansions, held.depth)) {
                cheapest = Some(Growth { expansions, depth, owner: id.at, counter: history.low() });
            }
            continue;
        };
        let (left, right) = history.split();
        if id_left.is(1) && left.low() < right.low() || id_right.is(1) && right.low() < left.low() {
            return Some(Inflation::Fill);
        }
        let expansions = expansions + usize::from(history.is_leaf());
        pending.push((id_right, right, expansions, depth + 1));
        next = Some((id_left, left, expansions, depth + 1));
    }
    cheapest.map(Inflation::Grow)
}

/// Fills the gaps in what is owned: the rule `fill`.
pub(super) fn fill(id: &Tree, history: &Tree) -> Tree {
    let mut built = Builder::with_capacity(history.nodes.len());
    let mut pending = Vec::new();
    let mut next = Some((id.cursor(), history.cursor()));
    while let Some((id, history)) = next.take().or_else(|| pending.pop()) {
        match (id.halves(), history.halves()) {
            (None, _) if id.is(0) => built.copy(history),
            (None, _) => built.leaf(history.high()),
            (Some(_), None) => built.leaf(history.low()),
            (Some((id_left, id_right)), Some((left, right))) => {
                built.open(if id_left.is(1) {
                    Some(Half::Left)
                } else if id_right.is(1) {
                    Some(Half::Right)
                } else {
                    None
                });
                pending.push((id_right, right));
                next = Some((id_left, left));
            }
        }
    }
    built.finish()
}

/// Lets the leaf grow: the rule `grow`.
///
/// The tree stays in normal form. Nothing could be filled, so an owned leaf is above the half beside it, or part of a
/// chain that begins here.
pub(super) fn grow(id: &Tree, history: &mut Tree, growth: Growth) {
    let (mut owner, mut at) = (id.cursor(), 0);
    while let Some(parent) = history.nodes.get_mut(at).filter(|node| !node.is_leaf()) {
        parent.size += growth.added();
        let half;
        (owner, half) = towards(owner, growth.owner);
        at += 1;
        if half == Half::Right {
            at += history.nodes[at].size;
        }
    }
    let mut chain = Vec::with_capacity(1 + growth.added());
    let (mut base, mut after) = (history.nodes[at].base, 0);
    for left in (1..=growth.expansions).rev() {
        chain.push(Node { base, size: 1 + 2 * left });
        base = 0;
        let half;
        (owner, half) = towards(owner, growth.owner);
        match half {
            Half::Left => after += 1,
            Half::Right => chain.push(Node::leaf(0)),
        }
    }
    chain.push(Node::leaf(base + 1));
    chain.extend(iter::repeat_n(Node::leaf(0), after));
    history.nodes.splice(at..=at, chain);
}

/// The half of the id in which the leaf `owner` is.
fn towards(id: Cursor<'_>, owner: usize) -> (Cursor<'_>, Half) {
    let (left, right) = id.split();
    if owner < right.at { (left, Half::Left) } else { (right, Half::Right) }
}
