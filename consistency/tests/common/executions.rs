//! Histories of registers: small and loose, long and strict, and puzzles.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use quorate_consistency::txn::{HistoryBuilder, RegisterOp, Status};

use super::common::{Rng, txn::Registers};

type Op = RegisterOp<u8, u32>;

/// How a small history comes about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawn {
    pub(crate) transactions: usize,
    pub(crate) processes: usize,
    pub(crate) keys: u8,
    pub(crate) ops: usize,
    /// How many of a hundred snapshots are old, and how many reads see anything.
    pub(crate) old_percent: usize,
    pub(crate) wrong_percent: usize,
    /// How many of a hundred transactions have a snapshot of each key alone.
    pub(crate) torn_percent: usize,
    /// How many of a hundred transactions stand elsewhere in the hidden order than in time.
    pub(crate) moved_percent: usize,
    pub(crate) aborted_percent: usize,
    pub(crate) unknown_percent: usize,
    /// Whether each key is read before it is written.
    pub(crate) is_mini: bool,
}

/// The shape of a small history.
pub(crate) fn small(rng: &mut Rng) -> Drawn {
    Drawn {
        transactions: 2 + rng.below(4),
        processes: 1 + rng.below(4),
        keys: 1 + u8::try_from(rng.below(3)).unwrap(),
        ops: 1 + rng.below(4),
        old_percent: [0, 20, 60][rng.below(3)],
        wrong_percent: [0, 0, 20][rng.below(3)],
        torn_percent: [0, 0, 50][rng.below(3)],
        moved_percent: [0, 30][rng.below(2)],
        aborted_percent: [0, 5][rng.below(2)],
        unknown_percent: [0, 15][rng.below(2)],
        is_mini: rng.chance(25),
    }
}

/// A transaction before it is known what it sees.
struct Plan {
    process: u64,
    keys: Vec<(bool, u8, u32)>,
    status: Status,
    times: (usize, usize),
}

/// A history with a hidden order of commits, and snapshots of it.
pub(crate) fn drawn(rng: &mut Rng, drawn: Drawn) -> Registers {
    let plans = plans(rng, drawn);
    let mut order: Vec<(usize, usize)> = plans
        .iter()
        .enumerate()
        .filter(|(_, plan)| plan.status != Status::Aborted)
        .map(|(at, plan)| {
            let (from, to) = plan.times;
            let moved = rng.chance(drawn.moved_percent);
            (if moved { rng.below(plans.len() * 2) } else { from + rng.below(to - from + 1) }, at)
        })
        .collect();
    order.sort_unstable();
    let order: Vec<usize> = order.into_iter().map(|(_, at)| at).collect();
    let values = |key: u8| {
        let written = |plan: &Plan| {
            let own = plan.keys.iter().filter(|op| op.0 && op.1 == key);
            own.map(|op| op.2).collect::<Vec<_>>()
        };
        plans.iter().flat_map(written).collect::<Vec<_>>()
    };
    let mut done = Vec::new();
    for (at, plan) in plans.iter().enumerate() {
        let place = order.iter().position(|other| *other == at).unwrap_or(0);
        let mut snapshot = if rng.chance(drawn.old_percent) { rng.below(place + 1) } else { place };
        let is_torn = rng.chance(drawn.torn_percent);
        let mut own: BTreeMap<u8, u32> = BTreeMap::new();
        let mut ops = Vec::new();
        for (is_write, key, value) in &plan.keys {
            if *is_write {
                own.insert(*key, *value);
                ops.push(Op::Write(*key, *value));
                continue;
            }
            if is_torn {
                snapshot = rng.below(place + 1);
            }
            let last = |other: &usize| {
                let written = plans[*other].keys.iter().rev();
                written.clone().find(|op| op.0 && op.1 == *key).map(|op| op.2)
            };
            let seen = own.get(key).copied().or_else(|| order[..snapshot].iter().rev().find_map(last));
            let all = values(*key);
            let is_wrong = rng.chance(drawn.wrong_percent);
            let any = if rng.chance(30) || all.is_empty() { None } else { Some(*rng.pick(&all)) };
            ops.push(Op::Read(*key, if is_wrong { any } else { seen }));
        }
        done.push(ops);
    }
    built(&plans, &done)
}

