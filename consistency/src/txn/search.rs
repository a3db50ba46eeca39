use alloc::{vec, vec::Vec};

use super::graph::{Components, Graph};

/// Which closed walks are sought: an automaton over the kinds of edges, with eight states.
pub(super) trait Rule {
    /// The state after the first edge, if the walk may begin with it.
    fn first(&self, kind: u8) -> Option<u8>;
    /// The state after one edge more, if it may follow.
    fn next(&self, state: u8, kind: u8) -> Option<u8>;
    /// Whether the walk may close in this state.
    fn closes(&self, state: u8) -> bool;
}

const STATES: usize = 8;

/// Room for searches in one graph.
pub(super) struct Search<'a> {
    graph: &'a Graph,
    /// The run of the search that has been at a node in a state last.
    seen: Vec<u32>,
    /// By which edge, and from which node and state.
    came: Vec<(u32, u32)>,
    run: u32,
    /// How many edges may still be looked at.
    pub(super) edges_left: u64,
}

impl<'a> Search<'a> {
    pub(super) fn new(graph: &'a Graph, edges_max: u64) -> Self {
        let size = graph.nodes() * STATES;
        Self { graph, seen: vec![0; size], came: vec![(0, 0); size], run: 0, edges_left: edges_max }
    }

    /// The shortest closed walk inside a component that the rule allows, as places of edges.
    pub(super) fn shortest(
        &mut self,
        nodes: &[u32],
        components: &Components,
        rule: &impl Rule,
        is_wanted: impl Fn(&[usize]) -> bool,
    ) -> Option<Vec<usize>> {
        let mut best: Option<Vec<usize>> = None;
        let inside: usize = nodes.iter().map(|node| self.graph.out(*node).len()).sum();
        // Once there is one, a shorter one is worth a few passes over the component.
        let mut patience = inside as u64 * 16 + 4_096;
        let mut sorted = nodes.to_vec();
        sorted.sort_unstable();
        for node in sorted {
            for place in self.graph.out(node) {
                let longest = best.as_ref().map_or(usize::MAX, |best: &Vec<usize>| best.len() - 1);
                if longest < 2 || patience == 0 || self.edges_left == 0 {
                    return best;
                }
                let before = self.edges_left;
                let walk = self.from(place, components, rule, longest);
                if best.is_some() {
                    patience = patience.saturating_sub(before - self.edges_left);
                }
                best = walk.filter(|walk| is_wanted(walk)).or(best);
            }
        }
        best
    }

    fn from(
        &mut self,
        start: usize,
        components: &Components,
        rule: &impl Rule,
        longest: usize,
    ) -> Option<Vec<usize>> {
        let first = self.graph.edges[start];
        let home = components.of[first.from as usize];
        let state = rule.first(first.kind).filter(|_| components.of[first.to as usize] == home)?;
        self.run += 1;
        let begin = product(first.to, state);
        self.seen[begin as usize] = self.run;
        let (mut layer, mut length) = (vec![begin], 1);
        while !layer.is_empty() && length < longest {
            length += 1;
            let mut next_layer = Vec::new();
            for at in layer {
                let (node, state) = (at / 8, (at % 8) as u8);
                for place in self.graph.out(node) {
                    self.edges_left = self.edges_left.saturating_sub(1);
                    let edge = self.graph.edges[place];
                    let inside = components.of[edge.to as usize] == home;
                    let Some(state) = rule.next(state, edge.kind).filter(|_| inside) else { continue };
                    if edge.to == first.from && rule.closes(state) {
                        return Some(self.back(begin, at, start, place));
                    }
                    let to = product(edge.to, state);
                    if self.seen[to as usize] != self.run {
                        self.seen[to as usize] = self.run;
                        self.came[to as usize] = (u32::try_from(place).unwrap_or(u32::MAX), at);
                        next_layer.push(to);
                    }
                }
            }
            if self.edges_left == 0 {
                return None;
            }
            layer = next_layer;
        }
        None
    }

    fn back(&self, begin: u32, mut at: u32, start: usize, last: usize) -> Vec<usize> {
        let mut walk = vec![last];
        while at != begin {
            let (place, before) = self.came[at as usize];
            walk.push(place as usize);
            at = before;
        }
        walk.push(start);
        walk.reverse();
        walk
    }
}

const fn product(node: u32, state: u8) -> u32 {
    node * 8 + state as u32
}
