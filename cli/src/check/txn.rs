use std::{fmt, path::Path};

use clap::ValueEnum;
use quorate_consistency::{
    format::{self, Recording, Transactions, Value, read_sessions},
    txn::{ListOp, Model, RegisterOp},
};
use serde::Serialize;

use super::{
    Options,
    anomalies::{self, Drawn},
    levels,
    report::Verdict,
};
use crate::{problem::Problem, recorded::Source, terminal};

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
    /// transactions: transfer {:from A :to B :amount N}, read {A BALANCE}; the total stays
    Bank,
    /// transactions: write [[:w K V]], each key once, read [[:r K V]] of whole groups
    LongFork,
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
pub(super) struct Judged {
    /// `None` if all are asked for.
    pub(super) level: Option<Model>,
    /// The strongest that hold, if all are asked for.
    pub(super) strongest: Vec<&'static str>,
    pub(super) holds: Option<bool>,
    pub(super) violated: Vec<&'static str>,
    pub(super) findings: Vec<String>,
    /// What was found, drawn.
    pub(super) page: Option<String>,
}

/// Judges a file and prints what it came to.
pub(super) fn check(
    model: TxnModel,
    options: &Options,
    file: &Path,
    recording: &Recording,
) -> Result<Verdict, Problem> {
    let name = file.display().to_string();
    let problem = |error: &dyn fmt::Display| Problem::new(format!("{name}: {error}"));
    let (judged, transactions, lines) = match model {
        TxnModel::ListAppend => {
            let found = recording.transactions::<ListOp<Value, Value>>().map_err(|error| problem(&error))?;
            let level = options.level.map_or(Model::StrictSerializable, |level| level.0);
            let level = (!options.weakest).then_some(level);
            let drawn = drawn(options, &name, &found.lines);
            let judged =
                anomalies::lists(&found.history, level, drawn.as_ref()).map_err(|error| problem(&error))?;
            (judged, found.history.transactions().len(), found.lines)
        }
        TxnModel::RwRegister => {
            let found =
                recording.transactions::<RegisterOp<Value, Value>>().map_err(|error| problem(&error))?;
            (registers(options, &name, &found)?, found.history.transactions().len(), found.lines)
        }
        TxnModel::Bank => {
            let found = format::assemble_bank(&recording.entries).map_err(|error| problem(&error))?;
            let judged = anomalies::bank(&found.history, &options.known);
            (judged, found.history.transactions().len(), found.lines)
        }
        TxnModel::LongFork => {
            let found = format::assemble_long_fork(&recording.entries).map_err(|error| problem(&error))?;
            let judged = anomalies::long_fork(&found.history).map_err(|error| problem(&error))?;
            (judged, found.history.transactions().len(), found.lines)
        }
    };
    show(options, &name, &judged, transactions, &lines)
}

/// The same for sessions of registers whose keys and values are numbers, without making anything else of them.
pub(super) fn check_sessions(options: &Options, file: &Path, source: &Source) -> Result<Verdict, Problem> {
    let found = read_sessions(&source.text, source.format).map_err(|error| source.problem(&error))?;
    let name = file.display().to_string();
    let judged = registers(options, &name, &found)?;
    show(options, &name, &judged, found.history.transactions().len(), &found.lines)
}

fn drawn<'a>(options: &Options, title: &'a str, lines: &'a [usize]) -> Option<Drawn<'a>> {
    options.outputs.is_drawn().then_some(Drawn { title, lines })
}

fn registers<K, V>(
    options: &Options,
    name: &str,
    found: &Transactions<RegisterOp<K, V>>,
) -> Result<Judged, Problem>
where
    K: Clone + Eq + std::hash::Hash + fmt::Display,
    V: Clone + Eq + std::hash::Hash + fmt::Display,
{
    let history = &found.history;
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
            page: None,
        });
    }
    let Some(LevelName(level)) = options.level else {
        let drawn = drawn(options, name, &found.lines);
        return anomalies::registers(history, &options.known, drawn.as_ref()).map_err(Problem::new);
    };
    let found = levels::judge(history, level, options.steps)?;
    Ok(Judged {
        level: Some(level),
        holds: found.holds,
        strongest: Vec::new(),
        violated: if found.holds == Some(false) { vec![level.name()] } else { Vec::new() },
        findings: found.why,
        page: None,
    })
}

fn show(
    options: &Options,
    name: &str,
    judged: &Judged,
    transactions: usize,
    lines: &[usize],
) -> Result<Verdict, Problem> {
    let Judged { level, holds, strongest, violated, findings, page } = judged;
    options.outputs.write_page(page.as_deref())?;
    let verdict = match holds {
        Some(true) => Verdict::True,
        Some(false) => Verdict::False,
        None => Verdict::Unknown,
    };
    if options.json {
        let (findings, violated) = (findings.clone(), violated.clone());
        let strongest = level.is_none().then_some(&strongest[..]);
        let level = level.map(Model::name);
        let line = Line { file: name, level, strongest, holds: *holds, transactions, violated, findings };
        terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        return Ok(verdict);
    }
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
    Ok(verdict)
}
