use clap::{ValueEnum, builder::PossibleValue};
use quorate_consistency::{
    Counterexample, Options, Reduction, Unknown, Verdict as Judged,
    format::{Case, Entry, FailedCas, FormatError, Object, ObjectKind, Value},
};

use super::{
    explain::{Explained, Wanted},
    report::{Report, Verdict, Violation},
    txn::TxnModel,
    weak::WeakModel,
};
use crate::problem::Problem;

/// The objects that there are, those without keys of their own one for each key of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelName {
    /// read, write V
    Register,
    /// read, write V, cas [FROM TO]
    CasRegister,
    /// txn [[:r K nil] [:w K V]], or read {K nil} and write {K V}
    MultiRegister,
    /// acquire, release
    Mutex,
    /// add V, remove V, contains V, read
    Set,
    /// add N, read, add-and-get N
    Counter,
    /// enqueue V, dequeue: first in, first out
    Queue,
    /// enqueue V, dequeue in any order
    UnorderedQueue,
    /// push V, pop
    Stack,
    /// get, put V, append V, delete, cas [FROM TO], with a :key each
    Kv,
    /// append V, read
    List,
    /// add V, remove V, count V
    Bag,
    /// append V that returns an offset, read OFFSET, len
    Log,
}

/// What `--model` takes: an object, which is judged for linearizability, another model, of registers, or transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Object(ModelName),
    Registers(WeakModel),
    Transactions(TxnModel),
    Versions(Versioned),
}

/// Histories with versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Versioned {
    /// The same four by versions: write that returns its version, read that returns all that it covers
    VersionedSessions,
}

impl ValueEnum for Model {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                Self::Object(ModelName::Register),
                Self::Object(ModelName::CasRegister),
                Self::Object(ModelName::MultiRegister),
                Self::Object(ModelName::Mutex),
                Self::Object(ModelName::Set),
                Self::Object(ModelName::Counter),
                Self::Object(ModelName::Queue),
                Self::Object(ModelName::UnorderedQueue),
                Self::Object(ModelName::Stack),
                Self::Object(ModelName::Kv),
                Self::Object(ModelName::List),
                Self::Object(ModelName::Bag),
                Self::Object(ModelName::Log),
                Self::Registers(WeakModel::Linearizable),
                Self::Registers(WeakModel::Sequential),
                Self::Registers(WeakModel::CausalMemory),
                Self::Registers(WeakModel::CausalConvergent),
                Self::Registers(WeakModel::Causal),
                Self::Registers(WeakModel::Pram),
                Self::Registers(WeakModel::Sessions),
                Self::Versions(Versioned::VersionedSessions),
                Self::Transactions(TxnModel::ListAppend),
                Self::Transactions(TxnModel::RwRegister),
                Self::Transactions(TxnModel::Bank),
                Self::Transactions(TxnModel::LongFork),
            ]
        }
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Object(model) => model.to_possible_value(),
            Self::Registers(model) => model.to_possible_value(),
            Self::Transactions(model) => model.to_possible_value(),
            Self::Versions(model) => model.to_possible_value(),
        }
    }
}

impl ModelName {
    const fn kind(self) -> ObjectKind {
        match self {
            Self::Register => ObjectKind::Register,
            Self::CasRegister => ObjectKind::CasRegister,
            Self::MultiRegister => ObjectKind::MultiRegister,
            Self::Mutex => ObjectKind::Mutex,
            Self::Set => ObjectKind::Set,
            Self::Counter => ObjectKind::Counter,
            Self::Queue => ObjectKind::Queue,
            Self::UnorderedQueue => ObjectKind::UnorderedQueue,
            Self::Stack => ObjectKind::Stack,
            Self::Kv => ObjectKind::Kv,
            Self::List => ObjectKind::List,
            Self::Bag => ObjectKind::Bag,
            Self::Log => ObjectKind::Log,
        }
    }
}

/// The object of a model; a first value that the model has no use for is refused.
pub(super) fn object(model: ModelName, init: Option<&Value>) -> Result<Object, Problem> {
    Object::new(model.kind(), init).map_err(|wrong| {
        let init = init.cloned().unwrap_or_default();
        Problem::new(format!("--init {init} does not fit the model; it needs {}", wrong.needs))
    })
}

/// How many steps may be spent on what a violation that is known already looks like.
const SHOWN_STEPS_MAX: u64 = 1_000_000;

/// Judges a history, and says of a violation what is wanted.
pub(super) fn judge(
    object: &Object,
    entries: &[Entry],
    failed_cas: FailedCas,
    wanted: Wanted<'_>,
) -> Result<Report, FormatError> {
    let case = Case::new(object, entries, failed_cas)?;
    let mut trial = case.trial(Options::default());
    let Wanted { steps, watch, .. } = wanted;
    let is_going = |verdict: &Judged<_, _>| *verdict == Judged::Unknown(Unknown::Steps);
    let mut verdict = watch.run(steps, |steps| trial.run(steps), is_going);
    let operations = case.history().operations();
    let pending = operations.iter().filter(|op| op.returned().is_none()).count();
    let leaves_out = |found: &Counterexample<_, _>| found.configurations.is_empty() || pending > 0;
    if matches!(&verdict, Judged::Violation(found) if leaves_out(found)) {
        // For what to show it is searched again, without what makes a verdict quick by leaving something out; not for long,
        // since the verdict is known.
        let mut options = Options::default();
        options.shortcuts = false;
        options.reductions = options.reductions.without(Reduction::UnseenPending);
        let searched = case.trial(options).run(steps.min(SHOWN_STEPS_MAX));
        verdict = if searched.is_violation() { searched } else { verdict };
    }
    let found = if let Judged::Violation(found) = &verdict { Some(found) } else { None };
    Ok(Report {
        verdict: match verdict {
            Judged::Ok(_) => Verdict::True,
            Judged::Violation(_) => Verdict::False,
            Judged::Unknown(_) => Verdict::Unknown,
        },
        operations: operations.len(),
        unreturned: pending,
        steps: trial.steps(),
        violation: found.and_then(|found| Violation::new(object, &case, found)),
        explained: found.and_then(|found| Explained::new(entries, &case, found, wanted)),
    })
}
