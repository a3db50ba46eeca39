//! What is wrong with transactions, whatever they were to be: anomalies, and the models that those rule out.

use std::{fmt, hash::Hash};

use clap::Args;
use quorate_consistency::{
    format::Value,
    txn::{
        Ambiguous, Bank, BankOp, History, Level, ListOp, Model, Models, NoLongFork, OnKey, Options,
        RegisterOp, Report, WeakOptions, WeakViolation, check_list_append, check_long_fork,
        check_rw_register, check_weak,
    },
};

use super::txn::{Judged, TxnModel};
use crate::problem::Problem;

/// What is known beforehand of what transactions work on.
#[derive(Debug, Args)]
pub(super) struct Known {
    /// Registers under transactions: take each key for sequentially consistent by itself
    #[arg(long, conflicts_with = "linearizable_keys")]
    sequential_keys: bool,
    /// Registers under transactions: take each key for linearizable by itself
    #[arg(long)]
    linearizable_keys: bool,
    /// Banks: what all balances come to; what the first read says, if it is left out
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    total: Option<i64>,
    /// Banks: a balance may be negative
    #[arg(long)]
    negative_balances: bool,
}

impl Known {
    /// Refuses what has no meaning for a model.
    pub(super) fn check(&self, model: Option<TxnModel>, are_anomalies_sought: bool) -> Result<(), Problem> {
        let is_of_keys = self.sequential_keys || self.linearizable_keys;
        if is_of_keys && (model != Some(TxnModel::RwRegister) || !are_anomalies_sought) {
            return Err(Problem::new(
                "--sequential-keys and --linearizable-keys are for anomalies of registers",
            )
            .hint("use --model rw-register with them, and no --level or --weakest"));
        }
        if (self.total.is_some() || self.negative_balances) && model != Some(TxnModel::Bank) {
            return Err(Problem::new("--total and --negative-balances are for banks")
                .hint("use --model bank with them"));
        }
        Ok(())
    }

    fn options(&self) -> Options {
        let mut options = Options::default();
        options.sequential_keys = self.sequential_keys;
        options.linearizable_keys = self.linearizable_keys;
        options
    }
}

fn names(models: Models) -> Vec<&'static str> {
    models.iter().map(Model::name).collect()
}

/// How to draw what was found, if it is: what the history is called, and in which lines it is.
pub(super) struct Drawn<'a> {
    pub(super) title: &'a str,
    pub(super) lines: &'a [usize],
}

impl Drawn<'_> {
    fn page<K, V, O>(&self, report: &Report<K, V>, history: &History<O>) -> String
    where
        K: fmt::Display + PartialEq,
        V: fmt::Display,
        O: fmt::Display + OnKey<K>,
    {
        report.page(history, self.title, |txn| self.lines.get(txn.index()).map(|line| format!("line {line}")))
    }
}

/// What a report says of a level, or of all.
fn judged<K: fmt::Display, V: fmt::Display>(report: &Report<K, V>, level: Option<Model>) -> Judged {
    let strongest = if level.is_some() { Models::NONE } else { report.strongest_not_violated() };
    Judged {
        level,
        holds: match level {
            Some(level) => report.holds(level),
            None => (!report.is_truncated).then_some(!strongest.is_empty()),
        },
        violated: names(report.weakest_violated()),
        strongest: names(strongest),
        findings: report.findings.iter().map(ToString::to_string).collect(),
        page: None,
    }
}

/// Lists, which show the order of their versions: at a level, or at all of them.
pub(super) fn lists(
    history: &History<ListOp<Value, Value>>,
    level: Option<Model>,
    drawn: Option<&Drawn<'_>>,
) -> Result<Judged, Ambiguous> {
    let report = check_list_append(history, Options::default())?;
    let page = drawn.filter(|_| !report.findings.is_empty()).map(|drawn| drawn.page(&report, history));
    Ok(Judged { page, ..judged(&report, level) })
}

/// Registers, whose reads show little of an order, but what they show is judged exactly up to causal consistency.
pub(super) fn registers<K, V>(
    history: &History<RegisterOp<K, V>>,
    known: &Known,
    drawn: Option<&Drawn<'_>>,
) -> Result<Judged, Ambiguous>
where
    K: Clone + Eq + Hash + fmt::Display,
    V: Clone + Eq + Hash + fmt::Display,
{
    let report = check_rw_register(history, known.options())?;
    let mut judged = judged(&report, Some(Model::StrictSerializable));
    judged.page = drawn.filter(|_| !report.findings.is_empty()).map(|drawn| drawn.page(&report, history));
    // Whatever order writes might have been in: cycles of the causal order have at most one rw, sessions among them.
    let causal = Model::StrongSessionConsistentView;
    if report.violated().has(causal) {
        return Ok(judged);
    }
    let weak = check_weak(history, Level::Causal, WeakOptions::default())?;
    let is_of_order = |bad: &&WeakViolation<K>| {
        matches!(bad, WeakViolation::Cycle(_) | WeakViolation::InitialOverwritten { .. })
    };
    let more: Vec<String> = weak.violations.iter().filter(is_of_order).map(ToString::to_string).collect();
    if !more.is_empty() {
        let violated = report.violated().union(Models::NONE.with(causal).and_stronger());
        judged.violated = names(violated.weakest());
        judged.holds = Some(false);
        judged.findings.extend(more);
    }
    Ok(judged)
}

/// A bank, by the values of its reads.
pub(super) fn bank(history: &History<BankOp<Value>>, known: &Known) -> Judged {
    let mut bank = Bank::default();
    (bank.total, bank.may_be_negative) = (known.total, known.negative_balances);
    let findings = bank.check(history);
    by_value(Model::ConsistentView, findings.iter().map(ToString::to_string).collect())
}

/// Reads of groups of keys that are written once each.
pub(super) fn long_fork(history: &History<RegisterOp<Value, Value>>) -> Result<Judged, NoLongFork> {
    let findings = check_long_fork(history, Options::default())?;
    Ok(by_value(Model::Prefix, findings.iter().map(ToString::to_string).collect()))
}

fn by_value(level: Model, findings: Vec<String>) -> Judged {
    let holds = findings.is_empty();
    let violated = if holds { Vec::new() } else { vec![level.name()] };
    Judged { level: Some(level), holds: Some(holds), violated, strongest: Vec::new(), findings, page: None }
}
