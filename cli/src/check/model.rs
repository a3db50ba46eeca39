use std::collections::BTreeMap;

use clap::{ValueEnum, builder::PossibleValue};
use quorate_consistency::{
    Counterexample, Linearizer, Options, Reduction, Unknown, Verdict as Judged,
    format::{Entry, FailedCas, FormatError, Recorded, Value, assemble},
    spec::{
        Bag, CasRegister, Counter, FifoQueue, Keyed, Kv, List, Log, MultiRegister, Mutex, Register, Set,
        Stack, UnorderedQueue,
    },
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

/// Refuses a first value that the model has no use for.
pub(super) fn check_init(model: ModelName, init: Option<&Value>) -> Result<(), Problem> {
    let Some(init) = init else { return Ok(()) };
    let (fits, needs) = match model {
        ModelName::Register | ModelName::CasRegister => (true, "any value"),
        ModelName::MultiRegister => (matches!(init, Value::Map(_)), "a map, like {:x 0}"),
        ModelName::Counter => (init.int().is_some(), "a number"),
        ModelName::Kv => (matches!(init, Value::Nil | Value::Text(_)), "nil or a string, like '\"\"'"),
        ModelName::Mutex
        | ModelName::Set
        | ModelName::Queue
        | ModelName::UnorderedQueue
        | ModelName::Stack
        | ModelName::List
        | ModelName::Bag
        | ModelName::Log => (false, "nothing: this model begins free or empty"),
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::new(format!("--init {init} does not fit the model; it needs {needs}")))
    }
}

pub(super) fn judge(
    model: ModelName,
    init: Option<&Value>,
    entries: &[Entry],
    failed_cas: FailedCas,
    wanted: Wanted<'_>,
) -> Result<Report, FormatError> {
    let value = || init.cloned().unwrap_or_default();
    let go = Judge { entries, failed_cas, wanted };
    match model {
        ModelName::Register => go.on(&Keyed::new(Register { initial: value() })),
        ModelName::CasRegister => go.on(&Keyed::new(CasRegister { initial: value() })),
        ModelName::MultiRegister => {
            let initial = if let Some(Value::Map(map)) = init {
                map.iter().cloned().collect()
            } else {
                BTreeMap::new()
            };
            go.on(&Keyed::new(MultiRegister::new(initial)))
        }
        ModelName::Mutex => go.on(&Keyed::new(Mutex)),
        ModelName::Set => go.on(&Keyed::new(Set::new())),
        ModelName::Counter => go.on(&Keyed::new(Counter { initial: init.and_then(Value::int).unwrap_or(0) })),
        ModelName::Queue => go.on(&Keyed::new(FifoQueue::new())),
        ModelName::UnorderedQueue => go.on(&Keyed::new(UnorderedQueue::new())),
        ModelName::Stack => go.on(&Keyed::new(Stack::new())),
        ModelName::Kv => go.on(&Kv::new(init.and_then(Value::name).map(str::to_owned))),
        ModelName::List => go.on(&List::new()),
        ModelName::Bag => go.on(&Keyed::new(Bag::new())),
        ModelName::Log => go.on(&Log::new()),
    }
}

struct Judge<'a> {
    entries: &'a [Entry],
    failed_cas: FailedCas,
    wanted: Wanted<'a>,
}

/// How many steps may be spent on what a violation that is known already looks like.
const SHOWN_STEPS_MAX: u64 = 1_000_000;

impl Judge<'_> {
    fn on<M: Recorded>(&self, model: &M) -> Result<Report, FormatError> {
        let assembled = assemble(model, self.entries, self.failed_cas)?;
        let history = &assembled.history;
        let mut linearizer = Linearizer::new(model, history, Options::default());
        let Wanted { steps, watch, .. } = self.wanted;
        let is_going = |verdict: &Judged<_, _>| *verdict == Judged::Unknown(Unknown::Steps);
        let mut verdict = watch.run(steps, |steps| linearizer.run(steps), is_going);
        let pending = history.operations().iter().filter(|op| op.returned().is_none()).count();
        let leaves_out = |found: &Counterexample<_, _>| found.configurations.is_empty() || pending > 0;
        if matches!(&verdict, Judged::Violation(found) if leaves_out(found)) {
            // For what to show it is searched again, without what makes a verdict quick by leaving something out; not for long,
            // since the verdict is known.
            let mut options = Options::default();
            options.shortcuts = false;
            options.reductions = options.reductions.without(Reduction::UnseenPending);
            let searched = Linearizer::new(model, history, options).run(steps.min(SHOWN_STEPS_MAX));
            verdict = if searched.is_violation() { searched } else { verdict };
        }
        let end = |id| {
            let (called, ended) = assembled.places_of(id)?;
            Some((self.entries.get(called)?, ended.and_then(|place| self.entries.get(place))))
        };
        let violation = if let Judged::Violation(found) = &verdict {
            end(found.op).map(|culprit| Violation::new(model, found, culprit, |id| Some(end(id)?.0)))
        } else {
            None
        };
        let explained = if let Judged::Violation(found) = &verdict {
            Explained::new(model, self.entries, &assembled, found, self.wanted)
        } else {
            None
        };
        let verdict = match verdict {
            Judged::Ok(_) => Verdict::True,
            Judged::Violation(_) => Verdict::False,
            Judged::Unknown(_) => Verdict::Unknown,
        };
        let operations = history.operations().len();
        Ok(Report {
            verdict,
            operations,
            unreturned: pending,
            steps: linearizer.steps(),
            violation,
            explained,
        })
    }
}
