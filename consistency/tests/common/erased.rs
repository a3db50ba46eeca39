//! Any domain as one type, so that what is generic in a domain is compiled once and not for each of them.

use std::{
    any::Any,
    cell::Cell,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    rc::Rc,
};

use quorate_consistency::{
    Call, Decision, Event, Growth, History, HistoryBuilder, Nondeterministic, Outcome, spec::Unseen,
};

use super::{Domain, OpOf, RetOf, Rng, StateOf};

/// A domain whose types are not known. It draws, judges and prints as the domain does.
#[derive(Clone, Copy)]
pub struct Erased<'a>(pub &'a dyn AnyDomain);

/// An operation, or what it returned.
#[derive(Clone)]
pub struct Told(Rc<dyn AnyTold>);

/// A state.
#[derive(Clone)]
pub struct Held(Rc<dyn AnyHeld>);

/// A key.
#[derive(Clone)]
pub struct Named(Rc<dyn AnyNamed>);

trait AnyTold: fmt::Debug {
    fn any(&self) -> &dyn Any;
}

trait AnyHeld: AnyTold {
    fn is(&self, other: &Held) -> bool;
    fn feed(&self, hasher: &mut dyn Hasher);
}

trait AnyNamed: AnyTold {
    fn compare(&self, other: &Named) -> Ordering;
    fn feed(&self, hasher: &mut dyn Hasher);
}

impl<T: fmt::Debug + 'static> AnyTold for T {
    fn any(&self) -> &dyn Any {
        self
    }
}

impl<T: fmt::Debug + Eq + Hash + 'static> AnyHeld for T {
    fn is(&self, other: &Held) -> bool {
        self == typed::<T>((*other.0).any())
    }

    fn feed(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }
}

impl<T: fmt::Debug + Ord + Hash + 'static> AnyNamed for T {
    fn compare(&self, other: &Named) -> Ordering {
        self.cmp(typed((*other.0).any()))
    }

    fn feed(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }
}

/// What comes from another domain is a mistake of the test.
fn typed<T: 'static>(any: &dyn Any) -> &T {
    any.downcast_ref().unwrap()
}

impl Told {
    pub fn new(told: impl fmt::Debug + 'static) -> Self {
        Self(Rc::new(told))
    }

    pub fn typed<T: 'static>(&self) -> &T {
        typed((*self.0).any())
    }
}

impl Held {
    pub fn typed<T: 'static>(&self) -> &T {
        typed((*self.0).any())
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.0).fmt(f)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.0).fmt(f)
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.0).fmt(f)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (*self.0).is(other)
    }
}

impl Eq for Held {}

impl Hash for Held {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (*self.0).feed(hasher);
    }
}

impl Hash for Named {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (*self.0).feed(hasher);
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Named {}

impl PartialOrd for Named {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Named {
    fn cmp(&self, other: &Self) -> Ordering {
        (*self.0).compare(other)
    }
}

/// [`Domain`], whatever its types are.
pub trait AnyDomain {
    fn spec(&self) -> ErasedSpec;
    fn op(&self, rng: &mut Rng, nth: usize) -> Told;
    fn rets(&self, op: &Told, nth: usize) -> Vec<Told>;
    fn answer(&self, state: &Held, op: &Told) -> Option<Told>;
}

impl<D> AnyDomain for D
where
    D: Domain<Spec: Erasable>,
{
    fn spec(&self) -> ErasedSpec {
        ErasedSpec::new(Domain::spec(self))
    }

    fn op(&self, rng: &mut Rng, nth: usize) -> Told {
        Told::new(Domain::op(self, rng, nth))
    }

    fn rets(&self, op: &Told, nth: usize) -> Vec<Told> {
        Domain::rets(self, op.typed::<OpOf<D>>(), nth).into_iter().map(Told::new).collect()
    }

    fn answer(&self, state: &Held, op: &Told) -> Option<Told> {
        Domain::answer(self, state.typed::<StateOf<D>>(), op.typed::<OpOf<D>>()).map(Told::new)
    }
}

impl Domain for Erased<'_> {
    type Spec = ErasedSpec;

    fn spec(&self) -> ErasedSpec {
        self.0.spec()
    }

    fn op(&self, rng: &mut Rng, nth: usize) -> Told {
        self.0.op(rng, nth)
    }

    fn rets(&self, op: &Told, nth: usize) -> Vec<Told> {
        self.0.rets(op, nth)
    }

