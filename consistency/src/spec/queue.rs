use alloc::{collections::VecDeque, vec::Vec};
use core::{hash::Hash, marker::PhantomData};

use super::{Call, Decision, Spec, mistake};
use crate::shortcut::{
    contents::{self, Access},
    fifo,
};

/// A queue, empty at first: first in, first out.
///
/// If no value is enqueued twice, histories are judged in O(n log n), unless it matters what a pending dequeue has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FifoQueue<V>(PhantomData<V>);

impl<V> FifoQueue<V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A call to a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueOp<V> {
    /// Puts this at the back.
    Enqueue(V),
    /// Takes one away.
    Dequeue,
}

/// What a call to a queue returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueRet<V> {
    /// It is in the queue.
    Enqueued,
    /// This was taken away; `None` if the queue was empty.
    Dequeued(Option<V>),
}

impl<V: Clone + Ord + Hash> Spec for FifoQueue<V> {
    type Op = QueueOp<V>;
    type Ret = QueueRet<V>;
    type State = VecDeque<V>;
    type Key = ();

    fn init(&self, (): &()) -> VecDeque<V> {
        VecDeque::new()
    }

    fn step(&self, state: &VecDeque<V>, op: &QueueOp<V>, ret: Option<&QueueRet<V>>) -> Option<VecDeque<V>> {
        let is_legal = match (op, ret) {
            (_, None) | (QueueOp::Enqueue(_), Some(QueueRet::Enqueued)) => true,
            (QueueOp::Dequeue, Some(QueueRet::Dequeued(taken))) => taken.as_ref() == state.front(),
            (QueueOp::Enqueue(_), Some(QueueRet::Dequeued(_)))
            | (QueueOp::Dequeue, Some(QueueRet::Enqueued)) => false,
        };
        is_legal.then(|| {
            let mut next = state.clone();
            match op {
                QueueOp::Enqueue(value) => next.push_back(value.clone()),
                QueueOp::Dequeue => drop(next.pop_front()),
            }
            next
        })
    }

    fn key(&self, _: &QueueOp<V>) {}

    fn is_read_only(&self, _: &QueueOp<V>, ret: Option<&QueueRet<V>>) -> bool {
        ret == Some(&QueueRet::Dequeued(None))
    }

    fn same(&self, one: &QueueOp<V>, other: &QueueOp<V>) -> bool {
        one == other
    }

    fn decide(&self, (): &(), calls: &[Call<'_, QueueOp<V>, QueueRet<V>>]) -> Option<Decision> {
        contents::judge(&accesses(calls)?, mistake(calls), fifo::order)
    }
}

/// What the calls put in and take out; `None` if one returned what no queue returns.
pub(super) fn accesses<'a, V>(
    calls: &[Call<'a, QueueOp<V>, QueueRet<V>>],
) -> Option<Vec<contents::Span<'a, V>>> {
    let access = |call: &Call<'a, QueueOp<V>, QueueRet<V>>| {
        Some(match (call.op, call.ret) {
            (QueueOp::Enqueue(value), None | Some(QueueRet::Enqueued)) => Access::Put(value),
            (QueueOp::Dequeue, Some(QueueRet::Dequeued(Some(value)))) => Access::Take(value),
            (QueueOp::Dequeue, Some(QueueRet::Dequeued(None))) => Access::TakeNothing,
            (QueueOp::Dequeue, None) => Access::Unknown,
            (QueueOp::Enqueue(_), Some(QueueRet::Dequeued(_)))
            | (QueueOp::Dequeue, Some(QueueRet::Enqueued)) => return None,
        })
    };
    calls.iter().map(|call| Some((access(call)?, call.called, call.returned))).collect()
}
