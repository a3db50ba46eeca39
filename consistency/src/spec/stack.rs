use alloc::vec::Vec;
use core::{hash::Hash, marker::PhantomData};

use super::{Call, Decision, Spec, mistake};
use crate::shortcut::{
    contents::{self, Access},
    nested,
};

/// A stack, empty at first: last in, first out.
///
/// If no value is pushed twice, histories are judged in O(n log n), unless it matters what a pending pop has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stack<V>(PhantomData<V>);

impl<V> Stack<V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A call to a [`Stack`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StackOp<V> {
    /// Puts this on top.
    Push(V),
    /// Takes the top away.
    Pop,
}

/// What a call to a [`Stack`] returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StackRet<V> {
    /// It is on the stack.
    Pushed,
    /// This was on top; `None` if the stack was empty.
    Popped(Option<V>),
}

impl<V: Clone + Ord + Hash> Spec for Stack<V> {
    type Op = StackOp<V>;
    type Ret = StackRet<V>;
    type State = Vec<V>;
    type Key = ();

    fn init(&self, (): &()) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, state: &Vec<V>, op: &StackOp<V>, ret: Option<&StackRet<V>>) -> Option<Vec<V>> {
        let is_legal = match (op, ret) {
            (_, None) | (StackOp::Push(_), Some(StackRet::Pushed)) => true,
            (StackOp::Pop, Some(StackRet::Popped(taken))) => taken.as_ref() == state.last(),
            (StackOp::Push(_), Some(StackRet::Popped(_))) | (StackOp::Pop, Some(StackRet::Pushed)) => false,
        };
        is_legal.then(|| {
            let mut next = state.clone();
            match op {
                StackOp::Push(value) => next.push(value.clone()),
                StackOp::Pop => drop(next.pop()),
            }
            next
        })
    }

    fn key(&self, _: &StackOp<V>) {}

    fn is_read_only(&self, _: &StackOp<V>, ret: Option<&StackRet<V>>) -> bool {
        ret == Some(&StackRet::Popped(None))
    }

    fn same(&self, one: &StackOp<V>, other: &StackOp<V>) -> bool {
        one == other
    }

    fn decide(&self, (): &(), calls: &[Call<'_, StackOp<V>, StackRet<V>>]) -> Option<Decision> {
        let mut accesses = Vec::with_capacity(calls.len());
        for call in calls {
            let access = match (call.op, call.ret) {
                (StackOp::Push(value), None | Some(StackRet::Pushed)) => Access::Put(value),
                (StackOp::Pop, Some(StackRet::Popped(Some(value)))) => Access::Take(value),
                (StackOp::Pop, Some(StackRet::Popped(None))) => Access::TakeNothing,
                (StackOp::Pop, None) => Access::Unknown,
                (StackOp::Push(_), Some(StackRet::Popped(_))) | (StackOp::Pop, Some(StackRet::Pushed)) => {
                    return None;
                }
            };
            accesses.push((access, call.called, call.returned));
        }
        contents::judge(&accesses, mistake(calls), nested::order)
    }
}
