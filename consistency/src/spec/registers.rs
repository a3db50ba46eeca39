use alloc::vec::Vec;
use core::{hash::Hash, marker::PhantomData};

use super::{
    Access, Call, Decision, RegisterRet, Spec, Unseen, mistake,
    unseen::{Touch, unseen},
};
use crate::shortcut::zones;

/// Registers by key; one call reads or writes one of them. Keys are independent, so linearizability is judged key by key;
/// weaker models are not.
///
/// If no value is written twice to a key, nor the first one again, histories are judged in O(n log n).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers<K, V> {
    /// What each of them holds at first.
    pub initial: V,
    keys: PhantomData<K>,
}

impl<K, V> Registers<K, V> {
    /// Registers that hold this at first.
    pub const fn new(initial: V) -> Self {
        Self { initial, keys: PhantomData }
    }
}

impl<K: Clone + Ord + Hash, V: Clone + Ord + Hash> Spec for Registers<K, V> {
    type Op = Access<K, V>;
    type Ret = RegisterRet<V>;
    type State = V;
    type Key = K;

    fn init(&self, _: &K) -> V {
        self.initial.clone()
    }

    fn step(&self, state: &V, op: &Access<K, V>, ret: Option<&RegisterRet<V>>) -> Option<V> {
        match (op, ret) {
            (Access::Read(_), None) => Some(state.clone()),
            (Access::Read(_), Some(RegisterRet::Value(seen))) => (seen == state).then(|| state.clone()),
            (Access::Write(_, value), None | Some(RegisterRet::Written)) => Some(value.clone()),
            (Access::Read(_), Some(RegisterRet::Written))
            | (Access::Write(..), Some(RegisterRet::Value(_))) => None,
        }
    }

    fn key(&self, op: &Access<K, V>) -> K {
        let (Access::Read(key) | Access::Write(key, _)) = op;
        key.clone()
    }

    fn is_read_only(&self, op: &Access<K, V>, _: Option<&RegisterRet<V>>) -> bool {
        matches!(op, Access::Read(_))
    }

    fn same(&self, one: &Access<K, V>, other: &Access<K, V>) -> bool {
        one == other
    }

    fn unseen(&self, calls: &[Call<'_, Access<K, V>, RegisterRet<V>>]) -> Unseen {
        unseen(calls.iter().map(|call| match (call.op, call.ret) {
            (Access::Write(_, value), _) => Touch::Write(value),
            (Access::Read(_), Some(RegisterRet::Value(seen))) => Touch::Compare(seen),
            (Access::Read(_), None | Some(RegisterRet::Written)) => Touch::Nothing,
        }))
    }

    fn decide(&self, _: &K, calls: &[Call<'_, Access<K, V>, RegisterRet<V>>]) -> Option<Decision> {
        let access = |call: &Call<'_, Access<K, V>, RegisterRet<V>>| {
            Some(match (call.op, call.ret) {
                (Access::Write(..), Some(RegisterRet::Value(_)))
                | (Access::Read(_), Some(RegisterRet::Written)) => return None,
                (Access::Write(_, value), _) => zones::Access::Write(value.clone()),
                (Access::Read(_), Some(RegisterRet::Value(seen))) => zones::Access::Read(seen.clone()),
                (Access::Read(_), None) => zones::Access::Nothing,
            })
        };
        let accesses: Option<Vec<_>> =
            calls.iter().map(|call| Some((access(call)?, call.called, call.returned))).collect();
        zones::judge(&self.initial, &accesses?, mistake(calls))
    }
}
