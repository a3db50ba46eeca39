//! What a history of registers says about who saw whom, once reads that are wrong in themselves are set aside.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::hash::Hash;

use super::{
    bug::Bug,
    history::{History, RegisterOp, Status, TxnId},
    intern::{Ambiguous, Interned, NONE},
    weak::{WeakOptions, WeakViolation},
};

/// A committed transaction sees what another one wrote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) reader: u32,
    pub(super) op: u32,
    pub(super) key: u32,
    /// Who wrote it; `NONE` if it is the initial value.
    pub(super) writer: u32,
}

/// Lists by transaction.
#[derive(Debug)]
pub(super) struct ByTxn<T> {
    starts: Vec<u32>,
    pub(super) all: Vec<T>,
}

impl<T> ByTxn<T> {
    pub(super) fn new() -> Self {
        Self { starts: vec![0], all: Vec::new() }
    }

    pub(super) fn close(&mut self) {
        self.starts.push(u32::try_from(self.all.len()).unwrap_or(NONE));
    }

    pub(super) fn range(&self, txn: u32) -> core::ops::Range<usize> {
        self.starts[txn as usize] as usize..self.starts[txn as usize + 1] as usize
    }

    pub(super) fn of(&self, txn: u32) -> &[T] {
        &self.all[self.range(txn)]
    }
}

#[derive(Debug)]
pub(super) struct WeakInput<'a, K> {
    pub(super) keys: Vec<&'a K>,
    pub(super) seen: ByTxn<Seen>,
    /// The keys that a transaction writes, each once.
    pub(super) writes: ByTxn<u32>,
    /// Whether a transaction has committed, as far as anyone can tell.
    pub(super) is_live: Vec<bool>,
    /// The session of each transaction.
    pub(super) session: Vec<u32>,
    /// The transaction before, of those that have committed, in its session.
    pub(super) before: Vec<u32>,
    pub(super) sessions: usize,
    pub(super) violations: Vec<WeakViolation<K>>,
}

/// What a read saw.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Initial,
    /// A value that nobody wrote.
    Nobody,
    Write(u32),
}

struct Read<'a, K> {
    reader: TxnId,
    op: u32,
    key: u32,
    name: &'a K,
    found: Found,
    /// The last write of the key before it in its own transaction.
    mine: Option<u32>,
}

#[derive(Clone, Copy)]
struct Write {
    txn: u32,
    /// Whether its transaction does not overwrite it.
    is_last: bool,
}

/// Which write of a transaction was its last so far, by key.
struct Own(Vec<(u32, u32)>);

impl Own {
    fn get(&self, key: u32, txn: u32) -> Option<u32> {
        self.0.get(key as usize).filter(|own| own.0 == txn).map(|own| own.1)
    }

    fn set(&mut self, key: u32, txn: u32, write: u32) {
        if self.0.len() <= key as usize {
            self.0.resize(key as usize + 1, (NONE, 0));
        }
        self.0[key as usize] = (txn, write);
    }
}

impl<'a, K: Clone + Hash + Eq> WeakInput<'a, K> {
    pub(super) fn new<V: Hash + Eq>(
        history: &'a History<RegisterOp<K, V>>,
        options: WeakOptions,
    ) -> Result<Self, Ambiguous> {
        let mut interned = Interned::new();
        let (writes, written) = write_all(history, &mut interned)?;
        let mut input = Self {
            keys: Vec::new(),
            seen: ByTxn::new(),
            writes: written,
            is_live: history.transactions().iter().map(|txn| txn.status == Status::Committed).collect(),
            session: Vec::new(),
            before: Vec::new(),
            sessions: 0,
            violations: Vec::new(),
        };
        let mut own = Own(Vec::new());
        for (txn, transaction) in (0..).zip(history.transactions()) {
            for (op, operation) in (0..).zip(&transaction.ops) {
                match operation {
                    RegisterOp::Write(key, value) => {
                        let key = interned.key(key);
                        own.set(key, txn, interned.find(key, value).unwrap_or(NONE));
                    }
                    RegisterOp::Read(..) if transaction.status != Status::Committed => {}
                    RegisterOp::Read(name, value) => {
                        let key = interned.key(name);
                        let found = match value.as_ref().map(|value| interned.find(key, value)) {
                            None => Found::Initial,
                            Some(None) => Found::Nobody,
                            Some(Some(write)) => Found::Write(write),
                        };
                        let read = Read { reader: TxnId(txn), op, key, name, found, mine: own.get(key, txn) };
                        input.see(history, &writes, &read, options);
                    }
                }
            }
            input.seen.close();
        }
        input.keys = interned.keys;
        input.order_sessions(history, options);
        Ok(input)
    }

