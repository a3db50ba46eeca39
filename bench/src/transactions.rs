//! Judges of transactions and of causal models, on histories of a store that is right.
//!
//! No judge of these models is on the crate registry, so that their rows have no peer beside them.

use std::time::Duration;

use quorate_consistency::{
    CausalModel, HistoryBuilder, RegisterHistory,
    spec::{Access, RegisterRet, Registers},
    txn::{
        History, HistoryBuilder as TxnBuilder, Isolation, Level, ListOp, Options, RegisterOp, WeakOptions,
        check_list_append, check_rw_register, check_weak, solve,
    },
};

use crate::{
    cpu::cpu_time,
    linearizability::{End, Rng, simulate},
};

/// Transactions on lists that grow.
pub type Lists = History<ListOp<u32, u32>>;
/// Transactions on registers.
pub type RegisterTxns = History<RegisterOp<u32, u32>>;
/// Reads and writes of single registers.
pub type Accesses = quorate_consistency::History<Access<u32, u32>, RegisterRet<u32>>;

/// What transactions do.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many there are.
    pub transactions: u32,
    /// By how many processes at once.
    pub processes: u32,
    /// How many keys are in use at a time.
    pub keys: u32,
    /// After so many writes a key is used no more, and the next takes its place.
    pub writes_per_key: u32,
    /// How many operations a transaction has: one to so many.
    pub operations_max: u32,
    /// Whether whoever writes a key has read it before, in the same transaction.
    pub reads_first: bool,
}

/// What a transaction asks for.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Read(u32),
    Write(u32, u32),
}

/// Keys that are used up, one after the other.
struct Keys {
    shape: Shape,
    in_use: Vec<u32>,
    writes: Vec<u32>,
    next_value: u32,
}

impl Keys {
    fn new(shape: Shape) -> Self {
        let count = shape.keys as usize;
        Self { shape, in_use: (0..shape.keys).collect(), writes: vec![0; count], next_value: 0 }
    }

    fn draw(&mut self, rng: &mut Rng) -> Vec<Ask> {
        let mut asks = Vec::new();
        for _ in 0..=rng.below(self.shape.operations_max) {
            let slot = rng.below(self.shape.keys) as usize;
            let key = self.in_use[slot];
            let is_read = asks.iter().any(|ask| matches!(ask, Ask::Read(read) if *read == key));
            if rng.below(2) == 0 || self.shape.reads_first && !is_read {
                asks.push(Ask::Read(key));
            }
            if matches!(asks.last(), Some(Ask::Read(last)) if *last == key) && rng.below(2) == 0 {
                continue;
            }
            self.next_value += 1;
            asks.push(Ask::Write(key, self.next_value));
            self.writes[slot] += 1;
            if self.writes[slot] >= self.shape.writes_per_key {
                self.writes[slot] = 0;
                self.in_use[slot] = self.in_use.iter().max().map_or(0, |last| last + 1);
            }
        }
        asks
    }
}

/// The values that were written to each key, in order.
#[derive(Default)]
struct Store(Vec<Vec<u32>>);

impl Store {
    fn of(&mut self, key: u32) -> &mut Vec<u32> {
        let key = key as usize;
        if self.0.len() <= key {
            self.0.resize_with(key + 1, Vec::new);
        }
        &mut self.0[key]
    }
}

/// Each transaction takes effect at once, at a moment between its ends.
fn serial<O: quorate_consistency::txn::Operation + Clone>(
    shape: Shape,
    seed: u64,
    op: impl Fn(&mut Store, Ask) -> O,
) -> History<O> {
    let (mut keys, mut store, mut builder) = (Keys::new(shape), Store::default(), TxnBuilder::new());
    let draw = |rng: &mut Rng| keys.draw(rng);
    let effect = |asks: &Vec<Ask>| asks.iter().map(|ask| op(&mut store, *ask)).collect::<Vec<O>>();
    simulate(shape.processes, shape.transactions, 0, &mut Rng(seed), draw, effect, |process, end| {
        let fits = match end {
            End::Call(_) => builder.invoke(process.into(), Vec::new()).is_ok(),
            End::Return(ops) => builder.ok(process.into(), ops).is_ok(),
        };
        debug_assert!(fits, "a process runs one transaction at a time");
    });
    builder.finish()
}

