use std::{fmt, fs, path::Path};

use clap::ValueEnum;
use quorate_consistency::{
    format::{self, Format, FormatError, Transactions, Value},
    txn::{History, ListOp, Model, Options as ListOptions, RegisterOp, check_list_append},
};
use serde::Serialize;

use super::{FormatName, Options, levels, report::Verdict};
use crate::{problem::Problem, terminal};

/// What transactions of a database must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LevelName(Model);

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
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'a str>,
    /// The strongest that hold, if all were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    strongest: Option<&'a [&'static str]>,
    /// `null` if it is unknown.
    holds: Option<bool>,
    transactions: usize,
    /// The weakest models that are ruled out.
    violated: Vec<&'static str>,
    findings: Vec<String>,
}

/// What a history came to.
struct Judged {
    /// `None` if all are asked for.
    level: Option<Model>,
    /// The strongest that hold, if all are asked for.
    strongest: Vec<&'static str>,
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
            level: Some(level),
            strongest: Vec::new(),
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
    if options.weakest {
        let found = levels::all(history, options.steps)?;
        let is_unknown = found.iter().any(|one| one.holds.is_none());
        let strongest = levels::strongest(&found);
        return Ok(Judged {
            level: None,
            holds: (!is_unknown).then_some(!strongest.is_empty()),
            violated: levels::weakest_violated(&found),
            strongest,
            findings: found.into_iter().flat_map(|one| one.why).collect(),
        });
    }
    let level = options.level.map_or(Model::Causal, |level| level.0);
    let found = levels::judge(history, level, options.steps)?;
    Ok(Judged {
        level: Some(level),
        holds: found.holds,
        strongest: Vec::new(),
        violated: if found.holds == Some(false) { vec![level.name()] } else { Vec::new() },
        findings: found.why,
    })
}

fn show(
    options: &Options,
    name: &str,
    judged: &Judged,
    transactions: usize,
    lines: &[usize],
) -> Result<(), Problem> {
    let Judged { level, holds, strongest, violated, findings } = judged;
    if options.json {
        let (findings, violated) = (findings.clone(), violated.clone());
        let strongest = level.is_none().then_some(&strongest[..]);
        let level = level.map(Model::name);
        let line = Line { file: name, level, strongest, holds: *holds, transactions, violated, findings };
        terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        return Ok(());
    }
    let verdict = match holds {
        Some(true) => Verdict::True,
        Some(false) => Verdict::False,
        None => Verdict::Unknown,
    };
    let answer = match (level, holds) {
        (Some(_), _) | (None, None) => verdict.to_string(),
        (None, Some(false)) => "none".to_owned(),
        (None, Some(true)) => strongest.join(","),
    };
    terminal::say(format_args!("{name}\t{answer}"));
    if options.explain && !findings.is_empty() {
        if !violated.is_empty() {
            terminal::say(format_args!("  not {}", violated.join(", not ")));
        }
        for line in findings.iter().flat_map(|finding| finding.lines()) {
            terminal::say(format_args!("  {line}"));
        }
        let first = |(nth, line): (usize, &usize)| format!("T{nth} line {line}");
        let named = |nth: usize| {
            let name = format!("T{nth}");
            findings.iter().any(|text| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name))
        };
        let places: Vec<_> = lines.iter().enumerate().filter(|(nth, _)| named(*nth)).map(first).collect();
        if !places.is_empty() {
            terminal::say(format_args!("  where {}", places.join(", ")));
        }
    }
    Ok(())
}
