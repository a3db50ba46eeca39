//! How isolated transactions on registers are: which levels hold, and why others do not.

use std::{fmt, hash::Hash};

use quorate_consistency::txn::{
    History, Isolation, Level, Model, Models, RegisterOp, Solution, Solver, SolverOptions, WeakOptions,
    check_weak,
};

use crate::problem::Problem;

#[derive(Clone, Copy)]
enum Judge {
    Weak(Level),
    Solver(Isolation),
}

/// What registers are judged for. All levels of registers know sessions, whatever the name says.
const LEVELS: [(Model, Judge); 10] = [
    (Model::ReadCommitted, Judge::Weak(Level::ReadCommitted)),
    (Model::ReadAtomic, Judge::Weak(Level::ReadAtomic)),
    (Model::Causal, Judge::Weak(Level::Causal)),
    (Model::Prefix, Judge::Solver(Isolation::Prefix)),
    (Model::SnapshotIsolation, Judge::Solver(Isolation::SnapshotIsolation)),
    (Model::StrongSessionSnapshotIsolation, Judge::Solver(Isolation::SnapshotIsolation)),
    (Model::StrongSnapshotIsolation, Judge::Solver(Isolation::StrongSnapshotIsolation)),
    (Model::Serializable, Judge::Solver(Isolation::Serializable)),
    (Model::StrongSessionSerializable, Judge::Solver(Isolation::Serializable)),
    (Model::StrictSerializable, Judge::Solver(Isolation::StrictSerializable)),
];

/// Those that `--weakest` goes through, each after those that are weaker.
const SEPARATE: [Model; 8] = [
    Model::ReadCommitted,
    Model::ReadAtomic,
    Model::Causal,
    Model::Prefix,
    Model::SnapshotIsolation,
    Model::StrongSnapshotIsolation,
    Model::Serializable,
    Model::StrictSerializable,
];

/// Whether a level holds, and if not why.
pub(super) struct Found {
    pub(super) level: Model,
    /// `None` if it is unknown.
    pub(super) holds: Option<bool>,
    pub(super) why: Vec<String>,
}

pub(super) fn judge<K, V>(
    history: &History<RegisterOp<K, V>>,
    level: Model,
    steps: u64,
) -> Result<Found, Problem>
where
    K: Clone + Eq + Hash + fmt::Display,
    V: Eq + Hash,
{
    let judge = LEVELS.into_iter().find(|(model, _)| *model == level).map(|(_, judge)| judge);
    match judge {
        Some(Judge::Weak(weak)) => {
            let report = check_weak(history, weak, WeakOptions::default()).map_err(Problem::new)?;
            let why = report.violations.iter().map(ToString::to_string).collect();
            Ok(Found { level, holds: Some(report.order.is_some()), why })
        }
        Some(Judge::Solver(isolation)) if isolation.is_real_time() && !history.has_real_time() => {
            Err(Problem::new(format!("who ended before whom is not known, as {level} asks"))
                .hint("without real time, registers are judged up to serializable"))
        }
        Some(Judge::Solver(isolation)) => {
            let options = SolverOptions::default();
            let mut solver = Solver::new(history, isolation, options).map_err(Problem::new)?;
            let solution = solver.run(steps);
            let why = match solution {
                Solution::Holds(_) => Vec::new(),
                Solution::Violated(why) => vec![why.to_string()],
                Solution::Unknown(why) => vec![why.to_string()],
            };
            Ok(Found { level, holds: solution.holds(), why })
        }
        None => {
            let names: Vec<_> = LEVELS.iter().map(|(model, _)| model.name()).collect();
            Err(Problem::new(format!("registers are not judged for {level}"))
                .hint(format!("they are for {}", names.join(", "))))
        }
    }
}

/// All levels, each after those that are weaker. Where one is violated, those that are stronger are, too, and are not judged.
pub(super) fn all<K, V>(history: &History<RegisterOp<K, V>>, steps: u64) -> Result<Vec<Found>, Problem>
where
    K: Clone + Eq + Hash + fmt::Display,
    V: Eq + Hash,
{
    let mut found: Vec<Found> = Vec::new();
    let is_strong =
        |model: Model| matches!(model, Model::StrongSnapshotIsolation | Model::StrictSerializable);
    for level in SEPARATE.into_iter().filter(|level| history.has_real_time() || !is_strong(*level)) {
        let is_violated = |other: &Found| other.holds == Some(false) && level.implies(other.level);
        let one = if found.iter().any(is_violated) {
            Found { level, holds: Some(false), why: Vec::new() }
        } else {
            judge(history, level, steps)?
        };
        found.push(one);
    }
    Ok(found)
}

/// The strongest levels that hold.
pub(super) fn strongest(found: &[Found]) -> Vec<&'static str> {
    let held: Vec<Model> = found.iter().filter(|one| one.holds == Some(true)).map(|one| one.level).collect();
    let is_implied = |level: Model| held.iter().any(|other| *other != level && other.implies(level));
    held.iter().filter(|level| !is_implied(**level)).map(|level| level.name()).collect()
}

/// The weakest levels that are violated.
pub(super) fn weakest_violated(found: &[Found]) -> Vec<&'static str> {
    let violated: Models = found.iter().filter(|one| one.holds == Some(false)).map(|one| one.level).collect();
    violated.weakest().iter().map(Model::name).collect()
}
