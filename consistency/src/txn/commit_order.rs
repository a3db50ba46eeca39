//! Orders of commits, and whether they explain a history by the definitions.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::hash::Hash;

use thiserror::Error;

use super::{
    history::{History, RegisterOp, Status, TxnId},
    intern::{Interned, NONE},
    isolation::Isolation,
};

/// An order in which transactions commit: all that are known to have committed, and some whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitOrder {
    pub(super) order: Vec<TxnId>,
}

/// What is wrong with an order of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommitFlaw {
    /// It names a transaction that is not in the history, that aborted, or that it has named before.
    #[error("{txn} is in the order although it may not be")]
    Superfluous {
        /// The transaction.
        txn: TxnId,
    },
    /// It does not name a transaction that committed.
    #[error("{txn} committed and is not in the order")]
    Missing {
        /// The transaction.
        txn: TxnId,
    },
    /// A transaction comes before an earlier one of its session.
    #[error("{txn} comes before an earlier transaction of its session")]
    Session {
        /// The transaction.
        txn: TxnId,
    },
    /// A transaction comes before one that had ended when it was invoked.
    #[error("{txn} comes before one that had ended when it was invoked")]
    RealTime {
        /// The transaction.
        txn: TxnId,
    },
    /// A transaction reads what it cannot have read from its snapshot and its own writes.
    #[error("operation {op} of {txn} reads what was not there in this order")]
    Read {
        /// The transaction.
        txn: TxnId,
        /// The place of the read in it.
        op: usize,
    },
}

impl CommitOrder {
    /// An order to be verified.
    pub const fn new(order: Vec<TxnId>) -> Self {
        Self { order }
    }

    /// The transactions in order.
    pub fn order(&self) -> &[TxnId] {
        &self.order
    }

    /// Checks by the definition of the level that this order explains the history; the solver is not asked. O(n log n). A
    /// history without [real time](History::has_real_time) asks nothing of the strong levels that is not asked of the others.
    ///
    /// # Errors
    /// The first flaw.
    pub fn verify<K: Hash + Eq, V: Hash + Eq>(
        &self,
        history: &History<RegisterOp<K, V>>,
        isolation: Isolation,
    ) -> Result<(), CommitFlaw> {
        let ranks = self.ranks(history)?;
        let sessions = self.sessions(history)?;
        let ended = if isolation.is_real_time() && history.has_real_time {
            ended_before(history, &ranks)
        } else {
            vec![0; history.transactions.len()]
        };
        let written = Written::new(history, &self.order);
        for (rank, id) in (0..).zip(&self.order) {
            let txn = &history.transactions[id.index()];
            let ended = ended[id.index()];
            // How long the beginning of the order is that must be in the snapshot.
            let mut snapshot = sessions[rank as usize].max(ended);
            if ended > rank {
                return Err(CommitFlaw::RealTime { txn: *id });
            }
            if isolation.is_exclusive() {
                snapshot = snapshot.max(written.last_conflict(id.0, rank));
            }
            if !isolation.has_snapshots() {
                snapshot = rank;
            }
            if txn.status == Status::Committed {
                written.check(history, *id, rank, snapshot)?;
            }
        }
        Ok(())
    }

    fn ranks<O>(&self, history: &History<O>) -> Result<Vec<u32>, CommitFlaw> {
        let mut ranks = vec![NONE; history.transactions.len()];
        for (rank, id) in (0..).zip(&self.order) {
            let may_be = history.get(*id).is_some_and(|txn| txn.status != Status::Aborted);
            if !may_be || ranks[id.index()] != NONE {
                return Err(CommitFlaw::Superfluous { txn: *id });
            }
            ranks[id.index()] = rank;
        }
        for (at, txn) in (0..).zip(&history.transactions) {
            if txn.status == Status::Committed && ranks[at as usize] == NONE {
                return Err(CommitFlaw::Missing { txn: TxnId(at) });
            }
        }
        Ok(ranks)
    }

    /// For each rank, one more than that of the transaction before it in its session.
    fn sessions<O>(&self, history: &History<O>) -> Result<Vec<u32>, CommitFlaw> {
        let mut latest: BTreeMap<u64, (TxnId, u32)> = BTreeMap::new();
        let mut before = Vec::with_capacity(self.order.len());
        for (rank, id) in (0..).zip(&self.order) {
            match latest.insert(history.transactions[id.index()].process, (*id, rank)) {
                Some((earlier, _)) if earlier > *id => return Err(CommitFlaw::Session { txn: earlier }),
                Some((_, rank)) => before.push(rank + 1),
                None => before.push(0),
            }
        }
        Ok(before)
    }
}

