use alloc::{vec, vec::Vec};

use super::{
    accesses::{Kind, RegisterHistory, Writes},
    clocks::Clocks,
    graph::Graph,
    pattern::BadPattern,
};
use crate::bug::Bug;

/// The models of causal memory, and the one below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CausalModel {
    /// Each process sees all writes in an order that has each process's writes in theirs (Lipton and Sandberg, *PRAM*, 1988).
    Pram,
    /// CC: each read is explained by an order of what is causally before it, another order for each read (Bouajjani et al.,
    /// POPL 2017, §3.1). It does not imply PRAM.
    Causal,
    /// CCv: the same, with one order of all writes for all reads (§3.2). Causal, and convergent: neither implies nor is
    /// implied by causal memory.
    CausalConvergent,
    /// CM: each process sees all writes in an order that has in theirs what is causally before another (Ahamad et al.,
    /// *Causal Memory*, Distributed Computing 1995; Bouajjani et al., §3.3). It implies CC and PRAM.
    CausalMemory,
}

impl CausalModel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pram, Self::Causal, Self::CausalConvergent, Self::CausalMemory];
}

impl RegisterHistory {
    /// Judges by a model. CC takes O(operations × processes); CCv the same and as much for each read as its key has
    /// writers; PRAM and CM as much as CC for each process, as many times as one thing that must be before another leads to
    /// a further one: few times as a rule, O(n³) at worst.
    ///
    /// # Errors
    /// What contradicts the model: the first bad pattern that was found.
    pub fn check_causal(&self, model: CausalModel) -> Result<(), BadPattern> {
        self.check_thin_air()?;
        match model {
            CausalModel::Pram => self.check_pram(),
            CausalModel::Causal => self.check_co().map(drop),
            CausalModel::CausalConvergent => {
                let (_, conflicts) = self.check_co()?;
                self.check_cf(conflicts)
            }
            CausalModel::CausalMemory => {
                self.check_co()?;
                self.check_hb()
            }
        }
    }

    pub(super) fn check_thin_air(&self) -> Result<(), BadPattern> {
        if self.mistake.is(Bug::ThinAirAllowed) {
            return Ok(());
        }
        match self.ops.iter().find(|op| op.kind == Kind::ReadNothing) {
            Some(op) => Err(BadPattern::ThinAirRead { read: op.id }),
            None => Ok(()),
        }
    }

    /// The causal order (Bouajjani et al., §2.3).
    fn causal_order(&self) -> Result<Clocks, BadPattern> {
        let graph = Graph::new(self.ops.len(), &self.edges());
        let order = graph.sort().map_err(|cycle| BadPattern::CyclicCo { cycle: self.ids(&cycle) })?;
        Ok(self.clocks(&graph, &order))
    }

    /// What is before each operation, by a graph and an order that it allows.
    pub(super) fn clocks(&self, graph: &Graph, order: &[u32]) -> Clocks {
        let mut clocks = Clocks::new(self.ops.len(), self.processes.len());
        for at in order.iter().copied() {
            let op = self.op(at);
            clocks.raise(at, op.process, op.place + 1);
            for to in graph.after(at) {
                clocks.join(at, *to);
            }
        }
        clocks
    }

    /// CC (§5, table 3), and on the way the conflicts: pairs of writes of which the first is causally before a read from
    /// the second.
    ///
    /// Of each process only its latest write before a read need be looked at: whatever is said of an earlier one follows,
    /// for that is before the latest. Along one process's reads the latest ones move forward only, so that looking for
    /// them takes as long as there are writes, once for each process.
    fn check_co(&self) -> Result<(Clocks, Vec<(u32, u32)>), BadPattern> {
        let clocks = self.causal_order()?;
        let mut conflicts = Vec::new();
        let mut cursors: Vec<Vec<usize>> = self.writers.iter().map(|lists| vec![0; lists.len()]).collect();
        for (process, (_, range)) in (0..).zip(&self.processes) {
            for cursors in &mut cursors {
                cursors.fill(0);
            }
            for read in range.clone() {
                let op = self.op(read);
                if op.kind == Kind::Write {
                    continue;
                }
                let lists = &self.writers[op.key as usize];
                for (list, cursor) in lists.iter().zip(&mut cursors[op.key as usize]) {
                    let before = clocks.of(read)[list.process as usize];
                    if self.mistake.is(Bug::OwnWritesInvisible) && list.process == process {
                        continue;
                    }
                    while list.ops.get(*cursor).is_some_and(|write| self.op(*write).place < before) {
                        *cursor += 1;
                    }
                    let Some(latest) = cursor.checked_sub(1).map(|at| list.ops[at]) else { continue };
                    self.check_latest(&clocks, latest, read)?;
                    if let Kind::ReadFrom(write) = op.kind {
                        if latest != write {
                            conflicts.push((latest, write));
                        }
                    }
                }
            }
        }
        Ok((clocks, conflicts))
    }

    /// `latest` is causally before the read of the same key.
    fn check_latest(&self, clocks: &Clocks, latest: u32, read: u32) -> Result<(), BadPattern> {
        match self.op(read).kind {
            Kind::ReadInitial if !self.mistake.is(Bug::InitialReadsUnchecked) => {
                Err(BadPattern::WriteCoInitRead { write: self.id(latest), read: self.id(read) })
            }
            Kind::ReadFrom(write) if write != latest && self.is_before(clocks, write, latest) => {
                Err(BadPattern::WriteCoRead {
                    overwritten: self.id(write),
                    write: self.id(latest),
                    read: self.id(read),
                })
            }
            Kind::ReadFrom(_) | Kind::ReadInitial | Kind::ReadNothing | Kind::Write => Ok(()),
        }
    }

    /// Whether `one` is before `other`, or is it.
    pub(super) fn is_before(&self, clocks: &Clocks, one: u32, other: u32) -> bool {
        let op = self.op(one);
        clocks.of(other)[op.process as usize] > op.place
    }

    /// CCv: causal order and conflicts together are no cycle (§5, table 3, `CyclicCF`).
    fn check_cf(&self, mut conflicts: Vec<(u32, u32)>) -> Result<(), BadPattern> {
        conflicts.sort_unstable();
        conflicts.dedup();
        if self.mistake.is(Bug::ConflictsOneStep) {
            let twice = conflicts.iter().find(|(one, other)| conflicts.contains(&(*other, *one)));
            return twice.map_or(Ok(()), |(one, other)| {
                Err(BadPattern::CyclicCf { cycle: self.ids(&[*one, *other]) })
            });
        }
        conflicts.extend(self.edges());
        let sorted = Graph::new(self.ops.len(), &conflicts).sort();
        sorted.map(drop).map_err(|cycle| BadPattern::CyclicCf { cycle: self.ids(&cycle) })
    }

    /// The latest of these writes that the clock of an operation has.
    pub(super) fn latest(&self, list: &Writes, clock: &[u32]) -> Option<u32> {
        let before = clock[list.process as usize];
        let count = list.ops.partition_point(|write| self.op(*write).place < before);
        count.checked_sub(1).map(|at| list.ops[at])
    }
}
