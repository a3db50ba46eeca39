//! Small histories of registers at every level of isolation, oracles that try every order, and a check of refutations.

use std::collections::BTreeMap;

use quorate_consistency::txn::{
    CommitOrder, History, HistoryBuilder, Isolation, Level, Moment, Point, Proof, ProofStep, Reason,
    Refutation, RegisterOp, Solution, Solver, SolverOptions, Status, TxnId, WeakOptions, check_weak,
};

use super::{Rng, txn::Registers};

type Op = RegisterOp<u8, u32>;

/// What an oracle needs to know of a transaction.
struct Known {
    at: usize,
    is_committed: bool,
    /// Each key that it reads from others, and from whom.
    reads: Vec<(u8, Option<usize>)>,
    writes: Vec<u8>,
}

/// What some of the transactions did; `None` if a read is wrong in itself.
fn known(history: &Registers, world: &[usize]) -> Option<Vec<Known>> {
    let mut last: BTreeMap<(u8, u32), usize> = BTreeMap::new();
    for at in world {
        let mut own = BTreeMap::new();
        for op in &history.transactions()[*at].ops {
            if let RegisterOp::Write(key, value) = op {
                own.insert(*key, *value);
            }
        }
        last.extend(own.into_iter().map(|written| (written, *at)));
    }
    let one = |at: &usize| {
        let txn = &history.transactions()[*at];
        let (mut reads, mut own) = (Vec::new(), BTreeMap::new());
        for op in &txn.ops {
            match op {
                RegisterOp::Write(key, value) => {
                    own.insert(*key, Some(*value));
                }
                RegisterOp::Read(..) if txn.status != Status::Committed => {}
                RegisterOp::Read(key, value) => match (own.get(key), value) {
                    (Some(mine), value) if mine == value => {}
                    (Some(_), _) => return None,
                    (None, None) => reads.push((*key, None)),
                    (None, Some(value)) => {
                        let from = *last.get(&(*key, *value))?;
                        if from == *at {
                            return None;
                        }
                        reads.push((*key, Some(from)));
                    }
                },
            }
        }
        let is_committed = txn.status == Status::Committed;
        Some(Known { at: *at, is_committed, reads, writes: own.into_keys().collect() })
    };
    world.iter().map(one).collect()
}

