use alloc::{format, string::String};

use super::{Entry, Mistake, Value};
use crate::Nondeterministic;

/// A specification whose operations can be read from [entries](Entry).
pub trait Recorded: Nondeterministic<Op: Clone, Ret: Clone> {
    /// What an invocation asks for.
    ///
    /// # Errors
    /// If the specification has no such operation, or its value is another.
    fn op(&self, entry: &Entry) -> Result<Self::Op, Mistake>;

    /// What an operation returned.
    ///
    /// # Errors
    /// If it cannot have returned such a value.
    fn ret(&self, op: &Self::Op, entry: &Entry) -> Result<Self::Ret, Mistake>;

    /// A state as a value, to be shown.
    fn shown(&self, state: &Self::State) -> Value;

    /// A key as a value, to be shown; `None` if there is one object only.
    fn shown_key(&self, key: &Self::Key) -> Option<Value>;

    /// What the object is called in a sentence.
    fn noun(&self) -> &'static str {
        "the object"
    }

    /// A state as a sentence.
    fn holds(&self, state: &Self::State) -> String {
        format!("{} holds {}", self.noun(), self.shown(state))
    }

    /// What an operation returned that failed since its condition did not hold.
    fn refused(&self, op: &Self::Op) -> Option<Self::Ret> {
        let _ = op;
        None
    }
}
