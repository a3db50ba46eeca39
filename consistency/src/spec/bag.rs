use core::marker::PhantomData;

use super::Spec;

/// A bag (multiset), empty at first. Its elements are independent, so a history is judged element by element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bag<V>(PhantomData<V>);

impl<V> Bag<V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A call to a [`Bag`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BagOp<V> {
    /// One more of these.
    Add(V),
    /// One less of these.
    Remove(V),
    /// How many of these are there?
    Count(V),
}

/// What a call to a [`Bag`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BagRet {
    /// It was added.
    Added,
    /// Whether there was one to remove.
    Removed(bool),
    /// How many there are.
    Count(u64),
}

impl<V: Clone + Ord> Spec for Bag<V> {
    type Op = BagOp<V>;
    type Ret = BagRet;
    type State = u64;
    type Key = V;

    fn init(&self, _: &V) -> u64 {
        0
    }

    fn step(&self, count: &u64, op: &BagOp<V>, ret: Option<&BagRet>) -> Option<u64> {
        let next = match op {
            BagOp::Add(_) => count.saturating_add(1),
            BagOp::Remove(_) => count.saturating_sub(1),
            BagOp::Count(_) => *count,
        };
        let is_legal = match (op, ret) {
            (_, None) | (BagOp::Add(_), Some(BagRet::Added)) => true,
            (BagOp::Remove(_), Some(BagRet::Removed(removed))) => *removed == (*count > 0),
            (BagOp::Count(_), Some(BagRet::Count(seen))) => seen == count,
            (BagOp::Add(_), Some(BagRet::Removed(_) | BagRet::Count(_)))
            | (BagOp::Remove(_), Some(BagRet::Added | BagRet::Count(_)))
            | (BagOp::Count(_), Some(BagRet::Added | BagRet::Removed(_))) => false,
        };
        is_legal.then_some(next)
    }

    fn key(&self, op: &BagOp<V>) -> V {
        match op {
            BagOp::Add(value) | BagOp::Remove(value) | BagOp::Count(value) => value.clone(),
        }
    }

    fn is_read_only(&self, op: &BagOp<V>, ret: Option<&BagRet>) -> bool {
        matches!(op, BagOp::Count(_)) || ret == Some(&BagRet::Removed(false))
    }

    fn same(&self, one: &BagOp<V>, other: &BagOp<V>) -> bool {
        one == other
    }
}
