use alloc::{vec, vec::Vec};

use crate::{
    history::{Event, History, NEVER, OpId, Operation, Outcome},
    linearizer::Linearizer,
    options::Options,
    spec::Nondeterministic,
    verdict::{Counterexample, Verdict},
};

/// What a minimised history keeps of the violation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Keep {
    /// The evidence: an operation is left out only if the violation is one whether it had taken effect, at some time between
    /// its ends, or not. So what is left proves that the whole history is a violation: of a stale read it keeps a write that
    /// the read should have seen.
    #[default]
    Evidence,
    /// Any violation, also one that is only there because something was left out. It is shorter: of a stale read it keeps
    /// the read, whose value nobody has written if the write is left out.
    Violation,
}

/// Makes violations small: delta debugging (Zeller and Hildebrandt, *Simplifying and Isolating Failure-Inducing Input*,
/// 2002) of operations, after other keys and what was invoked too late were left out at once. Deterministic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimizer {
    /// What must be left.
    pub keep: Keep,
    /// How it searches.
    pub options: Options,
    /// How many steps it may take, over all searches: the steps of each, and one for each of its operations.
    pub steps_max: u64,
}

impl Default for Minimizer {
    fn default() -> Self {
        Self { keep: Keep::default(), options: Options::default(), steps_max: 20_000_000 }
    }
}

/// A violation made small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimized<O, R> {
    /// What is left. It is not linearizable.
    pub history: History<O, R>,
    /// What its operations are called in the history that it was made of.
    pub kept: Vec<OpId>,
    /// Whether it is known that no operation more can be left out: what is left would be linearizable without it; or, to
    /// keep the [evidence](Keep::Evidence), the whole history would be if it and all that were left out may have had no
    /// effect. If that is not known, the steps did not suffice.
    pub is_minimal: bool,
    /// How many steps were taken.
    pub steps: u64,
}

impl Minimizer {
    /// A single search gets this part of the steps that are left, so that a hard one does not use up all of them.
    const SHARE: u64 = 16;

    /// Makes this violation small. `found` is what a search of this history came to.
    pub fn minimize<S: Nondeterministic<Op: Clone, Ret: Clone>>(
        &self,
        spec: &S,
        history: &History<S::Op, S::Ret>,
        found: &Counterexample<S::Key, S::State>,
    ) -> Minimized<S::Op, S::Ret> {
        let mut work = Work::new(self, spec, history, found);
        // First what only reads, as long as all writes are there: then what was read can still be told from what was written.
        work.reduce(Part::Readers);
        let is_minimal = work.reduce(Part::All);
        let (history, kept) = work.left();
        let steps = self.steps_max - work.left;
        Minimized { history, kept, is_minimal, steps }
    }
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    /// Left out: if the evidence must be kept, it may have taken effect or not.
    LeftOut,
    /// Of no concern: another key, too late, or failed.
    Gone,
}

/// Which operations to leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Readers,
    All,
}

struct Work<'a, S: Nondeterministic> {
    minimizer: &'a Minimizer,
    spec: &'a S,
    history: &'a History<S::Op, S::Ret>,
    fates: Vec<Fate>,
    /// Where the return is that nothing explains.
    end: u32,
    left: u64,
}

impl<'a, S: Nondeterministic<Op: Clone, Ret: Clone>> Work<'a, S> {
    /// Leaves out at once what certainly can be: operations of other keys (locality), and what was invoked after the return
    /// that nothing explains. The returns of those that were open then stay: they may be what keeps them from explaining it.
    fn new(
        minimizer: &'a Minimizer,
        spec: &'a S,
        history: &'a History<S::Op, S::Ret>,
        found: &Counterexample<S::Key, S::State>,
    ) -> Self {
        let end = history.get(found.op).map_or(NEVER, |culprit| culprit.returned);
        let fates = history.operations.iter().map(|operation| {
            let matters = !matches!(operation.outcome, Outcome::Failed)
                && operation.called < end
                && spec.key(&operation.op) == found.key;
            if matters { Fate::Kept } else { Fate::Gone }
        });
        Self { minimizer, spec, history, fates: fates.collect(), end, left: minimizer.steps_max }
    }

    fn kept(&self, part: Part) -> Vec<usize> {
        let is_in = |at: &usize| {
            let operation = &self.history.operations[*at];
            self.fates[*at] == Fate::Kept
                && (part == Part::All || self.spec.is_read_only(&operation.op, operation.ret()))
        };
        (0..self.fates.len()).filter(is_in).collect()
    }

    /// Leaves out ever smaller pieces, at last single operations until none can be. Whether that is known.
    fn reduce(&mut self, part: Part) -> bool {
        let mut size = self.kept(part).len().div_ceil(2).max(1);
        loop {
            let (mut is_changed, mut is_known) = (false, true);
            for piece in self.kept(part).chunks(size) {
                let found = self.is_violation_without(piece);
                is_changed |= found == Some(true);
                is_known &= found.is_some();
            }
            if size == 1 && (!is_changed || self.left == 0) {
                return is_known && !is_changed;
            }
            size = size.div_ceil(2).min(self.kept(part).len().max(1));
        }
    }

