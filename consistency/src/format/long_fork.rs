//! Long forks as Jepsen writes them down.

use super::{
    Entry, FormatError, Transactions, Value,
    txn::{assemble_by, operations, other},
};
use crate::txn::RegisterOp;

/// The transactions that the entries of a long fork workload make: `write [[:w K V]]` and `read [[:r K V] …]`, either of which
/// may also be called `txn`.
///
/// # Errors
/// Names the line of the first entry that holds another kind of operation, or that does not fit those before it.
pub fn assemble_long_fork(entries: &[Entry]) -> Result<Transactions<RegisterOp<Value, Value>>, FormatError> {
    assemble_by(entries, |entry| match entry.f.as_str() {
        "txn" | "read" | "write" => operations(entry),
        f => other(f),
    })
}
