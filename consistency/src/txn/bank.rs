//! Money that is moved between accounts, and never made or lost: Jepsen's bank workload.

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use super::{
    bug::Bug,
    history::{History, Operation, Status, TxnId},
};

/// What a transaction does at a bank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BankOp<A> {
    /// Moves an amount from one account to another.
    Transfer {
        /// Whence.
        from: A,
        /// Whither.
        to: A,
        /// How much.
        amount: i64,
    },
    /// Sees the balances of all accounts, each once; `None` where one is missing. What transactions see that did not commit is
    /// not used.
    Read(Vec<(A, Option<i64>)>),
}

impl<A: PartialEq> Operation for BankOp<A> {
    fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Transfer { .. }, Self::Transfer { .. }) => self == other,
            (Self::Read(_), Self::Read(_)) => true,
            (Self::Transfer { .. }, Self::Read(_)) | (Self::Read(_), Self::Transfer { .. }) => false,
        }
    }
}

/// A bank, and how to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bank<A> {
    /// What all balances come to together. If it is not known, it is what the first read that is right in itself says, so that
    /// reads are compared with one another.
    pub total: Option<i64>,
    /// The accounts that there are, if they are known.
    pub accounts: Option<BTreeSet<A>>,
    /// Whether a balance may be negative.
    pub may_be_negative: bool,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<Bug>,
}

impl<A> Default for Bank<A> {
    fn default() -> Self {
        Self {
            total: None,
            accounts: None,
            may_be_negative: false,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}

/// A read that no bank can show whose transfers are atomic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankFinding<A> {
    /// Who read.
    pub reader: TxnId,
    /// Which of its operations, counted from zero.
    pub op: usize,
    /// What is wrong with it.
    pub fault: BankFault<A>,
}

/// What is wrong with a read of all balances.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BankFault<A> {
    /// There is no such account.
    UnexpectedAccount(A),
    /// An account has no balance.
    NilBalance(A),
    /// A balance is negative.
    NegativeBalance(A, i64),
    /// Money was made or lost.
    WrongTotal {
        /// What the balances come to.
        total: i128,
        /// What they should come to.
        expected: i128,
    },
}

impl<A: fmt::Display> fmt::Display for BankFinding<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reader, op, fault } = self;
        let name = match fault {
            BankFault::UnexpectedAccount(_) => "unexpected-key",
            BankFault::NilBalance(_) => "nil-balance",
            BankFault::NegativeBalance(..) => "negative-value",
            BankFault::WrongTotal { .. } => "wrong-total",
        };
        write!(f, "{name}: operation {op} of {reader} reads ")?;
        match fault {
            BankFault::UnexpectedAccount(account) => write!(f, "{account}, which is no account"),
            BankFault::NilBalance(account) => write!(f, "no balance of {account}"),
            BankFault::NegativeBalance(account, balance) => write!(f, "a balance of {balance} of {account}"),
            BankFault::WrongTotal { total, expected } => {
                write!(f, "balances of {total} together instead of {expected}")
            }
        }
    }
}

impl<A: Clone + Ord> Bank<A> {
    /// What is wrong with the reads of a history, in the order of their transactions.
    ///
    /// Whatever is found is real: if transfers look at both accounts before they change them and keep the total, consistent
    /// view (Adya's PL-2+) rules it out, and all that is stronger. The balances are not compared with the transfers. It takes
    /// time in proportion to the history.
    pub fn check(&self, history: &History<BankOp<A>>) -> Vec<BankFinding<A>> {
        let mut findings = Vec::new();
        let mut expected = self.total.map(i128::from);
        let committed = (0..).zip(history.transactions());
        for (txn, transaction) in committed.filter(|(_, txn)| txn.status == Status::Committed) {
            for (op, operation) in transaction.ops.iter().enumerate() {
                let BankOp::Read(balances) = operation else { continue };
                let finding = |fault| BankFinding { reader: TxnId(txn), op, fault };
                findings.extend(self.balances(balances).map(finding));
                let Some(total) = self.total_of(balances) else { continue };
                let expected = *expected.get_or_insert(total);
                if total != expected && !self.has(Bug::TotalNotCompared) {
                    findings.push(finding(BankFault::WrongTotal { total, expected }));
                }
            }
        }
        findings
    }

    fn is_account(&self, account: &A) -> bool {
        self.accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
    }

    fn balances<'a>(&'a self, balances: &'a [(A, Option<i64>)]) -> impl Iterator<Item = BankFault<A>> + 'a {
        balances.iter().filter_map(move |(account, balance)| match balance {
            _ if !self.is_account(account) => Some(BankFault::UnexpectedAccount(account.clone())),
            None => Some(BankFault::NilBalance(account.clone())),
            Some(balance) if *balance < 0 && !self.may_be_negative && !self.has(Bug::DebtsForgiven) => {
                Some(BankFault::NegativeBalance(account.clone(), *balance))
            }
            Some(_) => None,
        })
    }

    /// What the balances come to, if there is one of each account and no other.
    fn total_of(&self, balances: &[(A, Option<i64>)]) -> Option<i128> {
        let of = |(account, balance): &(A, Option<i64>)| balance.filter(|_| self.is_account(account));
        balances.iter().map(|balance| of(balance).map(i128::from)).sum()
    }
}
