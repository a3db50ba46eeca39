//! Which part of the interval a stamp owns: a function to 0 and 1.

use alloc::vec::Vec;

use super::tree::{Builder, Cursor, Node, Tree};
use crate::bug::Bug;

/// Divides an id into two that do not overlap and that together are it: the rule `split` of §5.3. Also how deep the
/// place is where it was divided.
pub(super) fn split(id: &Tree) -> (Tree, Tree, usize) {
    let (mut owned, mut depth) = (id.cursor(), 0);
    while let Some((left, right)) = owned.halves() {
        owned = match (left.is(0), right.is(0)) {
            (true, _) => right,
            (_, true) => left,
            (false, false) => {
                let (first, second) = (halved(Some(left.nodes()), None), halved(None, Some(right.nodes())));
                return (replace(id, owned, &first), replace(id, owned, &second), depth);
            }
        };
        depth += 1;
    }
    if owned.is(0) {
        return (id.clone(), id.clone(), depth);
    }
    let all = [Node::leaf(1)];
    let (first, second) = (halved(Some(&all), None), halved(None, Some(&all)));
    let second = if Bug::ItcForkOverlaps.is_planted() { &first } else { &second };
    (replace(id, owned, &first), replace(id, owned, second), depth + 1)
}

/// Two halves, of which what is missing is not owned.
fn halved(left: Option<&[Node]>, right: Option<&[Node]>) -> Vec<Node> {
    let nothing = [Node::leaf(0)];
    let (left, right) = (left.unwrap_or(&nothing), right.unwrap_or(&nothing));
    let root = Node { base: 0, size: 1 + left.len() + right.len() };
    [&[root], left, right].concat()
}

/// The id with other nodes in the place of those at `part`, outside of which nothing is owned.
fn replace(id: &Tree, part: Cursor<'_>, with: &[Node]) -> Tree {
    let (before, rest) = id.nodes.split_at(part.at);
    let removed = part.nodes().len();
    let mut nodes = Vec::with_capacity(id.nodes.len() - removed + with.len());
    // Before the part there are only parents of it, and halves in which nothing is owned.
    nodes.extend(before.iter().map(|node| {
        let size = if node.is_leaf() { 1 } else { node.size - removed + with.len() };
        Node { size, ..*node }
    }));
    nodes.extend_from_slice(with);
    nodes.extend_from_slice(rest.split_at(removed).1);
    Tree { nodes }
}

/// What both own together, the rule `sum` of §5.3; `None` if both own the same somewhere.
pub(super) fn sum(left: &Tree, right: &Tree) -> Option<Tree> {
    let mut built = Builder::with_capacity(left.nodes.len().max(right.nodes.len()));
    let mut pending = Vec::new();
    let mut next = Some((left.cursor(), right.cursor()));
    while let Some((ours, theirs)) = next.take().or_else(|| pending.pop()) {
        if theirs.is(0) {
            built.copy(ours);
        } else if ours.is(0) {
            built.copy(theirs);
        } else {
            // Neither is nothing, so a leaf here is owned as a whole.
            let ((our_left, our_right), (their_left, their_right)) = (ours.halves()?, theirs.halves()?);
            built.open(None);
            pending.push((our_right, their_right));
            next = Some((our_left, their_left));
        }
    }
    Some(built.finish())
}
