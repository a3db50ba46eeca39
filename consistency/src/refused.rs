use core::{error::Error, fmt};

use crate::{builder::Malformed, txn};

/// An event that does not fit the history before it, given back with the reason. Nothing has changed.
///
/// `?` makes the reason alone of it where that is what is returned, and it is told and compared by both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<T, E = Malformed> {
    /// What was to be invoked, or what was said to have come back.
    pub payload: T,
    /// Why it does not fit.
    pub why: E,
}

impl<T, E: fmt::Debug> fmt::Debug for Refused<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("why", &self.why).finish_non_exhaustive()
    }
}

impl<T, E: fmt::Display> fmt::Display for Refused<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl<T, E: Error> Error for Refused<T, E> {}

impl<T> From<Refused<T>> for Malformed {
    fn from(refused: Refused<T>) -> Self {
        refused.why
    }
}

impl<T> From<Refused<T, Self>> for txn::Malformed {
    fn from(refused: Refused<T, Self>) -> Self {
        refused.why
    }
}
