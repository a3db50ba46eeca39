//! Histories that are right, histories that are changed, and an oracle that tries everything.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail loudly, too"
)]

pub mod accesses;
pub mod domains;
pub mod intervals;
pub mod once;
pub mod stale;
pub mod txn;
pub mod versions;

use std::{collections::BTreeMap, fmt::Debug};

use quorate_consistency::{History, HistoryBuilder, Nondeterministic, Outcome};

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.draw() % bound as u64).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// An object with calls to draw from.
pub trait Domain {
    type Spec: Nondeterministic<Op: Clone + Debug, Ret: Clone + Debug, Key: Debug, State: Debug>;

    fn spec(&self) -> Self::Spec;

    /// Any operation; `nth` is different for each of a history.
    fn op(&self, rng: &mut Rng, nth: usize) -> OpOf<Self>;

    /// Everything that this operation might return, right or wrong.
    fn rets(&self, op: &OpOf<Self>, nth: usize) -> Vec<RetOf<Self>>;

    /// What it returns in this state, if that is not among the above.
    fn answer(&self, _: &StateOf<Self>, _: &OpOf<Self>) -> Option<RetOf<Self>> {
        None
    }
}

pub type OpOf<D> = <<D as Domain>::Spec as Nondeterministic>::Op;
pub type RetOf<D> = <<D as Domain>::Spec as Nondeterministic>::Ret;
pub type StateOf<D> = <<D as Domain>::Spec as Nondeterministic>::State;
pub type HistoryOf<D> = History<OpOf<D>, RetOf<D>>;

/// How large a generated history is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub processes: usize,
    pub operations: usize,
    /// How many of a hundred operations never return.
    pub pending_percent: usize,
    /// How many of a hundred fail.
    pub failed_percent: usize,
}

pub const SMALL: Shape = Shape { processes: 3, operations: 7, pending_percent: 15, failed_percent: 5 };

struct Running<O, R> {
    op: O,
    ret: Option<R>,
    fails: bool,
}

/// What clients of a correct object see: each call takes effect at some moment between its ends, or never returns.
pub fn right<D: Domain>(domain: &D, rng: &mut Rng, shape: Shape) -> HistoryOf<D> {
    let spec = domain.spec();
    let mut builder = HistoryBuilder::new();
    let mut states: BTreeMap<_, StateOf<D>> = BTreeMap::new();
    let mut running: Vec<Option<Running<OpOf<D>, RetOf<D>>>> = Vec::new();
    running.resize_with(shape.processes, || None);
    let mut processes: Vec<u64> = (0..).take(shape.processes).collect();
    let (mut invoked, mut stalled) = (0, 0);
    while (invoked < shape.operations || running.iter().any(Option::is_some)) && stalled < 1_000 {
        stalled += 1;
        let at = rng.below(shape.processes);
        let process = processes[at];
        match running[at].take() {
            None if invoked < shape.operations => {
                let op = domain.op(rng, invoked);
                builder.invoke(process, op.clone()).unwrap();
                running[at] = Some(Running { op, ret: None, fails: rng.chance(shape.failed_percent) });
                invoked += 1;
                stalled = 0;
            }
            None => {}
            Some(call) if call.fails => {
                builder.fail(process).unwrap();
            }
            Some(call) if call.ret.is_none() && rng.chance(shape.pending_percent) => {
                if rng.chance(50) {
                    take_effect(domain, &spec, rng, &mut states, &call.op);
                }
                builder.info(process).unwrap();
                processes[at] = 1_000 + invoked as u64 * 100 + at as u64;
            }
            Some(Running { op, ret: None, fails }) => {
                let ret = take_effect(domain, &spec, rng, &mut states, &op);
                stalled = if ret.is_some() { 0 } else { stalled };
                running[at] = Some(Running { op, ret, fails });
            }
            Some(Running { ret: Some(ret), .. }) => {
                builder.ok(process, ret).unwrap();
                stalled = 0;
            }
        }
    }
    builder.finish()
}

