//! Session guarantees where nothing is known but the values that were read.
//!
//! What a session sees is then an order of writes for each of its reads, in which the read returns the last write of its
//! key; with monotonic reads it is one order for all of them, which the session goes along. The guarantees say what must be
//! before what in it. Whether there is such an order is decided by the closure that `view.rs` describes, here over any
//! partial order, since without monotonic writes not even the writes of one process are a chain.

use alloc::{collections::BTreeSet, vec, vec::Vec};
use core::ops::Range;

use super::{
    accesses::{Kind, RegisterHistory},
    graph::Graph,
    guarantees::{Guarantee, Guarantees},
    pattern::BadPattern,
};

/// Each operation is four nodes: itself, and a place in three chains along its process, so that "all those before" takes
/// as many edges as there are operations: what was written, what is to be written, and what was read.
const WRITTEN: u32 = 1;
const TO_WRITE: u32 = 2;
const WAS_READ: u32 = 3;

impl RegisterHistory {
    /// Judges by some of the session guarantees, all at once: that they hold together says more than that each holds.
    /// That a read does not see what its own session writes later is always among them, and so is that somebody wrote it.
    ///
    /// Read your writes, monotonic reads and monotonic writes together are PRAM; all four are causal memory, CM (Brzezinski,
    /// Sobaniec and Wawrzyniak, *From Session Causality to Causal Consistency*, PDP 2004). Takes O(n²) and more: for all
    /// four of them [`CausalModel::CausalMemory`](crate::CausalModel) is faster.
    ///
    /// # Errors
    /// What contradicts them: `ThinAirRead`, `WriteHbInitRead` or `CyclicHb`.
    pub fn check_sessions(&self, guarantees: Guarantees) -> Result<(), BadPattern> {
        self.check_thin_air()?;
        let writes = self.writes_in_order(guarantees);
        for (session, (_, range)) in self.processes.iter().enumerate() {
            let mut edges = writes.clone();
            self.add_session(guarantees, range.clone(), &mut edges);
            let reads: Vec<u32> = range.clone().filter(|at| self.op(*at).kind != Kind::Write).collect();
            if guarantees.has(Guarantee::MonotonicReads) {
                self.close_over(session, &reads, edges)?;
            } else {
                for read in reads {
                    self.close_over(session, &[read], edges.clone())?;
                }
            }
        }
        Ok(())
    }

    /// A smallest choice of guarantees that do not hold together, and why; `None` if all hold.
    pub fn broken_guarantees(&self) -> Option<(Guarantees, BadPattern)> {
        Guarantees::choices().find_map(|choice| Some((choice, self.check_sessions(choice).err()?)))
    }

    fn node(&self, chain: u32, at: u32) -> u32 {
        chain * self.len() + at
    }

    /// What every session must see before what.
    fn writes_in_order(&self, guarantees: Guarantees) -> Vec<(u32, u32)> {
        let mut edges = Vec::new();
        for (_, range) in &self.processes {
            let (mut last_write, mut last_read) = (None, None);
            for at in range.clone() {
                match self.op(at).kind {
                    Kind::Write => {
                        if guarantees.has(Guarantee::MonotonicWrites) {
                            edges.extend(last_write.map(|before| (before, at)));
                        }
                        edges.extend(last_read.map(|before| (before, at)));
                        last_write = Some(at);
                    }
                    Kind::ReadFrom(write) if guarantees.has(Guarantee::WritesFollowReads) => {
                        let read = self.node(WAS_READ, at);
                        edges.push((write, read));
                        edges.extend(last_read.map(|before| (before, read)));
                        last_read = Some(read);
                    }
                    Kind::ReadFrom(_) | Kind::ReadInitial | Kind::ReadNothing => {}
                }
            }
        }
        edges
    }

    /// What one session must see before what besides.
    fn add_session(&self, guarantees: Guarantees, range: Range<u32>, edges: &mut Vec<(u32, u32)>) {
        let mut last_read = None;
        for at in range.clone() {
            if at > range.start {
                edges.push((self.node(WRITTEN, at - 1), self.node(WRITTEN, at)));
                edges.push((self.node(TO_WRITE, at - 1), self.node(TO_WRITE, at)));
            }
            if self.op(at).kind == Kind::Write {
                edges.extend([(at, self.node(WRITTEN, at)), (self.node(TO_WRITE, at), at)]);
                continue;
            }
            edges.push((at, self.node(TO_WRITE, at)));
            if guarantees.has(Guarantee::ReadYourWrites) {
                edges.push((self.node(WRITTEN, at), at));
            }
            if guarantees.has(Guarantee::MonotonicReads) {
                edges.extend(last_read.map(|before| (before, at)));
            }
            if let Kind::ReadFrom(write) = self.op(at).kind {
                edges.push((write, at));
            }
            last_read = Some(at);
        }
    }

    /// Closes a view, whose reads are these.
    fn close_over(
        &self,
        session: usize,
        reads: &[u32],
        mut edges: Vec<(u32, u32)>,
    ) -> Result<(), BadPattern> {
        let (process, range) = &self.processes[session];
        // The other reads are no part of the view.
        let is_away =
            |at: &u32| range.contains(at) && self.op(*at).kind != Kind::Write && !reads.contains(at);
        if reads.len() == 1 {
            edges.retain(|(from, to)| !is_away(from) && !is_away(to));
        }
        let mut known: BTreeSet<(u32, u32)> = BTreeSet::new();
        loop {
            let backward: Vec<_> = edges.iter().map(|(from, to)| (*to, *from)).collect();
            let graph = Graph::new(self.ops.len() * 4, &backward);
            if let Err(cycle) = graph.sort() {
                let mut cycle = cycle;
                cycle.reverse();
                cycle.retain(|node| *node < self.len());
                return Err(BadPattern::CyclicHb { process: *process, cycle: self.ids(&cycle) });
            }
            let found = edges.len();
            for read in reads {
                let op = self.op(*read);
                let before = reachable(&graph, *read).into_iter().filter(|at| *at < self.len());
                for write in
                    before.filter(|at| self.op(*at).kind == Kind::Write && self.op(*at).key == op.key)
                {
                    match op.kind {
                        Kind::ReadInitial => {
                            let (write, read) = (self.id(write), op.id);
                            return Err(BadPattern::WriteHbInitRead { process: *process, write, read });
                        }
                        Kind::ReadFrom(source) if source != write && known.insert((write, source)) => {
                            edges.push((write, source));
                        }
                        Kind::ReadFrom(_) | Kind::ReadNothing | Kind::Write => {}
                    }
                }
            }
            if edges.len() == found {
                return Ok(());
            }
        }
    }
}

/// Everything that can be come to, without the beginning itself.
fn reachable(graph: &Graph, from: u32) -> Vec<u32> {
    let mut seen = vec![false; graph.len()];
    let mut found: Vec<u32> = Vec::new();
    let mut work = vec![from];
    while let Some(node) = work.pop() {
        for next in graph.after(node).iter().copied() {
            if !core::mem::replace(&mut seen[next as usize], true) {
                found.push(next);
                work.push(next);
            }
        }
    }
    found
}
