//! What an object is: its sequential specification.

mod bag;
mod cas_register;
mod counter;
mod joint;
mod keyed;
mod kv;
mod list;
mod log;
mod multi_register;
mod mutex;
mod queue;
mod register;
mod registers;
mod set;
mod stack;
mod unordered_queue;
mod unseen;

use alloc::vec::Vec;
use core::hash::Hash;

use crate::bug::Mistake;

pub use self::{
    bag::{Bag, BagOp, BagRet},
    cas_register::{CasOp, CasRegister, CasRet},
    counter::{Counter, CounterOp, CounterRet},
    joint::Joint,
    keyed::Keyed,
    kv::{Kv, KvOp, KvRet},
    list::{List, ListOp, ListRet},
    log::{Log, LogOp, LogRet},
    multi_register::{Access, MultiRegister},
    mutex::{Mutex, MutexOp},
    queue::{FifoQueue, QueueOp, QueueRet},
    register::{Register, RegisterOp, RegisterRet},
    registers::Registers,
    set::{Set, SetOp, SetRet},
    stack::{Stack, StackOp, StackRet},
    unordered_queue::UnorderedQueue,
    unseen::Unseen,
};

/// A deterministic object: an operation that returns leads from one state to at most one other.
///
/// All methods are pure functions. What they must satisfy is stated at each; `tests/objects/specs.rs` checks it for the
/// specifications of this crate.
pub trait Spec {
    /// What is asked for.
    type Op;
    /// What comes back.
    type Ret;
    /// What the object holds.
    type State: Clone + Eq + Hash;
    /// Which of several independent objects an operation concerns; `()` if there is one.
    type Key: Clone + Ord;

    /// What the object of this key holds at first.
    fn init(&self, key: &Self::Key) -> Self::State;

    /// The state after `op`, or `None` if `op` cannot return `ret` in this state. Without a `ret` nobody knows what was
    /// returned, and the state is the one after `op` whatever it returned.
    fn step(&self, state: &Self::State, op: &Self::Op, ret: Option<&Self::Ret>) -> Option<Self::State>;

    /// The object that `op` concerns. Operations on different keys must not influence each other: then a history is
    /// linearizable if and only if it is for each key (Herlihy and Wing, *Linearizability*, theorem 1).
    fn key(&self, op: &Self::Op) -> Self::Key;

