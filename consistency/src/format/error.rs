use alloc::string::String;

use thiserror::Error;

use crate::Malformed;

/// What is wrong with a recorded history, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {mistake}")]
pub struct FormatError {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong there.
    pub mistake: Mistake,
}

/// What can be wrong with a recorded history.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Mistake {
    /// There are no operations at all.
    #[error("there are no operations")]
    Empty,
    /// The text is not what its format says.
    #[error("{0}")]
    Syntax(String),
    /// A value is nested too deep.
    #[error("values are nested more than {} deep", super::Value::DEPTH_MAX)]
    Deep,
    /// A kind of value that histories have no use for, like a fraction.
    #[error("`{0}` is not a value that a history can hold")]
    Unsupported(String),
    /// It is not text.
    #[error("this is not UTF-8")]
    NotText,
    /// Sessions have no order in time, and what they are read as has one.
    #[error("sessions have no order in time, which is needed here")]
    Timeless,
    /// A format has no way to write something down.
    #[error("that format cannot hold {0}")]
    Unwritable(&'static str),
    /// An entry has no such part, or a wrong one.
    #[error("an entry needs {0}")]
    Part(&'static str),
    /// The specification has no such operation.
    #[error("the model has no operation `{0}`")]
    UnknownOperation(String),
    /// The value of an operation is not what the specification needs.
    #[error("`{f}` needs {needs}")]
    WrongValue {
        /// The operation.
        f: String,
        /// What its value must be.
        needs: &'static str,
    },
    /// An operation ends under another name than it began.
    #[error("the process has invoked another operation than the one that ends here")]
    OtherOperation,
    /// The entry does not fit those before it.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The entry does not fit the transactions before it.
    #[error(transparent)]
    MalformedTxn(#[from] crate::txn::Malformed),
}
