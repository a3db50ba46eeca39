//! Both halves of a stamp as one kind of tree: a step function over the interval from 0 to 1, in prefix order.
//!
//! An id is a function to 0 and 1, a history one to counters. Nodes lie in one allocation, parents before their halves, so
//! a clone is a copy of memory and no walk needs the call stack.

use alloc::{vec, vec::Vec};

/// A node: what its halves have in common, and how many nodes there are from here, itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) base: u64,
    pub(super) size: usize,
}

impl Node {
    pub(super) const fn leaf(base: u64) -> Self {
        Self { base, size: 1 }
    }

    pub(super) const fn is_leaf(self) -> bool {
        self.size == 1
    }
}

/// A tree in normal form (Almeida, Baquero, Fonte 2008, §5.2): of two halves one begins at 0, and two equal leaves are
/// one. So equal functions are equal trees. Never empty.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    /// The function that has this value everywhere.
    pub(super) fn constant(value: u64) -> Self {
        Self { nodes: vec![Node::leaf(value)] }
    }

    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor { nodes: &self.nodes, at: 0, lifted: 0 }
    }

    /// How many halvings lie between the root and the deepest leaf.
    pub(super) fn depth(&self) -> usize {
        let (mut pending, mut deepest) = (Vec::new(), 0);
        let mut next = Some((self.cursor(), 0));
        while let Some((tree, depth)) = next.take().or_else(|| pending.pop()) {
            deepest = deepest.max(depth);
            if let Some((left, right)) = tree.halves() {
                pending.push((right, depth + 1));
                next = Some((left, depth + 1));
            }
        }
        deepest
    }
}

/// A subtree within a tree, lifted by what the nodes above it add.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    nodes: &'a [Node],
    /// Where its root is.
    pub(super) at: usize,
    lifted: u64,
}

impl<'a> Cursor<'a> {
    fn root(self) -> Node {
        self.nodes[self.at]
    }

    /// The least value: in normal form, that of the root.
    pub(super) fn low(self) -> u64 {
        self.lifted + self.root().base
    }

    pub(super) fn is_leaf(self) -> bool {
        self.root().is_leaf()
    }

    /// Whether it has this value everywhere.
    pub(super) fn is(self, value: u64) -> bool {
        self.is_leaf() && self.low() == value
    }

    /// The two halves; `None` of a leaf.
    pub(super) fn halves(self) -> Option<(Self, Self)> {
        if self.is_leaf() {
            return None;
        }
        let lifted = self.low();
        let left = Self { at: self.at + 1, lifted, ..self };
        let right = Self { at: left.at + left.root().size, ..left };
        Some((left, right))
    }

    /// The two halves, which of a leaf are as itself.
    pub(super) fn split(self) -> (Self, Self) {
        self.halves().unwrap_or((self, self))
    }

    /// The greatest value.
    pub(super) fn high(self) -> u64 {
        let (mut pending, mut high) = (Vec::new(), 0);
        let mut next = Some(self);
        while let Some(tree) = next.take().or_else(|| pending.pop()) {
            match tree.halves() {
                None => high = high.max(tree.low()),
                Some((left, right)) => {
                    pending.push(right);
                    next = Some(left);
                }
            }
        }
        high
    }

    /// Its nodes, the root as it is within the tree.
    pub(super) fn nodes(self) -> &'a [Node] {
        &self.nodes[self.at..self.at + self.root().size]
    }
}

/// Makes a tree in normal form from the values of a function, in prefix order: every `open` is followed by two halves,
/// each a `leaf`, a `copy` or another `open`.
///
/// Values are absolute. What a node has in common with its sibling moves up when their parent is complete, so that no
/// sum is ever larger than a value that was put in.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    open: Vec<Open>,
}

/// A parent whose halves are not complete.
struct Open {
    at: usize,
    /// Where the right half begins, once the left one is complete.
    right: Option<usize>,
    raise: Option<Half>,
}

/// One of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Left,
    Right,
}

impl Builder {
    pub(super) fn with_capacity(nodes: usize) -> Self {
        Self { nodes: Vec::with_capacity(nodes), open: Vec::new() }
    }

    /// How many parents are not complete.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A parent, its two halves to follow. The half named in `raise`, which must be a leaf, is raised to the least value
    /// of the other.
    pub(super) fn open(&mut self, raise: Option<Half>) {
        self.open.push(Open { at: self.nodes.len(), right: None, raise });
        self.nodes.push(Node::leaf(0));
    }

    pub(super) fn leaf(&mut self, value: u64) {
        self.nodes.push(Node::leaf(value));
        self.complete();
    }

    pub(super) fn copy(&mut self, tree: Cursor<'_>) {
        let at = self.nodes.len();
        self.nodes.extend_from_slice(tree.nodes());
        self.nodes[at].base = tree.low();
        self.complete();
    }

    pub(super) fn finish(self) -> Tree {
        debug_assert!(self.open.is_empty() && !self.nodes.is_empty(), "every parent has two halves");
        Tree { nodes: self.nodes }
    }

    /// A half is complete, and with it perhaps its parent, and so on.
    fn complete(&mut self) {
        while let Some(parent) = self.open.last_mut() {
            let Some(right) = parent.right else {
                parent.right = Some(self.nodes.len());
                return;
            };
            let (at, raise) = (parent.at, parent.raise);
            self.open.pop();
            self.normalise(at, right, raise);
        }
    }

    /// The rule `norm` of §5.2 for the parent at `at`, whose right half begins at `right` and ends the list.
    fn normalise(&mut self, at: usize, right: usize, raise: Option<Half>) {
        let (mut left_root, mut right_root) = (self.nodes[at + 1], self.nodes[right]);
        let high = left_root.base.max(right_root.base);
        match raise {
            None => {}
            Some(Half::Left) => left_root.base = high,
            Some(Half::Right) => right_root.base = high,
        }
        if left_root == right_root && left_root.is_leaf() {
            self.nodes.truncate(at);
            self.nodes.push(left_root);
            return;
        }
        let low = left_root.base.min(right_root.base);
        self.nodes[at + 1].base = left_root.base - low;
        self.nodes[right].base = right_root.base - low;
        self.nodes[at] = Node { base: low, size: self.nodes.len() - at };
    }
}
