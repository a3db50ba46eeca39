use super::{
    Assembled, Entry, FailedCas, FormatError, Noted, Object, ObjectKey, ObjectOp, ObjectRet, ObjectState,
    assemble,
};
use crate::{
    Counterexample, Explanation, Flaw, History, Linearizer, Minimized, Minimizer, OpId, Options, Verdict,
    Witness,
};

/// A recorded history and the [object](Object) that it is of, to be judged for linearizability.
///
/// What is generic elsewhere is asked here of the one type [`Object`], and is compiled in this crate. So a program that judges
/// what it reads, by whatever model its user names, compiles no search of its own.
///
/// ```
/// use quorate_consistency::{
///     Minimizer, Options, Verdict,
///     format::{Case, FailedCas, Format, Object, ObjectKind, Value, read},
/// };
///
/// let entries = read(
///     "{:process 1, :type :invoke, :f :write, :value 1}
///      {:process 1, :type :ok,     :f :write, :value 1}
///      {:process 2, :type :invoke, :f :read,  :value nil}
///      {:process 2, :type :ok,     :f :read,  :value 0}",
///     Format::Edn,
/// )?;
/// let kind = ObjectKind::named("register").expect("there is one");
/// let object = Object::new(kind, Some(&Value::Int(0)))?;
/// let case = Case::new(&object, &entries, FailedCas::NotDone)?;
///
/// let mut options = Options::default();
/// options.shortcuts = false; // to have the states in which the read would have to return
/// let Verdict::Violation(found) = case.trial(options).run(1_000) else { panic!("it is stale") };
/// let (called, returned) = case.ends(found.op).expect("it is of this history");
/// assert_eq!((called.line, returned.map(|entry| entry.line)), (3, Some(4)));
///
/// let told = case.explain(&found, 10).expect("it is of this history");
/// assert_eq!(told.headline(), "no order explains that `read` of process 2 returned 0");
/// assert_eq!(told.situations[0].holds, "the register holds 1");
/// assert_eq!(case.minimize(&Minimizer::default(), &found).kept.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Case<'a> {
    object: &'a Object,
    entries: &'a [Entry],
    assembled: Assembled<ObjectOp, ObjectRet>,
}

impl<'a> Case<'a> {
    /// The history that entries make.
    ///
    /// # Errors
    /// Names the line of the first entry that the object does not know, or that does not fit those before it.
    pub fn new(object: &'a Object, entries: &'a [Entry], failed_cas: FailedCas) -> Result<Self, FormatError> {
        Ok(Self { object, entries, assembled: assemble(object, entries, failed_cas)? })
    }

    /// What happened.
    pub const fn history(&self) -> &History<ObjectOp, ObjectRet> {
        &self.assembled.history
    }

    /// The places, among the entries, of an operation's invocation and of what ended it.
    pub fn places_of(&self, id: OpId) -> Option<(usize, Option<usize>)> {
        self.assembled.places_of(id)
    }

    /// What is written there.
    pub fn ends(&self, id: OpId) -> Option<(&'a Entry, Option<&'a Entry>)> {
        let (called, ended) = self.places_of(id)?;
        Some((self.entries.get(called)?, ended.and_then(|place| self.entries.get(place))))
    }

    /// The search for an order that explains the history.
    pub fn trial(&self, options: Options) -> Trial<'_> {
        Trial(Linearizer::new(self.object, &self.assembled.history, options))
    }

    /// Checks by the definition that this order explains the history; the search is not asked.
    ///
    /// # Errors
    /// The first flaw.
    pub fn verify(&self, witness: &Witness) -> Result<(), Flaw> {
        witness.verify(self.object, &self.assembled.history)
    }

    /// Explains a violation in the words in which the history was written down, as [`Explanation::new`] does.
    pub fn explain(
        &self,
        found: &Counterexample<ObjectKey, ObjectState>,
        operations_max: usize,
    ) -> Option<Explanation> {
        let Self { object, entries, assembled } = self;
        let words = Noted { model: *object, entries, places: &assembled.places };
        Explanation::new(*object, &assembled.history, found, &words, operations_max)
    }

    /// Makes a violation small, as [`Minimizer::minimize`] does.
    pub fn minimize(
        &self,
        minimizer: &Minimizer,
        found: &Counterexample<ObjectKey, ObjectState>,
    ) -> Minimized<ObjectOp, ObjectRet> {
        minimizer.minimize(self.object, &self.assembled.history, found)
    }
}

/// The search of a [`Case`], in steps: deterministic, and resumable at any step.
#[derive(Debug)]
pub struct Trial<'a>(Linearizer<'a, Object>);

impl Trial<'_> {
    /// Searches for at most this many steps more. What the verdict is does not depend on how the steps are divided among
    /// calls; once it is [`Verdict::Ok`] or [`Verdict::Violation`] it stays.
    pub fn run(&mut self, steps: u64) -> Verdict<ObjectKey, ObjectState> {
        self.0.run(steps)
    }

    /// How many steps were done.
    pub const fn steps(&self) -> u64 {
        self.0.steps()
    }
}
