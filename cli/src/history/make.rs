//! `quorate history gen`: histories made by chance.

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::PossibleValue};
use quorate_consistency::{
    format::{Format, Kind, Order, Recording, Value},
    generate::{
        Isolation, ObjectKind, Objects, Rng, Shape, TransactionKind, Transactions, objects, plant,
        transactions,
    },
};

use crate::{problem::Problem, recorded::FormatName, terminal};

/// Make a history by chance, of objects or of a database that are right, or wrong in one place
#[derive(Debug, Args)]
pub(super) struct Options {
    /// What it is of
    #[arg(long, value_name = "MODEL")]
    model: Made,
    /// What it depends on besides the options here
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// How many processes there are at once
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    processes: u32,
    /// How many operations, or transactions
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    operations: u32,
    /// How many objects, by key; of transactions and of a multi-register how many keys
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    keys: Option<u32>,
    /// How many different values are written; 0 if none is written twice. 5 if this is left out, but 0 for queues and stacks
    #[arg(long, value_name = "COUNT")]
    values: Option<u32>,
    /// How many of a hundred operations never return
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pending: u8,
    /// How many of a hundred fail
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    failed: u8,
    /// How isolated transactions are: strict-serializable, serializable, snapshot-isolation, read-committed or
    /// read-uncommitted
    #[arg(long, value_name = "LEVEL", default_value = "strict-serializable", value_parser = level)]
    level: Isolation,
    /// How many operations a transaction has at most
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    length: u32,
    /// Let one operation return what it cannot have
    #[arg(long)]
    bad: bool,
    /// How to write it down; what says only sessions needs --failed and --pending of 0
    #[arg(long, value_name = "FORMAT", default_value = "native")]
    format: FormatName,
    /// Where to write it; it is printed if this is left out
    #[arg(value_name = "OUT")]
    pub(super) out: Option<PathBuf>,
}

/// What histories can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Objects(ObjectKind),
    Transactions(TransactionKind),
}

impl ValueEnum for Made {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                Self::Objects(ObjectKind::Register),
                Self::Objects(ObjectKind::CasRegister),
                Self::Objects(ObjectKind::MultiRegister),
                Self::Objects(ObjectKind::Mutex),
                Self::Objects(ObjectKind::Set),
                Self::Objects(ObjectKind::Counter),
                Self::Objects(ObjectKind::Queue),
                Self::Objects(ObjectKind::UnorderedQueue),
                Self::Objects(ObjectKind::Stack),
                Self::Objects(ObjectKind::Kv),
                Self::Objects(ObjectKind::List),
                Self::Objects(ObjectKind::Bag),
                Self::Objects(ObjectKind::Log),
                Self::Transactions(TransactionKind::ListAppend),
                Self::Transactions(TransactionKind::RwRegister),
                Self::Transactions(TransactionKind::Mini),
            ]
        }
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Objects(kind) => PossibleValue::new(kind.name()),
            Self::Transactions(TransactionKind::Mini) => PossibleValue::new("mini-transactions")
                .help("rw-register: at most two reads, and writes of what was read"),
            Self::Transactions(kind) => PossibleValue::new(kind.name()),
        })
    }
}

fn level(name: &str) -> Result<Isolation, String> {
    let names = Isolation::ALL.map(Isolation::name).join(", ");
    let found = Isolation::ALL.into_iter().find(|level| level.name() == name);
    found.ok_or_else(|| format!("it must be one of {names}"))
}

/// The text of the history, to be written or printed.
pub(super) fn make(options: &Options) -> Result<String, Problem> {
    let size = |count: u32| count as usize;
    let shape = Shape {
        processes: size(options.processes),
        operations: size(options.operations),
        pending_percent: options.pending.into(),
        failed_percent: options.failed.into(),
    };
    let mut rng = Rng(options.seed);
    let (mut recording, kind) = match options.model {
        Made::Objects(kind) => {
            let keys = size(options.keys.unwrap_or(if kind == ObjectKind::MultiRegister { 3 } else { 1 }));
            // Those of equal values are hard to judge, for anyone.
            let is_container =
                matches!(kind, ObjectKind::Queue | ObjectKind::UnorderedQueue | ObjectKind::Stack);
            let values = size(options.values.unwrap_or(if is_container { 0 } else { 5 }));
            (objects(Objects { kind, keys, values }, &mut rng, shape), kind)
        }
        Made::Transactions(kind) => {
            let (isolation, length) = (options.level, size(options.length));
            let keys = size(options.keys.unwrap_or(5));
            let made = transactions(Transactions { kind, isolation, keys, length }, &mut rng, shape);
            // Its reads are changed like those of a multi-register.
            (made, ObjectKind::MultiRegister)
        }
    };
    if options.bad {
        let line = plant(&mut recording, kind, &mut rng).ok_or_else(|| {
            Problem::new("there is no operation to go wrong").hint("ask for more --operations")
        })?;
        if options.format == FormatName::Native {
            terminal::remark(format_args!("what cannot be is in line {line}"));
        }
    }
    let Some(format) = options.format.format() else {
        return Err(Problem::new("--format auto is no format to write"));
    };
    if format.is_of_sessions() {
        recording.header.order = Order::Sessions;
    }
    if options.format == FormatName::PorcupineKv {
        as_porcupine(&mut recording);
    }
    written(&recording, format)
}

/// Missing keys read as "", and are not deleted.
fn as_porcupine(recording: &mut Recording) {
    for entry in &mut recording.entries {
        let is_empty =
            entry.f == "delete" || entry.f == "get" && entry.kind == Kind::Ok && entry.value == Value::Nil;
        if is_empty {
            entry.value = Value::Text(String::new());
        }
        if entry.f == "delete" {
            "put".clone_into(&mut entry.f);
        }
    }
}

fn written(recording: &Recording, format: Format) -> Result<String, Problem> {
    let text = recording.write(format);
    text.map_err(|error| {
        Problem::new(error).hint("--format native holds every history, edn all but sessions")
    })
}