    /// The axioms of every level about one read (Møldrup and Pavlogiannis, *AWDIT*, PLDI 2025, read consistency).
    fn see<V>(
        &mut self,
        history: &History<RegisterOp<K, V>>,
        writes: &[Write],
        read: &Read<'_, K>,
        options: WeakOptions,
    ) {
        let Read { reader, op, key, name, .. } = *read;
        let (place, key_name) = (op as usize, || name.clone());
        let wrong = match (read.mine, read.found) {
            (Some(mine), found) if found != Found::Write(mine) => {
                Some(WeakViolation::OwnWriteMissed { reader, op: place, key: key_name() })
            }
            (Some(_), _) => return,
            (None, Found::Initial) => None,
            (None, Found::Nobody) => Some(WeakViolation::ThinAir { reader, op: place, key: key_name() }),
            (None, Found::Write(write)) => {
                let Write { txn, is_last } = writes[write as usize];
                let author = TxnId(txn);
                let is_aborted = history.get(author).is_some_and(|txn| txn.status == Status::Aborted);
                if author == reader {
                    Some(WeakViolation::FutureRead { reader, op: place, key: key_name() })
                } else if is_aborted && !options.has(Bug::AbortedReadsIgnored) {
                    Some(WeakViolation::AbortedRead { reader, op: place, key: key_name(), writer: author })
                } else if is_last {
                    None
                } else {
                    Some(WeakViolation::IntermediateRead {
                        reader,
                        op: place,
                        key: key_name(),
                        writer: author,
                    })
                }
            }
        };
        if let Some(wrong) = wrong {
            self.violations.push(wrong);
            return;
        }
        let from = match read.found {
            Found::Write(write) => writes[write as usize].txn,
            Found::Initial | Found::Nobody => NONE,
        };
        if let Some(live) = self.is_live.get_mut(from as usize) {
            *live = true;
        }
        self.seen.all.push(Seen { reader: reader.0, op, key, writer: from });
    }

    fn order_sessions<V>(&mut self, history: &History<RegisterOp<K, V>>, options: WeakOptions) {
        let mut names: BTreeMap<u64, u32> = BTreeMap::new();
        let mut last: Vec<u32> = Vec::new();
        for (txn, transaction) in (0..).zip(history.transactions()) {
            let next = u32::try_from(names.len()).unwrap_or(NONE);
            let session = *names.entry(transaction.process).or_insert(next);
            if session == next {
                last.push(NONE);
            }
            self.session.push(session);
            self.before.push(NONE);
            if self.is_live[txn as usize] {
                if !options.has(Bug::SessionOrderIgnored) {
                    self.before[txn as usize] = last[session as usize];
                }
                last[session as usize] = txn;
            }
        }
        self.sessions = last.len();
    }
}

/// Numbers all writes, also those of transactions that did not commit.
fn write_all<'a, K: Hash + Eq, V: Hash + Eq>(
    history: &'a History<RegisterOp<K, V>>,
    interned: &mut Interned<'a, K, V>,
) -> Result<(Vec<Write>, ByTxn<u32>), Ambiguous> {
    let operations = history.transactions().iter().flat_map(|txn| &txn.ops);
    interned.reserve(operations.filter(|op| matches!(op, RegisterOp::Write(..))).count());
    let mut writes: Vec<Write> = Vec::new();
    let mut keys = ByTxn::new();
    let mut own = Own(Vec::new());
    for (txn, transaction) in (0..).zip(history.transactions()) {
        for operation in &transaction.ops {
            let RegisterOp::Write(key, value) = operation else { continue };
            let key = interned.key(key);
            let number = u32::try_from(writes.len()).unwrap_or(NONE);
            if let Some(first) = interned.write(key, value, number) {
                let first = writes.get(first as usize).map_or(txn, |write| write.txn);
                return Err(Ambiguous { first: TxnId(first), second: TxnId(txn) });
            }
            match own.get(key, txn) {
                Some(earlier) => writes[earlier as usize].is_last = false,
                None => keys.all.push(key),
            }
            own.set(key, txn, number);
            writes.push(Write { txn, is_last: true });
        }
        keys.close();
    }
    Ok((writes, keys))
}
