use alloc::{collections::BTreeMap, vec::Vec};

use thiserror::Error;

use crate::history::{History, OpId, Operation, Outcome};

/// Why a history cannot be judged by a weaker model. The history is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unsuitable {
    /// A process begins an operation before its last one has returned, so that it has no order of its own.
    #[error("process {process} begins {second} while its {first} is open")]
    Overlapping {
        /// The process.
        process: u64,
        /// What it has open.
        first: OpId,
        /// What it begins.
        second: OpId,
    },
    /// Two writes of the same value to the same key: which of them a read saw, nobody can tell.
    #[error("operations {first} and {second} write the same value to the same key")]
    SameValue {
        /// The one.
        first: OpId,
        /// The other.
        second: OpId,
    },
    /// A write of what the key holds at first: whether a read saw it, nobody can tell.
    #[error("operation {op} writes what its key holds at first")]
    InitialValue {
        /// The write.
        op: OpId,
    },
    /// A read that returned no value, or a write that returned one.
    #[error("operation {op} cannot return what it returned")]
    WrongReturn {
        /// The operation.
        op: OpId,
    },
}

/// What each process did, in its own order, without what failed.
pub(crate) fn program_order<O, R>(history: &History<O, R>) -> Result<Vec<Vec<OpId>>, Unsuitable> {
    let mut processes: BTreeMap<u64, Vec<OpId>> = BTreeMap::new();
    for (id, operation) in (0..).map(OpId).zip(&history.operations) {
        if matches!(operation.outcome, Outcome::Failed) {
            continue;
        }
        let done = processes.entry(operation.process).or_default();
        if let Some(first) = done.last().copied() {
            let returned = history.get(first).and_then(Operation::returned);
            if returned.is_none_or(|returned| returned > operation.called()) {
                return Err(Unsuitable::Overlapping { process: operation.process, first, second: id });
            }
        }
        done.push(id);
    }
    Ok(processes.into_values().collect())
}
