//! `quorate check`: are recorded histories linearizable, or what else are they? And how isolated are transactions?

mod anomalies;
mod explain;
mod levels;
mod model;
mod report;
mod txn;
mod versions;
mod watch;
mod weak;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use quorate_consistency::format::{FailedCas, Format, Order, Recording, Value, independent, is_independent};

pub(crate) use self::model::Model;
use self::{
    model::ModelName,
    report::{Report, Verdict},
    txn::TxnModel,
    watch::Watch,
    weak::{WeakModel, WeakReport},
};
use crate::{
    problem::Problem,
    recorded::{FormatName, Source},
    terminal,
};

const EXAMPLES: &str = "\
Examples:
  quorate check --model cas-register history.edn             as Jepsen records it
  quorate check --model cas-register --init 0 *.edn          a register that holds 0 at first
  quorate check --model kv --format porcupine-kv kv.txt      a key that was never written reads as \"\"
  quorate check --model queue --explain history.json         says where it went wrong, and draws it
  quorate check --model queue --html why.html history.json   draws it for a browser
  quorate check --model queue --minimize small.json history.json   keeps what is enough to see it
  quorate check --model causal registers.edn                 reads [K nil] and writes [K V], in a weaker model
  quorate check --weakest registers.edn                      the strongest models that hold
  quorate check --model list-append --level serializable h.edn   transactions, by Adya's anomalies
  quorate check --model rw-register --level snapshot-isolation h.edn   the same of registers, by all orders of commits
  quorate check --model rw-register --weakest h.edn          the strongest levels that hold
  quorate check --model rw-register --explain h.edn          anomalies, so far as reads show the order of writes
  quorate check --model bank --total 100 bank.edn            transfers and reads of all balances
  quorate check --level causal sessions.plume                sessions of transactions, as Plume, AWDIT or dbcop have them
  quorate check *.jsonl                                      native files say what they are of: see quorate history

Prints the name of each file, a tab, and true, false or unknown. The exit code is 0 if all are true, 1 if one is false, \
2 if one is unknown and none is false, 3 if one cannot be read or understood: it is then not judged at all, and the error \
names the line; or if what is asked for cannot be written. Ctrl-C ends a long search: what is not known then is unknown.";

/// Judge whether recorded histories are linearizable or satisfy a weaker model, or how isolated transactions are
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What kind of object the history is of, to be judged for linearizability; or, for registers, what it is judged by
    /// [default: what the file says of itself]
    #[arg(long, value_name = "MODEL")]
    model: Option<Model>,
    /// Of a history of registers, print the strongest of its models that hold, or none; with --model rw-register, the strongest
    /// levels of its transactions; with --model list-append, the strongest that nothing was found against
    #[arg(long, conflicts_with = "level")]
    weakest: bool,
    /// What the object holds at first, as EDN; nil for registers, 0 for a counter, if it is left out
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    init: Option<Value>,
    /// What transactions must be, like read-committed or serializable; strict-serializable, if it is left out, of registers
    /// then so far as anomalies and causality show. Of registers all levels keep the order of sessions
    #[arg(long, value_name = "LEVEL")]
    level: Option<txn::LevelName>,
    #[command(flatten)]
    known: anomalies::Known,
    /// How the history is written down
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: FormatName,
    /// What a :fail of a compare-and-set says; as the format has it, if it is left out
    #[arg(long, value_name = "MEANING")]
    failed_cas: Option<FailedCasName>,
    /// After how many steps of the search a file is unknown
    #[arg(long, value_name = "COUNT", default_value_t = STEPS)]
    steps: u64,
    /// Say why a history is not linearizable
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    outputs: explain::Outputs,
    /// Print an object of JSON for each file, in a line of its own
    #[arg(long)]
    json: bool,
    /// The histories
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailedCasName {
    /// It was not done
    NotDone,
    /// It was done, and found another value
    Mismatch,
}

/// Some seconds of searching: a verdict that takes longer has to be asked for.
const STEPS: u64 = 50_000_000;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    if let Some(model) = options.model {
        fits(options, model)?;
    }
    let of_transactions =
        if let Some(Model::Transactions(model)) = options.model { Some(model) } else { None };
    options.known.check(of_transactions, options.level.is_none() && !options.weakest)?;
    let has_levels = matches!(of_transactions, Some(TxnModel::ListAppend | TxnModel::RwRegister));
    if options.weakest && options.model.is_some() && !has_levels {
        return Err(Problem::new("--weakest is for registers")
            .hint("use it alone, or with --model list-append or --model rw-register for transactions"));
    }
    if options.level.is_some() && options.model.is_some() && !has_levels {
        return Err(Problem::new("--level is for lists and registers under transactions")
            .hint("use --model list-append or --model rw-register with it"));
    }
    let is_of_object = options.model.is_none_or(|model| matches!(model, Model::Object(_)));
    let has_anomalies = match of_transactions {
        Some(TxnModel::ListAppend) => true,
        Some(TxnModel::RwRegister) => options.level.is_none() && !options.weakest,
        Some(TxnModel::Bank | TxnModel::LongFork) | None => false,
    };
    options.outputs.check(&options.files, is_of_object && !options.weakest, has_anomalies)?;
    let (mut malformed, mut violated, mut unknown) = (false, false, false);
    let watch = Watch::new();
    for (nth, file) in options.files.iter().enumerate() {
        if watch.is_interrupted() {
            let left = options.files.len() - nth;
            terminal::remark(format_args!("interrupted: {left} more were not judged"));
            unknown = true;
            break;
        }
        match judge(options, file, &watch) {
            Ok(verdict) => {
                violated |= verdict == Verdict::False;
                unknown |= verdict == Verdict::Unknown;
            }
            Err(problem) => {
                malformed = true;
                terminal::remark(problem);
            }
        }
    }
    Ok(match (malformed, violated, unknown) {
        (true, ..) => ExitCode::from(3),
        (false, true, _) => ExitCode::from(1),
        (false, false, true) => ExitCode::from(2),
        (false, false, false) => ExitCode::SUCCESS,
    })
}

