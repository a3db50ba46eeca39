use std::{fmt, fs, path::Path};

use clap::ValueEnum;
use quorate_consistency::{
    format::{self, Format, FormatError, Transactions, Value},
    txn::{
        History, Level, ListOp, Model, Options as ListOptions, RegisterOp, WeakOptions, check_list_append,
        check_weak,
    },
};
use serde::Serialize;

use super::{FormatName, Options, report::Verdict};
use crate::{problem::Problem, terminal};

/// What transactions of a database must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LevelName(Model);

/// What registers are judged for.
const WEAK: [(Model, Level); 3] = [
    (Model::ReadCommitted, Level::ReadCommitted),
    (Model::ReadAtomic, Level::ReadAtomic),
    (Model::Causal, Level::Causal),
];

impl std::str::FromStr for LevelName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Model::all().map(Model::name).collect::<Vec<_>>().join(", ");
        Model::named(name).map(Self).ok_or_else(|| format!("it must be one of {}", names()))
    }
}

/// What transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TxnModel {
    /// transactions: txn [[:append K V] [:r K VALUES]]
    ListAppend,
    /// transactions: txn [[:w K V] [:r K V]], each value written once
    RwRegister,
}

/// An object of JSON for a file.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    level: &'a str,
    /// `null` if it is unknown.
    holds: Option<bool>,
    transactions: usize,
    /// The weakest models that are ruled out.
    violated: Vec<&'static str>,
    findings: Vec<String>,
}

/// What a history came to.
struct Judged {
    level: Model,
    holds: Option<bool>,
    violated: Vec<&'static str>,
    findings: Vec<String>,
}

/// Judges a file and prints what it came to.
pub(super) fn check(model: TxnModel, options: &Options, file: &Path) -> Result<Verdict, Problem> {
    let name = file.display().to_string();
    let problem = |error: &dyn fmt::Display| Problem::new(format!("{name}: {error}"));
    let text = fs::read_to_string(file).map_err(|error| problem(&error))?;
    let (judged, transactions, lines) = if model == TxnModel::ListAppend {
        let found = entries::<ListOp<Value, Value>>(options, &text).map_err(|error| problem(&error))?;
        let level = options.level.map_or(Model::StrictSerializable, |level| level.0);
        let report =
            check_list_append(&found.history, ListOptions::default()).map_err(|error| problem(&error))?;
        let judged = Judged {
            level,
            holds: report.holds(level),
            violated: report.weakest_violated().iter().map(Model::name).collect(),
            findings: report.findings.iter().map(ToString::to_string).collect(),
        };
        (judged, found.history.transactions().len(), found.lines)
    } else if is_sessions(options, &text) {
        let found = format::read_sessions(&text).map_err(|error| problem(&error))?;
        (registers(options, &found.history)?, found.history.transactions().len(), found.lines)
    } else {
        let found = entries::<RegisterOp<Value, Value>>(options, &text).map_err(|error| problem(&error))?;
        (registers(options, &found.history)?, found.history.transactions().len(), found.lines)
    };
    show(options, &name, &judged, transactions, &lines)?;
    Ok(match judged.holds {
        Some(true) => Verdict::True,
        Some(false) => Verdict::False,
        None => Verdict::Unknown,
    })
}

fn entries<O: format::RecordedOp>(options: &Options, text: &str) -> Result<Transactions<O>, FormatError> {
    let format = match options.format {
        FormatName::Json => Format::Json,
        FormatName::Edn => Format::Edn,
        _ => Format::guess(text),
    };
    format::assemble_transactions(&format::read(text, format)?)
}

fn is_sessions(options: &Options, text: &str) -> bool {
    let first = text.trim_start();
    let looks_so = first.starts_with("w ") || first.starts_with("r ");
    options.format == FormatName::Awdit || options.format == FormatName::Auto && looks_so
}

fn registers<K, V>(options: &Options, history: &History<RegisterOp<K, V>>) -> Result<Judged, Problem>
where
    K: Clone + Eq + std::hash::Hash + fmt::Display,
    V: Eq + std::hash::Hash,
{
    let asked = options.level.map_or(Model::Causal, |level| level.0);
    let level = WEAK.into_iter().find(|(model, _)| *model == asked).map(|(_, level)| level);
    let level = level.ok_or_else(|| {
        Problem::new(format!("registers are not judged for {asked}"))
            .hint("they are for read-committed, read-atomic and causal; lists are for all levels")
    })?;
    let report = check_weak(history, level, WeakOptions::default()).map_err(Problem::new)?;
    let holds = report.order.is_some();
    Ok(Judged {
        level: asked,
        holds: Some(holds),
        violated: if holds { Vec::new() } else { vec![asked.name()] },
        findings: report.violations.iter().map(ToString::to_string).collect(),
    })
}

fn show(
    options: &Options,
    name: &str,
    judged: &Judged,
    transactions: usize,
    lines: &[usize],
) -> Result<(), Problem> {
    let Judged { level, holds, violated, findings } = judged;
    if options.json {
        let (level, findings, violated) = (level.name(), findings.clone(), violated.clone());
        let line = Line { file: name, level, holds: *holds, transactions, violated, findings };
        terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        return Ok(());
    }
    let verdict = match holds {
        Some(true) => Verdict::True,
        Some(false) => Verdict::False,
        None => Verdict::Unknown,
    };
    terminal::say(format_args!("{name}\t{verdict}"));
    if options.explain && !findings.is_empty() {
        terminal::say(format_args!("  not {}", violated.join(", not ")));
        for line in findings.iter().flat_map(|finding| finding.lines()) {
            terminal::say(format_args!("  {line}"));
        }
        let first = |(nth, line): (usize, &usize)| format!("T{nth} line {line}");
        let named = |nth: usize| {
            let name = format!("T{nth}");
            findings.iter().any(|text| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name))
        };
        let places: Vec<_> = lines.iter().enumerate().filter(|(nth, _)| named(*nth)).map(first).collect();
        terminal::say(format_args!("  where {}", places.join(", ")));
    }
    Ok(())
}
