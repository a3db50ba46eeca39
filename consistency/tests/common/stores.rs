//! Stores that keep to a level of isolation and to no more, one step of one transaction at a time.

use std::collections::BTreeMap;

use quorate_consistency::txn::{HistoryBuilder, RegisterOp};

use super::common::{Rng, txn::Registers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Writes are seen at once, and undone where they are not wanted; nobody else writes a key in the meantime.
    ReadUncommitted,
    /// Reads see what has been committed last.
    ReadCommitted,
    /// Reads see what had been committed when the transaction began; nobody else has written the same keys since.
    Snapshot,
    /// So, and nobody else has written what it read, either.
    Serializable,
}

impl Isolation {
    pub(super) const ALL: [Self; 4] =
        [Self::ReadUncommitted, Self::ReadCommitted, Self::Snapshot, Self::Serializable];
}

type Op = RegisterOp<u8, u32>;

struct Running {
    plan: Vec<Op>,
    done: Vec<Op>,
    /// What had been committed when it began, by the number of versions of each key.
    began: BTreeMap<u8, usize>,
    written: BTreeMap<u8, u32>,
    is_over: Option<bool>,
}

struct Store {
    isolation: Isolation,
    versions: BTreeMap<u8, Vec<u32>>,
    /// Who writes a key, and how many versions it had before.
    locks: BTreeMap<u8, (u64, usize)>,
}

impl Store {
    fn count(&self, key: u8) -> usize {
        self.versions.get(&key).map_or(0, Vec::len)
    }

    fn read(&self, txn: &Running, key: u8) -> Option<u32> {
        let count = match self.isolation {
            Isolation::ReadUncommitted | Isolation::ReadCommitted => self.count(key),
            Isolation::Snapshot | Isolation::Serializable => txn.began.get(&key).copied().unwrap_or(0),
        };
        let committed = || count.checked_sub(1).map(|at| self.versions[&key][at]);
        txn.written.get(&key).copied().or_else(committed)
    }

    /// One operation more; whether the transaction may go on.
    fn step(&mut self, process: u64, txn: &mut Running) -> bool {
        let op = txn.plan[txn.done.len()].clone();
        match op {
            RegisterOp::Read(key, _) => txn.done.push(RegisterOp::Read(key, self.read(txn, key))),
            RegisterOp::Write(key, value) => {
                if self.isolation == Isolation::ReadUncommitted {
                    let count = self.count(key);
                    if self.locks.entry(key).or_insert((process, count)).0 != process {
                        return false;
                    }
                    self.versions.entry(key).or_default().push(value);
                }
                txn.written.insert(key, value);
                txn.done.push(RegisterOp::Write(key, value));
            }
        }
        true
    }

    fn undo(&mut self, process: u64) {
        for (key, (_, count)) in self.locks.iter().filter(|(_, (owner, _))| *owner == process) {
            self.versions.entry(*key).or_default().truncate(*count);
        }
        self.locks.retain(|_, (owner, _)| *owner != process);
    }

    /// Commits it if that may be.
    fn commit(&mut self, process: u64, txn: &Running) -> bool {
        let is_unchanged = |key: &u8| txn.began.get(key).copied().unwrap_or(0) == self.count(*key);
        let may = match self.isolation {
            Isolation::ReadUncommitted => {
                self.locks.retain(|_, (owner, _)| *owner != process);
                return true;
            }
            Isolation::ReadCommitted => true,
            Isolation::Snapshot => txn.written.keys().all(is_unchanged),
            Isolation::Serializable => txn.plan.iter().all(|op| {
                let (RegisterOp::Read(key, _) | RegisterOp::Write(key, _)) = op;
                is_unchanged(key)
            }),
        };
        if may {
            txn.written.iter().for_each(|(key, value)| self.versions.entry(*key).or_default().push(*value));
        }
        may
    }
}

/// What clients of such a store see.
pub(super) fn run(rng: &mut Rng, isolation: Isolation, transactions: usize, keys: usize) -> Registers {
    let mut store = Store { isolation, versions: BTreeMap::new(), locks: BTreeMap::new() };
    let mut builder = HistoryBuilder::new();
    let mut running: BTreeMap<u64, Running> = BTreeMap::new();
    let mut names: Vec<u64> = (0..4).collect();
    let (mut invoked, mut next) = (0, 0);
    while invoked < transactions || !running.is_empty() {
        let at = rng.below(names.len());
        let process = names[at];
        let Some(mut txn) = running.remove(&process) else {
            if invoked < transactions {
                invoked += 1;
                let plan = plan(rng, keys, &mut next);
                builder.invoke(process, plan.clone()).unwrap();
                let began = BTreeMap::new();
                running.insert(
                    process,
                    Running { plan, done: Vec::new(), began, written: BTreeMap::new(), is_over: None },
                );
            }
            continue;
        };
        match txn.is_over {
            Some(_) if rng.chance(4) => {
                builder.info(process).unwrap();
                names[at] += 1_000;
            }
            Some(true) => drop(builder.ok(process, txn.done).unwrap()),
            Some(false) => drop(builder.fail(process).unwrap()),
            None => {
                if txn.done.is_empty() {
                    txn.began = store.versions.iter().map(|(key, versions)| (*key, versions.len())).collect();
                }
                let may_go_on =
                    !rng.chance(3) && (txn.done.len() == txn.plan.len() || store.step(process, &mut txn));
                if !may_go_on {
                    store.undo(process);
                    txn.is_over = Some(false);
                } else if txn.done.len() == txn.plan.len() && rng.chance(50) {
                    txn.is_over = Some(store.commit(process, &txn));
                }
                running.insert(process, txn);
            }
        }
    }
    builder.finish()
}

fn plan(rng: &mut Rng, keys: usize, next: &mut u32) -> Vec<Op> {
    let count = 1 + rng.below(4);
    let mut one = || {
        let key = u8::try_from(rng.below(keys)).unwrap();
        if rng.chance(50) {
            return RegisterOp::Read(key, None);
        }
        *next += 1;
        RegisterOp::Write(key, *next)
    };
    (0..count).map(|_| one()).collect()
}
