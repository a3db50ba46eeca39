use alloc::{borrow::ToOwned as _, vec, vec::Vec};

use super::{
    Isolation, Rng, Shape,
    database::{Database, Open, Step},
};
use crate::format::{Entry, Header, Kind, Recording, Value};

/// What transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionKind {
    /// Append to lists and read them.
    ListAppend,
    /// Write registers and read them; no value is written twice.
    RwRegister,
    /// As above, at most two reads and two writes, each of what it has read (Gu and others, *Boosting End-to-End Database
    /// Isolation Checking via Mini-Transactions*, ICDE 2025).
    Mini,
}

/// Which transactions, and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transactions {
    /// What they do.
    pub kind: TransactionKind,
    /// How isolated they are.
    pub isolation: Isolation,
    /// How many keys there are.
    pub keys: usize,
    /// How many operations each has at most.
    pub length: usize,
}

/// One that is open: how far it is, what it has seen, and what is to become of it.
struct Running {
    steps: Vec<Step>,
    done: Vec<Value>,
    open: Option<Open>,
    fate: Kind,
    end: Option<Kind>,
}

/// A history of transactions of a database, as it is written down.
pub fn transactions(what: Transactions, rng: &mut Rng, shape: Shape) -> Recording {
    let keys = what.keys.max(1);
    let mut database = Database::new(what.isolation, keys);
    let mut entries: Vec<Entry> = Vec::new();
    let mut running: Vec<Option<Running>> = Vec::new();
    running.resize_with(shape.processes, || None);
    let mut processes: Vec<u64> = (0..).take(shape.processes).collect();
    let (mut invoked, mut next, mut open) = (0, 0, 0);
    while shape.processes > 0 && (invoked < shape.operations || open > 0) {
        let at = rng.below(shape.processes);
        let mut put = |process, kind, value| {
            let line = entries.len() + 2;
            entries.push(Entry {
                line,
                process,
                kind,
                f: "txn".to_owned(),
                value: Value::List(value),
                key: None,
            });
        };
        let Some(mut txn) = running[at].take() else {
            if invoked < shape.operations {
                let steps = asked(what, keys, &mut next, rng);
                put(
                    processes[at],
                    Kind::Invoke,
                    steps.iter().map(|step| written(what.kind, *step, None)).collect(),
                );
                let fate = match rng.below(100) {
                    chance if chance < shape.failed_percent => Kind::Fail,
                    chance if chance < shape.failed_percent + shape.pending_percent => Kind::Info,
                    _ => Kind::Ok,
                };
                running[at] = Some(Running { steps, done: Vec::new(), open: None, fate, end: None });
                (invoked, open) = (invoked + 1, open + 1);
            }
            continue;
        };
        if let Some(end) = txn.end {
            let asked = txn.steps.iter().map(|step| written(what.kind, *step, None)).collect();
            put(processes[at], end, if end == Kind::Ok { txn.done } else { asked });
            open -= 1;
            if end == Kind::Info {
                processes[at] = (invoked as u64 + 10) * 100 + at as u64;
            }
            continue;
        }
        advance(&mut database, &mut txn, what.kind, rng);
        running[at] = Some(txn);
    }
    let header = Header { model: Some(what.kind.name().to_owned()), ..Header::default() };
    Recording { header, entries }
}

impl TransactionKind {
    /// What `quorate check` judges it as.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListAppend => "list-append",
            Self::RwRegister | Self::Mini => "rw-register",
        }
    }
}

/// One step of a transaction, or all of them, and at the end what comes of it.
fn advance(database: &mut Database, txn: &mut Running, kind: TransactionKind, rng: &mut Rng) {
    let mut open = txn.open.take().unwrap_or_else(|| database.begin(&txn.steps, rng));
    while let Some(step) = txn.steps.get(txn.done.len()).copied() {
        let seen = database.step(&mut open, step);
        txn.done.push(written(kind, step, Some(&seen)));
        if !database.is_whole() {
            break;
        }
    }
    if txn.done.len() < txn.steps.len() {
        txn.open = Some(open);
        return;
    }
    let is_wanted = txn.fate == Kind::Ok || txn.fate == Kind::Info && rng.chance(50);
    let is_done = database.end(open, is_wanted);
    txn.end = Some(if txn.fate == Kind::Ok && !is_done { Kind::Fail } else { txn.fate });
}

fn asked(what: Transactions, keys: usize, next: &mut i64, rng: &mut Rng) -> Vec<Step> {
    let mut write = |key| {
        *next += 1;
        Step::Write(key, *next)
    };
    if what.kind == TransactionKind::Mini {
        let (one, other) = (rng.below(keys), rng.below(keys));
        let mut steps = vec![Step::Read(one)];
        if rng.chance(60) && one != other {
            steps.push(Step::Read(other));
        }
        if rng.chance(70) {
            steps.push(write(one));
        }
        if steps.len() == 3 && rng.chance(30) {
            steps.push(write(other));
        }
        return steps;
    }
    let count = 1 + rng.below(what.length.max(1));
    let one = |rng: &mut Rng| (rng.below(keys), rng.chance(50));
    let keys: Vec<_> = (0..count).map(|_| one(rng)).collect();
    keys.into_iter().map(|(key, is_read)| if is_read { Step::Read(key) } else { write(key) }).collect()
}

/// A step as it is written down; of a read what was seen, if that is known.
fn written(kind: TransactionKind, step: Step, seen: Option<&[i64]>) -> Value {
    let word = |word: &str| Value::Word(word.to_owned());
    let number = |key: usize| Value::Int(i64::try_from(key).unwrap_or(i64::MAX));
    let ints = |values: &[i64]| Value::List(values.iter().copied().map(Value::Int).collect());
    let (f, key, value) = match step {
        Step::Write(key, value) if kind == TransactionKind::ListAppend => ("append", key, Value::Int(value)),
        Step::Write(key, value) => ("w", key, Value::Int(value)),
        Step::Read(key) if kind == TransactionKind::ListAppend => ("r", key, seen.map_or(Value::Nil, ints)),
        Step::Read(key) => {
            ("r", key, seen.and_then(<[i64]>::last).map_or(Value::Nil, |value| Value::Int(*value)))
        }
    };
    Value::List(vec![word(f), number(key), value])
}
