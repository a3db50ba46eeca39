//! What one process must have seen before what.
//!
//! A process's view is a partial order of all writes and its own reads. It is closed if for each of the reads every other
//! write of the key before it is before the one that it reads from. Then, if it has no cycle and no write of the key is
//! before a read of the first value, there is an order of all writes and these reads in which each read sees the last
//! write of its key: put one read after the other, each right after what is before it and not yet placed. What is placed
//! then is what is before this read, since the reads are a chain; of the writes of its key among that, the one that it
//! reads from is the last. Conversely each such order obeys the closure. So the closure decides PRAM, if it begins with
//! each process's own order, and causal memory, if it begins with the causal order (Bouajjani et al., POPL 2017, §5).

use alloc::vec::Vec;

use super::{
    accesses::{Kind, RegisterHistory},
    graph::Graph,
    pattern::BadPattern,
};
use crate::bug::Bug;

impl RegisterHistory {
    /// CM: the views that begin with the causal order.
    pub(super) fn check_hb(&self) -> Result<(), BadPattern> {
        (0..self.processes.len()).try_for_each(|process| self.close(process, self.edges()))
    }

    /// PRAM: the views that begin with the own order of each process, and with what the reads of this one read from.
    pub(super) fn check_pram(&self) -> Result<(), BadPattern> {
        (0..self.processes.len()).try_for_each(|process| {
            let mut edges = self.edges();
            edges.retain(|(from, to)| {
                let reader = self.op(*to).process;
                self.op(*from).process == reader || reader as usize == process
            });
            self.close(process, edges)
        })
    }

    /// Closes the view of a process that begins with these edges.
    ///
    /// What follows from all reads at once is added before anything is put in order again, so that there are as many
    /// rounds as one consequence of the closure leads to another, which are few, and not as many as there are consequences.
    fn close(&self, process: usize, mut edges: Vec<(u32, u32)>) -> Result<(), BadPattern> {
        let (name, range) = &self.processes[process];
        if range.clone().all(|at| self.op(at).kind == Kind::Write) {
            return Ok(());
        }
        let mut rounds = 0;
        loop {
            let graph = Graph::new(self.ops.len(), &edges);
            let order = graph
                .sort()
                .map_err(|cycle| BadPattern::CyclicHb { process: *name, cycle: self.ids(&cycle) })?;
            let clocks = self.clocks(&graph, &order);
            let found = edges.len();
            for read in range.clone().filter(|at| self.op(*at).kind != Kind::Write) {
                let op = self.op(read);
                for list in &self.writers[op.key as usize] {
                    let Some(latest) = self.latest(list, clocks.of(read)) else { continue };
                    match op.kind {
                        Kind::ReadInitial if !self.mistake.is(Bug::InitialReadsUnchecked) => {
                            let (write, read) = (self.id(latest), op.id);
                            return Err(BadPattern::WriteHbInitRead { process: *name, write, read });
                        }
                        Kind::ReadFrom(source)
                            if source != latest && !self.is_before(&clocks, latest, source) =>
                        {
                            edges.push((latest, source));
                        }
                        Kind::ReadFrom(_) | Kind::ReadInitial | Kind::ReadNothing | Kind::Write => {}
                    }
                }
            }
            rounds += 1;
            if edges.len() == found || rounds == 1 && self.mistake.is(Bug::ClosureStopsEarly) {
                return Ok(());
            }
        }
    }
}
