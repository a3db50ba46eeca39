//! A small linearizability checker, for the histories of simulated runs.
//!
//! Wing and Gong's search with Lowe's memo: it looks for one order of the calls that respects real time and that the
//! sequential [`Model`] allows. Its cost grows with the number of calls open at once, not with the length of the
//! history, except that each call whose outcome is unknown stays open for ever. Split histories by key first
//! ([`calls_by_key`]): linearizability is local.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;

use quorate_machine::Tag;

use crate::history::{Entry, History, Kind};

/// An object as its sequential specification.
pub trait Model {
    /// What it holds.
    type State: Clone + Ord + Default;
    /// A call together with what it returned.
    type Op;

    /// The state after `op`, or `None` if `op` cannot return in this state what it returned.
    fn apply(state: &Self::State, op: &Self::Op) -> Option<Self::State>;
}

/// One call, from its place in the history to the place where it returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<Op> {
    /// What it did.
    pub op: Op,
    /// When it began.
    pub invoked: usize,
    /// When it returned; `None` if nobody knows whether it happened.
    pub returned: Option<usize>,
}

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// There is such an order.
    Linearizable,
    /// There is none. The longest beginning that has one could not go on past this call, by its place in the list.
    Illegal {
        /// The call that had to come next and could not.
        call: usize,
    },
    /// The search gave up.
    TooHard,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linearizable => f.write_str("linearizable"),
            Self::Illegal { call } => write!(f, "not linearizable: no order gets past call {call}"),
            Self::TooHard => f.write_str("undecided: too many calls are open at once"),
        }
    }
}

/// Judges one object's calls, trying at most `steps_max` of them.
pub fn judge<M: Model>(calls: &[Call<M::Op>], steps_max: u64) -> Judgement {
    Search::<M>::new(calls).run(steps_max)
}

/// One node of the search: a state, the call that led to it, and which call to try next.
struct Frame<S> {
    state: S,
    took: Option<usize>,
    next: usize,
    /// No call that begins later may come next: another would have returned before it.
    horizon: usize,
}

struct Search<'a, M: Model> {
    calls: &'a [Call<M::Op>],
    /// The order in which to try calls: those of unknown outcome only when nothing else helps.
    order: Vec<usize>,
    done: Vec<u64>,
    /// How many calls that returned are not in the order yet.
    left: usize,
    seen: BTreeSet<(Vec<u64>, M::State)>,
    frames: Vec<Frame<M::State>>,
    /// The fewest calls ever left, and which one had to come next then.
    furthest: (usize, usize),
}

impl<'a, M: Model> Search<'a, M> {
    fn new(calls: &'a [Call<M::Op>]) -> Self {
        let mut order: Vec<_> = (0..calls.len()).collect();
        order.sort_by_key(|at| (calls[*at].returned.is_none(), calls[*at].invoked));
        let left = calls.iter().filter(|call| call.returned.is_some()).count();
        let done = vec![0; calls.len().div_ceil(64)];
        let furthest = (usize::MAX, 0);
        Self { calls, order, done, left, seen: BTreeSet::new(), frames: Vec::new(), furthest }
    }

    fn run(mut self, steps_max: u64) -> Judgement {
        self.enter(M::State::default(), None);
        for _ in 0..steps_max {
            if self.left == 0 {
                return Judgement::Linearizable;
            }
            match self.next_step() {
                Some((call, state)) => self.take(call, state),
                None if !self.back() => return Judgement::Illegal { call: self.furthest.1 },
                None => {}
            }
        }
        if self.left == 0 { Judgement::Linearizable } else { Judgement::TooHard }
    }

    fn enter(&mut self, state: M::State, took: Option<usize>) {
        let open = self.calls.iter().enumerate().filter(|(at, _)| !self.is_done(*at));
        let first = open.filter_map(|(at, call)| Some((call.returned?, at))).min();
        let (horizon, at) = first.unwrap_or((usize::MAX, 0));
        if self.left < self.furthest.0 {
            self.furthest = (self.left, at);
        }
        self.frames.push(Frame { state, took, next: 0, horizon });
    }

    /// The next call that may come here and was not tried, and where it leads.
    fn next_step(&mut self) -> Option<(usize, M::State)> {
        let frame = self.frames.last_mut()?;
        while let Some(at) = self.order.get(frame.next).copied() {
            frame.next += 1;
            let call = &self.calls[at];
            let is_done = self.done[at / 64] >> (at % 64) & 1 == 1;
            if is_done || call.invoked > frame.horizon {
                continue;
            }
            if let Some(state) = M::apply(&frame.state, &call.op) {
                return Some((at, state));
            }
        }
        None
    }