fn plans(rng: &mut Rng, drawn: Drawn) -> Vec<Plan> {
    let mut next = 0;
    let mut plan = |rng: &mut Rng, process: u64| {
        let mut keys = Vec::new();
        for _ in 0..=rng.below(drawn.ops) {
            let key = u8::try_from(rng.below(usize::from(drawn.keys))).unwrap();
            if drawn.is_mini && !keys.iter().any(|(_, of, _)| *of == key) {
                keys.push((false, key, 0));
            }
            next += 1;
            keys.push((rng.chance(50), key, next));
        }
        let status = match rng.below(100) {
            at if at < drawn.aborted_percent => Status::Aborted,
            at if at < drawn.aborted_percent + drawn.unknown_percent => Status::Unknown,
            _ => Status::Committed,
        };
        Plan { process, keys, status, times: (0, 0) }
    };
    let mut names: Vec<u64> = (0..).take(drawn.processes).collect();
    let mut open: BTreeMap<u64, usize> = BTreeMap::new();
    let mut plans: Vec<Plan> = Vec::new();
    let mut now = 0;
    while plans.len() < drawn.transactions || !open.is_empty() {
        let at = rng.below(names.len());
        let process = names[at];
        if let Some(txn) = open.remove(&process) {
            plans[txn].times.1 = now;
            if plans[txn].status == Status::Unknown {
                names[at] += 1_000;
            }
        } else if plans.len() < drawn.transactions {
            let mut plan = plan(rng, process);
            plan.times = (now, now);
            open.insert(process, plans.len());
            plans.push(plan);
        } else {
            continue;
        }
        now += 1;
    }
    plans
}

fn built(plans: &[Plan], done: &[Vec<Op>]) -> Registers {
    let mut events: Vec<_> = plans.iter().enumerate().map(|(at, plan)| (plan.times.0, at, false)).collect();
    events.extend(plans.iter().enumerate().map(|(at, plan)| (plan.times.1, at, true)));
    events.sort_unstable();
    let mut builder = HistoryBuilder::new();
    for (_, at, is_end) in events {
        let (plan, ops) = (&plans[at], done[at].clone());
        match (is_end, plan.status) {
            (false, _) => drop(builder.invoke(plan.process, ops).unwrap()),
            (true, Status::Committed) => drop(builder.ok(plan.process, ops).unwrap()),
            (true, Status::Aborted) => drop(builder.fail(plan.process).unwrap()),
            (true, Status::Unknown) => drop(builder.info(plan.process).unwrap()),
        }
    }
    builder.finish()
}

/// A long history of a store that executes one transaction at a moment, or with snapshots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Long {
    pub(crate) transactions: usize,
    pub(crate) processes: usize,
    pub(crate) keys: u8,
    pub(crate) ops: usize,
    /// Whether each key is read before it is written: mini-transactions.
    pub(crate) is_mini: bool,
    /// Whether transactions start at one moment and commit at another, if what they write has not changed.
    pub(crate) has_snapshots: bool,
    pub(crate) unknown_percent: usize,
    /// Every how many transactions one of their reads sees the value before the one that is there.
    pub(crate) stale_every: usize,
}

enum Execution {
    Invoked(Vec<Op>),
    Started(Vec<Op>, Vec<u32>),
    Committed(Vec<Op>),
}

/// What a transaction is to do.
fn requested(rng: &mut Rng, shape: Long, next: &mut u32) -> Vec<Op> {
    let mut ops = Vec::new();
    for _ in 0..=rng.below(shape.ops) {
        let key = u8::try_from(rng.below(usize::from(shape.keys))).unwrap();
        let is_read = ops.iter().any(|op| matches!(op, Op::Read(of, _) if *of == key));
        if !rng.chance(50) || shape.is_mini && !is_read {
            ops.push(Op::Read(key, None));
        }
        if rng.chance(50) {
            *next += 1;
            ops.push(Op::Write(key, *next));
        }
    }
    ops
}