/// Appends to lists, and reads of them.
pub fn lists(shape: Shape, seed: u64) -> Lists {
    serial(shape, seed, |store, ask| match ask {
        Ask::Read(key) => ListOp::Read(key, store.of(key).clone()),
        Ask::Write(key, value) => {
            store.of(key).push(value);
            ListOp::Append(key, value)
        }
    })
}

/// Writes of registers, and reads of them.
pub fn registers(shape: Shape, seed: u64) -> RegisterTxns {
    serial(shape, seed, |store, ask| match ask {
        Ask::Read(key) => RegisterOp::Read(key, store.of(key).last().copied()),
        Ask::Write(key, value) => {
            store.of(key).push(value);
            RegisterOp::Write(key, value)
        }
    })
}

/// Reads and writes of registers by processes that all use the same store.
pub fn accesses(operations: u32, processes: u32, keys: u32, seed: u64) -> Accesses {
    let (mut next_value, mut store, mut builder) = (0, vec![0; keys as usize], HistoryBuilder::new());
    let draw = |rng: &mut Rng| {
        let key = rng.below(keys);
        if rng.below(2) == 0 {
            return Access::Read(key);
        }
        next_value += 1;
        Access::Write(key, next_value)
    };
    let effect = |access: &Access<u32, u32>| match access {
        Access::Read(key) => RegisterRet::Value(store[*key as usize]),
        Access::Write(key, value) => {
            store[*key as usize] = *value;
            RegisterRet::Written
        }
    };
    simulate(processes, operations, 0, &mut Rng(seed), draw, effect, |process, end| {
        let fits = match end {
            End::Call(access) => builder.invoke(process.into(), access).is_ok(),
            End::Return(ret) => builder.ok(process.into(), ret).is_ok(),
        };
        debug_assert!(fits, "a process has one operation at a time");
    });
    builder.finish()
}

/// A judge of transactions or accesses.
#[derive(Clone, Copy, Debug)]
pub enum Judge {
    /// Anomalies.
    Anomalies,
    /// By the axioms of a level.
    Weak(Level),
    /// By a search, in so many steps.
    Exact(Isolation, u64),
}

/// Whether nothing is wrong, `None` if that is not known, and how long it took to say so.
pub type Answer = (Option<bool>, Duration);

fn timed(judge: impl FnOnce() -> Option<bool>) -> Answer {
    let begun = cpu_time();
    let answer = judge();
    (answer, cpu_time().saturating_sub(begun))
}

/// Judges lists by their anomalies.
pub fn judge_lists(history: &Lists) -> Answer {
    timed(|| check_list_append(history, Options::default()).ok().map(|report| report.findings.is_empty()))
}

/// Judges registers.
pub fn judge_registers(history: &RegisterTxns, judge: Judge) -> Answer {
    timed(|| match judge {
        Judge::Anomalies => {
            check_rw_register(history, Options::default()).ok().map(|report| report.findings.is_empty())
        }
        Judge::Weak(level) => {
            check_weak(history, level, WeakOptions::default()).ok().map(|report| report.order.is_some())
        }
        Judge::Exact(isolation, steps) => {
            solve(history, isolation, steps).ok().and_then(|solution| solution.holds())
        }
    })
}

/// Judges accesses by a causal model; finding out who read from whom is part of it.
pub fn judge_accesses(history: &Accesses, model: CausalModel) -> Answer {
    timed(|| {
        let history = RegisterHistory::new(&Registers::new(0), history).ok()?;
        Some(history.check_causal(model).is_ok())
    })
}
