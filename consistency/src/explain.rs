//! Why a history is a violation, in words: what each explanation of what came before makes of the operation that cannot
//! return.

mod layout;
#[cfg(feature = "pages")]
mod page;
mod timeline;
mod words;

use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::String,
    vec,
    vec::Vec,
};
use core::cmp::Reverse;

#[cfg(feature = "pages")]
pub(crate) use self::layout::shorten;
pub use self::words::{Debugged, Words};
use crate::{
    history::{History, OpId, Operation, Outcome},
    spec::Nondeterministic,
    verdict::Counterexample,
};

/// A violation in words. Operations are named by their places in `operations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The key that is concerned, if there are several.
    pub key: Option<String>,
    /// The window: operations of that key, by their invocation. All that may still come are among them, and as many of the
    /// latest before as there is room for.
    pub operations: Vec<Shown>,
    /// The operation whose return nothing explains.
    pub culprit: usize,
    /// Every state in which it would have to return.
    pub situations: Vec<Situation>,
    /// Whether these are all; there may be more if they are as many as a [counterexample](Counterexample) holds.
    pub has_all_situations: bool,
    /// What is not among the operations.
    pub left_out: LeftOut,
}

/// One operation of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it is called in its history.
    pub id: OpId,
    /// Who asked.
    pub process: u64,
    /// For what.
    pub op: String,
    /// What came back, if it returned and that says something.
    pub ret: Option<String>,
    /// Where it was written down.
    pub whence: Option<String>,
    /// The place of its invocation among all events.
    pub called: usize,
    /// The place of its return; `None` if it is pending.
    pub returned: Option<usize>,
    /// Its place in an order that leads to the first situation.
    pub place: Option<Place>,
}

/// A place in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which, counted from one.
    pub number: usize,
    /// What the object holds before.
    pub before: String,
    /// And after.
    pub after: String,
}

/// A state in which the culprit would have to return, and why it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The state.
    pub state: String,
    /// The same as a sentence.
    pub holds: String,
    /// What could come next: the culprit, then what else is open and not in the order.
    pub candidates: Vec<Candidate>,
}

/// An operation that could come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The operation.
    pub operation: usize,
    /// What would come of it.
    pub next: Next,
}

/// What comes of an operation in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It cannot be, for this reason.
    Refused(String),
    /// It would change nothing.
    Idle,
    /// It leads here.
    Leads(String),
}

/// How many operations a window does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Of the same key, before or beside the window.
    pub earlier: usize,
    /// Of the same key, invoked after the return that nothing explains.
    pub later: usize,
    /// Of other keys.
    pub elsewhere: usize,
}

impl Shown {
    /// What was asked for and what came back.
    pub fn label(&self) -> String {
        match &self.ret {
            Some(ret) => format!("{} → {ret}", self.op),
            None => self.op.clone(),
        }
    }
}

impl Explanation {
    /// How many states of a set are told.
    const STATES_TOLD: usize = 3;
    /// How many states of an order are followed if its operations lead to several.
    const STATES_MAX: usize = 64;

    /// Explains what a search of this history came to, with a window of about this many operations: those that may still
    /// come are always shown. `None` if the counterexample is not of this history.
    ///
    /// A violation that was found [at once](crate::Spec::decide) has no situations: search without
    /// [shortcuts](crate::Options::shortcuts) to have them.
    pub fn new<S: Nondeterministic>(
        spec: &S,
        history: &History<S::Op, S::Ret>,
        found: &Counterexample<S::Key, S::State>,
        words: &impl Words<S>,
        operations_max: usize,
    ) -> Option<Self> {
        let end = history.get(found.op)?.returned()?;
        let mut left_out = LeftOut::default();
        let mut before = Vec::new();
        for (id, operation) in (0..).map(OpId).zip(history.operations()) {
            if matches!(operation.outcome, Outcome::Failed) {
            } else if spec.key(&operation.op) != found.key {
                left_out.elsewhere += 1;
            } else if operation.called() > end {
                left_out.later += 1;
            } else {
                before.push(id);
            }
        }
        let shown = window(&before, found, operations_max);
        left_out.earlier = before.len() - shown.len();
        let teller = Teller { spec, history, words, shown: &shown };
        let places = teller.places(found);
        let place = |id| shown.binary_search(id).ok();
        let operations = shown.iter().map(|id| Some(teller.shown(*id, history.get(*id)?, places.get(id))));
        Some(Self {
            key: words.key(&found.key),
            operations: operations.collect::<Option<_>>()?,
            culprit: place(&found.op)?,
            situations: teller.situations(found),
            has_all_situations: found.configurations.len() < Counterexample::<S::Key, S::State>::SHOWN_MAX,
            left_out,
        })
    }

    /// The same with about this many operations: without the earliest of the order, but with all that may still come.
    #[must_use]
    pub fn narrowed(&self, operations_max: usize) -> Self {
        let candidates = self.situations.iter().flat_map(|situation| &situation.candidates);
        let mut kept: BTreeSet<usize> = candidates.map(|candidate| candidate.operation).collect();
        kept.insert(self.culprit);
        let number = |at: &usize| self.operations[*at].place.as_ref().map(|place| place.number);
        let mut others: Vec<_> = (0..self.operations.len()).filter(|at| !kept.contains(at)).collect();
        others.sort_by_key(|at| Reverse(number(at)));
        kept.extend(others.into_iter().take(operations_max.saturating_sub(kept.len())));
        // What is kept is in its order, so that its place is how many are before it.
        let renamed = |at: usize| kept.range(..at).count();
        let mut narrow = self.clone();
        narrow.left_out.earlier += self.operations.len() - kept.len();
        narrow.operations = kept.iter().map(|at| self.operations[*at].clone()).collect();
        narrow.culprit = renamed(self.culprit);
        for candidate in narrow.situations.iter_mut().flat_map(|situation| &mut situation.candidates) {
            candidate.operation = renamed(candidate.operation);
        }
        narrow
    }

