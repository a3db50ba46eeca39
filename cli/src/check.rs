//! `quorate check`: are recorded histories linearizable, or what else are they? And how isolated are transactions?

mod anomalies;
mod explain;
mod levels;
mod model;
mod report;
mod txn;
mod weak;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use quorate_consistency::format::{self, FailedCas, Format, Value};

use self::{
    model::Model,
    report::{Report, Verdict},
    txn::TxnModel,
    weak::WeakReport,
};
use crate::{problem::Problem, terminal};

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

Prints the name of each file, a tab, and true, false or unknown. The exit code is 0 if all are true, 1 if one is false, \
2 if one is unknown and none is false, 3 if one cannot be read or understood: it is then not judged at all, and the error \
names the line; or if what is asked for cannot be written.";

/// Judge whether recorded histories are linearizable or satisfy a weaker model, or how isolated transactions are
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What kind of object the history is of, to be judged for linearizability; or, for registers, what it is judged by
    #[arg(long, value_name = "MODEL", required_unless_present = "weakest")]
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
enum FormatName {
    /// What the file's beginning looks like
    Auto,
    /// Jepsen's operations as EDN maps
    Edn,
    /// The same as JSON objects
    Json,
    /// Operations of a key-value store as EDN maps; missing keys read as ""
    PorcupineKv,
    /// Lines of the log of Jepsen's etcd test
    PorcupineEtcd,
    /// Sessions of transactions on registers: w K V, r K V, -----, =====
    Awdit,
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
    if let Some(Model::Object(model)) = options.model {
        model::check_init(model, options.init.as_ref())?;
    }
    let of_transactions = match options.model {
        Some(Model::Transactions(model)) => Some(model),
        Some(Model::Object(_) | Model::Registers(_)) | None => None,
    };
    if of_transactions.is_none() && (options.level.is_some() || options.format == FormatName::Awdit) {
        return Err(Problem::new("--level and --format awdit are for transactions")
            .hint("use --model list-append or --model rw-register with them"));
    }
    options.known.check(of_transactions, options.level.is_none() && !options.weakest)?;
    let has_levels = matches!(of_transactions, Some(TxnModel::ListAppend | TxnModel::RwRegister));
    if options.weakest && options.model.is_some() && !has_levels {
        return Err(Problem::new("--weakest is for registers")
            .hint("use it alone, or with --model list-append or --model rw-register for transactions"));
    }
    if options.level.is_some() && !has_levels {
        return Err(Problem::new("--level is for lists and registers under transactions")
            .hint("use --model list-append or --model rw-register with it"));
    }
    options.outputs.check(&options.files, matches!(options.model, Some(Model::Object(_))))?;
    let (mut malformed, mut violated, mut unknown) = (false, false, false);
    for file in &options.files {
        let judged = match of_transactions {
            Some(model) => txn::check(model, options, file),
            None => judge(options, file),
        };
        match judged {
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

/// Judges a file and shows what it came to.
fn judge(options: &Options, file: &Path) -> Result<Verdict, Problem> {
    let name = file.display();
    let text = fs::read_to_string(file).map_err(|error| Problem::new(format!("{name}: {error}")))?;
    let format = match options.format {
        FormatName::Auto | FormatName::Awdit => Format::guess(&text),
        FormatName::Edn | FormatName::PorcupineKv => Format::Edn,
        FormatName::Json => Format::Json,
        FormatName::PorcupineEtcd => Format::Etcd,
    };
    let failed_cas = match options.failed_cas {
        Some(FailedCasName::Mismatch) => FailedCas::Mismatch,
        None if format == Format::Etcd => FailedCas::Mismatch,
        Some(FailedCasName::NotDone) | None => FailedCas::NotDone,
    };
    let empty = Value::Text(String::new());
    let init = options.init.as_ref().or((options.format == FormatName::PorcupineKv).then_some(&empty));
    let entries = format::read(&text, format).map_err(|error| Problem::new(format!("{name}: {error}")))?;
    let model = match options.model {
        Some(Model::Object(model)) => model,
        Some(Model::Registers(model)) => {
            let report = weak::judge(Some(model), init, &entries, options.steps);
            return show_weak(options, file, report);
        }
        Some(Model::Transactions(model)) => return txn::check(model, options, file),
        None => return show_weak(options, file, weak::judge(None, init, &entries, options.steps)),
    };
    let wanted = options.outputs.wanted(format, options.steps);
    let report = model::judge(model, init, &entries, failed_cas, wanted).map_err(|error| {
        Problem::new(format!("{name}: {error}")).hint("is this a history of the --model given?")
    })?;
    show(options, file, &report)?;
    options.outputs.write(file, report.explained.as_ref())?;
    Ok(report.verdict)
}

fn show_weak(options: &Options, file: &Path, report: Result<WeakReport, String>) -> Result<Verdict, Problem> {
    let name = file.display();
    let report = report.map_err(|error| {
        Problem::new(format!("{name}: {error}"))
            .hint("is this a history of registers, each value written once?")
    })?;
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
