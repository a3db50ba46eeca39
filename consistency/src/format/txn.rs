//! Transactions as others write them down.

use alloc::{borrow::ToOwned as _, vec::Vec};

use super::{Entry, FormatError, Kind, Mistake, Value};
use crate::txn::{History, HistoryBuilder, ListOp, Malformed, Operation, RegisterOp};

/// An operation inside a transaction that can be read from a recorded one, like `[:append 8 1]`.
pub trait RecordedOp: Operation + Clone + Sized {
    /// The operation of this name.
    ///
    /// # Errors
    /// If there is none of this name, or its value is another than it needs.
    fn recorded(f: &str, key: &Value, value: &Value) -> Result<Self, Mistake>;
}

pub(super) fn other<T>(f: &str) -> Result<T, Mistake> {
    Err(Mistake::UnknownOperation(f.to_owned()))
}

/// `[:append K V]`, `[:r K [V …]]`.
impl RecordedOp for ListOp<Value, Value> {
    fn recorded(f: &str, key: &Value, value: &Value) -> Result<Self, Mistake> {
        match (f, value) {
            ("append", value) => Ok(Self::Append(key.clone(), value.clone())),
            ("r", Value::List(values)) => Ok(Self::Read(key.clone(), values.clone())),
            ("r", Value::Nil) => Ok(Self::Read(key.clone(), Vec::new())),
            ("r", _) => Err(Mistake::WrongValue { f: f.to_owned(), needs: "a list" }),
            _ => other(f),
        }
    }
}

/// `[:w K V]`, `[:r K V]`; `nil` is the initial value.
impl RecordedOp for RegisterOp<Value, Value> {
    fn recorded(f: &str, key: &Value, value: &Value) -> Result<Self, Mistake> {
        match (f, value) {
            ("w", value) => Ok(Self::Write(key.clone(), value.clone())),
            ("r", Value::Nil) => Ok(Self::Read(key.clone(), None)),
            ("r", value) => Ok(Self::Read(key.clone(), Some(value.clone()))),
            _ => other(f),
        }
    }
}

/// Transactions and where they were written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transactions<O> {
    /// The transactions.
    pub history: History<O>,
    /// For each transaction the line of its invocation.
    pub lines: Vec<usize>,
}

/// The transactions that entries make: each value is a list of `[f key value]`.
///
/// # Errors
/// Names the line of the first entry that holds another kind of operation, or that does not fit those before it.
pub fn assemble_transactions<O: RecordedOp>(entries: &[Entry]) -> Result<Transactions<O>, FormatError> {
    assemble_by(entries, |entry| if entry.f == "txn" { operations(entry) } else { other(&entry.f) })
}

/// The same, where something else makes operations of an entry.
pub(super) fn assemble_by<O: Operation>(
    entries: &[Entry],
    operations: impl Fn(&Entry) -> Result<Vec<O>, Mistake>,
) -> Result<Transactions<O>, FormatError> {
    let mut builder = HistoryBuilder::new();
    let mut lines = Vec::new();
    for entry in entries {
        let at = |mistake| FormatError { line: entry.line, mistake };
        let process = entry.process;
        let done = match entry.kind {
            Kind::Invoke => {
                lines.push(entry.line);
                builder.invoke(process, operations(entry).map_err(at)?).map_err(Malformed::from)
            }
            Kind::Ok => builder.ok(process, operations(entry).map_err(at)?).map_err(Malformed::from),
            Kind::Fail => builder.fail(process),
            Kind::Info => builder.info(process),
        };
        done.map_err(|error| at(error.into()))?;
    }
    Ok(Transactions { history: builder.finish(), lines })
}

pub(super) fn operations<O: RecordedOp>(entry: &Entry) -> Result<Vec<O>, Mistake> {
    let needs = || Mistake::WrongValue { f: entry.f.clone(), needs: "a list of [f key value]" };
    let list = entry.value.list().ok_or_else(needs)?;
    let operation = |operation: &Value| match operation.list() {
        Some([f, key, value]) => O::recorded(f.name().ok_or_else(needs)?, key, value),
        _ => Err(needs()),
    };
    list.iter().map(operation).collect()
}
