//! Oracles that try every order of small histories of registers, for every level of isolation, and the solver beside them.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use quorate_consistency::txn::{
    CommitOrder, Isolation, Level, RegisterOp, Solution, Solver, SolverOptions, Status, TxnId, WeakOptions,
    check_weak,
};

use super::{common::txn::Registers, proofs::proves};

/// What an oracle needs to know of a transaction.
struct Known {
    at: usize,
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
        Some(Known { at: *at, reads, writes: own.into_keys().collect() })
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

pub(crate) const REAL_TIME: [Isolation; 2] =
    [Isolation::StrongSnapshotIsolation, Isolation::StrictSerializable];
pub(crate) const SNAPSHOT: [Isolation; 2] =
    [Isolation::SnapshotIsolation, Isolation::StrongSnapshotIsolation];

/// Whether there is an order of commits by the axioms of Biswas and Enea.
pub(crate) fn axiom_oracle(history: &Registers, isolation: Isolation) -> bool {
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
pub(crate) fn store_oracle(history: &Registers, isolation: Isolation) -> bool {
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

/// What the solver gets wrong in a history of which it is known whether it holds.
pub(crate) fn puzzle_mistake(
    history: &Registers,
    holds: bool,
    options: SolverOptions,
) -> Option<&'static str> {
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
pub(crate) fn solver_mistake(history: &Registers, options: SolverOptions) -> Option<&'static str> {
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

/// Whether an order is accepted although it should not be, or the other way round: all orders of a small history are tried.
pub(crate) fn verify_mistake(history: &Registers, isolation: Isolation) -> bool {
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