fn worlds(history: &Registers) -> Vec<Vec<usize>> {
    let of = |status: Status| {
        let txns = history.transactions().iter().enumerate();
        txns.filter(move |(_, txn)| txn.status == status).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let (committed, unknown) = (of(Status::Committed), of(Status::Unknown));
    let subset = |bits: usize| {
        let some = unknown.iter().enumerate().filter(|(nth, _)| bits >> nth & 1 == 1).map(|(_, at)| *at);
        committed.iter().copied().chain(some).collect()
    };
    (0..1 << unknown.len()).map(subset).collect()
}

fn is_in_session(history: &Registers, one: usize, other: usize) -> bool {
    let txns = history.transactions();
    txns[one].process == txns[other].process && one < other
}

fn is_ended(history: &Registers, one: usize, other: usize) -> bool {
    let txns = history.transactions();
    history.has_real_time()
        && txns[one].status == Status::Committed
        && txns[one].ended().is_some_and(|ended| ended < txns[other].invoked())
}

const REAL_TIME: [Isolation; 2] = [Isolation::StrongSnapshotIsolation, Isolation::StrictSerializable];
const SNAPSHOT: [Isolation; 2] = [Isolation::SnapshotIsolation, Isolation::StrongSnapshotIsolation];

/// Whether there is an order of commits by the axioms of Biswas and Enea.
pub fn axiom_oracle(history: &Registers, isolation: Isolation) -> bool {
    worlds(history).into_iter().any(|world| {
        known(history, &world).is_some_and(|known| {
            let mut order = Vec::new();
            extend(history, isolation, &known, &mut order)
        })
    })
}

fn extend(history: &Registers, isolation: Isolation, known: &[Known], order: &mut Vec<usize>) -> bool {
    if order.len() == known.len() {
        return true;
    }
    (0..known.len()).any(|next| {
        if order.contains(&next) || !may_come(history, isolation, known, order, next) {
            return false;
        }
        order.push(next);
        let found = extend(history, isolation, known, order);
        order.pop();
        found
    })
}

fn may_come(
    history: &Registers,
    isolation: Isolation,
    known: &[Known],
    order: &[usize],
    next: usize,
) -> bool {
    let t3 = &known[next];
    let base = |one: &Known, other: &Known| {
        is_in_session(history, one.at, other.at)
            || other.reads.iter().any(|(_, from)| *from == Some(one.at))
            || REAL_TIME.contains(&isolation) && is_ended(history, one.at, other.at)
    };
    // The order of commits extends sessions, reads and perhaps real time.
    let is_placed = |at: usize| order.contains(&at);
    if (0..known.len()).any(|at| at != next && !is_placed(at) && base(&known[at], t3)) {
        return false;
    }
    let position = |at: usize| order.iter().position(|placed| *placed == at).unwrap();
    let phi = |t2: usize| {
        order.iter().any(|t4| {
            let up_to = position(t2) <= position(*t4);
            let conflict = known[*t4].writes.iter().any(|key| t3.writes.contains(key));
            match isolation {
                Isolation::Serializable | Isolation::StrictSerializable => true,
                Isolation::Prefix => up_to && base(&known[*t4], t3),
                Isolation::SnapshotIsolation | Isolation::StrongSnapshotIsolation => {
                    up_to && (base(&known[*t4], t3) || conflict)
                }
            }
        })
    };
    t3.reads.iter().all(|(key, from)| {
        let t1 = from.map(|from| known.iter().position(|txn| txn.at == from).unwrap());
        order.iter().all(|t2| {
            let concerns = Some(*t2) != t1 && known[*t2].writes.contains(key) && phi(*t2);
            !concerns || t1.is_some_and(|t1| position(*t2) < position(t1))
        })
    })
}

/// The same by what a store does: transactions start and commit one after the other, and read what had been committed when they
/// started, or if they are serializable, all at one moment.
pub fn store_oracle(history: &Registers, isolation: Isolation) -> bool {
    worlds(history).into_iter().any(|world| {
        known(history, &world).is_some_and(|known| {
            let states = vec![None; known.len()];
            play(history, isolation, &known, &states, &BTreeMap::new())
        })
    })
}

/// By key, who wrote it last.
type Store = BTreeMap<u8, usize>;

#[derive(Clone)]
enum Stage {
    Started(Store),
    Done,
}

fn play(
    history: &Registers,
    isolation: Isolation,
    known: &[Known],
    stages: &[Option<Stage>],
    store: &Store,
) -> bool {
    if stages.iter().all(|stage| matches!(stage, Some(Stage::Done))) {
        return true;
    }
    let is_done = |at: usize| matches!(stages[at], Some(Stage::Done));
    let is_whole = matches!(isolation, Isolation::Serializable | Isolation::StrictSerializable);
    (0..known.len()).any(|at| {
        let txn = &known[at];
        let mut after = stages.to_vec();
        let written = || {
            let mut store = store.clone();
            store.extend(txn.writes.iter().map(|key| (*key, txn.at)));
            store
        };
        match &stages[at] {
            None => {
                let may_start = (0..known.len()).all(|other| {
                    let is_before = is_in_session(history, known[other].at, txn.at)
                        || REAL_TIME.contains(&isolation) && is_ended(history, known[other].at, txn.at);
                    !is_before || is_done(other)
                });
                let sees = txn.reads.iter().all(|(key, from)| store.get(key) == from.as_ref());
                if !may_start || !sees {
                    return false;
                }
                if is_whole {
                    after[at] = Some(Stage::Done);
                    return play(history, isolation, known, &after, &written());
                }
                after[at] = Some(Stage::Started(store.clone()));
                play(history, isolation, known, &after, store)
            }
            Some(Stage::Started(snapshot)) => {
                let is_unchanged = txn.writes.iter().all(|key| snapshot.get(key) == store.get(key));
                if SNAPSHOT.contains(&isolation) && !is_unchanged {
                    return false;
                }
                after[at] = Some(Stage::Done);
                play(history, isolation, known, &after, &written())
            }
            Some(Stage::Done) => false,
        }
    })
}

/// How a small history comes about.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    pub transactions: usize,
    pub processes: usize,
    pub keys: u8,
    pub ops: usize,
    /// How many of a hundred snapshots are old, and how many reads see anything.
    pub old_percent: usize,
    pub wrong_percent: usize,
    /// How many of a hundred transactions have a snapshot of each key alone.
    pub torn_percent: usize,
    /// How many of a hundred transactions stand elsewhere in the hidden order than in time.
    pub moved_percent: usize,
    pub aborted_percent: usize,
    pub unknown_percent: usize,
    /// Whether each key is read before it is written.
    pub is_mini: bool,
}