    /// The violation in one sentence.
    pub fn headline(&self) -> String {
        let culprit = self.operations.get(self.culprit);
        let Some(Shown { process, op, ret, .. }) = culprit else { return String::new() };
        let of = self.key.as_ref().map(|key| format!(" of key {key}")).unwrap_or_default();
        match ret {
            Some(ret) => format!("no order{of} explains that `{op}` of process {process} returned {ret}"),
            None => format!("no order{of} explains that `{op}` of process {process} returned"),
        }
    }

    /// What the window leaves out, if it does.
    pub fn remark(&self) -> Option<String> {
        let LeftOut { earlier, later, elsewhere } = self.left_out;
        let parts = [(earlier, "earlier"), (later, "later"), (elsewhere, "of other keys")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, which)| format!("{count} {which}"));
        let parts: Vec<_> = parts.collect();
        (!parts.is_empty()).then(|| format!("operations not shown: {}", parts.join(", ")))
    }
}

/// The operations to show: the culprit, what may still come, then the latest of the order.
fn window<K, T>(before: &[OpId], found: &Counterexample<K, T>, operations_max: usize) -> Vec<OpId> {
    let waiting = found.configurations.iter().flat_map(|configuration| &configuration.waiting);
    let mut shown: BTreeSet<OpId> = waiting.copied().chain([found.op]).collect();
    let known: BTreeSet<OpId> = before.iter().copied().collect();
    shown.retain(|id| known.contains(id));
    let latest = found.order.iter().rev().chain(before.iter().rev());
    for id in latest.filter(|id| known.contains(id)) {
        if shown.len() >= operations_max {
            break;
        }
        shown.insert(*id);
    }
    shown.into_iter().collect()
}

struct Teller<'a, S: Nondeterministic, W> {
    spec: &'a S,
    history: &'a History<S::Op, S::Ret>,
    words: &'a W,
    shown: &'a [OpId],
}

impl<S: Nondeterministic, W: Words<S>> Teller<'_, S, W> {
    fn shown(&self, id: OpId, operation: &Operation<S::Op, S::Ret>, place: Option<&Place>) -> Shown {
        Shown {
            id,
            process: operation.process,
            op: self.words.op(id, &operation.op),
            ret: operation.ret().and_then(|ret| self.words.ret(id, &operation.op, ret)),
            whence: self.words.whence(id),
            called: operation.called(),
            returned: operation.returned(),
            place: place.cloned(),
        }
    }

    /// Where the operations that are shown are in the order, and what it holds there.
    fn places(&self, found: &Counterexample<S::Key, S::State>) -> BTreeMap<OpId, Place> {
        let mut places = BTreeMap::new();
        let mut states = vec![self.spec.init(&found.key)];
        for (number, id) in (1..).zip(found.order.iter().copied()) {
            let Some(operation) = self.history.get(id) else { return places };
            let mut after: Vec<S::State> = Vec::new();
            for state in &states {
                let from = after.len();
                self.spec.step_all(state, &operation.op, operation.ret(), &mut after);
                for at in (from..after.len()).rev() {
                    if after[..at].contains(&after[at]) {
                        after.swap_remove(at);
                    }
                }
            }
            after.truncate(Explanation::STATES_MAX);
            if self.shown.binary_search(&id).is_ok() {
                let (before, after) = (self.states(&states), self.states(&after));
                places.insert(id, Place { number, before, after });
            }
            states = after;
        }
        places
    }

    fn states(&self, states: &[S::State]) -> String {
        let told = states.iter().take(Explanation::STATES_TOLD).map(|state| self.words.state(state));
        let mut told: Vec<_> = told.collect();
        if states.len() > Explanation::STATES_TOLD {
            told.push("…".into());
        }
        told.join(" or ")
    }

    fn situations(&self, found: &Counterexample<S::Key, S::State>) -> Vec<Situation> {
        let situation = |configuration: &crate::Configuration<S::State>| {
            let others = configuration.waiting.iter().filter(|id| **id != found.op);
            let candidates = [&found.op].into_iter().chain(others).filter_map(|id| {
                let operation = self.shown.binary_search(id).ok()?;
                Some(Candidate { operation, next: self.next(&configuration.state, *id)? })
            });
            Situation {
                state: self.words.state(&configuration.state),
                holds: self.words.holds(&configuration.state),
                candidates: candidates.collect(),
            }
        };
        found.configurations.iter().map(situation).collect()
    }

    fn next(&self, state: &S::State, id: OpId) -> Option<Next> {
        let operation = self.history.get(id)?;
        let mut next = Vec::new();
        self.spec.step_all(state, &operation.op, operation.ret(), &mut next);
        Some(match next.as_slice() {
            [] => Next::Refused(self.refusal(state, id, operation)),
            [only] if only == state => Next::Idle,
            several => Next::Leads(self.states(several)),
        })
    }

    fn refusal(&self, state: &S::State, id: OpId, operation: &Operation<S::Op, S::Ret>) -> String {
        let op = self.words.op(id, &operation.op);
        let holds = self.words.holds(state);
        match operation.ret().map(|ret| self.words.ret(id, &operation.op, ret)) {
            Some(Some(ret)) => format!("`{op}` cannot return {ret}: {holds}"),
            Some(None) => format!("`{op}` cannot return: {holds}"),
            None => format!("`{op}` cannot take effect: {holds}"),
        }
    }
}
