use alloc::vec::Vec;
use core::{hash::Hash, marker::PhantomData};

use super::{Growth, Spec};

/// Logs by key, each empty at first: an append is told its offset, a read asks for one offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log<K, V>(PhantomData<(K, V)>);

impl<K, V> Log<K, V> {
    /// Empty ones.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A call to a [`Log`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogOp<K, V> {
    /// Adds this at the end of the log of this key.
    Append(K, V),
    /// What is at this offset of the log of this key?
    Read(K, u64),
    /// How long is the log of this key?
    Len(K),
}

/// What a call to a [`Log`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogRet<V> {
    /// The offset of what was appended; for a length, the offset of what comes next.
    Offset(u64),
    /// What is at the offset; `None` beyond the end.
    Value(Option<V>),
}

impl<K: Clone + Ord, V: Clone + Eq + Hash> Spec for Log<K, V> {
    type Op = LogOp<K, V>;
    type Ret = LogRet<V>;
    type State = Vec<V>;
    type Key = K;

    fn init(&self, _: &K) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, state: &Vec<V>, op: &LogOp<K, V>, ret: Option<&LogRet<V>>) -> Option<Vec<V>> {
        let is_legal = match (op, ret) {
            (_, None) => true,
            (LogOp::Append(..) | LogOp::Len(_), Some(LogRet::Offset(offset))) => {
                *offset == state.len() as u64
            }
            (LogOp::Read(_, offset), Some(LogRet::Value(seen))) => {
                usize::try_from(*offset).ok().and_then(|at| state.get(at)) == seen.as_ref()
            }
            (LogOp::Append(..) | LogOp::Len(_), Some(LogRet::Value(_)))
            | (LogOp::Read(..), Some(LogRet::Offset(_))) => false,
        };
        is_legal.then(|| {
            let mut next = state.clone();
            if let LogOp::Append(_, value) = op {
                next.push(value.clone());
            }
            next
        })
    }

    fn key(&self, op: &LogOp<K, V>) -> K {
        match op {
            LogOp::Append(key, _) | LogOp::Read(key, _) | LogOp::Len(key) => key.clone(),
        }
    }

    fn is_read_only(&self, op: &LogOp<K, V>, _: Option<&LogRet<V>>) -> bool {
        matches!(op, LogOp::Read(..) | LogOp::Len(_))
    }

    fn same(&self, one: &LogOp<K, V>, other: &LogOp<K, V>) -> bool {
        one == other
    }

    fn growth(&self, _: &LogOp<K, V>, ret: Option<&LogRet<V>>) -> Growth {
        if ret.is_some() { Growth::Shows } else { Growth::Adds }
    }

    fn may_show(&self, state: &Vec<V>, op: &LogOp<K, V>, ret: &LogRet<V>) -> bool {
        match (op, ret) {
            // What is there stays.
            (LogOp::Read(_, offset), LogRet::Value(seen)) => {
                let held = usize::try_from(*offset).ok().and_then(|at| state.get(at));
                held.is_none() || held == seen.as_ref()
            }
            (LogOp::Append(..) | LogOp::Len(_), LogRet::Offset(offset)) => *offset >= state.len() as u64,
            (LogOp::Append(..) | LogOp::Len(_), LogRet::Value(_)) | (LogOp::Read(..), LogRet::Offset(_)) => {
                true
            }
        }
    }
}
