use alloc::{vec, vec::Vec};

use super::intern::NONE;

/// What depends on what, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    /// What its maker needs to explain it.
    pub(super) cause: u32,
    /// One bit.
    pub(super) kind: u8,
}

/// Edges by the node they leave, in the order in which they were found.
#[derive(Debug)]
pub(super) struct Graph {
    starts: Vec<u32>,
    pub(super) edges: Vec<Edge>,
}

impl Graph {
    /// Edges from a node to itself say nothing and are left out.
    pub(super) fn new(nodes: usize, edges: &[Edge]) -> Self {
        let mut starts = vec![0; nodes + 1];
        let is_kept = |edge: &&Edge| edge.from != edge.to;
        edges.iter().filter(is_kept).for_each(|edge| starts[edge.from as usize + 1] += 1);
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut free = starts.clone();
        let mut sorted = vec![Edge { from: 0, to: 0, cause: 0, kind: 0 }; starts[nodes] as usize];
        for edge in edges.iter().filter(is_kept) {
            let place = &mut free[edge.from as usize];
            sorted[*place as usize] = *edge;
            *place += 1;
        }
        Self { starts, edges: sorted }
    }

    pub(super) fn nodes(&self) -> usize {
        self.starts.len() - 1
    }

    /// The places of the edges that leave a node.
    pub(super) fn out(&self, node: u32) -> core::ops::Range<usize> {
        self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize
    }
}

/// Strongly connected components, each after all that can be reached from it.
#[derive(Debug)]
pub(super) struct Components {
    /// The component of each node.
    pub(super) of: Vec<u32>,
    /// The nodes of the first component, then those of the second, …
    pub(super) nodes: Vec<u32>,
    starts: Vec<u32>,
}

impl Components {
    /// Tarjan, *Depth-first search and linear graph algorithms*, SIAM J. Comput. 1972, with a stack of its own.
    ///
    /// Only edges of these kinds count. `last` is for a seeded bug alone: how many nodes are looked at.
    pub(super) fn new(graph: &Graph, kinds: u8, last: usize) -> Self {
        let count = graph.nodes();
        let mut found = Self { of: vec![NONE; count], nodes: Vec::with_capacity(count), starts: vec![0] };
        let mut index = vec![NONE; count];
        let mut low = vec![0; count];
        let (mut open, mut path): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
        let mut next = 0;
        for root in (0..).take(count.min(last)) {
            if index[root as usize] != NONE {
                continue;
            }
            path.push((root, graph.out(root).start));
            while let Some((node, place)) = path.pop() {
                let at = node as usize;
                if index[at] == NONE {
                    (index[at], low[at]) = (next, next);
                    next += 1;
                    open.push(node);
                }
                let end = graph.out(node).end;
                let mut place = place;
                let mut child = None;
                while place < end && child.is_none() {
                    let edge = &graph.edges[place];
                    let to = edge.to as usize;
                    if edge.kind & kinds == 0 || found.of[to] != NONE {
                        place += 1;
                    } else if index[to] == NONE {
                        child = Some(edge.to);
                    } else {
                        low[at] = low[at].min(low[to]);
                        place += 1;
                    }
                }
                if let Some(child) = child {
                    path.push((node, place));
                    path.push((child, graph.out(child).start));
                } else if low[at] == index[at] {
                    found.close(&mut open, node);
                }
            }
        }
        found
    }

    fn close(&mut self, open: &mut Vec<u32>, root: u32) {
        let name = u32::try_from(self.starts.len() - 1).unwrap_or(NONE);
        while let Some(node) = open.pop() {
            self.of[node as usize] = name;
            self.nodes.push(node);
            if node == root {
                break;
            }
        }
        self.starts.push(u32::try_from(self.nodes.len()).unwrap_or(NONE));
    }

    /// Those of more than one node, the first in the graph's order first.
    pub(super) fn cyclic(&self) -> impl Iterator<Item = &[u32]> {
        let nodes = |pair: &[u32]| &self.nodes[pair[0] as usize..pair[1] as usize];
        self.starts.windows(2).rev().map(nodes).filter(|nodes| nodes.len() > 1)
    }
}

/// The part of a graph that is in knots, which alone is searched.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) graph: Graph,
    /// What its nodes are called in the whole.
    pub(super) names: Vec<u32>,
    /// The knot of each node.
    pub(super) knot: Vec<u32>,
}

impl Part {
    pub(super) fn new(whole: &Graph, knots: &Components) -> Self {
        let mut names: Vec<u32> = knots.cyclic().flatten().copied().collect();
        names.sort_unstable();
        let mut inner = vec![NONE; whole.nodes()];
        (0..).zip(&names).for_each(|(at, name)| inner[*name as usize] = at);
        let mut edges = Vec::new();
        for name in &names {
            for edge in &whole.edges[whole.out(*name)] {
                if knots.of[edge.from as usize] == knots.of[edge.to as usize] {
                    let (from, to) = (inner[edge.from as usize], inner[edge.to as usize]);
                    edges.push(Edge { from, to, ..*edge });
                }
            }
        }
        let mut numbers = vec![NONE; whole.nodes()];
        let mut count = 0;
        let knot = names.iter().map(|name| {
            let number = &mut numbers[knots.of[*name as usize] as usize];
            if *number == NONE {
                *number = count;
                count += 1;
            }
            *number
        });
        Self { knot: knot.collect(), graph: Graph::new(names.len(), &edges), names }
    }

    /// An edge with the names of the whole.
    pub(super) fn outer(&self, place: usize) -> Edge {
        let edge = self.graph.edges[place];
        let name = |node: u32| self.names[node as usize];
        Edge { from: name(edge.from), to: name(edge.to), ..edge }
    }
}