fn take_effect<D: Domain>(
    domain: &D,
    spec: &D::Spec,
    rng: &mut Rng,
    states: &mut BTreeMap<<D::Spec as Nondeterministic>::Key, StateOf<D>>,
    op: &OpOf<D>,
) -> Option<RetOf<D>> {
    let state = states.entry(spec.key(op)).or_insert_with_key(|key| spec.init(key));
    let mut next = Vec::new();
    let mut rets: Vec<_> = domain.answer(state, op).into_iter().collect();
    rets.extend(domain.rets(op, 0));
    let start = rng.below(rets.len());
    let rotated = rets.iter().cycle().skip(start).take(rets.len());
    for ret in rotated {
        spec.step_all(state, op, Some(ret), &mut next);
        if !next.is_empty() {
            let at = rng.below(next.len());
            *state = next.swap_remove(at);
            return Some(ret.clone());
        }
    }
    None
}

/// The history with what one operation returned changed, or its end forgotten.
pub fn changed<D: Domain>(domain: &D, rng: &mut Rng, history: &HistoryOf<D>) -> HistoryOf<D> {
    let returned: Vec<_> = history
        .operations()
        .iter()
        .enumerate()
        .filter(|(_, op)| op.ret().is_some())
        .map(|(at, _)| at)
        .collect();
    if returned.is_empty() {
        return rebuild::<D>(history, |_, outcome| outcome.clone());
    }
    let target = *rng.pick(&returned);
    rebuild::<D>(history, |at, outcome| {
        if at != target {
            return outcome.clone();
        }
        let rets = domain.rets(&history.operations()[at].op, at);
        Outcome::Returned(rng.pick(&rets).clone())
    })
}

/// The same events, with other outcomes.
pub fn rebuild<D: Domain>(
    history: &HistoryOf<D>,
    mut outcome: impl FnMut(usize, &Outcome<RetOf<D>>) -> Outcome<RetOf<D>>,
) -> HistoryOf<D> {
    let mut builder = HistoryBuilder::new();
    for event in history.events() {
        match event {
            quorate_consistency::Event::Call(id) => {
                builder.invoke(id.index() as u64, history.get(*id).unwrap().op.clone()).unwrap();
            }
            quorate_consistency::Event::Return(id) => {
                match outcome(id.index(), &history.get(*id).unwrap().outcome) {
                    Outcome::Returned(ret) => builder.ok(id.index() as u64, ret).unwrap(),
                    Outcome::Failed => builder.fail(id.index() as u64).unwrap(),
                    Outcome::Unknown => builder.info(id.index() as u64).unwrap(),
                };
            }
        }
    }
    builder.finish()
}

/// Tries every order of every subset that holds all operations that returned, by the definition of linearizability.
pub fn oracle<S: Nondeterministic>(spec: &S, history: &History<S::Op, S::Ret>) -> bool {
    let mut search = Oracle { spec, history, done: vec![false; history.operations().len()] };
    search.go(&BTreeMap::new())
}

struct Oracle<'a, S: Nondeterministic> {
    spec: &'a S,
    history: &'a History<S::Op, S::Ret>,
    done: Vec<bool>,
}

impl<S: Nondeterministic> Oracle<'_, S> {
    fn go(&mut self, states: &BTreeMap<S::Key, S::State>) -> bool {
        let operations = self.history.operations();
        if operations.iter().zip(&self.done).all(|(op, done)| *done || op.ret().is_none()) {
            return true;
        }
        for (at, operation) in operations.iter().enumerate() {
            // Another one has returned before this one was invoked.
            let is_late = operations.iter().zip(&self.done).any(|(other, done)| {
                !done && other.returned().is_some_and(|returned| returned < operation.called())
            });
            if self.done[at] || is_late || matches!(operation.outcome, Outcome::Failed) {
                continue;
            }
            let key = self.spec.key(&operation.op);
            let mut next = Vec::new();
            let before = states.get(&key).cloned().unwrap_or_else(|| self.spec.init(&key));
            self.spec.step_all(&before, &operation.op, operation.ret(), &mut next);
            self.done[at] = true;
            for state in next {
                let mut states = states.clone();
                states.insert(key.clone(), state);
                if self.go(&states) {
                    return true;
                }
            }
            self.done[at] = false;
        }
        false
    }
}
