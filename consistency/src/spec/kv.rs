use alloc::{borrow::ToOwned as _, string::String};
use core::{hash::Hash, marker::PhantomData};

use super::{Growth, Spec};

/// A store of strings by key. Keys are independent, so a history is judged key by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kv<K> {
    /// What a key that was never written holds: `None`, or the empty string where the store does not tell the two apart.
    pub missing: Option<String>,
    keys: PhantomData<K>,
}

impl<K> Kv<K> {
    /// A store in which a key that was never written holds this.
    pub const fn new(missing: Option<String>) -> Self {
        Self { missing, keys: PhantomData }
    }
}

/// A call to a [`Kv`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KvOp<K> {
    /// What does this key hold?
    Get(K),
    /// This key shall hold this.
    Put(K, String),
    /// This is added at the end of what the key holds.
    Append(K, String),
    /// This key shall hold what one holds that was never written.
    Delete(K),
    /// This key shall hold `to` if it holds `from`; `None` is what a key holds that is not there.
    Cas {
        /// The key.
        key: K,
        /// What it must hold.
        from: Option<String>,
        /// What it shall hold.
        to: String,
    },
}

/// What a call to a [`Kv`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KvRet {
    /// What the key holds.
    Value(Option<String>),
    /// It was written.
    Done,
    /// Whether it held what was compared.
    Swapped(bool),
}

impl<K: Clone + Ord> Spec for Kv<K> {
    type Op = KvOp<K>;
    type Ret = KvRet;
    type State = Option<String>;
    type Key = K;

    fn init(&self, _: &K) -> Option<String> {
        self.missing.clone()
    }

    fn step(&self, state: &Option<String>, op: &KvOp<K>, ret: Option<&KvRet>) -> Option<Option<String>> {
        let is_legal = match (op, ret) {
            (_, None) => true,
            (KvOp::Get(_), Some(KvRet::Value(seen))) => seen == state,
            (KvOp::Put(..) | KvOp::Append(..) | KvOp::Delete(_), Some(ret)) => *ret == KvRet::Done,
            (KvOp::Cas { from, .. }, Some(KvRet::Swapped(swapped))) => *swapped == (from == state),
            (KvOp::Get(_), Some(KvRet::Done | KvRet::Swapped(_)))
            | (KvOp::Cas { .. }, Some(KvRet::Done | KvRet::Value(_))) => false,
        };
        is_legal.then(|| match op {
            KvOp::Get(_) => state.clone(),
            KvOp::Put(_, value) => Some(value.clone()),
            KvOp::Append(_, more) => Some(state.as_deref().unwrap_or_default().to_owned() + more),
            KvOp::Delete(_) => self.missing.clone(),
            KvOp::Cas { from, to, .. } => if from == state { Some(to) } else { state.as_ref() }.cloned(),
        })
    }

    fn key(&self, op: &KvOp<K>) -> K {
        match op {
            KvOp::Get(key)
            | KvOp::Put(key, _)
            | KvOp::Append(key, _)
            | KvOp::Delete(key)
            | KvOp::Cas { key, .. } => key.clone(),
        }
    }

    fn is_read_only(&self, op: &KvOp<K>, ret: Option<&KvRet>) -> bool {
        match op {
            KvOp::Get(_) => true,
            KvOp::Put(..) | KvOp::Append(..) | KvOp::Delete(_) => false,
            KvOp::Cas { from, to, .. } => from.as_ref() == Some(to) || ret == Some(&KvRet::Swapped(false)),
        }
    }

    fn same(&self, one: &KvOp<K>, other: &KvOp<K>) -> bool {
        one == other
    }

    fn growth(&self, op: &KvOp<K>, ret: Option<&KvRet>) -> Growth {
        match (op, ret) {
            (KvOp::Get(_), Some(KvRet::Value(_))) => Growth::Shows,
            (KvOp::Get(_) | KvOp::Append(..), _) | (KvOp::Cas { .. }, Some(KvRet::Swapped(false))) => {
                Growth::Adds
            }
            (KvOp::Put(..) | KvOp::Delete(_) | KvOp::Cas { .. }, _) => Growth::Other,
        }
    }

    fn may_show(&self, state: &Option<String>, _: &KvOp<K>, ret: &KvRet) -> bool {
        extends(state.as_ref(), ret)
    }

    fn may_show_after(&self, other: &KvOp<K>, _: &KvOp<K>, ret: &KvRet) -> bool {
        let written = match other {
            KvOp::Put(_, value) | KvOp::Cas { to: value, .. } => Some(value),
            KvOp::Delete(_) => self.missing.as_ref(),
            KvOp::Get(_) | KvOp::Append(..) => return true,
        };
        extends(written, ret)
    }
}

/// Whether a get sees this, or this with something added at its end.
fn extends(held: Option<&String>, ret: &KvRet) -> bool {
    match (held, ret) {
        (Some(held), KvRet::Value(seen)) => seen.as_ref().is_some_and(|seen| seen.starts_with(held)),
        (None, KvRet::Value(_)) | (_, KvRet::Done | KvRet::Swapped(_)) => true,
    }
}