    fn answer(&self, state: &Held, op: &Told) -> Option<Told> {
        self.0.answer(state, op)
    }
}

/// A specification whose types are not known.
#[derive(Clone)]
pub struct ErasedSpec(Rc<dyn AnySpec>);

/// A specification of which that can be made.
pub trait Erasable:
    Nondeterministic<
        Op: fmt::Debug + 'static,
        Ret: fmt::Debug + 'static,
        State: fmt::Debug + 'static,
        Key: fmt::Debug + Hash + 'static,
    > + 'static
{
}

impl<S> Erasable for S where
    S: Nondeterministic<
            Op: fmt::Debug + 'static,
            Ret: fmt::Debug + 'static,
            State: fmt::Debug + 'static,
            Key: fmt::Debug + Hash + 'static,
        > + 'static
{
}

impl ErasedSpec {
    pub fn new(spec: impl Erasable) -> Self {
        Self(Rc::new(Typed { spec, next: Cell::default() }))
    }
}

/// The same events. What failed has none and is left out.
pub fn erased<O, R>(history: &History<O, R>) -> History<Told, Told>
where
    O: Clone + fmt::Debug + 'static,
    R: Clone + fmt::Debug + 'static,
{
    let mut builder = HistoryBuilder::new();
    for event in history.events() {
        let (Event::Call(id) | Event::Return(id)) = *event;
        let operation = history.get(id).unwrap();
        let process = operation.process;
        match (event, &operation.outcome) {
            (Event::Call(_), _) => drop(builder.invoke(process, Told::new(operation.op.clone())).unwrap()),
            (_, Outcome::Returned(ret)) => drop(builder.ok(process, Told::new(ret.clone())).unwrap()),
            (_, Outcome::Failed | Outcome::Unknown) => panic!("{id} has not returned"),
        }
    }
    builder.finish()
}

/// All of [`Nondeterministic`]: what were left out here, the search would do without.
trait AnySpec {
    fn init(&self, key: &Named) -> Held;
    fn step_all(&self, state: &Held, op: &Told, ret: Option<&Told>, next: &mut Vec<Held>);
    fn key(&self, op: &Told) -> Named;
    fn is_read_only(&self, op: &Told, ret: Option<&Told>) -> bool;
    fn same(&self, one: &Told, other: &Told) -> bool;
    fn unseen(&self, calls: &[Call<'_, Told, Told>]) -> Unseen;
    fn growth(&self, op: &Told, ret: Option<&Told>) -> Growth;
    fn may_show(&self, state: &Held, op: &Told, ret: &Told) -> bool;
    fn may_show_after(&self, other: &Told, op: &Told, ret: &Told) -> bool;
    fn decide(&self, key: &Named, calls: &[Call<'_, Told, Told>]) -> Option<Decision>;
}

struct Typed<S: Nondeterministic> {
    spec: S,
    /// States after a step, kept for their memory.
    next: Cell<Vec<S::State>>,
}

impl<S: Erasable> AnySpec for Typed<S> {
    fn init(&self, key: &Named) -> Held {
        Held(Rc::new(self.spec.init(typed((*key.0).any()))))
    }

    fn step_all(&self, state: &Held, op: &Told, ret: Option<&Told>, next: &mut Vec<Held>) {
        let mut states = self.next.take();
        self.spec.step_all(state.typed(), op.typed(), ret.map(Told::typed), &mut states);
        next.extend(states.drain(..).map(|state| Held(Rc::new(state))));
        self.next.set(states);
    }

    fn key(&self, op: &Told) -> Named {
        Named(Rc::new(self.spec.key(op.typed())))
    }

    fn is_read_only(&self, op: &Told, ret: Option<&Told>) -> bool {
        self.spec.is_read_only(op.typed(), ret.map(Told::typed))
    }

    fn same(&self, one: &Told, other: &Told) -> bool {
        self.spec.same(one.typed(), other.typed())
    }

    fn unseen(&self, calls: &[Call<'_, Told, Told>]) -> Unseen {
        self.spec.unseen(&typed_calls(calls))
    }

    fn growth(&self, op: &Told, ret: Option<&Told>) -> Growth {
        self.spec.growth(op.typed(), ret.map(Told::typed))
    }

    fn may_show(&self, state: &Held, op: &Told, ret: &Told) -> bool {
        self.spec.may_show(state.typed(), op.typed(), ret.typed())
    }

    fn may_show_after(&self, other: &Told, op: &Told, ret: &Told) -> bool {
        self.spec.may_show_after(other.typed(), op.typed(), ret.typed())
    }

    fn decide(&self, key: &Named, calls: &[Call<'_, Told, Told>]) -> Option<Decision> {
        self.spec.decide(typed((*key.0).any()), &typed_calls(calls))
    }
}

fn typed_calls<'a, O: 'static, R: 'static>(calls: &[Call<'a, Told, Told>]) -> Vec<Call<'a, O, R>> {
    let typed = calls.iter().map(|call| Call {
        op: call.op.typed(),
        ret: call.ret.map(Told::typed),
        called: call.called,
        returned: call.returned,
        #[cfg(quorate_bugs)]
        bug: call.bug,
    });
    typed.collect()
}

impl Nondeterministic for ErasedSpec {
    type Op = Told;
    type Ret = Told;
    type State = Held;
    type Key = Named;

    fn init(&self, key: &Named) -> Held {
        self.0.init(key)
    }

    fn step_all(&self, state: &Held, op: &Told, ret: Option<&Told>, next: &mut Vec<Held>) {
        self.0.step_all(state, op, ret, next);
    }

    fn key(&self, op: &Told) -> Named {
        self.0.key(op)
    }

    fn is_read_only(&self, op: &Told, ret: Option<&Told>) -> bool {
        self.0.is_read_only(op, ret)
    }

    fn same(&self, one: &Told, other: &Told) -> bool {
        self.0.same(one, other)
    }

    fn unseen(&self, calls: &[Call<'_, Told, Told>]) -> Unseen {
        self.0.unseen(calls)
    }

    fn growth(&self, op: &Told, ret: Option<&Told>) -> Growth {
        self.0.growth(op, ret)
    }

    fn may_show(&self, state: &Held, op: &Told, ret: &Told) -> bool {
        self.0.may_show(state, op, ret)
    }

    fn may_show_after(&self, other: &Told, op: &Told, ret: &Told) -> bool {
        self.0.may_show_after(other, op, ret)
    }

    fn decide(&self, key: &Named, calls: &[Call<'_, Told, Told>]) -> Option<Decision> {
        self.0.decide(key, calls)
    }
}
