use alloc::{collections::BTreeMap, vec::Vec};

use thiserror::Error;

use super::history::{History, NEVER, Operation, Status, Transaction, TxnId};
use crate::refused::Refused;

/// Why an event does not fit the history before it. The builder is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A process runs one transaction at a time.
    #[error("process {process} invokes a transaction while its transaction {open} is open")]
    DoubleInvoke {
        /// The process.
        process: u64,
        /// What it has open.
        open: TxnId,
    },
    /// An end without a beginning.
    #[error("process {process} has no transaction that could end")]
    NotInvoked {
        /// The process.
        process: u64,
    },
    /// After a transaction of unknown outcome its process is never used again: that transaction may commit at any time.
    #[error("process {process} goes on after its transaction {crashed}, whose outcome is unknown")]
    ProcessCrashed {
        /// The process.
        process: u64,
        /// The transaction of unknown outcome.
        crashed: TxnId,
    },
    /// A transaction ends with other operations than it was invoked with.
    #[error("transaction {txn} of process {process} ends with other operations than it was invoked with")]
    OtherOperations {
        /// The process.
        process: u64,
        /// The transaction.
        txn: TxnId,
    },
    /// There is a limit on transactions, [`History::TRANSACTIONS_MAX`].
    #[error("there are too many transactions")]
    TooLong,
}

#[derive(Clone, Copy, Debug)]
enum Process {
    Busy(TxnId),
    Crashed(TxnId),
}

/// Makes a [`History`] of what is observed, event by event.
#[derive(Clone, Debug)]
pub struct HistoryBuilder<O> {
    transactions: Vec<Transaction<O>>,
    processes: BTreeMap<u64, Process>,
    events: u32,
}

impl<O> Default for HistoryBuilder<O> {
    fn default() -> Self {
        Self { transactions: Vec::new(), processes: BTreeMap::new(), events: 0 }
    }
}

impl<O: Operation> HistoryBuilder<O> {
    /// Nothing happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A process begins a transaction with these operations. What its reads see is not known yet: whatever is given for it
    /// is replaced at its end.
    ///
    /// # Errors
    /// If it has one open or [crashed](Malformed::ProcessCrashed), or there are too many. Nothing changes then, and the
    /// operations are given back.
    pub fn invoke(&mut self, process: u64, ops: Vec<O>) -> Result<TxnId, Refused<Vec<O>, Malformed>> {
        let id = match self.idle(process) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: ops, why }),
        };
        let (status, invoked) = (Status::Unknown, self.tick());
        self.transactions.push(Transaction { process, ops, status, invoked, ended: NEVER });
        self.processes.insert(process, Process::Busy(id));
        Ok(id)
    }

    /// The transaction of this process does one thing more than it was invoked with.
    ///
    /// # Errors
    /// If the process has none open. Nothing changes then, and the operation is given back.
    pub fn also(&mut self, process: u64, op: O) -> Result<TxnId, Refused<O, Malformed>> {
        let id = match self.busy(process) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: op, why }),
        };
        self.transactions[id.index()].ops.push(op);
        Ok(id)
    }

    /// The transaction of this process committed, having done this: what it was invoked with, with what its reads saw, and
    /// perhaps more.
    ///
    /// # Errors
    /// If the process has none open, or it was invoked with other operations. Nothing changes then, and the operations are
    /// given back.
    pub fn ok(&mut self, process: u64, ops: Vec<O>) -> Result<TxnId, Refused<Vec<O>, Malformed>> {
        let id = match self.busy_with(process, &ops) {
            Ok(id) => id,
            Err(why) => return Err(Refused { payload: ops, why }),
        };
        self.transactions[id.index()].ops = ops;
        self.end(process, id, Status::Committed);
        Ok(id)
    }

    /// The transaction of this process certainly took no effect.
    ///
    /// # Errors
    /// If the process has none open. Nothing changes then.
    pub fn fail(&mut self, process: u64) -> Result<TxnId, Malformed> {
        let id = self.busy(process)?;
        self.end(process, id, Status::Aborted);
        Ok(id)
    }

    /// Nobody will know whether the transaction of this process took effect. The process cannot be used again.
    ///
    /// # Errors
    /// If the process has none open. Nothing changes then.
    pub fn info(&mut self, process: u64) -> Result<TxnId, Malformed> {
        let id = self.busy(process)?;
        self.processes.insert(process, Process::Crashed(id));
        Ok(id)
    }

    /// The history. Transactions that are still open are of unknown outcome.
    pub fn finish(self) -> History<O> {
        History { transactions: self.transactions, events: self.events, has_real_time: true }
    }

    fn end(&mut self, process: u64, id: TxnId, status: Status) {
        let ended = self.tick();
        let transaction = &mut self.transactions[id.index()];
        (transaction.status, transaction.ended) = (status, ended);
        self.processes.remove(&process);
    }

    fn tick(&mut self) -> u32 {
        let now = self.events;
        self.events += 1;
        now
    }

    /// The name of the next transaction, if this process may begin it.
    fn idle(&self, process: u64) -> Result<TxnId, Malformed> {
        match self.processes.get(&process).copied() {
            Some(Process::Busy(open)) => return Err(Malformed::DoubleInvoke { process, open }),
            Some(Process::Crashed(crashed)) => return Err(Malformed::ProcessCrashed { process, crashed }),
            None => {}
        }
        let id = u32::try_from(self.transactions.len()).unwrap_or(NEVER);
        if id as usize >= History::<O>::TRANSACTIONS_MAX {
            return Err(Malformed::TooLong);
        }
        Ok(TxnId(id))
    }

    /// What this process has open, if that can have done these.
    fn busy_with(&self, process: u64, ops: &[O]) -> Result<TxnId, Malformed> {
        let id = self.busy(process)?;
        let asked = &self.transactions[id.index()].ops;
        let is_same = asked.iter().zip(ops).all(|(asked, done)| asked.asks_the_same(done));
        if !is_same || ops.len() < asked.len() {
            return Err(Malformed::OtherOperations { process, txn: id });
        }
        Ok(id)
    }

    fn busy(&self, process: u64) -> Result<TxnId, Malformed> {
        match self.processes.get(&process).copied() {
            Some(Process::Busy(open)) => Ok(open),
            Some(Process::Crashed(crashed)) => Err(Malformed::ProcessCrashed { process, crashed }),
            None => Err(Malformed::NotInvoked { process }),
        }
    }
}
