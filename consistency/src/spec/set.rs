use alloc::{collections::BTreeSet, vec::Vec};
use core::{hash::Hash, marker::PhantomData};

use super::{Call, Decision, Growth, Spec, mistake};
use crate::shortcut::chain::{self, Access};

/// A set, empty at first, that can be read as a whole.
///
/// If no value is added twice, none is removed, and all reads are of the whole, histories are judged without a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set<V>(PhantomData<V>);

impl<V> Set<V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A call to a [`Set`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SetOp<V> {
    /// This shall be in it.
    Add(V),
    /// This shall not be in it.
    Remove(V),
    /// Is this in it?
    Contains(V),
    /// What is in it?
    Read,
}

/// What a call to a [`Set`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SetRet<V> {
    /// An addition or a removal was done.
    Done,
    /// It was done, and did or did not change the set.
    Changed(bool),
    /// Whether it is in it.
    Contains(bool),
    /// What is in it.
    Elements(BTreeSet<V>),
}

impl<V: Clone + Ord + Hash> Spec for Set<V> {
    type Op = SetOp<V>;
    type Ret = SetRet<V>;
    type State = BTreeSet<V>;
    type Key = ();

    fn init(&self, (): &()) -> BTreeSet<V> {
        BTreeSet::new()
    }

    fn step(&self, state: &BTreeSet<V>, op: &SetOp<V>, ret: Option<&SetRet<V>>) -> Option<BTreeSet<V>> {
        let has = |value: &V| state.contains(value);
        let is_legal = match (op, ret) {
            (_, None) | (SetOp::Add(_) | SetOp::Remove(_), Some(SetRet::Done)) => true,
            (SetOp::Add(value), Some(SetRet::Changed(changed))) => *changed != has(value),
            (SetOp::Remove(value), Some(SetRet::Changed(changed))) => *changed == has(value),
            (SetOp::Contains(value), Some(SetRet::Contains(found))) => *found == has(value),
            (SetOp::Read, Some(SetRet::Elements(elements))) => elements == state,
            (SetOp::Add(_) | SetOp::Remove(_), Some(SetRet::Contains(_) | SetRet::Elements(_)))
            | (SetOp::Contains(_), Some(SetRet::Done | SetRet::Changed(_) | SetRet::Elements(_)))
            | (SetOp::Read, Some(SetRet::Done | SetRet::Changed(_) | SetRet::Contains(_))) => false,
        };
        is_legal.then(|| {
            let mut next = state.clone();
            match op {
                SetOp::Add(value) => drop(next.insert(value.clone())),
                SetOp::Remove(value) => drop(next.remove(value)),
                SetOp::Contains(_) | SetOp::Read => {}
            }
            next
        })
    }

    fn key(&self, _: &SetOp<V>) {}

    fn is_read_only(&self, op: &SetOp<V>, ret: Option<&SetRet<V>>) -> bool {
        matches!(op, SetOp::Contains(_) | SetOp::Read) || ret == Some(&SetRet::Changed(false))
    }

    fn same(&self, one: &SetOp<V>, other: &SetOp<V>) -> bool {
        one == other
    }

    fn growth(&self, op: &SetOp<V>, ret: Option<&SetRet<V>>) -> Growth {
        match (op, ret) {
            (SetOp::Read, Some(SetRet::Elements(_))) => Growth::Shows,
            (SetOp::Read | SetOp::Contains(_) | SetOp::Add(_), _)
            | (SetOp::Remove(_), Some(SetRet::Changed(false))) => Growth::Adds,
            (SetOp::Remove(_), _) => Growth::Other,
        }
    }

    fn may_show(&self, state: &BTreeSet<V>, _: &SetOp<V>, ret: &SetRet<V>) -> bool {
        match ret {
            SetRet::Elements(seen) => state.is_subset(seen),
            SetRet::Done | SetRet::Changed(_) | SetRet::Contains(_) => true,
        }
    }

    fn decide(&self, (): &(), calls: &[Call<'_, SetOp<V>, SetRet<V>>]) -> Option<Decision> {
        let mut accesses = Vec::with_capacity(calls.len());
        for call in calls {
            let access = match (call.op, call.ret) {
                (SetOp::Add(value), None | Some(SetRet::Done | SetRet::Changed(true))) => Access::Add(value),
                (SetOp::Read, Some(SetRet::Elements(seen))) => Access::Read(seen),
                (SetOp::Read | SetOp::Contains(_), None) => Access::Nothing,
                (SetOp::Add(_) | SetOp::Remove(_) | SetOp::Contains(_) | SetOp::Read, _) => return None,
            };
            accesses.push((access, call.called, call.returned));
        }
        chain::judge(&accesses, mistake(calls))
    }
}