/// The shape of a small history.
pub fn small(rng: &mut Rng) -> Drawn {
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
pub fn drawn(rng: &mut Rng, drawn: Drawn) -> Registers {
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
pub struct Long {
    pub transactions: usize,
    pub processes: usize,
    pub keys: u8,
    pub ops: usize,
    /// Whether each key is read before it is written: mini-transactions.
    pub is_mini: bool,
    /// Whether transactions start at one moment and commit at another, if what they write has not changed.
    pub has_snapshots: bool,
    pub unknown_percent: usize,
    /// Every how many transactions one of their reads sees the value before the one that is there.
    pub stale_every: usize,
}

enum Execution {
    Invoked(Vec<Op>),
    Started(Vec<Op>, Vec<u32>),
    Committed(Vec<Op>),
}

pub fn long(rng: &mut Rng, shape: Long) -> Registers {
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
                let mut ops = Vec::new();
                for _ in 0..=rng.below(shape.ops) {
                    let key = u8::try_from(rng.below(keys)).unwrap();
                    let is_read = ops.iter().any(|op| matches!(op, Op::Read(of, _) if *of == key));
                    if !rng.chance(50) || shape.is_mini && !is_read {
                        ops.push(Op::Read(key, None));
                    }
                    if rng.chance(50) {
                        next += 1;
                        ops.push(Op::Write(key, next));
                    }
                }
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
                    own.into_iter().for_each(|(key, value)| store[usize::from(key)].push(value));
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
                    own.into_iter().for_each(|(key, value)| store[usize::from(key)].push(value));
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

/// A history that is a puzzle. For each variable two transactions write a key, and two more read it from the one and from the other:
/// if the one comes first its reader comes before the other, and the other way round. For each clause these are tied
/// together in a circle, which closes if all of its literals are false. Whether it holds is the same at every level; that is
/// tried out by all assignments.
pub fn puzzle(rng: &mut Rng, variables: usize, clauses: usize) -> (Registers, bool) {
    let mut txns: Vec<Vec<Op>> = Vec::new();
    let (mut keys, mut values) = (0_u8, 0_u32);
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
    let mut builder = HistoryBuilder::new();
    for is_end in [false, true] {
        for (process, ops) in (0..).zip(&txns) {
            if is_end {
                builder.ok(process, ops.clone()).unwrap();
            } else {
                builder.invoke(process, ops.clone()).unwrap();
            }
        }
    }
    let is_open = |assigned: usize| {
        let is_false = |literal: usize| assigned >> (literal / 2) & 1 == literal % 2;
        let mut left: Vec<usize> = (0..variables * 2).filter(|literal| is_false(*literal)).collect();
        loop {
            let before = left.len();
            let kept = left.clone();
            left.retain(|literal| next[*literal].iter().any(|after| kept.contains(after)));
            if left.is_empty() || left.len() == before {
                break left.is_empty();
            }
        }
    };
    (builder.finish(), variables < 16 && (0..1 << variables).any(is_open))
}

/// What the solver gets wrong in a history of which it is known whether it holds.
pub fn puzzle_mistake(history: &Registers, holds: bool, options: SolverOptions) -> Option<&'static str> {
    Isolation::ALL.into_iter().find_map(|isolation| {
        let mut solver = Solver::new(history, isolation, options).unwrap();
        match solver.run(u64::MAX) {
            Solution::Holds(_) if !holds => Some("`puzzle`: taken for right"),
            Solution::Violated(_) if holds => Some("`puzzle`: taken for wrong"),
            Solution::Holds(order) if order.verify(history, isolation).is_err() => {
                Some("`CommitOrder::verify`: the order that is given is none")
            }
            Solution::Violated(why) if !proves(history, isolation, why) => {
                Some("`proves`: the reason that is given is none")
            }
            Solution::Unknown(_) => Some("unknown"),
            Solution::Holds(_) | Solution::Violated(_) => None,
        }
    })
}

/// What the solver gets wrong in a history, by the oracle.
pub fn solver_mistake(history: &Registers, options: SolverOptions) -> Option<&'static str> {
    let mut verdicts = BTreeMap::new();
    for isolation in Isolation::ALL {
        let mut solver = Solver::new(history, isolation, options).unwrap();
        let solution = solver.run(u64::MAX).clone();
        let is_right = axiom_oracle(history, isolation);
        match &solution {
            Solution::Holds(_) if !is_right => return Some("`axiom_oracle`: taken for right"),
            Solution::Holds(order) if order.verify(history, isolation).is_err() => {
                return Some("`CommitOrder::verify`: the order that is given is none");
            }
            Solution::Violated(_) if is_right => return Some("`axiom_oracle`: taken for wrong"),
            Solution::Violated(why) if !proves(history, isolation, why) => {
                return Some("`proves`: the reason that is given is none");
            }
            Solution::Unknown(_) => return Some("unknown"),
            Solution::Holds(_) | Solution::Violated(_) => {}
        }
        verdicts.insert(isolation, is_right);
    }
    let causal = check_weak(history, Level::Causal, WeakOptions::default()).unwrap().order.is_some();
    let is_broken =
        |one: Isolation, other: Isolation| one.implies(other) && verdicts[&one] && !verdicts[&other];
    let all = || Isolation::ALL.into_iter();
    assert!(!all().any(|one| all().any(|other| is_broken(one, other))), "{history:?}");
    assert!(causal || !verdicts[&Isolation::Prefix], "{history:?}");
    None
}

/// Whether a refutation is one: each step is true, or follows from steps before it, and there is a circle.
pub fn proves<K: Ord + Clone, V: Ord + Clone>(
    history: &History<RegisterOp<K, V>>,
    isolation: Isolation,
    why: &Refutation<K>,
) -> bool {
    let facts = Facts::new(history, isolation);
    match why {
        Refutation::NotCausal(violations) => !violations.is_empty(),
        Refutation::Forced(proof) => facts.closes(proof, None),
        Refutation::EitherWay { one, other, forwards, backwards } => {
            facts.closes(forwards, Some((*one, *other))) && facts.closes(backwards, Some((*other, *one)))
        }
        Refutation::Exhausted { txns, circles } => *circles > 0 && txns.len() > 1,
        _ => false,
    }
}

struct Facts<'a, K, V> {
    history: &'a History<RegisterOp<K, V>>,
    isolation: Isolation,
    /// By transaction, each key that it reads from others, and the value.
    reads: Vec<BTreeMap<K, Option<V>>>,
    /// By transaction, what it writes last.
    writes: Vec<BTreeMap<K, V>>,
}

