//! Recorded transactions, and their judges.
//!
//! A [`History`] holds transactions: who ran them, in which order each process ran its own, what each wrote and saw, and
//! whether it committed. [`check_weak`] judges registers whose values are written once each by the axioms of read committed,
//! read atomic and causal consistency; [`solve`] judges them for prefix consistency, snapshot isolation and serializability,
//! which may take a search. [`check_list_append`] infers from lists that grow which transaction depends on which,
//! [`check_rw_register`] from registers, and both name what is wrong as Adya does; [`Report::weakest_violated`] says which
//! models that rules out. [`Bank`] and [`check_long_fork`] judge two workloads by the values that their reads see.

mod anomaly;
mod append;
mod bad_append;
mod bad_register;
mod bank;
mod bug;
mod builder;
mod commit_order;
mod cycle;
mod explain;
mod fan;
mod graph;
mod history;
mod intern;
mod isolation;
mod long_fork;
mod model;
mod order;
#[cfg(feature = "pages")]
mod page;
mod register;
mod report;
mod search;
mod solver;
mod version;
mod weak;
mod weak_axiom;
mod weak_input;

#[cfg(quorate_bugs)]
pub use self::bug::Bug;
pub use self::{
    anomaly::Anomaly,
    append::check_list_append,
    bank::{Bank, BankFault, BankFinding, BankOp},
    builder::{HistoryBuilder, Malformed},
    commit_order::{CommitFlaw, CommitOrder},
    history::{History, ListOp, OnKey, Operation, RegisterOp, Status, Transaction, TxnId},
    intern::Ambiguous,
    isolation::Isolation,
    long_fork::{LongForkFinding, NoLongFork, check_long_fork},
    model::{Model, Models},
    register::check_rw_register,
    report::{Dependency, Evidence, Finding, Options, Report, Step},
    solver::{
        Lemma, Moment, Point, Proof, ProofStep, Reason, Refutation, Solution, Solver, SolverOptions,
        Unresolved, solve,
    },
    weak::{Level, WeakOptions, WeakReport, WeakStep, WeakViolation, Why, check_weak},
};