    /// Leaves these out if a violation is left.
    fn is_violation_without(&mut self, piece: &[usize]) -> Option<bool> {
        self.mark(piece, Fate::LeftOut);
        let found = self.is_violation();
        if found != Some(true) {
            self.mark(piece, Fate::Kept);
        }
        found
    }

    fn mark(&mut self, piece: &[usize], fate: Fate) {
        for at in piece {
            self.fates[*at] = fate;
        }
    }

    fn is_violation(&mut self) -> Option<bool> {
        match self.minimizer.keep {
            Keep::Violation => {
                let (history, _) = self.left();
                self.search(self.spec, &history, |_| true)
            }
            Keep::Evidence => {
                let (history, names) = self.assemble(|operation, fate| match fate {
                    Fate::Kept => Some(Maybe { op: operation.op.clone(), is_certain: true }),
                    Fate::LeftOut if !self.spec.is_read_only(&operation.op, operation.ret()) => {
                        Some(Maybe { op: operation.op.clone(), is_certain: false })
                    }
                    Fate::LeftOut | Fate::Gone => None,
                });
                // A later return may be unexplained only because what was invoked too late is gone.
                let end = self.end;
                let whole = self.history;
                let is_early = |id: OpId| {
                    let op = names.get(id.index()).and_then(|name| whole.get(*name));
                    op.is_some_and(|op| op.returned <= end)
                };
                self.search(&Evidence(self.spec), &history, is_early)
            }
        }
    }

    /// Whether there is a violation, and the operation that cannot return is one that counts.
    fn search<M: Nondeterministic>(
        &mut self,
        spec: &M,
        history: &History<M::Op, M::Ret>,
        counts: impl FnOnce(OpId) -> bool,
    ) -> Option<bool> {
        if self.left == 0 {
            return None;
        }
        self.left = self.left.saturating_sub(history.operations.len() as u64);
        let mut linearizer = Linearizer::new(spec, history, self.minimizer.options);
        let verdict = linearizer.run(self.left.div_ceil(Minimizer::SHARE));
        self.left = self.left.saturating_sub(linearizer.steps());
        match verdict {
            Verdict::Ok(_) => Some(false),
            Verdict::Violation(found) => Some(counts(found.op)),
            Verdict::Unknown(_) => None,
        }
    }

    /// What is kept.
    fn left(&self) -> (History<S::Op, S::Ret>, Vec<OpId>) {
        self.assemble(|operation, fate| (fate == Fate::Kept).then(|| operation.op.clone()))
    }

    /// The operations that are something, and what they are called here.
    fn assemble<O>(
        &self,
        keep: impl Fn(&Operation<S::Op, S::Ret>, Fate) -> Option<O>,
    ) -> (History<O, S::Ret>, Vec<OpId>) {
        let mut names = vec![None; self.fates.len()];
        let (mut operations, mut events, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for event in &self.history.events {
            match *event {
                Event::Call(id) => {
                    let Operation { process, outcome, .. } = &self.history.operations[id.index()];
                    let Some(op) = keep(&self.history.operations[id.index()], self.fates[id.index()]) else {
                        continue;
                    };
                    let name = OpId(u32::try_from(operations.len()).unwrap_or(NEVER));
                    let (process, outcome) = (*process, outcome.clone());
                    operations.push(Operation { process, op, outcome, called: 0, returned: NEVER });
                    events.push(Event::Call(name));
                    kept.push(id);
                    names[id.index()] = Some(name);
                }
                Event::Return(id) => events.extend(names[id.index()].map(Event::Return)),
            }
        }
        (History::assemble(operations, events), kept)
    }
}

/// An operation that took effect, or may have.
#[derive(Clone)]
struct Maybe<O> {
    op: O,
    is_certain: bool,
}

/// An object whose operations may have had no effect, those that are not certain.
struct Evidence<'a, S>(&'a S);

impl<S: Nondeterministic> Nondeterministic for Evidence<'_, S> {
    type Op = Maybe<S::Op>;
    type Ret = S::Ret;
    type State = S::State;
    type Key = S::Key;

    fn init(&self, key: &S::Key) -> S::State {
        self.0.init(key)
    }

    fn step_all(&self, state: &S::State, op: &Self::Op, ret: Option<&S::Ret>, next: &mut Vec<S::State>) {
        self.0.step_all(state, &op.op, ret, next);
        if !op.is_certain {
            next.push(state.clone());
        }
    }

    fn key(&self, op: &Self::Op) -> S::Key {
        self.0.key(&op.op)
    }

    fn is_read_only(&self, op: &Self::Op, ret: Option<&S::Ret>) -> bool {
        self.0.is_read_only(&op.op, ret)
    }

    fn same(&self, one: &Self::Op, other: &Self::Op) -> bool {
        one.is_certain == other.is_certain && self.0.same(&one.op, &other.op)
    }
}