impl<'a, K: Ord + Clone, V: Ord + Clone> Facts<'a, K, V> {
    fn new(history: &'a History<RegisterOp<K, V>>, isolation: Isolation) -> Self {
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for txn in history.transactions() {
            let (mut seen, mut own) = (BTreeMap::new(), BTreeMap::new());
            for op in &txn.ops {
                match op {
                    RegisterOp::Write(key, value) => drop(own.insert(key.clone(), value.clone())),
                    RegisterOp::Read(key, value) if !own.contains_key(key) => {
                        drop(seen.insert(key.clone(), value.clone()));
                    }
                    RegisterOp::Read(..) => {}
                }
            }
            reads.push(if txn.status == Status::Committed { seen } else { BTreeMap::new() });
            writes.push(own);
        }
        Self { history, isolation, reads, writes }
    }

    fn moment(&self, txn: TxnId, is_start: bool) -> Moment {
        let is_whole = matches!(self.isolation, Isolation::Serializable | Isolation::StrictSerializable);
        let point = match (is_whole, is_start) {
            (true, _) => Point::Whole,
            (false, true) => Point::Start,
            (false, false) => Point::Commit,
        };
        Moment { txn, point }
    }

    fn in_order(&self, one: TxnId, other: TxnId) -> (Moment, Moment) {
        (self.moment(one, false), self.moment(other, SNAPSHOT.contains(&self.isolation)))
    }

    fn reads_from(&self, reader: TxnId, key: &K, writer: TxnId) -> bool {
        let seen = self.reads[reader.index()].get(key).and_then(Option::as_ref);
        seen.is_some() && seen == self.writes[writer.index()].get(key) && reader != writer
    }