    fn take(&mut self, at: usize, state: M::State) {
        self.flip(at);
        if self.seen.insert((self.done.clone(), state.clone())) {
            self.enter(state, Some(at));
        } else {
            self.flip(at);
        }
    }

    /// Leaves the latest frame; false at the root.
    fn back(&mut self) -> bool {
        let took = self.frames.pop().and_then(|frame| frame.took);
        if let Some(at) = took {
            self.flip(at);
        }
        took.is_some()
    }

    fn is_done(&self, at: usize) -> bool {
        self.done[at / 64] >> (at % 64) & 1 == 1
    }

    fn flip(&mut self, at: usize) {
        self.done[at / 64] ^= 1 << (at % 64);
        if self.calls[at].returned.is_some() {
            self.left = if self.is_done(at) { self.left - 1 } else { self.left + 1 };
        }
    }
}

/// The calls of a history, by key, in the order in which they began.
///
/// `call` is given what was invoked and, if the call returned, what came back; it says which key that concerns and what
/// the model is to make of it, or `None` if the call cannot matter (say, a read of unknown outcome). Calls that
/// certainly were not done are left out.
pub fn calls_by_key<Op, K: Ord, C>(
    history: &History<Op>,
    mut call: impl FnMut(&Op, Option<&Op>) -> Option<(K, C)>,
) -> BTreeMap<K, Vec<Call<C>>> {
    let mut ends: BTreeMap<Tag, (usize, &Entry<Op>)> = BTreeMap::new();
    for (at, entry) in history.entries().iter().enumerate() {
        if matches!(entry.kind, Kind::Ok | Kind::Fail) {
            ends.insert(entry.process, (at, entry));
        }
    }
    let mut calls: BTreeMap<K, Vec<Call<C>>> = BTreeMap::new();
    for (invoked, entry) in history.entries().iter().enumerate() {
        let end = ends.get(&entry.process).copied();
        if entry.kind != Kind::Invoke || end.is_some_and(|(_, end)| end.kind == Kind::Fail) {
            continue;
        }
        if let Some((key, op)) = call(&entry.op, end.map(|(_, end)| &end.op)) {
            calls.entry(key).or_default().push(Call { op, invoked, returned: end.map(|(at, _)| at) });
        }
    }
    calls
}

/// A register: it holds the latest value written, at first none.
#[derive(Clone, Copy, Debug)]
pub struct Register<V>(core::marker::PhantomData<V>);

/// A call to a [`Register`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterOp<V> {
    /// Writes this.
    Write(V),
    /// Returned this.
    Read(Option<V>),
}

impl<V: Clone + Ord> Model for Register<V> {
    type State = Option<V>;
    type Op = RegisterOp<V>;

    fn apply(state: &Option<V>, op: &RegisterOp<V>) -> Option<Option<V>> {
        match op {
            RegisterOp::Write(value) => Some(Some(value.clone())),
            RegisterOp::Read(seen) => (seen == state).then(|| state.clone()),
        }
    }
}

/// Judges the calls to one register. Writes of unknown outcome that nobody read are left out first: they may always be
/// taken not to have happened.
pub fn judge_register<V: Clone + Ord>(calls: &[Call<RegisterOp<V>>], steps_max: u64) -> Judgement {
    let read: BTreeSet<&V> = calls
        .iter()
        .filter_map(|call| match &call.op {
            RegisterOp::Read(seen) => seen.as_ref(),
            RegisterOp::Write(_) => None,
        })
        .collect();
    let matters = |call: &Call<RegisterOp<V>>| match &call.op {
        RegisterOp::Write(value) => call.returned.is_some() || read.contains(value),
        RegisterOp::Read(_) => call.returned.is_some(),
    };
    let places: Vec<_> = (0..calls.len()).filter(|at| matters(&calls[*at])).collect();
    let kept: Vec<_> = places.iter().map(|at| calls[*at].clone()).collect();
    match judge::<Register<V>>(&kept, steps_max) {
        Judgement::Illegal { call } => Judgement::Illegal { call: places.get(call).copied().unwrap_or(0) },
        other @ (Judgement::Linearizable | Judgement::TooHard) => other,
    }
}
