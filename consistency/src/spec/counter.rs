use super::Spec;

/// A counter; it wraps around at the ends of its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Where it begins.
    pub initial: i64,
}

/// A call to a [`Counter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CounterOp {
    /// Adds this.
    Add(i64),
    /// Where is it?
    Read,
}

/// What a call to a [`Counter`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CounterRet {
    /// It was added.
    Added,
    /// Where it is; for an addition, after it.
    Value(i64),
}

impl Spec for Counter {
    type Op = CounterOp;
    type Ret = CounterRet;
    type State = i64;
    type Key = ();

    fn init(&self, (): &()) -> i64 {
        self.initial
    }

    fn step(&self, state: &i64, op: &CounterOp, ret: Option<&CounterRet>) -> Option<i64> {
        let next = match op {
            CounterOp::Add(amount) => state.wrapping_add(*amount),
            CounterOp::Read => *state,
        };
        let is_legal = match ret {
            None => true,
            Some(CounterRet::Added) => matches!(op, CounterOp::Add(_)),
            Some(CounterRet::Value(value)) => *value == next,
        };
        is_legal.then_some(next)
    }

    fn key(&self, _: &CounterOp) {}

    fn is_read_only(&self, op: &CounterOp, _: Option<&CounterRet>) -> bool {
        matches!(op, CounterOp::Read | CounterOp::Add(0))
    }

    fn same(&self, one: &CounterOp, other: &CounterOp) -> bool {
        one == other
    }
}