    /// Whether `op` with this return changes **no** state in which it is legal. `true` lets the search put it in order
    /// at the first moment at which it is legal, so it must hold in every state, not only in the present one.
    fn is_read_only(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> bool {
        let _ = (op, ret);
        false
    }

    /// Whether two operations are one and the same to the object, from every state. An equivalence.
    fn same(&self, one: &Self::Op, other: &Self::Op) -> bool {
        let _ = (one, other);
        false
    }

    /// Which of these calls, all of one key, can be exchanged with one another in **every** order of them, legal or not,
    /// such that the same calls are legal as before. Say so only of calls that lead to one state from every state.
    fn unseen(&self, calls: &[Call<'_, Self::Op, Self::Ret>]) -> Unseen {
        let _ = calls;
        Unseen::default()
    }

    /// Whether `op` with this return only adds to the state, and shows what was added before.
    fn growth(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> Growth {
        let _ = (op, ret);
        Growth::Other
    }

    /// Whether `op`, which [shows](Growth::Shows) the state, can return `ret` now or after calls that only add to this state.
    /// `false` lets the search give up a state long before `op` returns, so it must hold whatever is added.
    fn may_show(&self, state: &Self::State, op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (state, op, ret);
        true
    }

    /// The same where `other` has done [something else](Growth::Other) to the state, and only calls that add to it come between.
    /// `false` must hold for every state that `other` changes.
    fn may_show_after(&self, other: &Self::Op, op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (other, op, ret);
        true
    }

    /// Judges all calls of one key at once, if there is a way that is faster than a search and as exact.
    fn decide(&self, key: &Self::Key, calls: &[Call<'_, Self::Op, Self::Ret>]) -> Option<Decision> {
        let _ = (key, calls);
        None
    }
}

/// What a call does to the state, as far as [`Spec::may_show`] goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Growth {
    /// Something else: after it anything may be shown.
    Other,
    /// It leaves the state as it is or adds to it.
    Adds,
    /// So it does, and what it returned tells what had been added before.
    Shows,
}

/// An object whose operations may lead to one of several states. Every [`Spec`] is one, with at most one.
pub trait Nondeterministic {
    /// What is asked for.
    type Op;
    /// What comes back.
    type Ret;
    /// What the object holds.
    type State: Clone + Eq + Hash;
    /// Which of several independent objects an operation concerns; `()` if there is one.
    type Key: Clone + Ord;

    /// What the object of this key holds at first.
    fn init(&self, key: &Self::Key) -> Self::State;

    /// Appends every state that there may be after `op` has returned `ret` in this state; none if it cannot. Without a
    /// `ret` nobody knows what was returned.
    fn step_all(
        &self,
        state: &Self::State,
        op: &Self::Op,
        ret: Option<&Self::Ret>,
        next: &mut Vec<Self::State>,
    );

    /// As [`Spec::key`].
    fn key(&self, op: &Self::Op) -> Self::Key;

    /// As [`Spec::is_read_only`].
    fn is_read_only(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> bool {
        let _ = (op, ret);
        false
    }

    /// As [`Spec::same`].
    fn same(&self, one: &Self::Op, other: &Self::Op) -> bool {
        let _ = (one, other);
        false
    }

    /// As [`Spec::unseen`].
    fn unseen(&self, calls: &[Call<'_, Self::Op, Self::Ret>]) -> Unseen {
        let _ = calls;
        Unseen::default()
    }

    /// As [`Spec::growth`].
    fn growth(&self, op: &Self::Op, ret: Option<&Self::Ret>) -> Growth {
        let _ = (op, ret);
        Growth::Other
    }

    /// As [`Spec::may_show`].
    fn may_show(&self, state: &Self::State, op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (state, op, ret);
        true
    }

    /// As [`Spec::may_show_after`].
    fn may_show_after(&self, other: &Self::Op, op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (other, op, ret);
        true
    }

    /// As [`Spec::decide`].
    fn decide(&self, key: &Self::Key, calls: &[Call<'_, Self::Op, Self::Ret>]) -> Option<Decision> {
        let _ = (key, calls);
        None
    }
}

impl<S: Spec> Nondeterministic for S {
    type Op = S::Op;
    type Ret = S::Ret;
    type State = S::State;
    type Key = S::Key;

    fn init(&self, key: &S::Key) -> S::State {
        Spec::init(self, key)
    }

    fn step_all(&self, state: &S::State, op: &S::Op, ret: Option<&S::Ret>, next: &mut Vec<S::State>) {
        next.extend(self.step(state, op, ret));
    }

    fn key(&self, op: &S::Op) -> S::Key {
        Spec::key(self, op)
    }

    fn is_read_only(&self, op: &S::Op, ret: Option<&S::Ret>) -> bool {
        Spec::is_read_only(self, op, ret)
    }

    fn same(&self, one: &S::Op, other: &S::Op) -> bool {
        Spec::same(self, one, other)
    }

    fn unseen(&self, calls: &[Call<'_, S::Op, S::Ret>]) -> Unseen {
        Spec::unseen(self, calls)
    }

    fn growth(&self, op: &S::Op, ret: Option<&S::Ret>) -> Growth {
        Spec::growth(self, op, ret)
    }

    fn may_show(&self, state: &S::State, op: &S::Op, ret: &S::Ret) -> bool {
        Spec::may_show(self, state, op, ret)
    }

    fn may_show_after(&self, other: &S::Op, op: &S::Op, ret: &S::Ret) -> bool {
        Spec::may_show_after(self, other, op, ret)
    }

    fn decide(&self, key: &S::Key, calls: &[Call<'_, S::Op, S::Ret>]) -> Option<Decision> {
        Spec::decide(self, key, calls)
    }
}

/// One call of a history, as [`Spec::decide`] sees it: in the order of invocation.
#[derive(Debug)]
pub struct Call<'a, O, R> {
    /// What was asked for.
    pub op: &'a O,
    /// What came back; `None` if it is pending.
    pub ret: Option<&'a R>,
    /// The place of its invocation among all events.
    pub called: usize,
    /// The place of its return; `None` if it is pending.
    pub returned: Option<usize>,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<crate::Bug>,
}

/// The classic mistake to make where these are judged.
pub(crate) fn mistake<O, R>(calls: &[Call<'_, O, R>]) -> Mistake {
    #[cfg(quorate_bugs)]
    return Mistake(calls.first().and_then(|call| call.bug));
    #[cfg(not(quorate_bugs))]
    {
        let _ = calls;
        Mistake()
    }
}

impl<O, R> Clone for Call<'_, O, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O, R> Copy for Call<'_, O, R> {}

/// What [`Spec::decide`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The calls are linearizable in this order, given by their places in the list.
    Linearizable(Vec<usize>),
    /// They are not.
    Illegal {
        /// The first call, by its return, that no order of the calls before its return explains.
        call: usize,
    },
}
