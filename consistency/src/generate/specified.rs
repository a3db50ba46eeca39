use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt::Debug;

use super::{Happening, Object, Rng, Shape, run};
use crate::{Event, History, HistoryBuilder, Nondeterministic, Outcome};

/// A specification with calls to draw from.
pub trait Domain {
    /// What is called.
    type Spec: Nondeterministic<Op: Clone + Debug, Ret: Clone + Debug, Key: Debug, State: Debug>;

    /// What is called.
    fn spec(&self) -> Self::Spec;

    /// Any operation; `nth` is different for each of a history.
    fn op(&self, rng: &mut Rng, nth: usize) -> OpOf<Self>;

    /// Everything that this operation might return, right or wrong.
    fn rets(&self, op: &OpOf<Self>, nth: usize) -> Vec<RetOf<Self>>;

    /// What it returns in this state, if that is not among the above.
    fn answer(&self, state: &StateOf<Self>, op: &OpOf<Self>) -> Option<RetOf<Self>> {
        let _ = (state, op);
        None
    }
}

/// An operation of a domain.
pub type OpOf<D> = <<D as Domain>::Spec as Nondeterministic>::Op;
/// What an operation of a domain returns.
pub type RetOf<D> = <<D as Domain>::Spec as Nondeterministic>::Ret;
/// A state of a domain.
pub type StateOf<D> = <<D as Domain>::Spec as Nondeterministic>::State;
/// A history of a domain.
pub type HistoryOf<D> = History<OpOf<D>, RetOf<D>>;

/// What a domain is for its callers.
struct Server<'a, D: Domain + ?Sized> {
    domain: &'a D,
    spec: D::Spec,
    states: BTreeMap<<D::Spec as Nondeterministic>::Key, StateOf<D>>,
}

impl<D: Domain> Object for Server<'_, D> {
    type Op = OpOf<D>;
    type Ret = RetOf<D>;

    fn ask(&mut self, rng: &mut Rng, _: usize, nth: usize) -> OpOf<D> {
        self.domain.op(rng, nth)
    }

    fn answer(&mut self, rng: &mut Rng, op: &OpOf<D>) -> Option<RetOf<D>> {
        let spec = &self.spec;
        let state = self.states.entry(spec.key(op)).or_insert_with_key(|key| spec.init(key));
        let mut rets: Vec<_> = self.domain.answer(state, op).into_iter().collect();
        rets.extend(self.domain.rets(op, 0));
        let start = rng.below(rets.len());
        let mut next = Vec::new();
        for ret in rets.iter().cycle().skip(start).take(rets.len()) {
            spec.step_all(state, op, Some(ret), &mut next);
            if !next.is_empty() {
                *state = next.swap_remove(rng.below(next.len()));
                return Some(ret.clone());
            }
        }
        None
    }
}

/// What clients of a correct object see: each call takes effect at some moment between its ends, or never returns.
pub fn right<D: Domain>(domain: &D, rng: &mut Rng, shape: Shape) -> HistoryOf<D> {
    let mut builder = HistoryBuilder::new();
    let mut server = Server { domain, spec: domain.spec(), states: BTreeMap::new() };
    run(&mut server, rng, shape, |process, happening| {
        // What happens makes a history: each process ends what it began, and is not heard of again if nobody knows.
        let _ = match happening {
            Happening::Call(op) => builder.invoke(process, op).is_ok(),
            Happening::Return(_, ret) => builder.ok(process, ret).is_ok(),
            Happening::Fail(_) => builder.fail(process).is_ok(),
            Happening::Lose(_) => builder.info(process).is_ok(),
        };
    });
    builder.finish()
}

/// The history with what one operation returned changed to whatever it might return: it may be right still.
pub fn changed<D: Domain>(domain: &D, rng: &mut Rng, history: &HistoryOf<D>) -> HistoryOf<D> {
    let operations = history.operations();
    let returned: Vec<usize> = (0..operations.len()).filter(|at| operations[*at].ret().is_some()).collect();
    let target = returned.get(rng.below(returned.len())).copied();
    rebuild(history, |at, outcome| {
        if Some(at) != target {
            return outcome.clone();
        }
        let rets = domain.rets(&operations[at].op, at);
        rets.get(rng.below(rets.len())).map_or_else(|| outcome.clone(), |ret| Outcome::Returned(ret.clone()))
    })
}

/// The same events, with other outcomes.
pub fn rebuild<O: Clone, R: Clone>(
    history: &History<O, R>,
    mut outcome: impl FnMut(usize, &Outcome<R>) -> Outcome<R>,
) -> History<O, R> {
    let mut builder = HistoryBuilder::new();
    for event in history.events() {
        let (Event::Call(id) | Event::Return(id)) = *event;
        let (process, Some(operation)) = (id.index() as u64, history.get(id)) else { continue };
        // A process for each operation.
        let _ = match event {
            Event::Call(_) => builder.invoke(process, operation.op.clone()).is_ok(),
            Event::Return(_) => match outcome(id.index(), &operation.outcome) {
                Outcome::Returned(ret) => builder.ok(process, ret).is_ok(),
                Outcome::Failed => builder.fail(process).is_ok(),
                Outcome::Unknown => builder.info(process).is_ok(),
            },
        };
    }
    builder.finish()
}