    fn closes(&self, proof: &Proof<K>, supposed: Option<(TxnId, TxnId)>) -> bool {
        let is_true = |step: &ProofStep<K>, before: usize| {
            let premise = self.premise(step, supposed);
            let is_lemma = || proof.lemmas[..before].iter().any(|lemma| lemma.step == *step);
            premise.is_some_and(|premise| premise.is_none() || is_lemma())
        };
        let leads = |steps: &[ProofStep<K>], from: Moment, to: Moment| {
            steps.first().is_some_and(|first| first.from == from)
                && steps.last().is_some_and(|last| last.to == to)
                && steps.windows(2).all(|pair| pair[0].to == pair[1].from)
        };
        let lemmas = proof.lemmas.iter().enumerate().all(|(at, lemma)| {
            lemma.since.iter().all(|step| is_true(step, at))
                && matches!(self.premise(&lemma.step, supposed),
                    Some(Some((from, to))) if leads(&lemma.since, from, to))
        });
        let Some(first) = proof.cycle.first() else { return false };
        lemmas
            && leads(&proof.cycle, first.from, first.from)
            && proof.cycle.iter().all(|step| is_true(step, proof.lemmas.len()))
    }

    /// `None` if a step is not true; and if it is, what it needs besides.
    fn premise(
        &self,
        step: &ProofStep<K>,
        supposed: Option<(TxnId, TxnId)>,
    ) -> Option<Option<(Moment, Moment)>> {
        let ProofStep { from, to, reason } = step;
        let (one, other) = (from.txn, to.txn);
        let (txn, next) = (self.history.get(one)?, self.history.get(other)?);
        let is_follow = *from == self.moment(one, false) && *to == self.moment(other, true);
        let is_overwrite = *from == self.moment(one, true) && *to == self.moment(other, false);
        let is_order = (*from, *to) == self.in_order(one, other);
        let writes = |txn: TxnId, key: &K| self.writes[txn.index()].contains_key(key);
        let (is_right, premise) = match reason {
            Reason::Within => (one == other && is_overwrite && from != to, None),
            Reason::Session => (txn.process == next.process && one < other && is_follow, None),
            Reason::RealTime => {
                let ended = txn.ended().filter(|_| txn.status == Status::Committed);
                let is_known = REAL_TIME.contains(&self.isolation) && self.history.has_real_time();
                (is_known && ended.is_some_and(|ended| ended < next.invoked()) && is_follow, None)
            }
            Reason::Read(key) => (self.reads_from(other, key, one) && is_follow, None),
            Reason::Initial(key) => {
                let is_initial = self.reads[one.index()].get(key) == Some(&None);
                (is_initial && writes(other, key) && one != other && is_overwrite, None)
            }
            Reason::Version { key, reader } => {
                let is_right = writes(one, key) && self.reads_from(*reader, key, other) && is_order;
                (is_right && one != other, Some((*from, self.moment(*reader, true))))
            }
            Reason::Unseen { key, writer } => {
                let is_right = self.reads_from(one, key, *writer) && writes(other, key) && is_overwrite;
                (is_right && other != one && other != *writer, Some((self.moment(*writer, false), *to)))
            }
            Reason::Conflict(key) => {
                let is_right = writes(one, key) && writes(other, key) && one != other && is_order;
                let is_right = is_right && SNAPSHOT.contains(&self.isolation);
                (is_right, Some((self.moment(one, true), self.moment(other, false))))
            }
            Reason::Supposed => (supposed == Some((one, other)) && is_order, None),
        };
        is_right.then_some(premise)
    }
}

/// Whether an order is accepted although it should not be, or the other way round: all orders of a small history are tried.
pub fn verify_mistake(history: &Registers, isolation: Isolation) -> bool {
    let names: Vec<TxnId> = (0..history.transactions().len()).filter_map(|at| id(history, at)).collect();
    worlds(history).into_iter().any(|world| {
        let known = known(history, &world);
        let mut found = false;
        every(&mut (0..world.len()).collect::<Vec<_>>(), 0, &mut |order| {
            let is_right = known.as_ref().is_some_and(|known| {
                (0..order.len()).all(|at| may_come(history, isolation, known, &order[..at], order[at]))
            });
            let given = CommitOrder::new(order.iter().map(|at| names[world[*at]]).collect());
            found |= given.verify(history, isolation).is_ok() != is_right;
        });
        found
    })
}

fn every(items: &mut [usize], from: usize, each: &mut dyn FnMut(&[usize])) {
    if from == items.len() {
        return each(items);
    }
    for at in from..items.len() {
        items.swap(from, at);
        every(items, from + 1, each);
        items.swap(from, at);
    }
}

fn id(history: &Registers, at: usize) -> Option<TxnId> {
    history.ids().nth(at)
}
