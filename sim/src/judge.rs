//! Judging what clients saw: the bridge from an application's [`History`] to the checkers of [`quorate_consistency`].

use core::fmt::Debug;

use quorate_consistency::{
    Counterexample, Explanation, HistoryBuilder, Linearizer, Malformed, Nondeterministic, Options, Reduction,
    Verdict, explain::Debugged,
};

use crate::{
    export::Processes,
    history::{Entry, History, Kind},
    invariant::{Invariant, Objection, View},
    subject::{OpOf, Subject},
};

/// A call to an object: what was asked for and, if that is known, what came back.
///
/// An application whose operations are calls, `type Op = Call<KvOp<u64>, KvRet>`, says by that which specification judges its
/// history: it records `Call::asked(op)` when a client asks, and `Call::answered(op, ret)` when it has the answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call<O, R> {
    /// What was asked for.
    pub op: O,
    /// What came back.
    pub ret: Option<R>,
}

impl<O, R> Call<O, R> {
    /// This was asked for.
    pub const fn asked(op: O) -> Self {
        Self { op, ret: None }
    }

    /// And this came back.
    pub const fn answered(op: O, ret: R) -> Self {
        Self { op, ret: Some(ret) }
    }
}

/// An operation of an application that is, in other words, a call to an object of this specification.
pub trait Judged<M: Nondeterministic> {
    /// The call.
    fn call(&self) -> Call<M::Op, M::Ret>;
}

impl<M: Nondeterministic<Op: Clone, Ret: Clone>> Judged<M> for Call<M::Op, M::Ret> {
    fn call(&self) -> Self {
        self.clone()
    }
}

/// The history of a specification's object.
pub type HistoryOf<M> =
    quorate_consistency::History<<M as Nondeterministic>::Op, <M as Nondeterministic>::Ret>;

impl<Op> History<Op> {
    /// The history as the checkers of [`quorate_consistency`] take it: each process is one of theirs.
    ///
    /// # Errors
    /// If it is none, in words: an operation ends that was not begun, or is done and has no answer, or a process begins one
    /// before its last has ended, or after one of which nobody knows.
    pub fn judged<M: Nondeterministic>(&self) -> Result<HistoryOf<M>, String>
    where
        Op: Judged<M>,
    {
        self.assemble::<M>(|entry| entry.process.0)
    }

    fn assemble<M: Nondeterministic>(
        &self,
        mut process: impl FnMut(&Entry<Op>) -> u64,
    ) -> Result<HistoryOf<M>, String>
    where
        Op: Judged<M>,
    {
        let mut builder = HistoryBuilder::new();
        for entry in self.entries() {
            let (process, Call { op, ret }) = (process(entry), entry.op.call());
            let result = match (entry.kind, ret) {
                (Kind::Invoke, _) => builder.invoke(process, op).map_err(Malformed::from),
                (Kind::Ok, Some(ret)) => builder.ok(process, ret).map_err(Malformed::from),
                (Kind::Ok, None) => {
                    return Err(format!("{:?} has an operation done without an answer", entry.process));
                }
                (Kind::Fail, _) => builder.fail(process),
                (Kind::Info, _) => builder.info(process),
            };
            result.map_err(|error| error.to_string())?;
        }
        Ok(builder.finish())
    }
}