pub(crate) fn long(rng: &mut Rng, shape: Long) -> Registers {
    let mut builder = HistoryBuilder::new();
    let keys = usize::from(shape.keys);
    // By key, all values so far.
    let mut store: Vec<Vec<u32>> = vec![Vec::new(); keys];
    let mut open: BTreeMap<usize, Execution> = BTreeMap::new();
    let mut names: Vec<u64> = (0..).take(shape.processes).collect();
    let (mut begun, mut next, mut fresh) = (0, 0, 0);
    while begun < shape.transactions || !open.is_empty() {
        let at = rng.below(shape.processes);
        let process = names[at];
        match open.remove(&at) {
            None if begun < shape.transactions => {
                let ops = requested(rng, shape, &mut next);
                builder.invoke(process, ops.clone()).unwrap();
                open.insert(at, Execution::Invoked(ops));
                begun += 1;
            }
            None => {}
            Some(Execution::Invoked(mut ops)) => {
                let is_stale = shape.stale_every > 0 && begun % shape.stale_every == 0 && fresh != begun;
                let mut own: BTreeMap<u8, u32> = BTreeMap::new();
                for op in &mut ops {
                    match op {
                        Op::Write(key, value) => drop(own.insert(*key, *value)),
                        Op::Read(key, seen) => {
                            let values = &store[usize::from(*key)];
                            let skipped = usize::from(is_stale && values.len() > 1 && fresh != begun);
                            fresh = if skipped > 0 { begun } else { fresh };
                            *seen =
                                own.get(key).copied().or_else(|| values.iter().rev().nth(skipped).copied());
                        }
                    }
                }
                let versions = store.iter().map(|values| u32::try_from(values.len()).unwrap()).collect();
                open.insert(at, Execution::Started(ops, versions));
                if !shape.has_snapshots {
                    let Some(Execution::Started(ops, _)) = open.remove(&at) else { continue };
                    for (key, value) in own {
                        store[usize::from(key)].push(value);
                    }
                    open.insert(at, Execution::Committed(ops));
                }
            }
            Some(Execution::Started(ops, versions)) => {
                let mut own: BTreeMap<u8, u32> = BTreeMap::new();
                for op in &ops {
                    if let Op::Write(key, value) = op {
                        own.insert(*key, *value);
                    }
                }
                let is_same =
                    |key: &u8| store[usize::from(*key)].len() == versions[usize::from(*key)] as usize;
                if own.keys().all(is_same) {
                    for (key, value) in own {
                        store[usize::from(key)].push(value);
                    }
                    open.insert(at, Execution::Committed(ops));
                } else {
                    builder.fail(process).unwrap();
                }
            }
            Some(Execution::Committed(ops)) => {
                if rng.chance(shape.unknown_percent) {
                    builder.info(process).unwrap();
                    names[at] += 1_000;
                } else {
                    builder.ok(process, ops).unwrap();
                }
            }
        }
    }
    builder.finish()
}

/// A history of puzzles, one after the other, each with so many variables and clauses. For each variable two transactions write a
/// key, and two more read it from the one and from the other: if the one comes first its reader comes before the other, and the other
/// way round. For each clause these are tied together in a circle, which closes if all of its literals are false.
/// Whether it holds is the same at every level; that is tried out by all assignments.
pub(crate) fn puzzles(rng: &mut Rng, shapes: &[(usize, usize)]) -> (Registers, bool) {
    let mut builder = HistoryBuilder::new();
    let (mut keys, mut values, mut holds) = (0_u8, 0_u32, true);
    for (variables, clauses) in shapes.iter().copied() {
        let mut txns: Vec<Vec<Op>> = Vec::new();
        for _ in 0..variables {
            let (one, other) = (values + 1, values + 2);
            txns.push(vec![Op::Write(keys, one)]);
            txns.push(vec![Op::Write(keys, other)]);
            txns.push(vec![Op::Read(keys, Some(one))]);
            txns.push(vec![Op::Read(keys, Some(other))]);
            (keys, values) = (keys + 1, other);
        }
        // By literal, those that follow in some clause. A literal that is false is an edge from its reader to its writer.
        let mut next = vec![Vec::new(); variables * 2];
        for _ in 0..clauses {
            let mut literals: Vec<usize> = Vec::new();
            while literals.len() < 3.min(variables) {
                let literal = rng.below(variables * 2);
                if literals.iter().all(|other| other / 2 != literal / 2) {
                    literals.push(literal);
                }
            }
            for (at, literal) in literals.iter().enumerate() {
                let after = literals[(at + 1) % literals.len()];
                let (writer, reader) = (literal / 2 * 4 + 1 - literal % 2, after / 2 * 4 + 2 + after % 2);
                values += 1;
                txns[writer].push(Op::Write(keys, values));
                txns[reader].push(Op::Read(keys, Some(values)));
                next[*literal].push(after);
                keys += 1;
            }
        }
        for (process, ops) in (0..).zip(&txns) {
            builder.invoke(process, ops.clone()).unwrap();
        }
        for (process, ops) in (0..).zip(&txns) {
            builder.ok(process, ops.clone()).unwrap();
        }
        holds &= (0..1 << variables).any(|assigned| is_open(assigned, &next));
    }
    (builder.finish(), holds)
}

/// Whether the literals that are false follow one another in no circle.
fn is_open(assigned: usize, next: &[Vec<usize>]) -> bool {
    let is_false = |literal: &usize| assigned >> (literal / 2) & 1 == literal % 2;
    let mut left: Vec<usize> = (0..next.len()).filter(is_false).collect();
    loop {
        let kept = left.clone();
        left.retain(|literal| next[*literal].iter().any(|after| kept.contains(after)));
        if left.is_empty() || left.len() == kept.len() {
            return left.is_empty();
        }
    }
}