/// For each transaction, one more than the highest rank of those that had ended when it was invoked.
fn ended_before<O>(history: &History<O>, ranks: &[u32]) -> Vec<u32> {
    let mut events = Vec::new();
    for (at, txn) in history.transactions.iter().enumerate().filter(|(at, _)| ranks[*at] != NONE) {
        events.push((txn.invoked, at, true));
        if txn.status == Status::Committed {
            events.push((txn.ended, at, false));
        }
    }
    events.sort_unstable();
    let (mut highest, mut before) = (0, vec![0; ranks.len()]);
    for (_, at, is_invocation) in events {
        if is_invocation {
            before[at] = highest;
        } else {
            highest = highest.max(ranks[at] + 1);
        }
    }
    before
}

/// Who wrote what, and when in an order.
struct Written<'a, K, V> {
    interned: Interned<'a, K, V>,
    /// By number of the write, the rank of its transaction, and whether that does not overwrite it itself.
    writes: Vec<(u32, bool)>,
    /// By key, the ranks of those that write it, and what they write last.
    ranks: Vec<Vec<(u32, u32)>>,
    /// By transaction, the keys that it writes.
    keys: Vec<Vec<u32>>,
}

impl<'a, K: Hash + Eq, V: Hash + Eq> Written<'a, K, V> {
    fn new(history: &'a History<RegisterOp<K, V>>, order: &[TxnId]) -> Self {
        let mut all = Self {
            interned: Interned::new(),
            writes: Vec::new(),
            ranks: Vec::new(),
            keys: vec![Vec::new(); history.transactions.len()],
        };
        for (rank, id) in (0..).zip(order) {
            for op in &history.transactions[id.index()].ops {
                let RegisterOp::Write(key, value) = op else { continue };
                let key = all.interned.key(key);
                let number = u32::try_from(all.writes.len()).unwrap_or(NONE);
                all.interned.write(key, value, number);
                all.writes.push((rank, true));
                all.ranks.resize_with(all.interned.keys.len(), Vec::new);
                match all.ranks[key as usize].last_mut() {
                    Some((at, last)) if *at == rank => {
                        all.writes[*last as usize].1 = false;
                        *last = number;
                    }
                    _ => {
                        all.ranks[key as usize].push((rank, number));
                        all.keys[id.index()].push(key);
                    }
                }
            }
        }
        all
    }

    /// One more than the highest rank, below this one, of those that write a key that this transaction writes.
    fn last_conflict(&self, txn: u32, rank: u32) -> u32 {
        let before = |key: &u32| {
            let ranks = &self.ranks[*key as usize];
            let at = ranks.partition_point(|(other, _)| *other < rank);
            at.checked_sub(1).map_or(0, |at| ranks[at].0 + 1)
        };
        self.keys[txn as usize].iter().map(before).max().unwrap_or(0)
    }

    fn check(
        &self,
        history: &'a History<RegisterOp<K, V>>,
        id: TxnId,
        rank: u32,
        snapshot: u32,
    ) -> Result<(), CommitFlaw> {
        let ops = &history.transactions[id.index()].ops;
        let mut own: BTreeMap<u32, u32> = BTreeMap::new();
        let number = |key: u32, value: &'a V| self.interned.find(key, value);
        // What it reads from others must be in its snapshot, whatever else has to be.
        let mut outer: Vec<(usize, Option<u32>, Option<u32>)> = Vec::new();
        for (op, operation) in ops.iter().enumerate() {
            let wrong = CommitFlaw::Read { txn: id, op };
            match operation {
                RegisterOp::Write(key, value) => {
                    let key = self.interned.known(key).ok_or(wrong)?;
                    own.insert(key, number(key, value).ok_or(wrong)?);
                }
                RegisterOp::Read(key, value) => {
                    let key = self.interned.known(key);
                    let seen = value.as_ref().map(|value| number(key?, value).filter(|seen| *seen != NONE));
                    match (key.and_then(|key| own.get(&key)), seen) {
                        (Some(mine), Some(Some(seen))) if *mine == seen => {}
                        (Some(_), _) | (None, Some(None)) => return Err(wrong),
                        (None, None) => outer.push((op, key, None)),
                        (None, Some(seen)) => outer.push((op, key, seen)),
                    }
                }
            }
        }
        let mut length = snapshot;
        let mut sources = Vec::new();
        for (op, key, seen) in outer {
            let wrong = CommitFlaw::Read { txn: id, op };
            let ranks = key.map_or(&[][..], |key| &self.ranks[key as usize]);
            let source = match seen {
                None => None,
                Some(seen) => {
                    let (from, is_last) = self.writes[seen as usize];
                    if !is_last || from >= rank {
                        return Err(wrong);
                    }
                    length = length.max(from + 1);
                    Some(ranks.partition_point(|(other, _)| *other < from))
                }
            };
            sources.push((op, ranks, source));
        }
        for (op, ranks, source) in sources {
            let next = source.map_or(0, |at| at + 1);
            if ranks.get(next).is_some_and(|(next, _)| *next < length && *next != rank) {
                return Err(CommitFlaw::Read { txn: id, op });
            }
        }
        Ok(())
    }
}
