use alloc::{collections::BTreeMap, vec::Vec};
use core::{hash::Hash, marker::PhantomData};

use super::{Call, Decision, Nondeterministic, QueueOp, QueueRet, mistake, queue::accesses};
use crate::shortcut::{contents, pool};

/// A queue without order, empty at first: a dequeue takes any element that is there.
///
/// It is nondeterministic: nobody knows what a pending dequeue has taken.
///
/// If no value is enqueued twice, histories are judged in O(n log n), unless it matters what a pending dequeue has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnorderedQueue<V>(PhantomData<V>);

impl<V> UnorderedQueue<V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<V: Clone + Ord> UnorderedQueue<V> {
    /// Each state that there may be after this.
    pub(crate) fn step_each(
        state: &BTreeMap<V, usize>,
        op: &QueueOp<V>,
        ret: Option<&QueueRet<V>>,
        found: impl FnMut(BTreeMap<V, usize>),
    ) {
        match (op, ret) {
            (QueueOp::Enqueue(value), None | Some(QueueRet::Enqueued)) => {
                let mut more = state.clone();
                *more.entry(value.clone()).or_default() += 1;
                Some(more).into_iter().for_each(found);
            }
            (QueueOp::Dequeue, None) if !state.is_empty() => {
                state.keys().filter_map(|value| less(state, value)).for_each(found);
            }
            (QueueOp::Dequeue, Some(QueueRet::Dequeued(Some(value)))) => {
                less(state, value).into_iter().for_each(found);
            }
            (QueueOp::Dequeue, None | Some(QueueRet::Dequeued(None))) => {
                state.is_empty().then(|| state.clone()).into_iter().for_each(found);
            }
            (QueueOp::Enqueue(_), Some(QueueRet::Dequeued(_)))
            | (QueueOp::Dequeue, Some(QueueRet::Enqueued)) => {}
        }
    }
}

impl<V: Clone + Ord + Hash> Nondeterministic for UnorderedQueue<V> {
    type Op = QueueOp<V>;
    type Ret = QueueRet<V>;
    /// How many there are of each.
    type State = BTreeMap<V, usize>;
    type Key = ();

    fn init(&self, (): &()) -> Self::State {
        BTreeMap::new()
    }

    fn step_all(
        &self,
        state: &Self::State,
        op: &QueueOp<V>,
        ret: Option<&QueueRet<V>>,
        next: &mut Vec<Self::State>,
    ) {
        Self::step_each(state, op, ret, |state| next.push(state));
    }

    fn key(&self, _: &QueueOp<V>) {}

    fn is_read_only(&self, _: &QueueOp<V>, ret: Option<&QueueRet<V>>) -> bool {
        ret == Some(&QueueRet::Dequeued(None))
    }

    fn same(&self, one: &QueueOp<V>, other: &QueueOp<V>) -> bool {
        one == other
    }

    fn decide(&self, (): &(), calls: &[Call<'_, QueueOp<V>, QueueRet<V>>]) -> Option<Decision> {
        contents::judge(&accesses(calls)?, mistake(calls), |contents| Some(pool::order(contents)))
    }
}

/// With one of these less.
fn less<V: Clone + Ord>(state: &BTreeMap<V, usize>, value: &V) -> Option<BTreeMap<V, usize>> {
    let count = *state.get(value)?;
    let mut next = state.clone();
    if count > 1 {
        next.insert(value.clone(), count - 1);
    } else {
        next.remove(value);
    }
    Some(next)
}