/// The invariant that what clients saw is linearizable: there is one order of all operations that agrees with what each
/// returned, and when (Herlihy and Wing, *Linearizability*, 1990).
///
/// The history is judged once, when the run is over, in so many steps that the verdict is the same everywhere. If those are
/// used up the run is [undecided](crate::Verdict::Undecided), and never passed. A violation is explained in
/// [`Report::explanation`](crate::Report::explanation).
///
/// ```
/// use quorate_consistency::spec::{Register, RegisterOp, RegisterRet};
/// use quorate_machine::{Tag, Time};
/// use quorate_sim::{Call, History, Kind, Linearizable};
///
/// let mut history = History::new();
/// for (client, value) in [(1, 7), (2, 8)] {
///     history.push(Tag(client), Kind::Invoke, Call::asked(RegisterOp::Write(value)), Time::ZERO);
///     history.push(Tag(client), Kind::Ok, Call::answered(RegisterOp::Write(value), RegisterRet::Written), Time::ZERO);
/// }
/// let register = Linearizable::new(Register { initial: 0 });
/// assert!(register.judge(&history).is_ok());
///
/// history.push(Tag(3), Kind::Invoke, Call::asked(RegisterOp::Read), Time::ZERO);
/// history.push(Tag(3), Kind::Ok, Call::answered(RegisterOp::Read, RegisterRet::Value(7)), Time::ZERO);
/// let stale = register.judge(&history).unwrap_err();
/// assert_eq!(stale.why(), "no order explains that `Read` of process 0 returned Value(7)");
/// assert_eq!(stale.explanation(), Some("\
/// where the object holds 8:
///   `Read` cannot return Value(7): the object holds 8
/// holds      0     7                    8                                ✗
///               Write(7) → Written   Write(8) → Written   Read → Value(7)
/// process 0     ├──1──────────────┤  ├──2──────────────┤  ╞══════════════✗
/// "));
/// ```
#[derive(Clone, Debug)]
pub struct Linearizable<M> {
    spec: M,
    steps_max: u64,
}

impl<M> Linearizable<M> {
    /// More than any history needs that a run of some hundred operations makes, and some seconds at most.
    pub const STEPS_MAX: u64 = 5_000_000;
    /// How many operations an explanation shows.
    const SHOWN: usize = 12;

    /// By this specification, in at most [`STEPS_MAX`](Self::STEPS_MAX) steps.
    pub const fn new(spec: M) -> Self {
        Self { spec, steps_max: Self::STEPS_MAX }
    }

    /// In at most this many steps.
    #[must_use]
    pub fn steps_max(self, steps_max: u64) -> Self {
        Self { steps_max, ..self }
    }
}

impl<M: Nondeterministic<Op: Debug, Ret: Debug, State: Debug, Key: Debug>> Linearizable<M> {
    /// Judges a history.
    ///
    /// # Errors
    /// If it is not linearizable, with the reason; if the steps were used up; if it is [no history](History::judged).
    pub fn judge<Op: Judged<M>>(&self, history: &History<Op>) -> Result<(), Objection> {
        let judged = history.judged::<M>().map_err(Objection::undecided)?;
        match self.search(&judged, Options::default()) {
            Verdict::Ok(_) => Ok(()),
            Verdict::Violation(found) => {
                // The same operations, by as few clients as can be, to be shown.
                let mut processes = Processes::of(history);
                let shown = history.assemble::<M>(|entry| processes.number(entry));
                Err(self.explain(&shown.map_err(Objection::undecided)?, &found))
            }
            Verdict::Unknown(why) => {
                let count = judged.operations().len();
                let why = format!("{why:?}: {} steps do not decide {count} operations", self.steps_max);
                Err(Objection::undecided(why))
            }
        }
    }

    fn search(&self, history: &HistoryOf<M>, options: Options) -> Verdict<M::Key, M::State> {
        Linearizer::new(&self.spec, history, options).run(self.steps_max)
    }

    fn explain(&self, history: &HistoryOf<M>, found: &Counterexample<M::Key, M::State>) -> Objection {
        // For what to show it is searched again, without what makes a verdict quick by leaving something out.
        let mut whole = Options::default();
        whole.shortcuts = false;
        whole.reductions = whole.reductions.without(Reduction::UnseenPending);
        let searched = self.search(history, whole);
        let found = match &searched {
            Verdict::Violation(searched) => searched,
            Verdict::Ok(_) | Verdict::Unknown(_) => found,
        };
        match Explanation::new(&self.spec, history, found, &Debugged, Self::SHOWN) {
            Some(told) => {
                let text = told.to_string();
                let details = text.split_once('\n').map_or("", |(_, details)| details);
                Objection::violated(told.headline()).explained(details)
            }
            None => Objection::violated(format!("no order explains {}", found.op)),
        }
    }
}

impl<S: Subject, M> Invariant<S> for Linearizable<M>
where
    OpOf<S>: Judged<M>,
    M: Nondeterministic<Op: Debug, Ret: Debug, State: Debug, Key: Debug>,
{
    fn name(&self) -> &'static str {
        "linearizable"
    }

    fn at_end(&mut self, view: &View<'_, S>) -> Result<(), Objection> {
        self.judge(view.history())
    }
}
