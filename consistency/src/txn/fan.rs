use alloc::vec::Vec;

use super::{
    cycle::SAME,
    graph::Edge,
    intern::{NONE, number},
};

/// Who comes after a version, of each group of versions: a group of transactions in an order that is not known.
///
/// So that not each transaction before a group needs an edge to each of its members, those of a larger group are a chain of
/// nodes of their own, of which each leads to one member and to the next node, and a second chain that runs the other way:
/// a member that comes before all others leads to the node before its own and to the one after it.
#[derive(Debug)]
pub(super) struct Fans {
    /// The members and what their edges are caused by; of each group in the order of transactions, each there once.
    members: Vec<(u32, u32)>,
    /// Where the members of each group begin, and where those of the last one end.
    starts: Vec<u32>,
    /// The first node of each group; `NONE` if it needs none.
    chains: Vec<u32>,
    nodes: u32,
}

impl Fans {
    /// Of members by group, transaction and cause. Nodes that stand for no transaction are numbered from `nodes` on.
    pub(super) fn new(groups: usize, mut members: Vec<(u32, u32, u32)>, nodes: usize) -> Self {
        members.sort_unstable();
        let mut starts = Vec::with_capacity(groups + 1);
        let mut chains = Vec::with_capacity(groups);
        let (mut at, mut nodes) = (0, number(nodes));
        starts.push(0);
        for group in 0..number(groups) {
            let begin = at;
            while members.get(at).is_some_and(|(of, ..)| *of == group) {
                at += 1;
            }
            starts.push(number(at));
            chains.push(if at - begin > 1 { nodes } else { NONE });
            nodes += if at - begin > 1 { number(at - begin) * 2 } else { 0 };
        }
        let members = members.into_iter().map(|(_, txn, cause)| (txn, cause)).collect();
        Self { members, starts, chains, nodes }
    }

    fn of(&self, group: usize) -> &[(u32, u32)] {
        &self.members[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// All members of a group but this transaction itself come after it.
    pub(super) fn follow(&self, group: usize, from: u32, kind: u8, edges: &mut Vec<Edge>) {
        let members = self.of(group);
        if let [(to, cause)] = *members {
            if to != from {
                edges.push(Edge { from, to, cause, kind });
            }
            return;
        }
        let mut lead = |at: usize, is_forward: bool| {
            if let Some((_, cause)) = members.get(at) {
                edges.push(Edge { from, to: self.node(group, at, is_forward), cause: *cause, kind });
            }
        };
        match members.binary_search_by_key(&from, |(txn, _)| *txn) {
            Ok(own) => {
                if own > 0 {
                    lead(own - 1, false);
                }
                lead(own + 1, true);
            }
            Err(_) => lead(0, true),
        }
    }

    /// The node that leads to this member and all after it, or all before it.
    fn node(&self, group: usize, at: usize, is_forward: bool) -> u32 {
        self.chains[group] + number(at) * 2 + u32::from(!is_forward)
    }

    /// Adds the chains; how many nodes there are then.
    pub(super) fn finish(self, edges: &mut Vec<Edge>) -> usize {
        for group in (0..self.chains.len()).filter(|group| self.chains[*group] != NONE) {
            let members = self.of(group);
            for (at, (to, cause)) in members.iter().enumerate() {
                for is_forward in [true, false] {
                    let from = self.node(group, at, is_forward);
                    edges.push(Edge { from, to: *to, cause: *cause, kind: SAME });
                    let onward = if is_forward { Some(at + 1) } else { at.checked_sub(1) };
                    if let Some(onward) = onward.filter(|onward| *onward < members.len()) {
                        let to = self.node(group, onward, is_forward);
                        edges.push(Edge { from, to, cause: *cause, kind: SAME });
                    }
                }
            }
        }
        self.nodes as usize
    }
}
