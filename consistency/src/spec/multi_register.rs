use alloc::{collections::BTreeMap, vec::Vec};
use core::hash::Hash;

use super::Spec;

/// Several registers; one call reads and writes any of them at one moment, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiRegister<K, V> {
    /// What the registers hold at first. A register that is not named holds nothing.
    pub initial: BTreeMap<K, V>,
}

impl<K, V> MultiRegister<K, V> {
    /// Registers that hold this at first.
    pub const fn new(initial: BTreeMap<K, V>) -> Self {
        Self { initial }
    }
}

impl<K, V> Default for MultiRegister<K, V> {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

/// A part of a call to a [`MultiRegister`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Access<K, V> {
    /// What does this register hold?
    Read(K),
    /// This register shall hold this.
    Write(K, V),
}

impl<K: Clone + Ord + Hash, V: Clone + Eq + Hash> Spec for MultiRegister<K, V> {
    type Op = Vec<Access<K, V>>;
    /// What each read saw, in order.
    type Ret = Vec<Option<V>>;
    type State = BTreeMap<K, V>;
    type Key = ();

    fn init(&self, (): &()) -> Self::State {
        self.initial.clone()
    }

    fn step(&self, state: &Self::State, op: &Self::Op, ret: Option<&Self::Ret>) -> Option<Self::State> {
        let mut next = state.clone();
        let mut seen = ret.map(|ret| ret.iter());
        for access in op {
            match access {
                Access::Write(key, value) => {
                    next.insert(key.clone(), value.clone());
                }
                Access::Read(key) => {
                    if seen
                        .as_mut()
                        .is_some_and(|seen| seen.next().map(Option::as_ref) != Some(next.get(key)))
                    {
                        return None;
                    }
                }
            }
        }
        let is_complete = seen.is_none_or(|mut seen| seen.next().is_none());
        is_complete.then_some(next)
    }

    fn key(&self, _: &Self::Op) {}

    fn is_read_only(&self, op: &Self::Op, _: Option<&Self::Ret>) -> bool {
        op.iter().all(|access| matches!(access, Access::Read(_)))
    }

    fn same(&self, one: &Self::Op, other: &Self::Op) -> bool {
        one == other
    }
}