/// Refuses what has no meaning for a model.
fn fits(options: &Options, model: Model) -> Result<(), Problem> {
    if let Model::Object(model) = model {
        model::object(model, options.init.as_ref())?;
    }
    let is_of_transactions = matches!(model, Model::Transactions(_));
    let is_of_sessions = options.format.format().is_some_and(Format::is_of_sessions);
    if !is_of_transactions && (options.level.is_some() || is_of_sessions) {
        return Err(Problem::new("--level and formats of sessions are for transactions")
            .hint("use --model list-append or --model rw-register with them"));
    }
    Ok(())
}

/// Judges a file and shows what it came to.
fn judge(options: &Options, file: &Path, watch: &Watch) -> Result<Verdict, Problem> {
    let source = Source::open(file, options.format)?;
    if source.format.is_of_sessions() {
        let model = options.model.unwrap_or(Model::Transactions(TxnModel::RwRegister));
        if model == Model::Transactions(TxnModel::RwRegister) {
            return txn::check_sessions(options, file, &source);
        }
    }
    let mut recording = source.recording()?;
    let model = if options.weakest && recording.header.model.as_deref() != Some("rw-register") {
        options.model
    } else {
        Some(model_of(options, file, &recording)?)
    };
    let is_timeless = recording.header.order == Order::Sessions;
    if is_timeless && matches!(model, Some(Model::Object(_) | Model::Registers(WeakModel::Linearizable))) {
        let problem = Problem::new(format!("{}: its sessions have no order in time", file.display()));
        return Err(problem.hint("without one, there are transactions and models like causal or sequential"));
    }
    if is_independent(&recording.entries) {
        recording.entries = independent(&recording.entries);
    }
    let init = options.init.as_ref().or(recording.header.init.as_ref());
    match model {
        Some(Model::Object(model)) => object(options, file, model, &recording, source.format, watch),
        Some(Model::Transactions(model)) => txn::check(model, options, file, &recording),
        Some(Model::Versions(_)) => show_weak(options, file, &versions::judge(file, &recording.entries)?),
        Some(Model::Registers(_)) | None => {
            let model = if let Some(Model::Registers(model)) = model { Some(model) } else { None };
            let report =
                weak::judge(model, init, &recording.entries, options.steps, watch).map_err(|error| {
                    Problem::new(format!("{}: {error}", file.display()))
                        .hint("is this a history of registers, each value written once?")
                })?;
            watch.clear();
            show_weak(options, file, &report)
        }
    }
}

/// What is asked for, or else what the file says of itself.
fn model_of(options: &Options, file: &Path, recording: &Recording) -> Result<Model, Problem> {
    if let Some(model) = options.model {
        return Ok(model);
    }
    let name = file.display();
    let Some(said) = &recording.header.model else {
        let problem = Problem::new(format!("{name}: it does not say what it is a history of"));
        return Err(problem.hint("say so by --model, or use --weakest for registers"));
    };
    let model = Model::from_str(said, false).map_err(|_| {
        Problem::new(format!("{name}: it says that it is a history of {said}, which is no model"))
            .hint("say what it is of by --model")
    })?;
    fits(options, model)?;
    Ok(model)
}

fn object(
    options: &Options,
    file: &Path,
    model: ModelName,
    recording: &Recording,
    format: Format,
    watch: &Watch,
) -> Result<Verdict, Problem> {
    let Recording { header, entries } = recording;
    let init = options.init.as_ref().or(header.init.as_ref());
    let object = model::object(model, init)
        .map_err(|problem| if options.init.is_none() { problem.of(file) } else { problem })?;
    let failed_cas = match options.failed_cas {
        Some(FailedCasName::Mismatch) => FailedCas::Mismatch,
        Some(FailedCasName::NotDone) => FailedCas::NotDone,
        None => header.failed_cas,
    };
    let wanted = options.outputs.wanted(format, options.steps, watch);
    let report = model::judge(&object, entries, failed_cas, wanted).map_err(|error| {
        Problem::new(format!("{}: {error}", file.display())).hint("is this a history of the --model given?")
    })?;
    watch.clear();
    show(options, file, &report)?;
    options.outputs.write(file, report.explained.as_ref())?;
    Ok(report.verdict)
}

fn show_weak(options: &Options, file: &Path, report: &WeakReport) -> Result<Verdict, Problem> {
    let name = file.display();
    if options.json {
        let name = name.to_string();
        let line = report.to_json(&name);
        terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        return Ok(report.verdict);
    }
    terminal::say(format_args!("{name}\t{}", report.answer));
    if let Some(why) = report.why.as_ref().filter(|_| options.explain) {
        terminal::say(format_args!("  {why}"));
    }
    Ok(report.verdict)
}

fn show(options: &Options, file: &Path, report: &Report) -> Result<(), Problem> {
    let name = file.display();
    if options.json {
        let name = name.to_string();
        let line = report.to_json(&name);
        terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        return Ok(());
    }
    terminal::say(format_args!("{name}\t{}", report.verdict));
    if options.explain {
        for line in report.explanation() {
            terminal::say(format!("  {line}").trim_end());
        }
    }
    Ok(())
}
