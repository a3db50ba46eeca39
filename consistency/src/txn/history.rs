use alloc::vec::Vec;
use core::fmt;

use super::builder::Malformed;

/// One transaction of a history, by the order in which transactions were invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxnId(pub(crate) u32);

impl TxnId {
    /// Its place in [`History::transactions`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It took effect as a whole.
    Committed,
    /// It certainly took no effect.
    Aborted,
    /// Nobody knows; if another transaction saw what it wrote, it has committed.
    Unknown,
}

/// What a transaction does to one list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListOp<K, V> {
    /// Adds a value at the end of the list of this key.
    Append(K, V),
    /// Sees the whole list of this key. What transactions see that did not commit is not used.
    Read(K, Vec<V>),
}

/// What a transaction does to one register.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterOp<K, V> {
    /// Sets the register of this key.
    Write(K, V),
    /// Sees the value of the register of this key, `None` if it is still the initial one. What transactions see that did
    /// not commit is not used.
    Read(K, Option<V>),
}

/// An operation inside a transaction.
pub trait Operation {
    /// Whether both ask for the same; what reads saw does not count.
    fn asks_the_same(&self, other: &Self) -> bool;
}

impl<K: PartialEq, V: PartialEq> Operation for ListOp<K, V> {
    fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Append(..), Self::Append(..)) => self == other,
            (Self::Read(one, _), Self::Read(other, _)) => one == other,
            (Self::Append(..), Self::Read(..)) | (Self::Read(..), Self::Append(..)) => false,
        }
    }
}

impl<K: PartialEq, V: PartialEq> Operation for RegisterOp<K, V> {
    fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Write(..), Self::Write(..)) => self == other,
            (Self::Read(one, _), Self::Read(other, _)) => one == other,
            (Self::Write(..), Self::Read(..)) | (Self::Read(..), Self::Write(..)) => false,
        }
    }
}

/// An operation on one key.
pub trait OnKey<K> {
    /// The key.
    fn key(&self) -> &K;
}

impl<K, V> OnKey<K> for ListOp<K, V> {
    fn key(&self) -> &K {
        match self {
            Self::Append(key, _) | Self::Read(key, _) => key,
        }
    }
}

impl<K, V> OnKey<K> for RegisterOp<K, V> {
    fn key(&self) -> &K {
        match self {
            Self::Write(key, _) | Self::Read(key, _) => key,
        }
    }
}

/// Where a transaction that did not end is taken to end: after everything.
pub(super) const NEVER: u32 = u32::MAX;

/// One transaction: who ran it, what it did and saw, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction<O> {
    /// Who ran it. The transactions of one process are a session.
    pub process: u64,
    /// What it did, in order.
    pub ops: Vec<O>,
    /// What came of it.
    pub status: Status,
    pub(super) invoked: u32,
    pub(super) ended: u32,
}

impl<O> Transaction<O> {
    /// The place of its invocation among all invocations and ends.
    pub const fn invoked(&self) -> usize {
        self.invoked as usize
    }

    /// The place of its end among all invocations and ends, if its end is known.
    pub fn ended(&self) -> Option<usize> {
        (self.ended != NEVER).then_some(self.ended as usize)
    }
}

/// Transactions in the order of their invocation: made by a [`HistoryBuilder`](super::HistoryBuilder), or of
/// [sessions](History::from_sessions).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<O> {
    pub(super) transactions: Vec<Transaction<O>>,
    pub(super) events: u32,
    pub(super) has_real_time: bool,
}

impl<O> History<O> {
    /// How many transactions a history can have.
    pub const TRANSACTIONS_MAX: usize = 1 << 28;

    /// All transactions, in the order of their invocation.
    pub fn transactions(&self) -> &[Transaction<O>] {
        &self.transactions
    }

    /// The names of all transactions, in the order of their invocation.
    pub fn ids(&self) -> impl Iterator<Item = TxnId> + use<O> {
        (0..).map(TxnId).take(self.transactions.len())
    }

    /// The transaction of this name.
    pub fn get(&self, id: TxnId) -> Option<&Transaction<O>> {
        self.transactions.get(id.index())
    }

    pub(super) fn is_aborted(&self, txn: u32) -> bool {
        self.transactions.get(txn as usize).is_some_and(|txn| txn.status == Status::Aborted)
    }

    /// Whether it is known which transaction ended before which began.
    pub const fn has_real_time(&self) -> bool {
        self.has_real_time
    }

    /// The same transactions, of which it is not known any more which ended before which began, but only which were of one
    /// session, and in which order.
    #[must_use]
    pub fn without_real_time(mut self) -> Self {
        self.has_real_time = false;
        self
    }

    /// Committed transactions, of each session in order; nothing is known of the order between sessions.
    ///
    /// # Errors
    /// If there are more than [`TRANSACTIONS_MAX`](Self::TRANSACTIONS_MAX).
    pub fn from_sessions(
        sessions: impl IntoIterator<Item = impl IntoIterator<Item = Vec<O>>>,
    ) -> Result<Self, Malformed> {
        let mut transactions = Vec::new();
        for (process, session) in (0..).zip(sessions) {
            for ops in session {
                if transactions.len() >= Self::TRANSACTIONS_MAX {
                    return Err(Malformed::TooLong);
                }
                let at = u32::try_from(transactions.len() * 2).unwrap_or(NEVER);
                transactions.push(Transaction {
                    process,
                    ops,
                    status: Status::Committed,
                    invoked: at,
                    ended: at + 1,
                });
            }
        }
        let events = u32::try_from(transactions.len() * 2).unwrap_or(NEVER);
        Ok(Self { transactions, events, has_real_time: false })
    }
}
