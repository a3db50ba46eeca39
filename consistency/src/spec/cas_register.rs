use core::hash::Hash;

use super::{
    Call, Spec, Unseen, mistake,
    unseen::{Touch, unseen},
};
use crate::bug::Bug;

/// A register with compare-and-set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CasRegister<V> {
    /// What it holds at first.
    pub initial: V,
}

/// A call to a [`CasRegister`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CasOp<V> {
    /// What does it hold?
    Read,
    /// It shall hold this.
    Write(V),
    /// It shall hold `to` if it holds `from`.
    Cas {
        /// What it must hold.
        from: V,
        /// What it shall hold.
        to: V,
    },
}

/// What a call to a [`CasRegister`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CasRet<V> {
    /// It holds this.
    Value(V),
    /// It was written.
    Written,
    /// Whether it held what was compared.
    Swapped(bool),
}

impl<V: Clone + Eq + Hash> Spec for CasRegister<V> {
    type Op = CasOp<V>;
    type Ret = CasRet<V>;
    type State = V;
    type Key = ();

    fn init(&self, (): &()) -> V {
        self.initial.clone()
    }

    fn step(&self, state: &V, op: &CasOp<V>, ret: Option<&CasRet<V>>) -> Option<V> {
        match (op, ret) {
            (CasOp::Read, None) => Some(state.clone()),
            (CasOp::Read, Some(CasRet::Value(seen))) => (seen == state).then(|| state.clone()),
            (CasOp::Write(value), None | Some(CasRet::Written)) => Some(value.clone()),
            (CasOp::Cas { from, to }, None) => Some(if state == from { to } else { state }.clone()),
            (CasOp::Cas { from, to }, Some(CasRet::Swapped(true))) => (state == from).then(|| to.clone()),
            (CasOp::Cas { from, .. }, Some(CasRet::Swapped(false))) => (state != from).then(|| state.clone()),
            (CasOp::Read, Some(CasRet::Written | CasRet::Swapped(_)))
            | (CasOp::Write(_), Some(CasRet::Value(_) | CasRet::Swapped(_)))
            | (CasOp::Cas { .. }, Some(CasRet::Value(_) | CasRet::Written)) => None,
        }
    }

    fn key(&self, _: &CasOp<V>) {}

    fn is_read_only(&self, op: &CasOp<V>, ret: Option<&CasRet<V>>) -> bool {
        match op {
            CasOp::Read => true,
            CasOp::Write(_) => false,
            CasOp::Cas { from, to } => from == to || ret == Some(&CasRet::Swapped(false)),
        }
    }

    fn same(&self, one: &CasOp<V>, other: &CasOp<V>) -> bool {
        one == other
    }

    fn unseen(&self, calls: &[Call<'_, CasOp<V>, CasRet<V>>]) -> Unseen {
        let mistake = mistake(calls);
        unseen(calls.iter().map(|call| match (call.op, call.ret) {
            (CasOp::Write(value), _) => Touch::Write(value),
            (CasOp::Read, Some(CasRet::Value(seen))) => Touch::Compare(seen),
            (CasOp::Cas { .. }, Some(CasRet::Swapped(false))) if mistake.is(Bug::MissesOverlooked) => {
                Touch::Nothing
            }
            (CasOp::Cas { from, .. }, Some(CasRet::Swapped(false))) => Touch::Miss(from),
            (CasOp::Cas { from, .. }, _) => Touch::Compare(from),
            (CasOp::Read, None | Some(CasRet::Written | CasRet::Swapped(_))) => Touch::Nothing,
        }))
    }
}
