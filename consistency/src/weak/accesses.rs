use alloc::{collections::BTreeMap, vec::Vec};
use core::{hash::Hash, ops::Range};

use super::program::{Unsuitable, program_order};
use crate::{
    bug::{Bug, Mistake},
    history::{History, OpId},
    spec::{Access, RegisterRet, Registers},
};

/// A history of registers in which each value is written to its key at most once, so that each read tells which write it
/// *reads from*: what causal models and session guarantees are judged by.
///
/// A write of unknown outcome is taken to have happened; as it is its process's last operation, and nothing is before
/// another because of it unless it was read, that changes no verdict. Reads of unknown outcome say nothing.
#[derive(Clone, Debug)]
pub struct RegisterHistory {
    /// Process by process, each in its own order.
    pub(super) ops: Vec<Op>,
    /// Which of them are whose.
    pub(super) processes: Vec<(u64, Range<u32>)>,
    /// Who wrote which key: for each key one list for each process that did.
    pub(super) writers: Vec<Vec<Writes>>,
    pub(super) mistake: Mistake,
}

/// An access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) id: OpId,
    pub(super) process: u32,
    /// How many of its process come before it.
    pub(super) place: u32,
    pub(super) key: u32,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Write,
    ReadFrom(u32),
    ReadInitial,
    ReadNothing,
}

/// What one process wrote to one key, in its order.
#[derive(Clone, Debug)]
pub(super) struct Writes {
    pub(super) process: u32,
    pub(super) ops: Vec<u32>,
}

/// The accesses of a history while their reads are not yet matched.
struct Matching<'a, K, V> {
    keys: BTreeMap<&'a K, u32>,
    writes: BTreeMap<(u32, &'a V), u32>,
    reads: Vec<(u32, &'a V)>,
}

impl RegisterHistory {
    /// Finds out who read from whom.
    ///
    /// # Errors
    /// If a process has two operations open at once, if two writes of a key have the same value or one has its first value,
    /// or if a return does not fit its operation.
    pub fn new<K: Ord + Hash, V: Ord + Hash>(
        spec: &Registers<K, V>,
        history: &History<Access<K, V>, RegisterRet<V>>,
    ) -> Result<Self, Unsuitable> {
        let mut found =
            Self { ops: Vec::new(), processes: Vec::new(), writers: Vec::new(), mistake: Mistake::default() };
        let mut matching = Matching { keys: BTreeMap::new(), writes: BTreeMap::new(), reads: Vec::new() };
        for (process, ids) in (0..).zip(program_order(history)?) {
            let start = found.len();
            let mut name = 0;
            for id in ids {
                let Some(operation) = history.get(id) else { continue };
                name = operation.process;
                let (Access::Read(key) | Access::Write(key, _)) = &operation.op;
                let next = u32::try_from(matching.keys.len()).unwrap_or(u32::MAX);
                let key = *matching.keys.entry(key).or_insert(next);
                let at = found.len();
                let kind = match (&operation.op, operation.ret()) {
                    (Access::Write(_, value), None | Some(RegisterRet::Written)) => {
                        if *value == spec.initial {
                            return Err(Unsuitable::InitialValue { op: id });
                        }
                        if let Some(before) = matching.writes.insert((key, value), at) {
                            let first = found.ops[before as usize].id;
                            return Err(Unsuitable::SameValue {
                                first: first.min(id),
                                second: first.max(id),
                            });
                        }
                        Kind::Write
                    }
                    (Access::Read(_), Some(RegisterRet::Value(seen))) if *seen == spec.initial => {
                        Kind::ReadInitial
                    }
                    (Access::Read(_), Some(RegisterRet::Value(seen))) => {
                        matching.reads.push((at, seen));
                        Kind::ReadNothing
                    }
                    (Access::Read(_), None) => continue,
                    (Access::Read(_), Some(RegisterRet::Written))
                    | (Access::Write(..), Some(RegisterRet::Value(_))) => {
                        return Err(Unsuitable::WrongReturn { op: id });
                    }
                };
                found.ops.push(Op { id, process, place: at - start, key, kind });
            }
            found.processes.push((name, start..found.len()));
        }
        for (read, seen) in matching.reads {
            let op = &mut found.ops[read as usize];
            if let Some(write) = matching.writes.get(&(op.key, seen)) {
                op.kind = Kind::ReadFrom(*write);
            }
        }
        found.list_writers(matching.keys.len());
        Ok(found)
    }

    fn list_writers(&mut self, keys: usize) {
        self.writers.resize_with(keys, Vec::new);
        for (at, op) in (0..).zip(&self.ops).filter(|(_, op)| op.kind == Kind::Write) {
            let lists = &mut self.writers[op.key as usize];
            match lists.last_mut() {
                Some(list) if list.process == op.process => list.ops.push(at),
                _ => lists.push(Writes { process: op.process, ops: [at].into() }),
            }
        }
    }

    /// The history as one sees it who makes this mistake.
    #[cfg(quorate_bugs)]
    #[must_use]
    pub const fn with_bug(mut self, bug: Bug) -> Self {
        self.mistake = Mistake(Some(bug));
        self
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ops.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn op(&self, at: u32) -> &Op {
        &self.ops[at as usize]
    }

    pub(super) fn id(&self, at: u32) -> OpId {
        self.op(at).id
    }

    pub(super) fn ids(&self, all: &[u32]) -> Vec<OpId> {
        all.iter().map(|at| self.id(*at)).collect()
    }

    /// Each process's own order and reads-from.
    pub(super) fn edges(&self) -> Vec<(u32, u32)> {
        let mut edges = Vec::with_capacity(self.ops.len() * 2);
        for (at, op) in (0..).zip(&self.ops) {
            if op.place > 0 && !self.mistake.is(Bug::ProgramOrderIgnored) {
                edges.push((at - 1, at));
            }
            match op.kind {
                Kind::ReadFrom(write) if !self.mistake.is(Bug::ReadsFromIgnored) => edges.push((write, at)),
                Kind::ReadFrom(_) | Kind::ReadInitial | Kind::ReadNothing | Kind::Write => {}
            }
        }
        edges
    }
}
