use alloc::vec::Vec;
use core::hash::Hash;

use super::{
    Call, Decision, Spec, Unseen, mistake,
    unseen::{Touch, unseen},
};
use crate::shortcut::zones::{self, Access};

/// A register: a read returns what was written last.
///
/// If no value is written twice, nor the first one again, histories are judged in O(n log n).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register<V> {
    /// What it holds at first.
    pub initial: V,
}

/// A call to a [`Register`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterOp<V> {
    /// What does it hold?
    Read,
    /// It shall hold this.
    Write(V),
}

/// What a call to a [`Register`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterRet<V> {
    /// It holds this.
    Value(V),
    /// It was written.
    Written,
}

impl<V: Clone + Ord + Hash> Spec for Register<V> {
    type Op = RegisterOp<V>;
    type Ret = RegisterRet<V>;
    type State = V;
    type Key = ();

    fn init(&self, (): &()) -> V {
        self.initial.clone()
    }

    fn step(&self, state: &V, op: &RegisterOp<V>, ret: Option<&RegisterRet<V>>) -> Option<V> {
        match (op, ret) {
            (RegisterOp::Read, None) => Some(state.clone()),
            (RegisterOp::Read, Some(RegisterRet::Value(seen))) => (seen == state).then(|| state.clone()),
            (RegisterOp::Write(value), None | Some(RegisterRet::Written)) => Some(value.clone()),
            (RegisterOp::Read, Some(RegisterRet::Written))
            | (RegisterOp::Write(_), Some(RegisterRet::Value(_))) => None,
        }
    }

    fn key(&self, _: &RegisterOp<V>) {}

    fn is_read_only(&self, op: &RegisterOp<V>, _: Option<&RegisterRet<V>>) -> bool {
        matches!(op, RegisterOp::Read)
    }

    fn same(&self, one: &RegisterOp<V>, other: &RegisterOp<V>) -> bool {
        one == other
    }

    fn unseen(&self, calls: &[Call<'_, RegisterOp<V>, RegisterRet<V>>]) -> Unseen {
        unseen(calls.iter().map(|call| match (call.op, call.ret) {
            (RegisterOp::Write(value), _) => Touch::Write(value),
            (RegisterOp::Read, Some(RegisterRet::Value(seen))) => Touch::Compare(seen),
            (RegisterOp::Read, None | Some(RegisterRet::Written)) => Touch::Nothing,
        }))
    }

    fn decide(&self, (): &(), calls: &[Call<'_, RegisterOp<V>, RegisterRet<V>>]) -> Option<Decision> {
        let access = |call: &Call<'_, RegisterOp<V>, RegisterRet<V>>| {
            Some(match (call.op, call.ret) {
                (RegisterOp::Write(_), Some(RegisterRet::Value(_)))
                | (RegisterOp::Read, Some(RegisterRet::Written)) => return None,
                (RegisterOp::Write(value), _) => Access::Write(value.clone()),
                (RegisterOp::Read, Some(RegisterRet::Value(seen))) => Access::Read(seen.clone()),
                (RegisterOp::Read, None) => Access::Nothing,
            })
        };
        let accesses: Option<Vec<_>> =
            calls.iter().map(|call| Some((access(call)?, call.called, call.returned))).collect();
        zones::judge(&self.initial, &accesses?, mistake(calls))
    }
}
