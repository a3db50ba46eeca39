use alloc::vec::Vec;
use core::{hash::Hash, marker::PhantomData};

use super::{Growth, Spec};

/// Lists by key, each empty at first, that grow at the end and are read as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List<K, V>(PhantomData<(K, V)>);

impl<K, V> List<K, V> {
    /// Empty ones.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A call to a [`List`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListOp<K, V> {
    /// Adds this at the end of the list of this key.
    Append(K, V),
    /// What is in the list of this key?
    Read(K),
}

/// What a call to a [`List`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListRet<V> {
    /// It is in the list.
    Appended,
    /// What is in the list.
    Elements(Vec<V>),
}

impl<K: Clone + Ord, V: Clone + Eq + Hash> Spec for List<K, V> {
    type Op = ListOp<K, V>;
    type Ret = ListRet<V>;
    type State = Vec<V>;
    type Key = K;

    fn init(&self, _: &K) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, state: &Vec<V>, op: &ListOp<K, V>, ret: Option<&ListRet<V>>) -> Option<Vec<V>> {
        match (op, ret) {
            (ListOp::Append(_, value), None | Some(ListRet::Appended)) => {
                let mut next = state.clone();
                next.push(value.clone());
                Some(next)
            }
            (ListOp::Read(_), None) => Some(state.clone()),
            (ListOp::Read(_), Some(ListRet::Elements(seen))) => (seen == state).then(|| state.clone()),
            (ListOp::Append(..), Some(ListRet::Elements(_))) | (ListOp::Read(_), Some(ListRet::Appended)) => {
                None
            }
        }
    }

    fn key(&self, op: &ListOp<K, V>) -> K {
        match op {
            ListOp::Append(key, _) | ListOp::Read(key) => key.clone(),
        }
    }

    fn is_read_only(&self, op: &ListOp<K, V>, _: Option<&ListRet<V>>) -> bool {
        matches!(op, ListOp::Read(_))
    }

    fn same(&self, one: &ListOp<K, V>, other: &ListOp<K, V>) -> bool {
        one == other
    }

    fn growth(&self, op: &ListOp<K, V>, ret: Option<&ListRet<V>>) -> Growth {
        match (op, ret) {
            (ListOp::Read(_), Some(ListRet::Elements(_))) => Growth::Shows,
            (ListOp::Read(_) | ListOp::Append(..), _) => Growth::Adds,
        }
    }

    fn may_show(&self, state: &Vec<V>, _: &ListOp<K, V>, ret: &ListRet<V>) -> bool {
        match ret {
            ListRet::Elements(seen) => seen.starts_with(state),
            ListRet::Appended => true,
        }
    }
}
